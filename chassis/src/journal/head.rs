//! The head file: how far the journal had come, beside the journal. A journal that ends before its head has lost entries.
//!
//! Two places of 256 bytes, written in turn after each group, so that a write that is torn leaves the other one. It is not
//! flushed with each group (a process that is killed loses nothing of it), but once a second and at a clean stop.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use shared::model::LabTime;

use super::entry::{Mark, json};
use super::files::{FileError, Files, whole};

/// What the head file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The last entry that was on disk.
    pub(crate) mark: Mark,
    /// Lab time then, or later.
    pub(crate) at: LabTime,
}

/// What was found where the head file should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadFound {
    Missing,
    Damaged,
    There(Head),
}

impl HeadFound {
    pub(crate) fn read(files: &dyn Files) -> Result<Self, FileError> {
        let Some(bytes) = whole(files, HEAD_FILE)? else { return Ok(Self::Missing) };
        let latest = bytes.chunks(PLACE_BYTES).filter_map(place).max_by_key(|head| (head.mark.seq, head.at));
        Ok(latest.map_or(Self::Damaged, Self::There))
    }

    /// The head, where there is one that can be read.
    pub(crate) fn known(self) -> Option<Head> {
        match self {
            Self::There(head) => Some(head),
            Self::Missing | Self::Damaged => None,
        }
    }
}

/// Writes the head file while a journal runs.
pub(crate) struct HeadFile {
    files: Arc<dyn Files>,
    written: Mutex<Written>,
}

struct Written {
    head: Option<Head>,
    turn: u64,
    synced: Option<Head>,
}

impl HeadFile {
    /// Goes on with the file that is there, or makes it.
    pub(crate) fn open(files: Arc<dyn Files>) -> Result<Self, FileError> {
        if files.length(HEAD_FILE)?.is_none_or(|length| length != 2 * PLACE_BYTES as u64) {
            files.create(HEAD_FILE, 2 * PLACE_BYTES as u64)?;
        }
        Ok(Self { files, written: Mutex::new(Written { head: None, turn: 0, synced: None }) })
    }

    /// Says that the journal has come this far.
    pub(crate) fn note(&self, head: Head) -> Result<(), FileError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.head == Some(head) {
            return Ok(());
        }
        self.files.write_at(HEAD_FILE, (written.turn % 2) * PLACE_BYTES as u64, &place_bytes(&head))?;
        written.turn += 1;
        written.head = Some(head);
        Ok(())
    }

    /// Brings what was noted to the device.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        let head = self.written.lock().unwrap_or_else(PoisonError::into_inner).head;
        self.files.sync(HEAD_FILE)?;
        self.written.lock().unwrap_or_else(PoisonError::into_inner).synced = head;
        Ok(())
    }

    /// Whether anything was noted since the last [`HeadFile::sync`].
    pub(crate) fn is_fresh(&self) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.head != written.synced
    }
}

/// Writes a head file that says this, on disk when it returns.
pub(crate) fn write_head(files: &dyn Files, head: Head) -> Result<(), FileError> {
    files.create(HEAD_FILE, 2 * PLACE_BYTES as u64)?;
    files.write_at(HEAD_FILE, 0, &place_bytes(&head))?;
    files.sync(HEAD_FILE)
}

/// A line of text that ends in its checksum.
fn place_bytes(head: &Head) -> Vec<u8> {
    let mut bytes = json(head);
    bytes.resize(PLACE_BYTES - 9, b' ');
    let crc = crc32fast::hash(&bytes);
    bytes.extend(format!("{crc:08x}\n").bytes());
    bytes
}

fn place(bytes: &[u8]) -> Option<Head> {
    let (text, crc) = bytes.split_at_checked(PLACE_BYTES - 9)?;
    let said = std::str::from_utf8(crc).ok()?.strip_suffix('\n')?;
    if u32::from_str_radix(said, 16).ok()? != crc32fast::hash(text) {
        return None;
    }
    serde_json::from_slice(text).ok()
}

pub(crate) const HEAD_FILE: &str = "head";
const PLACE_BYTES: usize = 256;
