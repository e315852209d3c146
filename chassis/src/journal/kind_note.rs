//! The data directory's own note of what it belongs to, `journal-kind`: so that a service never begins anew, and never leaves
//! anything, in a directory that is another's, or its own with the journal gone.

use serde::{Deserialize, Serialize};

use super::OpenError;
use super::entry::{FORMAT, Format, json};
use super::files::{FileError, Files, whole};
use crate::data::DataDir;

/// The note: the kind of journal, and a checksum, so that a damaged note is not taken for another service's.
#[derive(Serialize, Deserialize)]
struct Note {
    #[serde(flatten)]
    format: Format,
    check: String,
}

impl Note {
    fn of(format: Format) -> Self {
        Self { check: check(&format), format }
    }

    /// What a note says; none where it is damaged.
    fn read(bytes: &[u8]) -> Option<Format> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|note| note.check == check(&note.format)).map(|note| note.format)
    }
}

fn check(format: &Format) -> String {
    format!("{:08x}", crc32fast::hash(format.to_string().as_bytes()))
}

/// Refuses a data directory that says it holds another kind of journal, or one that another version keeps. Without a note, or
/// with a damaged one, the journal itself is asked, when it is opened.
pub(crate) fn belongs_to(data: &DataDir, journal: &str) -> Result<(), OpenError> {
    let expected = Format { journal: journal.to_owned(), format: FORMAT };
    let found = std::fs::read(data.path().join(NOTE)).ok().and_then(|bytes| Note::read(&bytes));
    match found {
        Some(found) if found != expected => {
            let directory = data.path().to_owned();
            Err(OpenError::Other { directory, found: found.to_string(), expected: expected.to_string() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether the directory says that it holds a journal.
pub(crate) fn is_noted(files: &dyn Files) -> Result<bool, FileError> {
    Ok(files.length(NOTE)?.is_some())
}

/// Says that the directory holds a journal of this kind, unless it does already; on disk when this returns.
pub(crate) fn keep(files: &dyn Files, journal: &str) -> Result<(), FileError> {
    let bytes = json(&Note::of(Format { journal: journal.to_owned(), format: FORMAT }));
    if whole(files, NOTE)?.is_some_and(|noted| noted == bytes) {
        return Ok(());
    }
    files.create(MADE, 0)?;
    files.write_at(MADE, 0, &bytes)?;
    files.sync(MADE)?;
    files.rename(MADE, NOTE)
}

pub(crate) const NOTE: &str = "journal-kind";
const MADE: &str = "journal-kind-in-the-making";
