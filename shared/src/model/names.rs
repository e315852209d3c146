//! Names of servers, devices and people, and the ids that tie requests together.

use super::ParseError;
use super::text::text_newtype;

text_newtype!(
    /// The computer name of a clearinghouse, license server or terminal server.
    ///
    /// Letters, digits, `-`, `_` and `.`, 1 to 63 characters, no dot or dash at either end; kept in capitals, since
    /// Windows computer names do not distinguish case.
    ServerName,
    "A server's computer name: 1 to 63 letters, digits, '-', '_' or '.'; kept in capitals.",
    parse_server
);

text_newtype!(
    /// The computer name of a client device. Same form as a [`ServerName`].
    DeviceName,
    "A client device's computer name: 1 to 63 letters, digits, '-', '_' or '.'; kept in capitals.",
    parse_device
);

text_newtype!(
    /// The name of a person's account, with an optional `DOMAIN\` in front; kept in small letters.
    UserName,
    "An account name of 1 to 104 characters, optionally behind 'domain\\'; kept in small letters.",
    parse_user
);

text_newtype!(
    /// The id under which one request can be asked again after a lost answer, and found in every log and journal.
    RequestId,
    "An id of 8 to 64 letters, digits or '-', chosen by the caller and repeated when the request is.",
    parse_request
);

impl RequestId {
    /// A request id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(super::key::hex(&bytes))
    }
}

const COMPUTER: &str = "1 to 63 letters, digits, '-', '_' or '.', neither beginning nor ending with '-' or '.'";

fn parse_server(text: &str) -> Result<String, ParseError> {
    parse_computer("server name", text)
}

fn parse_device(text: &str) -> Result<String, ParseError> {
    parse_computer("device name", text)
}

fn parse_computer(what: &'static str, text: &str) -> Result<String, ParseError> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| matches!(c, '-' | '.');
    let good = (1..=63).contains(&text.len()) && text.chars().all(inside) && !text.starts_with(edge) && !text.ends_with(edge);
    if good { Ok(text.to_ascii_uppercase()) } else { Err(ParseError::new(what, text, COMPUTER)) }
}

fn parse_user(text: &str) -> Result<String, ParseError> {
    let forbidden = |c: char| c.is_control() || "\"/[]:;|=,+*?<>".contains(c);
    let good = (1..=104).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(forbidden)
        && text.matches('\\').count() <= 1
        && !text.starts_with('\\')
        && !text.ends_with('\\');
    if good {
        Ok(text.to_lowercase())
    } else {
        Err(ParseError::new("user name", text, "1 to 104 characters, none of \" / [ ] : ; | = , + * ? < >, no space at either end"))
    }
}

fn parse_request(text: &str) -> Result<String, ParseError> {
    let good = (8..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if good { Ok(text.to_owned()) } else { Err(ParseError::new("request id", text, "8 to 64 letters, digits or '-'")) }
}
