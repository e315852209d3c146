//! A client access license: what a device holds and a license server has on record.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::{hex, unhex};
use super::text::as_json_string;
use super::{DeviceName, HardwareId, LabTime, PackId, ParseError, ProductVersion, ServerName, UserName};

/// The product that a terminal server names in its license request, and the key a client looks its store up by (ST-03).
pub const HELD_PRODUCT: &str = "A02";

/// The product that a Windows NT 4.0 terminal server names in its place, so that neither is ever shown the other's license; a name
/// of the lab's own (NT-44).
pub const WORKSTATION_PRODUCT: &str = "NT4-WORKSTATION";

/// The adjusted product id of a license of the built-in pool (ST-04).
const BUILT_IN_PRODUCT: &str = "A02-5.00-EX";

/// Whether a CAL was made freely for a first connection or drawn from a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CalKind {
    /// Made by a license server without limit of number.
    Temporary,
    /// Drawn from an installed pack; still ends.
    Permanent,
}

impl fmt::Display for CalKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            CalKind::Temporary => "temporary",
            CalKind::Permanent => "permanent",
        })
    }
}

/// The id of one CAL: 16 random bytes as hex; kept through renewals by the same license server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalId([u8; 16]);

impl CalId {
    /// An id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for CalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl FromStr for CalId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        unhex(text).map(Self).ok_or_else(|| ParseError::new("CAL id", text, "32 hex digits"))
    }
}

as_json_string!(CalId, "A CAL's id: 32 hex digits.");

/// What a CAL says. Its signed form is the license that a device stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cal {
    /// Its id at its issuer.
    pub id: CalId,
    /// Temporary or permanent.
    pub kind: CalKind,
    /// The product version it covers.
    pub version: ProductVersion,
    /// The license server that issued it.
    pub issuer: ServerName,
    /// The device it was issued to, by name.
    pub device: DeviceName,
    /// The user who was connecting when it was issued.
    pub user: UserName,
    /// The device it was issued to, by hardware id.
    pub hardware_id: HardwareId,
    /// Its first second; a renewal moves it.
    pub issued_at: LabTime,
    /// Its end: it holds up to, not including, this second (SPEC 0.3).
    pub expires_at: LabTime,
    /// The pack it was drawn from; none for a temporary, and for a permanent of the built-in pool (W2K-03).
    pub pack: Option<PackId>,
}

impl Cal {
    /// Whether its end has not come yet.
    #[must_use]
    pub fn holds_at(&self, now: LabTime) -> bool {
        now < self.expires_at
    }

    /// Whether it comes from the built-in pool of Windows 2000: a permanent that was drawn from no pack (W2K-03).
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.kind == CalKind::Permanent && self.pack.is_none()
    }

    /// The product id inside its signed form (ST-04).
    #[must_use]
    pub fn adjusted_product_id(&self) -> &'static str {
        if self.is_built_in() { BUILT_IN_PRODUCT } else { self.version.adjusted_product_id() }
    }
}
