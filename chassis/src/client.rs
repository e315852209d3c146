//! The two clients: of services that sign their calls, and of people's tools with or without an administrator's token.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::model::{PublicKey, RequestId};
use shared::wire::problem::Problem;

use crate::calls::{self, ANSWER_HEADER, Call, SCHEME};
use crate::clock::Clock;
use crate::http::{Method, REQUEST_ID};
use crate::identity::Identity;
use crate::network::Network;

/// A service to be called: where it is, and the key that its answers must be signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `http://host:port`.
    pub url: String,
    /// Its pinned key.
    pub key: PublicKey,
}

/// What came of a call other than an answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// No answer that can be believed: not reached, too late, failed, or not signed by the service that was asked.
    #[error("{0}")]
    Silence(String),
    /// The service said no, and signed it.
    #[error(transparent)]
    Problem(Problem),
}

/// Calls other services in the name of one.
#[derive(Clone, Debug)]
pub struct ServiceClient {
    identity: Arc<Identity>,
    clock: Clock,
    http: Connections,
    patience: Duration,
    network: Network,
}

/// What came of a tool's request other than an answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service said no.
    #[error(transparent)]
    Problem(Problem),
    /// The service was not reached.
    #[error("{url} did not answer: {reason}; start the service, or give its address")]
    Unreachable {
        /// Its address.
        url: String,
        /// What happened.
        reason: String,
    },
    /// What answered is not a service of the lab, or of another version.
    #[error("{url} answered something that cannot be read: {reason}; see whether the address is that of the service")]
    Unreadable {
        /// Its address.
        url: String,
        /// What was wrong.
        reason: String,
    },
}

/// Open connections to services, kept for the next request; clones share them.
pub type Connections = reqwest::Client;

/// Asks one service, as anyone or as its administrator. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    url: String,
    token: Option<String>,
    http: Connections,
}

impl ServiceClient {
    /// A client that signs as `identity` and waits for an answer no longer than `patience`.
    pub fn new(identity: Arc<Identity>, clock: Clock, patience: Duration) -> Result<Self, CallError> {
        let http = connections().map_err(|error| CallError::Silence(reason(&error)))?;
        Ok(Self { identity, clock, http, patience, network: Network::default() })
    }

    /// The same client over a network in which some services are out of reach.
    #[must_use]
    pub fn over(mut self, network: &Network) -> Self {
        self.network = network.clone();
        self
    }

