//! Who a license server is to the clearinghouse (AC-01, AC-11).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParseError;
use super::text::text_newtype;

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
