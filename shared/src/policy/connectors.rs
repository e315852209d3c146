//! Licenses for outsiders: the Internet Connector of Windows 2000 and the External Connector of 2003 (W2K-12, WS03-08, WS03-12).

use super::verdict::{Admitted, Ruling};
use crate::model::Denial;
use crate::model::{Generation, TraceStep, UserName};
use crate::rulebook::rule;

/// How many anonymous users a server with an Internet Connector serves at a time (W2K-12).
pub const ANONYMOUS_SESSIONS: usize = 200;

/// The account of anonymous Internet users.
pub const ANONYMOUS: &str = "tsinternetuser";

/// W2K-12: only Windows 2000 knows the Internet Connector.
#[must_use]
pub fn has_internet_connector(generation: Generation) -> bool {
    matches!(generation, Generation::Windows2000Sp2 | Generation::Windows2000Sp3)
}

/// WS03-12: from 2003 on a server may be licensed for all outsiders by an External Connector.
#[must_use]
pub fn has_external_connector(generation: Generation) -> bool {
    generation >= Generation::Windows2003
}

/// W2K-12: up to 200 at a time, no license is asked for.
#[must_use]
pub fn internet(open: usize) -> Ruling {
    if open >= ANONYMOUS_SESSIONS {
        let facts = format!("Internet Connector: {open} anonymous users of {ANONYMOUS_SESSIONS} are connected, a further one is refused");
        return Ruling::deny(rule::W2K_12, Denial::NoLicense, vec![TraceStep::new(rule::W2K_12, facts)]);
    }
    let facts = format!("Internet Connector: anonymous user {} of {ANONYMOUS_SESSIONS}, no license is examined", open + 1);
    Ruling::accept(rule::W2K_12, Admitted::Anonymous, vec![TraceStep::new(rule::W2K_12, facts)])
}

/// W2K-12: nobody who has an account of his own is served by a server with an Internet Connector.
#[must_use]
pub fn is_anonymous(user: &UserName) -> bool {
    user.as_str() == ANONYMOUS
}
