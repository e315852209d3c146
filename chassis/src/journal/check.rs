//! Reads a journal back: at a start the rows and the entries after them, for `verify` every entry from the first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use shared::dice::Seed;
use shared::machine::{Machine, Rows};
use shared::model::LabTime;
use shared::wire::common::CutOff;

use super::OpenError;
use super::entry::{CLOCK_ROW, FORMAT, Format, Happening, LabEvent, Mark, NETWORK_ROW, SEED_ROW, SeedHex, Stored, parsed, row_key};
use super::files::{FileError, Files, whole};
use super::folder::Folder;
use super::head::HeadFound;
use super::kind_note;
use super::rows::{Change, Changed, RowStore, RowsBehind, RowsError, Total, read_rows};
use super::segment::{Found, RawRecord, Scan, scan};
use super::segments::{FOLDER, Segment, Segments, found};
use super::sled_rows::SledRows;
use super::state_file::{RowMap, StateFound, read_state};
use crate::clock::ClockState;
use crate::data::{DataDir, DataError};

/// Where a journal is kept: its files, and how its rows are opened.
pub(crate) struct Place {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) rows: RowsOpener,
    /// How long the opening of the rows may stand still before they count as lost.
    pub(crate) patience: Duration,
}

/// Opens the store of rows; none only where it was asked for if it is there, and is not.
pub(crate) type RowsOpener = Arc<dyn Fn(Begin) -> Result<Option<Arc<dyn RowStore>>, RowsError> + Send + Sync>;

/// How a store of rows is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// As it is; nothing is made.
    IfThere,
    /// Emptied, whatever it held.
    Anew,
}

impl Place {
    /// The journal of a data directory.
    pub(crate) fn of(data: &DataDir) -> Self {
        let directory = data.clone();
        let rows: RowsOpener = Arc::new(move |begin| {
            match begin {
                Begin::IfThere if !SledRows::is_there(&directory) => return Ok(None),
                Begin::IfThere => {}
                Begin::Anew => SledRows::discard(&directory)?,
            }
            Ok(Some(Arc::new(SledRows::open(&directory)?) as Arc<dyn RowStore>))
        });
        Self { files: Arc::new(Folder::new(data)), rows, patience: data.patience() }
    }

    /// An empty store of rows.
    pub(crate) fn fresh_rows(&self) -> Result<Arc<dyn RowStore>, Trouble> {
        let opened = (self.rows)(Begin::Anew).and_then(|store| store.ok_or_else(|| RowsError("nothing was opened".to_owned())));
        opened.map_err(|error| Trouble::System(format!("the folder for the rows beside the entries cannot be made: {error}")))
    }
}

/// A machine with the lab around it, as its entries lead to.
#[derive(Default)]
pub(crate) struct World<M> {
    pub(crate) machine: M,
    seed: Option<Seed>,
    clock: Option<ClockState>,
    cut_off: Vec<CutOff>,
}

impl<M: Machine> World<M> {
    /// Takes one row of an earlier run in.
    fn load(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        let name = std::str::from_utf8(key).map_err(|_| format!("the key {} is no text", String::from_utf8_lossy(key)))?;
        match key {
            SEED_ROW => self.seed = Some(parsed::<SeedHex>(name, value)?.0),
            CLOCK_ROW => self.clock = Some(parsed(name, value)?),
            NETWORK_ROW => self.cut_off = parsed(name, value)?,
            _ => match name.strip_prefix("r/") {
                Some(key) => self.machine.load(key, value).map_err(|error| error.to_string())?,
                None => return Err(format!("a row {name} is not known here")),
            },
        }
        Ok(())
    }

    pub(crate) fn from_rows(rows: &RowMap) -> Result<Self, String> {
        let mut world = Self::default();
        rows.iter().try_for_each(|(key, value)| world.load(key, value))?;
        Ok(world)
    }

