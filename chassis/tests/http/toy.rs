//! A service with one route of each sort, and an engine that only counts.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chassis::calls::Enrolled;
use chassis::clock::Clock;
use chassis::config::{Kind, ServiceConfig};
use chassis::data::DataDir;
use chassis::http::{Access, App, Body, Caller, Created, NoContent, Path, Query, Routes, Signed};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use chassis::server::{Running, Site, StartError};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, RequestBuilder, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::model::{CallerRole, LabTime, RequestId, ServerName};
use shared::wire::common::{ClockChange, ClockView, Identity as IdentityView, JournalView, ListQuery, NetworkView};
use shared::wire::problem::{Problem, ProblemCode};
use tempfile::TempDir;
use tokio::sync::watch;

/// A running toy, who is enrolled at it, and a plain client.
pub(crate) struct Toy {
    pub(crate) running: Running,
    pub(crate) engine: Arc<Counting>,
    pub(crate) friend: Arc<Identity>,
    pub(crate) friend_pem: String,
    pub(crate) http: reqwest::Client,
    _data: TempDir,
}

/// An engine that counts what would have been written.
pub(crate) struct Counting {
    pub(crate) written: AtomicU64,
    pub(crate) closed: AtomicU64,
    pub(crate) failure: watch::Sender<Option<String>>,
}

#[derive(Clone)]
struct ToyApp {
    engine: Arc<Counting>,
    identity: Arc<Identity>,
    friend: Enrolled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing {
    pub(crate) name: ServerName,
    pub(crate) count: u32,
}

/// What a signed caller is told about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Seen {
    pub(crate) caller: ServerName,
    pub(crate) thumbprint: String,
    pub(crate) request: RequestId,
}

impl Toy {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await.unwrap()
    }

    pub(crate) async fn with_lab() -> Self {
        Self::start_with(|config| config.lab = true).await.unwrap()
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServiceConfig)) -> Result<Self, StartError> {
        let data = TempDir::new().unwrap();
        let mut config = ServiceConfig::embedded("TOY1".parse().unwrap(), data.path().to_owned());
        change(&mut config);
        let site = Site::open(Kind::LicenseServer, &config)?;
        let friends_data = TempDir::new().unwrap();
        let friends_dir = DataDir::open(friends_data.path()).unwrap();
        let friend = Arc::new(Identity::open(Kind::TerminalServer, "FRIEND1".parse().unwrap(), &friends_dir).unwrap());
        let friend_pem = std::fs::read_to_string(friends_data.path().join("key.pem")).unwrap();
        let engine = Arc::new(Counting { written: AtomicU64::new(0), closed: AtomicU64::new(0), failure: watch::Sender::new(None) });
        let app = ToyApp {
            engine: engine.clone(),
            identity: site.identity.clone(),
            friend: Enrolled { name: friend.name().clone(), key: friend.public_key() },
        };
        let running = site.serve(app, routes()).await?;
        Ok(Self { running, engine, friend, friend_pem, http: reqwest::Client::builder().no_proxy().build().unwrap(), _data: data })
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.running.url()))
    }

    pub(crate) fn as_admin(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&self.running.admin_token)
    }

    pub(crate) fn written(&self) -> u64 {
        self.engine.written.load(Ordering::SeqCst)
    }
}

/// An identity that stands in no file.
pub(crate) fn identity(name: &str) -> Identity {
    Identity::temporary(Kind::TerminalServer, name.parse().unwrap()).unwrap()
}

/// The problem in an answer, whose media type and status must be those of its code.
pub(crate) async fn problem(response: Response) -> Problem {
    let status = response.status().as_u16();
    let media = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    assert_eq!(media.as_deref(), Some("application/problem+json"), "{status} {text}");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status);
    assert_eq!(problem.code.status(), status);
    problem
}

pub(crate) fn clock() -> Clock {
    Clock::new()
}

pub(crate) fn routes_described() -> Value {
    routes().describe("toy")
}

fn routes() -> Routes<ToyApp> {
    let mut routes = Routes::new();
    routes.get("/things", Access::Anyone, "All things.", list);
    routes.post("/things", Access::Administrator, "Make a thing.", make).problems(&[ProblemCode::Conflict]);
    routes.get("/things/{number}", Access::Anyone, "One thing.", one);
    routes.put("/things/{number}", Access::Administrator, "Put a thing in its place.", put);
    routes.patch("/things/{number}", Access::Administrator, "Change a thing.", put);
    routes.delete("/things/{number}", Access::Administrator, "Take a thing away.", remove);
    routes.get("/things/newest", Access::Anyone, "The newest thing.", newest);
    routes.post("/inquiries", Access::Service(&[CallerRole::TerminalServer]), "Ask as an enrolled service.", inquire);
    routes.get("/contact", Access::Service(&[CallerRole::TerminalServer]), "See whether the signature is taken.", contact);
    routes.post("/refusals", Access::Service(&[CallerRole::TerminalServer]), "Be refused.", refuse);
    routes.post("/failures", Access::Service(&[CallerRole::TerminalServer]), "See a failure.", fail);
    routes.get("/peers", Access::Service(&[CallerRole::LicenseServer]), "Something for another kind of service.", contact);
    routes.post("/introductions", Access::Introduced, "Introduce a service.", inquire);
    routes.post("/lab/things", Access::Lab, "Make a thing by lab powers.", make);
    routes
}

