//! Product versions of licenses, and the generations of servers that stand behind them.

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::text::as_json_string;

/// The version of a terminal-services product, as licenses and packs carry it. Ordered: older is less.
///
/// ```
/// use shared::model::{Generation, ProductVersion};
///
/// let asked: ProductVersion = "5.2".parse()?;
/// assert_eq!(asked, Generation::Windows2003.version());
/// assert!(Generation::Windows2000Sp3.version() < asked, "a license server of 2000 is too old for it");
/// # Ok::<(), shared::model::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductVersion {
    /// 4.0, Windows NT 4.0: a workstation license that its terminal server makes itself; no pack is sold for it.
    V4_0,
    /// 5.0, Windows 2000.
    V5_0,
    /// 5.2, Windows Server 2003.
    V5_2,
    /// 6.0, Windows Server 2008 and 2008 R2.
    V6_0,
}

impl ProductVersion {
    /// All versions, oldest first.
    pub const ALL: [ProductVersion; 4] = [ProductVersion::V4_0, ProductVersion::V5_0, ProductVersion::V5_2, ProductVersion::V6_0];

    /// The product id that a bought or temporary license of this version carries inside: `A02-5.02-S` (ST-04).
    #[must_use]
    pub fn adjusted_product_id(self) -> &'static str {
        match self {
            ProductVersion::V4_0 => "A02-4.00-S",
            ProductVersion::V5_0 => "A02-5.00-S",
            ProductVersion::V5_2 => "A02-5.02-S",
            ProductVersion::V6_0 => "A02-6.00-S",
        }
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ProductVersion::V4_0 => "4.0",
            ProductVersion::V5_0 => "5.0",
            ProductVersion::V5_2 => "5.2",
            ProductVersion::V6_0 => "6.0",
        })
    }
}

impl FromStr for ProductVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let expected = "5.0 (Windows 2000), 5.2 (Windows Server 2003), 6.0 (Windows Server 2008) or 4.0 (Windows NT 4.0)";
        let found = ProductVersion::ALL.into_iter().find(|version| version.to_string() == text);
        found.ok_or_else(|| ParseError::new("product version", text, expected))
    }
}

as_json_string!(
    ProductVersion,
    "A product version: '4.0' (Windows NT 4.0), '5.0' (Windows 2000), '5.2' (Windows Server 2003) or '6.0' (Windows Server 2008)."
);

/// What a server is: it decides its product version, its set of terms and its policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Windows NT 4.0, Terminal Server Edition.
    WindowsNt4,
    /// Windows 2000 up to Service Pack 2.
    Windows2000Sp2,
    /// Windows 2000 with Service Pack 3 or the hotfix MS01-052 (W2K-08).
    Windows2000Sp3,
    /// Windows Server 2003.
    Windows2003,
    /// Windows Server 2008.
    Windows2008,
    /// Windows Server 2008 R2.
    Windows2008R2,
}

impl Generation {
    /// All generations, oldest first.
    pub const ALL: [Generation; 6] = [
        Generation::WindowsNt4,
        Generation::Windows2000Sp2,
        Generation::Windows2000Sp3,
        Generation::Windows2003,
        Generation::Windows2008,
        Generation::Windows2008R2,
    ];

    /// The version that a server of this generation asks for and serves at the most.
    #[must_use]
    pub fn version(self) -> ProductVersion {
        match self {
            Generation::WindowsNt4 => ProductVersion::V4_0,
            Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => ProductVersion::V5_0,
            Generation::Windows2003 => ProductVersion::V5_2,
            Generation::Windows2008 | Generation::Windows2008R2 => ProductVersion::V6_0,
        }
    }

    /// Its name as people write it: `Windows Server 2003`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Generation::WindowsNt4 => "Windows NT 4.0, Terminal Server Edition",
            Generation::Windows2000Sp2 => "Windows 2000 up to Service Pack 2",
            Generation::Windows2000Sp3 => "Windows 2000 with Service Pack 3",
            Generation::Windows2003 => "Windows Server 2003",
            Generation::Windows2008 => "Windows Server 2008",
            Generation::Windows2008R2 => "Windows Server 2008 R2",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Generation::WindowsNt4 => "windows-nt4",
            Generation::Windows2000Sp2 => "windows-2000-sp2",
            Generation::Windows2000Sp3 => "windows-2000-sp3",
            Generation::Windows2003 => "windows-2003",
            Generation::Windows2008 => "windows-2008",
            Generation::Windows2008R2 => "windows-2008-r2",
        })
    }
}

impl FromStr for Generation {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let expected = "windows-nt4, windows-2000-sp2, windows-2000-sp3 (or windows-2000), windows-2003, windows-2008 or windows-2008-r2";
        let name = if text.starts_with("windows-") { text.to_owned() } else { format!("windows-{text}") };
        if name == "windows-2000" {
            return Ok(Generation::Windows2000Sp3);
        }
        let found = Generation::ALL.into_iter().find(|generation| generation.to_string() == name);
        found.ok_or_else(|| ParseError::new("generation", text, expected))
    }
}

as_json_string!(
    Generation,
    "A server's generation: 'windows-nt4', 'windows-2000-sp2', 'windows-2000-sp3', 'windows-2003', 'windows-2008' or 'windows-2008-r2'."
);
