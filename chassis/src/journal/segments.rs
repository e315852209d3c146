//! The segment files of a journal: found at a start, written to by the flusher, read entry by entry and list by list, and
//! removed from the front when entries are pruned.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::check::Trouble;
use super::entry::{CODEC, FORMAT, Format, Mark};
use super::files::{FileError, Files};
use super::segment::{Frame, HEADER_BYTES, Header, HeaderTrouble, RECORD_HEAD, RawRecord, Scan, record_length, scan};

/// A segment as its header and its name tell.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) base: Mark,
}

/// The segments of a journal in order, checked against each other; none where there is no journal.
///
/// With `mend` the copy of a header that is damaged is written anew from the other one.
pub(crate) fn found(files: &dyn Files, journal: &str, mend: bool) -> Result<Vec<Segment>, Trouble> {
    let mut segments: Vec<Segment> = Vec::new();
    for (name, first) in names(files)? {
        let begins = files.read_at(&name, 0, HEADER_BYTES as usize)?;
        let (header, both) = Header::read(&begins).map_err(|trouble| header_trouble(&name, trouble, journal))?;
        of_this_kind(&header, journal)?;
        if header.base.seq + 1 != first {
            return Err(Trouble::Damage(format!(
                "the file {name} holds what follows entry {}, which its name does not say",
                header.base.seq
            )));
        }
        if let Some(last) = segments.last().filter(|last| last.base.seq != header.before) {
            let (from, to) = (last.base.seq + 1, header.base.seq);
            return Err(Trouble::Damage(format!("a file of entries between {from} and {to} is missing in front of {name}")));
        }
        if !both && mend {
            tracing::warn!(journal.file = name, "one of the two copies of the file's header was damaged; it is written anew");
            files.write_at(&name, 0, &header.bytes())?;
            files.sync(&name)?;
        }
        segments.push(Segment { name, base: header.base });
    }
    Ok(segments)
}

/// The names of the segment files and the first entry of each, in order.
pub(crate) fn names(files: &dyn Files) -> Result<Vec<(String, u64)>, FileError> {
    let names = files.list(FOLDER)?;
    Ok(names.iter().filter_map(|name| Some((format!("{FOLDER}/{name}"), name.strip_suffix(ENDING)?.parse().ok()?))).collect())
}

fn header_trouble(name: &str, trouble: HeaderTrouble, journal: &str) -> Trouble {
    match trouble {
        HeaderTrouble::Damaged => Trouble::Damage(format!("the beginning of the file {name} is damaged")),
        HeaderTrouble::Other { format, codec } => Trouble::Other {
            found: format!("a journal of format {format}, entries of codec {codec}"),
            expected: format!("a {journal} journal of format {FORMAT}, entries of codec {CODEC}"),
        },
    }
}

fn of_this_kind(header: &Header, journal: &str) -> Result<(), Trouble> {
    if header.journal == journal {
        return Ok(());
    }
    let spoken = |journal: &str| Format { journal: journal.to_owned(), format: FORMAT }.to_string();
    Err(Trouble::Other { found: spoken(&header.journal), expected: spoken(journal) })
}

/// Where each entry of a segment lies, and what lists it is on.
#[derive(Debug, Default)]
struct Index {
    /// From the entry after the base on; none for an entry that is damaged.
    places: Vec<Option<u32>>,
    /// Entries by list, as their distance from the base, rising.
    lists: BTreeMap<String, Vec<u32>>,
    /// Damaged entries: on which lists they were nobody knows, so a page of any list meets them.
    damaged: Vec<u32>,
}

/// The lists of an entry; what else it holds is passed over.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    lists: Vec<String>,
}

impl Index {
    fn of(scan: &Scan<'_>, base: u64) -> Self {
        let mut index = Self::default();
        for frame in &scan.frames {
            while base + 1 + (index.places.len() as u64) < frame.first {
                index.push_damaged();
            }
            for (at, record) in &frame.records {
                let lists = record.and_then(|record| serde_json::from_slice::<Listed>(record.entry).ok());
                match lists {
                    Some(Listed { lists }) => index.push(u32::try_from(*at).unwrap_or(u32::MAX), lists.iter().map(String::as_str)),
                    None => index.push_damaged(),
                }
            }
        }
        index
    }

