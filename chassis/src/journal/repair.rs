//! Mends a damaged journal on a copy, and says what it did and what is lost.
//!
//! What can be known is put back: a byte that was changed is found by the checksum of its record and the chain around it, the
//! head of a frame or of a file by what stands behind it. An entry that stays lost costs that entry where the rows, or a state
//! file, tell what it led to: a note stands in its place. Where nothing tells that, the journal ends before it.

use std::sync::Arc;

use shared::machine::Machine;
use shared::model::LabTime;

use super::OpenError;
use super::aside::{Aside, Writer};
use super::check::{Evidence, Place, RowsFound, Trouble, World, stored_rows, verify_at};
use super::entry::{Chain, Happening, LabEvent, Mark, Stored, json, parsed};
use super::files::{FileError, Files, whole};
use super::head::{HEAD_FILE, Head, HeadFound, write_head};
use super::kind_note;
use super::segment::{FRAME_HEAD, Header, RECORD_HEAD, RawRecord, Scan, record_crc, scan};
use super::segments::{FOLDER, names};
use super::state_file::{RowMap, StateFound, read_state, write_state};
use crate::data::DataDir;

/// What a repair came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// What was mended, in words; empty where nothing had to be.
    pub mended: Vec<String>,
    /// What is lost, in words.
    pub lost: Vec<String>,
    /// The last entry now.
    pub last: u64,
    /// The folder, in the data directory, with everything as it was before; none where nothing was changed.
    pub before: Option<String>,
}

impl std::fmt::Display for Repaired {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(before) = &self.before else {
            return write!(formatter, "nothing had to be mended: the journal is whole up to entry {}", self.last);
        };
        write!(formatter, "the journal is mended and ends with entry {}; as it was before it stands in {before}", self.last)?;
        self.mended.iter().try_for_each(|mended| write!(formatter, "\nmended: {mended}"))?;
        self.lost.iter().try_for_each(|lost| write!(formatter, "\nlost: {lost}"))?;
        if self.lost.is_empty() { write!(formatter, "\nnothing is lost") } else { Ok(()) }
    }
}

/// Mends the journal in `data`. What was there is kept beside it, as it was.
pub fn repair<M: Machine>(data: &DataDir) -> Result<Repaired, OpenError> {
    repair_at::<M>(&Place::of(data)).map_err(|trouble| trouble.in_directory(data.path()))
}

/// One entry as it could be read, or not.
#[derive(Clone, Debug)]
struct Known {
    chain: Chain,
    /// None where the entry is lost.
    entry: Option<Vec<u8>>,
}

/// What was read from the files.
struct Recovered {
    base: Mark,
    /// The entries behind the base, without gaps.
    entries: Vec<Known>,
    mended: Vec<String>,
    lost: Vec<String>,
}

pub(crate) fn repair_at<M: Machine>(place: &Place) -> Result<Repaired, Trouble> {
    if let Ok(verified) = verify_at::<M>(place)
        && !matches!(verified.rows, RowsFound::Unusable(_))
        && verified.notes.is_empty()
    {
        return Ok(Repaired { mended: Vec::new(), lost: Vec::new(), last: verified.last, before: None });
    }
    let files = &place.files;
    let head = HeadFound::read(files.as_ref())?;
    let rows = stored_rows(place);
    let state = read_state(files.as_ref(), M::NAME)?;
    let mut recovered = recover::<M>(files.as_ref(), head, rows.as_ref().ok().and_then(|rows| rows.as_ref().map(|(mark, _)| *mark)))?;
    let (known, covered) = what_is_known(rows, state, &mut recovered);
    if let Some((mark, _)) = &covered {
        // Entries behind the last one that can be read, of which the rows tell what they led to.
        recovered.lose_until(mark.seq, "missing at the end; what they led to is known");
    }
    cut_what_nothing_tells(&mut recovered, covered.as_ref());
    let reached = recovered.base.seq + recovered.entries.len() as u64;
    match head {
        HeadFound::There(head) if head.mark.seq > reached => {
            recovered.lost.push(format!("entries {} to {}, which were on disk before", reached + 1, head.mark.seq));
        }
        HeadFound::There(_) => {}
        HeadFound::Missing | HeadFound::Damaged => {
            recovered.mended.push(format!("the file {HEAD_FILE} is written anew: the journal ends with entry {reached}"))
        }
    }
    recovered.mended.extend(known);
    put_in_place::<M>(place, recovered, covered)
}

/// Rows, and the entry that they are as of.
type Covered = (Mark, RowMap);

