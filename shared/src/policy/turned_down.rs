//! What the clearinghouse turns down, and under which rules (AC-42).

use serde::{Deserialize, Serialize};

/// Why the clearinghouse said no to a proper request. It goes on the record like what it grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnedDown {
    /// The kind of reason.
    pub ground: Ground,
    /// The reason in words, with what to do.
    pub reason: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// A required field of the registrant is missing.
    RegistrantIncomplete,
    /// The Product ID or the key belongs to another activation.
    DoubleUse,
    /// The activation on record has come to its end.
    RegistrationEnded,
    /// The clearinghouse's root does not hold at this moment.
    RootEnded,
    /// Nobody has bought this code.
    CodeUnknown,
    /// Another license server has used this code.
    CodeUsed,
    /// Nobody has signed this agreement.
    AgreementUnknown,
    /// The agreement does not entitle to as many, or to any, of these.
    NotEntitled,
    /// The license server is older than the CALs.
    VersionTooNew,
}

impl TurnedDown {
    /// Turned down on this ground.
    pub fn new(ground: Ground, reason: impl Into<String>) -> Self {
        Self { ground, reason: reason.into() }
    }
}

impl Ground {
    /// The rules behind it.
    #[must_use]
    pub fn rules(self) -> &'static [&'static str] {
        match self {
            Ground::RegistrantIncomplete => &["AC-11"],
            Ground::DoubleUse => &["AC-42"],
            Ground::RegistrationEnded => &["AC-27"],
            Ground::RootEnded => &["CE-13"],
            Ground::CodeUnknown => &["AC-04", "AC-45"],
            Ground::CodeUsed => &["AC-33"],
            Ground::AgreementUnknown => &["AC-44", "AC-45"],
            Ground::NotEntitled => &["AC-32"],
            Ground::VersionTooNew => &["AC-36", "VC-08"],
        }
    }
}
