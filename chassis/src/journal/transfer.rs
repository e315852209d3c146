//! Journals as text: an export holds one JSON object a line, an import makes a new journal of it.
//!
//! First line: `{"journal":"ledger","format":1,"base":{…}}`. Then, only when entries were pruned, what they had led to:
//! `{"row":"r/…","value":…}`. Then `{"chain":"…","entry":…}` for each entry, byte for byte. Last line: `{"end":{…}}`.

use std::io::{self, BufRead, Write};
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};
use shared::machine::Machine;

use super::OpenError;
use super::check::{Replay, Trouble, format, format_row, mark, next_entry, of_this_kind, opened};
use super::disk::{Change, Disk, Order};
use super::entry::{
    BASE_ROW, CLOCK_ROW, Chain, ENTRIES, FORMAT_ROW, Format, Mark, NETWORK_ROW, ROWS, SEED_ROW, entry_key, json, sealed, unsealed,
};
use crate::data::DataDir;

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many entries.
    pub entries: u64,
    /// Why it ends there, when the journal goes no further whole; what was written can be imported.
    pub damage: Option<String>,
}

/// What an import brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many entries.
    pub entries: u64,
    /// The chained SHA-256 of the last one, hex.
    pub chain: String,
}

/// Writes the journal in `data` to `out`, as far as it is whole.
pub fn export<M: Machine>(data: &DataDir, out: impl Write + Send + 'static) -> Result<Exported, OpenError> {
    opened(data, |disk, pulse| export_disk::<M>(disk.as_ref(), out, pulse))
}

/// Makes a journal in `data`, which must not hold one, from an export. The chain is checked; rows come from a replay of all
/// events, or from the export where entries had been pruned.
pub fn import<M: Machine>(data: &DataDir, input: impl BufRead + Send + 'static) -> Result<Imported, OpenError> {
    opened(data, |disk, pulse| import_disk::<M>(disk.as_ref(), input, pulse))
}

#[derive(Serialize, Deserialize)]
struct Header {
    #[serde(flatten)]
    format: Format,
    base: Mark,
}

#[derive(Serialize, Deserialize)]
struct End {
    end: Mark,
}

#[derive(Serialize, Deserialize)]
struct Row {
    row: String,
    value: String,
}

fn export_disk<M: Machine>(disk: &dyn Disk, mut out: impl Write, pulse: &AtomicU64) -> Result<Exported, Trouble> {
    if let Some(found) = disk.get(FORMAT_ROW)? {
        of_this_kind::<M>(&found)?;
    }
    let base = mark(disk, BASE_ROW)?;
    let mut wrote = line(&mut out, &json(&Header { format: format::<M>(), base }));
    if base != Mark::START {
        for range in [ROWS, (SEED_ROW, &b"m/seed0"[..]), (CLOCK_ROW, &b"m/clock0"[..]), (NETWORK_ROW, &b"m/network0"[..])] {
            disk.scan(range.0, range.1, Order::Rising, &mut |key, value| {
                wrote = row_line(key, value).and_then(|row| line(&mut out, &row));
                wrote.is_ok()
            })?;
        }
    }
    let mut place = base;
    let mut damage = None;
    let scanned = disk.scan(&entry_key(base.seq + 1), ENTRIES.1, Order::Rising, &mut |key, value| {
        pulse.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match next_entry::<M>(place, key, value) {
            Ok((next, _)) => {
                let (_, bytes) = unsealed(value).unwrap_or((next.chain, &[]));
                wrote = line(&mut out, &entry_line(next.chain, bytes));
                place = next;
            }
            Err(Trouble::Damage(what)) => damage = Some(what),
            Err(_) => damage = Some("an entry of another kind".to_owned()),
        }
        damage.is_none() && wrote.is_ok()
    });
    let damage = damage.or(scanned.err().map(|error| error.0));
    if base != Mark::START
        && let Some(what) = &damage
    {
        return Err(Trouble::Damage(format!("{what}; since older entries were pruned, the part that is whole is of no use alone")));
    }
    wrote
        .and_then(|()| line(&mut out, &json(&End { end: place })))
        .and_then(|()| out.flush())
        .map_err(|error| Trouble::BadExport { line: place.seq - base.seq, what: format!("could not be written: {error}") })?;
    Ok(Exported { entries: place.seq - base.seq, damage })
}

fn line(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.write_all(b"\n")
}

fn row_line(key: &[u8], value: &[u8]) -> io::Result<Vec<u8>> {
    let row = std::str::from_utf8(key).map_err(io::Error::other)?.to_owned();
    // A string, so that the row's bytes come back as they were.
    let text = std::str::from_utf8(value).map_err(io::Error::other)?.to_owned();
    Ok(json(&Row { row, value: text }))
}

