//! A data directory in memory: for tests, and for labs that are simulated as a whole. What was not flushed can be lost.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::files::{FileError, Files};
use super::rows::{Change, RowStore, RowsError};

/// Files and rows that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryDisk(Mutex<Content>);

#[derive(Clone, Debug, Default)]
struct Content {
    files: BTreeMap<String, File>,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A file as it was written, and as it was when it was last flushed.
#[derive(Clone, Debug, Default)]
struct File {
    written: Vec<u8>,
    flushed: Vec<u8>,
    /// Where the two may differ.
    fresh: Range<usize>,
}

impl File {
    fn of(bytes: Vec<u8>) -> Self {
        Self { flushed: bytes.clone(), written: bytes, fresh: 0..0 }
    }

    fn flush(&mut self) {
        self.flushed.resize(self.written.len(), 0);
        let fresh = std::mem::take(&mut self.fresh);
        if let (Some(to), Some(from)) = (self.flushed.get_mut(fresh.clone()), self.written.get(fresh)) {
            to.copy_from_slice(from);
        }
    }
}

impl MemoryDisk {
    /// An empty directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A second one with the same content: what a process that is killed now leaves.
    #[must_use]
    pub fn image(&self) -> Self {
        Self(Mutex::new(self.content().clone()))
    }

    /// A second one with only what was flushed, and without rows: what a loss of power leaves at worst.
    #[must_use]
    pub fn after_power_cut(&self) -> Self {
        let files = self.content().files.iter().map(|(name, file)| (name.clone(), File::of(file.flushed.clone()))).collect();
        Self(Mutex::new(Content { files, rows: BTreeMap::new() }))
    }

    /// A second one as a loss of power leaves it: what was flushed, of the rest the blocks for which `kept` says so, and the rows where
    /// `rows` says so.
    #[must_use]
    pub fn torn(&self, kept: &mut dyn FnMut() -> bool, rows: bool) -> Self {
        let content = self.content();
        let mut torn = |file: &File| {
            let mut bytes = file.flushed.clone();
            bytes.resize(file.written.len(), 0);
            for start in file.fresh.clone().step_by(BLOCK_BYTES) {
                let block = start..(start + BLOCK_BYTES).min(file.fresh.end);
                if let (true, Some(to), Some(from)) = (kept(), bytes.get_mut(block.clone()), file.written.get(block)) {
                    to.copy_from_slice(from);
                }
            }
            File::of(bytes)
        };
        let files = content.files.iter().map(|(name, file)| (name.clone(), torn(file))).collect();
        let rows = if rows { content.rows.clone() } else { BTreeMap::new() };
        Self(Mutex::new(Content { files, rows }))
    }

    /// Changes a file behind everybody's back.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        if let Some(file) = self.content().files.get_mut(name) {
            let mut bytes = std::mem::take(&mut file.written);
            edit(&mut bytes);
            *file = File::of(bytes);
        }
    }

    /// Changes the rows behind everybody's back.
    pub fn edit_rows(&self, edit: impl FnOnce(&mut BTreeMap<Vec<u8>, Vec<u8>>)) {
        edit(&mut self.content().rows);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for MemoryDisk {
    fn create(&self, name: &str, length: u64) -> Result<(), FileError> {
        let zeros = vec![0; usize::try_from(length).unwrap_or_default()];
        self.content().files.insert(name.to_owned(), File::of(zeros));
        Ok(())
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let mut content = self.content();
        let file = content.files.get_mut(name).ok_or_else(|| missing(name))?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = offset.saturating_add(bytes.len());
        if file.written.len() < end {
            file.written.resize(end, 0);
        }
        if let Some(place) = file.written.get_mut(offset..end) {
            place.copy_from_slice(bytes);
        }
        let fresh = &file.fresh;
        file.fresh = if fresh.is_empty() { offset..end } else { fresh.start.min(offset)..fresh.end.max(end) };
        Ok(())
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        let content = self.content();
        let file = content.files.get(name).ok_or_else(|| missing(name))?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(file.written.len());
        let to = from.saturating_add(length).min(file.written.len());
        Ok(file.written.get(from..to).unwrap_or_default().to_vec())
    }

    fn length(&self, name: &str) -> Result<Option<u64>, FileError> {
        Ok(self.content().files.get(name).map(|file| file.written.len() as u64))
    }

    fn sync(&self, name: &str) -> Result<(), FileError> {
        self.content().files.get_mut(name).ok_or_else(|| missing(name)).map(File::flush)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let mut content = self.content();
        let folder = format!("{from}/");
        let moved: Vec<_> = content.files.extract_if(.., |name, _| name == from || name.starts_with(&folder)).collect();
        if moved.is_empty() {
            return Err(missing(from));
        }
        content.files.extend(moved.into_iter().map(|(name, file)| (name.replacen(from, to, 1), file)));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        let folder = format!("{name}/");
        self.content().files.retain(|other, _| other != name && !other.starts_with(&folder));
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let folder = format!("{folder}/");
        Ok(self.content().files.keys().filter_map(|name| name.strip_prefix(&folder)).map(str::to_owned).collect())
    }
}

impl RowStore for MemoryDisk {
    fn scan(&self, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), RowsError> {
        let content = self.content();
        for (key, value) in &content.rows {
            if !each(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(self.content().rows.get(key).cloned())
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), RowsError> {
        let mut content = self.content();
        for (key, value) in changes {
            match value {
                Some(value) => content.rows.insert(key, value),
                None => content.rows.remove(&key),
            };
        }
        Ok(())
    }
}

fn missing(name: &str) -> FileError {
    FileError::new(name, &io::Error::from(io::ErrorKind::NotFound))
}

/// What a device writes at once.
const BLOCK_BYTES: usize = 512;
