//! The clearinghouse at work: its engine, its two keys, its root.

use std::sync::Arc;

use chassis::calls::Enrolled;
use chassis::engine::Engine;
use chassis::http::{App, Caller};
use chassis::identity::Identity;
use chassis::lab::LabEngine;
use shared::model::{AgreementKey, CallerRole, ProductId, RequestId};
use shared::registry::{Activation, Command, Event, Refusal, Registry};
use shared::trust::{AgreementSecret, CodeKey, Root, SigningKey, TrustError};
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
    agreement: AgreementSecret,
    certificate_years: u32,
}

/// The clearinghouse's keys beside its own, and the root's certificate.
pub(crate) struct Keys {
    pub(crate) root_key: SigningKey,
    pub(crate) root: Root,
    /// The key under which typed codes are made.
    pub(crate) agreement: AgreementSecret,
}

impl Desk {
    pub(crate) fn new(engine: Engine<Registry>, identity: Arc<Identity>, keys: Keys, certificate_years: u32) -> Self {
        let Keys { root_key, root, agreement } = keys;
        Self(Arc::new(Parts { engine, identity, root_key, root, agreement, certificate_years }))
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

    pub(crate) fn key(&self) -> SigningKey {
        self.0.identity.key()
    }

    pub(crate) fn root(&self) -> &Root {
        &self.0.root
    }

    pub(crate) fn root_key(&self) -> &SigningKey {
        &self.0.root_key
    }

    /// The key of the typed codes for a license server with this key.
    pub(crate) fn codes(&self, product_id: &ProductId, agreement: &AgreementKey) -> Result<CodeKey, Problem> {
        self.0.agreement.codes_for(agreement, product_id).map_err(|error| Problem::new(ProblemCode::Invalid, error.to_string()))
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
        let agreement = Some(self.0.agreement.public());
        Ok(IdentityView { root, root_fingerprint, agreement, ..self.0.identity.view() })
    }

    /// Nobody but license servers has anything to ask here.
    async fn caller(&self, thumbprint: &str) -> Result<Option<Caller>, Problem> {
        let known = |activation: &Activation| Caller {
            enrolled: Enrolled { name: activation.name.clone(), key: activation.key },
            roles: vec![CallerRole::LicenseServer],
        };
        let enrolled = |registry: &Registry| registry.caller(thumbprint).map(known);
        self.0.engine.peek(|registry, _| enrolled(registry)).map_err(|failed| failed.problem())
    }
}

/// A signature or certificate that could not be made from good facts.
pub(crate) fn failed(error: &TrustError) -> Problem {
    Problem::new(ProblemCode::Internal, error.to_string())
}
