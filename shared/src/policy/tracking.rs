//! Per user from 2008 on (W08-04): a user's license is a set of attributes in the directory.

use crate::model::{LabTime, LicensingSet, ProductVersion, ServerName, Span};

/// What is done at a logon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// A set holds long enough: nothing is written.
    Stands {
        /// Until when.
        until: LabTime,
    },
    /// A set is written.
    Write {
        /// Its number, 1 to 4.
        number: u8,
        /// What it says from now on.
        set: LicensingSet,
        /// Whether it goes on where one of this version was, or begins.
        extends: bool,
    },
}

/// W08-04: a license of `term` from now, extended at a logon in the last `window` of it. Each of the numbered sets is for one
/// version; where all are taken the one that ended first makes room. More users than CALs is allowed.
#[must_use]
pub fn at_logon(sets: &[LicensingSet], server: &ServerName, version: ProductVersion, term: Span, window: Span, now: LabTime) -> Tracking {
    let own = sets.iter().position(|set| set.version == version);
    if let Some(set) = own.and_then(|place| sets.get(place))
        && set.expires_at > now + window
    {
        return Tracking::Stands { until: set.expires_at };
    }
    let extends = own.and_then(|place| sets.get(place)).is_some_and(|set| set.expires_at > now);
    let free = (sets.len() < SETS).then_some(sets.len());
    let oldest = || sets.iter().enumerate().min_by_key(|(_, set)| set.expires_at).map_or(0, |(place, _)| place);
    let place = own.or(free).unwrap_or_else(oldest);
    let set = LicensingSet { managing_server: server.clone(), expires_at: now + term, version };
    Tracking::Write { number: u8::try_from(place + 1).unwrap_or(1), set, extends }
}

/// TL-07: how a version's User CALs stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// Free ones are left.
    Available,
    /// A tenth or less is free.
    Limited,
    /// None is free.
    None,
}

/// TL-07: what `issued` of `installed` User CALs comes to; the threshold is that of a low pool (OQ-8).
#[must_use]
pub fn stock(installed: u64, issued: u64) -> Stock {
    let free = installed.saturating_sub(issued);
    if free == 0 {
        Stock::None
    } else if free * 100 <= installed * super::terms::LOW_POOL_PERCENT {
        Stock::Limited
    } else {
        Stock::Available
    }
}

/// How many numbered sets of attributes a user has.
const SETS: usize = 4;
