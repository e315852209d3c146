//! The directory: a small stand-in for Active Directory. Administrators keep it; terminal servers and license servers ask it.
//!
//! What it decides stands in `shared::directory`; here are its routes and the check of passwords.

mod app;
mod asked;
mod kept;
mod routes;

use chassis::config::{Kind, ServiceConfig};
use chassis::engine::{Engine, EngineOptions};
use chassis::server::{Running, Site, StartError};
use shared::directory::{Command, Directory};

use crate::app::DirectoryService;

/// What a directory is told at its start.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// What every service is told.
    #[command(flatten)]
    pub service: ServiceConfig,
}

impl Config {
    /// A directory inside another program.
    #[must_use]
    pub fn embedded(service: ServiceConfig) -> Self {
        Self { service }
    }
}

/// Starts a directory.
///
/// # Errors
/// If its address is taken, its data directory cannot be used, or belongs to another one.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let site = Site::open(Kind::Directory, &config.service)?;
    let options = EngineOptions { seed: config.service.seed, start_at: config.service.start_at, ..EngineOptions::default() };
    let engine: Engine<Directory> =
        Engine::open(&site.data, site.clock.clone(), options).map_err(|error| StartError::Service(error.to_string()))?;
    engine.execute(None, Command::Start(site.identity.name().clone()), |_, _, _| ()).await.map_err(StartError::of)?;
    let app = DirectoryService::new(engine, site.identity.clone());
    site.serve(app, routes::table()).await
}
