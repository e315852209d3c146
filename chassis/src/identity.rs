//! Who a service is: its name and its Ed25519 key, made at the first start.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::model::{PublicKey, ServerName};
use shared::trust::{AgreementSecret, SigningKey, TrustError};
use shared::wire::common::Identity as IdentityView;

use crate::config::Kind;
use crate::data::{DataDir, DataError};
use crate::known_keys::KnownKeys;
use crate::random;
use crate::secrets::Secrets;

/// A service's name and key pair.
pub struct Identity {
    kind: Kind,
    name: ServerName,
    kept: Kept,
    held: RwLock<Arc<Held>>,
}

/// Where the key is kept.
enum Kept {
    /// Nowhere.
    Not,
    /// In the data directory that has these keys.
    InDirectory(KnownKeys),
    /// On a simulated machine.
    Simulated(Secrets),
}

/// The key in use, with what follows from it for every call.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) key: SigningKey,
    /// The encoded header of every token that is signed for a call or an answer: algorithm, and the key by thumbprint.
    pub(crate) call_header: String,
    pub(crate) thumbprint: String,
}

impl Held {
    fn new(key: SigningKey) -> Arc<Self> {
        let thumbprint = key.public().thumbprint();
        let header = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{thumbprint}"}}"#);
        Arc::new(Self { key, call_header: URL_SAFE_NO_PAD.encode(header), thumbprint })
    }
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file could not be read or made.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The file does not hold an Ed25519 key.
    #[error("{file} cannot be used: {error}; put the file back as it was")]
    Unusable {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        error: TrustError,
    },
    /// The file holds bytes that are no text.
    #[error("{0} is not text; put the file back as it was")]
    NotText(&'static str),
    /// The system's randomness gave no key.
    #[error("a new key could not be made")]
    NoKey,
}

impl Identity {
    /// Reads the key from `key.pem`, or makes it.
    pub fn open(kind: Kind, name: ServerName, data: &DataDir) -> Result<Self, IdentityError> {
        let key = key_file(data, KEY_FILE)?;
        Ok(Self { kept: Kept::InDirectory(data.known_keys()), ..Self::new(kind, name, key) })
    }

    /// The same on a simulated machine.
    pub(crate) fn simulated(kind: Kind, name: ServerName, secrets: &Secrets) -> Result<Self, IdentityError> {
        let key = simulated_key(secrets, KEY_FILE)?;
        Ok(Self { kept: Kept::Simulated(secrets.clone()), ..Self::new(kind, name, key) })
    }

    /// An identity with a new key that is kept nowhere.
    pub fn temporary(kind: Kind, name: ServerName) -> Result<Self, IdentityError> {
        Self::from_pem(kind, name, &new_key()?)
    }

    /// An identity with the Ed25519 key of a PKCS#8 file.
    pub fn from_pem(kind: Kind, name: ServerName, pem: &str) -> Result<Self, IdentityError> {
        Ok(Self::new(kind, name, parsed(KEY_FILE, pem)?))
    }

    fn new(kind: Kind, name: ServerName, key: SigningKey) -> Self {
        Self { kind, name, kept: Kept::Not, held: RwLock::new(Held::new(key)) }
    }

    pub(crate) fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a new key in place of the one that got out (AC-25 reason 2, FT-23): on disk when this returns, and used for
    /// everything from here on. Whoever pinned the old one answers nobody under the new one until it is pinned too.
    ///
    /// # Errors
    /// If no key can be made or written; the old one stays then.
    pub fn replace_key(&self) -> Result<PublicKey, IdentityError> {
        let pem = new_key()?;
        let key = parsed(KEY_FILE, &pem)?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let public = key.public();
        match &self.kept {
            Kept::Not => {}
            Kept::InDirectory(known) => known.exchange(KEY_FILE, pem.as_bytes(), &held.thumbprint, &public.thumbprint())?,
            Kept::Simulated(secrets) => secrets.exchange(KEY_FILE, pem.into_bytes()),
        }
        *held = Held::new(key);
        Ok(public)
    }

    /// The service's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &ServerName {
        &self.name
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.held().key.public()
    }

    /// The answer of `GET /identity` as far as every service has one.
    #[must_use]
    pub fn view(&self) -> IdentityView {
        IdentityView {
            service: self.kind.name().to_owned(),
            name: self.name.clone(),
            key: self.public_key(),
            thumbprint: self.public_key().thumbprint(),
            generation: None,
            product_version: None,
            product_id: None,
            agreement: None,
            root: None,
            root_fingerprint: None,
        }
    }

    /// The key pair, which signs calls, certificate requests and tokens.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        self.held().key.clone()
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").field("name", &self.name).field("public", &self.public_key()).finish_non_exhaustive()
    }
}

/// Reads an Ed25519 key from a file of the data directory (PKCS#8 as PEM, mode 0600), or makes it.
pub fn key_file(data: &DataDir, file: &'static str) -> Result<SigningKey, IdentityError> {
    let pem = data.secret_file(file, || new_key().map(String::into_bytes))?;
    let pem = String::from_utf8(pem).map_err(|_| IdentityError::NotText(file))?;
    let key = parsed(file, &pem)?;
    data.known_keys().recognize(file, &key.public().thumbprint())?;
    Ok(key)
}

/// The same on a simulated machine.
pub(crate) fn simulated_key(secrets: &Secrets, file: &'static str) -> Result<SigningKey, IdentityError> {
    let pem = secrets.get_or_make(file, || new_key().map(String::into_bytes))?;
    parsed(file, &String::from_utf8(pem).map_err(|_| IdentityError::NotText(file))?)
}

/// Reads an X25519 key from a file of the data directory (base64url, mode 0600), or makes it. It agrees on the keys of typed
/// codes and does nothing else.
pub fn agreement_file(data: &DataDir) -> Result<AgreementSecret, IdentityError> {
    let key = agreement_of(data.secret_file(AGREEMENT_FILE, || Ok::<_, IdentityError>(new_agreement()))?)?;
    data.known_keys().recognize(AGREEMENT_FILE, &key.public().to_string())?;
    Ok(key)
}

/// The same on a simulated machine.
pub(crate) fn simulated_agreement(secrets: &Secrets) -> Result<AgreementSecret, IdentityError> {
    agreement_of(secrets.get_or_make(AGREEMENT_FILE, || Ok::<_, IdentityError>(new_agreement()))?)
}

fn new_agreement() -> Vec<u8> {
    AgreementSecret::text_of(&random::bytes()).into_bytes()
}

fn agreement_of(text: Vec<u8>) -> Result<AgreementSecret, IdentityError> {
    let text = String::from_utf8(text).map_err(|_| IdentityError::NotText(AGREEMENT_FILE))?;
    AgreementSecret::from_text(&text).map_err(|error| IdentityError::Unusable { file: AGREEMENT_FILE, error })
}

fn parsed(file: &'static str, pem: &str) -> Result<SigningKey, IdentityError> {
    SigningKey::from_pkcs8_pem(pem).map_err(|error| IdentityError::Unusable { file, error })
}

/// A new Ed25519 key as PKCS#8 version 1, which every tool reads; version 2 is refused by some.
fn new_key() -> Result<String, IdentityError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&random::bytes::<32>()).map_err(|_| IdentityError::NoKey)?;
    let key = pair.to_pkcs8v1().map_err(|_| IdentityError::NoKey)?;
    Ok(SigningKey::pem_of_pkcs8(key.as_ref()))
}

const KEY_FILE: &str = "key.pem";
const AGREEMENT_FILE: &str = "agreement-key";
