//! One machine of the world: its disk, its clock, and the service that runs on it, run after run.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use chassis::config::ServiceConfig;
use chassis::journal::{Files, RowStore};
use chassis::server::StartError;
use chassis::simulated::{Running, Secrets, SimulatedMachine, Standing};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use shared::machine::Machine as _;
use shared::model::{Generation, ServerName};

use crate::disk::Disk;
use crate::wire::Wire;

/// What runs on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Clearinghouse,
    LicenseServer(Generation),
    TerminalServer(Generation),
}

/// A machine.
pub(crate) struct Machine {
    pub(crate) name: ServerName,
    pub(crate) kind: Kind,
    pub(crate) disk: Arc<Disk>,
    secrets: Secrets,
    host_millis: Arc<AtomicI64>,
    /// By how much its clock is ahead of the world's.
    pub(crate) skew_ms: i64,
    folder: PathBuf,
    wire: Wire,
    pub(crate) token: Rc<RefCell<Option<String>>>,
    /// Which run of its service this is; 0 before the first.
    pub(crate) run: u32,
    /// The service of this run: on its way, or standing.
    pub(crate) up: Option<Up>,
    pub(crate) flush_is_coming: bool,
    pub(crate) slow: bool,
    /// Steps until the process is killed.
    pub(crate) killed_in: Option<u32>,
    /// How long it will be down, where that is settled.
    pub(crate) down_ms: Option<u64>,
    /// The last entry that the invariants were held against.
    pub(crate) checked: u64,
}

/// A run of a service.
pub(crate) struct Up {
    pub(crate) engine: Arc<OnceLock<Running>>,
    pub(crate) standing: Slot,
    /// What the service does beside its requests is under way.
    pub(crate) beside: Rc<RefCell<bool>>,
}

/// Where a service stands once it has started, or why it did not.
pub(crate) type Slot = Rc<RefCell<Option<Result<Rc<dyn Standing>, StartError>>>>;

impl Machine {
    pub(crate) fn new(name: ServerName, kind: Kind, folder: PathBuf, wire: Wire) -> Self {
        Self {
            name,
            kind,
            disk: Arc::default(),
            secrets: Secrets::default(),
            host_millis: Arc::default(),
            skew_ms: 0,
            folder,
            wire,
            token: Rc::default(),
            run: 0,
            up: None,
            flush_is_coming: false,
            slow: false,
            killed_in: None,
            down_ms: None,
            checked: 0,
        }
    }

    /// Its clock shows this moment of the world, and what it is ahead.
    pub(crate) fn tell_time(&self, millis: i64) {
        self.host_millis.store(millis + self.skew_ms, Ordering::Relaxed);
    }

    /// The next run of its service, as something to be carried through.
    pub(crate) fn start(&mut self, seed: u64) -> LocalBoxFuture<'static, ()> {
        self.run += 1;
        let (engine, standing): (Arc<OnceLock<Running>>, Slot) = (Arc::default(), Rc::default());
        self.up = Some(Up { engine: engine.clone(), standing: standing.clone(), beside: Rc::default() });
        self.flush_is_coming = false;
        self.checked = 0;
        let machine = SimulatedMachine {
            files: self.disk.clone() as Arc<dyn Files>,
            rows: self.disk.clone() as Arc<dyn RowStore>,
            host_millis: self.host_millis.clone(),
            transport: Arc::new(self.wire.clone()),
            secrets: self.secrets.clone(),
            folder: self.folder.clone(),
            engine,
        };
        let mut config = ServiceConfig::embedded(self.name.clone(), self.folder.clone());
        config.lab = true;
        config.seed = Some(seed);
        let (kind, token) = (self.kind, self.token.clone());
        async move {
            let stood = match kind {
                Kind::Clearinghouse => clearinghouse::stand(clearinghouse::Config::embedded(config), machine).await,
                Kind::LicenseServer(generation) => {
                    let config = license_server::Config { generation, ..license_server::Config::embedded(config) };
                    license_server::stand(config, machine).await
                }
                Kind::TerminalServer(generation) => {
                    let config = terminal_server::Config { generation, ..terminal_server::Config::embedded(config) };
                    terminal_server::stand(config, machine).await
                }
            };
            if let Ok(service) = &stood {
                *token.borrow_mut() = Some(service.admin_token().to_owned());
            }
            *standing.borrow_mut() = Some(stood.map(Rc::from));
        }
        .boxed_local()
    }

    /// The service that stands on it.
    pub(crate) fn standing(&self) -> Option<Rc<dyn Standing>> {
        self.up.as_ref()?.standing.borrow().as_ref()?.as_ref().ok().cloned()
    }

    /// Why its service did not start.
    pub(crate) fn start_failed(&self) -> Option<String> {
        self.up.as_ref()?.standing.borrow().as_ref()?.as_ref().err().map(ToString::to_string)
    }

    /// Its engine, as soon as it has one.
    pub(crate) fn engine(&self) -> Option<&Running> {
        self.up.as_ref()?.engine.get()
    }

    /// What its journal is called.
    pub(crate) fn journal(&self) -> &'static str {
        match self.kind {
            Kind::Clearinghouse => shared::registry::Registry::NAME,
            Kind::LicenseServer(_) => shared::ledger::Ledger::NAME,
            Kind::TerminalServer(_) => shared::node::Node::NAME,
        }
    }
}
