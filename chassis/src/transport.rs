//! The way from one service, or one tool, to another: the port behind which HTTP stands, or a simulated wire.
//!
//! A message says what is asked and in whose name. That the name is the sender's own is the transport's business: over HTTP it is
//! proved with a token or a signature, on a simulated wire the sender is simply known.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Response, Url};
use shared::model::{PublicKey, RequestId};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::calls::{self, ANSWER_HEADER, Call, SCHEME};
use crate::clock::HostTime;
use crate::http::{Method, REQUEST_ID};
use crate::identity::Identity;

/// Carries messages, and answers back.
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends a message and waits for its answer.
    fn send(&self, message: Message) -> BoxFuture<'static, Result<Answer, NoAnswer>>;

    /// Sends the first half of a message and hangs up.
    fn break_off(&self, message: Message) -> BoxFuture<'static, Result<(), NoAnswer>>;
}

/// What one party sends another.
#[derive(Clone)]
pub struct Message {
    /// Where the other party is: `http://host:port`.
    pub url: String,
    /// In whose name it is sent.
    pub speaker: Speaker,
    /// The method of the route.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The id under which both sides log it, where the sender gave one.
    pub request: Option<RequestId>,
    /// The JSON body; none where nothing is sent.
    pub body: Option<Vec<u8>>,
    /// How long the sender waits.
    pub patience: Duration,
    /// How many bytes of an answer the sender takes.
    pub answer_limit: usize,
}

/// In whose name a message is sent.
#[derive(Clone)]
pub enum Speaker {
    /// Nobody's.
    Anyone,
    /// The administrator's of the service, whose token this is.
    Administrator(String),
    /// A service's, to the one that has `audience` as its key: its answer must be signed with that.
    Service {
        /// The sender.
        identity: Arc<Identity>,
        /// The key of the service that is asked.
        audience: PublicKey,
        /// When it is sent.
        made_at: HostTime,
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// Why no answer came that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// HTTP, with connections that are kept for the next message; clones share them.
#[derive(Clone, Debug)]
pub struct Http(reqwest::Client);

impl Http {
    /// No connection yet, and no proxy, whatever the environment says, since the lab is on this machine or in its network.
    ///
    /// # Errors
    /// A machine on which no client can be made.
    pub fn new() -> Result<Self, NoAnswer> {
        let built = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_PATIENCE)
            .pool_idle_timeout(POOL_IDLE)
            .tcp_nodelay(true)
            .build();
        built.map(Self).map_err(|error| NoAnswer(reason(&error)))
    }

    async fn exchange(self, message: Message) -> Result<Answer, NoAnswer> {
        let Message { url, speaker, method, target, request, body, patience: _, answer_limit } = message;
        let url = address(&url, &target).map_err(NoAnswer)?;
        let signed_path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut sent = self.0.request(method.of_reqwest(), url);
        let mut proof = None;
        match speaker {
            Speaker::Anyone => {}
            Speaker::Administrator(token) => sent = sent.bearer_auth(token),
            Speaker::Service { identity, audience, made_at } => {
                let body = body.as_deref().unwrap_or_default();
                let call = Call { audience: &audience, method: method.name(), path: &signed_path, body, made_at };
                let token = call.sign(&identity).map_err(|error| NoAnswer(error.to_string()))?;
                sent = sent.header(AUTHORIZATION, format!("{SCHEME} {}", token.token));
                proof = Some((audience, token.id));
            }
        }
        if let Some(request) = request {
            sent = sent.header(REQUEST_ID, request.as_str());
        }
        if let Some(body) = body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = sent.send().await.map_err(|error| NoAnswer(reason(&error)))?;
        let status = response.status().as_u16();
        let signature = response.headers().get(ANSWER_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = read(response, answer_limit).await?;
        if let Some((audience, id)) = proof {
            let told = told(&body);
            let signature = signature.ok_or_else(|| NoAnswer(format!("answered {status} without a signature{told}")))?;
            calls::check_answer(&signature, &audience, &id, status, &body).map_err(NoAnswer)?;
        }
        Ok(Answer { status, body })
    }
}

impl Transport for Http {
    fn send(&self, message: Message) -> BoxFuture<'static, Result<Answer, NoAnswer>> {
        let patience = message.patience;
        let late = move |_| Err(NoAnswer(format!("no answer within {} ms", patience.as_millis())));
        let exchange = self.clone().exchange(message);
        async move { tokio::time::timeout(patience, exchange).await.unwrap_or_else(late) }.boxed()
    }

    fn break_off(&self, message: Message) -> BoxFuture<'static, Result<(), NoAnswer>> {
        async move { half(&message).await.map_err(|error| NoAnswer(error.to_string())) }.boxed()
    }
}

async fn half(message: &Message) -> std::io::Result<()> {
    let Message { url, method, target, .. } = message;
    let (host, body) = (url.trim_start_matches("http://"), message.body.as_deref().unwrap_or_default());
    let (method, length) = (method.name(), body.len());
    let head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(host).await?;
    let half = body.get(..length / 2).unwrap_or_default();
    stream.write_all(&[head.as_bytes(), half].concat()).await?;
    stream.shutdown().await
}

impl std::fmt::Debug for Speaker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Speaker::Anyone => "Anyone",
            Speaker::Administrator(_) => "Administrator",
            Speaker::Service { .. } => "Service",
        })
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

fn address(base: &str, path: &str) -> Result<Url, String> {
    let url = Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).map_err(|error| format!("is not an address: {error}"))?;
    if url.scheme() == "http" { Ok(url) } else { Err("is not an address: it must begin with http://".to_owned()) }
}

async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| NoAnswer(reason(&error)))? {
        if body.len() + piece.len() > limit {
            return Err(NoAnswer(format!("the answer has more than {limit} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What a service says of its own accord where it could not be believed.
pub(crate) fn told(answer: &[u8]) -> String {
    serde_json::from_slice::<shared::wire::problem::Problem>(answer).map_or_else(|_| String::new(), |problem| format!(": {problem}"))
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
/// Shorter than the time for which the services keep an idle connection, so that none is used that was just closed.
const POOL_IDLE: Duration = Duration::from_secs(4);
