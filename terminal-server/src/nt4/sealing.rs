//! The seal of a Windows NT 4.0 server's own workstation licenses: its key under a certificate that it signs itself, as a license
//! server does before its activation (CE-14).

use std::sync::{Arc, Mutex, PoisonError};

use chassis::identity::Identity;
use sha2::{Digest, Sha256};
use shared::model::{Cal, LabTime, ProductId};
use shared::trust::{self, LicenseSealer, Period, Serial, ServerCertificate, TrustError};
use shared::wire::problem::{Problem, ProblemCode};

/// Made when the first license is signed. Everything in the certificate follows from name and key, so that the same license has the
/// same signed form after every start.
pub(super) struct Seal {
    identity: Arc<Identity>,
    sealer: Mutex<Option<LicenseSealer>>,
}

impl Seal {
    pub(super) fn new(identity: Arc<Identity>) -> Self {
        Self { identity, sealer: Mutex::default() }
    }

    pub(super) fn seal(&self, cal: &Cal) -> Result<String, Problem> {
        let sealer = self.sealer().map_err(unusable)?;
        sealer.seal_license(cal).map_err(unusable)
    }

    fn sealer(&self) -> Result<LicenseSealer, TrustError> {
        let mut kept = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealer) = &*kept {
            return Ok(sealer.clone());
        }
        let made = self.make()?;
        *kept = Some(made.clone());
        Ok(made)
    }

    fn make(&self) -> Result<LicenseSealer, TrustError> {
        let (key, name) = (self.identity.key(), self.identity.name());
        let digest: [u8; 32] = Sha256::digest(self.identity.public_key().as_bytes()).into();
        let serial: [u8; 16] = std::array::from_fn(|at| digest.get(at).copied().unwrap_or(0));
        let product: [u8; 20] = std::array::from_fn(|at| digest.get(at + 12).copied().unwrap_or(0));
        let period = Period { from: LabTime::from_unix(0), until: LabTime::from_unix(UNTIL) };
        let certificate = trust::make_self_signed(&key, name, &ProductId::from_random(product), Serial::from_random(serial), period)?;
        LicenseSealer::new(&key, &ServerCertificate::self_signed(certificate)?)
    }
}

fn unusable(error: TrustError) -> Problem {
    Problem::new(ProblemCode::Internal, format!("the license could not be signed: {error}"))
}

/// 2050-01-01T00:00:00Z, as for a license server's own certificate (CE-09).
const UNTIL: i64 = 2_524_608_000;
