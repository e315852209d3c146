//! What a license server's event log says about other license servers, packs and the database (SPEC section 11).

use super::denials::{TERM_SERV_LICENSING, log};
use crate::model::{LabTime, Level, LogRecord, ProductVersion, ServerName};

/// Why CAL counts could not be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnnounced {
    /// The other server was too busy: event 7.
    Busy,
    /// It could not be reached: event 8.
    Unreachable(String),
    /// It did not take the announcement: event 15.
    Refused(String),
}

/// LS-08: events 7, 8 and 15.
#[must_use]
pub fn not_announced(server: &ServerName, why: &NotAnnounced) -> LogRecord {
    let (id, text) = match why {
        NotAnnounced::Busy => (7, format!("The CAL counts could not be announced to {server}: it is busy.")),
        NotAnnounced::Unreachable(reason) => {
            (8, format!("The CAL counts could not be announced to {server}: no communication with it ({reason})."))
        }
        NotAnnounced::Refused(reason) => (15, format!("Announcing the CAL counts to {server} failed: {reason}.")),
    };
    log(TERM_SERV_LICENSING, id, Level::Warning, text)
}

/// LS-10: event 16.
#[must_use]
pub fn not_returned(server: &ServerName, version: ProductVersion, reason: &str) -> LogRecord {
    let text = format!(
        "A CAL of version {version} that moved here could not be returned to the pool of {server} ({reason}). It is tried again at the \
         next sweep; no harm is done."
    );
    log(TERM_SERV_LICENSING, 16, Level::Warning, text)
}

/// AC-36, W2K-15: event 41; the reason comes from whoever turned the pack down.
#[must_use]
pub fn policy_module_missing(reason: &str) -> LogRecord {
    log(TERM_SERV_LICENSING, 41, Level::Error, format!("No policy module for this product version (0x13A7): {reason}"))
}

/// W08-08: event 81.
#[must_use]
pub fn revocation_limit(version: ProductVersion, limit: u64, next_allowed_at: LabTime) -> LogRecord {
    let text = format!(
        "A device CAL of version {version} was not revoked: {limit} that were revoked have not ended yet, which is as many as may be. The \
         next one may be revoked at {next_allowed_at}."
    );
    log(TERM_SERV_LICENSING, 81, Level::Warning, text)
}

/// W08-11: event 93.
#[must_use]
pub fn source_not_alive(source: &ServerName) -> LogRecord {
    let text = format!(
        "CALs of {source} were migrated to this license server although {source} could not be told to remove them. Should it run again, \
         remove them there by hand."
    );
    log(TERM_SERV_LICENSING, 93, Level::Warning, text)
}

/// W08-11, AM-17: event 89, at the source of an automatic migration.
#[must_use]
pub fn released(to: &ServerName, quantity: u32, version: ProductVersion) -> LogRecord {
    let text = format!("{quantity} CALs of version {version} were migrated from this license server to {to}.");
    log(TERM_SERV_LICENSING, 89, Level::Information, text)
}

/// W08-12: event 4100.
#[must_use]
pub fn database_suspect() -> LogRecord {
    let text = "The licensing database may be damaged. Restore a backup, or rebuild it and install the CALs anew.";
    log(TERM_SERV_LICENSING, 4100, Level::Error, text)
}
