//! Group commit: what commands write goes into the open group; one thread writes the group and flushes it, and everybody
//! who waits for it shares that flush.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::de::IgnoredAny;
use tokio::sync::{oneshot, watch};

use super::JournalFailed;
use super::disk::{Change, Disk, DiskError};
use super::entry::{BASE_ROW, CHECKPOINT_ROW, Mark, Stored, entry_key, json, list_key, parsed, unsealed};

/// Entries and rows on their way to the disk.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) changes: Vec<Change>,
    pub(crate) last: Option<Mark>,
}

/// The running journal of an engine.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    head_stop: Option<mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the journal begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) flushed: Mark,
    pub(crate) base: Mark,
    pub(crate) checkpoint: u64,
    pub(crate) keep_entries: Option<u64>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    queue: Mutex<Queue>,
    wake: Condvar,
    failed: watch::Sender<Option<JournalFailed>>,
    /// The number in the head file, locked while the file is written.
    head: Mutex<u64>,
}

struct Queue {
    open: Group,
    waiters: Vec<Waiter>,
    /// Somebody waits; otherwise the open group may grow for a moment.
    urgent: bool,
    stop: bool,
    /// What the flusher is doing: it is woken only where that changes something.
    flusher: Flusher,
    /// How many waited for the last flush.
    company: usize,
    flushed: Mark,
    base: Mark,
    failed: Option<JournalFailed>,
}

/// What the flusher is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flusher {
    /// Waiting for anything to write.
    Idle,
    /// Letting a group grow in which nobody waits.
    Lingering,
    /// Writing, or about to.
    Busy,
}

struct Waiter {
    seq: u64,
    tell: oneshot::Sender<Result<(), JournalFailed>>,
}

/// What the flusher alone keeps.
struct Upkeep {
    base: Mark,
    checkpoint: u64,
    keep_entries: Option<u64>,
}

impl Journal {
    /// Starts the threads over a checked store.
    pub(crate) fn start(disk: Arc<dyn Disk>, start: Start) -> std::io::Result<Self> {
        let queue = Queue {
            open: Group::default(),
            waiters: Vec::new(),
            urgent: false,
            stop: false,
            flusher: Flusher::Busy,
            company: 0,
            flushed: start.flushed,
            base: start.base,
            failed: None,
        };
        let shared = Arc::new(Shared {
            disk,
            queue: Mutex::new(queue),
            wake: Condvar::new(),
            failed: watch::Sender::new(None),
            head: Mutex::new(0),
        });
        let upkeep = Upkeep { base: start.base, checkpoint: start.checkpoint, keep_entries: start.keep_entries };
        let (head_stop, stopped) = mpsc::channel();
        let mut journal = Self { shared: Arc::clone(&shared), head_stop: Some(head_stop), threads: Vec::new() };
        let flushed = Arc::clone(&shared);
        let flusher = thread::Builder::new().name("journal-flush".to_owned()).spawn(move || flush_groups(&flushed, upkeep))?;
        journal.threads.push(flusher);
        let header = thread::Builder::new().name("journal-head".to_owned()).spawn(move || keep_head(&shared, &stopped))?;
        journal.threads.push(header);
        Ok(journal)
    }

    /// Puts a group behind the open one. To be called in the order of the entries.
    pub(crate) fn push(&self, group: Group) {
        if group.changes.is_empty() {
            return;
        }
        let mut queue = self.shared.queue();
        if queue.open.changes.is_empty() {
            queue.open.changes = group.changes;
        } else {
            queue.open.changes.extend(group.changes);
        }
        queue.open.last = group.last.or(queue.open.last);
        let wanted = match queue.flusher {
            Flusher::Idle => true,
            Flusher::Lingering => queue.open.changes.len() >= CROWDED_CHANGES / 4,
            Flusher::Busy => false,
        };
        drop(queue);
        if wanted {
            self.shared.wake.notify_all();
        }
    }