    /// Takes one entry in; says which rows it changes.
    pub(crate) fn apply(&mut self, entry: &Stored<M::Event>) -> Vec<Change> {
        match &entry.event {
            Happening::Lab(event) => {
                match event {
                    LabEvent::Seeded { seed } => self.seed = Some(seed.0),
                    LabEvent::Clock { state, .. } => self.clock = Some(*state),
                    LabEvent::Network { cut_off } => self.cut_off.clone_from(cut_off),
                    LabEvent::Lost => {}
                }
                event.row().into_iter().collect()
            }
            Happening::Machine(event) => {
                let mut rows = Rows::new(entry.seq);
                self.machine.apply(event, entry.at, &mut rows);
                rows.changed().rows.into_iter().map(|(key, value)| (row_key(&key), value)).collect()
            }
        }
    }
}

/// What an earlier run left.
pub(crate) struct Restored<M> {
    pub(crate) machine: M,
    pub(crate) last: Mark,
    /// The moment of the last entry.
    pub(crate) at: LabTime,
    /// The latest lab time that anybody was shown, as far as is known.
    pub(crate) shown: LabTime,
    pub(crate) seed: Seed,
    pub(crate) clock: ClockState,
    pub(crate) cut_off: Vec<CutOff>,
    pub(crate) segments: Segments,
    pub(crate) rows: RowsBehind,
    /// Rows that the entries behind them lead to, still to be written.
    pub(crate) changed: Changed,
}

/// Reads what is needed for a start; none when there is no journal yet.
///
/// Mends what can be mended without a loss: the other copy of a header, rows that are not believed, the unfinished end that a
/// kill or a power cut leaves.
pub(crate) fn start<M: Machine>(place: &Place, length: u64) -> Result<Option<Restored<M>>, Trouble> {
    let files = place.files.as_ref();
    let segments = found(files, M::NAME, true)?;
    let head = HeadFound::read(files)?;
    if segments.is_empty() {
        return nothing_there(files, head).map(|()| None);
    }
    if head.known().is_none() {
        tracing::warn!(
            journal.directory = FOLDER,
            "the file `head` is missing or damaged: that the last entries are there cannot be checked; it is written anew"
        );
    }
    let state = read_state(files, M::NAME)?;
    pruned_entries_are_accounted_for(&segments, &state)?;
    let kept = kept_rows::<M>(place);
    let (mut basis, mut store) = basis(&segments, state, kept)?;
    let mut changed = BTreeMap::new();
    let mut at = LabTime::from_unix(i64::MIN);
    let mut shown = head.known().map_or(at, |head| head.at);
    let walked = loop {
        let flushed = Evidence { head, rows: basis.from_rows.map_or(0, |_| basis.after.seq) };
        let after = basis.after;
        let seen = |_: Mark, _: &[u8], entry: Stored<M::Event>| {
            at = entry.at;
            shown = shown.max(match &entry.event {
                Happening::Lab(LabEvent::Clock { shows, .. }) => *shows,
                Happening::Lab(_) | Happening::Machine(_) => entry.at,
            });
            if entry.seq > after.seq {
                changed.extend(basis.world.apply(&entry));
            }
        };
        match follow::<M>(files, &segments, after, flushed, seen) {
            Err(Trouble::Elsewhere(_)) if basis.from_rows.is_some() => {
                // Rows of another history than the entries': a folder that was put here, say.
                rows_are_made_anew("they do not belong to these entries");
                (basis, store) = without_rows(&segments, read_state(files, M::NAME)?)?;
                changed.clear();
            }
            outcome => break outcome?,
        }
    };
    head_is_reached(head, walked.last)?;
    if walked.last == Mark::START {
        // A first start that was cut off before its first entries were on disk.
        files.remove(&walked.name)?;
        return Ok(None);
    }
    if let Some(unfinished) = &walked.unfinished {
        tracing::warn!(
            journal.after = walked.last.seq,
            journal.bytes = unfinished.bytes.len(),
            "the journal ends in a group that was not finished; nothing of it was answered, and it is left out"
        );
        files.write_at(&unfinished.name, unfinished.at as u64, &vec![0; unfinished.bytes.len()])?;
    }
    // What a process wrote that was killed before it could flush is read here, and may not be on the device yet: nobody is answered
    // from it before it is. Segments before the last one were flushed when that was begun.
    files.sync(&walked.name)?;
    let rows = match (basis.from_rows, store) {
        (Some(total), Some(store)) => RowsBehind::new(store, total),
        _ => {
            // Made anew: what the base had comes first, then what changed.
            let mut all: BTreeMap<_, _> = basis.rows.into_iter().map(|(key, value)| (key, Some(value))).collect();
            all.extend(changed);
            changed = all;
            RowsBehind::new(place.fresh_rows()?, Total::default())
        }
    };
    let bytes = whole(files, &walked.name)?.unwrap_or_default();
    let scanned = scan(&bytes, walked.base);
    let segments = Segments::go_on(Arc::clone(&place.files), M::NAME, length, segments, &scanned, walked.end)?;
    let World { machine, seed, clock, cut_off } = basis.world;
    let seed = seed.ok_or_else(|| Trouble::Damage("no entry and no row tells the seed of the dice".to_owned()))?;
    let clock = clock.ok_or_else(|| Trouble::Damage("no entry and no row tells how the clock goes".to_owned()))?;
    Ok(Some(Restored { machine, last: walked.last, at, shown, seed, clock, cut_off, segments, rows, changed }))
}

