//! The seam behind which a journal's files stand: a handful of operations by name, so that a test, or a simulation, can lose
//! what was written and not flushed.

use std::io;

/// Files of one data directory, by their paths in it (`head`, `journal/…`).
///
/// What was written survives the process, but survives a loss of power only once [`Files::sync`] has returned. A name survives
/// as soon as the call that made, changed or removed it has returned.
pub trait Files: Send + Sync + 'static {
    /// Makes a file of `length` zeros, or empties the one that is there; on disk when this returns.
    fn create(&self, name: &str, length: u64) -> Result<(), FileError>;

    /// Writes all of `bytes` at a place of a file, which grows where that is needed.
    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError>;

    /// Up to `length` bytes from a place of a file; fewer only where the file ends.
    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError>;

    /// How long a file is; none where there is no such file.
    fn length(&self, name: &str) -> Result<Option<u64>, FileError>;

    /// Brings what was written to a file to the device.
    fn sync(&self, name: &str) -> Result<(), FileError>;

    /// Gives a file or a folder another name, in place of what had it.
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;

    /// Removes a file, or a folder with all that is in it; that it is not there is no error.
    fn remove(&self, name: &str) -> Result<(), FileError>;

    /// The names of what a folder holds, in order, without the folder's own; none where there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<String>, FileError>;
}

/// What the system said when a file could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct FileError {
    /// The file, as a path in the data directory.
    pub name: String,
    /// What kind of error it was, from which the cure follows.
    pub kind: io::ErrorKind,
    /// What the system said.
    pub reason: String,
}

impl FileError {
    /// What the system said of a file.
    #[must_use]
    pub fn new(name: &str, error: &io::Error) -> Self {
        Self { name: name.to_owned(), kind: error.kind(), reason: error.to_string() }
    }
}

/// The whole of a file; none where there is no such file.
pub(crate) fn whole(files: &dyn Files, name: &str) -> Result<Option<Vec<u8>>, FileError> {
    let Some(length) = files.length(name)? else { return Ok(None) };
    files.read_at(name, 0, usize::try_from(length).unwrap_or(usize::MAX)).map(Some)
}
