//! The journal of a service: its store, its audit trail and the source of its state.
//!
//! One entry an event, numbered from 1 without gaps, as JSON with a SHA-256 that is chained to the entry before. The rows that
//! an event changes go to disk in the same atomic group, so a start reads rows and checks the chain from the last checkpoint;
//! [`verify`] checks all of it. Keys of the store, all text: `e/<number>` entries, `r/<key>` rows, `l/<list>/<number>` lists,
//! `m/…` what the journal says of itself (format, base, checkpoint, seed, clock).
//!
//! The head file beside the store holds number and chain of the last entry on disk. It is written at a clean stop and once a
//! second while there is change; a journal that ends before it has lost entries.
//!
//! Every group ends in a device flush: the store's own flush, then `fdatasync` on the store's file. Counted once with
//! `strace -f -c`: 400 commands one after the other and the journal's first group made 401 `fdatasync` (and 818
//! `sync_file_range`, which are sled's own and reach no further than the device's cache).

mod check;
pub mod disk;
pub(crate) mod entry;
pub(crate) mod group;
mod memory;
pub(crate) mod sled_disk;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use check::{Restored, format_row, opened, start};
pub use check::{Verified, verify};
pub use disk::{Disk, DiskError};
pub use memory::MemoryDisk;
pub use transfer::{Exported, Imported, export, import};

use shared::wire::problem::{Problem, ProblemCode};

use crate::data::{DataDir, DataError};

/// The journal could not be written. What was not on disk is not answered for; the next start goes on from what is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written ({reason}): nothing more is answered; restart the service, it goes on from what is on disk")]
pub struct JournalFailed {
    reason: Arc<str>,
}

impl JournalFailed {
    pub(crate) fn new(reason: &str) -> Self {
        Self { reason: reason.into() }
    }

    /// The failure as every waiting caller is answered.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::new(ProblemCode::Failed, self.to_string())
    }
}

/// Why a journal could not be opened, checked, exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal is not whole.
    #[error(
        "the journal in {} is damaged: {what}. Nothing was changed. Restore the directory from a copy; or save what is whole with \
         `journal export` and put it into a new directory with `journal import`; or empty the directory to start anew. \
         `journal verify` tells more",
        directory.display()
    )]
    Damaged {
        /// The data directory.
        directory: PathBuf,
        /// What was found.
        what: String,
    },
    /// The journal belongs to another kind of service, or to another version of this one.
    #[error(
        "the journal in {} is {found}, but this service keeps {expected}: name the right directory with --data",
        directory.display()
    )]
    Other {
        /// The data directory.
        directory: PathBuf,
        /// What the journal says it is.
        found: String,
        /// What it should have been.
        expected: String,
    },
    /// An import was to go where a journal is already.
    #[error("there is a journal in {} already: import into an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// What was to be imported is not a whole export of this kind of journal.
    #[error("line {line} of the export: {what}; the directory holds a part of a journal now, empty it before another try")]
    BadExport {
        /// The line, counted from 1.
        line: u64,
        /// What was wrong.
        what: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The machine gave no thread or no randomness.
    #[error("cannot start the journal: {0}")]
    System(String),
}

pub(crate) fn damaged(data: &DataDir, what: impl std::fmt::Display) -> OpenError {
    OpenError::Damaged { directory: data.path().to_owned(), what: what.to_string() }
}