/// The latest rows that can be believed, from the store of rows or the state file; and what is said of the others.
fn what_is_known(rows: Result<Option<Covered>, String>, state: StateFound, recovered: &mut Recovered) -> (Vec<String>, Option<Covered>) {
    let mut said = Vec::new();
    let rows = rows.unwrap_or_else(|why| {
        said.push(format!("the rows beside the entries could not be used ({why}): they are made anew"));
        None
    });
    let state = match state {
        StateFound::There { after, rows } => Some((after, rows)),
        StateFound::Missing => None,
        StateFound::Damaged(name) => {
            said.push(format!("the file {name} was damaged: it is written anew from the rows"));
            None
        }
    };
    let fits = |(mark, _): &Covered| {
        let at = mark.seq.checked_sub(recovered.base.seq + 1).and_then(|at| usize::try_from(at).ok());
        // Rows as of the base itself, or of an entry that is lost, cannot be held against anything.
        at.and_then(|at| recovered.entries.get(at)).is_none_or(|known| known.entry.is_none() || known.chain == mark.chain)
    };
    let best = [rows, state].into_iter().flatten().filter(fits).max_by_key(|(mark, _)| mark.seq);
    (said, best)
}

/// An entry that is lost can be done without only where rows tell what it led to.
fn cut_what_nothing_tells(recovered: &mut Recovered, covered: Option<&Covered>) {
    let told = covered.map_or(0, |(mark, _)| mark.seq);
    let base = recovered.base.seq;
    let gap = |(at, known): (usize, &Known)| (known.entry.is_none() && base + 1 + at as u64 > told).then_some(at);
    let Some(at) = recovered.entries.iter().enumerate().find_map(gap) else { return };
    let (first, last) = (base + 1 + at as u64, base + recovered.entries.len() as u64);
    recovered.entries.truncate(at);
    recovered.lost.retain(|lost| !lost.starts_with(&format!("entry {first} ")));
    recovered.lost.push(if first == last {
        format!("entry {first}, the last one: nothing tells what it led to, so the journal ends before it")
    } else {
        format!("entries {first} to {last}: nothing tells what entry {first} led to, so the journal ends before it; those behind it are in the copy")
    });
}

/// Writes what is known into a folder of its own, checks it, and exchanges it for the journal.
fn put_in_place<M: Machine>(place: &Place, recovered: Recovered, covered: Option<Covered>) -> Result<Repaired, Trouble> {
    let files = &place.files;
    let Recovered { base, entries, mended, mut lost } = recovered;
    let aside: Arc<dyn Files> = Arc::new(Aside::begin(files, MENDED)?);
    let mut writer = Writer::begin(Arc::clone(&aside), M::NAME, base)?;
    let (mut at, mut covered_by, mut has_gaps) = (LabTime::from_unix(0), None, false);
    for known in &entries {
        let seq = writer.last.seq + 1;
        let bytes = match &known.entry {
            Some(entry) => {
                at = parsed::<Stored<serde::de::IgnoredAny>>("an entry", entry).map_or(at, |entry| entry.at);
                entry.clone()
            }
            None => {
                has_gaps = true;
                json(&Stored::<(), &str> { seq, at, request: None, lists: Vec::new(), event: Happening::Lab(LabEvent::Lost) })
            }
        };
        let mark = writer.last.next(&bytes);
        writer.push(mark, &bytes)?;
        if covered.as_ref().is_some_and(|(covered, _)| covered.seq == seq) {
            covered_by = Some(mark);
        }
    }
    writer.flush()?;
    let last = writer.last;
    if last == Mark::START {
        files.remove(MENDED)?;
        return Err(Trouble::Damage(
            "no entry of it can be read, and nothing else tells what they led to: it cannot be mended; restore it from a backup".to_owned(),
        ));
    }
    // Without gaps everything follows from the entries; else the state after the gaps has to be told.
    if base != Mark::START || has_gaps {
        let (mark, rows) = covered
            .ok_or_else(|| Trouble::Damage(format!("the entries 1 to {} are missing, and nothing tells what they led to", base.seq)))?;
        let mark = if mark.seq == base.seq { Some(base) } else { covered_by };
        match mark {
            Some(mark) => write_state(aside.as_ref(), M::NAME, mark, &rows)?,
            None => {
                return Err(Trouble::Damage(
                    "the rows tell of entries behind the last one that can be read: restore the directory from a backup".to_owned(),
                ));
            }
        }
        World::<M>::from_rows(&rows)?;
    }
    let before = free_name(files.as_ref())?;
    let old_head = whole(files.as_ref(), HEAD_FILE)?;
    files.rename(FOLDER, &before)?;
    files.rename(MENDED, FOLDER)?;
    if let Some(old) = old_head {
        let kept = format!("{before}/{HEAD_FILE}");
        files.create(&kept, 0)?;
        files.write_at(&kept, 0, &old)?;
        files.sync(&kept)?;
    }
    write_head(files.as_ref(), Head { mark: last, at })?;
    kind_note::keep(files.as_ref(), M::NAME)?;
    verify_at::<M>(place)?;
    lost.dedup();
    Ok(Repaired { mended, lost, last: last.seq, before: Some(before) })
}

