//! The registry value that holds a terminal server's licensing mode.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The registry value `PolicyAcOn`; what it makes a server do is [`crate::policy::modes::mode`]'s to say (WS03-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PolicyAcOn(u32);

impl PolicyAcOn {
    /// Per device, which a fresh terminal server has (WS03-01).
    pub const PER_DEVICE: Self = Self(2);
    /// Per user.
    pub const PER_USER: Self = Self(4);
    /// A mode that was not chosen yet (W08-03).
    pub const NOT_CHOSEN: Self = Self(5);

    /// The value as the registry holds it.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }
}

impl fmt::Display for PolicyAcOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
