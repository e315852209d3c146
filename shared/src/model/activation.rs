//! Who a license server is to the clearinghouse (AC-01, AC-11).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParseError;
use super::code::LicenseServerId;
use super::moment::LabTime;
use super::text::{as_json_string, text_newtype};

text_newtype!(
    /// The Product ID of a license server: digits in groups of 5-3-7-5 (AC-01).
    ProductId,
    "A license server's Product ID: digits in groups of 5-3-7-5, such as 78440-006-5867045-70347.",
    parse_product
);

text_newtype!(
    /// A line that a registrant fills in: 1 to 100 characters, no control characters.
    RegistrantText,
    "1 to 100 characters, no control characters.",
    parse_line
);

/// Why a license server is not activated: each has a way back of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Lapse {
    /// It never was (AC-47).
    NeverActivated,
    /// It was deactivated (AC-24): it is reactivated.
    Deactivated {
        /// When.
        at: LabTime,
    },
    /// Its registration has ended (AC-27): it is reactivated, reason 3.
    Ended,
    /// It has another key than the one that was activated (FT-23): the clearinghouse hears about that by telephone.
    KeyReplaced,
    /// The clearinghouse has its Product ID under another key (AM-15).
    Disowned {
        /// When it learned of that.
        at: LabTime,
    },
}

impl ProductId {
    /// A Product ID from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 20]) -> Self {
        let digits: Vec<char> = bytes.into_iter().map(|byte| char::from(b'0' + byte % 10)).collect();
        let mut text = String::with_capacity(23);
        for (index, digit) in digits.into_iter().enumerate() {
            if matches!(index, 5 | 8 | 15) {
                text.push('-');
            }
            text.push(digit);
        }
        Self(text)
    }
}

fn parse_product(text: &str) -> Result<String, ParseError> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let good = lengths == [5, 3, 7, 5] && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let error = || ParseError::new("Product ID", text, "digits in groups of 5-3-7-5, such as 78440-006-5867045-70347");
    if good { Ok(text.to_owned()) } else { Err(error()) }
}

fn parse_line(text: &str) -> Result<String, ParseError> {
    let trimmed = text.trim();
    let good = (1..=100).contains(&trimmed.chars().count()) && !trimmed.chars().any(char::is_control);
    if good { Ok(trimmed.to_owned()) } else { Err(ParseError::new("registrant field", text, "1 to 100 characters, no control characters")) }
}

/// How an administrator reaches the clearinghouse (AC-10, W2K-18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContactMethod {
    /// The license server asks by itself.
    #[default]
    Automatic,
    /// A person fills in the clearinghouse's pages and types what they show.
    Web,
    /// A person calls and types what is read out.
    Telephone,
    /// The same in writing, for Windows 2000.
    Fax,
}

impl fmt::Display for ContactMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ContactMethod::Automatic => "automatic",
            ContactMethod::Web => "web",
            ContactMethod::Telephone => "telephone",
            ContactMethod::Fax => "fax",
        })
    }
}

/// Why a license server is activated again (AC-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReactivationReason {
    /// 0: it was set up anew.
    Redeployed,
    /// 1: its certificate is damaged.
    CertificateCorrupt,
    /// 2: its private key got out; it makes a new one (FT-23).
    KeyCompromised,
    /// 3: its registration has come to its end (AC-27).
    RegistrationExpired,
    /// 4: it was upgraded to a later system.
    ServerUpgraded,
}

impl ReactivationReason {
    /// All reasons, by their numbers.
    pub const ALL: [ReactivationReason; 5] = [
        ReactivationReason::Redeployed,
        ReactivationReason::CertificateCorrupt,
        ReactivationReason::KeyCompromised,
        ReactivationReason::RegistrationExpired,
        ReactivationReason::ServerUpgraded,
    ];

    /// The reason as a person reads it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ReactivationReason::Redeployed => "the license server was redeployed",
            ReactivationReason::CertificateCorrupt => "its certificate is corrupt",
            ReactivationReason::KeyCompromised => "its private key is compromised",
            ReactivationReason::RegistrationExpired => "its registration has expired",
            ReactivationReason::ServerUpgraded => "the license server was upgraded",
        }
    }
}

impl fmt::Display for ReactivationReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ReactivationReason::Redeployed => "redeployed",
            ReactivationReason::CertificateCorrupt => "certificate-corrupt",
            ReactivationReason::KeyCompromised => "key-compromised",
            ReactivationReason::RegistrationExpired => "registration-expired",
            ReactivationReason::ServerUpgraded => "server-upgraded",
        })
    }
}

impl FromStr for ReactivationReason {
    type Err = ParseError;

    /// Takes the name or the number, 0 to 4.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let named = ReactivationReason::ALL
            .into_iter()
            .zip(0..)
            .find(|(reason, number): &(_, u8)| reason.to_string() == text || number.to_string() == text);
        let expected = "0 redeployed, 1 certificate-corrupt, 2 key-compromised, 3 registration-expired or 4 server-upgraded";
        named.map(|(reason, _)| reason).ok_or_else(|| ParseError::new("reason", text, expected))
    }
}

/// A license server as a person names it to the clearinghouse: by its License Server ID or by its Product ID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerRef {
    /// By what it was activated with.
    Id(LicenseServerId),
    /// By its own number.
    Product(ProductId),
}

impl fmt::Display for ServerRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerRef::Id(id) => id.fmt(formatter),
            ServerRef::Product(product_id) => product_id.fmt(formatter),
        }
    }
}

impl FromStr for ServerRef {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.parse() {
            Ok(product_id) => Ok(ServerRef::Product(product_id)),
            Err(_) => text.parse().map(ServerRef::Id),
        }
    }
}

as_json_string!(ServerRef, "A License Server ID (35 capital letters and digits, without hyphens) or a Product ID (5-3-7-5 digits).");

/// The person who activates a license server, as typed: which fields are required is a rule (AC-11), not a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registrant {
    /// First name; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<RegistrantText>,
    /// Last name; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<RegistrantText>,
    /// Company; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<RegistrantText>,
    /// Country or region; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<RegistrantText>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<RegistrantText>,
    /// Organizational unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<RegistrantText>,
    /// Street address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<RegistrantText>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<RegistrantText>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RegistrantText>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<RegistrantText>,
}

impl Registrant {
    /// The required fields that are missing, by the name a form gives them (AC-11).
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        [("first name", &self.first_name), ("last name", &self.last_name), ("company", &self.company), ("country or region", &self.country)]
            .into_iter()
            .filter_map(|(name, value)| value.is_none().then_some(name))
            .collect()
    }
}
