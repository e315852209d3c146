//! What a license server's event log says about other license servers, packs and the database (SPEC section 11).

use super::denials::{TERM_SERV_LICENSING, log};
use crate::model::{Level, LogRecord, ProductVersion, ServerName};

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
