//! Journals as text: an export holds one JSON object a line, an import makes a new journal of it.
//!
//! First line: `{"journal":"ledger","format":2,"base":{…},"state":{…}}`. Then, only when entries were pruned, the rows as they were
//! after entry `state`: `{"row":"r/…","value":…}`. Then `{"chain":"…","entry":…}` for each entry, byte for byte. Last line:
//! `{"end":{…}}`.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::machine::Machine;
use shared::model::LabTime;

use super::OpenError;
use super::aside::{Aside, Writer};
use super::check::{Evidence, Place, Trouble, World, follow, format, origin, stored_rows};
use super::entry::{Chain, FORMAT, Format, Mark, Stored, bytes_of_hex, json, parsed};
use super::files::Files;
use super::head::{Head, HeadFound, write_head};
use super::kind_note;
use super::segments::{FOLDER, found, names};
use super::state_file::{RowMap, read_state, write_state};
use crate::data::DataDir;

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many entries.
    pub entries: u64,
    /// The last of them.
    pub last: u64,
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

/// Writes the journal in `data` to `out`, as far as it is whole; with `until` no further than that entry.
pub fn export<M: Machine>(data: &DataDir, out: impl Write, until: Option<u64>) -> Result<Exported, OpenError> {
    export_at::<M>(&Place::of(data), out, until).map_err(|trouble| trouble.in_directory(data.path()))
}

/// Makes a journal in `data`, which must not hold one, from an export. The chain is checked and every event is replayed; what
/// is not whole leaves nothing behind.
pub fn import<M: Machine>(data: &DataDir, input: impl BufRead) -> Result<Imported, OpenError> {
    import_at::<M>(&Place::of(data), input).map_err(|trouble| trouble.in_directory(data.path()))
}

