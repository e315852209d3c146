//! Who is let in: the administrator's token, and calls signed by services.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use shared::model::{CallerRole, PublicKey, ServerName};
use shared::wire::problem::{Problem, ProblemCode};

use super::routes::{App, Caller, Doorway};
use super::{Access, Method};
use crate::calls::{Presented, Proof};
use crate::transport::Speaker;

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
        Access::Administrator => administrator(door, authorization(http, "Bearer ")),
        Access::Lab => administrator(door, authorization(http, "Bearer ")).and_then(|()| lab(door)),
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
    let caller = known(door, &presented.thumbprint()?).await?;
    let proof = door.verifier.enrolled(&presented, &caller.enrolled, now)?;
    Ok(Some(Called { proof, refusal: not_for(&caller, roles) }))
}

/// The service that is enrolled under this key.
async fn known<S: App>(door: &Doorway<S>, thumbprint: &str) -> Result<Caller, Problem> {
    let unknown = || {
        let detail = format!("no service is enrolled here under the key {thumbprint}; enrol it with tsl trust");
        Problem::new(ProblemCode::Unauthenticated, detail)
    };
    door.app.caller(thumbprint).await?.ok_or_else(unknown)
}

/// Why a speaker that needs no proof is not listened to.
pub(super) enum Unheard {
    /// The transport would not have believed it, or has nobody to give an answer to.
    Unproved(Problem),
    /// It is who it says, and the route is not for it.
    Refused(Problem),
}

/// Lets in whoever a transport knows without proof: the service that speaks, where one does.
pub(super) async fn of_speaker<S: App>(door: &Doorway<S>, access: Access, speaker: &Speaker) -> Result<Option<Signed>, Unheard> {
    let token = if let Speaker::Administrator(token) = speaker { Some(token.as_str()) } else { None };
    let roles = match access {
        Access::Anyone => return Ok(None),
        Access::Administrator => return administrator(door, token).map(|()| None).map_err(Unheard::Refused),
        Access::Lab => return administrator(door, token).and_then(|()| lab(door)).map(|()| None).map_err(Unheard::Refused),
        Access::Service(roles) => Some(roles),
        Access::Introduced => None,
    };
    let Speaker::Service { identity, audience, .. } = speaker else { return Err(Unheard::Refused(for_services())) };
    let signed = Signed { name: identity.name().clone(), key: identity.public_key() };
    if *audience != door.identity.public_key() {
        return Err(Unheard::Unproved(Problem::new(ProblemCode::Unauthenticated, "the call is meant for another service")));
    }
    if let Some(roles) = roles {
        let caller = known(door, &signed.key.thumbprint()).await.map_err(Unheard::Unproved)?;
        if let Some(problem) = not_for(&caller, roles) {
            return Err(Unheard::Refused(problem));
        }
        return Ok(Some(Signed { name: caller.enrolled.name, key: signed.key }));
    }
    Ok(Some(signed))
}

/// What a service that is known is told on a route that is for others.
fn not_for(caller: &Caller, roles: &[CallerRole]) -> Option<Problem> {
    if caller.roles.iter().any(|role| roles.contains(role)) {
        return None;
    }
    let list = |roles: &[CallerRole]| roles.iter().map(|role| format!("a {role}")).collect::<Vec<_>>().join(" or ");
    let (name, is, wanted) = (&caller.enrolled.name, list(&caller.roles), list(roles));
    Some(Problem::new(ProblemCode::Forbidden, format!("{name} is enrolled here as {is}; only {wanted} may ask this")))
}

fn administrator<S: App>(door: &Doorway<S>, token: Option<&str>) -> Result<(), Problem> {
    let refuse = |detail| Err(Problem::new(ProblemCode::Unauthenticated, detail));
    match token {
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
    authorization(http, "Call ").ok_or_else(for_services)
}

fn for_services() -> Problem {
    let detail = "this route is for services: it needs the header 'Authorization: Call <signed token>'";
    Problem::new(ProblemCode::Unauthenticated, detail)
}

fn authorization<'a>(http: &'a HttpRequest, scheme: &str) -> Option<&'a str> {
    let value = http.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let given = value.get(..scheme.len())?;
    if given.eq_ignore_ascii_case(scheme) { value.get(scheme.len()..) } else { None }
}
