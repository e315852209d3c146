//! What was turned down while the record had no room for it one by one: counted here, and put on record from time to time (AC-42).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chassis::clock::HostTime;
use shared::policy::turned_down::Ground;
use shared::registry::Counted;
use shared::wire::clearinghouse::Sort;

/// Counts that are not on record yet: at the most those of a minute, which a kill would lose. What was granted is never among them.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// One for each sort and ground, which are few.
    some: HashMap<(Sort, Ground), u64>,
    taken_at: Option<HostTime>,
}

impl Uncounted {
    /// One more.
    pub(crate) fn add(&self, sort: Sort, ground: Ground) {
        *self.counts().some.entry((sort, ground)).or_default() += 1;
    }

    /// Whether there is something to put on record, and the last time lies a minute back.
    pub(crate) fn is_due(&self, now: HostTime) -> bool {
        let counts = self.counts();
        let long_ago = |taken_at: HostTime| !(0..EVERY_MS).contains(&now.millis_since(taken_at));
        !counts.some.is_empty() && counts.taken_at.is_none_or(long_ago)
    }

    /// All of them, to be put on record now.
    pub(crate) fn take(&self, now: HostTime) -> Vec<Counted> {
        let mut counts = self.counts();
        counts.taken_at = Some(now);
        let some = std::mem::take(&mut counts.some);
        let mut counted: Vec<Counted> = some.into_iter().map(|((sort, ground), count)| Counted { sort, ground, count }).collect();
        counted.sort_by_key(|counted| (counted.sort, counted.ground.words()));
        counted
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const EVERY_MS: i64 = 60_000;