fn free_name(files: &dyn Files) -> Result<String, FileError> {
    let mut number = 1;
    loop {
        let name = format!("{BEFORE}-{number}");
        if files.list(&name)?.is_empty() || number == u32::MAX {
            return Ok(name);
        }
        number += 1;
    }
}

/// Reads all that can be read, from all files.
fn recover<M: Machine>(files: &dyn Files, head: HeadFound, rows: Option<Mark>) -> Result<Recovered, Trouble> {
    let names = names(files)?;
    let Some((first_name, first)) = names.first() else {
        let base = rows.ok_or_else(|| Trouble::Gone("no file of entries is left, and no rows that could be gone on from".to_owned()))?;
        let lost = vec![format!("entries 1 to {}, the whole history; what they led to is known", base.seq)];
        return Ok(Recovered { base, entries: Vec::new(), mended: Vec::new(), lost });
    };
    let mut mended = Vec::new();
    let begins = files.read_at(first_name, 0, super::segment::HEADER_BYTES as usize)?;
    let base = match Header::read(&begins) {
        Ok((header, _)) if header.journal == M::NAME => header.base,
        Ok((header, _)) => {
            let expected = super::check::format::<M>().to_string();
            return Err(Trouble::Other { found: format!("a {} journal", header.journal), expected });
        }
        Err(_) => {
            mended.push(format!("the beginning of {first_name} was damaged: it is written anew"));
            // What stood before the first entry of all is known; what stood before a later one matters to nobody any more.
            Mark { seq: first.saturating_sub(1), chain: Chain::START }
        }
    };
    let mut recovered = Recovered { base, entries: Vec::new(), mended, lost: Vec::new() };
    for (at, (name, first)) in names.iter().enumerate() {
        let bytes = whole(files, name)?.unwrap_or_default();
        if at > 0 && !matches!(Header::read(&bytes), Ok((_, true))) {
            recovered.mended.push(format!("the beginning of {name} was damaged: it is written anew"));
        }
        recovered.lose_until(first.saturating_sub(1), "a file of entries is missing");
        let until = names.get(at + 1).map(|(_, next)| next.saturating_sub(1));
        recovered.take_file(&bytes, until, Evidence { head, rows: rows.map_or(0, |mark| mark.seq) });
    }
    Ok(recovered)
}

impl Recovered {
    fn next(&self) -> u64 {
        self.base.seq + 1 + self.entries.len() as u64
    }

    /// The place before the next entry; none where that entry is lost.
    fn place(&self) -> Option<Mark> {
        match self.entries.last() {
            None => Some(self.base),
            Some(known) if known.entry.is_some() => Some(Mark { seq: self.next() - 1, chain: known.chain }),
            Some(_) => None,
        }
    }

    fn push(&mut self, chain: Chain, entry: Vec<u8>) {
        self.entries.push(Known { chain, entry: Some(entry) });
    }

    fn lose_until(&mut self, last: u64, why: &str) {
        let first = self.next();
        if first > last {
            return;
        }
        self.lost.push(if first == last { format!("entry {first} ({why})") } else { format!("entries {first} to {last} ({why})") });
        while self.next() <= last {
            self.entries.push(Known { chain: Chain::START, entry: None });
        }
    }

    fn take_file(&mut self, bytes: &[u8], until: Option<u64>, evidence: Evidence) {
        let scan = scan(bytes, self.next() - 1);
        let mut from = super::segment::HEADER_BYTES as usize;
        for (number, frame) in scan.frames.iter().enumerate() {
            if frame.first > self.next() {
                self.headless(bytes, from, frame.first - 1);
                self.lose_until(frame.first - 1, "damaged");
            }
            let is_last = until.is_none() && number + 1 == scan.frames.len() && !scan.rest;
            if is_last && !frame.is_whole() && evidence.shows(frame.first) == Some(false) {
                self.mended.push(format!(
                    "the end from entry {} on had not been finished, and nothing of it was answered: it is left out",
                    frame.first
                ));
                return;
            }
            for (at, record) in &frame.records {
                self.take_record(bytes, *at, *record);
            }
            from = frame.records.last().map_or(frame.at, |(at, record)| at + record.map_or(0, |record| record.length()));
        }
        self.take_rest(bytes, &scan, until, evidence);
        if let Some(until) = until {
            self.lose_until(until, "damaged");
        }
    }

