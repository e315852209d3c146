//! Calls between services: signed by the caller for one request at one receiver, answered with a signature.
//!
//! A call's token lives for 60 seconds of host time and is good once. Its answer is bound to it, so nobody between the two
//! can put words into the answering service's mouth: what does not verify counts as silence.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::model::{PublicKey, ServerName, hex};
use shared::wire::problem::{Problem, ProblemCode};

use crate::clock::HostTime;
use crate::http::Signed;
use crate::identity::{Identity, IdentityError};
use crate::random;

/// The scheme of the `Authorization` header that carries a call's token.
pub const SCHEME: &str = "Call";

/// The header that carries the signature of an answer.
pub const ANSWER_HEADER: &str = "tsl-answer";

/// A service that a receiver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
}

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The receiver's key.
    pub audience: &'a PublicKey,
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// Path and query, as they are sent.
    pub path: &'a str,
    /// The body, as it is sent.
    pub body: &'a [u8],
    /// When the call was made.
    pub made_at: HostTime,
}

/// A signed call: the token to send, and the id that its answer must name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What stands behind `Authorization: Call `.
    pub token: String,
    /// The call's id.
    pub id: String,
}

impl Call<'_> {
    /// Signs the call as `identity`.
    pub fn sign(&self, identity: &Identity) -> Result<Token, IdentityError> {
        let id = hex(&random::bytes::<16>());
        let claims = CallClaims {
            iss: identity.name().clone(),
            key: identity.public_key(),
            aud: self.audience.thumbprint(),
            jti: id.clone(),
            made_at_ms: self.made_at.millis(),
            method: self.method.to_owned(),
            path: self.path.to_owned(),
            body_sha256: digest(self.body),
        };
        Ok(Token { token: seal(identity, &claims)?, id })
    }
}

/// Whether `signature` is that of the service with this key under this answer to this call; the error says what does not fit.
pub fn check_answer(signature: &str, key: &PublicKey, id: &str, status: u16, body: &[u8]) -> Result<(), String> {
    let claims: AnswerClaims = open(signature, key).map_err(|error| format!("the answer's signature does not hold: {error}"))?;
    if claims.sub != id {
        return Err("the answer belongs to another call".to_owned());
    }
    if claims.status != status || claims.body_sha256 != digest(body) {
        return Err("the answer was changed on its way".to_owned());
    }
    Ok(())
}

/// A call as it came in.
pub(crate) struct Presented<'a> {
    pub(crate) token: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// A call that verified.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) caller: Signed,
    id: String,
}

/// The receiving side: checks calls, and remembers them so that none is good twice.
pub(crate) struct Verifier {
    own: Arc<Identity>,
    started_at: HostTime,
    seen: Mutex<Seen>,
}

impl Presented<'_> {
    /// The thumbprint of the key that the token says it was signed with.
    pub(crate) fn thumbprint(&self) -> Result<String, Problem> {
        if self.token.len() > TOKEN_LIMIT {
            return Err(refuse("the call's token is too long"));
        }
        let header = jsonwebtoken::decode_header(self.token).map_err(|_| refuse("the call's token cannot be read"))?;
        match header.kid {
            Some(thumbprint) if thumbprint.len() == 64 && thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(thumbprint),
            Some(_) | None => Err(refuse("the call's token does not name the key that signed it")),
        }
    }
}

impl Proof {
    /// The signature of an answer to this call.
    pub(crate) fn sign_answer(&self, identity: &Identity, status: u16, body: &[u8]) -> Result<String, IdentityError> {
        seal(identity, &AnswerClaims { sub: self.id.clone(), status, body_sha256: digest(body) })
    }
}

impl Verifier {
    /// A verifier of this service, which starts now.
    pub(crate) fn new(own: Arc<Identity>, started_at: HostTime) -> Self {
        Self { own, started_at, seen: Mutex::new(Seen::new(started_at)) }
    }

    /// Checks a call of a service that is enrolled.
    pub(crate) fn enrolled(&self, call: &Presented<'_>, enrolled: &Enrolled, now: HostTime) -> Result<Proof, Problem> {
        let claims: CallClaims =
            open(call.token, &enrolled.key).map_err(|error| refuse(format!("the call's signature does not hold: {error}")))?;
        if claims.iss != enrolled.name || claims.key != enrolled.key {
            return Err(refuse(format!("the call says it is from {}, but its key is enrolled for {}", claims.iss, enrolled.name)));
        }
        self.check(call, claims, now)
    }

