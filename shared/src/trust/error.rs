//! What can be wrong with keys, certificates, packs and licenses.

/// Why a key, a certificate or a certificate request is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A private key that cannot be used.
    #[error("the key is not usable: {0}; keys are Ed25519 in PKCS#8 form")]
    Key(&'static str),
    /// Text or bytes that are not what they should be at all.
    #[error("the {what} cannot be read: {reason}")]
    Unreadable {
        /// What was being read: `root certificate`, `certificate request`.
        what: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// Something readable that must not be relied on.
    #[error("the {what} is not acceptable: {reason}")]
    Unacceptable {
        /// What was being checked.
        what: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// The certificate library refused to make a certificate.
    #[error("the {what} could not be made: {reason}")]
    Making {
        /// What was being made.
        what: &'static str,
        /// What it said.
        reason: String,
    },
}

impl TrustError {
    /// Bytes or text that are not a `what`.
    pub(super) fn unreadable(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Unreadable { what, reason: reason.to_string() }
    }

    /// A `what` that must not be relied on.
    pub(super) fn unacceptable(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Unacceptable { what, reason: reason.into() }
    }
}

/// Why a presented license is not taken as genuine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It does not parse, or its chain is good and its signature does not match (PD-22).
    #[error("the license is damaged: {0}")]
    Damaged(String),
    /// Nobody that this terminal server trusts has signed it (PD-23).
    #[error("the license is not trusted: {0}")]
    Untrusted(String),
}

/// Why a pack token is not a pack for this license server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackFlaw {
    /// It cannot be read.
    #[error("the pack cannot be read: {0}")]
    Damaged(String),
    /// The trusted clearinghouse did not sign it.
    #[error("the pack is not signed by this license server's clearinghouse")]
    Untrusted,
    /// It was issued to another license server.
    #[error("the pack was issued for Product ID {0}")]
    ForAnother(String),
}
