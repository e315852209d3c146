//! The license server: keeps CAL packs, issues and renews CALs, and remembers who holds them.
//!
//! What it decides stands in `shared::ledger`; here are its routes and the calls to its clearinghouse.

mod activation;
mod app;
mod backup;
mod codes;
mod network;
mod outreach;
mod referring;
mod routes;
mod sealing;

use std::time::Duration;

use chassis::config::{Kind, ServiceConfig};
use chassis::engine::{Engine, EngineOptions};
use chassis::identity::Identity;
use chassis::random;
use chassis::server::{Running, Site, StartError};
use chassis::simulated::{SimulatedMachine, Standing};
use shared::ledger::{Command, Ledger, ManageCommand, NewCertificate};
use shared::model::{Generation, LabTime, ProductId};
use shared::policy::terms;
use shared::trust::{self, Period, Serial, TrustError};

use crate::app::LicenseServer;

/// What a license server is told at its start.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// What every service is told.
    #[command(flatten)]
    pub service: ServiceConfig,
    /// The system that this license server plays: windows-2000-sp2, windows-2000-sp3, windows-2003, windows-2008 or windows-2008-r2;
    /// settled at the first start (VC-02, VC-08)
    #[arg(long, env = "TSL_GENERATION", default_value = "windows-2003", global = true)]
    pub generation: Generation,
    /// Upgrade this license server in place: go on in the data directory of an older generation; its packs stay (VC-09)
    #[arg(long, env = "TSL_UPGRADE", default_value_t = false, global = true)]
    pub upgrade: bool,
    /// How long the clearinghouse may take to answer, in milliseconds
    #[arg(long, env = "TSL_CLEARINGHOUSE_TIMEOUT_MS", default_value_t = 5000, global = true)]
    pub clearinghouse_timeout_ms: u64,
    /// How long another license server may take to answer before it counts as silent, in milliseconds (LS-07); well below a
    /// terminal server's own patience
    #[arg(long, env = "TSL_REFERRAL_TIMEOUT_MS", default_value_t = 700, global = true)]
    pub referral_timeout_ms: u64,
}

impl Config {
    /// A Windows Server 2003 license server inside another program.
    #[must_use]
    pub fn embedded(service: ServiceConfig) -> Self {
        Self { service, generation: Generation::Windows2003, upgrade: false, clearinghouse_timeout_ms: 5000, referral_timeout_ms: 700 }
    }
}

/// Starts a license server.
///
/// # Errors
/// If its address is taken, its data directory cannot be used, or belongs to another server.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let site = Site::open(Kind::LicenseServer, &config.service)?;
    let app = assemble(&config, &site).await?;
    site.serve(app, routes::table()).await
}

/// Sets a license server up on a simulated machine.
///
/// # Errors
/// As [`start`].
pub async fn stand(config: Config, machine: SimulatedMachine) -> Result<Box<dyn Standing>, StartError> {
    let site = Site::simulated(Kind::LicenseServer, &config.service, machine)?;
    let app = assemble(&config, &site).await?;
    Ok(site.stand(app, routes::table()))
}

async fn assemble(config: &Config, site: &Site) -> Result<LicenseServer, StartError> {
    if terms::terms(config.generation).is_own_license_manager() {
        let why = format!("{} has no license server: its terminal servers manage their own licenses (NT-01)", config.generation.title());
        return Err(StartError::Service(why));
    }
    let engine: Engine<Ledger> = site.engine(EngineOptions::default())?;
    if config.upgrade {
        upgrade(&engine, config.generation).await?;
    }
    begin(&engine, site, config.generation).await?;
    let client = |patience_ms| site.client(Duration::from_millis(patience_ms), engine.network());
    let (clearinghouse, peers) = (client(config.clearinghouse_timeout_ms)?, client(config.referral_timeout_ms)?);
    let app = LicenseServer::new(engine, site.identity.clone(), clearinghouse, peers, site.agreement()?);
    app.adopt_key().await.map_err(|problem| StartError::Service(problem.detail))?;
    Ok(app)
}

/// Founds the server at its first start; at every start the security group on record comes into force (LS-01).
async fn begin(engine: &Engine<Ledger>, site: &Site, generation: Generation) -> Result<(), StartError> {
    let name = site.identity.name().clone();
    let product_id = ProductId::from_random(random::bytes());
    let certificate = own_certificate(&site.identity, &product_id).map_err(|error| StartError::Service(error.to_string()))?;
    let start = Command::Start { name, generation, certificate, product_id };
    engine.execute(None, start, |_, _, _| ()).await.map_err(StartError::of)
}

/// A self-signed certificate for the key in use (CE-09, CE-14); the sample's own one holds from 1970 to 2049 too.
fn own_certificate(identity: &Identity, product_id: &ProductId) -> Result<NewCertificate, TrustError> {
    let period = Period { from: LabTime::from_unix(0), until: LabTime::from_unix(SELF_SIGNED_UNTIL) };
    let serial = Serial::from_random(random::bytes());
    let own = trust::make_self_signed(&identity.key(), identity.name(), product_id, serial, period)?;
    Ok(NewCertificate { pem: own.pem(), from: period.from, until: period.until })
}

/// VC-09: a license server of an older generation goes on as a newer one; one that was never started has nothing to upgrade.
async fn upgrade(engine: &Engine<Ledger>, generation: Generation) -> Result<(), StartError> {
    let founded = engine.peek(|ledger, _| ledger.server().is_some()).map_err(|error| StartError::Service(error.to_string()))?;
    if !founded {
        return Ok(());
    }
    let command = Command::Manage(ManageCommand::Upgrade(generation));
    engine.execute(None, command, |_, _, _| ()).await.map_err(StartError::of)
}

/// 2050-01-01T00:00:00Z.
const SELF_SIGNED_UNTIL: i64 = 2_524_608_000;
