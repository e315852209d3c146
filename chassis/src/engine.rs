//! Runs one machine over its journal: lock, run what fell due, decide, write into the open group, apply, unlock; the group is
//! flushed; then the caller is answered.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use shared::dice::{Dice, Seed};
use shared::machine::{Changed, Decide, Machine, Moment, Rows};
use shared::model::{LabTime, RequestId, Span};
use shared::wire::common::{ClockChange, ClockView, CutOff, JournalView};
use shared::wire::problem::{Problem, ProblemCode};

use crate::clock::{Clock, ClockState};
use crate::data::DataDir;
use crate::journal::check::{Begin, Place, Restored, RowsOpener, Trouble, start};
use crate::journal::entry::{Happening, LabEvent, Mark, SeedHex, Stored, json, parsed, row_key};
use crate::journal::files::Files;
use crate::journal::group::{Group, Journal, Start};
use crate::journal::kind_note;
use crate::journal::rows::{RowStore, RowsBehind, Total};
use crate::journal::segments::{ReadTrouble, SEGMENT_BYTES, Segments};
pub use crate::journal::{JournalFailed, OpenError};
use crate::network::Network;
use crate::random;

/// A running machine; clones share it.
///
/// Over a disk in memory a machine of the lab runs without a service, which is enough for a test or a simulation:
///
/// ```
/// use std::sync::Arc;
///
/// use chassis::clock::Clock;
/// use chassis::engine::{Engine, EngineOptions};
/// use chassis::journal::MemoryDisk;
/// use shared::directory::{Command, Directory};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let disk = Arc::new(MemoryDisk::new());
/// let options = EngineOptions { seed: Some(7), ..EngineOptions::default() };
/// let engine = Engine::<Directory>::open_on(&disk, Clock::new(), options)?;
/// engine.execute(None, Command::AddSite("VIENNA".parse()?), |_, (), _| ()).await?;
///
/// // What was answered is on the disk, whatever happens to the process or to the power.
/// let after = Arc::new(disk.after_power_cut());
/// let again = Engine::<Directory>::open_on(&after, Clock::new(), options)?;
/// let sites = again.read(|directory, _| directory.sites()).await?;
/// assert!(sites.iter().any(|site| site.name.as_str() == "VIENNA"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine<M: Machine>(Arc<Running<M>>);

/// What a start may be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineOptions {
    /// The dice's seed at the first start; from the operating system's randomness unless given.
    pub seed: Option<u64>,
    /// Where lab time begins at the first start; at host time unless given.
    pub start_at: Option<LabTime>,
    /// Whether lab time stands still after the first start.
    pub frozen: bool,
    /// How many journal entries are kept; all of them unless given.
    pub keep_entries: Option<u64>,
    /// How long a file of entries is at the most, in bytes; 4 MiB unless given.
    pub segment_bytes: Option<u64>,
    /// No threads: what waits for the disk is written by [`Engine::flush`] and [`Engine::look_after`], as a simulation does.
    pub by_hand: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// It was improper; nothing was written.
    #[error("the command was refused: {0:?}")]
    Refused(R),
    /// The machinery failed; the command may or may not have been carried out.
    #[error(transparent)]
    Failed(#[from] JournalFailed),
}

impl<R> ExecuteError<R> {
    /// The error as the caller is answered; `refused` says how a refusal is.
    pub fn problem(&self, refused: impl FnOnce(&R) -> Problem) -> Problem {
        match self {
            ExecuteError::Refused(refusal) => refused(refusal),
            ExecuteError::Failed(failed) => failed.problem(),
        }
    }
}

/// Why entries could not be listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// An entry on the way is damaged. Nothing else is: the service goes on.
    #[error(
        "entry {0} of the journal is damaged on disk, so this page cannot be shown; what is older can be asked for with before={0}; \
         stop the service and mend it with `journal repair`"
    )]
    Damaged(u64),
    /// The file could not be read just now.
    #[error("{0}; the service goes on, ask again once the file can be read")]
    Unreadable(String),
    /// The machinery failed.
    #[error(transparent)]
    Failed(#[from] JournalFailed),
}

