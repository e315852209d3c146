//! The grace period of a terminal server (SPEC 4.2).

use crate::rulebook::{RuleId, rule};
use serde::{Deserialize, Serialize};

use super::terms::Terms;
use crate::model::{GraceEnd, GraceStart, LabTime, Span};

/// What has happened so far that bears on grace. Facts only: the policy in force is applied when somebody asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraceFacts {
    /// The server's first start (CON-02).
    #[serde(default)]
    pub enabled_at: Option<LabTime>,
    /// The first accepted client connection (GR-02).
    pub began_at: Option<LabTime>,
    /// The first permanent CAL received from a license server (GR-03); the marker of GR-04.
    pub first_permanent_at: Option<LabTime>,
    /// The first answer of a usable license server (GR-11).
    pub located_at: Option<LabTime>,
    /// The first answer of a usable, activated license server (GR-11).
    pub activated_located_at: Option<LabTime>,
    /// When the last notice about grace was logged (GR-08, GR-09).
    pub last_notice_at: Option<LabTime>,
}

/// How grace stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Running, or not begun, which counts as running (GR-02).
    Running {
        /// Its end if nothing ends it sooner; none before it begins.
        ends_at: Option<LabTime>,
    },
    /// Over.
    Over {
        /// Since when.
        since: LabTime,
        /// The rule that ended it.
        rule: RuleId,
    },
}

impl Grace {
    /// Whether an unlicensed client is let in.
    #[must_use]
    pub fn is_running(self) -> bool {
        match self {
            Grace::Running { .. } => true,
            Grace::Over { .. } => false,
        }
    }
}

/// CON-02: the same facts with the beginning that counts: the first accepted client (GR-02), or the first start of the services.
#[must_use]
pub fn begun_by(facts: &GraceFacts, start: GraceStart) -> GraceFacts {
    let began_at = match start {
        GraceStart::FirstConnection => facts.began_at,
        GraceStart::ServicesEnabled => facts.enabled_at.or(facts.began_at),
    };
    GraceFacts { began_at, ..*facts }
}

/// GR-01, GR-02: the end of the full term; none before the first accepted client.
#[must_use]
pub fn full_term_end(facts: &GraceFacts, terms: &Terms) -> Option<LabTime> {
    facts.began_at.map(|began| began + terms.grace)
}

/// GR-03, GR-11, CON-01: what ended grace early under the policy in force, and by which rule.
///
/// The marker of GR-04 is irreversible: a permanent CAL that was received ends grace under every policy.
#[must_use]
pub fn early_end(facts: &GraceFacts, policy: GraceEnd) -> Option<(LabTime, RuleId)> {
    let by_permanent = facts.first_permanent_at.map(|at| (at, rule::GR_03));
    let by_contact = match policy {
        GraceEnd::FirstPermanent => None,
        GraceEnd::LsLocated => facts.located_at.map(|at| (at, rule::GR_11)),
        GraceEnd::LsActivatedLocated => facts.activated_located_at.map(|at| (at, rule::GR_11)),
    };
    [by_permanent, by_contact].into_iter().flatten().min()
}

/// How grace stands at `now`: the earliest of the full term and the early end (GR-03).
#[must_use]
pub fn grace_at(facts: &GraceFacts, policy: GraceEnd, terms: &Terms, now: LabTime) -> Grace {
    let term = full_term_end(facts, terms).map(|at| (at, rule::GR_01));
    let ends = [term, early_end(facts, policy)].into_iter().flatten().min();
    match ends {
        Some((since, rule)) if since <= now => Grace::Over { since, rule },
        Some((ends_at, _)) => Grace::Running { ends_at: Some(ends_at) },
        None => Grace::Running { ends_at: None },
    }
}

/// GR-10: whole days left, a begun one counted; the whole term before it begins; 0 when it is over.
#[must_use]
pub fn days_left(facts: &GraceFacts, policy: GraceEnd, terms: &Terms, now: LabTime) -> i64 {
    match grace_at(facts, policy, terms, now) {
        Grace::Over { .. } => 0,
        Grace::Running { ends_at: None } => terms.grace.days_begun(),
        Grace::Running { ends_at: Some(end) } => (end - now).days_begun(),
    }
}

/// A notice about grace in the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Event 1009: grace is about to end (GR-08).
    AboutToEnd {
        /// Its end.
        ends_at: LabTime,
    },
    /// Event 1008: grace is over and no license server was ever reached (GR-09).
    OverUnregistered,
}

/// GR-08, GR-09: the next notice and its moment.
///
/// 1009 is logged once a lab day while 14 days or fewer are left, 1008 once at the end and then once a lab day while no
/// license server has been located. An early end silences both.
#[must_use]
pub fn next_notice(facts: &GraceFacts, policy: GraceEnd, terms: &Terms) -> Option<(LabTime, Notice)> {
    let end = full_term_end(facts, terms)?;
    if early_end(facts, policy).is_some_and(|(at, _)| at <= end) {
        return None;
    }
    let first = end - terms.grace_warning;
    let at = match facts.last_notice_at {
        None => first,
        Some(last) => last + Span::DAY,
    };
    let at = at.max(first);
    if at < end {
        return Some((at, Notice::AboutToEnd { ends_at: end }));
    }
    facts.located_at.is_none().then_some((at.max(end), Notice::OverUnregistered))
}
