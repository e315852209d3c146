//! Why a terminal server denies a connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reason for a denial: the client's code and text, and the terminal server's event, follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// No license server answered: 257, event 1010.
    NoLicenseServer,
    /// Nothing presented and nothing issued: 258, event 1000.
    NoLicense,
    /// The license is another device's: 260, event 1004.
    Modified,
    /// The license is damaged, or of nobody whom this server believes: 261, event 1003.
    InvalidFormat,
    /// The license begins in the future, so two clocks differ: 261, event 1003 (OQ-10).
    NotYetValid,
    /// A temporary ended and could not be upgraded: 265, event 1011.
    TemporaryExpired,
    /// A permanent ended and could not be renewed: 265, event 1028.
    NotRenewed,
    /// Its mode was never chosen and grace is over: 266, event 1069 (W08-03).
    ModeNotChosen,
    /// A third session of remote administration: a text of its own, no code (PD-25).
    TooManySessions,
    /// Windows NT 4.0: License Manager has no server CAL left: no code, event 201 (NT-11 to NT-13).
    NoServerCal,
    /// Windows NT 4.0: the machine's cryptography is out of order: no code (NT-42).
    Cryptography,
    /// The licensing exchange broke before any license was looked at (section 10).
    #[serde(untagged)]
    Exchange(Breach),
}

/// What broke the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Breach {
    /// The terminal server failed inside: 256, event 1004.
    Internal,
    /// The client's message contradicts itself: 259, event 1003.
    Malformed,
    /// The way between the two broke: 262. The server has heard nothing whole, so only the client knows.
    Network,
    /// The client gave up: 263.
    Abandoned,
    /// The client's message does not carry the check that it should: 264, event 1003.
    BadlyEncrypted,
    /// The terminal server's own certificate values are damaged: a text of its own, no code (FT-12).
    ServerCertificate,
    /// The client could not write its own store: 2056 (ST-07). The server is not asked.
    StoreNotWritable,
}
