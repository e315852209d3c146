//! What the event log of a Windows NT 4.0 terminal server says (SPEC section 11).

use super::starting::StartFault;
use crate::model::{Level, LogRecord, UserName};
use crate::policy::denials::{TERM_SERV_LICENSING, TERM_SERVICE, log};

/// The source of License Manager's events.
pub const LICENSE_SERVICE: &str = "LicenseService";
/// The source of what becomes of services.
pub const SERVICE_CONTROL_MANAGER: &str = "Service Control Manager";

/// What a device reads that is denied a file or print connection.
pub const SHARE_DENIED: &str = "No more connections can be made to this remote computer at this time.";

/// NT-12: event 201 for a terminal client, whose own name is not in it.
#[must_use]
pub fn no_server_cal_for_session() -> LogRecord {
    no_license("SYSTEM", TERM_SERVICE)
}

/// NT-12: the same event for file access, with the user.
#[must_use]
pub fn no_server_cal_for_share(user: &UserName) -> LogRecord {
    no_license(user.as_str(), "SMBServer 4.0")
}

fn no_license(user: &str, product: &str) -> LogRecord {
    let text = format!("No license was available for user {user} using product {product}.");
    log(LICENSE_SERVICE, 201, Level::Warning, text)
}

/// NT-41, NT-42, NT-51: what a failed start of the licensing service leaves in the log.
#[must_use]
pub fn start_failed(fault: &StartFault) -> Vec<LogRecord> {
    let ended = |code: &str| {
        let text = format!("The Terminal Server Licensing service terminated with service-specific error {code}");
        log(SERVICE_CONTROL_MANAGER, 7024, Level::Error, text)
    };
    match fault {
        StartFault::Cryptography => {
            let text = "Cannot initialize cryptographic. Error code 0x80090006.";
            vec![log(TERM_SERV_LICENSING, 13, Level::Error, text), ended("2148073478.")]
        }
        StartFault::LeapDay => vec![ended("of its own: it refuses the system date.")],
        StartFault::Database { .. } => {
            vec![log(TERM_SERV_LICENSING, 7, Level::Error, "Can't connect to database."), ended("3221487623.")]
        }
    }
}

/// Event 1003: an invalid license was shown; NT 4.0 does not name the client.
#[must_use]
pub fn invalid_license() -> LogRecord {
    log(TERM_SERVICE, 1003, Level::Warning, "The terminal server client has provided a license that is not valid.")
}

/// Event 1004: the licensing service has nothing for this user, since it is stopped (NT-20).
#[must_use]
pub fn unable_to_acquire(user: &UserName) -> LogRecord {
    let (domain, account) = user.as_str().split_once('\\').unwrap_or(("(local)", user.as_str()));
    log(TERM_SERVICE, 1004, Level::Warning, format!("Unable to acquire a license for user {account}, domain {domain}."))
}