fn entry_line(chain: Chain, entry: &[u8]) -> Vec<u8> {
    [format!("{ENTRY_OPENS}{chain}{ENTRY_GOES_ON}").as_bytes(), entry, b"}"].concat()
}

/// The entry of a line, byte for byte.
fn entry_of(line: &str) -> Option<(Chain, &[u8])> {
    let (chain, rest) = line.strip_prefix(ENTRY_OPENS)?.split_at_checked(64)?;
    let chain = super::entry::bytes_of_hex(chain).map(Chain::from_bytes)?;
    let entry = rest.strip_prefix(ENTRY_GOES_ON)?.strip_suffix('}')?;
    Some((chain, entry.as_bytes()))
}

/// A journal on its way in.
struct Import<'a, M> {
    disk: &'a dyn Disk,
    base: Mark,
    place: Mark,
    replay: Replay<M>,
    changes: Vec<Change>,
}

fn import_disk<M: Machine>(disk: &dyn Disk, input: impl BufRead, pulse: &AtomicU64) -> Result<Imported, Trouble> {
    if disk.get(FORMAT_ROW)?.is_some() || disk.get(&entry_key(1))?.is_some() {
        return Err(Trouble::NotEmpty);
    }
    let mut lines = (1..).zip(input.lines());
    let (number, header) = next_line(&mut lines, 1)?;
    let header: Header = serde_json::from_str(&header).map_err(|error| bad(number, error))?;
    of_this_kind::<M>(&json(&header.format))?;
    let mut import = Import { disk, base: header.base, place: header.base, replay: Replay::<M>::default(), changes: Vec::new() };
    let end = loop {
        let (number, text) = next_line(&mut lines, number + 1)?;
        pulse.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if let Some((chain, bytes)) = entry_of(&text) {
            import.entry(chain, bytes).map_err(|trouble| match trouble {
                Trouble::Damage(what) => bad(number, what),
                other => other,
            })?;
        } else if let Ok(row) = serde_json::from_str::<Row>(&text) {
            import.row(row).map_err(|what| bad(number, what))?;
        } else {
            let end: End = serde_json::from_str(&text).map_err(|_| bad(number, "neither an entry nor a row nor the end"))?;
            break (number, end.end);
        }
    };
    if end.1 != import.place {
        return Err(bad(end.0, "the end names another entry than the one before it"));
    }
    import.finish()
}

impl<M: Machine> Import<'_, M> {
    fn entry(&mut self, chain: Chain, bytes: &[u8]) -> Result<(), Trouble> {
        let key = entry_key(self.place.seq + 1);
        let value = sealed(chain, bytes);
        let (next, entry) = next_entry::<M>(self.place, &key, &value)?;
        self.place = next;
        self.changes.extend(self.replay.changes(&entry, self.base == Mark::START));
        self.changes.push((key, Some(value)));
        if self.changes.len() >= IMPORT_PIECE {
            self.disk.commit(std::mem::take(&mut self.changes))?;
        }
        Ok(())
    }

    fn row(&mut self, row: Row) -> Result<(), &'static str> {
        let known = row.row.starts_with("r/") || row.row.as_bytes() == SEED_ROW || row.row.as_bytes() == CLOCK_ROW;
        if !known || self.base == Mark::START {
            return Err("a row that does not belong here");
        }
        self.changes.push((row.row.into_bytes(), Some(row.value.into_bytes())));
        Ok(())
    }

    /// The format row goes in last: a journal without it is known as one that did not come in whole.
    fn finish(mut self) -> Result<Imported, Trouble> {
        let entries = self.place.seq - self.base.seq;
        if entries > 0 {
            self.changes.push((BASE_ROW.to_vec(), Some(json(&self.base))));
            self.changes.push((FORMAT_ROW.to_vec(), Some(format_row::<M>())));
            self.disk.commit(self.changes)?;
            self.disk.set_head(&json(&self.place))?;
        }
        Ok(Imported { entries, chain: self.place.chain.to_string() })
    }
}

fn next_line(lines: &mut impl Iterator<Item = (u64, io::Result<String>)>, number: u64) -> Result<(u64, String), Trouble> {
    match lines.next() {
        Some((number, Ok(text))) => Ok((number, text)),
        Some((number, Err(error))) => Err(bad(number, error)),
        None => Err(bad(number, "the export ends before its last line")),
    }
}

fn bad(line: u64, what: impl std::fmt::Display) -> Trouble {
    Trouble::BadExport { line, what: what.to_string() }
}

const ENTRY_OPENS: &str = "{\"chain\":\"";
const ENTRY_GOES_ON: &str = "\",\"entry\":";
const IMPORT_PIECE: usize = 4096;
