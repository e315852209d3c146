//! The rows as they were after a certain entry, in a file of their own: written before entries are pruned, so that what the
//! pruned ones had led to can still be made anew when the rows are lost.
//!
//! `"TSLSTATE"`, a line of JSON that says of which journal and after which entry, then for each row `key-length:u32
//! value-length:u32 key value`, at the end the SHA-256 of all before it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::entry::{FORMAT, Format, Mark, json};
use super::files::{FileError, Files, whole};
use super::segments::FOLDER;

/// Rows by their keys.
pub(crate) type RowMap = BTreeMap<Vec<u8>, Vec<u8>>;

/// What the directory holds of such files.
#[derive(Debug)]
pub(crate) enum StateFound {
    Missing,
    Damaged(String),
    There { after: Mark, rows: RowMap },
}

#[derive(Serialize, Deserialize)]
struct Begins {
    #[serde(flatten)]
    format: Format,
    after: Mark,
}

/// Reads the latest state file.
pub(crate) fn read_state(files: &dyn Files, journal: &str) -> Result<StateFound, FileError> {
    let Some(name) = state_names(files)?.pop() else { return Ok(StateFound::Missing) };
    let bytes = whole(files, &name)?.unwrap_or_default();
    Ok(match parse(&bytes, journal) {
        Some((after, rows)) => StateFound::There { after, rows },
        None => StateFound::Damaged(name),
    })
}

/// Writes the rows as they are after an entry; on disk when this returns, and older files of the kind are gone.
pub(crate) fn write_state(files: &dyn Files, journal: &str, after: Mark, rows: &RowMap) -> Result<(), FileError> {
    let begins = Begins { format: Format { journal: journal.to_owned(), format: FORMAT }, after };
    let mut bytes = [MAGIC.as_slice(), &json(&begins), b"\n"].concat();
    for (key, value) in rows {
        bytes.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
    }
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(&digest);
    let older = state_names(files)?;
    files.create(MADE, 0)?;
    files.write_at(MADE, 0, &bytes)?;
    files.sync(MADE)?;
    let name = format!("{FOLDER}/{:020}{ENDING}", after.seq);
    files.rename(MADE, &name)?;
    older.iter().filter(|old| **old != name).try_for_each(|old| files.remove(old))
}

fn state_names(files: &dyn Files) -> Result<Vec<String>, FileError> {
    let names = files.list(FOLDER)?;
    Ok(names.iter().filter(|name| name.ends_with(ENDING)).map(|name| format!("{FOLDER}/{name}")).collect())
}

fn parse(bytes: &[u8], journal: &str) -> Option<(Mark, RowMap)> {
    let (covered, digest) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    let expected: [u8; 32] = Sha256::digest(covered).into();
    if expected != *digest {
        return None;
    }
    let covered = covered.strip_prefix(MAGIC)?;
    let line = covered.iter().position(|byte| *byte == b'\n')?;
    let begins: Begins = serde_json::from_slice(covered.get(..line)?).ok()?;
    if begins.format.journal != journal || begins.format.format != FORMAT {
        return None;
    }
    let mut rest = covered.get(line + 1..)?;
    let mut rows = RowMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_first_chunk::<4>()?;
        let (value, after) = after.split_first_chunk::<4>()?;
        let (key, after) = after.split_at_checked(u32::from_le_bytes(*key) as usize)?;
        let (value, after) = after.split_at_checked(u32::from_le_bytes(*value) as usize)?;
        rows.insert(key.to_vec(), value.to_vec());
        rest = after;
    }
    Some((begins.after, rows))
}

const MAGIC: &[u8; 8] = b"TSLSTATE";
const ENDING: &str = ".state";
const MADE: &str = "journal/state-in-the-making";
