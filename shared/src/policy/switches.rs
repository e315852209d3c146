//! Where the sources disagree and the lab can act out either side: every switch with its default and both readings (SPEC section 14).

use crate::rulebook::{RuleId, rule};

/// The kind of service that has a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A terminal server.
    TerminalServer,
    /// A license server.
    LicenseServer,
}

/// One switch.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// The contradiction or open question: `CON-01`.
    pub id: RuleId,
    /// Whose it is.
    pub holder: Holder,
    /// The setting's name in the interface.
    pub setting: &'static str,
    /// Its value unless set.
    pub default: &'static str,
    /// The reading behind the default, and who reads so.
    pub reading: &'static str,
    /// The other values, what each does, and who reads so.
    pub others: &'static str,
}

/// All switches, in the order of their ids.
pub const SWITCHES: &[Switch] = &[
    Switch {
        id: rule::CON_01,
        holder: Holder::TerminalServer,
        setting: "grace_end",
        default: "first_permanent",
        reading: "grace ends when this server receives its first permanent CAL (the 2003 overview, TechNet, the protocol)",
        others: "ls_located: when a license server is found (Burke, KB813052); ls_activated_located: when an activated one is (Virtuozzo)",
    },
    Switch {
        id: rule::CON_02,
        holder: Holder::TerminalServer,
        setting: "grace_start",
        default: "first_connection",
        reading: "grace begins with the first client that is accepted (the 2003 overview, TechNet)",
        others: "services_enabled: when the terminal services are first enabled (KB813052)",
    },
    Switch {
        id: rule::CON_03,
        holder: Holder::TerminalServer,
        setting: "temporaries_of_90_days",
        default: "off",
        reading: "a temporary of Windows NT 4.0 lasts 60 days (KB187629); set with tsl nt settings",
        others: "on: it lasts 90 (KB245607)",
    },
    Switch {
        id: rule::CON_06,
        holder: Holder::LicenseServer,
        setting: "temporary_for_want_only",
        default: "off",
        reading: "a device's first license is always a temporary (the 2003 overview, Burke, KB287687)",
        others: "on: only where no CAL is free (KB813052)",
    },
    Switch {
        id: rule::CON_09,
        holder: Holder::TerminalServer,
        setting: "per_user_requires_activated",
        default: "off",
        reading: "per user, any license server within reach will do (Burke, part 2)",
        others: "on: it has to be activated (Virtuozzo)",
    },
    Switch {
        id: rule::CON_10,
        holder: Holder::TerminalServer,
        setting: "unactivated_stops_server",
        default: "off",
        reading: "past grace a license server without activation still gives each device its temporary (the 2003 overview, Burke)",
        others: "on: past grace the terminal server stops working with one (Virtuozzo)",
    },
    Switch {
        id: rule::CON_11,
        holder: Holder::TerminalServer,
        setting: "per_user_temporaries",
        default: "off",
        reading: "per user, no license is issued (KB822134)",
        others: "on: devices get a temporary that is never upgraded (so the 2003 overview can be read)",
    },
    Switch {
        id: rule::CON_13,
        holder: Holder::LicenseServer,
        setting: "revoke_2008_only",
        default: "off",
        reading: "CALs of each version can be revoked, each version counted apart (TechNet's help)",
        others: "on: only those of 2008 (a sidebar of the resource kit)",
    },
    Switch {
        id: rule::CON_16,
        holder: Holder::TerminalServer,
        setting: "per_seat_only",
        default: "off",
        reading: "a terminal server of Windows NT 4.0 has Per Server and Per Seat, as NT Server has (KB187629); set with tsl nt settings",
        others: "on: Per Seat only (a vendor's paper)",
    },
    Switch {
        id: rule::CON_22,
        holder: Holder::TerminalServer,
        setting: "lenient_invalid",
        default: "off",
        reading: "a license that cannot be read is denied with 261 (the protocol's list of errors)",
        others: "on: it counts as none and a new one is asked for (the protocol's text)",
    },
    Switch {
        id: rule::CON_24,
        holder: Holder::TerminalServer,
        setting: "domain_role_by_name_only",
        default: "off",
        reading: "a license server of the role Domain is found when it stands on a domain controller (KB301932)",
        others: "on: it is never found and has to be named on every terminal server (KB823313)",
    },
    Switch {
        id: rule::CON_25,
        holder: Holder::TerminalServer,
        setting: "device_cals_per_device_only",
        default: "off",
        reading: "a per-user server accepts whatever is owned: User CALs, Device CALs or both (KB823313); the reports name the mismatch",
        others: "on: Device CALs go with per device only, and each user of a per-user server owes a User CAL (Virtuozzo, Burke)",
    },
    Switch {
        id: rule::OQ_3,
        holder: Holder::LicenseServer,
        setting: "unvalidated_expired_denied",
        default: "off",
        reading: "a temporary that ended without a logon is still upgraded (the white paper's table)",
        others: "on: it is not, for that is what the mark is for (KB287687)",
    },
    Switch {
        id: rule::PL_02,
        holder: Holder::LicenseServer,
        setting: "prevent_license_upgrade",
        default: "off",
        reading: "where no 2000 CAL is left a 2000 server's client gets a 2003 CAL (group policy, not configured)",
        others: "on: it gets a temporary (group policy, enabled)",
    },
];