/// There are no entries: either the directory is new, or something is gone.
fn nothing_there(files: &dyn Files, head: HeadFound) -> Result<(), Trouble> {
    let folder = files.list(FOLDER)?;
    if folder.iter().any(|name| name == "conf" || name == "db") {
        return Err(Trouble::Other {
            found: "a journal of format 1, of an earlier version".to_owned(),
            expected: format!(
                "one of format {FORMAT}; write it out with `journal export` of that version and read it into a new directory with `journal import` of this one"
            ),
        });
    }
    match head {
        HeadFound::There(head) => Err(Trouble::Gone(format!("entry {} was on disk before", head.mark.seq))),
        HeadFound::Damaged => Err(Trouble::Gone("there is a file `head`, though a damaged one".to_owned())),
        HeadFound::Missing if kind_note::is_noted(files)? => Err(Trouble::Gone(format!("the file {} says so", kind_note::NOTE))),
        HeadFound::Missing => Ok(()),
    }
}

/// Entries are missing at the beginning only where they were pruned, and then a state file says what they led to.
fn pruned_entries_are_accounted_for(segments: &[Segment], state: &StateFound) -> Result<(), Trouble> {
    let base = segments.first().map_or(0, |first| first.base.seq);
    match state {
        StateFound::There { after, .. } if after.seq < base => {
            Err(Trouble::Damage(format!("the entries {} to {base} are missing", after.seq + 1)))
        }
        StateFound::Missing if base > 0 => Err(Trouble::Damage(format!("the entries 1 to {base} are missing, and were not pruned"))),
        StateFound::Missing | StateFound::Damaged(_) | StateFound::There { .. } => Ok(()),
    }
}

/// What a start goes on from.
struct Basis<M> {
    world: World<M>,
    after: Mark,
    /// The rows of `world` where they did not come from the store of rows.
    rows: RowMap,
    /// The total of the store of rows, where they came from there.
    from_rows: Option<Total>,
}

type RowsThere<M> = (World<M>, Mark, Total, Arc<dyn RowStore>);

