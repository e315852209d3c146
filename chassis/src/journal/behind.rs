//! Writes rows behind the entries: a row that changes ten times before it is written is written once, and nobody waits for it.
//! Also what else is done beside the path of an answer: old entries are pruned, the next file of entries is made in advance.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::entry::Mark;
use super::files::{FileError, Files};
use super::rows::{Change, Changed, RowsBehind};
use super::segments::Segments;
use super::state_file::write_state;

/// Rows on their way, and the thread's instructions.
pub(crate) struct Behind {
    pending: Mutex<Pending>,
    wake: Condvar,
}

struct Pending {
    rows: Changed,
    /// The last flushed entry whose rows are here or written.
    through: Mark,
    written: Mark,
    /// Somebody waits for all of it.
    hurry: bool,
    stop: bool,
    /// Rows are no longer written: the next start replays what is missing.
    given_up: bool,
}

/// What the thread works with.
pub(crate) struct Upkeep {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) journal: &'static str,
    pub(crate) segments: Arc<Segments>,
    pub(crate) rows: RowsBehind,
    pub(crate) keep_entries: Option<u64>,
}

impl Behind {
    /// Begins with rows that a replay left to be written.
    pub(crate) fn new(rows: Changed, through: Mark) -> Self {
        let pending = Pending { rows, through, written: Mark::START, hurry: false, stop: false, given_up: false };
        Self { pending: Mutex::new(pending), wake: Condvar::new() }
    }

    /// Takes the rows of entries that have been flushed, up to `through`. Waits while far too many are on their way.
    pub(crate) fn take(&self, rows: Vec<Change>, through: Mark) {
        let crowded = |pending: &mut Pending| pending.rows.len() > MOST_ROWS && !pending.given_up && !pending.stop;
        let mut pending = self.wake.wait_while(self.pending(), crowded).unwrap_or_else(PoisonError::into_inner);
        let idle = pending.rows.is_empty();
        pending.through = through;
        if !pending.given_up {
            pending.rows.extend(rows);
        }
        let wanted = idle || pending.rows.len() >= ROWS_A_BATCH;
        drop(pending);
        if wanted {
            self.wake.notify_all();
        }
    }

    /// Waits until all rows taken so far are written, or cannot be.
    pub(crate) fn settle(&self) {
        let mut pending = self.pending();
        pending.hurry = true;
        self.wake.notify_all();
        let behind = |pending: &mut Pending| pending.written != pending.through && !pending.given_up && !pending.stop;
        drop(self.wake.wait_while(pending, behind).unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets the thread end once it has written what it has.
    pub(crate) fn stop(&self) {
        self.pending().stop = true;
        self.wake.notify_all();
    }

    /// The thread.
    pub(crate) fn run(&self, upkeep: &Upkeep) {
        while let Some((rows, through)) = self.next() {
            self.work(upkeep, rows, through);
        }
    }

    /// Writes what is on its way, where no thread does.
    pub(crate) fn step(&self, upkeep: &Upkeep) {
        let (rows, through) = {
            let mut pending = self.pending();
            if pending.given_up || pending.written == pending.through {
                return;
            }
            (std::mem::take(&mut pending.rows), pending.through)
        };
        self.work(upkeep, rows, through);
    }

    fn work(&self, upkeep: &Upkeep, rows: Changed, through: Mark) {
        let outcome = upkeep.rows.write(rows, through);
        if let Err(error) = upkeep.tidy(through, outcome.is_ok()) {
            tracing::warn!(journal.error = %error, "the journal's files could not be looked after; is the disk full?");
        }
        {
            let mut pending = self.pending();
            match outcome {
                Ok(()) => pending.written = through,
                Err(error) => {
                    tracing::error!(journal.error = %error, "rows can no longer be written; nothing is lost, but the next start takes longer");
                    pending.given_up = true;
                    pending.rows.clear();
                }
            }
        }
        self.wake.notify_all();
    }

    /// The rows to write next; none when there are none left and the journal stops, or they can no longer be written.
    fn next(&self) -> Option<(Changed, Mark)> {
        let idle = |pending: &mut Pending| pending.written == pending.through && !pending.stop && !pending.given_up;
        let pending = self.wake.wait_while(self.pending(), idle).unwrap_or_else(PoisonError::into_inner);
        let few = |pending: &mut Pending| pending.rows.len() < ROWS_A_BATCH && !pending.hurry && !pending.stop;
        let mut pending = match self.wake.wait_timeout_while(pending, LINGER, few) {
            Ok((pending, _)) => pending,
            Err(poisoned) => poisoned.into_inner().0,
        };
        if pending.given_up || (pending.stop && pending.written == pending.through) {
            return None;
        }
        pending.hurry = false;
        Some((std::mem::take(&mut pending.rows), pending.through))
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upkeep {
    fn tidy(&self, written: Mark, rows_are_there: bool) -> Result<(), FileError> {
        self.segments.prepare()?;
        let Some(keep) = self.keep_entries.filter(|_| rows_are_there) else { return Ok(()) };
        // Files go as a whole, and several at a time, since each time all rows are written out.
        let end = written.seq.saturating_sub(keep.max(1));
        let Some((base, quarters)) = self.segments.prunable(end) else { return Ok(()) };
        if quarters == 0 {
            return Ok(());
        }
        match self.rows.all() {
            Ok(rows) => write_state(self.files.as_ref(), self.journal, written, &rows)?,
            Err(error) => {
                tracing::warn!(journal.error = %error, "old entries are kept, since the rows cannot be read");
                return Ok(());
            }
        }
        self.segments.prune(base).map(drop)
    }
}

/// How long rows gather.
const LINGER: Duration = Duration::from_millis(250);
/// How many of them are enough.
const ROWS_A_BATCH: usize = 4000;
const MOST_ROWS: usize = 400_000;
