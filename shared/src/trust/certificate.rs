//! A certificate as bytes, and the facts that go into one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TrustError;
use super::pem;
use crate::model::{LabTime, hex};

/// An X.509 certificate's DER. Nothing is known about it yet: see [`super::Root`] and [`super::ServerCertificate`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Certificate(Vec<u8>);

impl Certificate {
    /// A certificate from its DER.
    #[must_use]
    pub fn from_der(der: Vec<u8>) -> Self {
        Self(der)
    }

    /// A certificate from PEM: one block and nothing else.
    ///
    /// # Errors
    /// If the text is something else.
    pub fn from_pem(text: &str) -> Result<Self, TrustError> {
        pem::decode(LABEL, text).map(Self).map_err(|reason| TrustError::unreadable("certificate", reason))
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// Its PEM form.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode(LABEL, &self.0)
    }

    /// SHA-256 of the DER, hex: what a person compares.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }
}

/// A certificate's serial number: 16 random bytes of which the first two bits are 0 and 1, so that it is positive and
/// always of full length; written as hex (CE-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial([u8; 16]);

impl Serial {
    /// A serial number from random bytes.
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        if let Some(first) = bytes.first_mut() {
            *first = *first & 0x3F | 0x40;
        }
        Self(bytes)
    }

    /// Its bytes, most significant first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl FromStr for Serial {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("serial number {:?}: 32 hex digits, the first of them 4 to 7", text.chars().take(64).collect::<String>());
        let number = u128::from_str_radix(text, 16).map_err(|_| error())?;
        let serial = Self(number.to_be_bytes());
        if serial == Self::from_random(serial.0) && serial.to_string() == text { Ok(serial) } else { Err(error()) }
    }
}

impl TryFrom<String> for Serial {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> String {
        serial.to_string()
    }
}

/// How long something holds: from its first second up to, not including, its end (SPEC 0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first second.
    pub from: LabTime,
    /// The end.
    pub until: LabTime,
}

impl Period {
    /// Whether `moment` lies inside.
    #[must_use]
    pub fn holds_at(&self, moment: LabTime) -> bool {
        self.from <= moment && moment < self.until
    }
}

const LABEL: &str = "CERTIFICATE";