    fn push<'a>(&mut self, at: u32, lists: impl Iterator<Item = &'a str>) {
        self.places.push(Some(at));
        let distance = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        for list in lists {
            match self.lists.get_mut(list) {
                Some(numbers) => numbers.push(distance),
                None => drop(self.lists.insert(list.to_owned(), vec![distance])),
            }
        }
    }

    fn push_damaged(&mut self) {
        self.places.push(None);
        self.damaged.push(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
    }

    /// Entries of a list that are older than `before`, newest first.
    fn listed(&self, name: &str, base: u64, before: u64) -> impl Iterator<Item = u64> {
        let older = move |numbers: &[u32]| {
            let end = numbers.partition_point(|distance| base + u64::from(*distance) < before);
            numbers.get(..end).unwrap_or_default().to_vec()
        };
        let mut numbers = self.lists.get(name).map(|numbers| older(numbers)).unwrap_or_default();
        if !self.damaged.is_empty() {
            numbers.extend(older(&self.damaged));
            numbers.sort_unstable();
        }
        numbers.into_iter().rev().map(move |distance| base + u64::from(distance))
    }
}

/// Why an entry could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadTrouble {
    /// The entry of this number is damaged.
    Damaged(u64),
    /// The file could not be read.
    File(FileError),
}

impl From<FileError> for ReadTrouble {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// Numbers of entries on a list, newest first.
pub(crate) struct Numbers {
    pub(crate) seqs: Vec<u64>,
    /// Go on before this entry; none at the end of the list.
    pub(crate) next: Option<u64>,
}

/// The segments of a running journal.
pub(crate) struct Segments {
    files: Arc<dyn Files>,
    journal: &'static str,
    /// How long a new file is made.
    length: u64,
    state: Mutex<State>,
}

struct State {
    /// Rising; the last one is written to.
    segments: Vec<Segment>,
    /// Where the next frame goes in the last one, and how long that is.
    end: u64,
    length: u64,
    open: Index,
    /// Indexes of others that were asked for, by base, with the turn of their last use.
    known: BTreeMap<u64, (u64, Arc<Index>)>,
    turn: u64,
    /// A file made in advance, of this length.
    spare: Option<u64>,
}

impl Segments {
    /// Begins a journal behind entry `base` with an empty first segment.
    pub(crate) fn begin(files: Arc<dyn Files>, journal: &'static str, length: u64, base: Mark) -> Result<Self, FileError> {
        let segments = Self { files, journal, length, state: Mutex::new(State::new(Vec::new(), 0, 0, Index::default())) };
        segments.roll(base, 0)?;
        Ok(segments)
    }

    /// Goes on with segments whose last one was scanned: what lies behind `end` is overwritten.
    pub(crate) fn go_on(
        files: Arc<dyn Files>,
        journal: &'static str,
        length: u64,
        segments: Vec<Segment>,
        last: &Scan<'_>,
        end: usize,
    ) -> Result<Self, FileError> {
        let (mut open, mut long) = (Index::default(), 0);
        if let Some(segment) = segments.last() {
            let frames = last.frames.iter().filter(|frame| frame.at < end).cloned().collect();
            open = Index::of(&Scan { frames, end, rest: false }, segment.base.seq);
            long = files.length(&segment.name)?.unwrap_or_default();
        }
        // What was being made for later is made again when it is wanted.
        [SPARE, MADE, NEXT].into_iter().try_for_each(|name| files.remove(name))?;
        Ok(Self { files, journal, length, state: Mutex::new(State::new(segments, end as u64, long, open)) })
    }

    /// Writes frames behind what is there, and flushes them. Their entries follow on each other and on `last`.
    pub(crate) fn append(&self, mut last: Mark, frames: &[Frame]) -> Result<(), FileError> {
        let mut touched: Vec<String> = Vec::new();
        let mut placed = Vec::with_capacity(frames.len());
        for frame in frames {
            if !self.has_room(frame.length()) {
                self.sync(&mut touched)?;
                self.settle(&mut placed);
                self.roll(last, HEADER_BYTES + frame.length())?;
            }
            let (name, at) = self.place(frame.length());
            let head = frame.head();
            self.files.write_at(&name, at, &[head.as_slice(), &frame.records].concat())?;
            placed.push((frame, at + head.len() as u64));
            if touched.last() != Some(&name) {
                touched.push(name);
            }
            last = frame.last;
        }
        self.sync(&mut touched)?;
        self.settle(&mut placed);
        Ok(())
    }

    fn has_room(&self, length: u64) -> bool {
        let state = self.state();
        state.end + length <= state.length
    }

    /// The file and the place in it for the next `length` bytes.
    fn place(&self, length: u64) -> (String, u64) {
        let mut state = self.state();
        let at = state.end;
        state.end += length;
        (state.segments.last().map(|segment| segment.name.clone()).unwrap_or_default(), at)
    }

