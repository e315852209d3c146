//! The daily sweep that takes expired permanents back (LS-09, RC-01 to RC-06).

use crate::model::{LabTime, Span};

/// LS-09: the sweep that takes back a permanent that ended at `end` is the first daily one at or after that moment.
#[must_use]
pub fn sweep_after(end: LabTime, sweep_at_s: u32) -> LabTime {
    let same_day = end.day_start() + Span::seconds(i64::from(sweep_at_s));
    if same_day >= end { same_day } else { same_day + Span::DAY }
}
