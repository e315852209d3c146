//! Whom a terminal server believes: the lab's root, and the license server keys it was given at enrolment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Certificate, Root, ServerCertificate};
use crate::model::{Cal, CalKind, ProductVersion, PublicKey, ServerName};

/// A root, where one is known, and pinned keys. A pin stays after its license server's activation (CE-14).
///
/// Certificates that were checked once are remembered by the hash of their text, a few dozen of them: their dates, their
/// names and their pins are checked each time.
#[derive(Default)]
pub struct Anchors {
    root: Option<Root>,
    pins: BTreeMap<ServerName, PublicKey>,
    checked: Mutex<HashMap<[u8; 32], Arc<ServerCertificate>>>,
}

impl Anchors {
    /// The root, where one is known.
    #[must_use]
    pub fn root(&self) -> Option<&Root> {
        self.root.as_ref()
    }

    /// Takes a root in place of the one before.
    pub fn set_root(&mut self, root: Root) {
        self.root = Some(root);
        self.checked = Mutex::default();
    }

    /// The key pinned for a license server.
    #[must_use]
    pub fn pin(&self, name: &ServerName) -> Option<PublicKey> {
        self.pins.get(name).copied()
    }

    /// The pins, by name.
    pub fn pins(&self) -> impl Iterator<Item = (&ServerName, &PublicKey)> {
        self.pins.iter()
    }

    /// Pins a license server's key in place of the one before.
    pub fn set_pin(&mut self, name: ServerName, key: PublicKey) {
        self.pins.insert(name, key);
    }

    /// Forgets a license server's key.
    pub fn remove_pin(&mut self, name: &ServerName) {
        self.pins.remove(name);
    }

    /// The license server certificate in one `x5c` element, checked against the root or, if it is its own issuer, against
    /// its own key.
    pub(super) fn certificate(&self, text: &str) -> Result<Arc<ServerCertificate>, String> {
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some(known) = self.checked.lock().unwrap_or_else(PoisonError::into_inner).get(&hash) {
            return Ok(Arc::clone(known));
        }
        let der = STANDARD.decode(text).map_err(|_| "its chain is not base64")?;
        let certificate = Certificate::from_der(der);
        let checked = Arc::new(self.check(certificate)?);
        let mut known = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(hash, Arc::clone(&checked));
        Ok(checked)
    }

    /// Whether `leaf` may stand under this CAL: its name is the issuer's, it held at the issue, and it is under the root or
    /// pinned; a pinned server that vouches for itself has to say for a permanent that it was activated by a typed code
    /// (CE-14, CE-15). A Windows NT 4.0 server makes its permanents for itself (NT-44).
    pub(super) fn check_issuer(&self, leaf: &ServerCertificate, cal: &Cal, by_code: bool) -> Result<(), String> {
        let holder = leaf.holder();
        if holder.name != cal.issuer {
            return Err(format!("it names {} as its issuer under the certificate of {}", cal.issuer, holder.name));
        }
        if !leaf.period().holds_at(cal.issued_at) {
            return Err(format!("the certificate of {} did not hold when the license was issued", holder.name));
        }
        if !leaf.is_self_signed() {
            return Ok(());
        }
        if self.pin(&holder.name) != Some(holder.key) {
            return Err(format!("{} vouches for itself and is not enrolled here with that key", holder.name));
        }
        match (cal.kind, cal.version) {
            // NT-44: a workstation license is made by the terminal server itself, for itself.
            (CalKind::Temporary, _) | (CalKind::Permanent, ProductVersion::V4_0) => Ok(()),
            (CalKind::Permanent, _) if by_code => Ok(()),
            (CalKind::Permanent, ProductVersion::V5_0 | ProductVersion::V5_2 | ProductVersion::V6_0) => {
                Err(format!("{} vouches for itself, which is enough for temporaries only", holder.name))
            }
        }
    }

    fn check(&self, certificate: Certificate) -> Result<ServerCertificate, String> {
        let own = ServerCertificate::self_signed(certificate.clone());
        match (own, &self.root) {
            (Ok(own), _) => Ok(own),
            (Err(_), Some(root)) => ServerCertificate::under_root(root, certificate).map_err(|error| error.to_string()),
            (Err(_), None) => Err("no root is known here that its chain could lead to".to_owned()),
        }
    }
}

impl Clone for Anchors {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), pins: self.pins.clone(), checked: Mutex::default() }
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let root = self.root.as_ref().map(Root::fingerprint);
        formatter.debug_struct("Anchors").field("root", &root).field("pins", &self.pins).finish_non_exhaustive()
    }
}

impl PartialEq for Anchors {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.pins == other.pins
    }
}

/// More license servers than a lab has.
const REMEMBERED: usize = 64;