#[derive(Serialize, Deserialize)]
struct Header {
    #[serde(flatten)]
    format: Format,
    base: Mark,
    /// The entry after which the rows that follow were so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<Mark>,
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

fn export_at<M: Machine>(place: &Place, mut out: impl Write, until: Option<u64>) -> Result<Exported, Trouble> {
    let files = place.files.as_ref();
    let segments = found(files, M::NAME, false)?;
    let base = segments.first().map_or(Mark::START, |first| first.base);
    let (state, rows) = if base == Mark::START {
        (None, RowMap::new())
    } else {
        state_of::<M>(place, &segments).map(|(after, rows)| (Some(after), rows))?
    };
    if let (Some(until), Some(state)) = (until, state)
        && until < state.seq
    {
        let (first, kept) = (base.seq + 1, state.seq);
        return Err(Trouble::System(format!(
            "entries before {first} were pruned, and what they had led to is known only as it was after entry {kept}: name that entry or a later one"
        )));
    }
    let mut wrote = line(&mut out, &json(&Header { format: format::<M>(), base, state }));
    for (key, value) in &rows {
        wrote = wrote.and_then(|()| line(&mut out, &row_line(key, value)?));
    }
    let mut last = base;
    let head = HeadFound::read(files)?;
    let evidence = Evidence { head, rows: 0 };
    let walked = follow::<M>(files, &segments, base, evidence, |mark, bytes, _| {
        if wrote.is_ok() && until.is_none_or(|until| mark.seq <= until) {
            wrote = line(&mut out, &entry_line(mark.chain, bytes));
            last = mark;
        }
    });
    let damage = match walked {
        Ok(_) if segments.is_empty() => None,
        Ok(walked) => {
            head.known().filter(|head| head.mark.seq > walked.last.seq).map(|head| format!("it ends before entry {}", head.mark.seq))
        }
        Err(_) if segments.is_empty() => None,
        Err(trouble) => Some(trouble.in_words()),
    };
    let damage = damage.filter(|_| until.is_none_or(|until| last.seq < until));
    if let (Some(what), Some(state)) = (&damage, state)
        && state.seq > last.seq
    {
        return Err(Trouble::Damage(format!("{what}; since older entries were pruned, the part before that is of no use alone")));
    }
    if let Some(until) = until.filter(|until| *until > last.seq && damage.is_none()) {
        return Err(Trouble::System(format!("there is no entry {until}: the journal ends with entry {}", last.seq)));
    }
    wrote
        .and_then(|()| line(&mut out, &json(&End { end: last })))
        .and_then(|()| out.flush())
        .map_err(|error| Trouble::System(format!("the export could not be written: {error}")))?;
    Ok(Exported { entries: last.seq - base.seq, last: last.seq, damage })
}

/// Rows from which the entries that are left can be replayed: from the state file, else from the store of rows.
fn state_of<M: Machine>(place: &Place, segments: &[super::segments::Segment]) -> Result<(Mark, RowMap), Trouble> {
    origin(segments, read_state(place.files.as_ref(), M::NAME)?).or_else(|trouble| match stored_rows(place) {
        Ok(Some((after, rows))) => Ok((after, rows)),
        Ok(None) | Err(_) => Err(trouble),
    })
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
    let chain = bytes_of_hex(chain).map(Chain::from_bytes)?;
    let entry = rest.strip_prefix(ENTRY_GOES_ON)?.strip_suffix('}')?;
    Some((chain, entry.as_bytes()))
}

/// A journal on its way in.
struct Import<M> {
    writer: Writer,
    base: Mark,
    state: Option<Mark>,
    rows: RowMap,
    /// The machine after the entries so far; none before the rows' own entry.
    world: Option<World<M>>,
    at: LabTime,
}

fn import_at<M: Machine>(place: &Place, input: impl BufRead) -> Result<Imported, Trouble> {
    let files = &place.files;
    let older = files.list(FOLDER)?.iter().any(|name| name == "conf" || name == "db");
    if older || !names(files.as_ref())?.is_empty() {
        return Err(Trouble::NotEmpty);
    }
    let outcome = read_in::<M>(files, input);
    if outcome.is_err() {
        files.remove(INCOMING)?;
    }
    let (last, base, at) = outcome?;
    if last.seq > base.seq {
        files.remove(FOLDER)?;
        files.rename(INCOMING, FOLDER)?;
        write_head(files.as_ref(), Head { mark: last, at })?;
        kind_note::keep(files.as_ref(), M::NAME)?;
    }
    Ok(Imported { entries: last.seq - base.seq, chain: last.chain.to_string() })
}

fn read_in<M: Machine>(files: &Arc<dyn Files>, input: impl BufRead) -> Result<(Mark, Mark, LabTime), Trouble> {
    let aside: Arc<dyn Files> = Arc::new(Aside::begin(files, INCOMING)?);
    let mut lines = (1..).zip(input.lines());
    let (mut number, header) = next_line(&mut lines, 1)?;
    let header: Header = serde_json::from_str(&header).map_err(|error| bad(number, error))?;
    let expected = format::<M>();
    if header.format != expected {
        let expected = format!("{expected}; an export of format 1 is read by the version that wrote it");
        return Err(Trouble::Other {
            found: header.format.to_string(),
            expected: if header.format.format == FORMAT { format::<M>().to_string() } else { expected },
        });
    }
    if (header.base == Mark::START) != header.state.is_none() {
        return Err(bad(number, "it says that entries were pruned, or not, and its rows say the opposite"));
    }
    let mut import = Import::<M> {
        writer: Writer::begin(Arc::clone(&aside), M::NAME, header.base)?,
        base: header.base,
        state: header.state,
        rows: RowMap::new(),
        world: header.state.is_none().then(World::default),
        at: LabTime::from_unix(i64::MIN),
    };
    let end = loop {
        let text;
        (number, text) = next_line(&mut lines, number + 1)?;
        let taken = if let Some((chain, bytes)) = entry_of(&text) {
            import.entry(chain, bytes)
        } else if let Ok(row) = serde_json::from_str::<Row>(&text) {
            import.row(row)
        } else {
            let end: End = serde_json::from_str(&text).map_err(|_| bad(number, "neither an entry nor a row nor the end"))?;
            break end.end;
        };
        taken.map_err(|trouble| match trouble {
            Trouble::Damage(what) => bad(number, what),
            other => other,
        })?;
    };
    if end != import.writer.last {
        return Err(bad(number, "the end names another entry than the one before it"));
    }
    import.finish(aside.as_ref(), number)
}

impl<M: Machine> Import<M> {
    fn entry(&mut self, chain: Chain, bytes: &[u8]) -> Result<(), Trouble> {
        let place = self.writer.last.next(bytes);
        let entry: Stored<M::Event> = parsed(&format!("entry {}", place.seq), bytes)?;
        if entry.seq != place.seq {
            return Err(Trouble::Damage(format!("entry {} is missing", place.seq)));
        }
        if place.chain != chain {
            return Err(Trouble::Damage(format!("entry {} was changed: its checksum does not follow from the one before", place.seq)));
        }
        self.begin_at_state(place)?;
        match (self.state, &mut self.world) {
            (Some(state), _) if place.seq <= state.seq => {}
            (_, Some(world)) => drop(world.apply(&entry)),
            (_, None) => {}
        }
        self.at = entry.at;
        self.writer.push(place, bytes)?;
        Ok(())
    }

    /// From the entry that the rows name on, events are replayed.
    fn begin_at_state(&mut self, place: Mark) -> Result<(), Trouble> {
        match self.state {
            Some(state) if place.seq == state.seq && place != state => {
                Err(Trouble::Damage("the rows are those of another journal".to_owned()))
            }
            Some(state) if self.world.is_none() && place.seq >= state.seq => {
                self.world = Some(World::from_rows(&self.rows)?);
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn row(&mut self, row: Row) -> Result<(), Trouble> {
        if self.state.is_none() || self.writer.last != self.base {
            return Err(Trouble::Damage("a row that does not belong here".to_owned()));
        }
        self.rows.insert(row.row.into_bytes(), row.value.into_bytes());
        Ok(())
    }

    fn finish(mut self, aside: &dyn Files, number: u64) -> Result<(Mark, Mark, LabTime), Trouble> {
        self.writer.flush()?;
        if let Some(state) = self.state {
            if state.seq < self.base.seq || state.seq > self.writer.last.seq {
                return Err(bad(number, "its rows are those after an entry that it does not hold"));
            }
            // An export may end with the very entry that the rows are of, and rows must be readable in any case.
            World::<M>::from_rows(&self.rows).map_err(|what| bad(number, what))?;
            write_state(aside, M::NAME, state, &self.rows)?;
        }
        Ok((self.writer.last, self.base, self.at))
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
const INCOMING: &str = "journal-incoming";
