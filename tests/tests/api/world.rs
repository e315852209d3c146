//! A lab whose three services are known by their own descriptions, and the one way in which all tests here ask.

use chassis::calls::Call;
use chassis::clock::Clock;
use chassis::config::Kind;
use chassis::identity::Identity;
use reqwest::{Method, Response};
use serde_json::Value;
use shared::model::Generation;
use shared::wire::common::{Health, Identity as IdentityView, JournalView};
use shared::wire::problem::Problem;
use tests::harness::{Plan, Service, TestLab};

/// A lab and a client over bare HTTP.
pub(crate) struct World {
    pub(crate) lab: TestLab,
    pub(crate) http: reqwest::Client,
}

/// Who a route lets in, as its description says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Anyone,
    Administrator,
    Service,
}

/// One operation of a description.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) kind: Kind,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) access: Access,
    /// The roles that may call it, where it is for enrolled services.
    pub(crate) callers: Vec<String>,
    pub(crate) takes_body: bool,
    pub(crate) parameters: Vec<Value>,
    pub(crate) answers: Vec<u16>,
}

/// How a caller proves who it is.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    Proper,
    None,
    Header(&'a str),
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Clearinghouse, Kind::LicenseServer, Kind::TerminalServer, Kind::Directory];

impl World {
    pub(crate) async fn start() -> Self {
        let license_servers = [("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)];
        Self::of(Plan::default().license_servers(&license_servers).acquainted()).await
    }

    pub(crate) async fn of(plan: Plan) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { lab: plan.directory().start().await, http }
    }

    pub(crate) fn service(&self, kind: Kind) -> &Service {
        match kind {
            Kind::Clearinghouse => &self.lab.clearinghouse,
            Kind::LicenseServer => &self.lab.license_servers[0],
            Kind::TerminalServer => &self.lab.terminal_servers[0],
            Kind::Directory => self.lab.directory.as_ref().unwrap(),
        }
    }

    /// A service that a route is for, as its description says; a license server's peer is the second one.
    fn caller(&self, route: &Route) -> Identity {
        let role = if route.callers.iter().any(|role| role == "terminal-server") { Kind::TerminalServer } else { Kind::LicenseServer };
        self.enrolled_at(route.kind, role)
    }

    /// A service of this role that is enrolled at that one.
    pub(crate) fn enrolled_at(&self, of: Kind, kind: Kind) -> Identity {
        let service = match (of, kind) {
            (Kind::LicenseServer, Kind::LicenseServer) => &self.lab.license_servers[1],
            _ => self.service(kind),
        };
        let pem = std::fs::read_to_string(service.data().join("key.pem")).unwrap();
        Identity::from_pem(kind, service.name(), &pem).unwrap()
    }

    pub(crate) fn token(&self, kind: Kind) -> String {
        std::fs::read_to_string(self.service(kind).data().join("admin-token")).unwrap().trim().to_owned()
    }

    /// Every operation that the three descriptions name.
    pub(crate) async fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for kind in KINDS {
            let document: Value = self.service(kind).anyone().get("/openapi.json").await.unwrap();
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    routes.push(Route::of(kind, path, method, operation));
                }
            }
        }
        assert!(routes.len() > 50, "{} routes", routes.len());
        routes
    }

    /// A signed call's header, proper but for what `change` changes before it is signed.
    pub(crate) async fn signed(&self, route: &Route, path: &str, body: &[u8], change: impl FnOnce(&mut Bent)) -> String {
        let view: IdentityView = self.service(route.kind).anyone().get("/identity").await.unwrap();
        let mut bent = Bent {
            signer: self.caller(route),
            audience: view.key,
            method: route.method.to_string(),
            path: path.to_owned(),
            body: body.to_vec(),
            older_by_ms: 0,
        };
        change(&mut bent);
        let made_at = chassis::clock::HostTime::from_millis(Clock::new().host().millis() - bent.older_by_ms);
        let call = Call { audience: &bent.audience, method: &bent.method, path: &bent.path, body: &bent.body, made_at };
        format!("Call {}", call.sign(&bent.signer).unwrap().token)
    }

    /// Sends a request to a route under a path of its own.
    pub(crate) async fn send(&self, route: &Route, path: &str, proof: Proof<'_>, media: Option<&str>, body: &[u8]) -> Response {
        let url = format!("{}{path}", self.service(route.kind).url());
        let mut request = self.http.request(route.method.clone(), url).body(body.to_vec());
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let proper = match (proof, route.access) {
            (Proof::None, _) | (Proof::Proper, Access::Anyone) => None,
            (Proof::Header(header), _) => Some(header.to_owned()),
            (Proof::Proper, Access::Administrator) => Some(format!("Bearer {}", self.token(route.kind))),
            (Proof::Proper, Access::Service) => Some(self.signed(route, path, body, |_| ()).await),
        };
        if let Some(header) = proper {
            request = request.header("authorization", header);
        }
        request.send().await.unwrap()
    }

    /// How far each journal goes, all that was decided on disk; and that each service still answers.
    pub(crate) async fn heads(&self) -> Vec<u64> {
        let mut heads = Vec::new();
        for kind in KINDS {
            let service = self.service(kind);
            let health: Health = service.anyone().get("/health").await.unwrap();
            assert_eq!(health.status, "ok");
            // Reading waits for the disk.
            let _: IdentityView = service.anyone().get("/identity").await.unwrap();
            let view: JournalView = service.get("/journal").await;
            heads.push(view.head);
        }
        heads
    }
}

/// A call to be signed.
pub(crate) struct Bent {
    pub(crate) signer: Identity,
    pub(crate) audience: shared::model::PublicKey,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) older_by_ms: i64,
}

impl Route {
    fn of(kind: Kind, path: &str, method: &str, operation: &Value) -> Self {
        let security = operation["security"].as_array().unwrap();
        let access = match security.first().and_then(Value::as_object) {
            None => Access::Anyone,
            Some(scheme) if scheme.contains_key("administrator") => Access::Administrator,
            Some(scheme) => {
                assert!(scheme.contains_key("call"), "{path}: {scheme:?}");
                Access::Service
            }
        };
        Self {
            kind,
            method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
            path: path.to_owned(),
            access,
            callers: operation["x-callers"].as_array().into_iter().flatten().map(|role| role.as_str().unwrap().to_owned()).collect(),
            // A page's form is another test's matter.
            takes_body: operation["requestBody"]["content"].get("application/json").is_some(),
            parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
            answers: operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect(),
        }
    }

    /// The path with usable values for its variable parts.
    pub(crate) fn usual_path(&self) -> String {
        self.path.replace("{session}", &"0".repeat(32)).replace("{name}", "NOBODY")
    }

    pub(crate) fn is_lab(&self) -> bool {
        self.path.starts_with("/lab/")
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {} {}", self.kind.name(), self.method, self.path)
    }
}

/// The problem in an answer, which must be one in every respect.
pub(crate) async fn problem(answer: Response, what: &str) -> Problem {
    let status = answer.status().as_u16();
    assert_eq!(
        answer.headers().get("content-type").map(|value| value.as_bytes()),
        Some(&b"application/problem+json"[..]),
        "{what}: {status}"
    );
    let text = answer.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
    assert_eq!((problem.status, problem.code.status()), (status, status), "{what}");
    assert!(!problem.detail.is_empty() && !problem.title.is_empty() && !problem.cure.is_empty(), "{what}: {problem:?}");
    problem
}