    /// Whether so much is waiting for the disk that even those who need not wait should.
    pub(crate) fn is_crowded(&self) -> bool {
        self.shared.queue().open.changes.len() > CROWDED_CHANGES
    }

    /// Waits until entry `seq` is on disk.
    pub(crate) async fn wait(&self, seq: u64) -> Result<(), JournalFailed> {
        let told = {
            let mut queue = self.shared.queue();
            if let Some(failed) = &queue.failed {
                return Err(failed.clone());
            }
            if queue.flushed.seq >= seq {
                return Ok(());
            }
            let (tell, told) = oneshot::channel();
            queue.waiters.push(Waiter { seq, tell });
            queue.urgent = true;
            if queue.flusher != Flusher::Busy {
                self.shared.wake.notify_all();
            }
            told
        };
        told.await.unwrap_or_else(|_| Err(JournalFailed::new("the journal has stopped")))
    }

    /// The last entry on disk, and the last one that was pruned.
    pub(crate) fn places(&self) -> (Mark, Mark) {
        let queue = self.shared.queue();
        (queue.flushed, queue.base)
    }

    /// Why nothing more is answered, if so.
    pub(crate) fn check(&self) -> Result<(), JournalFailed> {
        self.shared.queue().failed.clone().map_or(Ok(()), Err)
    }

    /// Ends the matter: every waiter and every later call is told.
    pub(crate) fn fail(&self, failed: JournalFailed) {
        self.shared.fail(failed);
    }

    /// Resolves when the journal has failed.
    pub(crate) async fn failed(&self) -> JournalFailed {
        let mut failed = self.shared.failed.subscribe();
        match failed.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone()) {
            Some(failed) => failed,
            None => JournalFailed::new("the journal has stopped"),
        }
    }

    /// Writes the head file now.
    pub(crate) fn write_head(&self) -> Result<(), DiskError> {
        self.shared.write_head()
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.shared.disk.as_ref()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.queue().stop = true;
        self.shared.wake.notify_all();
        self.head_stop = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, failed: JournalFailed) {
        let waiters = {
            let mut queue = self.queue();
            let first = queue.failed.get_or_insert_with(|| failed.clone()).clone();
            self.failed.send_replace(Some(first));
            queue.open = Group::default();
            std::mem::take(&mut queue.waiters)
        };
        self.wake.notify_all();
        for waiter in waiters {
            // Who no longer listens has gone away.
            let _ = waiter.tell.send(Err(failed.clone()));
        }
    }

    fn settle(&self, flushed: Mark, base: Mark) {
        let told: Vec<Waiter> = {
            let mut queue = self.queue();
            if queue.failed.is_some() {
                return;
            }
            queue.flushed = flushed;
            queue.base = base;
            let told: Vec<Waiter> = queue.waiters.extract_if(.., |waiter| waiter.seq <= flushed.seq).collect();
            queue.company = told.len();
            told
        };
        for waiter in told {
            let _ = waiter.tell.send(Ok(()));
        }
    }

    fn write_head(&self) -> Result<(), DiskError> {
        let mut written = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let flushed = self.queue().flushed;
        if flushed.seq != *written {
            self.disk.set_head(&json(&flushed))?;
            *written = flushed.seq;
        }
        Ok(())
    }

    /// The next group to write; none when the journal stops.
    fn next_group(&self) -> Option<Group> {
        let idle = |queue: &mut Queue| queue.open.changes.is_empty() && !queue.stop && queue.failed.is_none();
        let mut queue = self.queue();
        queue.flusher = Flusher::Idle;
        queue = self.wake.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
        let relaxed =
            |queue: &mut Queue| !queue.urgent && !queue.stop && queue.failed.is_none() && queue.open.changes.len() < CROWDED_CHANGES / 4;
        queue.flusher = Flusher::Lingering;
        queue = match self.wake.wait_timeout_while(queue, LINGER, relaxed) {
            Ok((queue, _)) => queue,
            Err(poisoned) => poisoned.into_inner().0,
        };
        queue.flusher = Flusher::Busy;
        if queue.company > 1 && !queue.stop {
            // Several waited together last time, so more are on their way: one flush for all of them is cheaper for each. The more
            // they were, the longer it pays to wait for them.
            let pause = GATHER_EACH.saturating_mul(u32::try_from(queue.company).unwrap_or(u32::MAX)).min(GATHER_MAX);
            drop(queue);
            thread::sleep(pause);
            queue = self.queue();
        }
        if queue.failed.is_some() || queue.open.changes.is_empty() {
            return None;
        }
        queue.urgent = false;
        Some(std::mem::take(&mut queue.open))
    }
}

