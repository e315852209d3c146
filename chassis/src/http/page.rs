//! Pages for people: server-made HTML, urlencoded forms, files to download.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use shared::wire::problem::{Problem, ProblemCode};

use super::ask::require;
use super::{Asked, Extract, Operation, Reply, Written};

/// A whole page. It runs no script and loads nothing: the policy that goes with it forbids both, and allows the one style
/// sheet that stands in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status; a page that says no has that of the problem.
    pub status: u16,
    /// The document.
    pub html: String,
    /// The style sheet in it, to the letter.
    pub style: &'static str,
    /// In how many seconds to ask again, where the page says so.
    pub retry_after_s: Option<u32>,
}

/// A file to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The name that the browser suggests.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// What a form was filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl Reply for Page {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers_text(200, HTML);
    }

    fn write(self) -> Result<Written, Problem> {
        let style = STANDARD.encode(Sha256::digest(self.style));
        let policy = format!("default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
        let mut headers = vec![
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff".to_owned()),
            // Not "no-referrer": browsers then hide from the service itself that a form is its own.
            ("referrer-policy", "same-origin".to_owned()),
        ];
        headers.extend(self.retry_after_s.map(|seconds| ("retry-after", seconds.to_string())));
        Ok(Written { status: self.status, media: Some(HTML), headers, body: self.html.into_bytes() })
    }
}

impl Reply for Download {
    fn describe(operation: &mut Operation<'_>) {
        operation.answers_text(200, FILE);
    }

    fn write(self) -> Result<Written, Problem> {
        let headers = vec![
            ("content-disposition", format!("attachment; filename=\"{}\"", self.name)),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        Ok(Written { status: 200, media: Some(FILE), headers, body: self.text.into_bytes() })
    }
}

impl<T: DeserializeOwned + JsonSchema> Extract for Form<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.takes_form::<T>();
    }

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        require(&asked.line, "application/x-www-form-urlencoded")?;
        let text = std::str::from_utf8(&asked.body).map_err(|_| Problem::new(ProblemCode::Malformed, "the form is not UTF-8"))?;
        actix_web::web::Query::<T>::from_query(text)
            .map(|form| Self(form.into_inner()))
            .map_err(|error| Problem::new(ProblemCode::Invalid, format!("the form: {error}")))
    }
}

const HTML: &str = "text/html; charset=utf-8";
const FILE: &str = "application/x-pem-file";
