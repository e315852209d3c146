//! What a terminal server of Windows NT 4.0 counts: workstation licenses by category, and the database that holds them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParseError;
use super::key::{hex, unhex};
use super::text::as_json_string;

/// The category of workstation license that a client needs (NT-02 to NT-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The client is Windows NT 4.0 itself: unlimited, nothing is used up.
    Existing,
    /// The client is no NT workstation: it takes a whole license.
    Full,
    /// The client is Windows NT 3.5x: it takes an upgrade.
    Upgrade,
}

impl Category {
    /// All categories, in the order in which the license manager lists them (NT-05).
    pub const ALL: [Category; 3] = [Category::Existing, Category::Full, Category::Upgrade];

    /// Its name in the license manager (NT-05).
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Category::Existing => "Existing Windows NT Workstation",
            Category::Full => "Windows NT Workstation Full",
            Category::Upgrade => "Windows NT Workstation Upgrade",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Category::Existing => "existing",
            Category::Full => "full",
            Category::Upgrade => "upgrade",
        })
    }
}

/// How License Manager counts server CALs (NT-14, NT-15, CON-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountingMode {
    /// Those connected at the same time, against the number bought.
    PerServer,
    /// On paper only: whoever sits at a licensed seat may come.
    PerSeat,
}

impl CountingMode {
    /// The mode as Windows NT writes it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            CountingMode::PerServer => "Per Server",
            CountingMode::PerSeat => "Per Seat",
        }
    }
}

/// The id of a license database: 16 random bytes as hex. It stands in the file `hydra.mdb` and before every record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId([u8; 16]);

impl DatabaseId {
    /// An id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl FromStr for DatabaseId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        unhex(text).map(Self).ok_or_else(|| ParseError::new("database id", text, "32 hex digits"))
    }
}

as_json_string!(DatabaseId, "A license database's id: 32 hex digits.");
