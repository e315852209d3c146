//! Signs licenses under the certificate that each was issued under, and opens those that are presented.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chassis::identity::Identity;
use shared::ledger::{CertificateKind, Ledger, OwnCertificate};
use shared::model::{Cal, PublicKey, ServerName};
use shared::trust::{self, Anchors, Certificate, LicenseSealer, Root, ServerCertificate, TrustError};
use shared::wire::problem::{Problem, ProblemCode};

/// The seals of this server, one a certificate, and whom it believes.
pub(crate) struct Sealing {
    identity: Arc<Identity>,
    seals: RwLock<HashMap<u32, LicenseSealer>>,
    anchors: RwLock<Option<Arc<Anchors>>>,
}

impl Sealing {
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        Self { identity, seals: RwLock::default(), anchors: RwLock::default() }
    }

    /// Signs a license under one of the server's certificates. `root` is asked for when the certificate is used first.
    pub(crate) fn seal(&self, cal: &Cal, certificate: &OwnCertificate, root: impl FnOnce() -> Option<String>) -> Result<String, Problem> {
        let known = self.seals.read().unwrap_or_else(PoisonError::into_inner).get(&certificate.number).cloned();
        let sealer = match known {
            Some(sealer) => sealer,
            None => self.learn(certificate, root()).map_err(unusable)?,
        };
        sealer.seal_license(cal).map_err(unusable)
    }

    /// The license in a token, where it is genuine: under the lab's root, or under the self-signed certificate of this server or of
    /// another one that is enrolled here.
    pub(crate) fn genuine(&self, token: &str, known: impl FnOnce() -> Believed) -> Option<Cal> {
        let ready = self.anchors.read().unwrap_or_else(PoisonError::into_inner).clone();
        let anchors = match ready {
            Some(anchors) => anchors,
            None => self.gather(known),
        };
        trust::open_license(token, &anchors).ok()
    }

    /// Forgets all that followed from the server's key and certificates: they were replaced since.
    pub(crate) fn forget(&self) {
        self.seals.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.forget_anchors();
    }

    /// Forgets whom the server believed: a clearinghouse or a license server was trusted since.
    pub(crate) fn forget_anchors(&self) {
        *self.anchors.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn learn(&self, own: &OwnCertificate, root: Option<String>) -> Result<LicenseSealer, TrustError> {
        let certificate = Certificate::from_pem(&own.pem)?;
        let certificate = match root {
            Some(root) if own.kind == CertificateKind::Activation => ServerCertificate::under_root(&Root::parse_pem(&root)?, certificate)?,
            Some(_) | None => ServerCertificate::self_signed(certificate)?,
        };
        let sealer = LicenseSealer::activated_by(&self.identity.key(), &certificate, own.license_server_id.as_ref())?;
        self.seals.write().unwrap_or_else(PoisonError::into_inner).insert(own.number, sealer.clone());
        Ok(sealer)
    }

    /// What is known is read under the lock, so that what is kept is never older than what was forgotten last.
    fn gather(&self, known: impl FnOnce() -> Believed) -> Arc<Anchors> {
        let mut kept = self.anchors.write().unwrap_or_else(PoisonError::into_inner);
        let mut anchors = Anchors::default();
        let Believed { root, pins } = known();
        if let Some(root) = root.and_then(|pem| Root::parse_pem(&pem).ok()) {
            anchors.set_root(root);
        }
        for (name, key) in pins {
            anchors.set_pin(name, key);
        }
        anchors.set_pin(self.identity.name().clone(), self.identity.public_key());
        let anchors = Arc::new(anchors);
        *kept = Some(anchors.clone());
        anchors
    }
}

/// Whom a ledger believes: the root, and the keys of other license servers.
#[derive(Default)]
pub(crate) struct Believed {
    root: Option<String>,
    pins: Vec<(ServerName, PublicKey)>,
}

/// What the ledger knows, for [`Sealing::genuine`].
pub(crate) fn believed(ledger: &Ledger) -> Believed {
    Believed { root: root_of(ledger), pins: ledger.peers().map(|(name, peer)| (name.clone(), peer.key)).collect() }
}

/// The root that the ledger knows.
pub(crate) fn root_of(ledger: &Ledger) -> Option<String> {
    ledger.clearinghouse().map(|known| known.root.clone())
}

fn unusable(error: TrustError) -> Problem {
    Problem::new(ProblemCode::Internal, format!("the license could not be signed: {error}"))
}
