//! The terminal server: judges every connection, hands out what its license servers issue, and keeps sessions.
//!
//! What it decides stands in `shared::node`; here are its routes, its accounts and the calls to license servers.

mod app;
mod asking;
mod belief;
mod directory;
mod discovery;
mod door;
mod issuers;
mod nt4;
mod routes;
mod tracking;

use std::time::Duration;

use chassis::config::{Kind, ServiceConfig};
use chassis::engine::{Engine, EngineOptions};
use chassis::server::{Running, Site, StartError};
use chassis::simulated::{SimulatedMachine, Standing};
use shared::model::Generation;
use shared::node::{Command, Node, Server};

use crate::app::TerminalServer;

/// What a terminal server is told at its start.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// What every service is told.
    #[command(flatten)]
    pub service: ServiceConfig,
    /// The system that this terminal server plays: windows-nt4, windows-2000-sp2, windows-2000-sp3, windows-2003, windows-2008 or windows-2008-r2;
    /// settled at the first start
    #[arg(long, env = "TSL_GENERATION", default_value = "windows-2003", global = true)]
    pub generation: Generation,
    /// How long a license server may take to answer before it counts as silent, in milliseconds (SPEC 4.3 step 4)
    #[arg(long, env = "TSL_ASK_TIMEOUT_MS", default_value_t = 2000, global = true)]
    pub ask_timeout_ms: u64,
    /// How many verdicts are kept at the least; older ones are only counted per rule
    #[arg(long, env = "TSL_KEEP_VERDICTS", default_value_t = 100_000, global = true)]
    pub keep_verdicts: u64,
}

/// A judged connection leads to at most this many journal entries: verdict, logon, end of session, a record of the log; on Windows NT
/// 4.0 a license that is minted and written.
const ENTRIES_PER_VERDICT: u64 = 6;

impl Config {
    /// A Windows Server 2003 terminal server inside another program.
    #[must_use]
    pub fn embedded(service: ServiceConfig) -> Self {
        Self { service, generation: Generation::Windows2003, ask_timeout_ms: 2000, keep_verdicts: 100_000 }
    }
}

/// Starts a terminal server.
///
/// # Errors
/// If its address is taken, its data directory cannot be used, or belongs to another server.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let site = Site::open(Kind::TerminalServer, &config.service)?;
    let app = assemble(&config, &site).await?;
    site.serve(app, routes::table()).await
}

/// Sets a terminal server up on a simulated machine.
///
/// # Errors
/// As [`start`].
pub async fn stand(config: Config, machine: SimulatedMachine) -> Result<Box<dyn Standing>, StartError> {
    let site = Site::simulated(Kind::TerminalServer, &config.service, machine)?;
    let app = assemble(&config, &site).await?;
    Ok(site.stand(app, routes::table()))
}

async fn assemble(config: &Config, site: &Site) -> Result<TerminalServer, StartError> {
    let keep_entries = Some(config.keep_verdicts.saturating_mul(ENTRIES_PER_VERDICT));
    let engine: Engine<Node> = site.engine(EngineOptions { keep_entries, ..EngineOptions::default() })?;
    begin(&engine, Server { name: site.identity.name().clone(), generation: config.generation }).await?;
    let client = site.client(Duration::from_millis(config.ask_timeout_ms), engine.network())?;
    let app = TerminalServer::new(engine, site, client);
    nt4::boot(&app).await.map_err(|problem| StartError::Service(problem.detail))?;
    Ok(app)
}

/// Founds the server at its first start; at a later one, sessions of the run before have ended with it.
async fn begin(engine: &Engine<Node>, server: Server) -> Result<(), StartError> {
    engine.execute(None, Command::Start(server), |_, _, _| ()).await.map_err(StartError::of)
}