impl ListError {
    /// The error as the caller is answered.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            ListError::Damaged(_) | ListError::Unreadable(_) => Problem::new(ProblemCode::EntryDamaged, self.to_string()),
            ListError::Failed(failed) => failed.problem(),
        }
    }
}

impl From<ReadTrouble> for ListError {
    fn from(trouble: ReadTrouble) -> Self {
        match trouble {
            ReadTrouble::Damaged(seq) => Self::Damaged(seq),
            ReadTrouble::File(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// Why a clock was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Lab time moves forward only.
    #[error("lab time moves forward only: it is {now}, and was to be set to {asked}")]
    TimeBackwards {
        /// Lab time now.
        now: LabTime,
        /// What was asked for.
        asked: LabTime,
    },
    /// The machinery failed.
    #[error(transparent)]
    Failed(#[from] JournalFailed),
}

/// A journal entry that holds an event of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<E> {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it happened, lab time.
    pub at: LabTime,
    /// The request that led to it; none for what happened by itself.
    pub request: Option<RequestId>,
    /// What happened.
    pub event: E,
}

/// A page of a list of entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<E> {
    /// The entries.
    pub items: Vec<Entry<E>>,
    /// Give this as `before` to see older ones; none at the end.
    pub next: Option<u64>,
}

struct Running<M: Machine> {
    core: RwLock<Core<M>>,
    clock: Clock,
    network: Network,
    journal: Journal,
}

/// What the lock guards.
struct Core<M> {
    machine: M,
    /// The last entry, on disk or on its way there.
    last: Mark,
    /// The moment of the last entry.
    at: LabTime,
    seed: Seed,
    closed: bool,
}

impl<M: Machine> Clone for Engine<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Machine> Engine<M> {
    /// Opens the journal in a data directory and goes on from it; begins one when there is none.
    pub fn open(data: &DataDir, clock: Clock, options: EngineOptions) -> Result<Self, OpenError> {
        Self::open_at(&Place::of(data), clock, options).map_err(|trouble| trouble.in_directory(data.path()))
    }

    /// The same over other files and rows.
    pub fn open_on<D: Files + RowStore>(disk: &Arc<D>, clock: Clock, options: EngineOptions) -> Result<Self, OpenError> {
        Self::open_over(Arc::clone(disk) as Arc<dyn Files>, Arc::clone(disk) as Arc<dyn RowStore>, clock, options)
    }

    /// The same over files and rows of different kinds.
    pub fn open_over(files: Arc<dyn Files>, theirs: Arc<dyn RowStore>, clock: Clock, options: EngineOptions) -> Result<Self, OpenError> {
        let rows: RowsOpener = Arc::new(move |begin| {
            if begin == Begin::Anew {
                let mut keys = Vec::new();
                theirs.scan(&mut |key, _| {
                    keys.push((key.to_vec(), None));
                    true
                })?;
                theirs.write(keys)?;
            }
            Ok(Some(Arc::clone(&theirs)))
        });
        let place = Place { files, rows, patience: Duration::from_secs(30) };
        Self::open_at(&place, clock, options).map_err(|trouble| trouble.in_directory(std::path::Path::new("(memory)")))
    }

    fn open_at(place: &Place, clock: Clock, options: EngineOptions) -> Result<Self, Trouble> {
        let network = Network::default();
        let (core, shown, restored, first) = match start::<M>(place, segment_bytes(options))? {
            Some(restored) => {
                let Restored { machine, last, at, shown, seed, clock: state, cut_off, segments, rows, changed } = restored;
                network.go(cut_off);
                let mut core = Core { machine, last, at, seed, closed: false };
                say_what_is_in_vain::<M>(&core, &options, shown);
                let group = resume(&mut core, &clock, state, shown);
                (core, shown, (last, segments, rows, changed), group)
            }
            None => {
                let (core, group) = Core::begin(&clock, &options)?;
                let segments = Segments::begin(Arc::clone(&place.files), M::NAME, segment_bytes(options), Mark::START)?;
                segments.append(Mark::START, std::slice::from_ref(&group.frame))?;
                let rows = RowsBehind::new(place.fresh_rows()?, Total::default());
                let changed: BTreeMap<_, _> = group.rows.into_iter().collect();
                let (last, shown) = (core.last, core.at);
                (core, shown, (last, segments, rows, changed), Group::default())
            }
        };
        kind_note::keep(place.files.as_ref(), M::NAME)?;
        let (flushed, segments, rows, changed) = restored;
        let journal = Journal::start(Start {
            files: Arc::clone(&place.files),
            journal: M::NAME,
            segments,
            rows,
            flushed,
            shown,
            changed,
            keep_entries: options.keep_entries,
            by_hand: options.by_hand,
        });
        let journal = journal?;
        journal.push(first);
        Ok(Self(Arc::new(Running { core: RwLock::new(core), clock, network, journal })))
    }

    /// Carries out a command. `show` makes of its answer, and of the state right after it, inside the lock, what the caller is told;
    /// that is given back when all that it shows is on disk, or at once when every event of the command may be answered early.
    pub async fn execute<C: Send, T: Send>(
        &self,
        request: Option<&RequestId>,
        command: C,
        show: impl FnOnce(&M, M::Answer, LabTime) -> T + Send,
    ) -> Result<T, ExecuteError<M::Refusal>>
    where
        M: Decide<C>,
    {
        let (outcome, wait) = self.decide(request, command, show)?;
        if let Some(seq) = wait {
            self.0.journal.wait(seq).await?;
        }
        outcome.map_err(ExecuteError::Refused)
    }

    /// Runs what is due, looks at the state, and gives back what was seen when all of it is on disk.
    pub async fn read<T: Send>(&self, look: impl FnOnce(&M, LabTime) -> T + Send) -> Result<T, JournalFailed> {
        let (seen, seq) = self.look(look)?;
        self.0.journal.wait(seq).await?;
        Ok(seen)
    }

    /// Runs what is due and looks at the state without waiting for the disk: for looking something up on the way to a
    /// command, never to show it.
    pub fn peek<T>(&self, look: impl FnOnce(&M, LabTime) -> T) -> Result<T, JournalFailed> {
        self.look(look).map(|(seen, _)| seen)
    }

    /// The entries on a list that `keep` wants, newest first, at most `limit`, all of them older than entry `before`.
    ///
    /// Looks at no more than 10,000 entries a call: a page may hold fewer than `limit` and still name a `next`.
    pub async fn list(
        &self,
        name: &'static str,
        before: Option<u64>,
        limit: usize,
        keep: impl Fn(&Entry<M::Event>) -> bool + Send,
    ) -> Result<Listed<M::Event>, ListError> {
        self.read(|_, _| ()).await?;
        let newest = self.flushed() + 1;
        list(&self.0.journal, name, before.map_or(newest, |before| before.min(newest)), limit, keep)
    }

    /// An entry on disk that holds an event of the machine; none for every other one.
    ///
    /// # Errors
    /// If it is damaged, or cannot be read.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry<M::Event>>, ListError> {
        entry(&self.0.journal, seq)
    }

    /// The last entry on disk.
    #[must_use]
    pub fn flushed(&self) -> u64 {
        self.0.journal.places().0.seq
    }

    /// The next moment at which something happens by itself; none also when the journal has failed.
    #[must_use]
    pub fn next_due(&self) -> Option<LabTime> {
        self.reading().ok().and_then(|core| core.machine.next_due())
    }

    /// The clock, after what is due has run.
    pub async fn clock_view(&self) -> Result<ClockView, JournalFailed> {
        let frozen = self.0.clock.is_frozen();
        self.read(|machine, now| ClockView { now, frozen, next_due: machine.next_due() }).await
    }

    /// Changes the clock. What falls due in between runs at its own moments, in order; all is on disk when this returns.
    pub async fn change_clock(&self, change: ClockChange) -> Result<ClockView, ClockError> {
        let (view, seq) = self.turn_clock(change)?;
        self.0.journal.wait(seq).await?;
        Ok(view)
    }

    /// Lets every later throw of the dice follow from a number.
    pub async fn reseed(&self, seed: u64) -> Result<(), JournalFailed> {
        let seq = {
            let mut core = self.writing()?;
            let now = self.0.now(&core);
            let mut group = Group::default();
            self.0.run_due(&mut core, now, &mut group);
            core.seed = Seed::from_number(seed, M::NAME);
            let event = LabEvent::Seeded { seed: SeedHex(core.seed) };
            core.note(event, now, &mut group);
            self.0.journal.push(group);
            core.last.seq
        };
        self.0.journal.wait(seq).await
    }

    /// Which services are out of reach for this one.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// Settles which services are out of reach; on disk when this returns.
    pub async fn cut_off(&self, cut_off: Vec<CutOff>) -> Result<(), JournalFailed> {
        let seq = {
            let mut core = self.writing()?;
            let now = self.0.now(&core);
            let mut group = Group::default();
            self.0.run_due(&mut core, now, &mut group);
            if cut_off != self.0.network.cut_off() {
                core.note(LabEvent::Network { cut_off: cut_off.clone() }, now, &mut group);
                self.0.network.go(cut_off);
            }
            self.0.journal.push(group);
            core.last.seq
        };
        self.0.journal.wait(seq).await
    }

    /// How the journal stands on disk.
    #[must_use]
    pub fn journal_view(&self) -> JournalView {
        let (flushed, base) = self.0.journal.places();
        JournalView { head: flushed.seq, chain: flushed.chain.to_string(), first: base.seq + 1 }
    }

    /// Resolves when the journal has failed, so that the service can end with a message; never otherwise.
    pub async fn failed(&self) -> JournalFailed {
        self.0.journal.failed().await
    }

    /// Runs what is due: for a timer, so that it happens without traffic.
    pub async fn tick(&self) {
        // A failure is told to whoever waits in `failed`.
        if let Ok((now, _)) = self.look(|_, now| now) {
            self.0.journal.show(now);
        }
    }

    /// The last entry, on disk or on its way there.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.reading().map_or(0, |core| core.last.seq)
    }

