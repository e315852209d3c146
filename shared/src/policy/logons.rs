//! How often a logon may fail (AM-01's event 1012).

use super::denials::{TERM_SERVICE, log};
use crate::model::{DeviceName, Generation, LabTime, Level, LogRecord, ProductVersion, Span};

/// How many logons may fail from one client name before no more of them are looked at.
pub const FAILED_MAX: usize = 5;
/// For how long a failed logon counts.
pub const FAILED_WINDOW: Span = Span::seconds(600);

/// AM-01 (1012): until when a client name's logons are ended unseen, given when its last ones failed, oldest first. None while it
/// has tries left.
#[must_use]
pub fn barred_until(failed: &[LabTime], now: LabTime) -> Option<LabTime> {
    let counting = failed.iter().filter(|at| **at + FAILED_WINDOW > now);
    // With as many as are allowed, the oldest of them has to pass first.
    counting.rev().nth(FAILED_MAX - 1).map(|oldest| *oldest + FAILED_WINDOW)
}

/// AM-01, AM-03: event 1012, which no source gives to a system before Windows Server 2003.
#[must_use]
pub fn too_many_failed(generation: Generation, device: &DeviceName) -> Option<LogRecord> {
    let text = format!("{device} had {FAILED_MAX} failed logons within ten minutes, which is more than is allowed. Its session was ended.");
    (generation.version() >= ProductVersion::V5_2).then(|| log(TERM_SERVICE, 1012, Level::Error, text))
}
