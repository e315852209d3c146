//! A request that comes over no socket: from a transport that knows the speaker, as a simulated wire does. Routes, access and
//! handlers are the same.

use actix_web::dev;
use actix_web::web::Bytes;
use shared::wire::problem::{Problem, ProblemCode};

use super::admission::{Unheard, of_speaker};
use super::ask::{JSON, Line};
use super::observe::run;
use super::routes::{App, Doorway};
use super::{Asked, BODY_LIMIT, Written};
use crate::random;
use crate::transport::{Answer, Message, NoAnswer};

impl<S: App> Doorway<S> {
    /// Answers a message; no answer is what a speaker would not have believed.
    pub(crate) async fn direct(&self, message: Message) -> Result<Answer, NoAnswer> {
        let answered = match self.take(message).await {
            Ok(answered) => answered,
            Err(Unheard::Refused(problem)) => Err(problem),
            Err(Unheard::Unproved(problem)) => return Err(NoAnswer(format!("answered 401 without a signature: {problem}"))),
        };
        let Written { status, body, .. } = answered.unwrap_or_else(|problem| Written::problem(&problem));
        Ok(Answer { status, body })
    }

    async fn take(&self, message: Message) -> Result<Result<Written, Problem>, Unheard> {
        let Message { speaker, method, target, request, body, .. } = message;
        let Ok(uri) = target.parse() else {
            return Ok(Err(Problem::new(ProblemCode::Malformed, format!("{target:.200} is no path"))));
        };
        let mut path = dev::Path::new(dev::Url::new(uri));
        let row = self.places().iter().find(|place| place.pattern.capture_match_info(&mut path));
        let row = row.and_then(|place| place.rows.iter().filter_map(|index| self.row(*index)).find(|row| row.method == method));
        let Some(row) = row else {
            return Ok(Err(Problem::new(ProblemCode::NotFound, format!("{} has no route {target:.200}", self.identity.name()))));
        };
        let signed = of_speaker(self, row.access, &speaker).await?;
        let body = Bytes::from(body.unwrap_or_default());
        if body.len() > BODY_LIMIT {
            return Ok(Err(Problem::new(ProblemCode::TooLarge, format!("the body has more than {BODY_LIMIT} bytes"))));
        }
        let query = target.split_once('?').map_or("", |(_, query)| query).to_owned();
        let line = Line { path, query, media: JSON.to_owned(), sender: None };
        let request = request.unwrap_or_else(random::request_id);
        let asked = Asked { line, body, signed, request, facts: self.facts.clone() };
        Ok(run(self, row, &asked).await)
    }
}
