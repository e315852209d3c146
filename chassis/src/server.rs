//! Start and stop of a service: data directory, key and token, the listening socket, the ticker.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as ActixApp, HttpServer};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use shared::machine::Machine;
use shared::model::{PublicKey, ServerName};
use shared::trust::{AgreementSecret, SigningKey};
use shared::wire::common::Health;
use tokio::task::JoinHandle;

use crate::calls::Verifier;
use crate::client::{ServiceClient, connections};
use crate::clock::Clock;
use crate::config::{Kind, ServiceConfig};
use crate::data::{self, DataDir, DataError};
use crate::engine::{Engine, EngineOptions, ExecuteError};
use crate::files_limit;
use crate::http::{AdminToken, App, Doorway, Facts, Hosts, Routes};
use crate::identity::{Identity, IdentityError, agreement_file, key_file, simulated_agreement, simulated_key};
use crate::journal;
use crate::lab::LabEngine;
use crate::network::Network;
use crate::passwords::PasswordCheck;
use crate::simulated::{self, SimulatedMachine, Standing};
use crate::transport::{Answer, Message, NoAnswer};

/// What a service stands on before its engine is there: its disk, its key, its clock, the way to others, the token.
pub struct Site {
    /// What the service was told.
    pub config: ServiceConfig,
    /// Its name and key.
    pub identity: Arc<Identity>,
    /// Its clock, to be shared with its engine.
    pub clock: Clock,
    ground: Ground,
    admin_token_path: PathBuf,
    admin_token: String,
}

/// The machine under a service.
enum Ground {
    /// A real one: its data directory, held against other processes.
    Directory(DataDir),
    /// A simulated one.
    Simulated(SimulatedMachine),
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken.
    #[error("{address} is in use by another program: stop that program, or choose another port with {switch}")]
    Taken {
        /// The address.
        address: SocketAddr,
        /// The switch that changes it.
        switch: &'static str,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}; choose another address with {switch}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
        /// The switch that changes it.
        switch: &'static str,
    },
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The name.
    #[error("--name: {0}")]
    Name(#[from] shared::model::ParseError),
    /// The journal, or whatever else the service itself needs.
    #[error("{0}")]
    Service(String),
}

impl StartError {
    /// What a service's first command came to.
    pub fn of<R: std::fmt::Display>(error: ExecuteError<R>) -> Self {
        StartError::Service(match error {
            ExecuteError::Refused(refusal) => refusal.to_string(),
            ExecuteError::Failed(failed) => failed.to_string(),
        })
    }
}

/// Why a running service came to its end, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The journal failed.
    #[error(
        "{name} stopped, since its journal failed: {reason}; nothing that was answered is lost; free the disk or see to it, then start the service again"
    )]
    Journal {
        /// The service.
        name: ServerName,
        /// What happened.
        reason: String,
    },
    /// The HTTP side ended by itself.
    #[error("{name} stopped listening: {reason}")]
    Listening {
        /// The service.
        name: ServerName,
        /// What happened.
        reason: String,
    },
}

/// A service that is listening.
pub struct Running {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: ServerName,
    /// Its public key.
    pub key: PublicKey,
    /// Where it listens, with the port that the system chose if 0 was asked for.
    pub address: SocketAddr,
    /// The file with its administrator's token.
    pub admin_token_path: PathBuf,
    /// Its administrator's token.
    pub admin_token: String,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
    ticking: [JoinHandle<()>; 2],
    engine: Arc<dyn Engined>,
    door: Weak<dyn Send + Sync>,
    // Held until the journal is closed.
    ground: Ground,
}

/// The service's state as far as its start and stop need it.
trait Engined: Send + Sync {
    fn engine(&self) -> &dyn LabEngine;

    fn keep_up(&self) -> BoxFuture<'_, ()>;

    fn beside(&self) -> BoxFuture<'static, ()>;
}

impl<S: App> Engined for S {
    fn engine(&self) -> &dyn LabEngine {
        App::engine(self)
    }

    fn keep_up(&self) -> BoxFuture<'_, ()> {
        App::keep_up(self).boxed()
    }

    fn beside(&self) -> BoxFuture<'static, ()> {
        App::beside(self)
    }
}

impl Site {
    /// Opens the data directory, reads or makes key and token.
    pub fn open(kind: Kind, config: &ServiceConfig) -> Result<Self, StartError> {
        let name = config.name(kind)?;
        if let Some(shortage) = files_limit::shortage() {
            return Err(StartError::Service(shortage));
        }
        let data = DataDir::open(&config.data)?;
        // Before anything is made in it: it may be another service's.
        journal::belongs_to(&data, kind.journal()).map_err(|error| StartError::Service(error.to_string()))?;
        let identity = Arc::new(Identity::open(kind, name, &data)?);
        let admin_token_path = config.admin_token_file.clone().unwrap_or_else(|| data.token_path());
        let admin_token = data::admin_token(&admin_token_path)?;
        let ground = Ground::Directory(data);
        Ok(Self { config: config.clone(), identity, clock: Clock::new(), ground, admin_token_path, admin_token })
    }