#[expect(clippy::type_complexity, reason = "one use, taken apart at once")]
fn basis<M: Machine>(
    segments: &[Segment],
    state: StateFound,
    kept: Result<Option<RowsThere<M>>, String>,
) -> Result<(Basis<M>, Option<Arc<dyn RowStore>>), Trouble> {
    let base = segments.first().map_or(0, |first| first.base.seq);
    match kept {
        Ok(Some((world, after, total, store))) if after.seq >= base => {
            return Ok((Basis { world, after, rows: RowMap::new(), from_rows: Some(total) }, Some(store)));
        }
        Ok(Some(_)) => rows_are_made_anew("they are older than the entries that are kept"),
        Ok(None) => {}
        Err(why) => rows_are_made_anew(&why),
    }
    without_rows(segments, state)
}

#[expect(clippy::type_complexity, reason = "the other half of the function above")]
fn without_rows<M: Machine>(segments: &[Segment], state: StateFound) -> Result<(Basis<M>, Option<Arc<dyn RowStore>>), Trouble> {
    let (after, rows) = origin(segments, state)?;
    let world = World::from_rows(&rows)?;
    Ok((Basis { world, after, rows, from_rows: None }, None))
}

/// The place and the rows from which entries can be replayed without the store of rows.
pub(crate) fn origin(segments: &[Segment], state: StateFound) -> Result<(Mark, RowMap), Trouble> {
    let base = segments.first().map_or(Mark::START, |first| first.base);
    match state {
        StateFound::There { after, rows } => Ok((after, rows)),
        StateFound::Missing | StateFound::Damaged(_) if base == Mark::START => Ok((base, RowMap::new())),
        StateFound::Missing => Err(Trouble::Damage(format!("the entries 1 to {} are missing, and so is what they led to", base.seq))),
        StateFound::Damaged(name) => Err(Trouble::Damage(format!(
            "the file {name}, which says what the pruned entries had led to, is damaged, and so are the rows that said it too"
        ))),
    }
}

fn rows_are_made_anew(why: &str) {
    tracing::warn!(
        journal.reason = why,
        "the rows beside the entries are not believed; they are made anew from the entries, and nothing is lost"
    );
}

/// The machine that the rows tell; none where there are no rows yet. On a thread of its own under a time limit, since a damaged
/// store may hang.
fn kept_rows<M: Machine>(place: &Place) -> Result<Option<RowsThere<M>>, String> {
    let (tell, told) = mpsc::channel();
    let open = Arc::clone(&place.rows);
    let read = move || {
        let alive = tell.clone();
        let outcome = (|| {
            let Some(store) = open(Begin::IfThere).map_err(|error| error.0)? else { return Ok(None) };
            let (mut world, mut rows) = (World::<M>::default(), 0u32);
            let read = read_rows(store.as_ref(), |key, value| {
                rows = rows.wrapping_add(1);
                if rows.is_multiple_of(ROWS_A_SIGN) {
                    // Nobody may be listening any more.
                    let _ = alive.send(None);
                }
                world.load(key, value)
            });
            Ok(read?.map(|(after, total)| (world, after, total, store)))
        })();
        let _ = tell.send(Some(outcome));
    };
    let thread = std::thread::Builder::new().name("journal-rows".to_owned()).spawn(read).map_err(|error| error.to_string())?;
    loop {
        match told.recv_timeout(place.patience) {
            Ok(None) => {}
            Ok(Some(outcome)) => {
                let _ = thread.join();
                return outcome;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err("reading them ended without a word".to_owned()),
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(format!("reading them stood still for {} s", place.patience.as_secs())),
        }
    }
}

/// What shows that entries had been flushed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) head: HeadFound,
    /// The last entry that the rows contain.
    pub(crate) rows: u64,
}

impl Evidence {
    /// Whether entry `seq`, with which a broken end begins, had been flushed, and so may have been answered.
    pub(crate) fn shows(&self, seq: u64) -> Option<bool> {
        if self.rows >= seq {
            return Some(true);
        }
        self.head.known().map(|head| head.mark.seq >= seq)
    }
}