    /// Looks at the state as it is, and lets nothing fall due.
    pub fn glance<T>(&self, look: impl FnOnce(&M) -> T) -> Result<T, JournalFailed> {
        self.reading().map(|core| look(&core.machine))
    }

    /// Whether entries wait for the disk.
    #[must_use]
    pub fn has_open(&self) -> bool {
        self.0.journal.has_open()
    }

    /// Brings what waits to the disk and tells whoever waits for it: for an engine without threads.
    pub fn flush(&self) {
        self.0.journal.flush();
    }

    /// Writes rows and head file: for an engine without threads.
    pub fn look_after(&self) {
        self.0.journal.look_after();
    }

    /// Ends cleanly: everything on disk, rows and the head file too. Every later call fails.
    pub async fn close(&self) -> Result<(), JournalFailed> {
        let (seq, now) = {
            let mut core = self.writing()?;
            core.closed = true;
            (core.last.seq, self.0.now(&core))
        };
        self.0.journal.show(now);
        self.0.journal.wait(seq).await?;
        self.0.journal.settle().map_err(|error| JournalFailed::new(&error.to_string()))
    }

    /// The part of [`Engine::execute`] under the lock, and the entry to wait for.
    #[expect(clippy::type_complexity, reason = "one use, taken apart at once")]
    fn decide<C, T>(
        &self,
        request: Option<&RequestId>,
        command: C,
        show: impl FnOnce(&M, M::Answer, LabTime) -> T,
    ) -> Result<(Result<T, M::Refusal>, Option<u64>), JournalFailed>
    where
        M: Decide<C>,
    {
        let mut core = self.writing()?;
        let now = self.0.now(&core);
        let mut group = Group::default();
        let fell_due = self.0.run_due(&mut core, now, &mut group);
        let mut dice = Dice::new(core.seed, core.last.seq + 1);
        let decided = core.machine.decide(command, &mut Moment { now, dice: &mut dice });
        let mut early = false;
        let outcome = decided.map(|(answer, events)| {
            for event in &events {
                core.append(request, event, now, &mut group);
            }
            early = !fell_due && !events.is_empty() && events.iter().all(M::may_answer_early);
            show(&core.machine, answer, now)
        });
        self.0.journal.push(group);
        let wait = !early || self.0.journal.is_crowded();
        Ok((outcome, wait.then_some(core.last.seq)))
    }

