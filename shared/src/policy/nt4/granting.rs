//! Which workstation license a client gets from the licensing service (NT-10, NT-20, NT-30 to NT-33, NT-44).

use super::categories;
use crate::model::{Cal, CalKind, Category, LabTime, Span};
use crate::policy::terms::Terms;
use crate::rulebook::{RuleId, rule};

/// What the service finds when a client comes.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// Now.
    pub now: LabTime,
    /// The client's category.
    pub category: Category,
    /// The license that it shows, where it is this server's own and this device's.
    pub presented: Option<&'a Cal>,
    /// The license that the database has for this device.
    pub on_record: Option<&'a Cal>,
    /// Whether the licensing service is running.
    pub running: bool,
    /// Whether a normal license of the category is left.
    pub free: bool,
}

/// What the client gets. It is let in whatever it is (NT-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// What it shows is good.
    Keeps {
        /// The deciding rule.
        rule: RuleId,
        /// The license.
        cal: Cal,
    },
    /// The license on record, once more.
    Again {
        /// The deciding rule.
        rule: RuleId,
        /// The license.
        cal: Cal,
    },
    /// A new license.
    Minted {
        /// The deciding rule.
        rule: RuleId,
        /// Temporary or permanent.
        kind: CalKind,
        /// It takes the place of a temporary that has ended.
        after_temporary: bool,
    },
    /// Nothing: the service is stopped (NT-20).
    Untracked,
}

/// The licensing service's answer. It reports and never enforces: there is no denial here.
#[must_use]
pub fn grant(found: &Findings<'_>) -> Grant {
    let holds = |cal: &&Cal| cal.holds_at(found.now);
    if let Some(cal) = found.presented.filter(holds) {
        return Grant::Keeps { rule: rule_of_held(cal), cal: cal.clone() };
    }
    if !found.running {
        return Grant::Untracked;
    }
    if let Some(cal) = found.on_record.filter(holds) {
        return Grant::Again { rule: rule_of_held(cal), cal: cal.clone() };
    }
    let after_temporary = found.presented.or(found.on_record).is_some();
    let (rule, kind) = match (found.free, after_temporary) {
        (true, false) => (categories::rule_of(found.category), CalKind::Permanent),
        (true, true) => (rule::NT_32, CalKind::Permanent),
        (false, false) => (rule::NT_10, CalKind::Temporary),
        (false, true) => (rule::NT_33, CalKind::Temporary),
    };
    Grant::Minted { rule, kind, after_temporary }
}

/// NT-31, CON-05: a temporary is kept for its whole term, whatever was added since; a normal license has no end (NT-44).
fn rule_of_held(cal: &Cal) -> RuleId {
    match cal.kind {
        CalKind::Temporary => rule::NT_31,
        CalKind::Permanent => rule::NT_44,
    }
}

/// NT-30, CON-03: how long a temporary lasts: 60 days, or the 90 of the one article that says so.
#[must_use]
pub fn temporary(terms: &Terms, of_90_days: bool) -> Span {
    if of_90_days { Span::days(90) } else { terms.temporary }
}

/// How many normal licenses of a category there are; none is unlimited (NT-02).
#[must_use]
pub fn is_free(total: Option<u32>, issued: u32) -> bool {
    total.is_none_or(|total| issued < total)
}