impl Upkeep {
    /// Writes one group with what belongs to it.
    fn write(&mut self, disk: &dyn Disk, mut group: Group, flushed: Mark) -> Result<Mark, DiskError> {
        let last = group.last.unwrap_or(flushed);
        self.prune(disk, &mut group.changes, flushed, last)?;
        if last.seq - self.checkpoint >= CHECKPOINT_EVERY {
            self.checkpoint = last.seq;
            group.changes.push((CHECKPOINT_ROW.to_vec(), Some(json(&last))));
        }
        disk.commit(group.changes)?;
        Ok(last)
    }

    /// Drops the oldest entries beyond the number to keep; a bounded piece of them with every group, faster than they come.
    fn prune(&mut self, disk: &dyn Disk, changes: &mut Vec<Change>, flushed: Mark, last: Mark) -> Result<(), DiskError> {
        let Some(keep) = self.keep_entries else { return Ok(()) };
        let piece = PRUNE_PIECE.max(2 * (last.seq - flushed.seq));
        let end = last.seq.saturating_sub(keep.max(1)).min(flushed.seq).min(self.base.seq + piece);
        if end <= self.base.seq {
            return Ok(());
        }
        for seq in self.base.seq + 1..=end {
            let key = entry_key(seq);
            let value = disk.get(&key)?.ok_or_else(|| DiskError(format!("entry {seq} is missing")))?;
            let (chain, entry) = unsealed(&value).ok_or_else(|| DiskError(format!("entry {seq} is cut off")))?;
            let entry: Stored<IgnoredAny> = parsed("an entry", entry).map_err(DiskError)?;
            changes.extend(entry.lists.iter().map(|list| (list_key(list, seq), None)));
            changes.push((key, None));
            self.base = Mark { seq, chain };
        }
        changes.push((BASE_ROW.to_vec(), Some(json(&self.base))));
        Ok(())
    }
}

fn flush_groups(shared: &Shared, mut upkeep: Upkeep) {
    while let Some(group) = shared.next_group() {
        let flushed = shared.queue().flushed;
        match upkeep.write(shared.disk.as_ref(), group, flushed) {
            Ok(last) => shared.settle(last, upkeep.base),
            Err(error) => {
                tracing::error!(journal.error = %error, "the journal could not be written");
                shared.fail(JournalFailed::new(&error.0));
                return;
            }
        }
    }
}

fn keep_head(shared: &Shared, stopped: &mpsc::Receiver<()>) {
    while stopped.recv_timeout(HEAD_EVERY) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = shared.write_head() {
            tracing::warn!(journal.error = %error, "the head file could not be written; is the disk full?");
        }
    }
}

/// How long a group in which nobody waits may grow.
const LINGER: Duration = Duration::from_millis(20);
/// How long a group grows after a flush that several had waited for, for each of them.
const GATHER_EACH: Duration = Duration::from_micros(200);
/// And at the most.
const GATHER_MAX: Duration = Duration::from_millis(4);
const HEAD_EVERY: Duration = Duration::from_secs(1);
const CROWDED_CHANGES: usize = 65_536;
pub(crate) const CHECKPOINT_EVERY: u64 = 1000;
const PRUNE_PIECE: u64 = 256;