    /// Checks a call of a service that introduces itself: the signature must be that of the key it names.
    pub(crate) fn introduced(&self, call: &Presented<'_>, now: HostTime) -> Result<Proof, Problem> {
        let thumbprint = call.thumbprint()?;
        let claimed: CallClaims =
            jsonwebtoken::dangerous::insecure_decode_claims(call.token).map_err(|_| refuse("the call's token cannot be read"))?;
        if claimed.key.thumbprint() != thumbprint {
            return Err(refuse("the call's token names two different keys"));
        }
        let claims = open(call.token, &claimed.key).map_err(|error| refuse(format!("the call's signature does not hold: {error}")))?;
        self.check(call, claims, now)
    }

    fn check(&self, call: &Presented<'_>, claims: CallClaims, now: HostTime) -> Result<Proof, Problem> {
        let made_at = HostTime::from_millis(claims.made_at_ms);
        let age_ms = now.millis_since(made_at);
        if claims.aud != self.own.held().thumbprint {
            return Err(refuse("the call is meant for another service"));
        }
        if claims.method != call.method || claims.path != call.path {
            return Err(refuse("the call was signed for another method or path"));
        }
        if claims.body_sha256 != digest(call.body) {
            return Err(refuse("the body is not the one that was signed"));
        }
        if age_ms > LIFE_MS {
            return Err(refuse(format!(
                "the call is {} seconds old; calls are good for {} (set the machines' clocks right, then restart the service that started while one was wrong)",
                age_ms / 1000,
                LIFE_MS / 1000
            )));
        }
        if age_ms < -AHEAD_MS {
            return Err(refuse(format!(
                "the call was made {} seconds in the future (set the machines' clocks right, then restart the service that started while one was wrong)",
                -age_ms / 1000
            )));
        }
        if made_at < self.started_at {
            return Err(refuse("the call was made before this service started; make it anew"));
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take(&claims.jti, now)?;
        Ok(Proof { caller: Signed { name: claims.iss, key: claims.key }, id: claims.jti })
    }
}

/// The ids of calls, in two generations: each is remembered for at least as long as its call is good.
struct Seen {
    since: HostTime,
    young: HashSet<[u8; 16]>,
    old: HashSet<[u8; 16]>,
}

impl Seen {
    fn new(now: HostTime) -> Self {
        Self { since: now, young: HashSet::new(), old: HashSet::new() }
    }

    fn take(&mut self, id: &str, now: HostTime) -> Result<(), Problem> {
        let id = unhex(id).ok_or_else(|| refuse("the call's id is not 32 hex digits"))?;
        // A host clock set back ages nothing: ids are kept longer then, never shorter.
        if now.millis_since(self.since) > GENERATION_MS {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        if self.old.contains(&id) || self.young.contains(&id) {
            return Err(refuse("the call was made before with the same token; a token is good once"));
        }
        if self.young.len() >= REMEMBERED {
            return Err(Problem::new(ProblemCode::Busy, format!("more than {REMEMBERED} calls within {} seconds", GENERATION_MS / 1000)));
        }
        self.young.insert(id);
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct CallClaims {
    iss: ServerName,
    key: PublicKey,
    aud: String,
    jti: String,
    made_at_ms: i64,
    method: String,
    path: String,
    body_sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct AnswerClaims {
    sub: String,
    status: u16,
    body_sha256: String,
}

/// The key is parsed and the header encoded once in the service's life, not for every call.
fn seal(identity: &Identity, claims: &impl Serialize) -> Result<String, IdentityError> {
    let claims = serde_json::to_vec(claims).map_err(|_| IdentityError::NoKey)?;
    let held = identity.held();
    let mut token = format!("{}.{}", held.call_header, URL_SAFE_NO_PAD.encode(claims));
    let signature = held.key.sign(token.as_bytes()).map_err(|_| IdentityError::NoKey)?;
    token.push('.');
    token.push_str(&signature);
    Ok(token)
}

/// Opens a token signed with `key`. Dates, audience and the rest are checked by the caller, against our own clock.
fn open<T: DeserializeOwned>(token: &str, key: &PublicKey) -> Result<T, jsonwebtoken::errors::Error> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode(token, &DecodingKey::from_ed_der(key.as_bytes()), &validation).map(|data| data.claims)
}

fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn refuse(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Unauthenticated, detail)
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

/// How long a call is good, in host time.
const LIFE_MS: i64 = 60_000;
/// How far a caller's clock may be ahead. Small, since a restart forgets what it has seen: the start mark then covers all
/// but calls of this much.
const AHEAD_MS: i64 = 2_000;
/// Longer than any call can be good after it was first seen.
const GENERATION_MS: i64 = LIFE_MS + 2 * AHEAD_MS;
/// The most calls of one generation.
const REMEMBERED: usize = 1 << 20;
/// The longest token that is looked at.
const TOKEN_LIMIT: usize = 4096;