/// Where a walk over entries ended.
#[derive(Debug)]
pub(crate) struct Walked {
    /// The last entry.
    pub(crate) last: Mark,
    /// The file it ended in, that file's base, and where the next frame goes in it.
    pub(crate) name: String,
    pub(crate) base: u64,
    pub(crate) end: usize,
    /// What stood behind the last whole group and was never flushed.
    pub(crate) unfinished: Option<Unfinished>,
}

/// A group that a kill or a power cut left behind unfinished.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) bytes: Vec<u8>,
}

/// Walks the entries from the file that holds `from` on, checks number, checksum and chain of each, and shows all of them.
pub(crate) fn follow<M: Machine>(
    files: &dyn Files,
    segments: &[Segment],
    from: Mark,
    evidence: Evidence,
    mut each: impl FnMut(Mark, &[u8], Stored<M::Event>),
) -> Result<Walked, Trouble> {
    let begin = segments.partition_point(|segment| segment.base.seq < from.seq).saturating_sub(1);
    let head = evidence.head.known().map(|head| head.mark);
    let mut walked: Option<Walked> = None;
    for (at, segment) in segments.iter().enumerate().skip(begin) {
        let bytes = whole(files, &segment.name)?.unwrap_or_default();
        let scan = scan(&bytes, segment.base.seq);
        let until = segments.get(at + 1).map(|next| next.base);
        let mut place = walked.as_ref().map_or(segment.base, |walked| walked.last);
        if place != segment.base {
            return Err(changed(segment.base.seq));
        }
        check_place(place, from, head)?;
        let cut = until.is_none().then(|| unfinished(&scan, place, evidence)).transpose()?.flatten();
        for frame in scan.frames.iter().filter(|frame| cut.is_none_or(|cut| frame.at < cut)) {
            for (seq, (_, record)) in (frame.first..).zip(&frame.records) {
                let next = link(place, seq, *record, from);
                match (next, record) {
                    (Ok(next), Some(record)) => {
                        place = next;
                        check_place(place, from, head)?;
                        each(place, record.entry, read_entry::<M>(seq, record.entry)?);
                    }
                    (Ok(next), None) => place = next,
                    (Err(trouble), _) => return Err(trouble),
                }
            }
        }
        if let Some(until) = until
            && place != until
        {
            let (first, last) = (place.seq + 1, until.seq);
            return Err(if place.seq == last { changed(last) } else { Trouble::Damage(spoken_range(first, last, "missing or damaged")) });
        }
        let cut_off = cut.map(|at| Unfinished { name: segment.name.clone(), at, bytes: bytes.get(at..).unwrap_or_default().to_vec() });
        walked = Some(Walked {
            last: place,
            name: segment.name.clone(),
            base: segment.base.seq,
            end: cut.unwrap_or(scan.end),
            unfinished: cut_off,
        });
    }
    let walked = walked.ok_or_else(|| Trouble::Damage("there are no entries".to_owned()))?;
    if from.seq > walked.last.seq {
        return Err(lost(walked.last.seq, from.seq));
    }
    Ok(walked)
}

/// The place after entry `seq`. What is damaged before `from` costs those entries and nothing else: what they led to is known.
fn link(place: Mark, seq: u64, record: Option<RawRecord<'_>>, from: Mark) -> Result<Mark, Trouble> {
    let next = record.map(|record| place.next(record.entry));
    let follows = seq == place.seq + 1 && next.zip(record).is_some_and(|(next, record)| next.chain == record.chain);
    if let Some(next) = next.filter(|_| follows) {
        return Ok(next);
    }
    let what = match record {
        _ if seq != place.seq + 1 => spoken_range(place.seq + 1, seq - 1, "missing or damaged"),
        Some(_) => format!("entry {seq} was changed: its checksum does not follow from the one before"),
        None => spoken_range(seq, seq, "damaged"),
    };
    if seq > from.seq {
        return Err(Trouble::Damage(what));
    }
    tracing::warn!(
        journal.damage = what,
        "old entries are damaged: what they led to is known, so the service goes on, but answers that show them fail; stop the service and mend them with `journal repair`"
    );
    let unknown = if seq == from.seq { from.chain } else { place.chain };
    Ok(Mark { seq, chain: record.map_or(unknown, |record| record.chain) })
}

