//! How entries lie in a segment file, byte by byte; no file is touched here.
//!
//! ```text
//! segment   header (256 bytes), the same header once more, frames, zeros up to the length that the file was made with
//! header    "TSLENTRY" format:u32 codec:u32 journal:[u8; 24] base:u64 base-chain:[u8; 32] before:u64 zeros crc:u32 (the last 4 bytes)
//! frame     magic:u32 first:u64 count:u32 length:u32 crc:u32, then `count` records, `length` bytes in all
//! record    length:u32 crc:u32 chain:[u8; 32] entry:[u8; length]
//! ```
//!
//! All numbers are little-endian. A frame is what is whole or not there: the events of a command never lie in two. The CRC of a
//! frame covers its head, that of a record the entry's number, chain and bytes; so a record can be read by itself, and which
//! record was damaged is known. `base` is the entry before the first of the segment, `before` the base of the segment before
//! (the number itself in the first one), so that a file that is gone is missed.

use super::entry::{CODEC, Chain, FORMAT, Mark};

/// What a segment says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) journal: String,
    pub(crate) base: Mark,
    /// The base of the segment before; its own where there was none.
    pub(crate) before: u64,
}

/// Why a header cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeaderTrouble {
    /// It is whole, and written by another version.
    Other { format: u32, codec: u32 },
    /// Neither of its two copies is whole.
    Damaged,
}

impl Header {
    /// The two copies, as they begin a file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut copy = Vec::with_capacity(COPY_BYTES);
        copy.extend_from_slice(MAGIC);
        copy.extend_from_slice(&FORMAT.to_le_bytes());
        copy.extend_from_slice(&CODEC.to_le_bytes());
        copy.extend(self.journal.bytes().chain(std::iter::repeat(0)).take(NAME_BYTES));
        copy.extend_from_slice(&self.base.seq.to_le_bytes());
        copy.extend_from_slice(self.base.chain.bytes());
        copy.extend_from_slice(&self.before.to_le_bytes());
        copy.resize(COPY_BYTES - 4, 0);
        copy.extend_from_slice(&crc32fast::hash(&copy).to_le_bytes());
        [copy.as_slice(), copy.as_slice()].concat()
    }

    /// Reads a header from a file's beginning; says whether both copies are whole.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, bool), HeaderTrouble> {
        let (one, other) = (bytes.get(..COPY_BYTES).and_then(Self::copy), bytes.get(COPY_BYTES..2 * COPY_BYTES).and_then(Self::copy));
        let both = one.is_some() && one == other;
        match one.or(other) {
            Some(Ok(header)) => Ok((header, both)),
            Some(Err(trouble)) => Err(trouble),
            None => Err(HeaderTrouble::Damaged),
        }
    }

    fn copy(bytes: &[u8]) -> Option<Result<Self, HeaderTrouble>> {
        let (covered, crc) = bytes.split_at_checked(COPY_BYTES - 4)?;
        if crc32fast::hash(covered).to_le_bytes() != *crc {
            return None;
        }
        let mut fields = Fields(covered.strip_prefix(MAGIC)?);
        let (format, codec) = (fields.u32()?, fields.u32()?);
        if (format, codec) != (FORMAT, CODEC) {
            return Some(Err(HeaderTrouble::Other { format, codec }));
        }
        let name = fields.take::<NAME_BYTES>()?;
        let journal = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
        let base = Mark { seq: fields.u64()?, chain: Chain::from_bytes(fields.take()?) };
        Some(Ok(Self { journal, base, before: fields.u64()? }))
    }
}

/// Entries on their way into one frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) first: u64,
    /// The last entry.
    pub(crate) last: Mark,
    pub(crate) records: Vec<u8>,
    /// Where each record begins in `records`, and the lists that its entry is on.
    pub(crate) places: Vec<(u32, Vec<&'static str>)>,
}

impl Frame {
    pub(crate) fn new() -> Self {
        Self { first: 0, last: Mark::START, records: Vec::new(), places: Vec::new() }
    }

    /// Adds the entry after the last one.
    pub(crate) fn push(&mut self, mark: Mark, entry: &[u8], lists: Vec<&'static str>) {
        if self.places.is_empty() {
            self.first = mark.seq;
        }
        self.last = mark;
        self.places.push((small(self.records.len()), lists));
        put_record(&mut self.records, mark, entry);
    }

    /// Adds the entries of another frame, which go on where this one ends.
    pub(crate) fn extend(&mut self, other: Frame) {
        let shift = small(self.records.len());
        self.records.extend_from_slice(&other.records);
        self.places.extend(other.places.into_iter().map(|(at, lists)| (at + shift, lists)));
        self.last = other.last;
    }

    pub(crate) fn count(&self) -> u32 {
        small(self.places.len())
    }

    /// How many bytes it takes in a file.
    pub(crate) fn length(&self) -> u64 {
        FRAME_HEAD + self.records.len() as u64
    }

    /// The bytes that stand before the records.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(FRAME_HEAD as usize);
        head.extend_from_slice(&FRAME_MAGIC);
        head.extend_from_slice(&self.first.to_le_bytes());
        head.extend_from_slice(&self.count().to_le_bytes());
        head.extend_from_slice(&small(self.records.len()).to_le_bytes());
        head.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
        head
    }
}

pub(crate) fn put_record(bytes: &mut Vec<u8>, mark: Mark, entry: &[u8]) {
    bytes.extend_from_slice(&small(entry.len()).to_le_bytes());
    bytes.extend_from_slice(&record_crc(mark, entry).to_le_bytes());
    bytes.extend_from_slice(mark.chain.bytes());
    bytes.extend_from_slice(entry);
}

