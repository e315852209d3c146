//! Whom a terminal server believes: the lab's root, the license server keys it was given at enrolment, and those that these vouch for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Certificate, Root, ServerCertificate};
use crate::model::{Accept, Cal, CalKind, LabTime, ProductVersion, PublicKey, ServerName};

/// A root, where one is known, and pinned keys. A pin stays after its license server's activation (CE-14). Whose permanents count is
/// settled by [`Accept`]: by the root alone unless told otherwise (AM-15).
///
/// Certificates that were checked once are remembered by the hash of their text, a few dozen of them: their dates, their
/// names and their pins are checked each time.
pub struct Anchors {
    root: Option<Root>,
    accept: Accept,
    pins: BTreeMap<ServerName, PublicKey>,
    /// Keys that an enrolled license server vouches for; their permanents count.
    vouched: BTreeSet<(ServerName, PublicKey)>,
    /// Keys whose permanents count where they were issued up to this second.
    covered: BTreeMap<(ServerName, PublicKey), LabTime>,
    checked: Mutex<HashMap<[u8; 32], Arc<ServerCertificate>>>,
}

impl Default for Anchors {
    fn default() -> Self {
        Self {
            root: None,
            accept: Accept::Chain,
            pins: BTreeMap::new(),
            vouched: BTreeSet::new(),
            covered: BTreeMap::new(),
            checked: Mutex::default(),
        }
    }
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

    /// Settles whose permanents count.
    pub fn set_accept(&mut self, accept: Accept) {
        self.accept = accept;
    }

    /// Takes the permanents of a license server that an enrolled one vouches for (AM-15).
    pub fn vouch(&mut self, name: ServerName, key: PublicKey) {
        self.vouched.insert((name, key));
    }

    /// Takes the permanents that a license server issued up to this second, in which its enrolment was withdrawn: of that second nobody
    /// can tell what came first (AM-15).
    pub fn cover(&mut self, name: ServerName, key: PublicKey, up_to: LabTime) {
        self.covered.insert((name, key), up_to);
    }

    /// Whether what the holder of this key issued at this moment counts, by enrolment, by another server's word, or because it was
    /// enrolled then. Nobody vouches for a second key under the name of a server that is enrolled.
    fn may_issue(&self, name: &ServerName, key: PublicKey, issued_at: LabTime) -> bool {
        let known = (name.clone(), key);
        let pinned = self.pin(name);
        pinned == Some(key)
            || (pinned.is_none() && self.vouched.contains(&known))
            || self.covered.get(&known).is_some_and(|up_to| issued_at <= *up_to)
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

    /// Whether `leaf` may stand under this CAL: its name is the issuer's, and it held at the issue. A permanent's server has to be one
    /// that may issue, unless the chain alone counts (AM-15); one that vouches for itself has to say that it was activated by a typed
    /// code (CE-15). A temporary's is under the root or pinned (CE-14). A Windows NT 4.0 server makes its permanents for itself (NT-44).
    pub(super) fn check_issuer(&self, leaf: &ServerCertificate, cal: &Cal, by_code: bool) -> Result<(), String> {
        let holder = leaf.holder();
        if holder.name != cal.issuer {
            return Err(format!("it names {} as its issuer under the certificate of {}", cal.issuer, holder.name));
        }
        if !leaf.period().holds_at(cal.issued_at) {
            return Err(format!("the certificate of {} did not hold when the license was issued", holder.name));
        }
        let permanent = cal.kind == CalKind::Permanent;
        let may_issue = self.may_issue(&holder.name, holder.key, cal.issued_at);
        if !leaf.is_self_signed() {
            return match self.accept {
                Accept::Enrolled if permanent && !may_issue => Err(format!(
                    "it is a permanent of {} (key {:.16}), which is not enrolled here with that key, and no enrolled license server knows it",
                    holder.name,
                    holder.key.thumbprint()
                )),
                Accept::Enrolled | Accept::Chain => Ok(()),
            };
        }
        let believed = if permanent { may_issue } else { self.pin(&holder.name) == Some(holder.key) };
        if !believed {
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
        Self {
            root: self.root.clone(),
            accept: self.accept,
            pins: self.pins.clone(),
            vouched: self.vouched.clone(),
            covered: self.covered.clone(),
            checked: Mutex::default(),
        }
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let root = self.root.as_ref().map(Root::fingerprint);
        let mut shown = formatter.debug_struct("Anchors");
        shown.field("root", &root).field("accept", &self.accept).field("pins", &self.pins);
        shown.field("vouched", &self.vouched).field("covered", &self.covered).finish_non_exhaustive()
    }
}

impl PartialEq for Anchors {
    fn eq(&self, other: &Self) -> bool {
        let same = self.root == other.root && self.accept == other.accept && self.pins == other.pins;
        same && self.vouched == other.vouched && self.covered == other.covered
    }
}

/// More license servers than a lab has.
const REMEMBERED: usize = 64;
