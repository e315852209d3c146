//! The table PD: what a client holds, what the license servers said, and what follows (SPEC 4.3).

use serde::{Deserialize, Serialize};

use super::admission::Holding;
use crate::model::Denial;
use crate::model::{Cal, CalKind, LabTime, TraceStep};
use crate::rulebook::{RuleId, rule};

/// What the round of license servers came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Round {
    /// A license.
    Issued {
        /// The license.
        cal: Cal,
        /// Whether it was made or drawn just now, rather than on record already.
        fresh: bool,
    },
    /// A license server answered that it has none for this device.
    Declined {
        /// Nobody has logged on with the temporary presented (PD-08).
        not_validated: bool,
    },
    /// Nothing but silence and skips.
    NoneReachable,
}

/// How a client was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admitted {
    /// Its license is good as it is (PD-13).
    Sufficient,
    /// It has none that is good, and grace is running (GR-05, GR-06).
    InGrace,
    /// With a first license.
    New,
    /// With a better one than it presented.
    Upgraded,
    /// With the license that it presented.
    HandedBack,
    /// Per user: devices need none (PU-01, PU-02).
    PerUser,
    /// The mode was not chosen yet, and grace is running (W08-03).
    ModeNotChosen,
    /// Remote administration (PD-24).
    Administration,
    /// An anonymous Internet user (W2K-12).
    Anonymous,
    /// Windows NT 4.0: it shows the license that it got here (NT-44).
    KeepsItsOwn,
    /// Windows NT 4.0: the licensing service is stopped (NT-20).
    Untracked,
}

impl Admitted {
    /// Whether this changes no license: neither the client's store nor anybody's record is another one afterwards.
    #[must_use]
    pub fn leaves_licenses(self) -> bool {
        match self {
            Admitted::Sufficient | Admitted::PerUser => true,
            Admitted::InGrace
            | Admitted::New
            | Admitted::Upgraded
            | Admitted::HandedBack
            | Admitted::ModeNotChosen
            | Admitted::Administration
            | Admitted::Anonymous
            | Admitted::KeepsItsOwn
            | Admitted::Untracked => false,
        }
    }
}

/// A judged connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The row that decided.
    pub rule: RuleId,
    /// Let in or denied.
    pub outcome: Result<Admitted, Denial>,
    /// What was noted on the way, the deciding row last but for grace.
    pub trace: Vec<TraceStep>,
}

impl Ruling {
    pub(super) fn accept(rule: RuleId, admitted: Admitted, trace: Vec<TraceStep>) -> Self {
        Self { rule, outcome: Ok(admitted), trace }
    }

    pub(super) fn deny(rule: RuleId, denial: Denial, trace: Vec<TraceStep>) -> Self {
        Self { rule, outcome: Err(denial), trace }
    }
}

/// PD-01 to PD-19: the row for what is held and what was answered.
#[must_use]
pub fn judge(holding: &Holding, round: &Round, grace_running: bool) -> Ruling {
    match round {
        Round::Issued { cal, fresh } => issued(holding, cal, *fresh),
        Round::Declined { not_validated } => declined(holding, *not_validated, grace_running),
        Round::NoneReachable => none_reachable(holding, grace_running),
    }
}

/// PD-01 to PD-03, PD-06, PD-10, PD-14, PD-16, PD-19, W2K-03: a license came back.
fn issued(holding: &Holding, cal: &Cal, fresh: bool) -> Ruling {
    let (rule, admitted) = match holding {
        Holding::NewerVersion(_) if cal.is_built_in() => (rule::W2K_03, Admitted::New),
        Holding::NewerVersion(_) => (first_license_rule(cal, fresh), Admitted::New),
        Holding::ValidTemporary(_) | Holding::ExpiredTemporary(_) if cal.is_built_in() => (rule::W2K_03, Admitted::Upgraded),
        Holding::Nothing => (first_license_rule(cal, fresh), Admitted::New),
        Holding::ValidTemporary(_) => match cal.kind {
            CalKind::Permanent => (rule::PD_06, Admitted::Upgraded),
            CalKind::Temporary => (rule::PD_07, Admitted::HandedBack),
        },
        Holding::ExpiredTemporary(_) => (rule::PD_10, Admitted::Upgraded),
        Holding::ExpiringPermanent(held) if cal.expires_at > held.expires_at => (rule::PD_14, Admitted::Upgraded),
        Holding::ExpiringPermanent(_) => (rule::PD_15, Admitted::HandedBack),
        Holding::ExpiredPermanent(_) => (rule::PD_16, Admitted::Upgraded),
        Holding::OlderVersion(_) => (rule::PD_19, Admitted::Upgraded),
    };
    let how = if fresh { "issued" } else { "on record, handed out" };
    let facts =
        format!("{} of version {} {how} by {}, ends {}: accepted", cal.kind, cal.version, cal.issuer, cal.expires_at.end_in_words());
    Ruling::accept(rule, admitted, vec![TraceStep::new(rule, facts)])
}

