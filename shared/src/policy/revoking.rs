//! Taking CALs back from devices, from 2008 on (W08-07 to W08-10).

use super::terms::Terms;
use crate::model::{LabTime, ProductVersion};

/// W08-08, SD-12: how many CALs of one version may stand revoked and not yet ended: a part of those installed, rounded down, and at
/// least one. None where nothing can be revoked (RC-06).
#[must_use]
pub fn limit(terms: &Terms, installed: u64) -> Option<u64> {
    terms.revocable_percent.map(|percent| (installed.saturating_mul(percent) / 100).max(1))
}

/// W08-08: when the next CAL may be revoked, by the ends of those that stand revoked, soonest first; none when one may be now.
#[must_use]
pub fn next_allowed(ends: &[LabTime], limit: u64) -> Option<LabTime> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    ends.len().checked_sub(limit).and_then(|over| ends.get(over)).copied()
}

/// W08-10, CON-13: whether CALs of this version may be revoked at all: each version is counted by itself, unless a switch keeps
/// revocation to the version of 2008.
#[must_use]
pub fn covers(version: ProductVersion, only_2008: bool) -> bool {
    !only_2008 || version >= ProductVersion::V6_0
}