    fn sync(&self, touched: &mut Vec<String>) -> Result<(), FileError> {
        touched.drain(..).try_for_each(|name| self.files.sync(&name))
    }

    /// Entries can be read once they are on disk.
    fn settle(&self, placed: &mut Vec<(&Frame, u64)>) {
        let mut state = self.state();
        for (frame, body) in placed.drain(..) {
            for (at, lists) in &frame.places {
                let at = u32::try_from(body + u64::from(*at)).unwrap_or(u32::MAX);
                state.open.push(at, lists.iter().copied());
            }
        }
    }

    /// Goes over to a new segment, which begins after entry `base` and is at least `needed` bytes long.
    fn roll(&self, base: Mark, needed: u64) -> Result<(), FileError> {
        let wanted = self.length.max(needed);
        let (before, spare) = {
            let mut state = self.state();
            let spare = state.spare.take_if(|spare| *spare >= wanted);
            if spare.is_some() {
                self.files.rename(SPARE, NEXT)?;
            }
            (state.segments.last().map_or(base.seq, |last| last.base.seq), spare)
        };
        if spare.is_none() {
            self.files.create(NEXT, wanted)?;
        }
        let header = Header { journal: self.journal.to_owned(), base, before };
        self.files.write_at(NEXT, 0, &header.bytes())?;
        self.files.sync(NEXT)?;
        let name = name_of(base.seq + 1);
        self.files.rename(NEXT, &name)?;
        let mut state = self.state();
        let open = std::mem::take(&mut state.open);
        if let Some(done) = state.segments.last().map(|last| last.base.seq) {
            state.keep(done, Arc::new(open));
        }
        state.segments.push(Segment { name, base });
        state.end = HEADER_BYTES;
        state.length = spare.unwrap_or(wanted);
        Ok(())
    }

    /// Makes the next file in advance where the present one is half full, so that nobody has to wait for it.
    pub(crate) fn prepare(&self) -> Result<(), FileError> {
        let wanted = {
            let state = self.state();
            state.spare.is_none() && state.end > state.length / 2
        };
        if wanted {
            self.files.create(MADE, self.length)?;
            self.files.rename(MADE, SPARE)?;
            self.state().spare = Some(self.length);
        }
        Ok(())
    }

    /// The entry before the first one that is kept.
    pub(crate) fn base(&self) -> Mark {
        self.state().segments.first().map_or(Mark::START, |segment| segment.base)
    }

    /// The bytes of an entry; none where it was pruned.
    pub(crate) fn entry(&self, seq: u64) -> Result<Option<Vec<u8>>, ReadTrouble> {
        let Some((segment, last)) = self.segment_of(seq) else { return Ok(None) };
        // What cannot be read may have been pruned while it was looked for.
        self.entry_in(&segment, last, seq).map(Some).or_else(|trouble| if self.has(&segment) { Err(trouble) } else { Ok(None) })
    }

    fn entry_in(&self, segment: &Segment, last: bool, seq: u64) -> Result<Vec<u8>, ReadTrouble> {
        let distance = usize::try_from(seq - segment.base.seq - 1).unwrap_or(usize::MAX);
        let place = if last { self.state().open.places.get(distance).copied() } else { None };
        let place = match place {
            Some(place) => Some(place),
            // Also where the flusher went over to another file just now.
            None => self.index(segment)?.places.get(distance).copied(),
        };
        let Some(Some(place)) = place else { return Err(ReadTrouble::Damaged(seq)) };
        let mut bytes = self.files.read_at(&segment.name, u64::from(place), FIRST_READ)?;
        let length = record_length(&bytes).unwrap_or(RECORD_HEAD);
        if length > bytes.len() && length <= MOST_READ {
            bytes = self.files.read_at(&segment.name, u64::from(place), length)?;
        }
        match RawRecord::read(&bytes).filter(|record| record.is(seq)) {
            Some(record) => Ok(record.entry.to_vec()),
            None => Err(ReadTrouble::Damaged(seq)),
        }
    }

