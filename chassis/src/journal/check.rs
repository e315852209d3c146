//! Reads a journal back: at a start from the last checkpoint, for `verify` from its first entry; under a time limit, since a
//! damaged store may hang.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use shared::dice::Seed;
use shared::machine::{Machine, Rows};
use shared::model::LabTime;
use shared::wire::common::CutOff;

use super::OpenError;
use super::disk::{Disk, DiskError, Order};
use super::entry::{
    BASE_ROW, CHECKPOINT_ROW, CLOCK_ROW, ENTRIES, FORMAT, FORMAT_ROW, Format, Happening, LISTS, Mark, NETWORK_ROW, ROWS, SEED_ROW, SeedHex,
    Stored, entry_key, json, list_key, parsed, row_key, seq_of, unsealed,
};
use super::sled_disk::{SledDisk, caught};
use crate::clock::ClockState;
use crate::data::DataDir;

/// What an earlier run left.
pub(crate) struct Restored<M> {
    pub(crate) machine: M,
    pub(crate) last: Mark,
    pub(crate) at: LabTime,
    pub(crate) base: Mark,
    pub(crate) checkpoint: u64,
    pub(crate) seed: Seed,
    pub(crate) clock: ClockState,
    pub(crate) cut_off: Vec<CutOff>,
}

/// What a whole check found; it found no damage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first entry that is still kept.
    pub first: u64,
    /// The last entry; 0 when there is none.
    pub last: u64,
    /// The chained SHA-256 of the last entry, hex.
    pub chain: String,
    /// Whether all events could be replayed and gave the rows that are stored; not so once entries were pruned.
    pub replayed: bool,
}

/// Checks the whole journal in `data`: chain, head file, rows, and the replay of all events where none was pruned.
pub fn verify<M: Machine>(data: &DataDir) -> Result<Verified, OpenError> {
    opened(data, |disk, pulse| verify_disk::<M>(disk.as_ref(), pulse))
}

/// Reads what is needed for a start; none when there is no journal yet.
pub(crate) fn start<M: Machine>(disk: &dyn Disk, pulse: &AtomicU64) -> Result<Option<Restored<M>>, Trouble> {
    let head = head(disk)?;
    let Some(format) = disk.get(FORMAT_ROW)? else {
        let mut empty = true;
        disk.scan(ENTRIES.0, ENTRIES.1, Order::Rising, &mut |_, _| {
            empty = false;
            false
        })?;
        return match head {
            Some(head) if head.seq > 0 => Err(lost(0, head)),
            _ if !empty => Err(Trouble::Damage("it has entries but no beginning; an import that did not finish leaves that".to_owned())),
            _ => Ok(None),
        };
    };
    of_this_kind::<M>(&format)?;
    let base = mark(disk, BASE_ROW)?;
    let checkpoint = mark(disk, CHECKPOINT_ROW)?;
    let from = if checkpoint.seq > base.seq { checkpoint } else { base };
    if from.seq > base.seq {
        stored_at(disk, from)?;
    }
    let mut at = LabTime::from_unix(i64::MIN);
    if let Some(value) = disk.get(&entry_key(from.seq))? {
        at = read_entry::<M>(from.seq, &value)?.at;
    }
    let last = follow::<M>(disk, from, pulse, &mut |entry| at = entry.at)?;
    end_is_there(disk, base, last, head)?;
    let machine = load::<M>(disk, pulse)?;
    let seed: SeedHex = row(disk, SEED_ROW)?;
    // A journal that never heard of a network has no row of it: everybody is within reach.
    let cut_off = if disk.get(NETWORK_ROW)?.is_some() { row(disk, NETWORK_ROW)? } else { Vec::new() };
    Ok(Some(Restored { machine, last, at, base, checkpoint: checkpoint.seq, seed: seed.0, clock: row(disk, CLOCK_ROW)?, cut_off }))
}

