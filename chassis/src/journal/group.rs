//! Group commit: what commands write goes into the open group; one thread writes the group and flushes it, and everybody
//! who waits for it shares that flush.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use shared::model::LabTime;
use tokio::sync::{oneshot, watch};

use super::JournalFailed;
use super::behind::{Behind, Upkeep};
use super::check::Trouble;
use super::entry::Mark;
use super::files::{FileError, Files};
use super::head::{Head, HeadFile};
use super::rows::{Change, Changed, RowsBehind};
use super::segment::Frame;
use super::segments::{Numbers, ReadTrouble, Segments};

/// The entries of a command, which are whole or not there, and the rows that they change.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Change>,
}

impl Default for Group {
    fn default() -> Self {
        Self { frame: Frame::new(), rows: Vec::new() }
    }
}

impl Group {
    /// How much it is for the disk: entries and rows.
    pub(crate) fn weight(&self) -> usize {
        self.frame.places.len() + self.rows.len()
    }
}

/// Groups on their way to the disk.
#[derive(Debug, Default)]
struct Open {
    frames: Vec<Frame>,
    rows: Vec<Change>,
    weight: usize,
}

impl Open {
    fn push(&mut self, group: Group) {
        self.weight += group.weight();
        match self.frames.last_mut().filter(|last| last.length() + group.frame.length() <= FRAME_BYTES) {
            Some(last) => last.extend(group.frame),
            None => self.frames.push(group.frame),
        }
        if self.rows.is_empty() {
            self.rows = group.rows;
        } else {
            self.rows.extend(group.rows);
        }
    }
}

/// The running journal of an engine.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    /// What is done beside the groups where no thread does it.
    by_hand: Option<Upkeep>,
    head_stop: Option<mpsc::Sender<()>>,
    flusher: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

/// What the journal begins with.
pub(crate) struct Start {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) journal: &'static str,
    pub(crate) segments: Segments,
    pub(crate) rows: RowsBehind,
    pub(crate) flushed: Mark,
    /// The latest lab time that anybody was shown.
    pub(crate) shown: LabTime,
    /// Rows that are still to be written.
    pub(crate) changed: Changed,
    pub(crate) keep_entries: Option<u64>,
    /// No threads: whoever holds the journal writes with [`Journal::flush`] and [`Journal::look_after`].
    pub(crate) by_hand: bool,
}

struct Shared {
    segments: Arc<Segments>,
    head: HeadFile,
    behind: Behind,
    queue: Mutex<Queue>,
    wake: Condvar,
    failed: watch::Sender<Option<JournalFailed>>,
    /// The latest lab time that anybody was shown, in seconds.
    shown: AtomicI64,
}

struct Queue {
    open: Open,
    waiters: Vec<Waiter>,
    /// Somebody waits; otherwise the open group may grow for a moment.
    urgent: bool,
    stop: bool,
    /// What the flusher is doing: it is woken only where that changes something.
    flusher: Flusher,
    flushed: Mark,
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

impl Journal {
    /// Starts the threads over files that were checked.
    pub(crate) fn start(start: Start) -> Result<Self, Trouble> {
        let Start { files, journal, segments, rows, flushed, shown, changed, keep_entries, by_hand } = start;
        let queue =
            Queue { open: Open::default(), waiters: Vec::new(), urgent: false, stop: false, flusher: Flusher::Busy, flushed, failed: None };
        let head = HeadFile::open(Arc::clone(&files))?;
        let segments = Arc::new(segments);
        let shared = Arc::new(Shared {
            segments: Arc::clone(&segments),
            head,
            behind: Behind::new(changed, flushed),
            queue: Mutex::new(queue),
            wake: Condvar::new(),
            failed: watch::Sender::new(None),
            shown: AtomicI64::new(shown.unix()),
        });
        shared.note_head()?;
        let upkeep = Upkeep { files, journal, segments, rows, keep_entries };
        let mut journal = Self { shared: Arc::clone(&shared), by_hand: None, head_stop: None, flusher: None, others: Vec::new() };
        if by_hand {
            journal.by_hand = Some(upkeep);
            return Ok(journal);
        }
        let (head_stop, stopped) = mpsc::channel();
        journal.head_stop = Some(head_stop);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
            spawned.map_err(|error| Trouble::System(format!("no thread for its files: {error}")))
        };
        let (theirs, keeping) = (Arc::clone(&shared), Arc::clone(&shared));
        journal.others.push(spawn("journal-rows", Box::new(move || theirs.behind.run(&upkeep)))?);
        journal.others.push(spawn("journal-head", Box::new(move || keep_head(&keeping, &stopped)))?);
        journal.flusher = Some(spawn("journal-flush", Box::new(move || flush_groups(&shared)))?);
        Ok(journal)
    }