    /// The same on a simulated machine.
    pub fn simulated(kind: Kind, config: &ServiceConfig, machine: SimulatedMachine) -> Result<Self, StartError> {
        let identity = Arc::new(Identity::simulated(kind, config.name(kind)?, &machine.secrets)?);
        let made = machine.secrets.get_or_make("admin-token", || Ok::<_, StartError>(data::new_admin_token().into_bytes()))?;
        let admin_token = String::from_utf8_lossy(&made).into_owned();
        let clock = Clock::told(machine.host_millis.clone());
        let ground = Ground::Simulated(machine);
        Ok(Self { config: config.clone(), identity, clock, ground, admin_token_path: PathBuf::new(), admin_token })
    }

    /// Opens the journal, with dice and clock as the service was told.
    pub fn engine<M: Machine>(&self, options: EngineOptions) -> Result<Engine<M>, StartError> {
        let options = EngineOptions { seed: self.config.seed, start_at: self.config.start_at, ..options };
        let opened = match &self.ground {
            Ground::Directory(data) => Engine::open(data, self.clock.clone(), options),
            Ground::Simulated(machine) => {
                let options = EngineOptions { by_hand: true, segment_bytes: Some(SIMULATED_SEGMENT_BYTES), ..options };
                Engine::open_over(machine.files.clone(), machine.rows.clone(), self.clock.clone(), options)
            }
        };
        let engine = opened.map_err(|error| StartError::Service(error.to_string()))?;
        if let Ground::Simulated(machine) = &self.ground {
            // A machine is given a new cell for each start.
            let _ = machine.engine.set(simulated::Running::new(&engine));
        }
        Ok(engine)
    }

    /// A client that speaks for this service, over the network that its engine keeps.
    pub fn client(&self, patience: Duration, network: &Network) -> Result<ServiceClient, StartError> {
        let transport = match &self.ground {
            Ground::Directory(_) => connections().map_err(|error| StartError::Service(error.to_string()))?,
            Ground::Simulated(machine) => machine.transport.clone(),
        };
        Ok(ServiceClient::by(transport, self.identity.clone(), self.clock.clone(), patience).over(network))
    }

    /// A further Ed25519 key, read or made.
    pub fn key(&self, file: &'static str) -> Result<SigningKey, StartError> {
        Ok(match &self.ground {
            Ground::Directory(data) => key_file(data, file)?,
            Ground::Simulated(machine) => simulated_key(&machine.secrets, file)?,
        })
    }

    /// The key agreement key, read or made.
    pub fn agreement(&self) -> Result<AgreementSecret, StartError> {
        Ok(match &self.ground {
            Ground::Directory(data) => agreement_file(data)?,
            Ground::Simulated(machine) => simulated_agreement(&machine.secrets)?,
        })
    }

    /// The folder for files beside the journal.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match &self.ground {
            Ground::Directory(data) => data.path(),
            Ground::Simulated(machine) => &machine.folder,
        }
    }

    /// The check of passwords.
    #[must_use]
    pub fn passwords(&self) -> PasswordCheck {
        match &self.ground {
            Ground::Directory(_) => PasswordCheck::new(),
            Ground::Simulated(_) => PasswordCheck::simulated(),
        }
    }

    /// Stands on a simulated machine; nobody listens.
    pub fn stand<S: App>(self, app: S, routes: Routes<S>) -> Box<dyn Standing> {
        let door = Arc::new(self.doorway(app, routes));
        Box::new(Stood { door, admin_token: self.admin_token })
    }

    /// Listens, and runs what falls due once a second. `app` holds the engine that was opened on this site.
    pub async fn serve<S: App>(self, app: S, routes: Routes<S>) -> Result<Running, StartError> {
        let kind = self.identity.kind();
        let engine: Arc<dyn Engined> = Arc::new(app.clone());
        let door = Arc::new(self.doorway(app, routes));
        let left: Arc<dyn Send + Sync> = door.clone();
        let left = Arc::downgrade(&left);
        let (server, address) = match self.listen(&door) {
            Ok(listening) => listening,
            Err(error) => {
                // The journal is closed properly; the start has failed for a reason of its own.
                let _ = engine.engine().close().await;
                return Err(error);
            }
        };
        let handle = server.handle();
        tracing::info!(service.kind = kind.name(), service.name = %self.identity.name(), service.address = %address, service.lab = self.config.lab, "listening");
        if !address.ip().is_loopback() {
            tracing::warn!(
                service.name = %self.identity.name(),
                service.address = %address,
                "listening beyond loopback: whoever reaches this address can connect, and nothing that goes over it is encrypted; keep it to networks that you trust, or listen on 127.0.0.1"
            );
        }
        Ok(Running {
            kind,
            name: self.identity.name().clone(),
            key: self.identity.public_key(),
            address,
            admin_token_path: self.admin_token_path,
            admin_token: self.admin_token,
            handle,
            serving: tokio::spawn(server),
            ticking: [tokio::spawn(tick(engine.clone())), tokio::spawn(beside(Arc::downgrade(&engine)))],
            engine,
            door: left,
            ground: self.ground,
        })
    }

    fn doorway<S: App>(&self, app: S, routes: Routes<S>) -> Doorway<S> {
        let kind = self.identity.kind();
        let health = Health {
            status: "ok".to_owned(),
            service: kind.name().to_owned(),
            name: self.identity.name().clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let facts = Arc::new(Facts { health, openapi: routes.describe(kind.name()) });
        let hosts = Hosts::new(self.identity.name(), &self.config.hosts, self.config.bind(kind));
        Doorway {
            app,
            identity: self.identity.clone(),
            clock: self.clock.clone(),
            admin_token: AdminToken::new(&self.admin_token),
            lab: self.config.lab,
            hosts,
            verifier: Verifier::new(self.identity.clone(), self.clock.host()),
            facts,
            routes,
            places: OnceLock::new(),
        }
    }

    fn listen<S: App>(&self, door: &Arc<Doorway<S>>) -> Result<(actix_web::dev::Server, SocketAddr), StartError> {
        let (wanted, switch) = (self.config.bind(self.identity.kind()), self.config.bind_switch);
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::Taken { address: wanted, switch },
            _ => StartError::Listen { address: wanted, error, switch },
        };
        let door = door.clone();
        let server = HttpServer::new(move || {
            let door = door.clone();
            ActixApp::new().configure(move |config| door.configure(config))
        })
        .workers(self.config.workers())
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals()
        .bind(wanted)
        .map_err(refused)?;
        let address = server.addrs().first().copied().unwrap_or(wanted);
        Ok((server.run(), address))
    }
}