/// Opens the store in `data` and works with it on a thread of its own; gives up when nothing moves for too long.
pub(crate) fn opened<T: Send + 'static>(
    data: &DataDir,
    work: impl FnOnce(Arc<SledDisk>, &AtomicU64) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, OpenError> {
    let pulse = Arc::new(AtomicU64::new(0));
    let (tell, told) = mpsc::channel();
    let (theirs, beat) = (data.clone(), Arc::clone(&pulse));
    let run = move || {
        let outcome = caught(|| Ok(work(Arc::new(SledDisk::open(&theirs)?), &beat)));
        // Nobody listens any more once the time limit has passed.
        let _ = tell.send(outcome.unwrap_or_else(|error| Err(Trouble::from(error))));
    };
    let thread = std::thread::Builder::new().name("journal-open".to_owned()).spawn(run);
    let thread = thread.map_err(|error| OpenError::System(error.to_string()))?;
    let outcome = told_in_time(&told, &pulse, data.patience());
    if outcome.is_some() {
        // It holds the directory until it ends; its outcome is in hand already.
        let _ = thread.join();
    }
    let still = || Err(Trouble::Damage(format!("reading it stood still for {} s", data.patience().as_secs())));
    let outcome = outcome.unwrap_or_else(still);
    outcome.map_err(|trouble| trouble.in_directory(data.path()))
}

/// What the thread tells; none when nothing moved for too long.
fn told_in_time<T>(told: &mpsc::Receiver<Result<T, Trouble>>, pulse: &AtomicU64, patience: Duration) -> Option<Result<T, Trouble>> {
    let mut seen = pulse.load(Ordering::Relaxed);
    loop {
        match told.recv_timeout(patience) {
            Ok(outcome) => return Some(outcome),
            Err(RecvTimeoutError::Disconnected) => return Some(Err(Trouble::Damage("its check ended without a word".to_owned()))),
            Err(RecvTimeoutError::Timeout) => {
                let now = pulse.load(Ordering::Relaxed);
                if now == seen {
                    return None;
                }
                seen = now;
            }
        }
    }
}

/// What reading a journal can run into, before its directory is known.
#[derive(Debug)]
pub(crate) enum Trouble {
    Damage(String),
    Other { found: String, expected: String },
    NotEmpty,
    BadExport { line: u64, what: String },
}

impl Trouble {
    pub(crate) fn in_directory(self, directory: &Path) -> OpenError {
        let directory: PathBuf = directory.to_owned();
        match self {
            Trouble::Damage(what) => OpenError::Damaged { directory, what },
            Trouble::Other { found, expected } => OpenError::Other { directory, found, expected },
            Trouble::NotEmpty => OpenError::NotEmpty(directory),
            Trouble::BadExport { line, what } => OpenError::BadExport { line, what },
        }
    }
}

impl From<DiskError> for Trouble {
    fn from(error: DiskError) -> Self {
        Trouble::Damage(error.0)
    }
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Trouble::Damage(what)
    }
}

/// Rows of a machine and of the lab, and the keys of lists, as a replay makes them.
#[derive(Default)]
pub(crate) struct Replay<M> {
    machine: M,
}

impl<M: Machine> Replay<M> {
    /// What one entry changes in the store beside itself. Without a replay of the machine (`rows` false) its lists only.
    pub(crate) fn changes(&mut self, entry: &Stored<M::Event>, rows: bool) -> Vec<super::disk::Change> {
        let mut changes: Vec<_> = entry.lists.iter().map(|list| (list_key(list, entry.seq), Some(Vec::new()))).collect();
        if rows {
            match &entry.event {
                Happening::Lab(event) => changes.push(event.row()),
                Happening::Machine(event) => {
                    let mut rows = Rows::new(entry.seq);
                    self.machine.apply(event, entry.at, &mut rows);
                    changes.extend(rows.changed().rows.into_iter().map(|(key, value)| (row_key(&key), value)));
                }
            }
        }
        changes
    }
}

