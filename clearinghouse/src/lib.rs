//! The clearinghouse: activates license servers, issues packs to them, keeps the record; sells nothing.
//!
//! The decisions are `shared::registry`'s, the keys and the signatures this crate's. Two keys: the root's signs
//! activation certificates and nothing else, the service's own signs calls, answers and pack tokens. A third agrees on the
//! keys of typed codes.

mod activations;
mod config;
mod desk;
mod guesses;
mod packs;
mod person;
mod record;
mod reseller;
mod routes;
mod uncounted;
mod web;

use std::sync::Arc;

use chassis::config::Kind;
use chassis::engine::{Engine, EngineOptions};
use chassis::identity::Identity;
use chassis::server::{Running, Site, StartError};
use chassis::simulated::{SimulatedMachine, Standing};
use shared::registry::{Command, Registry};
use shared::trust::{Root, SigningKey, make_root};

use crate::desk::{Desk, Keys};

pub use config::Config;
pub use routes::routes;

/// Starts a clearinghouse; founds its lab at the first start.
///
/// # Errors
/// If its data directory, its keys or its address cannot be used, or the root key is not the one that it was founded with.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let site = Site::open(Kind::Clearinghouse, &config.service)?;
    let desk = assemble(&config, &site).await?;
    site.serve(desk, routes()).await
}

/// Sets a clearinghouse up on a simulated machine.
///
/// # Errors
/// As [`start`].
pub async fn stand(config: Config, machine: SimulatedMachine) -> Result<Box<dyn Standing>, StartError> {
    let site = Site::simulated(Kind::Clearinghouse, &config.service, machine)?;
    let desk = assemble(&config, &site).await?;
    Ok(site.stand(desk, routes()))
}

async fn assemble(config: &Config, site: &Site) -> Result<Desk, StartError> {
    let root_key = site.key(ROOT_KEY_FILE)?;
    let agreement = site.agreement()?;
    let engine: Engine<Registry> = site.engine(EngineOptions::default())?;
    match found(&engine, &site.identity, &root_key, config.root_years).await {
        Ok(root) => {
            let keys = Keys { root_key, root, agreement };
            Ok(Desk::new(engine, Arc::clone(&site.identity), site.clock.clone(), keys, config.certificate_years))
        }
        Err(error) => {
            // The journal is closed properly; the start has failed for a reason of its own.
            let _ = engine.close().await;
            Err(error)
        }
    }
}

/// The root, from the facts on record; these are laid down at the first start.
async fn found(engine: &Engine<Registry>, identity: &Identity, root_key: &SigningKey, root_years: u32) -> Result<Root, StartError> {
    let command = Command::Found { name: identity.name().clone(), key: root_key.public(), root_years };
    let founding =
        engine.execute(None, command, |registry, _, _| registry.founding().cloned()).await.map_err(StartError::of)?.ok_or_else(|| {
            StartError::Service("the clearinghouse has no root after its founding; this is a fault of the program".to_owned())
        })?;
    let made = make_root(root_key, &founding.name, founding.serial, founding.period);
    made.and_then(Root::from_certificate).map_err(|error| StartError::Service(error.to_string()))
}

const ROOT_KEY_FILE: &str = "root-key.pem";
