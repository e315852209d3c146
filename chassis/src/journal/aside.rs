//! A journal that is made in a folder of its own beside the one in use, and takes its place when it is whole.

use std::sync::Arc;

use super::entry::Mark;
use super::files::{FileError, Files};
use super::group::FRAME_BYTES;
use super::segment::Frame;
use super::segments::{FOLDER, SEGMENT_BYTES, Segments};

/// The files of a data directory in which `journal/` means another folder.
pub(crate) struct Aside {
    files: Arc<dyn Files>,
    folder: &'static str,
}

impl Aside {
    /// Begins with nothing in the folder.
    pub(crate) fn begin(files: &Arc<dyn Files>, folder: &'static str) -> Result<Self, FileError> {
        files.remove(folder)?;
        Ok(Self { files: Arc::clone(files), folder })
    }

    fn at(&self, name: &str) -> String {
        match name.strip_prefix(FOLDER) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", self.folder),
            Some(_) | None => name.to_owned(),
        }
    }
}

impl Files for Aside {
    fn create(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.files.create(&self.at(name), length)
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.files.write_at(&self.at(name), offset, bytes)
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.files.read_at(&self.at(name), offset, length)
    }

    fn length(&self, name: &str) -> Result<Option<u64>, FileError> {
        self.files.length(&self.at(name))
    }

    fn sync(&self, name: &str) -> Result<(), FileError> {
        self.files.sync(&self.at(name))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.files.rename(&self.at(from), &self.at(to))
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.files.remove(&self.at(name))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        self.files.list(&self.at(folder))
    }
}

/// Writes entries one after the other into new segments.
pub(crate) struct Writer {
    segments: Segments,
    written: Mark,
    pub(crate) last: Mark,
    frame: Frame,
}

impl Writer {
    /// Begins behind entry `base`.
    pub(crate) fn begin(files: Arc<dyn Files>, journal: &'static str, base: Mark) -> Result<Self, FileError> {
        let segments = Segments::begin(files, journal, SEGMENT_BYTES, base)?;
        Ok(Self { segments, written: base, last: base, frame: Frame::new() })
    }

    /// Adds an entry, whose place follows on the last one.
    pub(crate) fn push(&mut self, mark: Mark, entry: &[u8]) -> Result<(), FileError> {
        self.frame.push(mark, entry, Vec::new());
        self.last = mark;
        if self.frame.length() < FRAME_BYTES { Ok(()) } else { self.flush() }
    }

    /// Brings all of them to the device.
    pub(crate) fn flush(&mut self) -> Result<(), FileError> {
        let frame = std::mem::replace(&mut self.frame, Frame::new());
        if frame.count() > 0 {
            self.segments.append(self.written, std::slice::from_ref(&frame))?;
            self.written = self.last;
        }
        Ok(())
    }
}