/// What is named by number elsewhere has to be the entry that stands here.
fn check_place(place: Mark, from: Mark, head: Option<Mark>) -> Result<(), Trouble> {
    if place.seq == from.seq && place.chain != from.chain {
        return Err(Trouble::Elsewhere(place.seq));
    }
    match head {
        Some(head) if head.seq == place.seq && head.chain != place.chain => {
            Err(Trouble::Damage(format!("entry {} is another one than the file `head` says it was", place.seq)))
        }
        Some(_) | None => Ok(()),
    }
}

/// Where the unfinished end of the last file begins; none where the file ends as it should. An error where what is broken there
/// had been flushed, or may have been.
fn unfinished(scan: &Scan<'_>, base: Mark, evidence: Evidence) -> Result<Option<usize>, Trouble> {
    let next = scan.frames.last().map_or(base.seq + 1, Found::next);
    let broken = if scan.rest {
        Some((scan.end, next))
    } else {
        // A whole group behind a broken one was flushed after it.
        scan.frames.last().filter(|frame| !frame.is_whole()).map(|frame| (frame.at, frame.first))
    };
    let Some((at, first)) = broken else { return Ok(None) };
    if scan.rest && scan.frames.last().is_some_and(|frame| !frame.is_whole()) {
        // Two broken groups in a row: only the last one can have been under way.
        return Ok(None);
    }
    match evidence.shows(first) {
        Some(false) => Ok(Some(at)),
        Some(true) if scan.rest => Err(Trouble::Damage(spoken_range(first, first, "damaged, with what follows it"))),
        // Told entry by entry.
        Some(true) => Ok(None),
        None => Err(Trouble::Damage(format!(
            "its end, from entry {first} on, is damaged or unfinished, and without the file `head` nobody knows whether it had been answered"
        ))),
    }
}

fn head_is_reached(head: HeadFound, last: Mark) -> Result<(), Trouble> {
    match head.known() {
        Some(head) if head.mark.seq > last.seq => Err(lost(last.seq, head.mark.seq)),
        Some(_) | None => Ok(()),
    }
}

fn read_entry<M: Machine>(seq: u64, bytes: &[u8]) -> Result<Stored<M::Event>, Trouble> {
    let entry: Stored<M::Event> = parsed(&format!("entry {seq}"), bytes)?;
    if entry.seq == seq { Ok(entry) } else { Err(Trouble::Damage(format!("entry {seq} says that it is entry {}", entry.seq))) }
}

fn changed(seq: u64) -> Trouble {
    Trouble::Damage(format!("entry {seq} was changed: its checksum does not follow from the one before"))
}

fn lost(last: u64, known: u64) -> Trouble {
    Trouble::Damage(format!("it ends with entry {last}, but entry {known} was on disk before: the entries between are lost"))
}

fn spoken_range(first: u64, last: u64, what: &str) -> String {
    if last <= first { format!("entry {first} is {what}") } else { format!("the entries {first} to {last} are {what}") }
}

/// What a whole check found; it found no damage to entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first entry that is still kept; 1 when there is none.
    pub first: u64,
    /// The last entry; 0 when there is none.
    pub last: u64,
    /// The chained SHA-256 of the last entry, hex.
    pub chain: String,
    /// How the rows beside the entries stand.
    pub rows: RowsFound,
    /// How many bytes of a group that was never finished stand at the end; the next start leaves them out.
    pub unfinished: u64,
    /// What else the next start will mend by itself.
    pub notes: Vec<String>,
}

/// How the rows beside the entries stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsFound {
    /// They are what a replay of all events gives, up to this entry; the next start replays what comes after.
    Same(u64),
    /// There are none; the next start makes them anew.
    None,
    /// They cannot be used, for this reason; the next start makes them anew.
    Unusable(String),
}