    fn look<T>(&self, look: impl FnOnce(&M, LabTime) -> T) -> Result<(T, u64), JournalFailed> {
        {
            let core = self.reading()?;
            let now = self.0.now(&core);
            if core.machine.next_due().is_none_or(|due| due > now) {
                return Ok((look(&core.machine, now), core.last.seq));
            }
        }
        let mut core = self.writing()?;
        let now = self.0.now(&core);
        let mut group = Group::default();
        self.0.run_due(&mut core, now, &mut group);
        self.0.journal.push(group);
        Ok((look(&core.machine, now), core.last.seq))
    }

    fn turn_clock(&self, change: ClockChange) -> Result<(ClockView, u64), ClockError> {
        let clock = &self.0.clock;
        let mut core = self.writing()?;
        let now = self.0.now(&core);
        let mut group = Group::default();
        self.0.run_due(&mut core, now, &mut group);
        let stood = clock.is_frozen();
        let (to, frozen) = match change {
            ClockChange::Freeze => (now, true),
            ClockChange::Run => (now, false),
            ClockChange::Set { to } => (to, stood),
            ClockChange::Advance { seconds } => (now + Span::seconds(i64::from(seconds)), stood),
        };
        if to >= now && (to != now || frozen != stood) {
            // The clock's own entry comes first: should the service die in the middle, the rest falls due at its next start.
            let state = clock.state_at(to, frozen);
            core.note(LabEvent::Clock { state, shows: to }, now, &mut group);
            clock.go(state);
            self.0.journal.show(to);
            self.0.run_due(&mut core, to, &mut group);
        }
        self.0.journal.push(group);
        if to < now {
            return Err(ClockError::TimeBackwards { now, asked: to });
        }
        let view = ClockView { now: self.0.now(&core), frozen, next_due: core.machine.next_due() };
        Ok((view, core.last.seq))
    }