    /// Puts a group behind the open one. To be called in the order of the entries.
    pub(crate) fn push(&self, group: Group) {
        if group.frame.places.is_empty() {
            return;
        }
        let mut queue = self.shared.queue();
        queue.open.push(group);
        let wanted = match queue.flusher {
            Flusher::Idle => true,
            Flusher::Lingering => queue.open.weight >= CROWDED / 4,
            Flusher::Busy => false,
        };
        drop(queue);
        if wanted {
            self.shared.wake.notify_all();
        }
    }

    /// Whether entries wait for the disk.
    pub(crate) fn has_open(&self) -> bool {
        !self.shared.queue().open.frames.is_empty()
    }

    /// Brings the open groups to the device and tells whoever waits for them, where no thread does.
    pub(crate) fn flush(&self) {
        let open = {
            let mut queue = self.shared.queue();
            if queue.failed.is_some() || queue.open.frames.is_empty() {
                return;
            }
            queue.urgent = false;
            std::mem::take(&mut queue.open)
        };
        self.shared.flush(open);
    }

    /// Writes the rows that are on their way and what else stands beside the entries, where no thread does.
    pub(crate) fn look_after(&self) {
        if let Some(upkeep) = &self.by_hand {
            self.shared.behind.step(upkeep);
            self.shared.keep_head(true);
        }
    }

