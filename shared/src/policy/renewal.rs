//! Renewal of permanents (SPEC 4.5).

use super::terms::Terms;
use crate::model::{Cal, LabTime};

/// RN-01: the window opens seven times 24 hours before the end, its first second included, and closes with the license.
#[must_use]
pub fn in_window(cal: &Cal, now: LabTime, terms: &Terms) -> bool {
    cal.holds_at(now) && now >= cal.expires_at - terms.renewal_window
}

/// RN-02, SD-10: a record that already ends later than the license presented is handed out as it stands, so that a repeated
/// request does not extend twice.
#[must_use]
pub fn already_extended(record: &Cal, presented: Option<&Cal>) -> bool {
    presented.is_some_and(|presented| record.expires_at > presented.expires_at)
}
