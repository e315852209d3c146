//! The compact form of a signed token, taken apart strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{SigningKey, TrustError, signature_holds};
use crate::model::PublicKey;

/// The algorithm that every token of the lab names.
pub(super) const ALGORITHM: &str = "EdDSA";

/// A token in its three parts; nothing in it is proved yet.
pub(super) struct Token<'a> {
    header: Vec<u8>,
    claims: Vec<u8>,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Splits and decodes a token. The error says what is wrong with it.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        if text.len() > LIMIT {
            return Err(format!("it is longer than {LIMIT} characters"));
        }
        let (message, signature) = text.rsplit_once('.').ok_or("it is not a signed token")?;
        let (header, claims) = message.split_once('.').ok_or("it is not a signed token")?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| "its header is not base64url")?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| "its contents are not base64url")?;
        URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature is not base64url")?;
        Ok(Self { header, claims, message, signature })
    }

    /// The algorithm that the header names, whatever else it holds; an error if the header is no JSON object.
    pub(super) fn algorithm(&self) -> Result<Option<String>, String> {
        let header: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&self.header).map_err(|_| "its header is not a JSON object".to_owned())?;
        Ok(header.get("alg").and_then(|name| name.as_str()).map(str::to_owned))
    }

    /// The header as `T`.
    pub(super) fn header<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.header).map_err(|error| format!("its header: {error}"))
    }

    /// The contents as `T`.
    pub(super) fn claims<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.claims).map_err(|error| format!("its contents: {error}"))
    }

    /// Whether `key` has signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        signature_holds(self.signature, self.message.as_bytes(), key)
    }
}

/// A token part: JSON in base64url.
pub(super) fn encode_part(part: &impl Serialize) -> Result<String, TrustError> {
    let json = serde_json::to_vec(part).map_err(|error| TrustError::Making { what: "token", reason: error.to_string() })?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Puts an encoded header, contents and their signature together.
pub(super) fn seal(header: &str, claims: &impl Serialize, key: &SigningKey) -> Result<String, TrustError> {
    let mut token = format!("{header}.{}", encode_part(claims)?);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&signature);
    Ok(token)
}

/// Longer than any token of the lab: a license is about 2,000 characters.
const LIMIT: usize = 8 * 1024;