    fn reading(&self) -> Result<RwLockReadGuard<'_, Core<M>>, JournalFailed> {
        let core = self.0.core.read().map_err(|_| self.fail(PANICKED))?;
        self.0.journal.check()?;
        if core.closed { Err(JournalFailed::new(CLOSED)) } else { Ok(core) }
    }

    fn writing(&self) -> Result<RwLockWriteGuard<'_, Core<M>>, JournalFailed> {
        let core = self.0.core.write().map_err(|_| self.fail(PANICKED))?;
        self.0.journal.check()?;
        if core.closed { Err(JournalFailed::new(CLOSED)) } else { Ok(core) }
    }

    fn fail(&self, reason: &str) -> JournalFailed {
        let failed = JournalFailed::new(reason);
        self.0.journal.fail(failed.clone());
        failed
    }
}

impl<M: Machine> Running<M> {
    /// Lab time, never earlier than the last entry.
    fn now(&self, core: &Core<M>) -> LabTime {
        self.clock.lab().max(core.at)
    }

    /// Runs all that fell due up to `until`, in order, each at its own moment; says whether anything did.
    fn run_due(&self, core: &mut Core<M>, until: LabTime, group: &mut Group) -> bool {
        let mut ran = false;
        let mut rounds_at_once = 0;
        while let Some(due) = core.machine.next_due().filter(|due| *due <= until) {
            let at = due.max(core.at);
            let mut dice = Dice::new(core.seed, core.last.seq + 1);
            let events = core.machine.due(&mut Moment { now: at, dice: &mut dice });
            for event in &events {
                core.append(None, event, at, group);
            }
            ran = true;
            rounds_at_once = if core.machine.next_due() == Some(due) { rounds_at_once + 1 } else { 0 };
            if events.is_empty() || rounds_at_once > ROUNDS_AT_ONCE {
                tracing::error!(journal.machine = M::NAME, journal.due = %due, "what fell due does not come to an end");
                break;
            }
            if group.weight() > GROUP_WEIGHT {
                self.journal.push(std::mem::take(group));
            }
        }
        ran
    }
}

