//! One service as `tsl` sees it: an address and, for its administrator, a token.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::wire::problem::Problem;

use crate::failure::Failure;

/// A service's HTTP interface. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    token: Option<Token>,
}

/// An administrator's token; never shown.
#[derive(Clone)]
struct Token(String);

/// The pool of connections behind all [`Api`]s of a call.
///
/// # Errors
/// A machine on which no client can be made.
pub fn connections() -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .pool_max_idle_per_host(64)
        .no_proxy()
        .user_agent(concat!("tsl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Failure::Broken(format!("no HTTP client can be made here: {error}")))
}

impl Api {
    /// The service at `url` (`http://host:port`), for its administrator where a token is given.
    #[must_use]
    pub fn new(http: reqwest::Client, url: &str, token: Option<String>) -> Self {
        Self { http, url: url.trim_end_matches('/').to_owned(), token: token.map(Token) }
    }

    /// The service's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether an administrator's token is at hand.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// `GET path`.
    ///
    /// # Errors
    /// A problem that the service answers with, or no usable answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.send::<(), T>(Method::GET, path, None).await
    }

    /// `GET path?query`; fields that are none are left out.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn list<Q: Serialize, T: DeserializeOwned>(&self, path: &str, query: &Q) -> Result<T, Failure> {
        self.get(&format!("{path}{}", query_text(query))).await
    }

    /// `POST path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `POST path` without a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn act(&self, path: &str) -> Result<(), Failure> {
        self.send::<(), serde_json::Value>(Method::POST, path, None).await.map(|_| ())
    }

    /// `PUT path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn put<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `PATCH path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn patch<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE path`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send::<(), serde_json::Value>(Method::DELETE, path, None).await.map(|_| ())
    }

    async fn send<B: Serialize, T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&B>) -> Result<T, Failure> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(Token(token)) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.silent(reason(&error)))?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| self.silent(reason(&error)))?;
        if status.is_success() {
            let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
            return serde_json::from_slice(text).map_err(|error| self.silent(format!("{path}: {error}")));
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Err(problem.into()),
            Err(_) => Err(self.silent(format!("{path}: status {status} without a problem that could be read"))),
        }
    }

    fn silent(&self, why: String) -> Failure {
        Failure::Silent { url: self.url.clone(), why }
    }
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() { format!("no answer in time ({cause})") } else { cause.to_string() }
}

/// The fields of a query type as `?a=1&b=x`; nothing where all are none.
fn query_text<Q: Serialize>(query: &Q) -> String {
    let mut text = String::new();
    if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(query) {
        for (name, value) in fields {
            let value = match value {
                serde_json::Value::Null => continue,
                serde_json::Value::String(value) => value,
                other => other.to_string(),
            };
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(&name);
            text.push('=');
            text.push_str(&path_segment(&value));
        }
    }
    text
}

/// Text as it may stand in one segment of a path or in a query's value.
#[must_use]
pub fn path_segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}
