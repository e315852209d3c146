//! What kind of service calls another one.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// As what a service is enrolled at another one; its calls are taken on the routes that are for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallerRole {
    /// A terminal server.
    TerminalServer,
    /// A license server.
    LicenseServer,
}

impl fmt::Display for CallerRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            CallerRole::TerminalServer => "terminal server",
            CallerRole::LicenseServer => "license server",
        })
    }
}
