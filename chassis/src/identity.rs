//! Who a service is: its name and its Ed25519 key, made at the first start.

use aws_lc_rs::signature::Ed25519KeyPair;
use jsonwebtoken::EncodingKey;
use rcgen::KeyPair;
use shared::model::{PublicKey, ServerName};
use shared::wire::common::Identity as IdentityView;

use crate::config::Kind;
use crate::data::{DataDir, DataError};

/// A service's name and key pair.
pub struct Identity {
    kind: Kind,
    name: ServerName,
    public: PublicKey,
    certificate_key: KeyPair,
    signing_key: EncodingKey,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file could not be read or made.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The file does not hold an Ed25519 key.
    #[error("key.pem cannot be used: {0}; restore the file, or remove it to begin with a new key, which must then be enrolled again")]
    Unusable(String),
}

impl Identity {
    /// Reads the key from `key.pem`, or makes it.
    pub fn open(kind: Kind, name: ServerName, data: &DataDir) -> Result<Self, IdentityError> {
        let pem = data.secret_file("key.pem", || new_key().map(String::into_bytes))?;
        let pem = String::from_utf8(pem).map_err(|_| IdentityError::Unusable("it is not text".to_owned()))?;
        Self::from_pem(kind, name, &pem)
    }

    /// An identity with a new key that is kept nowhere.
    pub fn temporary(kind: Kind, name: ServerName) -> Result<Self, IdentityError> {
        Self::from_pem(kind, name, &new_key()?)
    }

    /// An identity with the Ed25519 key of a PKCS#8 file.
    pub fn from_pem(kind: Kind, name: ServerName, pem: &str) -> Result<Self, IdentityError> {
        let unusable = |error: rcgen::Error| IdentityError::Unusable(error.to_string());
        let certificate_key = KeyPair::from_pkcs8_pem_and_sign_algo(pem, &rcgen::PKCS_ED25519).map_err(unusable)?;
        let signing_key = EncodingKey::from_ed_der(certificate_key.serialized_der());
        let public = <[u8; 32]>::try_from(certificate_key.public_key_raw())
            .map_err(|_| IdentityError::Unusable("its public key is not 32 bytes long".to_owned()))?;
        Ok(Self { kind, name, public: PublicKey::from_bytes(public), certificate_key, signing_key })
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
        self.public
    }

    /// The answer of `GET /identity` as far as every service has one.
    #[must_use]
    pub fn view(&self) -> IdentityView {
        IdentityView {
            service: self.kind.name().to_owned(),
            name: self.name.clone(),
            key: self.public,
            thumbprint: self.public.thumbprint(),
            generation: None,
            product_version: None,
            product_id: None,
            root: None,
            root_fingerprint: None,
        }
    }

    /// The key pair in the form that certificates and certificate requests are signed with.
    #[must_use]
    pub fn certificate_key(&self) -> &KeyPair {
        &self.certificate_key
    }

    /// The same key in the form that tokens are signed with.
    #[must_use]
    pub fn signing_key(&self) -> &EncodingKey {
        &self.signing_key
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").field("name", &self.name).field("public", &self.public).finish_non_exhaustive()
    }
}

/// A new Ed25519 key as PKCS#8 version 1, which every tool reads; version 2 is refused by some.
fn new_key() -> Result<String, IdentityError> {
    let unspecified = |_| IdentityError::Unusable("a new key could not be made".to_owned());
    let key = Ed25519KeyPair::generate().map_err(unspecified)?.to_pkcs8v1().map_err(unspecified)?;
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key.as_ref().into(), &rcgen::PKCS_ED25519);
    pair.map(|pair| pair.serialize_pem()).map_err(|error| IdentityError::Unusable(error.to_string()))
}