fn verify_disk<M: Machine>(disk: &dyn Disk, pulse: &AtomicU64) -> Result<Verified, Trouble> {
    let Some(restored) = start::<M>(disk, pulse)? else {
        return Ok(Verified { first: 1, last: 0, chain: Mark::START.chain.to_string(), replayed: true });
    };
    let replayed = restored.base == Mark::START;
    let mut replay = Replay::<M>::default();
    let mut expected: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let last = follow::<M>(disk, restored.base, pulse, &mut |entry| {
        for (key, value) in replay.changes(&entry, replayed) {
            match value {
                Some(value) => expected.insert(key, value),
                None => expected.remove(&key),
            };
        }
    })?;
    if last != restored.last {
        return Err(Trouble::Damage("its chain does not lead to its end".to_owned()));
    }
    same(disk, LISTS, &mut expected, pulse)?;
    if replayed {
        same(disk, ROWS, &mut expected, pulse)?;
        same(disk, (CLOCK_ROW, b"m/clock0"), &mut expected, pulse)?;
        same(disk, (NETWORK_ROW, b"m/network0"), &mut expected, pulse)?;
        same(disk, (SEED_ROW, b"m/seed0"), &mut expected, pulse)?;
        if let Some((key, _)) = expected.first_key_value() {
            return Err(Trouble::Damage(format!("{} is missing", String::from_utf8_lossy(key))));
        }
    }
    Ok(Verified { first: restored.base.seq + 1, last: last.seq, chain: last.chain.to_string(), replayed })
}

/// Takes what is stored in a range out of what is expected there; says what differs.
fn same(disk: &dyn Disk, range: (&[u8], &[u8]), expected: &mut BTreeMap<Vec<u8>, Vec<u8>>, pulse: &AtomicU64) -> Result<(), Trouble> {
    let mut wrong = None;
    disk.scan(range.0, range.1, Order::Rising, &mut |key, value| {
        pulse.fetch_add(1, Ordering::Relaxed);
        if expected.remove(key).as_deref() != Some(value) {
            wrong = Some(String::from_utf8_lossy(key).into_owned());
        }
        wrong.is_none()
    })?;
    let missing = || expected.range(range.0.to_vec()..range.1.to_vec()).next().map(|(key, _)| String::from_utf8_lossy(key).into_owned());
    match wrong.or_else(missing) {
        Some(key) => Err(Trouble::Damage(format!("{key} is not what the entries lead to"))),
        None => Ok(()),
    }
}

/// Walks the entries after `from`, checks number and chain of each, and shows it; returns the last place.
pub(crate) fn follow<M: Machine>(
    disk: &dyn Disk,
    from: Mark,
    pulse: &AtomicU64,
    each: &mut dyn FnMut(Stored<M::Event>),
) -> Result<Mark, Trouble> {
    let mut place = from;
    let mut trouble = None;
    let first = entry_key(from.seq + 1);
    disk.scan(&first, ENTRIES.1, Order::Rising, &mut |key, value| {
        pulse.fetch_add(1, Ordering::Relaxed);
        match next_entry::<M>(place, key, value) {
            Ok((next, entry)) => {
                place = next;
                each(entry);
            }
            Err(found) => trouble = Some(found),
        }
        trouble.is_none()
    })?;
    trouble.map_or(Ok(place), Err)
}

/// Checks the entry that should come after `place`.
pub(crate) fn next_entry<M: Machine>(place: Mark, key: &[u8], value: &[u8]) -> Result<(Mark, Stored<M::Event>), Trouble> {
    let seq = place.seq + 1;
    if seq_of(key) != Some(seq) {
        return Err(Trouble::Damage(format!("entry {seq} is missing")));
    }
    let entry = read_entry::<M>(seq, value)?;
    let (chain, bytes) = unsealed(value).ok_or_else(|| Trouble::Damage(format!("entry {seq} is cut off")))?;
    let next = place.next(bytes);
    if next.chain != chain {
        return Err(Trouble::Damage(format!("entry {seq} was changed: its checksum does not follow from the one before")));
    }
    Ok((next, entry))
}