    /// Sends `body` and gives back the verified answer. `request` is found in the logs of both services.
    pub async fn call<T: DeserializeOwned>(
        &self,
        peer: &Peer,
        request: &RequestId,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| CallError::Silence(format!("the request could not be written: {error}")))?;
        self.send(peer, request, method, path, body).await
    }

    /// Asks without a body.
    pub async fn ask<T: DeserializeOwned>(&self, peer: &Peer, request: &RequestId, path: &str) -> Result<T, CallError> {
        self.send(peer, request, Method::Get, path, Vec::new()).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        peer: &Peer,
        request: &RequestId,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        if let Some(obstacle) = self.network.obstacle(&peer.key) {
            return Err(CallError::Silence(obstacle));
        }
        let exchange = self.exchange(peer, request, method, path, body);
        let late = |_| Err(CallError::Silence(format!("{} did not answer within {} ms", peer.url, self.patience.as_millis())));
        tokio::time::timeout(self.patience, exchange).await.unwrap_or_else(late)
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        peer: &Peer,
        request: &RequestId,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        let silence = |reason: String| CallError::Silence(format!("{}: {reason}", peer.url));
        let url = address(&peer.url, path).map_err(silence)?;
        let signed_path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let call = Call { audience: &peer.key, method: method.name(), path: &signed_path, body: &body, made_at: self.clock.host() };
        let token = call.sign(&self.identity).map_err(|error| silence(error.to_string()))?;
        let sent = self
            .http
            .request(method.of_reqwest(), url)
            .header(AUTHORIZATION, format!("{SCHEME} {}", token.token))
            .header(REQUEST_ID, request.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = sent.send().await.map_err(|error| silence(reason(&error)))?;
        let status = response.status().as_u16();
        let signature = response.headers().get(ANSWER_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let answer = read(response, CALL_ANSWER_LIMIT).await.map_err(silence)?;
        let Some(signature) = signature else {
            return Err(silence(format!("answered {status} without a signature{}", told(&answer))));
        };
        calls::check_answer(&signature, &peer.key, &token.id, status, &answer).map_err(silence)?;
        match status {
            200..=299 => {
                serde_json::from_slice(body_or_null(&answer)).map_err(|error| silence(format!("the answer cannot be read: {error}")))
            }
            400..=499 => match serde_json::from_slice(&answer) {
                Ok(problem) => Err(CallError::Problem(problem)),
                Err(error) => Err(silence(format!("answered {status} with something that is no problem: {error}"))),
            },
            _ => Err(silence(format!("answered {status}{}", told(&answer)))),
        }
    }
}

impl Client {
    /// A client over connections that others use too, with the administrator's token or without.
    #[must_use]
    pub fn new(http: Connections, url: &str, token: Option<String>) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), token, http }
    }

    /// A client of its own connections, without a token.
    pub fn anyone(url: impl Into<String>) -> Result<Self, ClientError> {
        Self::alone(&url.into(), None)
    }

    /// A client of its own connections, with the administrator's token of the service.
    pub fn administrator(url: impl Into<String>, token: impl Into<String>) -> Result<Self, ClientError> {
        Self::alone(&url.into(), Some(token.into()))
    }

    /// The service's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.exchange(Method::Get, path, None).await
    }

    /// Does or makes something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        self.exchange(Method::Post, path, Some(self.written(body)?)).await
    }

    /// Does something that needs no body.
    pub async fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.exchange(Method::Post, path, None).await
    }

    /// Puts something in its place.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        self.exchange(Method::Put, path, Some(self.written(body)?)).await
    }

    /// Changes something in part.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        self.exchange(Method::Patch, path, Some(self.written(body)?)).await
    }

    /// Takes something away.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.exchange(Method::Delete, path, None).await
    }

    fn alone(url: &str, token: Option<String>) -> Result<Self, ClientError> {
        let http = connections().map_err(|error| ClientError::Unreachable { url: url.to_owned(), reason: reason(&error) })?;
        Ok(Self::new(http, url, token))
    }

    async fn exchange<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<T, ClientError> {
        let url = address(&self.url, path).map_err(|reason| self.unreachable(reason))?;
        let mut request = self.http.request(method.of_reqwest(), url).timeout(TOOL_PATIENCE);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let request: RequestBuilder = match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(reason(&error)))?;
        let status = response.status();
        let answer = read(response, TOOL_ANSWER_LIMIT).await.map_err(|reason| self.unreachable(reason))?;
        if status.is_success() {
            return serde_json::from_slice(body_or_null(&answer)).map_err(|error| self.unreadable(error.to_string()));
        }
        match serde_json::from_slice(&answer) {
            Ok(problem) => Err(ClientError::Problem(problem)),
            Err(_) => Err(self.unreadable(format!("status {status} without a problem of the lab"))),
        }
    }

    fn written(&self, body: &impl Serialize) -> Result<Vec<u8>, ClientError> {
        serde_json::to_vec(body).map_err(|error| self.unreadable(format!("the request could not be written: {error}")))
    }

    fn unreachable(&self, reason: String) -> ClientError {
        ClientError::Unreachable { url: self.url.clone(), reason }
    }

    fn unreadable(&self, reason: String) -> ClientError {
        ClientError::Unreadable { url: self.url.clone(), reason }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Method {
    fn of_reqwest(self) -> reqwest::Method {
        match self {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        }
    }
}

/// No connection yet, and no proxy, whatever the environment says, since the lab is on this machine or in its network.
///
/// # Errors
/// A machine on which no client can be made.
pub fn connections() -> Result<Connections, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_PATIENCE)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .build()
}

fn address(base: &str, path: &str) -> Result<Url, String> {
    let url = Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).map_err(|error| format!("is not an address: {error}"))?;
    if url.scheme() == "http" { Ok(url) } else { Err("is not an address: it must begin with http://".to_owned()) }
}

async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| reason(&error))? {
        if body.len() + piece.len() > limit {
            return Err(format!("the answer has more than {limit} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// 204 carries nothing, which reads as JSON's null.
fn body_or_null(body: &[u8]) -> &[u8] {
    if body.is_empty() { b"null" } else { body }
}

fn told(answer: &[u8]) -> String {
    serde_json::from_slice::<Problem>(answer).map_or_else(|_| String::new(), |problem| format!(": {problem}"))
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() { format!("no answer in time ({cause})") } else { cause.to_string() }
}

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const TOOL_PATIENCE: Duration = Duration::from_secs(30);
/// Shorter than the time for which the services keep an idle connection, so that none is used that was just closed.
const POOL_IDLE: Duration = Duration::from_secs(4);
const CALL_ANSWER_LIMIT: usize = 1 << 20;
const TOOL_ANSWER_LIMIT: usize = 64 << 20;
