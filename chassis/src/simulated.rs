//! A machine that is simulated: what a service stands on where its transport, its disk, its time and its chance are in somebody's
//! hands. The service is the same, from its routes down to the bytes of its journal.

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};

use futures_util::future::{BoxFuture, LocalBoxFuture};
use shared::machine::Machine;
use shared::model::PublicKey;

use crate::client::Connections;
use crate::engine::Engine;
use crate::journal::{Files, RowStore};
use crate::lab::LabEngine;
pub use crate::secrets::Secrets;
use crate::transport::{Answer, Message, NoAnswer};

/// A machine, on which a service can be set up again and again. Random bytes are the thread's: see [`crate::random::seeded`].
#[derive(Clone)]
pub struct SimulatedMachine {
    /// The files of its data directory.
    pub files: Arc<dyn Files>,
    /// The rows beside them.
    pub rows: Arc<dyn RowStore>,
    /// What its clock shows, in milliseconds since 1970.
    pub host_millis: Arc<AtomicI64>,
    /// The way to other machines.
    pub transport: Connections,
    /// The keys on its disk, which no fault of the disk reaches.
    pub secrets: Secrets,
    /// A real folder for the few files that stand beside the journal (NT-43, NT-46).
    pub folder: PathBuf,
    /// The engine of the service that runs on it, as soon as it has one.
    pub engine: Arc<OnceLock<Running>>,
}

/// An engine without threads.
pub trait ByHand: LabEngine {
    /// Whether entries wait for the disk.
    fn has_open(&self) -> bool;

    /// Brings them there, and tells whoever waits for them.
    fn flush(&self);

    /// Writes rows and head file.
    fn look_after(&self);
}

impl<M: Machine> ByHand for Engine<M> {
    fn has_open(&self) -> bool {
        self.has_open()
    }

    fn flush(&self) {
        self.flush();
    }

    fn look_after(&self) {
        self.look_after();
    }
}

/// The engine of a service that runs on a simulated machine.
pub struct Running {
    lab: Box<dyn ByHand>,
    typed: Box<dyn Any + Send + Sync>,
}

impl Running {
    pub(crate) fn new<M: Machine>(engine: &Engine<M>) -> Self {
        Self { lab: Box::new(engine.clone()), typed: Box::new(engine.clone()) }
    }

    /// The engine, whatever its machine.
    #[must_use]
    pub fn lab(&self) -> &dyn ByHand {
        self.lab.as_ref()
    }

    /// The engine of this machine; none where it is another one's.
    #[must_use]
    pub fn of<M: Machine>(&self) -> Option<&Engine<M>> {
        self.typed.downcast_ref()
    }
}

/// A service that stands on a simulated machine: it listens to nobody, and is handed what comes.
pub trait Standing {
    /// Its key.
    fn key(&self) -> PublicKey;

    /// The token of its administrator.
    fn admin_token(&self) -> &str;

    /// Answers a message.
    fn take(&self, message: Message) -> LocalBoxFuture<'static, Result<Answer, NoAnswer>>;

    /// What a service does once a second.
    fn tick(&self) -> BoxFuture<'static, ()>;

    /// What it does once a second beside its requests, asking others.
    fn beside(&self) -> BoxFuture<'static, ()>;
}