impl<M: Machine> Core<M> {
    /// The beginning of a journal: the dice, the clock.
    fn begin(clock: &Clock, options: &EngineOptions) -> Result<(Self, Group), Trouble> {
        let seed = match options.seed {
            Some(number) => Seed::from_number(number, M::NAME),
            None => Seed(random::bytes()),
        };
        let now = options.start_at.unwrap_or_else(|| clock.lab());
        let state = if options.start_at.is_some() || options.frozen { clock.state_at(now, options.frozen) } else { clock.state() };
        clock.restore(state);
        let mut core = Self { machine: M::default(), last: Mark::START, at: now, seed, closed: false };
        let mut group = Group::default();
        core.note(LabEvent::Seeded { seed: SeedHex(seed) }, now, &mut group);
        core.note(LabEvent::Clock { state, shows: now }, now, &mut group);
        Ok((core, group))
    }

    /// Takes one event of the machine in.
    fn append(&mut self, request: Option<&RequestId>, event: &M::Event, at: LabTime, group: &mut Group) {
        let seq = self.last.seq + 1;
        let mut rows = Rows::new(seq);
        self.machine.apply(event, at, &mut rows);
        let Changed { rows, lists } = rows.changed();
        group.rows.extend(rows.into_iter().map(|(key, value)| (row_key(&key), value)));
        self.write(Stored { seq, at, request: request.cloned(), lists, event: Happening::Machine(event) }, group);
    }

    /// Takes one event of the lab in.
    fn note(&mut self, event: LabEvent, at: LabTime, group: &mut Group) {
        group.rows.extend(event.row());
        let entry: Stored<(), &str> = Stored { seq: self.last.seq + 1, at, request: None, lists: Vec::new(), event: Happening::Lab(event) };
        self.write(entry, group);
    }

    fn write<E: serde::Serialize>(&mut self, entry: Stored<E, &'static str>, group: &mut Group) {
        let bytes = json(&entry);
        self.last = self.last.next(&bytes);
        self.at = entry.at;
        group.frame.push(self.last, &bytes, entry.lists);
    }
}

