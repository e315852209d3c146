//! What a terminal server makes of a connection before anybody is asked (SPEC 4.3, "order of the questions").

use super::modes::Mode;
use super::renewal;
use super::terms::{self, Terms};
use super::versions;
use crate::model::{Cal, CalKind, HardwareId, LabTime, ProductVersion, ServerName, Span, TraceStep};
use crate::rulebook::{RuleId, rule};

/// What the client presented, once its proof was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// "New license please".
    Nothing,
    /// It does not parse, or its signature does not match (PD-22).
    Damaged {
        /// What was wrong.
        reason: String,
    },
    /// Signed by nobody whom this server trusts (PD-23).
    Untrusted {
        /// What was wrong.
        reason: String,
    },
    /// A genuine license.
    License(Cal),
}

/// The circumstances of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Now, on the terminal server's clock.
    pub now: LabTime,
    /// Its version.
    pub version: ProductVersion,
    /// Its numbers.
    pub terms: &'a Terms,
    /// Application mode, or Remote Administration.
    pub application_mode: bool,
    /// Whether it serves anonymous Internet users only (W2K-12).
    pub internet_connector: bool,
    /// Its licensing mode.
    pub mode: Mode,
    /// The switch of PD-22 and PD-23.
    pub lenient_invalid: bool,
    /// The tolerance of OQ-10.
    pub not_before_tolerance: Span,
    /// The client's `/admin` switch.
    pub admin: bool,
    /// The client's hardware id.
    pub hardware_id: HardwareId,
    /// The built-in pool of 2000 covers the client at this server (W2K-03).
    pub built_in: bool,
}

/// Why a presented license is refused outright, in grace too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Damaged (PD-22).
    Damaged,
    /// It begins in the future (PD-22, OQ-10).
    NotYetValid,
    /// Untrusted (PD-23).
    Untrusted,
    /// Another device's (PD-21).
    OtherDevice,
}

/// What kind of license the client holds, for the table PD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Nothing, or nothing that counts.
    Nothing,
    /// A temporary that holds.
    ValidTemporary(Cal),
    /// A temporary past its end.
    ExpiredTemporary(Cal),
    /// A permanent inside its renewal window.
    ExpiringPermanent(Cal),
    /// A permanent past its end.
    ExpiredPermanent(Cal),
    /// A license for an older version only (PD-19).
    OlderVersion(Cal),
    /// A license for a newer version that holds, of a client whom the built-in pool covers (SD-04).
    NewerVersion(Cal),
}

/// What the terminal server must do about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// The server is its own license manager and asks nobody (section 2).
    Workstation,
    /// Remote administration: licensing is not looked at (PD-24, PD-25).
    Administration,
    /// Anonymous Internet users only, by an Internet Connector license (W2K-12).
    InternetConnector,
    /// Per user (section 4.7).
    PerUser,
    /// The license is refused.
    Refused {
        /// Why.
        fault: Fault,
        /// What was wrong.
        reason: String,
    },
    /// The license is good for longer than the renewal window: nobody is asked (PD-13).
    Sufficient(Cal),
    /// A license server must be asked.
    Ask {
        /// The version to ask for: the server's own, or that of a newer license (PD-20).
        version: ProductVersion,
        /// What the client holds.
        holding: Holding,
    },
}

impl Holding {
    /// The license that the license server is shown, where there is one.
    #[must_use]
    pub fn cal(&self) -> Option<&Cal> {
        match self {
            // The newer license is no part of the question: the license server is asked for one of the pool.
            Holding::Nothing | Holding::NewerVersion(_) => None,
            Holding::ValidTemporary(cal)
            | Holding::ExpiredTemporary(cal)
            | Holding::ExpiringPermanent(cal)
            | Holding::ExpiredPermanent(cal)
            | Holding::OlderVersion(cal) => Some(cal),
        }
    }

    /// The server that a renewal goes to first: the issuer of a permanent (SD-02).
    #[must_use]
    pub fn renewal_issuer(&self) -> Option<&ServerName> {
        match self {
            Holding::ExpiringPermanent(cal) | Holding::ExpiredPermanent(cal) => Some(&cal.issuer),
            Holding::Nothing
            | Holding::ValidTemporary(_)
            | Holding::ExpiredTemporary(_)
            | Holding::OlderVersion(_)
            | Holding::NewerVersion(_) => None,
        }
    }
}

