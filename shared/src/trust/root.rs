//! The root of a lab: a self-signed certificate that an administrator has decided to trust.

use super::read::{check_root_extensions, check_signature, parse, period, public_key, root_subject};
use super::{Certificate, Period, TrustError};
use crate::model::{PublicKey, ServerName};

/// A root certificate, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    certificate: Certificate,
    name: ServerName,
    key: PublicKey,
    period: Period,
}

impl Root {
    /// Checks a root: self-signed with Ed25519, a CA over license servers and good for nothing else.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_certificate(certificate: Certificate) -> Result<Self, TrustError> {
        let parsed = parse(WHAT, certificate.der())?;
        check_signature(WHAT, &parsed, &parsed)?;
        check_root_extensions(WHAT, &parsed)?;
        let name = root_subject(WHAT, parsed.subject())?;
        let key = public_key(WHAT, parsed.public_key())?;
        let period = period(&parsed);
        Ok(Self { certificate, name, key, period })
    }

    /// A root from PEM.
    ///
    /// # Errors
    /// As [`Root::from_certificate`], and if the text is not one PEM certificate.
    pub fn parse_pem(text: &str) -> Result<Self, TrustError> {
        Self::from_certificate(Certificate::from_pem(text)?)
    }

    /// The certificate itself.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The clearinghouse's name.
    #[must_use]
    pub fn name(&self) -> &ServerName {
        &self.name
    }

    /// The root's public key; not the key that the clearinghouse signs calls and packs with.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// When it holds.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// SHA-256 of its DER, hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.certificate.fingerprint()
    }
}

const WHAT: &str = "root certificate";
