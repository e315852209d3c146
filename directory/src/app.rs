//! What the handlers work with: the directory's engine, and the check of passwords.

use std::sync::Arc;

use chassis::calls::Enrolled;
use chassis::engine::{Engine, JournalFailed};
use chassis::http::{App, Caller};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use chassis::passwords::PasswordCheck;
use shared::directory::{Command, Directory, Refusal};
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::Problem;

/// A running directory; a handle that is cloned for every request.
#[derive(Clone)]
pub(crate) struct DirectoryService(Arc<Parts>);

struct Parts {
    engine: Engine<Directory>,
    identity: Arc<Identity>,
    passwords: PasswordCheck,
}

impl DirectoryService {
    pub(crate) fn new(engine: Engine<Directory>, identity: Arc<Identity>, passwords: PasswordCheck) -> Self {
        Self(Arc::new(Parts { engine, identity, passwords }))
    }

    pub(crate) fn engine(&self) -> &Engine<Directory> {
        &self.0.engine
    }

    pub(crate) fn passwords(&self) -> &PasswordCheck {
        &self.0.passwords
    }

    /// Executes a command; a refusal becomes its problem.
    pub(crate) async fn execute<T: Send>(&self, command: Command, answer: impl FnOnce(&Directory) -> T + Send) -> Result<T, Problem> {
        let executed = self.engine().execute(None, command, |directory, (), _| answer(directory)).await;
        executed.map_err(|error| error.problem(Refusal::problem))
    }

    /// Reads what is on disk.
    pub(crate) async fn read<T: Send>(&self, look: impl FnOnce(&Directory) -> T + Send) -> Result<T, Problem> {
        self.engine().read(|directory, _| look(directory)).await.map_err(|failed: JournalFailed| failed.problem())
    }
}

impl App for DirectoryService {
    fn engine(&self) -> &dyn LabEngine {
        &self.0.engine
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        Ok(self.0.identity.view())
    }

    async fn caller(&self, thumbprint: &str) -> Result<Option<Caller>, Problem> {
        let found = self.engine().peek(|directory, _| directory.caller(thumbprint)).map_err(|failed| failed.problem())?;
        Ok(found.map(|(name, service)| Caller { enrolled: Enrolled { name, key: service.key }, roles: vec![service.role] }))
    }
}
