//! What only a terminal server of Windows NT 4.0 has on its disk: the licensing service's database file and scratch files, and the
//! seal of its own workstation licenses. What it decides stands in `shared::node::workstation`.

mod database;
mod scratch;
mod sealing;
mod service;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chassis::identity::Identity;
use shared::model::{Cal, HardwareId};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::workstation::{ScratchDeleted, ScratchFile};

pub(crate) use service::{blank_database, boot, restart, start, stop};

use database::DatabaseFolder;
use scratch::{Scratch, ScratchFolder};
use sealing::Seal;

/// The disk of a Windows NT 4.0 machine.
pub(crate) struct Disk {
    database: DatabaseFolder,
    folder: ScratchFolder,
    /// The files that the running licensing service has open; taken away when it stops, and when the process ends in order.
    scratch: Mutex<Option<Scratch>>,
    seal: Seal,
}

impl Disk {
    pub(crate) fn new(data: &Path, identity: Arc<Identity>) -> Self {
        Self { database: DatabaseFolder::new(data), folder: ScratchFolder::new(data), scratch: Mutex::default(), seal: Seal::new(identity) }
    }

    /// NT-50: the first steps of a new license: it is signed, and waits in a scratch file until its device has logged on.
    pub(crate) fn hand_out(&self, cal: &Cal, waits: bool) -> Result<String, Problem> {
        let token = self.seal.seal(cal)?;
        if waits {
            self.change_scratch(|scratch| scratch.keep(cal.hardware_id, &token))?;
        }
        Ok(token)
    }

    /// NT-50: the last step: the license is in the database now.
    pub(crate) fn written(&self, hardware_id: HardwareId) -> Result<(), Problem> {
        self.change_scratch(|scratch| scratch.drop_license(hardware_id))
    }

    /// The scratch files, old ones and those in use.
    pub(crate) fn scratch_files(&self) -> Result<Vec<ScratchFile>, Problem> {
        let scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        self.folder.list(scratch.as_ref()).map_err(|error| unusable(self.folder.path(), &error))
    }

    /// NT-49.
    pub(crate) fn delete_scratch_files(&self) -> Result<ScratchDeleted, Problem> {
        let scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        self.folder.delete(scratch.as_ref()).map_err(|error| unusable(self.folder.path(), &error))
    }

    fn change_scratch(&self, change: impl FnOnce(&mut Scratch) -> std::io::Result<()>) -> Result<(), Problem> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        match scratch.as_mut() {
            Some(scratch) => change(scratch).map_err(|error| unusable(self.folder.path(), &error)),
            None => Ok(()),
        }
    }

    /// NT-46: seven new files.
    fn open_scratch(&self) -> Result<Scratch, Problem> {
        self.folder.open_block().map_err(|error| unusable(self.folder.path(), &error))
    }

    fn use_scratch(&self, made: Scratch) {
        *self.scratch.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
    }

    /// NT-47: the service is told, and takes its files away.
    fn remove_scratch(&self) {
        drop(self.scratch.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// NT-48: nobody is told; the files stay.
    fn abandon_scratch(&self) {
        if let Some(scratch) = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).take() {
            scratch.abandon();
        }
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(ProblemCode::Internal, format!("{}: {error}; see to the disk of the terminal server", path.display()))
}

/// A folder below the data directory, as a machine of that time names it.
fn below(data: &Path, name: &str) -> PathBuf {
    data.join(name)
}
