//! The data directory's own note of what it belongs to, `journal-kind`: so that a service never begins anew, and never leaves
//! anything, in a directory that is another's, or its own with the journal gone.

use super::OpenError;
use super::entry::{FORMAT, Format, json};
use super::files::{FileError, Files, whole};
use crate::data::DataDir;

/// Refuses a data directory that says it holds another kind of journal, or one that another version keeps.
pub(crate) fn belongs_to(data: &DataDir, journal: &str) -> Result<(), OpenError> {
    let expected = Format { journal: journal.to_owned(), format: FORMAT };
    let bytes = match std::fs::read(data.path().join(NOTE)) {
        Ok(bytes) => bytes,
        // Without a note the journal itself is asked, when it is opened.
        Err(_) => return Ok(()),
    };
    match serde_json::from_slice::<Format>(&bytes) {
        Ok(found) if found != expected => {
            let directory = data.path().to_owned();
            Err(OpenError::Other { directory, found: found.to_string(), expected: expected.to_string() })
        }
        // One that cannot be read is written anew when the journal itself has said what it is.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether the directory says that it holds a journal.
pub(crate) fn is_noted(files: &dyn Files) -> Result<bool, FileError> {
    Ok(files.length(NOTE)?.is_some())
}

/// Says that the directory holds a journal of this kind, unless it does already; on disk when this returns.
pub(crate) fn keep(files: &dyn Files, journal: &str) -> Result<(), FileError> {
    let bytes = json(&Format { journal: journal.to_owned(), format: FORMAT });
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
