//! What a license server's event log says of its activation and its database (SPEC section 11; 9001 to 9007 are the lab's own).

use super::denials::{TERM_SERV_LICENSING, log};
use crate::model::{ContactMethod, LabTime, Lapse, Level, LogRecord, Span};

/// AC-24: deactivated.
#[must_use]
pub fn deactivated(method: ContactMethod) -> LogRecord {
    let text = format!("The license server has been deactivated ({method}). It issues temporary licenses only until it is reactivated.");
    log(TERM_SERV_LICENSING, 9001, Level::Warning, text)
}

/// FT-23: another key.
#[must_use]
pub fn key_replaced() -> LogRecord {
    let text = "The license server has a new private key. Give terminal servers its new public key (tsl forget, tsl trust), and call the \
                clearinghouse to have it reactivated (tsl phone clearinghouse; reason 2, or 0 where the old key was lost).";
    log(TERM_SERV_LICENSING, 9002, Level::Warning, text)
}

/// AC-40: what a restore onto another installation lost.
#[must_use]
pub fn lost_in_restore(lost: u64) -> LogRecord {
    let text =
        format!("{lost} client access licenses that were not issued were lost in the restore. Call the clearinghouse to recover them.");
    log(TERM_SERV_LICENSING, 9004, Level::Warning, text)
}

/// AC-26: what was not issued before a reactivation.
#[must_use]
pub fn to_be_reissued(count: u64) -> LogRecord {
    let text = format!("{count} client access licenses that were not issued must be reissued by the clearinghouse after the reactivation.");
    log(TERM_SERV_LICENSING, 9004, Level::Warning, text)
}

/// AC-39: a database that came back.
#[must_use]
pub fn restored(licenses: u64, same_installation: bool) -> LogRecord {
    let onto = if same_installation { "the installation that it was made on" } else { "another installation" };
    log(TERM_SERV_LICENSING, 9005, Level::Information, format!("The database was restored from a backup onto {onto}: {licenses} licenses."))
}

/// AM-15: the clearinghouse has the Product ID under another key.
#[must_use]
pub fn disowned() -> LogRecord {
    let text = "The clearinghouse has this license server's Product ID on its books under another key. It issues temporary licenses only. \
                If nobody here arranged that, call the clearinghouse with the papers of the purchase.";
    log(TERM_SERV_LICENSING, 9007, Level::Error, text)
}

/// AM-15: deactivated at the clearinghouse, which nobody told this server.
#[must_use]
pub fn deactivated_there() -> LogRecord {
    let text = "The clearinghouse has this license server on its books as deactivated. It issues temporary licenses only until it is \
                reactivated.";
    log(TERM_SERV_LICENSING, 9001, Level::Warning, text)
}

/// AM-16: what a restore put back although devices hold it.
#[must_use]
pub fn put_back(count: u32, until: LabTime) -> LogRecord {
    let text = format!(
        "{count} client access licenses that were issued after the backup are free again by the restore. The devices that hold them keep \
         them, the last one up to {}: until then more devices may be licensed than CALs were bought.",
        until.end_in_words()
    );
    log(TERM_SERV_LICENSING, 9006, Level::Warning, text)
}

/// AC-27, AC-47, AM-15: what an administrator is asked to do about the activation that ends then, or is over for that reason; nothing while
/// it holds for more than 30 days.
#[must_use]
pub fn prompt(until: Result<LabTime, Lapse>, now: LabTime) -> Option<String> {
    Some(match until {
        Ok(until) if until - now <= Span::days(30) => {
            format!("the registration ends at {until}: reactivate this license server, reason 3 (registration expired)")
        }
        Ok(_) => return None,
        Err(Lapse::NeverActivated) => {
            "not activated yet: activation is highly recommended, now or later; until then it issues temporaries only".to_owned()
        }
        Err(Lapse::Deactivated { at }) => {
            format!("deactivated at {at}: it issues temporaries only until it is reactivated, with one of five reasons")
        }
        Err(Lapse::Ended) => "the registration has ended: reactivate this license server, reason 3 (registration expired)".to_owned(),
        Err(Lapse::KeyReplaced) => "it has another key than the one that was activated: call the clearinghouse with the papers of the \
                                    purchase (tsl phone clearinghouse, reactivate, reason 0 where the old key is lost, 2 where it got \
                                    out), then tsl reactivate --id"
            .to_owned(),
        Err(Lapse::Disowned { at }) => format!(
            "since {at} the clearinghouse has its Product ID under another key: if nobody here arranged that, call the clearinghouse with \
             the papers of the purchase (tsl phone clearinghouse, reactivate)"
        ),
    })
}
