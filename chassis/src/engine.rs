//! Runs one machine over its journal: lock, run what fell due, decide, write into the open group, apply, unlock; the group is
//! flushed; then the caller is answered.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use shared::dice::{Dice, Seed};
use shared::machine::{Changed, Machine, Moment, Rows};
use shared::model::{LabTime, RequestId, Span};
use shared::wire::common::{ClockChange, ClockView, CutOff, JournalView};
use shared::wire::problem::Problem;

use crate::clock::Clock;
use crate::data::DataDir;
use crate::journal::disk::{Disk, Order};
use crate::journal::entry::{
    FORMAT_ROW, Happening, LabEvent, Mark, SeedHex, Stored, entry_key, json, list_key, parsed, row_key, sealed, seq_of, unsealed,
};
use crate::journal::group::{Group, Journal, Start};
pub use crate::journal::{JournalFailed, OpenError};
use crate::journal::{Restored, damaged, format_row, opened, start};
use crate::network::Network;

/// A running machine; clones share it.
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
    ///
    /// Reads and checks on a thread of its own under a time limit, so that a damaged journal is an error and never a hang.
    pub fn open(data: &DataDir, clock: Clock, options: EngineOptions) -> Result<Self, OpenError> {
        let (disk, restored) = opened(data, |disk, pulse| {
            let restored = start::<M>(disk.as_ref(), pulse)?;
            Ok((disk, restored))
        })?;
        Self::run(disk, restored, clock, options, |what| damaged(data, what))
    }

    /// The same over another store.
    pub fn open_on(disk: Arc<dyn Disk>, clock: Clock, options: EngineOptions) -> Result<Self, OpenError> {
        let nowhere = std::path::Path::new("(memory)");
        let restored = start::<M>(disk.as_ref(), &AtomicU64::new(0)).map_err(|trouble| trouble.in_directory(nowhere))?;
        Self::run(disk, restored, clock, options, |what| OpenError::Damaged { directory: nowhere.to_owned(), what })
    }

    fn run(
        disk: Arc<dyn Disk>,
        restored: Option<Restored<M>>,
        clock: Clock,
        options: EngineOptions,
        damaged: impl FnOnce(String) -> OpenError,
    ) -> Result<Self, OpenError> {
        let mut start = Start { flushed: Mark::START, base: Mark::START, checkpoint: 0, keep_entries: options.keep_entries };
        let network = Network::default();
        let core = match restored {
            Some(restored) => {
                network.go(restored.cut_off);
                clock.restore(restored.clock);
                start = Start { flushed: restored.last, base: restored.base, checkpoint: restored.checkpoint, ..start };
                let Restored { machine, last, at, seed, .. } = restored;
                Core { machine, last, at, seed, closed: false }
            }
            None => {
                let (core, group) = Core::begin(&clock, &options)?;
                disk.commit(group.changes).map_err(|error| damaged(error.0))?;
                start.flushed = core.last;
                core
            }
        };
        let journal = Journal::start(disk, start).map_err(|error| OpenError::System(error.to_string()))?;
        Ok(Self(Arc::new(Running { core: RwLock::new(core), clock, network, journal })))
    }

    /// Carries out a command. `answer` looks at the state right after it, inside the lock; the answer is given back when all
    /// that it shows is on disk, or at once when every event of the command may be answered early.
    pub async fn execute<T: Send>(
        &self,
        request: Option<&RequestId>,
        command: M::Command,
        answer: impl FnOnce(&M, &[M::Event], LabTime) -> T + Send,
    ) -> Result<T, ExecuteError<M::Refusal>> {
        let (outcome, wait) = self.decide(request, command, answer)?;
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
    ) -> Result<Listed<M::Event>, JournalFailed> {
        self.read(|_, _| ()).await?;
        let newest = self.flushed() + 1;
        let listed = list(self.0.journal.disk(), name, before.map_or(newest, |before| before.min(newest)), limit, keep);
        listed.map_err(|reason| self.fail(&reason))
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
        let _ = self.look(|_, _| ());
    }

    /// Ends cleanly: everything on disk, the head file too. Every later call fails.
    pub async fn close(&self) -> Result<(), JournalFailed> {
        let seq = {
            let mut core = self.writing()?;
            core.closed = true;
            core.last.seq
        };
        self.0.journal.wait(seq).await?;
        self.0.journal.write_head().map_err(|error| JournalFailed::new(&error.0))
    }

    /// The part of [`Engine::execute`] under the lock, and the entry to wait for.
    #[expect(clippy::type_complexity, reason = "one use, taken apart at once")]
    fn decide<T>(
        &self,
        request: Option<&RequestId>,
        command: M::Command,
        answer: impl FnOnce(&M, &[M::Event], LabTime) -> T,
    ) -> Result<(Result<T, M::Refusal>, Option<u64>), JournalFailed> {
        let mut core = self.writing()?;
        let now = self.0.now(&core);
        let mut group = Group::default();
        let fell_due = self.0.run_due(&mut core, now, &mut group);
        let mut dice = Dice::new(core.seed, core.last.seq + 1);
        let decided = core.machine.decide(command, &mut Moment { now, dice: &mut dice });
        let mut early = false;
        let outcome = decided.map(|events| {
            for event in &events {
                core.append(request, event, now, &mut group);
            }
            early = !fell_due && !events.is_empty() && events.iter().all(M::may_answer_early);
            answer(&core.machine, &events, now)
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
            core.note(LabEvent::Clock { state }, now, &mut group);
            clock.go(state);
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
            if group.changes.len() > GROUP_CHANGES {
                self.journal.push(std::mem::take(group));
            }
        }
        ran
    }
}