    /// Whether so much is waiting for the disk that even those who need not wait should.
    pub(crate) fn is_crowded(&self) -> bool {
        self.shared.queue().open.weight > CROWDED
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
        (self.shared.queue().flushed, self.shared.segments.base())
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

    /// Says that lab time has come this far, for the head file.
    pub(crate) fn show(&self, at: LabTime) {
        self.shared.shown.fetch_max(at.unix(), Ordering::Relaxed);
    }

    /// Writes what stands beside the entries: all rows, and the head file, which is on disk when this returns.
    pub(crate) fn settle(&self) -> Result<(), FileError> {
        match &self.by_hand {
            Some(upkeep) => self.shared.behind.step(upkeep),
            None => self.shared.behind.settle(),
        }
        self.shared.note_head().and_then(|()| self.shared.head.sync())
    }

    /// The bytes of an entry on disk; none where it was pruned.
    pub(crate) fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, ReadTrouble> {
        self.shared.segments.entry(seq)
    }

    /// Numbers of entries on a list, older than `before`, newest first.
    pub(crate) fn listed(&self, name: &str, before: u64, most: usize) -> Result<Numbers, ReadTrouble> {
        self.shared.segments.listed(name, before, most)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.queue().stop = true;
        self.shared.wake.notify_all();
        self.head_stop = None;
        if let Some(flusher) = self.flusher.take() {
            // A thread that panicked has nothing more to say.
            let _ = flusher.join();
        }
        // What the flusher wrote last still goes into the rows.
        self.shared.behind.stop();
        for thread in self.others.drain(..) {
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
            queue.open = Open::default();
            std::mem::take(&mut queue.waiters)
        };
        self.wake.notify_all();
        for waiter in waiters {
            // Who no longer listens has gone away.
            let _ = waiter.tell.send(Err(failed.clone()));
        }
    }

    fn settle(&self, flushed: Mark) {
        let told: Vec<Waiter> = {
            let mut queue = self.queue();
            if queue.failed.is_some() {
                return;
            }
            queue.flushed = flushed;
            queue.waiters.extract_if(.., |waiter| waiter.seq <= flushed.seq).collect()
        };
        for waiter in told {
            let _ = waiter.tell.send(Ok(()));
        }
    }

    fn note_head(&self) -> Result<(), FileError> {
        let mark = self.queue().flushed;
        self.head.note(Head { mark, at: LabTime::from_unix(self.shown.load(Ordering::Relaxed)) })
    }

    /// The next groups to write; none when the journal stops.
    fn next_groups(&self) -> Option<Open> {
        let idle = |queue: &mut Queue| queue.open.frames.is_empty() && !queue.stop && queue.failed.is_none();
        let mut queue = self.queue();
        queue.flusher = Flusher::Idle;
        queue = self.wake.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
        let relaxed = |queue: &mut Queue| !queue.urgent && !queue.stop && queue.failed.is_none() && queue.open.weight < CROWDED / 4;
        queue.flusher = Flusher::Lingering;
        queue = match self.wake.wait_timeout_while(queue, LINGER, relaxed) {
            Ok((queue, _)) => queue,
            Err(poisoned) => poisoned.into_inner().0,
        };
        queue.flusher = Flusher::Busy;
        if queue.failed.is_some() || queue.open.frames.is_empty() {
            return None;
        }
        queue.urgent = false;
        Some(std::mem::take(&mut queue.open))
    }

    /// Brings groups to the device, and says so in the head file before anybody is answered.
    fn write(&self, open: Open) -> Result<Mark, FileError> {
        let flushed = self.queue().flushed;
        let last = open.frames.last().map_or(flushed, |frame| frame.last);
        self.segments.append(flushed, &open.frames)?;
        self.head.note(Head { mark: last, at: LabTime::from_unix(self.shown.load(Ordering::Relaxed)) })?;
        self.behind.take(open.rows, last);
        Ok(last)
    }

    /// Brings groups to the device and tells whoever waits for them; false where that failed, which ends the matter.
    fn flush(&self, open: Open) -> bool {
        match self.write(open) {
            Ok(last) => {
                self.settle(last);
                true
            }
            Err(error) => {
                tracing::error!(journal.error = %error, "the journal could not be written");
                self.fail(JournalFailed::new(&error.to_string()));
                false
            }
        }
    }

    /// Brings the head file to the device where it has changed, with lab time alone where `time` is told.
    fn keep_head(&self, time: bool) {
        let noted = if time { self.note_head() } else { Ok(()) };
        let synced = noted.and_then(|()| if self.head.is_fresh() { self.head.sync() } else { Ok(()) });
        if let Err(error) = synced {
            tracing::warn!(journal.error = %error, "the head file could not be written; is the disk full?");
        }
    }
}

fn flush_groups(shared: &Shared) {
    while let Some(open) = shared.next_groups() {
        if !shared.flush(open) {
            return;
        }
    }
}

fn keep_head(shared: &Shared, stopped: &mpsc::Receiver<()>) {
    let mut seconds = 0u32;
    while stopped.recv_timeout(HEAD_EVERY) == Err(RecvTimeoutError::Timeout) {
        seconds = seconds.wrapping_add(1);
        // Where nothing happens the lab time in it is brought up now and then.
        shared.keep_head(seconds.is_multiple_of(SHOWN_EVERY));
    }
}

/// How long a group in which nobody waits may grow.
const LINGER: Duration = Duration::from_millis(20);
const HEAD_EVERY: Duration = Duration::from_secs(1);
/// How often the head file learns of lab time alone, in seconds.
const SHOWN_EVERY: u32 = 15;
/// Entries and rows that may wait for the disk before everybody waits with them.
const CROWDED: usize = 65_536;
/// How long a frame grows over several groups; a group that is longer is a frame of its own.
pub(crate) const FRAME_BYTES: u64 = 256 * 1024;