/// Asks the questions in their order: who manages licenses at all (NT-01); PD-24 and PD-25; per user; PD-22, PD-23 and OQ-10; PD-21; PD-20; PD-19; then dates.
#[must_use]
pub fn assess(presented: &Presented, facts: &Circumstances<'_>, trace: &mut Vec<TraceStep>) -> Assessment {
    if facts.terms.is_own_license_manager() {
        return Assessment::Workstation;
    }
    if facts.admin || !facts.application_mode {
        return Assessment::Administration;
    }
    if facts.internet_connector {
        return Assessment::InternetConnector;
    }
    if facts.mode == Mode::PerUser {
        if !matches!(presented, Presented::Nothing) {
            trace.push(TraceStep::new(rule::PU_05, "per user: the license presented is ignored"));
        }
        return Assessment::PerUser;
    }
    let cal = match sound(presented, facts) {
        Ok(Some(cal)) => cal,
        Ok(None) => return nothing(facts),
        Err((fault, reason)) if facts.lenient_invalid && fault != Fault::OtherDevice => {
            trace.push(TraceStep::new(rule_of(fault), format!("{reason}; lenient_invalid is on: counts as nothing presented")));
            return nothing(facts);
        }
        Err((fault, reason)) => return Assessment::Refused { fault, reason },
    };
    by_version_and_dates(cal, facts, trace)
}

/// The rule of a fault.
#[must_use]
pub fn rule_of(fault: Fault) -> RuleId {
    match fault {
        Fault::Damaged | Fault::NotYetValid => rule::PD_22,
        Fault::Untrusted => rule::PD_23,
        Fault::OtherDevice => rule::PD_21,
    }
}

fn nothing(facts: &Circumstances<'_>) -> Assessment {
    Assessment::Ask { version: facts.version, holding: Holding::Nothing }
}

/// PD-22, PD-23, AM-15, OQ-10, PD-21: whether the license is one to be judged by its version and dates at all.
fn sound<'a>(presented: &'a Presented, facts: &Circumstances<'_>) -> Result<Option<&'a Cal>, (Fault, String)> {
    match presented {
        Presented::Nothing => Ok(None),
        Presented::Damaged { reason } => Err((Fault::Damaged, reason.clone())),
        Presented::Untrusted { reason } => Err((Fault::Untrusted, reason.clone())),
        Presented::License(cal) if !terms::is_within_terms(cal) => {
            let life = (cal.expires_at - cal.issued_at).days_begun();
            let reason = format!(
                "a {} of version {} of {life} days from {}: no license server gives such a life",
                cal.kind, cal.version, cal.issued_at
            );
            Err((Fault::Untrusted, reason))
        }
        Presented::License(cal) if cal.issued_at > facts.now + facts.not_before_tolerance => {
            Err((Fault::NotYetValid, format!("the license begins at {}, which is beyond the tolerance of OQ-10", cal.issued_at)))
        }
        Presented::License(cal) if cal.hardware_id != facts.hardware_id => {
            Err((Fault::OtherDevice, format!("the license was issued to hardware id {}, not to {}", cal.hardware_id, facts.hardware_id)))
        }
        Presented::License(cal) => Ok(Some(cal)),
    }
}

/// PD-20, PD-19, then PD-06 to PD-18 by the license's kind and dates.
fn by_version_and_dates(cal: &Cal, facts: &Circumstances<'_>, trace: &mut Vec<TraceStep>) -> Assessment {
    if !versions::license_covers(cal.version, facts.version) {
        trace.push(TraceStep::new(
            rule::PD_19,
            format!("the license is for {}, this server is {}: a newer one is needed", cal.version, facts.version),
        ));
        return Assessment::Ask { version: facts.version, holding: Holding::OlderVersion(cal.clone()) };
    }
    if cal.version > facts.version && facts.built_in {
        let facts_seen = format!("the license is for {}, but the built-in pool of this server covers the client: asked first", cal.version);
        trace.push(TraceStep::new(rule::SD_04, facts_seen));
        let holding = if cal.holds_at(facts.now) { Holding::NewerVersion(cal.clone()) } else { Holding::Nothing };
        return Assessment::Ask { version: facts.version, holding };
    }
    if cal.version > facts.version {
        trace.push(TraceStep::new(
            rule::PD_20,
            format!("the license is for {}, newer than this server's {}: judged by its dates", cal.version, facts.version),
        ));
    }
    // AM-30: a newer CAL renews by the numbers of its own version, at a server whose own permanents have no end too.
    let terms = if cal.version > facts.version { terms::of_version(cal.version) } else { facts.terms };
    let holding = match cal.kind {
        CalKind::Temporary if cal.holds_at(facts.now) => Holding::ValidTemporary(cal.clone()),
        CalKind::Temporary => Holding::ExpiredTemporary(cal.clone()),
        CalKind::Permanent if renewal::in_window(cal, facts.now, terms) => Holding::ExpiringPermanent(cal.clone()),
        CalKind::Permanent if cal.holds_at(facts.now) => return Assessment::Sufficient(cal.clone()),
        CalKind::Permanent => Holding::ExpiredPermanent(cal.clone()),
    };
    Assessment::Ask { version: cal.version, holding }
}
