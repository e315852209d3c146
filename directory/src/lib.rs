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
use chassis::simulated::{SimulatedMachine, Standing};
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
    let app = assemble(&site).await?;
    site.serve(app, routes::table()).await
}

/// Sets a directory up on a simulated machine.
///
/// # Errors
/// As [`start`].
pub async fn stand(config: Config, machine: SimulatedMachine) -> Result<Box<dyn Standing>, StartError> {
    let site = Site::simulated(Kind::Directory, &config.service, machine)?;
    let app = assemble(&site).await?;
    Ok(site.stand(app, routes::table()))
}

async fn assemble(site: &Site) -> Result<DirectoryService, StartError> {
    let engine: Engine<Directory> = site.engine(EngineOptions::default())?;
    engine.execute(None, Command::Start(site.identity.name().clone()), |_, _, _| ()).await.map_err(StartError::of)?;
    Ok(DirectoryService::new(engine, site.identity.clone(), site.passwords()))
}