fn read_entry<M: Machine>(seq: u64, value: &[u8]) -> Result<Stored<M::Event>, Trouble> {
    let (_, bytes) = unsealed(value).ok_or_else(|| Trouble::Damage(format!("entry {seq} is cut off")))?;
    let entry: Stored<M::Event> = parsed(&format!("entry {seq}"), bytes)?;
    if entry.seq == seq { Ok(entry) } else { Err(Trouble::Damage(format!("entry {seq} says that it is entry {}", entry.seq))) }
}

/// The entry at a place must be there with the place's chain.
fn stored_at(disk: &dyn Disk, place: Mark) -> Result<(), Trouble> {
    let value = disk.get(&entry_key(place.seq))?;
    let chain = value.as_deref().and_then(unsealed).map(|(chain, _)| chain);
    match chain {
        Some(chain) if chain == place.chain => Ok(()),
        Some(_) => Err(Trouble::Damage(format!("entry {} is another one than it was", place.seq))),
        None => Err(Trouble::Damage(format!("entry {} is missing", place.seq))),
    }
}

fn end_is_there(disk: &dyn Disk, base: Mark, last: Mark, head: Option<Mark>) -> Result<(), Trouble> {
    match head {
        Some(head) if head.seq > last.seq => Err(lost(last.seq, head)),
        Some(head) if head.seq > base.seq => stored_at(disk, head),
        Some(_) | None => Ok(()),
    }
}

fn lost(last: u64, head: Mark) -> Trouble {
    Trouble::Damage(format!("it ends with entry {last}, but entry {} was on disk before: the entries between are lost", head.seq))
}

fn load<M: Machine>(disk: &dyn Disk, pulse: &AtomicU64) -> Result<M, Trouble> {
    let mut machine = M::default();
    let mut trouble = None;
    disk.scan(ROWS.0, ROWS.1, Order::Rising, &mut |key, value| {
        pulse.fetch_add(1, Ordering::Relaxed);
        let name = key.strip_prefix(b"r/").and_then(|key| std::str::from_utf8(key).ok());
        let loaded = match name {
            Some(name) => machine.load(name, value).map_err(|error| error.to_string()),
            None => Err(format!("row {} has no readable key", String::from_utf8_lossy(key))),
        };
        trouble = loaded.err();
        trouble.is_none()
    })?;
    trouble.map_or(Ok(machine), |what| Err(Trouble::Damage(what)))
}

fn head(disk: &dyn Disk) -> Result<Option<Mark>, Trouble> {
    let Some(bytes) = disk.head()? else { return Ok(None) };
    Ok(Some(parsed("the file `head`", &bytes)?))
}

/// A place that a row names; before the first entry when there is no such row.
pub(crate) fn mark(disk: &dyn Disk, key: &[u8]) -> Result<Mark, Trouble> {
    let Some(bytes) = disk.get(key)? else { return Ok(Mark::START) };
    Ok(parsed(&String::from_utf8_lossy(key), &bytes)?)
}

fn row<T: serde::de::DeserializeOwned>(disk: &dyn Disk, key: &[u8]) -> Result<T, Trouble> {
    let name = String::from_utf8_lossy(key);
    let bytes = disk.get(key)?.ok_or_else(|| format!("{name} is missing"))?;
    Ok(parsed(&name, &bytes)?)
}

/// The format row of this machine's journals.
pub(crate) fn format_row<M: Machine>() -> Vec<u8> {
    json(&format::<M>())
}

pub(crate) fn format<M: Machine>() -> Format {
    Format { journal: M::NAME.to_owned(), format: FORMAT }
}

pub(crate) fn of_this_kind<M: Machine>(bytes: &[u8]) -> Result<(), Trouble> {
    let found: Format = parsed("m/format", bytes)?;
    let expected = format::<M>();
    if found == expected {
        return Ok(());
    }
    let spoken = |format: Format| format!("a {} journal of format {}", format.journal, format.format);
    Err(Trouble::Other { found: spoken(found), expected: spoken(expected) })
}