pub(crate) fn record_crc(mark: Mark, entry: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&mark.seq.to_le_bytes());
    crc.update(mark.chain.bytes());
    crc.update(entry);
    crc.finalize()
}

/// The fields of a record as they lie there, whole or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRecord<'a> {
    pub(crate) crc: u32,
    pub(crate) chain: Chain,
    pub(crate) entry: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// The record at the beginning of `bytes`; none where they end before it.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let length = fields.u32()? as usize;
        let (crc, chain) = (fields.u32()?, Chain::from_bytes(fields.take()?));
        Some(Self { crc, chain, entry: fields.0.get(..length)? })
    }

    /// The record of an entry whose length is known from elsewhere; `rest` is what stands between the length and the entry.
    pub(crate) fn with_length(rest: &[u8], entry: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(rest);
        Some(Self { crc: fields.u32()?, chain: Chain::from_bytes(fields.take()?), entry })
    }

    /// Whether this is entry `seq`, undamaged.
    pub(crate) fn is(&self, seq: u64) -> bool {
        record_crc(Mark { seq, chain: self.chain }, self.entry) == self.crc
    }

    /// How many bytes it takes.
    pub(crate) fn length(&self) -> usize {
        RECORD_HEAD + self.entry.len()
    }
}

/// How many bytes the record takes whose head these bytes are.
pub(crate) fn record_length(head: &[u8]) -> Option<usize> {
    Fields(head).u32().map(|length| RECORD_HEAD + length as usize)
}

/// A frame as it was found in a file.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    /// Where it begins in the file.
    pub(crate) at: usize,
    pub(crate) first: u64,
    /// For each of its entries: where its record begins in the file, and the record where it is whole.
    pub(crate) records: Vec<(usize, Option<RawRecord<'a>>)>,
}

impl Found<'_> {
    pub(crate) fn is_whole(&self) -> bool {
        self.records.iter().all(|(_, record)| record.is_some())
    }

    /// The entry after its last one.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

/// What a segment holds.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    pub(crate) frames: Vec<Found<'a>>,
    /// Where the frames end; what comes after is zeros unless `rest` says otherwise.
    pub(crate) end: usize,
    /// Behind the last frame lies something that is no frame.
    pub(crate) rest: bool,
}

/// Walks through the bytes of a segment whose base is entry `base`.
///
/// Between two frames may lie what is no frame any more: the next frame's number tells which entries are lost there.
pub(crate) fn scan(bytes: &[u8], base: u64) -> Scan<'_> {
    let (mut frames, mut at, mut next) = (Vec::new(), HEADER_BYTES as usize, base + 1);
    loop {
        let is_empty = || bytes.get(at..).unwrap_or_default().iter().all(|byte| *byte == 0);
        let (frame, end) = match frame(bytes, at, next) {
            Some(found) => found,
            None if is_empty() => return Scan { frames, end: at, rest: false },
            None => match later(bytes, at, next) {
                Some(found) => found,
                None => return Scan { frames, end: at, rest: true },
            },
        };
        at = end;
        next = frame.next();
        frames.push(frame);
    }
}

/// The first frame behind `at` that holds entry `next` or a later one, and where it ends.
fn later(bytes: &[u8], at: usize, next: u64) -> Option<(Found<'_>, usize)> {
    let rest = bytes.get(at + 1..)?;
    let heads = rest.windows(FRAME_MAGIC.len()).enumerate().filter(|(_, window)| *window == FRAME_MAGIC);
    heads.into_iter().find_map(|(offset, _)| frame(bytes, at + 1 + offset, next))
}

/// The frame whose head stands at `at` and is whole, and where it ends; its first entry is `next` or a later one.
fn frame(bytes: &[u8], at: usize, next: u64) -> Option<(Found<'_>, usize)> {
    let head = bytes.get(at..at.checked_add(FRAME_HEAD as usize)?)?;
    let (covered, crc) = head.split_at_checked(FRAME_HEAD as usize - 4)?;
    if crc32fast::hash(covered).to_le_bytes() != *crc {
        return None;
    }
    let mut fields = Fields(covered.strip_prefix(&FRAME_MAGIC)?);
    let (first, count, length) = (fields.u64()?, fields.u32()? as usize, fields.u32()? as usize);
    let body = at + FRAME_HEAD as usize;
    let records = bytes.get(body..body.checked_add(length)?)?;
    if first < next || count == 0 || count > length / RECORD_HEAD {
        return None;
    }
    let mut found = Vec::with_capacity(count);
    let mut place = 0;
    for seq in first..first + count as u64 {
        let record = records.get(place..).and_then(RawRecord::read);
        found.push((body + place, record.filter(|record| record.is(seq))));
        // A damaged length leads astray; whatever is read there is not whole either.
        place += record.map_or(RECORD_HEAD, |record| record.length());
    }
    Some((Found { at, first, records: found }, body + length))
}

/// Numbers and arrays, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// A length that fits a segment: groups are written long before they grow beyond it.
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// How many bytes the two copies of the header take.
pub(crate) const HEADER_BYTES: u64 = 2 * COPY_BYTES as u64;
/// How many bytes stand before a record's entry.
pub(crate) const RECORD_HEAD: usize = 40;
/// How many bytes stand before a frame's records.
pub(crate) const FRAME_HEAD: u64 = 24;
const COPY_BYTES: usize = 256;
const NAME_BYTES: usize = 24;
const MAGIC: &[u8; 8] = b"TSLENTRY";
/// No text holds these bytes, so an entry never looks like a frame.
const FRAME_MAGIC: [u8; 4] = [0xF5, b'F', b'R', 0xFF];
