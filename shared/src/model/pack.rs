//! CAL packs, and what a buyer shows to get one (AC-03 to AC-08).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::ProductVersion;
use super::code::{CodeKind, random_groups};
use super::text::{as_json_string, text_newtype};

/// The id of an installed lot of CALs: 35 letters and digits (AC-03).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackId(String);

impl PackId {
    /// An id from random bytes, with right check characters.
    #[must_use]
    pub fn from_random(bytes: [u8; 35]) -> Self {
        Self(random_groups(CodeKind::KeyPackId, &bytes))
    }

    /// The id as typed, without hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for PackId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let good = text.len() == 35 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let error = || ParseError::new("key pack id", text, "35 letters and digits, without hyphens");
        if good { Ok(Self(text.to_ascii_uppercase())) } else { Err(error()) }
    }
}

as_json_string!(PackId, "A key pack id: 35 letters and digits.");

text_newtype!(
    /// A retail license code: 25 letters and digits; hyphens between the groups of five may be typed (AC-04).
    ///
    /// Parsing takes the form alone. Its check characters name the group that was mistyped:
    ///
    /// ```
    /// use shared::model::RetailCode;
    /// use shared::model::code::{CodeFault, CodeKind, in_fives, read_groups};
    ///
    /// let printed = in_fives(RetailCode::from_random([7; 25]).as_str()).to_lowercase();
    /// let code: RetailCode = printed.parse()?;
    /// assert!(read_groups(CodeKind::Retail, code.as_str()).is_ok());
    ///
    /// let slip: RetailCode = code.as_str().replacen(|_: char| true, "0", 1).parse()?;
    /// let mistyped = read_groups(CodeKind::Retail, slip.as_str()).unwrap_err();
    /// assert_eq!(mistyped.fault, CodeFault::Groups(vec![1]));
    /// # Ok::<(), shared::model::ParseError>(())
    /// ```
    RetailCode,
    "A retail license code: 25 letters and digits, with or without hyphens between groups of five.",
    parse_retail
);

impl RetailCode {
    /// A code from random bytes, with right check characters: 95 bits of chance, known to whoever sold it and nobody else.
    #[must_use]
    pub fn from_random(bytes: [u8; 25]) -> Self {
        Self(random_groups(CodeKind::Retail, &bytes))
    }
}

text_newtype!(
    /// The license number of an Open License: 8 digits (AC-05).
    OpenLicenseNumber,
    "An Open License number: 8 digits.",
    parse_open_license
);

text_newtype!(
    /// The authorization number of an agreement: 15 letters and digits (AC-05), which whoever holds the papers knows and nobody guesses.
    AuthorizationNumber,
    "An agreement's authorization number: 15 letters and digits.",
    parse_authorization
);

text_newtype!(
    /// The enrollment number of a volume program: 7 digits (AC-06).
    EnrollmentNumber,
    "An enrollment number: 7 digits.",
    parse_enrollment
);

text_newtype!(
    /// The agreement number of another program: 7 digits (AC-07).
    AgreementNumber,
    "An agreement number: 7 digits.",
    parse_agreement
);

fn parse_retail(text: &str) -> Result<String, ParseError> {
    let bare: String = text.chars().filter(|c| *c != '-').collect();
    let good = bare.len() == 25 && bare.bytes().all(|b| b.is_ascii_alphanumeric());
    let error = || ParseError::new("retail license code", text, "25 letters and digits in five groups of five");
    if good { Ok(bare.to_ascii_uppercase()) } else { Err(error()) }
}

fn parse_open_license(text: &str) -> Result<String, ParseError> {
    digits("Open License number", text, 8, "8 digits")
}

fn parse_authorization(text: &str) -> Result<String, ParseError> {
    let good = text.len() == 15 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let error = || ParseError::new("authorization number", text, "15 letters and digits");
    if good { Ok(text.to_ascii_uppercase()) } else { Err(error()) }
}

fn parse_enrollment(text: &str) -> Result<String, ParseError> {
    digits("enrollment number", text, 7, "7 digits")
}

fn parse_agreement(text: &str) -> Result<String, ParseError> {
    digits("agreement number", text, 7, "7 digits")
}

fn digits(what: &'static str, text: &str, length: usize, expected: &'static str) -> Result<String, ParseError> {
    let good = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if good { Ok(text.to_owned()) } else { Err(ParseError::new(what, text, expected)) }
}

/// What a CAL of a pack licenses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProductType {
    /// One device, any user.
    Device,
    /// One user, any device.
    User,
}

impl fmt::Display for ProductType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ProductType::Device => "device",
            ProductType::User => "user",
        })
    }
}

/// How a pack was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PackKind {
    /// With a retail code.
    Retail,
    /// Under a volume program.
    Volume,
    /// Under an Open License or a program like it.
    Open,
}

impl fmt::Display for PackKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            PackKind::Retail => "retail",
            PackKind::Volume => "volume",
            PackKind::Open => "open",
        })
    }
}

/// The volume programs that an enrollment number stands for (AC-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeProgram {
    /// Select License.
    Select,
    /// Enterprise Agreement.
    Enterprise,
    /// Campus Agreement.
    Campus,
    /// School Agreement.
    School,
    /// Services Provider License Agreement.
    ServicesProvider,
}

/// What a buyer shows to get a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "program", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purchase {
    /// A retail code; it says itself what it is for (AC-04).
    Retail {
        /// The code on the package.
        code: RetailCode,
    },
    /// An Open License (AC-05).
    Open {
        /// The license number.
        license: OpenLicenseNumber,
        /// The authorization number.
        authorization: AuthorizationNumber,
    },
    /// A volume program (AC-06).
    Volume {
        /// Which one.
        agreement: VolumeProgram,
        /// The enrollment number.
        enrollment: EnrollmentNumber,
        /// The authorization number beside it on the papers: seven digits alone are guessed (AC-44).
        authorization: AuthorizationNumber,
    },
    /// Open Value, Multi-Year Open, Open Subscription (AC-07).
    Other {
        /// The agreement number.
        agreement: AgreementNumber,
        /// The authorization number beside it on the papers.
        authorization: AuthorizationNumber,
    },
}

impl Purchase {
    /// The kind of pack that this purchase yields.
    #[must_use]
    pub fn pack_kind(&self) -> PackKind {
        match self {
            Purchase::Retail { .. } => PackKind::Retail,
            Purchase::Volume { .. } => PackKind::Volume,
            Purchase::Open { .. } | Purchase::Other { .. } => PackKind::Open,
        }
    }
}

/// A lot of CALs as the clearinghouse issues it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its id.
    pub id: PackId,
    /// How it was bought.
    pub kind: PackKind,
    /// The product version its CALs cover.
    pub version: ProductVersion,
    /// What its CALs license.
    pub product_type: ProductType,
    /// How many CALs it holds.
    pub total: u32,
}