/// PD-01 a first temporary, PD-02 what is on record, PD-03 a permanent for a device that had its temporary; W2K-03 one of the
/// built-in pool, W2K-06 one without an end, given at once.
fn first_license_rule(cal: &Cal, fresh: bool) -> RuleId {
    match (cal.kind, fresh) {
        (_, false) => rule::PD_02,
        (CalKind::Permanent, true) if cal.is_built_in() => rule::W2K_03,
        (CalKind::Permanent, true) if cal.expires_at == LabTime::NEVER => rule::W2K_06,
        (CalKind::Temporary, true) => rule::PD_01,
        (CalKind::Permanent, true) => rule::PD_03,
    }
}

/// PD-04, PD-07, PD-08, PD-11, PD-15, PD-17, PD-19: a license server had nothing for this device.
fn declined(holding: &Holding, not_validated: bool, grace_running: bool) -> Ruling {
    match holding {
        Holding::Nothing => grace_or(rule::PD_04, rule::GR_06, "nothing presented, none issued", Denial::NoLicense, grace_running),
        Holding::NewerVersion(cal) => handed_back(rule::PD_20, cal, "the built-in pool had nothing for the client"),
        Holding::ValidTemporary(cal) if not_validated => handed_back(rule::PD_08, cal, "nobody has logged on with it yet"),
        Holding::ValidTemporary(cal) => handed_back(rule::PD_07, cal, "no permanent was to be had"),
        Holding::ExpiringPermanent(cal) => handed_back(rule::PD_15, cal, "it could not be renewed"),
        Holding::ExpiredTemporary(cal) => {
            grace_or(rule::PD_11, rule::GR_06, &ended(cal, "none issued"), Denial::TemporaryExpired, grace_running)
        }
        Holding::ExpiredPermanent(cal) => grace_or(rule::PD_17, rule::GR_06, &ended(cal, "none free"), Denial::NotRenewed, grace_running),
        Holding::OlderVersion(cal) => grace_or(rule::PD_19, rule::GR_06, &older(cal, "none issued"), older_denial(cal), grace_running),
    }
}

/// PD-05, PD-09, PD-12, PD-15, PD-18, PD-19: no license server was within reach.
fn none_reachable(holding: &Holding, grace_running: bool) -> Ruling {
    let deny = Denial::NoLicenseServer;
    match holding {
        Holding::Nothing => grace_or(rule::PD_05, rule::GR_05, "nothing presented, no license server reachable", deny, grace_running),
        Holding::NewerVersion(cal) => handed_back(rule::PD_20, cal, "no license server reachable"),
        Holding::ValidTemporary(cal) => handed_back(rule::PD_09, cal, "no license server reachable"),
        Holding::ExpiringPermanent(cal) => handed_back(rule::PD_15, cal, "no license server reachable"),
        Holding::ExpiredTemporary(cal) => {
            grace_or(rule::PD_12, rule::GR_05, &ended(cal, "no license server reachable"), deny, grace_running)
        }
        Holding::ExpiredPermanent(cal) => {
            grace_or(rule::PD_18, rule::GR_05, &ended(cal, "no license server reachable"), deny, grace_running)
        }
        Holding::OlderVersion(cal) => grace_or(rule::PD_19, rule::GR_05, &older(cal, "no license server reachable"), deny, grace_running),
    }
}

/// CON-10, the other reading: once grace is over a license server without activation stops the terminal server, whatever it gave.
#[must_use]
pub fn stopped(ruling: Ruling) -> Ruling {
    let mut trace = ruling.trace;
    trace.push(TraceStep::new(
        rule::CON_10,
        "grace is over, the license server is not activated, and by this reading that stops the server: denied",
    ));
    Ruling::deny(rule::CON_10, Denial::NoLicenseServer, trace)
}

/// SD-18: the event of a declined PD-19 goes by the kind of what was presented.
fn older_denial(cal: &Cal) -> Denial {
    match cal.kind {
        CalKind::Temporary => Denial::TemporaryExpired,
        CalKind::Permanent => Denial::NotRenewed,
    }
}

fn ended(cal: &Cal, what: &str) -> String {
    format!("the {} presented ended at {}, {what}", cal.kind, cal.expires_at)
}

fn older(cal: &Cal, what: &str) -> String {
    format!("the {} presented is for {} only, {what}", cal.kind, cal.version)
}

fn handed_back(rule: RuleId, cal: &Cal, why: &str) -> Ruling {
    let facts = format!("{} holds until {}; {why}: handed back, accepted", cal.kind, cal.expires_at);
    Ruling::accept(rule, Admitted::HandedBack, vec![TraceStep::new(rule, facts)])
}

/// The table's "grace? ACCEPT : DENY" (GR-05, GR-06).
fn grace_or(rule: RuleId, grace_rule: RuleId, why: &str, denial: Denial, grace_running: bool) -> Ruling {
    if grace_running {
        let trace = vec![
            TraceStep::new(rule, format!("{why}: grace decides")),
            TraceStep::new(grace_rule, "grace is running: accepted without a license, the client's store stays as it is"),
        ];
        return Ruling::accept(rule, Admitted::InGrace, trace);
    }
    Ruling::deny(rule, denial, vec![TraceStep::new(rule, format!("{why}; grace is over: denied"))])
}
