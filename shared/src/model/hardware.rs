//! The 20 bytes that stand for a device (ST-01, CON-20).

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::key::{hex, unhex};
use super::text::as_json_string;

/// A client device's hardware id: five 32-bit little-endian words, platform id first; written as 40 hex digits.
///
/// ```
/// use shared::model::HardwareId;
///
/// let id = HardwareId::new(1, [0xAB; 16]);
/// assert_eq!(id.to_string(), "01000000abababababababababababababababab");
/// assert_eq!("01000000ABABABABABABABABABABABABABABABAB".parse(), Ok(id));
/// assert!("01000000".parse::<HardwareId>().is_err(), "the platform alone is no device");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardwareId([u8; 20]);

impl HardwareId {
    /// The id of a platform with four words of its own.
    #[must_use]
    pub fn new(platform: u32, own: [u8; 16]) -> Self {
        let mut bytes = [0; 20];
        let (head, tail) = bytes.split_at_mut(4);
        head.copy_from_slice(&platform.to_le_bytes());
        tail.copy_from_slice(&own);
        Self(bytes)
    }

    /// The bytes as the registry value `ClientHWID` holds them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for HardwareId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl FromStr for HardwareId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        unhex(text).map(Self).ok_or_else(|| ParseError::new("hardware id", text, "40 hex digits (20 bytes)"))
    }
}

as_json_string!(HardwareId, "A hardware id: 20 bytes as 40 hex digits.");