impl<M: Machine> Core<M> {
    /// The beginning of a journal: its format, the dice, the clock.
    fn begin(clock: &Clock, options: &EngineOptions) -> Result<(Self, Group), OpenError> {
        let seed = match options.seed {
            Some(number) => Seed::from_number(number, M::NAME),
            None => Seed(random()?),
        };
        let now = options.start_at.unwrap_or_else(|| clock.lab());
        let state = if options.start_at.is_some() || options.frozen { clock.state_at(now, options.frozen) } else { clock.state() };
        clock.restore(state);
        let mut core = Self { machine: M::default(), last: Mark::START, at: now, seed, closed: false };
        let mut group = Group { changes: vec![(FORMAT_ROW.to_vec(), Some(format_row::<M>()))], last: None };
        core.note(LabEvent::Seeded { seed: SeedHex(seed) }, now, &mut group);
        core.note(LabEvent::Clock { state }, now, &mut group);
        Ok((core, group))
    }

    /// Takes one event of the machine in.
    fn append(&mut self, request: Option<&RequestId>, event: &M::Event, at: LabTime, group: &mut Group) {
        let seq = self.last.seq + 1;
        let mut rows = Rows::new(seq);
        self.machine.apply(event, at, &mut rows);
        let Changed { rows, lists } = rows.changed();
        group.changes.extend(rows.into_iter().map(|(key, value)| (row_key(&key), value)));
        group.changes.extend(lists.iter().map(|list| (list_key(list, seq), Some(Vec::new()))));
        self.write(&Stored { seq, at, request: request.cloned(), lists, event: Happening::Machine(event) }, group);
    }

    /// Takes one event of the lab in.
    fn note(&mut self, event: LabEvent, at: LabTime, group: &mut Group) {
        group.changes.push(event.row());
        let entry: Stored<(), &str> = Stored { seq: self.last.seq + 1, at, request: None, lists: Vec::new(), event: Happening::Lab(event) };
        self.write(&entry, group);
    }

    fn write<E: serde::Serialize, L: serde::Serialize>(&mut self, entry: &Stored<E, L>, group: &mut Group) {
        let bytes = json(entry);
        self.last = self.last.next(&bytes);
        self.at = entry.at;
        group.changes.push((entry_key(entry.seq), Some(sealed(self.last.chain, &bytes))));
        group.last = Some(self.last);
    }
}

fn list<E: serde::de::DeserializeOwned>(
    disk: &dyn Disk,
    name: &str,
    before: u64,
    limit: usize,
    keep: impl Fn(&Entry<E>) -> bool,
) -> Result<Listed<E>, String> {
    let mut items = Vec::new();
    let mut seen = before;
    for _ in 0..LIST_PIECES {
        let piece = numbers(disk, name, seen)?;
        let ended = piece.len() < LIST_PIECE;
        for seq in piece {
            if items.len() >= limit {
                return Ok(Listed { items, next: Some(seen) });
            }
            seen = seq;
            items.extend(entry(disk, seq)?.filter(|entry| keep(entry)));
        }
        if ended {
            return Ok(Listed { items, next: None });
        }
    }
    Ok(Listed { items, next: Some(seen) })
}

/// The next entries on a list, going back from `before`.
fn numbers(disk: &dyn Disk, name: &str, before: u64) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    disk.scan(&list_key(name, 0), &list_key(name, before), Order::Falling, &mut |key, _| {
        numbers.extend(seq_of(key));
        numbers.len() < LIST_PIECE
    })
    .map_err(|error| error.0)?;
    Ok(numbers)
}

/// An entry of the machine; none when it was pruned meanwhile.
fn entry<E: serde::de::DeserializeOwned>(disk: &dyn Disk, seq: u64) -> Result<Option<Entry<E>>, String> {
    let value = disk.get(&entry_key(seq)).map_err(|error| error.0)?;
    let Some((_, bytes)) = value.as_deref().and_then(unsealed) else { return Ok(None) };
    let Stored { seq, at, request, event, lists: _ } = parsed::<Stored<E>>(&format!("entry {seq}"), bytes)?;
    Ok(match event {
        Happening::Machine(event) => Some(Entry { seq, at, request, event }),
        Happening::Lab(_) => None,
    })
}

fn random() -> Result<[u8; 32], OpenError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| OpenError::System("the operating system gave no randomness".to_owned()))?;
    Ok(bytes)
}

const PANICKED: &str = "a command could not be carried through";
const CLOSED: &str = "it was closed";
const ROUNDS_AT_ONCE: u32 = 1_000_000;
const GROUP_CHANGES: usize = 20_000;
const LIST_PIECE: usize = 250;
const LIST_PIECES: usize = 40;
