//! A disk in memory that a test can hold up, count and break.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use chassis::journal::{Change, FileError, Files, MemoryDisk, RowStore, RowsError};

/// A disk whose flushes of entries can be held up, counted and broken.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) disk: Arc<MemoryDisk>,
    pub(crate) flushes: AtomicUsize,
    pub(crate) full: AtomicBool,
    pub(crate) rows_broken: AtomicBool,
    shut: Mutex<bool>,
    opened: Condvar,
}

impl Watched {
    pub(crate) fn over(disk: &Arc<MemoryDisk>) -> Arc<Self> {
        Arc::new(Self { disk: Arc::clone(disk), ..Self::default() })
    }

    /// Holds flushes up until it is called with `false`.
    pub(crate) fn shut(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }

    fn room(&self, name: &str) -> Result<(), FileError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(FileError::new(name, &std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device")));
        }
        Ok(())
    }
}

impl Files for Watched {
    fn create(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.room(name)?;
        self.disk.create(name, length)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.room(name)?;
        self.disk.write_at(name, offset, bytes)
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.disk.read_at(name, offset, length)
    }

    fn length(&self, name: &str) -> Result<Option<u64>, FileError> {
        self.disk.length(name)
    }

    fn sync(&self, name: &str) -> Result<(), FileError> {
        if name.ends_with(".entries") {
            drop(self.opened.wait_while(self.shut.lock().unwrap(), |shut| *shut).unwrap());
            self.flushes.fetch_add(1, Ordering::SeqCst);
        }
        self.room(name)?;
        self.disk.sync(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.disk.remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        self.disk.list(folder)
    }
}

impl RowStore for Watched {
    fn scan(&self, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), RowsError> {
        self.disk.scan(each)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.disk.get(key)
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), RowsError> {
        if self.rows_broken.load(Ordering::SeqCst) {
            return Err(RowsError("the store gave up".to_owned()));
        }
        self.disk.write(changes)
    }
}