/// Sets a clock going again as it went before, and says in the journal where it does not.
///
/// The time that passed meanwhile is taken up. Where it is more than 30 days, or less than nothing, the host's clock was wrong then
/// or is now, and lab time does not go back: it begins at its last moment.
fn resume<M: Machine>(core: &mut Core<M>, clock: &Clock, state: ClockState, shown: LabTime) -> Group {
    let mut group = Group::default();
    clock.restore(state);
    let passed = (clock.lab() - shown).as_seconds();
    if clock.is_frozen() || (0..=TAKEN_UP_SECONDS).contains(&passed) {
        return group;
    }
    let state = clock.state_at(shown, false);
    clock.restore(state);
    core.note(LabEvent::Clock { state, shows: shown }, shown, &mut group);
    if passed < 0 {
        tracing::warn!(clock.lab = %shown, clock.seconds = passed, "by the host's clock less than no time has passed since the last stop; lab time goes on from its last moment");
    } else {
        tracing::warn!(
            clock.lab = %shown,
            clock.seconds = passed,
            "by the host's clock more than 30 days have passed since the last stop; lab time goes on from its last moment; `tsl clock advance {passed}s` takes the time up"
        );
    }
    group
}

/// Dice and clock are given to a first start; a later one goes on with what is there, and says so where something else was asked.
fn say_what_is_in_vain<M: Machine>(core: &Core<M>, options: &EngineOptions, shown: LabTime) {
    if options.seed.is_some_and(|seed| Seed::from_number(seed, M::NAME) != core.seed) {
        tracing::warn!("the journal that is here has other dice: the seed that was given is for a first start, and is not taken");
    }
    if options.start_at.is_some_and(|start_at| start_at > shown) {
        tracing::warn!(
            clock.lab = %shown,
            "the journal that is here goes on from its own time: the start that was given is for a first start, and is not taken; `tsl clock set` moves lab time on"
        );
    }
}

/// How long a file of entries is: where few entries are kept, files are short, since they are pruned as a whole.
fn segment_bytes(options: EngineOptions) -> u64 {
    let most = options.segment_bytes.unwrap_or(SEGMENT_BYTES).max(LEAST_SEGMENT_BYTES);
    options.keep_entries.map_or(most, |keep| keep.saturating_mul(ENTRY_BYTES / 4).clamp(LEAST_SEGMENT_BYTES, most))
}

fn list<E: serde::de::DeserializeOwned>(
    journal: &Journal,
    name: &str,
    before: u64,
    limit: usize,
    keep: impl Fn(&Entry<E>) -> bool,
) -> Result<Listed<E>, ListError> {
    let mut items = Vec::new();
    let mut seen = before;
    for _ in 0..LIST_PIECES {
        let numbers = journal.listed(name, seen, LIST_PIECE)?;
        for seq in numbers.seqs {
            if items.len() >= limit {
                return Ok(Listed { items, next: Some(seen) });
            }
            seen = seq;
            items.extend(entry(journal, seq)?.filter(|entry| keep(entry)));
        }
        match numbers.next {
            Some(next) => seen = next,
            None => return Ok(Listed { items, next: None }),
        }
    }
    Ok(Listed { items, next: Some(seen) })
}

/// An entry of the machine; none when it was pruned meanwhile.
fn entry<E: serde::de::DeserializeOwned>(journal: &Journal, seq: u64) -> Result<Option<Entry<E>>, ListError> {
    let Some(bytes) = journal.entry(seq)? else { return Ok(None) };
    let Stored { seq, at, request, event, lists: _ } =
        parsed::<Stored<E>>(&format!("entry {seq}"), &bytes).map_err(|_| ListError::Damaged(seq))?;
    Ok(match event {
        Happening::Machine(event) => Some(Entry { seq, at, request, event }),
        Happening::Lab(_) => None,
    })
}

const PANICKED: &str = "a command could not be carried through";
const CLOSED: &str = "it was closed";
const ROUNDS_AT_ONCE: u32 = 1_000_000;
const GROUP_WEIGHT: usize = 20_000;
/// How much time at a stop is taken up at the next start: 30 days.
const TAKEN_UP_SECONDS: i64 = 30 * 86_400;
/// About how long an entry is.
const ENTRY_BYTES: u64 = 512;
const LEAST_SEGMENT_BYTES: u64 = 16 * 1024;
const LIST_PIECE: usize = 250;
const LIST_PIECES: usize = 40;
