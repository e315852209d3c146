//! What a terminal server's connections are made of.

use crate::rulebook::RuleId;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ParseError;
use super::key::{hex, unhex};
use super::text::as_json_string;

/// The id of a session: 16 random bytes as hex. Whoever knows it may log on to it, so lists show it to administrators only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// An id from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl FromStr for SessionId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        unhex(text).map(Self).ok_or_else(|| ParseError::new("session id", text, "32 hex digits"))
    }
}

as_json_string!(SessionId, "A session's id: 32 hex digits.");

/// The operating system of a client device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Windows for Workgroups 3.11.
    WindowsForWorkgroups,
    /// Windows 95.
    Windows95,
    /// Windows 98.
    Windows98,
    /// Windows NT 3.5 or 3.51.
    WindowsNt35,
    /// Windows NT 4.0: Workstation, Server or Terminal Server Edition.
    WindowsNt4,
    /// Windows 2000, any edition.
    Windows2000,
    /// Windows XP Home Edition.
    WindowsXpHome,
    /// Windows XP Professional.
    WindowsXpProfessional,
    /// Windows Vista or later.
    WindowsVista,
    /// A Macintosh.
    Macintosh,
    /// Something else: a thin client, a handheld.
    Other,
}

impl Platform {
    /// All platforms with their names, and the platform ids in the first word of a hardware id: operating system family and build
    /// in the lab's own numbering (ST-01).
    const ALL: [(Platform, &'static str, u32); 11] = [
        (Platform::WindowsForWorkgroups, "windows-for-workgroups", 0x00FF_0000),
        (Platform::Windows95, "windows-95", 0x0100_0000),
        (Platform::Windows98, "windows-98", 0x0101_0000),
        (Platform::WindowsNt35, "windows-nt35", 0x01FF_0000),
        (Platform::WindowsNt4, "windows-nt4", 0x0200_0000),
        (Platform::Windows2000, "windows-2000", 0x0201_0000),
        (Platform::WindowsXpHome, "windows-xp-home", 0x0202_0000),
        (Platform::WindowsXpProfessional, "windows-xp-professional", 0x0202_0001),
        (Platform::WindowsVista, "windows-vista", 0x0300_0000),
        (Platform::Macintosh, "macintosh", 0x0400_0000),
        (Platform::Other, "other", 0x0F00_0000),
    ];

    fn row(self) -> (Platform, &'static str, u32) {
        Self::ALL.into_iter().find(|(platform, ..)| *platform == self).unwrap_or((Platform::Other, "other", 0x0F00_0000))
    }

    /// The platform id in the first word of a hardware id.
    #[must_use]
    pub fn id(self) -> u32 {
        self.row().2
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.row().1)
    }
}

impl FromStr for Platform {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let expected = "windows-for-workgroups, windows-95, windows-98, windows-nt35, windows-nt4, windows-2000, windows-xp-home, \
                        windows-xp-professional, windows-vista, macintosh or other";
        let found = Platform::ALL.into_iter().find(|(_, name, _)| *name == text);
        found.map(|(platform, ..)| platform).ok_or_else(|| ParseError::new("platform", text, expected))
    }
}

as_json_string!(
    Platform,
    "A client's system: 'windows-for-workgroups', 'windows-95', 'windows-98', 'windows-nt35', 'windows-nt4', 'windows-2000', 'windows-xp-home', 'windows-xp-professional', 'windows-vista', 'macintosh' or 'other'."
);

/// What begins a grace period (GR-02, CON-02).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraceStart {
    /// The first client that is accepted.
    #[default]
    FirstConnection,
    /// The moment at which the terminal services were enabled: the server's first start.
    ServicesEnabled,
}

/// Whose permanents a terminal server takes (AM-15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// Those of license servers that are enrolled here, and of those that an enrolled one knows.
    #[default]
    Enrolled,
    /// Those of every license server that the clearinghouse activated: the original's way.
    Chain,
}

/// What ends a grace period early (GR-11, CON-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraceEnd {
    /// The first permanent CAL that the terminal server receives (GR-03).
    #[default]
    FirstPermanent,
    /// A usable license server is located.
    LsLocated,
    /// A usable and activated license server is located.
    LsActivatedLocated,
}

/// One rule that fired, with what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceStep {
    /// The rule's id in SPEC.md.
    pub rule: RuleId,
    /// The facts it saw and what followed.
    pub facts: String,
}

impl TraceStep {
    /// A step of rule `rule`.
    pub fn new(rule: RuleId, facts: impl Into<String>) -> Self {
        Self { rule, facts: facts.into() }
    }
}
