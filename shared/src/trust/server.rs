//! A license server's certificate: from its clearinghouse, or its own (CE-13, CE-14).

use super::read::{KeyHolder, check_server_extensions, check_signature, parse, period, public_key, server_subject};
use super::{Certificate, Period, Root, TrustError};
use crate::model::hex;

/// A license server's certificate, read and checked against whoever signed it. Whether it holds at some moment is asked
/// separately, since that moment differs: a license's issue, or now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCertificate {
    certificate: Certificate,
    holder: KeyHolder,
    serial: String,
    period: Period,
    self_signed: bool,
}

impl ServerCertificate {
    /// Checks an activation certificate against a root: signature, path length, usages, purpose, policy, names.
    ///
    /// # Errors
    /// If any of them is not as the lab makes it.
    pub fn under_root(root: &Root, certificate: Certificate) -> Result<Self, TrustError> {
        const WHAT: &str = "activation certificate";
        let checked = Self::read(WHAT, certificate, Some(root))?;
        let inside = root.period().from <= checked.period.from && checked.period.until <= root.period().until;
        if inside { Ok(checked) } else { Err(TrustError::unacceptable(WHAT, "it holds at moments at which its root does not")) }
    }

    /// Checks a self-signed certificate against its own key. Whom it may speak for is the caller's decision (a pin).
    ///
    /// # Errors
    /// If it is not as a license server of the lab makes it.
    pub fn self_signed(certificate: Certificate) -> Result<Self, TrustError> {
        Self::read("self-signed certificate", certificate, None)
    }

    /// The certificate itself.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Name, Product ID and key of the license server.
    #[must_use]
    pub fn holder(&self) -> &KeyHolder {
        &self.holder
    }

    /// The serial number, hex.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// When it holds.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// Whether nobody but the license server itself vouches for it.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    fn read(what: &'static str, certificate: Certificate, root: Option<&Root>) -> Result<Self, TrustError> {
        let parsed = parse(what, certificate.der())?;
        let above = root.map(|root| parse("root certificate", root.certificate().der())).transpose()?;
        check_signature(what, &parsed, above.as_ref().unwrap_or(&parsed))?;
        check_server_extensions(what, &parsed)?;
        let (name, product_id) = server_subject(what, parsed.subject())?;
        let key = public_key(what, parsed.public_key())?;
        let (serial, period) = (hex(parsed.tbs_certificate.raw_serial()), period(&parsed));
        let holder = KeyHolder { name, product_id, key };
        Ok(Self { certificate, holder, serial, period, self_signed: root.is_none() })
    }
}
