//! What a denied client sees and what the event logs say (SPEC sections 10, 11).

use super::nt4;
use crate::model::{Denial, Generation, LabTime, Level, LogRecord, ProductVersion, ServerName, UserName};

/// The source of a terminal server's events.
pub const TERM_SERVICE: &str = "TermService";
/// The source of a license server's events.
pub const TERM_SERV_LICENSING: &str = "TermServLicensing";

impl Denial {
    /// The extended disconnect reason (section 10).
    #[must_use]
    pub fn code(self) -> Option<u16> {
        match self {
            Denial::NoLicenseServer => Some(257),
            Denial::NoLicense => Some(258),
            Denial::Modified => Some(260),
            Denial::InvalidFormat | Denial::NotYetValid => Some(261),
            Denial::TemporaryExpired | Denial::NotRenewed => Some(265),
            Denial::ModeNotChosen => Some(266),
            Denial::TooManySessions | Denial::NoServerCal | Denial::Cryptography => None,
            Denial::Exchange(breach) => breach.code(),
        }
    }

    /// The text that the client shows.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Denial::NoLicenseServer => {
                "The server ended this connection because there are no Terminal Server License Servers available to provide a license."
            }
            Denial::NoLicense => {
                "The server ended this connection because there are no Terminal Server client access licenses available for this computer."
            }
            Denial::Modified => {
                "The server ended this connection because the client access license stored on this computer has been modified."
            }
            Denial::InvalidFormat | Denial::NotYetValid => {
                "The server ended this connection because the license stored on this computer is in an invalid format."
            }
            Denial::TemporaryExpired | Denial::NotRenewed => {
                "The server ended this connection because the local computer's client access license could not be upgraded or renewed."
            }
            Denial::ModeNotChosen => {
                "The remote computer disconnected the session because it is not licensed to accept remote connections."
            }
            Denial::TooManySessions => "The server already has its two remote administration sessions; end one of them first.",
            Denial::NoServerCal => "Terminal Server has ended the connection.",
            Denial::Cryptography => "The client could not connect to the terminal server. The server may be too busy.",
            Denial::Exchange(breach) => breach.text(),
        }
    }

    /// The event in the terminal server's log. A Windows 2000 server logs 1004 in place of 1000, 1011 and 1028 (W2K-19).
    #[must_use]
    pub fn event(self, generation: Generation) -> Option<u32> {
        let event = match self {
            Denial::NoLicenseServer => 1010,
            Denial::NoLicense => 1000,
            Denial::Modified => 1004,
            Denial::InvalidFormat | Denial::NotYetValid => 1003,
            Denial::TemporaryExpired => 1011,
            Denial::NotRenewed => 1028,
            Denial::ModeNotChosen => 1069,
            Denial::NoServerCal => 201,
            Denial::Exchange(breach) => return breach.event(),
            Denial::TooManySessions | Denial::Cryptography => return None,
        };
        match (generation, event) {
            (Generation::Windows2000Sp2 | Generation::Windows2000Sp3, 1000 | 1011 | 1028) => Some(1004),
            (_, event) => Some(event),
        }
    }

    /// The record of the denial in the terminal server's log.
    #[must_use]
    pub fn record(self, generation: Generation, device: &str, user: &UserName) -> Option<LogRecord> {
        let id = self.event(generation)?;
        let text = match self {
            Denial::NoServerCal => return Some(nt4::events::no_server_cal_for_session()),
            Denial::Exchange(breach) => return breach.record(device),
            Denial::TooManySessions | Denial::Cryptography => return None,
            Denial::NoLicense => unable_to_acquire(user),
            // W2K-19: one text for all three.
            Denial::TemporaryExpired | Denial::NotRenewed if id == 1004 => unable_to_acquire(user),
            Denial::TemporaryExpired => format!("{device} was disconnected: its temporary license has ended."),
            Denial::NotRenewed => format!("{device} was disconnected: its license could not be renewed."),
            Denial::InvalidFormat | Denial::NotYetValid => format!("The client {device} presented a license that is not valid."),
            Denial::Modified => format!("No license can be given to {device}: the one it presented belongs to another device."),
            Denial::NoLicenseServer => format!("No license server could be reached for {device}."),
            Denial::ModeNotChosen => {
                format!("{device} was disconnected: the grace period is over and the licensing mode of this server was never chosen.")
            }
        };
        Some(log(TERM_SERVICE, id, Level::Error, text))
    }
}

