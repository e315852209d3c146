//! Start and stop of a service: data directory, key and token, the listening socket, the ticker.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as ActixApp, HttpServer};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::model::{PublicKey, ServerName};
use shared::wire::common::Health;
use tokio::task::JoinHandle;

use crate::calls::Verifier;
use crate::clock::Clock;
use crate::config::{Kind, ServiceConfig};
use crate::data::{self, DataDir, DataError};
use crate::engine::ExecuteError;
use crate::files_limit;
use crate::http::{AdminToken, App, Doorway, Facts, Hosts, Routes};
use crate::identity::{Identity, IdentityError};
use crate::journal;

/// What a service stands on before its engine is there: open data directory, key, clock, token.
pub struct Site {
    /// What the service was told.
    pub config: ServiceConfig,
    /// Its data directory, held against other processes.
    pub data: DataDir,
    /// Its name and key.
    pub identity: Arc<Identity>,
    /// Its clock, to be shared with its engine.
    pub clock: Clock,
    admin_token_path: PathBuf,
    admin_token: String,
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
    ticking: JoinHandle<()>,
    engine: Arc<dyn Engined>,
    door: Weak<dyn Send + Sync>,
    // Held until the journal is closed.
    data: DataDir,
}

/// The service's state as far as its start and stop need it.
trait Engined: Send + Sync {
    fn engine(&self) -> &dyn crate::lab::LabEngine;

    fn keep_up(&self) -> BoxFuture<'_, ()>;
}

impl<S: App> Engined for S {
    fn engine(&self) -> &dyn crate::lab::LabEngine {
        App::engine(self)
    }

    fn keep_up(&self) -> BoxFuture<'_, ()> {
        App::keep_up(self).boxed()
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
        Ok(Self { config: config.clone(), data, identity, clock: Clock::new(), admin_token_path, admin_token })
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
            ticking: tokio::spawn(tick(engine.clone())),
            engine,
            door: left,
            data: self.data,
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
        let Running { name, handle, serving, ticking, engine, door, data, .. } = self;
        handle.stop(true).await;
        ticking.abort();
        // How they ended says nothing new; `finished` may have taken the server's end already.
        if !serving.is_finished() {
            let _ = serving.await;
        }
        let _ = ticking.await;
        let closed = engine.engine().close().await;
        drop(engine);
        left_by_workers(&door).await;
        drop(data);
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
