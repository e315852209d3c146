//! Records of an event log (SPEC section 11).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How serious an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Good to know.
    Information,
    /// Will hurt later.
    Warning,
    /// Hurt somebody.
    Error,
}

/// One record of a service's event log (SPEC section 11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogRecord {
    /// The source as Windows names it: `TermService`, `TermServLicensing`.
    pub source: String,
    /// The event id.
    pub id: u32,
    /// How serious it is.
    pub level: Level,
    /// The text, in our words.
    pub text: String,
}
