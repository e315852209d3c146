//! Per user on Windows Server 2003 (SPEC 4.7): a license server must be within reach, nothing more.

use super::verdict::{Admitted, Ruling};
use crate::model::Denial;
use crate::model::TraceStep;
use crate::rulebook::rule;

/// What the round of license servers came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactOutcome {
    /// Grace is running: nobody was asked.
    NotAsked,
    /// One answered.
    Reached {
        /// Whether it is activated.
        activated: bool,
    },
    /// None answered.
    NoneReachable,
}

/// CON-11, the other reading: an accepted user's device is given a temporary, which is never upgraded.
#[must_use]
pub fn with_temporary(ruling: Ruling) -> Ruling {
    if ruling.outcome.is_err() {
        return ruling;
    }
    let mut trace = ruling.trace;
    trace.push(TraceStep::new(
        rule::CON_11,
        "per user, by the reading that temporaries are issued there too: one is given, and never upgraded",
    ));
    Ruling::accept(ruling.rule, Admitted::New, trace)
}

/// PU-01 to PU-06: grace admits; after it any license server within reach does, whatever it has; no token is issued and the
/// client's store stays as it is. The strict switch (PU-06, CON-09) wants the first that answers to be activated (SD-17).
#[must_use]
pub fn judge(grace_running: bool, contact: ContactOutcome, requires_activated: bool) -> Ruling {
    if grace_running {
        return Ruling::accept(rule::PU_01, Admitted::PerUser, vec![TraceStep::new(rule::PU_01, "grace is running: accepted")]);
    }
    match contact {
        ContactOutcome::Reached { activated: false } if requires_activated => Ruling::deny(
            rule::PU_06,
            Denial::NoLicenseServer,
            vec![TraceStep::new(rule::PU_06, "the license server within reach is not activated, and this server requires it: denied")],
        ),
        ContactOutcome::Reached { activated } => Ruling::accept(
            rule::PU_02,
            Admitted::PerUser,
            vec![TraceStep::new(
                rule::PU_02,
                format!("a license server is within reach (activated: {activated}); user CALs are neither checked nor counted: accepted"),
            )],
        ),
        ContactOutcome::NotAsked | ContactOutcome::NoneReachable => Ruling::deny(
            rule::PU_03,
            Denial::NoLicenseServer,
            vec![TraceStep::new(rule::PU_03, "grace is over and no license server can be reached: denied")],
        ),
    }
}

/// PU-07, PU-08, CON-25: how many User CALs are owed on paper for people who worked per user. Device CALs that are owned count as
/// well, unless they are held to go with per device only.
#[must_use]
pub fn lacking_user_cals(people: u64, user_cals: u64, device_cals: u64, device_cals_per_device_only: bool) -> u64 {
    let accepted = if device_cals_per_device_only { user_cals } else { user_cals.saturating_add(device_cals) };
    people.saturating_sub(accepted)
}