fn unable_to_acquire(user: &UserName) -> String {
    let (domain, account) = user.as_str().split_once('\\').unwrap_or(("(local)", user.as_str()));
    format!("Unable to acquire a license for user {account}, domain {domain}.")
}

/// A record of an event log.
#[must_use]
pub fn log(source: &str, id: u32, level: Level, text: impl Into<String>) -> LogRecord {
    LogRecord { source: source.to_owned(), id, level, text: text.into() }
}

/// GR-08: event 1009.
#[must_use]
pub fn grace_about_to_end(ends_at: LabTime) -> LogRecord {
    log(
        TERM_SERVICE,
        1009,
        Level::Warning,
        format!("The licensing grace period ends at {ends_at}. Have an activated license server with CALs by then."),
    )
}

/// GR-09: event 1008.
#[must_use]
pub fn grace_over() -> LogRecord {
    log(
        TERM_SERVICE,
        1008,
        Level::Error,
        "The licensing grace period is over and this server has not reached any license server. Clients without a license are denied.",
    )
}

/// W08-03: event 1068.
#[must_use]
pub fn mode_not_chosen() -> LogRecord {
    log(TERM_SERVICE, 1068, Level::Warning, "The licensing mode of this server has not been chosen. When grace is over it accepts nobody.")
}

/// LS-03: event 18.
#[must_use]
pub fn not_activated() -> LogRecord {
    log(TERM_SERV_LICENSING, 18, Level::Warning, "This license server is not activated and issues temporary licenses only. Activate it.")
}

/// LS-01: event 4141, which license servers log from 2008 on.
#[must_use]
pub fn not_in_group(generation: Generation, asked_by: &ServerName) -> Option<LogRecord> {
    let text = format!("{asked_by} is not a member of the local group \"Terminal Services Computers\" and is given no licenses.");
    (generation.version() >= ProductVersion::V6_0).then(|| log(TERM_SERV_LICENSING, 4141, Level::Warning, text))
}

/// LS-11, SD-07: event 20.
#[must_use]
pub fn low_pool(version: ProductVersion, left: u64) -> LogRecord {
    log(TERM_SERV_LICENSING, 20, Level::Warning, format!("Few permanent device CALs of version {version} are left: {left}."))
}

/// LS-12: event 21.
#[must_use]
pub fn pool_empty(version: ProductVersion, asked_by: &ServerName) -> LogRecord {
    log(
        TERM_SERV_LICENSING,
        21,
        Level::Warning,
        format!("No permanent device CAL of version {version} is left for {asked_by}. Check its licensing mode, or buy CALs."),
    )
}

/// LS-12, SD-06: event 22.
#[must_use]
pub fn no_pack(version: ProductVersion, asked_by: &ServerName) -> LogRecord {
    log(TERM_SERV_LICENSING, 22, Level::Warning, format!("No CAL of version {version} is installed, and {asked_by} asked for one."))
}

/// Section 10's pop-up for the holder of a temporary that ends soon (OQ-5); `None` while it is far off.
#[must_use]
pub fn expiry_popup(expires_at: LabTime, now: LabTime, popup_days: u32) -> Option<String> {
    let left = (expires_at - now).days_begun();
    let soon = left > 0 && left <= i64::from(popup_days);
    soon.then(|| format!("Your terminal services temporary client license will expire in {left} days."))
}