async fn list(_: ToyApp, Query(query): Query<ListQuery>) -> Result<Vec<u32>, Problem> {
    Ok((0..query.limit.unwrap_or(3)).collect())
}

async fn make(app: ToyApp, Body(thing): Body<Thing>) -> Result<Created<Thing>, Problem> {
    app.engine.written.fetch_add(1, Ordering::SeqCst);
    Ok(Created(thing))
}

async fn one(_: ToyApp, Path(number): Path<u32>) -> Result<u32, Problem> {
    Ok(number)
}

async fn put(app: ToyApp, Path(_): Path<u32>, Body(thing): Body<Thing>) -> Result<Thing, Problem> {
    app.engine.written.fetch_add(1, Ordering::SeqCst);
    Ok(thing)
}

async fn remove(app: ToyApp, Path(_): Path<u32>) -> Result<NoContent, Problem> {
    app.engine.written.fetch_add(1, Ordering::SeqCst);
    Ok(NoContent)
}

async fn newest(_: ToyApp) -> Result<String, Problem> {
    Ok("newest".to_owned())
}

async fn inquire(app: ToyApp, caller: Signed, request: RequestId, Body(_): Body<Thing>) -> Result<Seen, Problem> {
    app.engine.written.fetch_add(1, Ordering::SeqCst);
    Ok(Seen { caller: caller.name, thumbprint: caller.key.thumbprint(), request })
}

async fn contact(_: ToyApp, caller: Signed, request: RequestId) -> Result<Seen, Problem> {
    Ok(Seen { caller: caller.name, thumbprint: caller.key.thumbprint(), request })
}

async fn refuse(_: ToyApp) -> Result<NoContent, Problem> {
    Err(Problem::new(ProblemCode::Conflict, "this is always refused"))
}

async fn fail(_: ToyApp) -> Result<NoContent, Problem> {
    Err(Problem::new(ProblemCode::Internal, "this always fails"))
}

impl App for ToyApp {
    fn engine(&self) -> &dyn LabEngine {
        self.engine.as_ref()
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        Ok(self.identity.view())
    }

    async fn caller(&self, thumbprint: &str) -> Result<Option<Caller>, Problem> {
        let caller = || Caller { enrolled: self.friend.clone(), roles: vec![CallerRole::TerminalServer] };
        Ok((self.friend.key.thumbprint() == thumbprint).then(caller))
    }
}

impl LabEngine for Counting {
    fn clock_view(&self) -> BoxFuture<'_, Result<ClockView, Problem>> {
        async { Ok(ClockView { now: LabTime::from_unix(0), frozen: true, next_due: None }) }.boxed()
    }

    fn change_clock(&self, change: ClockChange) -> BoxFuture<'_, Result<ClockView, Problem>> {
        self.written.fetch_add(1, Ordering::SeqCst);
        let now = match change {
            ClockChange::Freeze | ClockChange::Run => LabTime::from_unix(0),
            ClockChange::Set { to } => to,
            ClockChange::Advance { seconds } => LabTime::from_unix(i64::from(seconds)),
        };
        async move { Ok(ClockView { now, frozen: true, next_due: None }) }.boxed()
    }

    fn reseed(&self, _: u64) -> BoxFuture<'_, Result<(), Problem>> {
        self.written.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }.boxed()
    }

    fn network_view(&self) -> NetworkView {
        NetworkView { cut_off: Vec::new() }
    }

    fn cut_off(&self, _: NetworkView) -> BoxFuture<'_, Result<(), Problem>> {
        self.written.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }.boxed()
    }

    fn journal_view(&self) -> BoxFuture<'_, Result<JournalView, Problem>> {
        async { Ok(JournalView { head: self.written.load(Ordering::SeqCst), chain: String::new(), first: 1 }) }.boxed()
    }

    fn tick(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }

    fn failed(&self) -> BoxFuture<'_, String> {
        let mut failure = self.failure.subscribe();
        async move { failure.wait_for(Option::is_some).await.unwrap().clone().unwrap() }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Problem>> {
        self.closed.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }.boxed()
    }
}

/// An address at which nobody listens, and nobody is given it as long as this lives: it is the near end of a connection.
pub(crate) struct Nobody {
    end: TcpStream,
    _far: TcpListener,
}

impl Nobody {
    pub(crate) fn new() -> Self {
        let far = TcpListener::bind("127.0.0.1:0").unwrap();
        let end = TcpStream::connect(far.local_addr().unwrap()).unwrap();
        Self { end, _far: far }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.end.local_addr().unwrap())
    }
}
