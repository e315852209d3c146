//! The journal of a service: its store, its audit trail and the source of its state.
//!
//! One entry an event, numbered from 1 without gaps, as JSON with a SHA-256 that is chained to the entry before. Entries go into
//! segment files of the journal's own (`segment` says how they lie there), one device flush a group, and nothing else stands in
//! the path of an answer. The rows that the entries change are written behind, into sled, with the number of the last entry that
//! they contain: a start reads rows and replays what came after, and rows that are lost or not believed are made anew.
//!
//! ```text
//! head                        how far the journal had come, and lab time then        `head`
//! journal-kind                whose directory this is                                `kind_note`
//! journal/<first>.entries     the segments, preallocated                             `segment`, `segments`
//! journal/<entry>.state       rows after an entry, where older entries were pruned   `state_file`
//! journal/rows/               sled                                                   `rows`, `sled_rows`, `behind`
//! journal/spare               the next segment, made in advance
//! ```
//!
//! A journal that ends before its head file has lost entries. What stands behind the last whole group and is not known to the
//! head file was never flushed, so never answered, and is left out. [`verify`] checks everything, [`repair`] mends what can be
//! mended.

mod aside;
mod behind;
pub(crate) mod check;
pub(crate) mod entry;
pub mod files;
mod folder;
pub(crate) mod group;
mod head;
pub(crate) mod kind_note;
mod memory;

pub(crate) mod rows;
mod segment;
pub(crate) mod segments;
mod sled_rows;
mod state_file;

mod repair;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;

pub use check::{RowsFound, Verified, verify};
pub use files::{FileError, Files};
pub(crate) use kind_note::belongs_to;
pub use memory::MemoryDisk;

pub use repair::{Repaired, repair};
pub use rows::{Change, RowStore, RowsError};
pub use transfer::{Exported, Imported, export, import};

use shared::wire::problem::{Problem, ProblemCode};

use crate::data::DataError;

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
        "the journal in {} is damaged: {what}. Keep the directory: `journal repair` works on a copy, mends what can be mended, and says \
         what is lost. Or restore the directory from a backup of it. `journal verify` tells more",
        directory.display()
    )]
    Damaged {
        /// The data directory.
        directory: PathBuf,
        /// What was found.
        what: String,
    },
    /// There is no journal, though there was one.
    #[error(
        "the entries of the journal in {} are gone: {what}. Put the folder `journal` back, or restore the directory from a backup of \
         it; where the rows beside the entries are left, `journal repair` goes on from them. To begin a new service instead, name another directory with --data; to begin with nothing on these keys, remove journal-kind \
         (and head) too",
        directory.display()
    )]
    Gone {
        /// The data directory.
        directory: PathBuf,
        /// What says that there was one.
        what: String,
    },
    /// The journal belongs to another kind of service, or to another version of this one.
    #[error("the directory {} holds {found}, but this service keeps {expected}: name the right directory with --data", directory.display())]
    Other {
        /// The data directory.
        directory: PathBuf,
        /// What it holds.
        found: String,
        /// What it should have been.
        expected: String,
    },
    /// An import was to go where a journal is already.
    #[error("there is a journal in {} already: import into a new directory", .0.display())]
    NotEmpty(PathBuf),
    /// What was to be imported is not a whole export of this kind of journal.
    #[error("line {line} of the export: {what}; nothing was imported")]
    BadExport {
        /// The line, counted from 1.
        line: u64,
        /// What was wrong.
        what: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The machine gave no thread, no randomness or no room.
    #[error("cannot start the journal: {0}")]
    System(String),
}
