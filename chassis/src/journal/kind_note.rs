//! The data directory's own note of what it belongs to, `journal-kind`: so that a service never begins anew, and never leaves
//! anything, in a directory that is another's, or its own with the journal gone.

use std::path::Path;

use super::entry::{FORMAT, Format, json};
use super::files::{FileError, Files, whole};
use crate::data::{self, DataError};

/// What a data directory says it holds; none where it says nothing yet.
pub(crate) fn noted(path: &Path) -> Result<Option<Format>, DataError> {
    let path = path.join(NOTE);
    match std::fs::read(&path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(format) => Ok(Some(format)),
            Err(_) => Err(DataError::Unreadable { path, reason: "does not say what kind of journal the directory holds" }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(data::failed(&path, error)),
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
