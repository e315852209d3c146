//! What a request carries, and how a handler's arguments are taken from it.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, dev};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use shared::model::RequestId;
use shared::wire::problem::{Problem, ProblemCode};

use super::common::Facts;
use super::{Operation, Signed};

/// A request that was let in: its body is read, its caller known.
pub struct Asked {
    pub(super) line: Line,
    pub(super) body: Bytes,
    pub(super) signed: Option<Signed>,
    pub(super) request: RequestId,
    pub(super) facts: Arc<Facts>,
}

/// What stands around a request's body.
pub(super) struct Line {
    /// The path, with its variable parts found.
    pub(super) path: dev::Path<dev::Url>,
    /// What stands behind the question mark.
    pub(super) query: String,
    /// The body's media type, as it was named.
    pub(super) media: String,
    /// The other end of the connection.
    pub(super) sender: Option<IpAddr>,
}

impl Line {
    pub(super) fn of(http: &HttpRequest) -> Self {
        let media = http.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            path: http.match_info().clone(),
            query: http.query_string().to_owned(),
            media: media.to_owned(),
            sender: http.peer_addr().map(|address| address.ip()),
        }
    }
}

/// An argument of a handler: taken from the request, described in the OpenAPI.
pub trait Extract: Sized {
    /// Says in the route's description what the request must carry.
    fn describe(operation: &mut Operation<'_>);

    /// Takes the argument from the request, or says what is wrong with it.
    fn extract(asked: &Asked) -> Result<Self, Problem>;
}

/// The request's JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

/// The variable parts of the path: a struct with a field for each, or one value where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// Where the request came from: the other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender(pub IpAddr);

/// The query. A route without this argument takes no query.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + JsonSchema> Extract for Body<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.takes_body::<T>();
    }

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        require(&asked.line, JSON)?;
        // serde would take an array for a struct, field by field; no body of ours is one.
        if asked.body.trim_ascii_start().first() == Some(&b'{')
            && let Ok(body) = serde_json::from_slice(&asked.body)
        {
            return Ok(Self(body));
        }
        Err(flaw::<T>(&asked.body))
    }
}

impl<T: DeserializeOwned + JsonSchema> Extract for Path<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.takes_path::<T>();
    }

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        let taken = asked.line.path.load::<T>();
        taken.map(Self).map_err(|error| Problem::new(ProblemCode::Malformed, format!("the path: {error}")))
    }
}

impl<T: DeserializeOwned + JsonSchema> Extract for Query<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.takes_query::<T>();
    }

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        actix_web::web::Query::<T>::from_query(&asked.line.query)
            .map(|query| Self(query.into_inner()))
            .map_err(|error| Problem::new(ProblemCode::Malformed, format!("the query: {error}")))
    }
}

impl Extract for Signed {
    fn describe(_: &mut Operation<'_>) {}

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        let unproved = || Problem::new(ProblemCode::Internal, "this route asks for a signed caller, but its access does not prove one");
        asked.signed.clone().ok_or_else(unproved)
    }
}

impl Extract for Sender {
    fn describe(_: &mut Operation<'_>) {}

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        let nowhere = || Problem::new(ProblemCode::Internal, "the request came over no network connection");
        asked.line.sender.map(Self).ok_or_else(nowhere)
    }
}

impl Extract for RequestId {
    fn describe(_: &mut Operation<'_>) {}

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        Ok(asked.request.clone())
    }
}

/// What is wrong with a body that was not taken. Looked at as a whole first, so that what is no JSON is told so even where a wrong
/// value comes before the break.
fn flaw<T: DeserializeOwned>(body: &[u8]) -> Problem {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(body) {
        return Problem::new(ProblemCode::Malformed, format!("the body is not JSON: {error}"));
    }
    match serde_json::from_slice::<T>(body) {
        Err(error) if body.trim_ascii_start().first() == Some(&b'{') => Problem::new(ProblemCode::Invalid, format!("the body: {error}")),
        Ok(_) | Err(_) => Problem::new(ProblemCode::Invalid, "the body must be a JSON object"),
    }
}

/// The body's media type must be this one.
pub(super) fn require(line: &Line, media: &str) -> Result<(), Problem> {
    let given = line.media.as_str();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(media) {
        return Ok(());
    }
    let given = if given.is_empty() { "no content-type" } else { given };
    Err(Problem::new(ProblemCode::UnsupportedMediaType, format!("the request came with {given:.100}; this route takes {media}")))
}

/// The media type of every body that is not a form.
pub(super) const JSON: &str = "application/json";