impl std::fmt::Display for Verified {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.last == 0 {
            return formatter.write_str("there is no journal yet");
        }
        write!(formatter, "whole: entries {} to {}, chain {}", self.first, self.last, self.chain)?;
        match &self.rows {
            RowsFound::Same(through) if *through == self.last => {
                write!(formatter, "; a replay of all events gives the rows that are stored")?
            }
            RowsFound::Same(through) => write!(formatter, "; a replay gives the rows that are stored, up to entry {through}")?,
            RowsFound::None => write!(formatter, "; there are no rows beside them: the next start makes them anew")?,
            RowsFound::Unusable(why) => write!(formatter, "; the rows beside them cannot be used ({why}): the next start makes them anew")?,
        }
        if self.unfinished > 0 {
            write!(
                formatter,
                "; {} bytes of a group that was never finished stand behind them: the next start leaves them out",
                self.unfinished
            )?;
        }
        self.notes.iter().try_for_each(|note| write!(formatter, "; {note}"))
    }
}

/// Checks the whole journal in `data`: every entry, its chain, the head file, and the rows against a replay of all events.
/// Changes nothing.
pub fn verify<M: Machine>(data: &DataDir) -> Result<Verified, OpenError> {
    verify_at::<M>(&Place::of(data)).map_err(|trouble| trouble.in_directory(data.path()))
}

