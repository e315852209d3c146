//! One request from the socket to the answer: id, admission, body, handler, signature, log line.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;
use shared::model::RequestId;
use shared::wire::problem::{Problem, ProblemCode};
use tracing::Instrument as _;

use super::admission::Called;
use super::ask::Line;
use super::routes::{App, Doorway, Row};
use super::{Asked, BODY_LIMIT, REQUEST_ID, Written, admission};
use crate::calls::{ANSWER_HEADER, Proof};
use crate::random;

/// Answers a request for a row of the table.
pub(super) async fn row<S: App>(door: Arc<Doorway<S>>, index: usize, http: HttpRequest, payload: Payload) -> HttpResponse {
    let observed = Observed::begin(&door, &http);
    let span = observed.span.clone();
    let (answer, proof) = async {
        match door.row(index) {
            Some(row) => answer(&door, row, &http, payload, &observed.request).await,
            None => (Err(Problem::new(ProblemCode::Internal, "the route has no row")), None),
        }
    }
    .instrument(span)
    .await;
    observed.end(&door, answer, proof.as_ref(), None)
}

/// Answers a request whose path exists, but not with that method.
pub(super) async fn wrong_method<S: App>(door: Arc<Doorway<S>>, allow: String, http: HttpRequest) -> HttpResponse {
    let observed = Observed::begin(&door, &http);
    let detail = format!("{} takes {allow}, not {}", http.path(), http.method());
    let problem = door.hosts.check(&http).err().unwrap_or_else(|| Problem::new(ProblemCode::MethodNotAllowed, detail));
    observed.end(&door, Err(problem), None, Some(allow))
}

/// Answers a request whose path does not exist.
pub(super) async fn unknown<S: App>(door: Arc<Doorway<S>>, http: HttpRequest) -> HttpResponse {
    let observed = Observed::begin(&door, &http);
    let detail = format!("{} has no route {:.200}", door.identity.name(), http.path());
    let problem = door.hosts.check(&http).err().unwrap_or_else(|| Problem::new(ProblemCode::NotFound, detail));
    observed.end(&door, Err(problem), None, None)
}

/// Sees whether the request is for this service, lets the caller in, reads the body, runs the handler.
async fn answer<S: App>(
    door: &Doorway<S>,
    row: &Row<S>,
    http: &HttpRequest,
    payload: Payload,
    request: &RequestId,
) -> (Result<Written, Problem>, Option<Proof>) {
    let admitted = async {
        door.hosts.check(http)?;
        admission::before_body(door, row.access, http)?;
        let body = read(http, payload).await?;
        let called = admission::after_body(door, row.access, row.method, http, &body).await?;
        Ok((body, called))
    };
    let (body, proof) = match admitted.await {
        Ok((body, None)) => (body, None),
        Ok((body, Some(Called { proof, refusal: None }))) => (body, Some(proof)),
        Ok((_, Some(Called { proof, refusal: Some(problem) }))) => return (Err(problem), Some(proof)),
        Err(problem) => return (Err(problem), None),
    };
    let signed = proof.as_ref().map(|proof| proof.caller.clone());
    let asked = Asked { line: Line::of(http), body, signed, request: request.clone(), facts: door.facts.clone() };
    (run(door, row, &asked).await, proof)
}

/// Runs the handler of a row for a request that was let in.
pub(super) async fn run<S: App>(door: &Doorway<S>, row: &Row<S>, asked: &Asked) -> Result<Written, Problem> {
    if !row.takes_query && !asked.line.query.is_empty() {
        return Err(Problem::new(ProblemCode::Malformed, format!("{} takes no query", row.path)));
    }
    (row.run)(door.app.clone(), asked)?.await
}

/// Reads the body up to the limit.
async fn read(http: &HttpRequest, mut payload: Payload) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(ProblemCode::TooLarge, format!("the body has more than {BODY_LIMIT} bytes"));
    let announced = http.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    let all = async {
        let mut body = BytesMut::new();
        while let Some(piece) = payload.next().await {
            let piece = piece.map_err(|error| Problem::new(ProblemCode::Malformed, format!("the body broke off: {error}")))?;
            if body.len() + piece.len() > BODY_LIMIT {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    };
    let late = |_| Err(Problem::new(ProblemCode::Malformed, format!("the body did not arrive within {} seconds", BODY_TIME.as_secs())));
    tokio::time::timeout(BODY_TIME, all).await.unwrap_or_else(late)
}

/// A request under way, as logs see it.
struct Observed {
    request: RequestId,
    span: tracing::Span,
    began: crate::clock::HostTime,
}

impl Observed {
    fn begin<S>(door: &Doorway<S>, http: &HttpRequest) -> Self {
        let request = request_id(http);
        let span = tracing::info_span!(
            "request",
            service.name = %door.identity.name(),
            request.id = %request,
            http.method = %http.method(),
            http.path = http.path(),
        );
        Self { request, span, began: door.clock.host() }
    }

    /// Writes the answer, signs it where the call was, and logs one line.
    fn end<S>(self, door: &Doorway<S>, answer: Result<Written, Problem>, proof: Option<&Proof>, allow: Option<String>) -> HttpResponse {
        let _inside = self.span.enter();
        let (written, problem) = match answer {
            Ok(written) => (written, None),
            Err(problem) => (Written::problem(&problem), Some(problem)),
        };
        let mut response = HttpResponse::build(StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        response.insert_header((REQUEST_ID, self.request.as_str())).insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(media) = written.media {
            response.insert_header((header::CONTENT_TYPE, media));
        }
        for (name, value) in written.headers {
            response.insert_header((name, value));
        }
        if let Some(allow) = allow {
            response.insert_header((header::ALLOW, allow));
        }
        if problem.as_ref().is_some_and(|problem| problem.code == ProblemCode::Unauthenticated) {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer, Call"));
        }
        if let Some(proof) = proof {
            match proof.sign_answer(&door.identity, written.status, &written.body) {
                Ok(signature) => {
                    response.insert_header((ANSWER_HEADER, signature));
                }
                Err(error) => tracing::error!(error = %error, "the answer could not be signed; the caller will not believe it"),
            }
        }
        let caller = proof.map(|proof| proof.caller.name.as_str()).unwrap_or_default();
        let ms = door.clock.host().millis_since(self.began);
        log(written.status, ms, caller, problem.as_ref());
        response.body(written.body)
    }
}

fn log(status: u16, ms: i64, caller: &str, problem: Option<&Problem>) {
    match problem {
        // Not at the default level: health checks and thousands of connections would bury what matters.
        None => tracing::debug!(http.status = status, http.ms = ms, caller.name = caller, "answered"),
        Some(problem) if status < 500 => {
            tracing::info!(http.status = status, http.ms = ms, caller.name = caller, problem.code = problem.code.code(), "refused");
        }
        Some(problem) => {
            let (code, detail) = (problem.code.code(), problem.detail.as_str());
            tracing::error!(
                http.status = status,
                http.ms = ms,
                caller.name = caller,
                problem.code = code,
                problem.detail = detail,
                "failed"
            );
        }
    }
}

/// The caller's id for this request, or one of ours.
fn request_id(http: &HttpRequest) -> RequestId {
    let given = http.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    given.unwrap_or_else(random::request_id)
}

const BODY_TIME: Duration = Duration::from_secs(10);
