//! What the clearinghouse turns down, and under which rules (AC-42).

use crate::rulebook::{RuleId, rule};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// A required field of the registrant is missing.
    RegistrantIncomplete,
    /// The Product ID or the key belongs to another activation.
    DoubleUse,
    /// Another key for a Product ID on record, which nobody has shown a right to (AM-15).
    KeyUnproved,
    /// Another license server that was not deactivated has this name (AM-15).
    NameTaken,
    /// The activation on record has come to its end.
    RegistrationEnded,
    /// The clearinghouse's root does not hold at this moment.
    RootEnded,
    /// Nobody has bought this code.
    CodeUnknown,
    /// This code is mistyped.
    CodeMistyped,
    /// Another license server has used this code.
    CodeUsed,
    /// Nobody has signed this agreement.
    AgreementUnknown,
    /// The agreement does not entitle to as many, or to any, of these.
    NotEntitled,
    /// The license server is older than the CALs.
    VersionTooNew,
    /// The license server was deactivated: activating it again takes a reason.
    Deactivated,
    /// This is not done by web page or fax.
    WrongMethod,
    /// The papers shown are not those of the purchase.
    WrongPapers,
    /// More CALs than the pack can have lost.
    NotLost,
    /// The pack belongs to another license server.
    PackElsewhere,
    /// This device's CAL was reissued before.
    ReissuedBefore,
    /// CALs of this version come back by themselves.
    ComesBack,
    /// The offer does not cover this.
    OfferRefused,
}

impl TurnedDown {
    /// Turned down on this ground.
    pub fn new(ground: Ground, reason: impl Into<String>) -> Self {
        Self { ground, reason: reason.into() }
    }
}

impl Ground {
    /// In words, for a list of how often.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Ground::RegistrantIncomplete => "required information is missing",
            Ground::DoubleUse => "Product ID or key of another activation",
            Ground::KeyUnproved => "another key, and no right to it shown",
            Ground::NameTaken => "the name of another license server",
            Ground::RegistrationEnded => "the activation on record has ended",
            Ground::RootEnded => "the clearinghouse's root does not hold",
            Ground::CodeUnknown => "retail code that nobody bought",
            Ground::CodeMistyped => "mistyped code",
            Ground::CodeUsed => "code of another license server",
            Ground::AgreementUnknown => "papers that nobody signed",
            Ground::NotEntitled => "more than the agreement entitles to",
            Ground::VersionTooNew => "license server too old",
            Ground::Deactivated => "license server deactivated",
            Ground::WrongMethod => "not done this way",
            Ground::WrongPapers => "not the papers of the purchase",
            Ground::NotLost => "more CALs than can be lost",
            Ground::PackElsewhere => "pack of another license server",
            Ground::ReissuedBefore => "reissued before",
            Ground::ComesBack => "comes back by itself",
            Ground::OfferRefused => "not covered by the offer",
        }
    }

    /// Whether the caller showed something that the record does not know: an honest mistake once, a guess when it happens often. A
    /// mistyped code is none, since its check characters alone tell so.
    #[must_use]
    pub fn is_guess(self) -> bool {
        match self {
            Ground::CodeUnknown
            | Ground::AgreementUnknown
            | Ground::WrongPapers
            | Ground::OfferRefused
            | Ground::DoubleUse
            | Ground::KeyUnproved => true,
            Ground::RegistrantIncomplete
            | Ground::NameTaken
            | Ground::RegistrationEnded
            | Ground::RootEnded
            | Ground::CodeMistyped
            | Ground::CodeUsed
            | Ground::NotEntitled
            | Ground::VersionTooNew
            | Ground::Deactivated
            | Ground::WrongMethod
            | Ground::NotLost
            | Ground::PackElsewhere
            | Ground::ReissuedBefore
            | Ground::ComesBack => false,
        }
    }

    /// The rules behind it.
    #[must_use]
    pub fn rules(self) -> &'static [RuleId] {
        match self {
            Ground::RegistrantIncomplete => &[rule::AC_11],
            Ground::DoubleUse => &[rule::AC_42],
            Ground::KeyUnproved => &[rule::AM_15, rule::AC_25],
            Ground::NameTaken => &[rule::AM_15, rule::AC_42],
            Ground::RegistrationEnded => &[rule::AC_27],
            Ground::RootEnded => &[rule::CE_13],
            Ground::CodeUnknown => &[rule::AC_04, rule::AC_45],
            Ground::CodeMistyped => &[rule::AC_04, rule::AC_17],
            Ground::CodeUsed => &[rule::AC_33],
            Ground::AgreementUnknown => &[rule::AC_44, rule::AC_45],
            Ground::NotEntitled => &[rule::AC_32],
            Ground::VersionTooNew => &[rule::AC_36, rule::VC_08],
            Ground::Deactivated => &[rule::AC_24, rule::AC_25],
            Ground::WrongMethod => &[rule::AC_21],
            Ground::WrongPapers => &[rule::AC_48],
            Ground::NotLost => &[rule::AC_40, rule::AC_42],
            Ground::PackElsewhere => &[rule::AC_42],
            Ground::ReissuedBefore => &[rule::W2K_11],
            Ground::ComesBack => &[rule::CON_12, rule::RC_01],
            Ground::OfferRefused => &[rule::WS03_10],
        }
    }
}
