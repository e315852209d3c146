//! What a handler may answer with, and how it is written.

use schemars::JsonSchema;
use serde::Serialize;
use shared::wire::problem::{Problem, ProblemCode};

use super::Operation;

/// What a handler gives back when all went well: any JSON body (200), [`Pem`] (200), [`Created`] (201) or [`NoContent`] (204).
pub trait Reply {
    /// Says in the route's description what is answered.
    fn describe(operation: &mut Operation<'_>);

    /// The answer as bytes; a body that cannot be written is an internal problem.
    fn write(self) -> Result<Written, Problem>;
}

/// 201: the body describes what was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created<T>(pub T);

/// 200 with PEM text in place of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pem(pub String);

/// 204: done, nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoContent;

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub(super) status: u16,
    pub(super) media: Option<&'static str>,
    /// Further headers.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl<T: Serialize + JsonSchema> Reply for T {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(200);
    }

    fn write(self) -> Result<Written, Problem> {
        json(200, &self)
    }
}

impl<T: Serialize + JsonSchema> Reply for Created<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(201);
    }

    fn write(self) -> Result<Written, Problem> {
        json(201, &self.0)
    }
}

impl Reply for Pem {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers_text(200, PEM);
    }

    fn write(self) -> Result<Written, Problem> {
        Ok(Written { status: 200, media: Some(PEM), headers: Vec::new(), body: self.0.into_bytes() })
    }
}

impl Reply for NoContent {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers_nothing(204);
    }

    fn write(self) -> Result<Written, Problem> {
        Ok(Written { status: 204, media: None, headers: Vec::new(), body: Vec::new() })
    }
}

/// What is asked for here stands at another path of this service.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere(
    /// The path.
    pub &'static str,
);

impl Reply for Elsewhere {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers_nothing(303);
    }

    fn write(self) -> Result<Written, Problem> {
        Ok(Written { status: 303, media: None, headers: vec![("location", self.0.to_owned())], body: Vec::new() })
    }
}

impl Written {
    /// A problem as an answer.
    pub(super) fn problem(problem: &Problem) -> Self {
        // A problem holds strings and numbers only, so writing it cannot fail; the status says enough if it ever does.
        let body = serde_json::to_vec(problem).unwrap_or_default();
        let headers = problem.retry_after_s.map(|seconds| ("retry-after", seconds.to_string())).into_iter().collect();
        Self { status: problem.status, media: Some("application/problem+json"), headers, body }
    }
}

fn json(status: u16, body: &impl Serialize) -> Result<Written, Problem> {
    match serde_json::to_vec(body) {
        Ok(body) => Ok(Written { status, media: Some("application/json"), headers: Vec::new(), body }),
        Err(error) => Err(Problem::new(ProblemCode::Internal, format!("the answer could not be written as JSON: {error}"))),
    }
}

const PEM: &str = "application/x-pem-file";
