//! Public keys of services, and the hex form that ids and thumbprints share.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::ParseError;
use super::text::as_json_string;

/// A service's Ed25519 public key, written as base64url without padding.
///
/// Never one of the few keys of small order, under which anybody can sign, and never a second spelling of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key from its 32 bytes; none where they are a key that proves nothing: those of small order, their second spellings, and
    /// coordinates beyond the prime.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        (!is_degenerate(&bytes)).then_some(Self(bytes))
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the key as 64 hex digits: what a person compares, and what calls name the key by.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hex(&Sha256::digest(self.0))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: Option<[u8; 32]> = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| ParseError::new("public key", text, "an Ed25519 key: 32 bytes as base64url without padding"))?;
        Self::from_bytes(bytes).ok_or_else(|| {
            ParseError::new("public key", text, "an Ed25519 key that proves something; under this one anybody could sign: make a new key")
        })
    }
}

/// Whether these bytes are no key to be believed. Under a point of small order one signature fits every message, so whoever pins it
/// has pinned everybody; and a coordinate that is not below the field's prime spells a key a second time, under another thumbprint.
fn is_degenerate(bytes: &[u8; 32]) -> bool {
    let [rest @ .., last] = bytes;
    // The highest bit is the sign of the other coordinate: each of these points has one of either sign.
    let last = last & 0x7F;
    let is = |known: &[u8; 32]| known.split_last() == Some((&last, rest.as_slice()));
    let most_significant_first = std::iter::once(&last).chain(rest.iter().rev());
    !most_significant_first.cmp(PRIME.iter().rev()).is_lt() || SMALL_ORDER.iter().any(is)
}

/// The field's prime, 2^255 - 19, least significant byte first.
const PRIME: [u8; 32] = {
    let mut bytes = [0xFF; 32];
    bytes[0] = 0xED;
    bytes[31] = 0x7F;
    bytes
};

/// The y coordinates of the points whose order divides eight: 0, 1, the two of order eight, and -1.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6,
        0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
    ],
    [
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39,
        0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ],
    {
        let mut minus_one = PRIME;
        minus_one[0] -= 1;
        minus_one
    },
];

as_json_string!(PublicKey, "An Ed25519 public key: 32 bytes as base64url without padding.");

/// The public half of a service's X25519 key, from which two services derive the key of typed codes; written like a [`PublicKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementKey([u8; 32]);

impl AgreementKey {
    /// A key from its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the key as 64 hex digits.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hex(&Sha256::digest(self.0))
    }
}

impl fmt::Display for AgreementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for AgreementKey {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| ParseError::new("key agreement key", text, "an X25519 key: 32 bytes as base64url without padding"))
    }
}

as_json_string!(AgreementKey, "An X25519 public key: 32 bytes as base64url without padding.");

/// Bytes as small hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// `N` bytes from exactly `2 * N` hex digits.
#[must_use]
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
