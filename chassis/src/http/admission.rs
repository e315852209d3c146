//! Who is let in: the administrator's token, and calls signed by services.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use shared::model::{CallerRole, PublicKey, ServerName};
use shared::wire::problem::{Problem, ProblemCode};

use super::routes::{App, Caller, Doorway};
use super::{Access, Method};
use crate::calls::{Presented, Proof};

/// The service that signed the call: an argument of handlers behind [`Access::Service`] and [`Access::Introduced`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its name: the enrolled one, or at an introduction the one that it claims.
    pub name: ServerName,
    /// The key that signed.
    pub key: PublicKey,
}

/// The administrator's token, kept as its SHA-256 so that comparing takes the same time for any guess.
pub(crate) struct AdminToken([u8; 32]);

impl AdminToken {
    pub(crate) fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    fn fits(&self, given: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(given).into();
        digest == self.0
    }
}

/// What can be decided before the body is read.
pub(super) fn before_body<S: App>(door: &Doorway<S>, access: Access, http: &HttpRequest) -> Result<(), Problem> {
    match access {
        Access::Anyone => Ok(()),
        Access::Administrator => administrator(door, http),
        Access::Lab => administrator(door, http).and_then(|()| lab(door)),
        Access::Service(_) | Access::Introduced => call_of(http).map(|_| ()),
    }
}

/// A call that proved whose it is.
pub(super) struct Called {
    /// The proof, by which the answer is signed, a refusal too.
    pub(super) proof: Proof,
    /// Why the route is not for this caller, where it is not.
    pub(super) refusal: Option<Problem>,
}

/// What needs the body: who signed the call. Nobody, on a route that asks for no signature.
pub(super) async fn after_body<S: App>(
    door: &Doorway<S>,
    access: Access,
    method: Method,
    http: &HttpRequest,
    body: &[u8],
) -> Result<Option<Called>, Problem> {
    let roles = match access {
        Access::Anyone | Access::Administrator | Access::Lab => return Ok(None),
        Access::Service(roles) => Some(roles),
        Access::Introduced => None,
    };
    let path = http.uri().path_and_query().map_or("/", |path| path.as_str());
    let presented = Presented { token: call_of(http)?, method: method.name(), path, body };
    let now = door.clock.host();
    let Some(roles) = roles else {
        return door.verifier.introduced(&presented, now).map(|proof| Some(Called { proof, refusal: None }));
    };
    let thumbprint = presented.thumbprint()?;
    let unknown = || {
        let detail = format!("no service is enrolled here under the key {thumbprint}; enrol it with tsl trust");
        Problem::new(ProblemCode::Unauthenticated, detail)
    };
    let caller = door.app.caller(&thumbprint).await?.ok_or_else(unknown)?;
    let proof = door.verifier.enrolled(&presented, &caller.enrolled, now)?;
    let fits = caller.roles.iter().any(|role| roles.contains(role));
    Ok(Some(Called { proof, refusal: (!fits).then(|| not_for(&caller, roles)) }))
}

/// A service that is known, on a route that is for others.
fn not_for(caller: &Caller, roles: &[CallerRole]) -> Problem {
    let list = |roles: &[CallerRole]| roles.iter().map(|role| format!("a {role}")).collect::<Vec<_>>().join(" or ");
    let (name, is, wanted) = (&caller.enrolled.name, list(&caller.roles), list(roles));
    Problem::new(ProblemCode::Forbidden, format!("{name} is enrolled here as {is}; only {wanted} may ask this"))
}

fn administrator<S: App>(door: &Doorway<S>, http: &HttpRequest) -> Result<(), Problem> {
    let refuse = |detail| Err(Problem::new(ProblemCode::Unauthenticated, detail));
    match authorization(http, "Bearer ") {
        Some(token) if door.admin_token.fits(token) => Ok(()),
        Some(_) => refuse("this is not the administrator token of this service; it stands in the file admin-token of its data directory"),
        None => refuse("this route needs the header 'Authorization: Bearer <administrator token>'"),
    }
}

fn lab<S: App>(door: &Doorway<S>) -> Result<(), Problem> {
    let off = || Problem::new(ProblemCode::LabOff, format!("{} was started without --lab", door.identity.name()));
    door.lab.then_some(()).ok_or_else(off)
}

fn call_of(http: &HttpRequest) -> Result<&str, Problem> {
    let missing = || {
        let detail = "this route is for services: it needs the header 'Authorization: Call <signed token>'";
        Problem::new(ProblemCode::Unauthenticated, detail)
    };
    authorization(http, "Call ").ok_or_else(missing)
}

fn authorization<'a>(http: &'a HttpRequest, scheme: &str) -> Option<&'a str> {
    let value = http.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let given = value.get(..scheme.len())?;
    if given.eq_ignore_ascii_case(scheme) { value.get(scheme.len()..) } else { None }
}
