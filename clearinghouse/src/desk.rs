//! The clearinghouse at work: its engine, its two keys, its root.

use std::sync::Arc;

use chassis::calls::Enrolled;
use chassis::config::Kind;
use chassis::engine::{Engine, EngineOptions, ExecuteError};
use chassis::http::App;
use chassis::identity::{Identity, key_file};
use chassis::lab::LabEngine;
use chassis::server::{Running, Site, StartError};
use shared::model::RequestId;
use shared::registry::{Command, Event, Refusal, Registry};
use shared::trust::{Root, SigningKey, TrustError, make_root};
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::{Problem, ProblemCode};

use crate::Config;

/// Starts a clearinghouse; founds its lab at the first start.
///
/// # Errors
/// If its data directory, its keys or its address cannot be used, or the root key is not the one that it was founded with.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let site = Site::open(Kind::Clearinghouse, &config.service)?;
    let root_key = key_file(&site.data, ROOT_KEY_FILE)?;
    let options = EngineOptions { seed: config.service.seed, start_at: config.service.start_at, ..EngineOptions::default() };
    let engine: Engine<Registry> =
        Engine::open(&site.data, site.clock.clone(), options).map_err(|error| StartError::Service(error.to_string()))?;
    match found(&engine, &site.identity, &root_key, config.root_years).await {
        Ok(root) => {
            let identity = Arc::clone(&site.identity);
            let parts = Parts { engine, identity, root_key, root, certificate_years: config.certificate_years };
            site.serve(Desk(Arc::new(parts)), crate::routes()).await
        }
        Err(error) => {
            // The journal is closed properly; the start has failed for a reason of its own.
            let _ = engine.close().await;
            Err(error)
        }
    }
}

/// What handlers work with; a handle.
#[derive(Clone)]
pub struct Desk(Arc<Parts>);

struct Parts {
    engine: Engine<Registry>,
    identity: Arc<Identity>,
    root_key: SigningKey,
    root: Root,
    certificate_years: u32,
}

impl Desk {
    pub(crate) fn engine(&self) -> &Engine<Registry> {
        &self.0.engine
    }

    /// Executes a command; a refusal becomes its problem.
    pub(crate) async fn execute<T: Send>(
        &self,
        request: &RequestId,
        command: Command,
        answer: impl FnOnce(&Registry, &[Event]) -> T + Send,
    ) -> Result<T, Problem> {
        let executed = self.0.engine.execute(Some(request), command, |registry, events, _| answer(registry, events)).await;
        executed.map_err(|error| match error {
            ExecuteError::Refused(refusal) => Refusal::problem(&refusal),
            ExecuteError::Failed(failed) => failed.problem(),
        })
    }

    pub(crate) fn key(&self) -> &SigningKey {
        self.0.identity.key()
    }

    pub(crate) fn root(&self) -> &Root {
        &self.0.root
    }

    pub(crate) fn root_key(&self) -> &SigningKey {
        &self.0.root_key
    }

    pub(crate) fn certificate_years(&self) -> u32 {
        self.0.certificate_years
    }
}

impl App for Desk {
    fn engine(&self) -> &dyn LabEngine {
        &self.0.engine
    }

    async fn identity(&self) -> Result<IdentityView, Problem> {
        let (root, root_fingerprint) = (Some(self.root().certificate().pem()), Some(self.root().fingerprint()));
        Ok(IdentityView { root, root_fingerprint, ..self.0.identity.view() })
    }

    async fn caller(&self, thumbprint: &str) -> Result<Option<Enrolled>, Problem> {
        let enrolled = |registry: &Registry| {
            registry.caller(thumbprint).map(|activation| Enrolled { name: activation.name.clone(), key: activation.key })
        };
        self.0.engine.peek(|registry, _| enrolled(registry)).map_err(|failed| failed.problem())
    }
}

/// A signature or certificate that could not be made from good facts.
pub(crate) fn failed(error: &TrustError) -> Problem {
    Problem::new(ProblemCode::Internal, error.to_string())
}

/// The root, from the facts on record; these are laid down at the first start.
async fn found(engine: &Engine<Registry>, identity: &Identity, root_key: &SigningKey, root_years: u32) -> Result<Root, StartError> {
    let command = Command::Found { name: identity.name().clone(), key: root_key.public(), root_years };
    let founding = engine
        .execute(None, command, |registry, _, _| registry.founding().cloned())
        .await
        .map_err(|error| match error {
            ExecuteError::Refused(refusal) => StartError::Service(refusal.to_string()),
            ExecuteError::Failed(failed) => StartError::Service(failed.to_string()),
        })?
        .ok_or_else(|| {
            StartError::Service("the clearinghouse has no root after its founding; this is a fault of the program".to_owned())
        })?;
    let made = make_root(root_key, &founding.name, founding.serial, founding.period);
    made.and_then(Root::from_certificate).map_err(|error| StartError::Service(error.to_string()))
}

const ROOT_KEY_FILE: &str = "root-key.pem";
