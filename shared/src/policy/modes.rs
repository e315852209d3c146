//! Licensing modes of a terminal server (SPEC 4.1).

use crate::model::{Generation, PolicyAcOn};

/// What the registry value `PolicyAcOn` makes a terminal server do (WS03-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Devices are licensed.
    PerDevice,
    /// Users are licensed, on paper.
    PerUser,
    /// As per device, but only temporaries are ever asked for.
    TemporariesOnly,
}

/// WS03-02: 2 is per device, 4 is per user; any other value behaves as per device and only gets temporaries.
#[must_use]
pub fn mode(policy_ac_on: PolicyAcOn) -> Mode {
    match policy_ac_on {
        PolicyAcOn::PER_DEVICE => Mode::PerDevice,
        PolicyAcOn::PER_USER => Mode::PerUser,
        _ => Mode::TemporariesOnly,
    }
}

/// W08-03: from 2008 on a server knows a state before its mode is chosen; an older one takes that value as any other (WS03-02).
#[must_use]
pub fn is_not_chosen(generation: Generation, policy_ac_on: PolicyAcOn) -> bool {
    match generation {
        Generation::WindowsNt4 | Generation::Windows2000Sp2 | Generation::Windows2000Sp3 | Generation::Windows2003 => false,
        Generation::Windows2008 | Generation::Windows2008R2 => policy_ac_on == PolicyAcOn::NOT_CHOSEN,
    }
}

/// W2K-02: Windows 2000 licenses devices and has no mode switch.
#[must_use]
pub fn has_mode_switch(generation: Generation) -> bool {
    match generation {
        Generation::WindowsNt4 | Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => false,
        Generation::Windows2003 | Generation::Windows2008 | Generation::Windows2008R2 => true,
    }
}
