//! The two clients: of services that sign their calls, and of people's tools with or without an administrator's token.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::model::{PublicKey, RequestId};
use shared::wire::problem::Problem;

use crate::clock::Clock;
use crate::http::Method;
use crate::identity::Identity;
use crate::network::Network;
use crate::transport::{self, Answer, Http, Message, NoAnswer, Speaker, Transport};

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
#[derive(Clone)]
pub struct ServiceClient {
    identity: Arc<Identity>,
    clock: Clock,
    transport: Connections,
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

/// The way to services; clones share its connections.
pub type Connections = Arc<dyn Transport>;

/// Asks one service, as anyone or as its administrator. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    url: String,
    token: Option<String>,
    http: Connections,
}

impl ServiceClient {
    /// A client over connections of its own that signs as `identity` and waits for an answer no longer than `patience`.
    pub fn new(identity: Arc<Identity>, clock: Clock, patience: Duration) -> Result<Self, CallError> {
        let transport = connections().map_err(|error| CallError::Silence(error.to_string()))?;
        Ok(Self::by(transport, identity, clock, patience))
    }

    /// The same over a transport that is there already.
    #[must_use]
    pub fn by(transport: Connections, identity: Arc<Identity>, clock: Clock, patience: Duration) -> Self {
        Self { identity, clock, transport, patience, network: Network::default() }
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
        target: &str,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        if let Some(obstacle) = self.network.obstacle(&peer.key) {
            return Err(CallError::Silence(obstacle));
        }
        let silence = |reason: String| CallError::Silence(format!("{}: {reason}", peer.url));
        let message = Message {
            url: peer.url.clone(),
            speaker: Speaker::Service { identity: self.identity.clone(), audience: peer.key, made_at: self.clock.host() },
            method,
            target: target.to_owned(),
            request: Some(request.clone()),
            body: Some(body),
            patience: self.patience,
            answer_limit: CALL_ANSWER_LIMIT,
        };
        let Answer { status, body } = self.transport.send(message).await.map_err(|error| silence(error.to_string()))?;
        match status {
            200..=299 => {
                serde_json::from_slice(body_or_null(&body)).map_err(|error| silence(format!("the answer cannot be read: {error}")))
            }
            400..=499 => match serde_json::from_slice(&body) {
                Ok(problem) => Err(CallError::Problem(problem)),
                Err(error) => Err(silence(format!("answered {status} with something that is no problem: {error}"))),
            },
            _ => Err(silence(format!("answered {status}{}", transport::told(&body)))),
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

    /// Begins to send something, and hangs up in the middle of it: the service never has a whole message.
    pub async fn break_off(&self, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        let message = self.message(Method::Post, path, Some(self.written(body)?));
        self.http.break_off(message).await.map_err(|error| self.unreachable(error.to_string()))
    }

    fn alone(url: &str, token: Option<String>) -> Result<Self, ClientError> {
        let http = connections().map_err(|error| ClientError::Unreachable { url: url.to_owned(), reason: error.to_string() })?;
        Ok(Self::new(http, url, token))
    }

    async fn exchange<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<T, ClientError> {
        let message = self.message(method, path, body);
        let Answer { status, body } = self.http.send(message).await.map_err(|error| self.unreachable(error.to_string()))?;
        if (200..=299).contains(&status) {
            return serde_json::from_slice(body_or_null(&body)).map_err(|error| self.unreadable(error.to_string()));
        }
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Problem(problem)),
            Err(_) => Err(self.unreadable(format!("status {status} without a problem of the lab"))),
        }
    }

    fn message(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Message {
        Message {
            url: self.url.clone(),
            speaker: self.token.clone().map_or(Speaker::Anyone, Speaker::Administrator),
            method,
            target: path.to_owned(),
            request: None,
            body,
            patience: TOOL_PATIENCE,
            answer_limit: TOOL_ANSWER_LIMIT,
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

impl std::fmt::Debug for ServiceClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServiceClient").field("name", self.identity.name()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

/// HTTP, without any connection yet.
///
/// # Errors
/// A machine on which no client can be made.
pub fn connections() -> Result<Connections, NoAnswer> {
    Ok(Arc::new(Http::new()?))
}

/// 204 carries nothing, which reads as JSON's null.
fn body_or_null(body: &[u8]) -> &[u8] {
    if body.is_empty() { b"null" } else { body }
}

const TOOL_PATIENCE: Duration = Duration::from_secs(30);
const CALL_ANSWER_LIMIT: usize = 1 << 20;
const TOOL_ANSWER_LIMIT: usize = 64 << 20;
