//! Logons that failed, by the name of the client that they came from (AM-01).

use std::collections::{BTreeMap, BTreeSet};

use super::Node;
use crate::machine::{RowError, Rows};
use crate::model::{DeviceName, LabTime};
use crate::policy::logons;

/// The failed logons that still count, oldest first, of each client name.
///
/// Names are the client's to choose, so there is a limit to how many are kept; above it the name whose last failure lies the
/// furthest back is forgotten.
#[derive(Debug, Default)]
pub(super) struct FailedLogons {
    by_name: BTreeMap<DeviceName, Vec<LabTime>>,
    /// The same names by their last failure.
    by_last: BTreeSet<(LabTime, DeviceName)>,
}

impl Node {
    /// AM-01 (1012): until when logons from this client name are ended unseen; none while they are looked at.
    #[must_use]
    pub fn logons_barred_from(&self, device: &DeviceName, now: LabTime) -> Option<LabTime> {
        self.failed_logons.barred_until(device, now)
    }
}

impl FailedLogons {
    pub(super) fn barred_until(&self, device: &DeviceName, now: LabTime) -> Option<LabTime> {
        self.by_name.get(device).and_then(|failed| logons::barred_until(failed, now))
    }

    /// Until when logons would be barred after one more failure, where it is the one too many.
    pub(super) fn barred_with_one_more(&self, device: &DeviceName, now: LabTime) -> Option<LabTime> {
        let failed = self.by_name.get(device).into_iter().flatten().copied().chain([now]).collect::<Vec<_>>();
        logons::barred_until(&failed, now)
    }

    /// Takes a failure in. Logons that were ended unseen are none: who is barred is so for ten minutes, and not for as long as
    /// somebody keeps trying under its name.
    pub(super) fn note(&mut self, device: &DeviceName, at: LabTime, rows: &mut Rows) {
        if self.barred_until(device, at).is_some() {
            return;
        }
        self.forget(at, rows);
        let failed = self.by_name.entry(device.clone()).or_default();
        if let Some(last) = failed.last() {
            self.by_last.remove(&(*last, device.clone()));
        }
        failed.retain(|earlier| *earlier + logons::FAILED_WINDOW > at);
        failed.push(at);
        self.by_last.insert((at, device.clone()));
        rows.put(row(device), failed);
    }

    /// Lets go of what counts no more, and of the oldest where there are too many.
    fn forget(&mut self, now: LabTime, rows: &mut Rows) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let crowded = self.by_last.len() >= NAMES_MAX;
            let oldest = self.by_last.first().filter(|(last, _)| crowded || *last + logons::FAILED_WINDOW <= now).cloned();
            let Some((last, name)) = oldest else { return };
            rows.remove(row(&name));
            self.by_name.remove(&name);
            self.by_last.remove(&(last, name));
        }
    }

    pub(super) fn load(&mut self, key: &str, name: &str, value: &[u8]) -> Result<(), RowError> {
        let device: DeviceName = name.parse().map_err(|error| RowError::new(key, error))?;
        let failed: Vec<LabTime> = RowError::parse(key, value)?;
        if let Some(last) = failed.last() {
            self.by_last.insert((*last, device.clone()));
        }
        self.by_name.insert(device, failed);
        Ok(())
    }
}

fn row(device: &DeviceName) -> String {
    format!("failed-logons/{device}")
}

/// How many names are kept.
const NAMES_MAX: usize = 10_000;
/// Each failure takes one name in and lets go of at most this many.
const FORGOTTEN_AT_ONCE: usize = 4;