    /// At most `most` numbers of entries on a list, all older than `before`, newest first. Looks into a bounded number of
    /// files: it may come back with fewer, or none, and still name where to go on.
    pub(crate) fn listed(&self, name: &str, before: u64, most: usize) -> Result<Numbers, ReadTrouble> {
        let mut seqs = Vec::new();
        let mut next = before;
        for _ in 0..FILES_A_LOOK {
            let Some((segment, last)) = next.checked_sub(1).and_then(|seq| self.segment_of(seq)) else {
                return Ok(Numbers { seqs, next: None });
            };
            let base = segment.base.seq;
            let here: Vec<u64> = if last {
                let state = self.state();
                // Of a file that was gone over from meanwhile the next look finds the index.
                if state.segments.last().is_none_or(|now| now.base.seq != base) {
                    continue;
                }
                state.open.listed(name, base, before).take(most - seqs.len()).collect()
            } else {
                match self.index(&segment) {
                    Ok(index) => index.listed(name, base, before).take(most - seqs.len()).collect(),
                    Err(_) if !self.has(&segment) => Vec::new(),
                    Err(trouble) => return Err(trouble),
                }
            };
            seqs.extend(here);
            if seqs.len() >= most {
                return Ok(Numbers { next: seqs.last().copied(), seqs });
            }
            next = base + 1;
        }
        Ok(Numbers { seqs, next: Some(next) })
    }

    /// Removes the oldest files, all of whose entries are numbered up to `end`; says the new base where any was removed.
    pub(crate) fn prune(&self, end: u64) -> Result<Option<Mark>, FileError> {
        let mut pruned = None;
        loop {
            let (name, base) = {
                let mut state = self.state();
                match state.segments.as_slice() {
                    [oldest, next, ..] if next.base.seq <= end => {
                        let (name, old, base) = (oldest.name.clone(), oldest.base.seq, next.base);
                        state.segments.remove(0);
                        state.known.remove(&old);
                        (name, base)
                    }
                    _ => return Ok(pruned),
                }
            };
            self.files.remove(&name)?;
            pruned = Some(base);
        }
    }

    /// Up to which entry whole files could be pruned, and what part of all files that is, in quarters.
    pub(crate) fn prunable(&self, end: u64) -> Option<(u64, usize)> {
        let state = self.state();
        let count = state.segments.iter().skip(1).take_while(|segment| segment.base.seq <= end).count();
        let reached = state.segments.get(count).filter(|_| count > 0)?;
        Some((reached.base.seq, count * 4 / state.segments.len().max(1)))
    }

    fn segment_of(&self, seq: u64) -> Option<(Segment, bool)> {
        let state = self.state();
        let at = state.segments.partition_point(|segment| segment.base.seq < seq).checked_sub(1)?;
        state.segments.get(at).map(|segment| (segment.clone(), at + 1 == state.segments.len()))
    }

    /// Whether a segment is still there.
    fn has(&self, segment: &Segment) -> bool {
        self.state().segments.iter().any(|other| other.base.seq == segment.base.seq)
    }

    fn index(&self, segment: &Segment) -> Result<Arc<Index>, ReadTrouble> {
        let base = segment.base.seq;
        {
            let mut state = self.state();
            state.turn += 1;
            let turn = state.turn;
            if let Some((used, index)) = state.known.get_mut(&base) {
                *used = turn;
                return Ok(Arc::clone(index));
            }
        }
        let bytes = self.files.read_at(&segment.name, 0, usize::MAX)?;
        let mut index = Index::of(&scan(&bytes, base), base);
        // What the file no longer shows at its end is damaged too.
        let end = self.state().segments.iter().map(|segment| segment.base.seq).find(|other| *other > base).unwrap_or(base);
        while base + (index.places.len() as u64) < end {
            index.push_damaged();
        }
        let index = Arc::new(index);
        self.state().keep(base, Arc::clone(&index));
        Ok(index)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(segments: Vec<Segment>, end: u64, length: u64, open: Index) -> Self {
        Self { segments, end, length, open, known: BTreeMap::new(), turn: 0, spare: None }
    }

    fn keep(&mut self, base: u64, index: Arc<Index>) {
        self.turn += 1;
        if self.known.len() >= KNOWN_INDEXES {
            let oldest = self.known.iter().min_by_key(|(_, (used, _))| *used).map(|(base, _)| *base);
            oldest.map(|base| self.known.remove(&base));
        }
        self.known.insert(base, (self.turn, index));
    }
}

/// The file that begins with this entry.
pub(crate) fn name_of(first: u64) -> String {
    format!("{FOLDER}/{first:020}{ENDING}")
}

/// Where the segments lie in a data directory.
pub(crate) const FOLDER: &str = "journal";
/// How long a segment is where nothing else is asked for: some 7,000 entries.
pub(crate) const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
const ENDING: &str = ".entries";
const SPARE: &str = "journal/spare";
const MADE: &str = "journal/spare-in-the-making";
const NEXT: &str = "journal/next";
const FIRST_READ: usize = 2048;
/// Longer than any entry; a longer one is a damaged length.
const MOST_READ: usize = 256 * 1024 * 1024;
const FILES_A_LOOK: usize = 32;
const KNOWN_INDEXES: usize = 64;
