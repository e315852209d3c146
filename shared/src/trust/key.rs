//! A service's private key, parsed once, and the check of a signature.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rcgen::{KeyPair, PKCS_ED25519, SigningKey as _};

use super::TrustError;
use super::pem;
use crate::model::PublicKey;

/// An Ed25519 private key that signs certificates, packs, licenses and calls. Cheap to clone; never shown by `Debug`.
#[derive(Clone)]
pub struct SigningKey(Arc<Parts>);

struct Parts {
    pair: KeyPair,
    encoding: EncodingKey,
    public: PublicKey,
}

impl SigningKey {
    /// A key from PKCS#8 DER.
    ///
    /// # Errors
    /// If it is no Ed25519 key, or in a form that one of the libraries that will use it does not take.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, TrustError> {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.into(), &PKCS_ED25519).map_err(|_| TrustError::Key("it does not parse"))?;
        let public: [u8; 32] = pair.public_key_raw().try_into().map_err(|_| TrustError::Key("its public half is not 32 bytes"))?;
        let public = PublicKey::from_bytes(public).ok_or(TrustError::Key("its public half is one under which anybody could sign"))?;
        let key = Self(Arc::new(Parts { pair, encoding: EncodingKey::from_ed_der(der), public }));
        key.probe()?;
        Ok(key)
    }

    /// A key from the PEM form of PKCS#8: `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Errors
    /// As [`SigningKey::from_pkcs8_der`], and if the text is not PEM.
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, TrustError> {
        let der = pem::decode("PRIVATE KEY", text).map_err(|_| TrustError::Key("it is not a PEM block 'PRIVATE KEY'"))?;
        Self::from_pkcs8_der(&der)
    }

    /// The PEM form of a PKCS#8 private key in DER, as key files hold it. A secret.
    #[must_use]
    pub fn pem_of_pkcs8(der: &[u8]) -> String {
        pem::encode("PRIVATE KEY", der)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.public
    }

    /// The same key for `jsonwebtoken`.
    #[must_use]
    pub fn encoding_key(&self) -> &EncodingKey {
        &self.0.encoding
    }

    /// The signature of `message`, base64url without padding.
    ///
    /// # Errors
    /// If the cryptographic library fails, which it does not for a key that was accepted.
    pub fn sign(&self, message: &[u8]) -> Result<String, TrustError> {
        let signature = self.0.pair.sign(message).map_err(|_| TrustError::Key("it does not sign"))?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }

    /// The same key for `rcgen`.
    pub(super) fn pair(&self) -> &KeyPair {
        &self.0.pair
    }

    /// Signs once with each library and checks it, so that a key that one of them refuses is refused here.
    fn probe(&self) -> Result<(), TrustError> {
        const MESSAGE: &[u8] = b"probe";
        let token = jsonwebtoken::crypto::sign(MESSAGE, &self.0.encoding, Algorithm::EdDSA)
            .map_err(|_| TrustError::Key("it does not sign tokens"))?;
        let both = signature_holds(&token, MESSAGE, &self.0.public) && signature_holds(&self.sign(MESSAGE)?, MESSAGE, &self.0.public);
        if both { Ok(()) } else { Err(TrustError::Key("its public half does not belong to it")) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("public", &self.0.public).finish_non_exhaustive()
    }
}

/// Whether `signature` (base64url without padding) is `key`'s signature of `message`.
#[must_use]
pub fn signature_holds(signature: &str, message: &[u8], key: &PublicKey) -> bool {
    let key = DecodingKey::from_ed_der(key.as_bytes());
    jsonwebtoken::crypto::verify(signature, message, &key, Algorithm::EdDSA).unwrap_or(false)
}
