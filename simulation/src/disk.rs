//! The disk of a simulated machine: what was written, what of it was flushed, and what goes wrong.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chassis::journal::{Change, FileError, Files, MemoryDisk, RowStore, RowsError};

/// A disk that is told when to fail. It outlives the service that writes to it.
#[derive(Debug, Default)]
pub(crate) struct Disk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    content: Arc<MemoryDisk>,
    trouble: Option<Trouble>,
    /// Something was refused: whoever wrote has failed.
    refused: bool,
}

/// What goes wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no room for another byte.
    Full,
    /// The next flush of anything fails.
    FlushFails,
    /// The power goes after so many more operations.
    PowerGoesIn(u32),
    /// The power is gone.
    PowerIsGone,
}

impl Disk {
    pub(crate) fn give(&self, trouble: Option<Trouble>) {
        self.state().trouble = trouble;
    }

    /// Whether something was refused since the last start.
    pub(crate) fn has_failed(&self) -> bool {
        self.state().refused
    }

    /// The process ends: everything that was written is there.
    pub(crate) fn after_kill(&self) {
        let mut state = self.state();
        state.trouble = None;
        state.refused = false;
    }

    /// The power goes: of what was not flushed, only the blocks that `kept` names are there; the rows with `rows`.
    pub(crate) fn after_power_cut(&self, kept: &mut dyn FnMut() -> bool, rows: bool) {
        let mut state = self.state();
        state.content = Arc::new(state.content.torn(kept, rows));
        state.trouble = None;
        state.refused = false;
    }

    /// What is on it now, as another disk, with its rows or without.
    pub(crate) fn copy(&self, rows: bool) -> Arc<MemoryDisk> {
        let image = self.state().content.image();
        if !rows {
            image.edit_rows(std::collections::BTreeMap::clear);
        }
        Arc::new(image)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an operation through, or says what goes wrong.
    fn operate(&self, name: &str, grows: bool, flushes: bool) -> Result<Arc<MemoryDisk>, FileError> {
        let mut state = self.state();
        let wrong = match state.trouble {
            Some(Trouble::Full) if grows => Some(io::ErrorKind::StorageFull),
            Some(Trouble::FlushFails) if flushes => {
                state.trouble = None;
                Some(io::ErrorKind::Other)
            }
            Some(Trouble::PowerGoesIn(0) | Trouble::PowerIsGone) => {
                state.trouble = Some(Trouble::PowerIsGone);
                Some(io::ErrorKind::BrokenPipe)
            }
            Some(Trouble::PowerGoesIn(left)) => {
                state.trouble = Some(Trouble::PowerGoesIn(left - 1));
                None
            }
            Some(Trouble::Full | Trouble::FlushFails) | None => None,
        };
        match wrong {
            Some(kind) => {
                state.refused = true;
                Err(FileError::new(name, &io::Error::from(kind)))
            }
            None => Ok(Arc::clone(&state.content)),
        }
    }
}

impl Files for Disk {
    fn create(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.operate(name, true, false)?.create(name, length)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let content = self.operate(name, false, false)?;
        let grows = content.length(name)?.is_none_or(|length| length < offset + bytes.len() as u64);
        if grows {
            self.operate(name, true, false)?;
        }
        content.write_at(name, offset, bytes)
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.operate(name, false, false)?.read_at(name, offset, length)
    }

    fn length(&self, name: &str) -> Result<Option<u64>, FileError> {
        self.operate(name, false, false)?.length(name)
    }

    fn sync(&self, name: &str) -> Result<(), FileError> {
        self.operate(name, false, true)?.sync(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.operate(from, false, false)?.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.operate(name, false, false)?.remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        self.operate(folder, false, false)?.list(folder)
    }
}

impl RowStore for Disk {
    fn scan(&self, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), RowsError> {
        self.rows()?.scan(each)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.rows()?.get(key)
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), RowsError> {
        self.rows()?.write(changes)
    }
}

impl Disk {
    fn rows(&self) -> Result<Arc<MemoryDisk>, RowsError> {
        self.operate("rows", false, false).map_err(|error| RowsError(error.to_string()))
    }
}