/// The same over another place.
pub(crate) fn verify_at<M: Machine>(place: &Place) -> Result<Verified, Trouble> {
    let files = place.files.as_ref();
    let segments = found(files, M::NAME, false)?;
    let head = HeadFound::read(files)?;
    if segments.is_empty() {
        nothing_there(files, head)?;
        let chain = Mark::START.chain.to_string();
        return Ok(Verified { first: 1, last: 0, chain, rows: RowsFound::None, unfinished: 0, notes: Vec::new() });
    }
    let mut notes = Vec::new();
    if head.known().is_none() {
        notes.push("the file `head` is missing or damaged: that the last entries are there cannot be checked".to_owned());
    }
    let state = read_state(files, M::NAME)?;
    pruned_entries_are_accounted_for(&segments, &state)?;
    let kept = stored_rows(place);
    let (after, mut rows) = origin(&segments, state)?;
    let mut world = World::<M>::from_rows(&rows)?;
    let through = kept.as_ref().ok().and_then(|kept| kept.as_ref().map(|(mark, _)| *mark));
    let mut told = None;
    let mut compare = |at: u64, rows: &RowMap| {
        if let (Ok(Some((mark, stored))), None) = (&kept, &told)
            && mark.seq == at
        {
            told = Some(difference(stored, rows));
        }
    };
    compare(after.seq, &rows);
    let base = segments.first().map_or(Mark::START, |first| first.base);
    let evidence = Evidence { head, rows: through.map_or(0, |mark| mark.seq) };
    let walked = follow::<M>(files, &segments, base, evidence, |_, _, entry| {
        if entry.seq > after.seq {
            for (key, value) in world.apply(&entry) {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
            compare(entry.seq, &rows);
        }
    })?;
    head_is_reached(head, walked.last)?;
    let rows = match (kept, told) {
        (Err(why), _) => RowsFound::Unusable(why),
        (Ok(None), _) => RowsFound::None,
        (Ok(Some((mark, _))), None) if mark.seq > walked.last.seq => return Err(lost(walked.last.seq, mark.seq)),
        (Ok(Some(_)), None) => RowsFound::Unusable("they are older than what the entries can be replayed from".to_owned()),
        (Ok(Some(_)), Some(Some(key))) => return Err(Trouble::Damage(format!("the row {key} is not what the entries lead to"))),
        (Ok(Some((mark, _))), Some(None)) => RowsFound::Same(mark.seq),
    };
    let unfinished = walked.unfinished.map_or(0, |cut| cut.bytes.len() as u64);
    Ok(Verified { first: base.seq + 1, last: walked.last.seq, chain: walked.last.chain.to_string(), rows, unfinished, notes })
}

/// All rows that are stored, and up to which entry they go.
pub(crate) fn stored_rows(place: &Place) -> Result<Option<(Mark, RowMap)>, String> {
    let (tell, told) = mpsc::channel();
    let open = Arc::clone(&place.rows);
    let read = move || {
        let outcome = (|| {
            let Some(store) = open(Begin::IfThere).map_err(|error| error.0)? else { return Ok(None) };
            let mut rows = RowMap::new();
            let through = read_rows(store.as_ref(), |key, value| {
                rows.insert(key.to_vec(), value.to_vec());
                Ok(())
            })?;
            Ok(through.map(|(mark, _)| (mark, rows)))
        })();
        let _ = tell.send(outcome);
    };
    let thread = std::thread::Builder::new().name("journal-rows".to_owned()).spawn(read).map_err(|error| error.to_string())?;
    match told.recv_timeout(place.patience) {
        Ok(outcome) => {
            let _ = thread.join();
            outcome
        }
        Err(_) => Err(format!("reading them stood still for {} s", place.patience.as_secs())),
    }
}

/// The first key under which two sets of rows differ.
fn difference(stored: &RowMap, expected: &RowMap) -> Option<String> {
    let other = |key: &&Vec<u8>| stored.get(*key) != expected.get(*key);
    stored.keys().chain(expected.keys()).find(other).map(|key| String::from_utf8_lossy(key).into_owned())
}

/// What reading a journal can run into, before its directory is known.
#[derive(Debug)]
pub(crate) enum Trouble {
    Damage(String),
    /// An entry is another one than what was to be gone on from says.
    Elsewhere(u64),
    /// There is no journal, though there was one.
    Gone(String),
    Other {
        found: String,
        expected: String,
    },
    NotEmpty,
    BadExport {
        line: u64,
        what: String,
    },
    File(FileError),
    /// The machine gave no thread, no randomness or no room.
    System(String),
}

impl Trouble {
    /// What was found, without the directory.
    pub(crate) fn in_words(self) -> String {
        match self {
            Trouble::Damage(what) | Trouble::Gone(what) | Trouble::System(what) | Trouble::BadExport { what, .. } => what,
            Trouble::Elsewhere(seq) => format!("entry {seq} is another one than the rows or the state file beside the entries say"),
            Trouble::Other { found, .. } => format!("it is {found}"),
            Trouble::NotEmpty => "it is there already".to_owned(),
            Trouble::File(error) => error.to_string(),
        }
    }

    pub(crate) fn in_directory(self, directory: &std::path::Path) -> OpenError {
        let directory = directory.to_owned();
        match self {
            Trouble::Damage(what) => OpenError::Damaged { directory, what },
            Trouble::Elsewhere(seq) => OpenError::Damaged {
                directory,
                what: format!("entry {seq} is another one than the rows or the state file beside the entries say"),
            },
            Trouble::Gone(what) => OpenError::Gone { directory, what },
            Trouble::Other { found, expected } => OpenError::Other { directory, found, expected },
            Trouble::System(what) => OpenError::System(what),
            Trouble::NotEmpty => OpenError::NotEmpty(directory),
            Trouble::BadExport { line, what } => OpenError::BadExport { line, what },
            Trouble::File(error) => {
                let path = directory.join(&error.name);
                OpenError::Data(DataError::Io { path, error: std::io::Error::new(error.kind, error.reason) })
            }
        }
    }
}

impl From<FileError> for Trouble {
    fn from(error: FileError) -> Self {
        Trouble::File(error)
    }
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Trouble::Damage(what)
    }
}

/// The kind of this machine's journals.
pub(crate) fn format<M: Machine>() -> Format {
    Format { journal: M::NAME.to_owned(), format: FORMAT }
}

const ROWS_A_SIGN: u32 = 1024;
