//! Product versions of licenses, and the generations of servers that stand behind them.

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::text::as_json_string;

/// The version of a terminal-services product, as licenses and packs carry it. Ordered: older is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductVersion {
    /// 5.0, Windows 2000.
    V5_0,
    /// 5.2, Windows Server 2003.
    V5_2,
}

impl ProductVersion {
    /// All versions, oldest first.
    pub const ALL: [ProductVersion; 2] = [ProductVersion::V5_0, ProductVersion::V5_2];

    /// The product id that a license of this version carries inside: `A02-5.02-S` (ST-04).
    #[must_use]
    pub fn adjusted_product_id(self) -> &'static str {
        match self {
            ProductVersion::V5_0 => "A02-5.00-S",
            ProductVersion::V5_2 => "A02-5.02-S",
        }
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ProductVersion::V5_0 => "5.0",
            ProductVersion::V5_2 => "5.2",
        })
    }
}

impl FromStr for ProductVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "5.0" => Ok(ProductVersion::V5_0),
            "5.2" => Ok(ProductVersion::V5_2),
            other => Err(ParseError::new("product version", other, "5.0 (Windows 2000) or 5.2 (Windows Server 2003)")),
        }
    }
}

as_json_string!(ProductVersion, "A product version: '5.0' (Windows 2000) or '5.2' (Windows Server 2003).");

/// What a server is: it decides its product version and its set of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Windows 2000 with Service Pack 3.
    Windows2000,
    /// Windows Server 2003.
    Windows2003,
}

impl Generation {
    /// The version that a server of this generation asks for and serves at the most.
    #[must_use]
    pub fn version(self) -> ProductVersion {
        match self {
            Generation::Windows2000 => ProductVersion::V5_0,
            Generation::Windows2003 => ProductVersion::V5_2,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Generation::Windows2000 => "windows-2000",
            Generation::Windows2003 => "windows-2003",
        })
    }
}

impl FromStr for Generation {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "windows-2000" | "2000" => Ok(Generation::Windows2000),
            "windows-2003" | "2003" => Ok(Generation::Windows2003),
            other => Err(ParseError::new("generation", other, "windows-2000 or windows-2003")),
        }
    }
}

as_json_string!(Generation, "A server's generation: 'windows-2000' (Service Pack 3) or 'windows-2003'.");