    /// What stands behind the last frame and is no frame.
    fn take_rest(&mut self, bytes: &[u8], scan: &Scan<'_>, until: Option<u64>, evidence: Evidence) {
        if !scan.rest {
            return;
        }
        let first = self.next();
        if until.is_none() && evidence.shows(first) == Some(false) {
            self.mended
                .push(format!("the end from entry {first} on had not been finished, and nothing of it was answered: it is left out"));
            return;
        }
        self.headless(bytes, scan.end, until.unwrap_or(u64::MAX));
        if until.is_none() && self.next() == first {
            let kept = evidence
                .shows(first)
                .map_or("without the file `head` nobody knows whether it had been answered", |_| "it had been on disk");
            self.lost.push(format!("what stood behind entry {}: {kept}", first - 1));
        }
    }

    /// The records of a frame whose head is damaged: they stand where it should end.
    fn headless(&mut self, bytes: &[u8], from: usize, until: u64) {
        let (first, mut at) = (self.next(), from + FRAME_HEAD as usize);
        while self.next() <= until {
            let seq = self.next();
            let record = bytes.get(at..).and_then(RawRecord::read).filter(|record| record.is(seq));
            let Some(record) = record else { break };
            self.push(record.chain, record.entry.to_vec());
            at += record.length();
        }
        if self.next() > first {
            self.mended.push(format!("the head of the group that begins with entry {first} was damaged: it is written anew"));
        }
    }

    fn take_record(&mut self, bytes: &[u8], at: usize, record: Option<RawRecord<'_>>) {
        let seq = self.next();
        if let Some(record) = record {
            self.push(record.chain, record.entry.to_vec());
            return;
        }
        match bytes.get(at..).and_then(|bytes| mended_record(bytes, seq, self.place())) {
            Some((chain, entry, what)) => {
                self.mended.push(format!("entry {seq}: {what}"));
                self.push(chain, entry);
            }
            None => self.lose_until(seq, "damaged"),
        }
    }
}

/// The record at the beginning of `bytes` with one byte put right; what was wrong with it.
fn mended_record(bytes: &[u8], seq: u64, before: Option<Mark>) -> Option<(Chain, Vec<u8>, &'static str)> {
    let raw = RawRecord::read(bytes);
    if let Some(raw) = raw {
        if let Some(next) = before.map(|before| before.next(raw.entry)) {
            if next.chain == raw.chain {
                return Some((raw.chain, raw.entry.to_vec(), "its checksum was damaged, and is written anew"));
            }
            if record_crc(next, raw.entry) == raw.crc {
                return Some((next.chain, raw.entry.to_vec(), "its chain was damaged, and is written anew"));
            }
        }
        if let Some(entry) = with_one_byte_put_right(&raw, seq, before) {
            return Some((raw.chain, entry, "one byte of it was changed, and is put right"));
        }
    }
    // Of a length one byte may be wrong too.
    let head = bytes.first_chunk::<4>()?;
    for (place, wrong) in head.iter().enumerate() {
        for right in (0..=u8::MAX).filter(|right| right != wrong) {
            let mut head = *head;
            *head.get_mut(place)? = right;
            let length = u32::from_le_bytes(head) as usize;
            let Some(entry) = bytes.get(RECORD_HEAD..RECORD_HEAD.saturating_add(length)) else { continue };
            let record = bytes.get(4..RECORD_HEAD).and_then(|rest| RawRecord::with_length(rest, entry));
            if let Some(record) = record.filter(|record| record.is(seq)) {
                return Some((record.chain, entry.to_vec(), "its length was damaged, and is written anew"));
            }
        }
    }
    None
}

/// The entry with the one byte put right with which its checksum, and its chain where that can be checked, come out.
fn with_one_byte_put_right(raw: &RawRecord<'_>, seq: u64, before: Option<Mark>) -> Option<Vec<u8>> {
    if raw.entry.len() > MOST_TRIED {
        return None;
    }
    let mark = Mark { seq, chain: raw.chain };
    let mut entry = raw.entry.to_vec();
    for at in 0..entry.len() {
        let wrong = *entry.get(at)?;
        for right in (0..=u8::MAX).filter(|right| *right != wrong) {
            *entry.get_mut(at)? = right;
            if record_crc(mark, &entry) == raw.crc && before.is_none_or(|before| before.next(&entry).chain == raw.chain) {
                return Some(entry);
            }
        }
        *entry.get_mut(at)? = wrong;
    }
    None
}

const MENDED: &str = "journal-mended";
const BEFORE: &str = "journal-before-repair";
/// Longer entries are not tried byte by byte: that takes time with the square of their length.
const MOST_TRIED: usize = 8192;