impl Running {
    /// The address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the requests under way finish, for at most three seconds, closes the journal and frees the data directory, so that
    /// the service can be started again right away.
    pub async fn stop(self) -> Result<(), ServiceError> {
        let Running { name, handle, serving, ticking, engine, door, ground, .. } = self;
        handle.stop(true).await;
        ticking.iter().for_each(JoinHandle::abort);
        // How they ended says nothing new; `finished` may have taken the server's end already.
        if !serving.is_finished() {
            let _ = serving.await;
        }
        for ended in ticking {
            let _ = ended.await;
        }
        let closed = engine.engine().close().await;
        drop(engine);
        left_by_workers(&door).await;
        drop(ground);
        tracing::info!(service.name = %name, "stopped");
        closed.map_err(|problem| ServiceError::Journal { name, reason: problem.detail })
    }

    /// Comes back when the service cannot go on; it should be stopped then. Never comes back otherwise.
    pub async fn finished(&mut self) -> ServiceError {
        let name = self.name.clone();
        tokio::select! {
            reason = self.engine.engine().failed() => ServiceError::Journal { name, reason },
            ended = &mut self.serving => {
                let reason = match ended {
                    Ok(Ok(())) => "it was told to".to_owned(),
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                ServiceError::Listening { name, reason }
            }
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Running")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Lets what fell due happen without traffic.
async fn tick(engine: Arc<dyn Engined>) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        seconds.tick().await;
        engine.engine().tick().await;
        engine.keep_up().await;
    }
}

/// Does what is done beside the requests, holding nothing of the service between two looks.
async fn beside(engine: Weak<dyn Engined>) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        seconds.tick().await;
        let Some(round) = engine.upgrade().map(|engine| engine.beside()) else { return };
        round.await;
    }
}

/// A service on a simulated machine.
struct Stood<S> {
    door: Arc<Doorway<S>>,
    admin_token: String,
}

impl<S: App> Standing for Stood<S> {
    fn key(&self) -> PublicKey {
        self.door.identity.public_key()
    }

    fn admin_token(&self) -> &str {
        &self.admin_token
    }

    fn take(&self, message: Message) -> LocalBoxFuture<'static, Result<Answer, NoAnswer>> {
        let door = self.door.clone();
        async move { door.direct(message).await }.boxed_local()
    }

    fn tick(&self) -> BoxFuture<'static, ()> {
        let app = self.door.app.clone();
        async move {
            Engined::engine(&app).tick().await;
            Engined::keep_up(&app).await;
        }
        .boxed()
    }

    fn beside(&self) -> BoxFuture<'static, ()> {
        Engined::beside(&self.door.app)
    }
}

/// Waits, for at most a second, until the threads that answered requests have let go of the service's state: they end a
/// little after the server says so.
async fn left_by_workers(door: &Weak<dyn Send + Sync>) {
    for _ in 0..500 {
        if door.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// How long a stop waits for requests under way.
const STOP_SECONDS: u64 = 3;
/// How long a file of entries is on a simulated machine, where there are many and little happens in each.
const SIMULATED_SEGMENT_BYTES: u64 = 64 * 1024;
