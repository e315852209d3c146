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

/// Where a CAL comes from, and so what counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A license server made it for a first connection, without limit of number (LS-04).
    Minted,
    /// It was drawn from this pack (LS-05).
    Pack(PackId),
    /// It is of the built-in pool of Windows 2000, which counts nothing (W2K-03).
    BuiltInPool,
    /// It is a workstation license of a server of Windows NT 4.0 (NT-30).
    Workstation,
}

/// What a CAL says. Its signed form is the license that a device stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
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
    /// Where it comes from.
    pub origin: Origin,
}

impl Cal {
    /// Whether its end has not come yet.
    #[must_use]
    pub fn holds_at(&self, now: LabTime) -> bool {
        now < self.expires_at
    }

    /// Whether it comes from the built-in pool of Windows 2000 (W2K-03).
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.origin == Origin::BuiltInPool
    }

    /// The pack that it was drawn from, where it was.
    #[must_use]
    pub fn pack(&self) -> Option<&PackId> {
        match &self.origin {
            Origin::Pack(pack) => Some(pack),
            Origin::Minted | Origin::BuiltInPool | Origin::Workstation => None,
        }
    }

    /// The product id inside its signed form (ST-04).
    #[must_use]
    pub fn adjusted_product_id(&self) -> &'static str {
        if self.is_built_in() { BUILT_IN_PRODUCT } else { self.version.adjusted_product_id() }
    }
}

/// Where a CAL comes from, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Source {
    /// Made by a license server without limit of number.
    Minted,
    /// Drawn from a pack.
    Pack,
    /// Of the built-in pool of Windows 2000.
    BuiltInPool,
    /// A workstation license of Windows NT 4.0.
    Workstation,
}

/// What a CAL says, as it is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Its id at its issuer.
    id: CalId,
    /// Temporary or permanent.
    kind: CalKind,
    /// The product version it covers.
    version: ProductVersion,
    /// The license server that issued it.
    issuer: ServerName,
    /// The device it was issued to, by name.
    device: DeviceName,
    /// The user who was connecting when it was issued.
    user: UserName,
    /// The device it was issued to, by hardware id.
    hardware_id: HardwareId,
    /// Its first second; a renewal moves it.
    issued_at: LabTime,
    /// Its end: it holds up to, not including, this second.
    expires_at: LabTime,
    /// Where it comes from.
    from: Source,
    /// The pack it was drawn from; none for all others.
    pack: Option<PackId>,
}

impl TryFrom<Written> for Cal {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { id, kind, version, issuer, device, user, hardware_id, issued_at, expires_at, from, pack } = written;
        let origin = match (from, kind, pack) {
            (Source::Pack, CalKind::Permanent, Some(pack)) => Origin::Pack(pack),
            (Source::Minted, CalKind::Temporary, None) => Origin::Minted,
            (Source::BuiltInPool, CalKind::Permanent, None) => Origin::BuiltInPool,
            (Source::Workstation, CalKind::Temporary | CalKind::Permanent, None) => Origin::Workstation,
            (Source::Pack, _, _) => return Err("a CAL that was drawn from a pack is permanent and names it"),
            (Source::Minted, _, _) => return Err("a CAL that was made without limit is temporary and names no pack"),
            (Source::BuiltInPool, _, _) => return Err("a CAL of the built-in pool is permanent and names no pack"),
            (Source::Workstation, _, Some(_)) => return Err("a workstation license names no pack"),
        };
        Ok(Self { id, kind, version, issuer, device, user, hardware_id, issued_at, expires_at, origin })
    }
}

impl From<Cal> for Written {
    fn from(cal: Cal) -> Self {
        let Cal { id, kind, version, issuer, device, user, hardware_id, issued_at, expires_at, origin } = cal;
        let (from, pack) = match origin {
            Origin::Minted => (Source::Minted, None),
            Origin::Pack(pack) => (Source::Pack, Some(pack)),
            Origin::BuiltInPool => (Source::BuiltInPool, None),
            Origin::Workstation => (Source::Workstation, None),
        };
        Self { id, kind, version, issuer, device, user, hardware_id, issued_at, expires_at, from, pack }
    }
}
