//! The clearinghouse at work: its engine, its two keys, its root.

use std::sync::Arc;

use chassis::calls::Enrolled;
use chassis::engine::Engine;
use chassis::http::App;
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use shared::model::RequestId;
use shared::registry::{Command, Event, Refusal, Registry};
use shared::trust::{Root, SigningKey, TrustError};
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::{Problem, ProblemCode};

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
    pub(crate) fn new(engine: Engine<Registry>, identity: Arc<Identity>, root_key: SigningKey, root: Root, certificate_years: u32) -> Self {
        Self(Arc::new(Parts { engine, identity, root_key, root, certificate_years }))
    }

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
        executed.map_err(|error| error.problem(Refusal::problem))
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
