//! What a license server's event log says of its activation and its database (SPEC section 11; 9001 to 9005 are the lab's own).

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
    let text = "The license server has a new private key. Give terminal servers its new public key (tsl forget, tsl trust). It issues \
                temporary licenses only until the clearinghouse has activated it with that key (tsl phone clearinghouse).";
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

/// AC-24, AC-27, AC-47, FT-23: why a server that is not activated is not.
#[must_use]
pub fn lapse(number: u16, deactivated_at: Option<LabTime>, key_replaced: bool) -> Lapse {
    match (number, deactivated_at) {
        (0, _) => Lapse::NeverActivated,
        (_, _) if key_replaced => Lapse::KeyReplaced,
        (_, Some(at)) => Lapse::Deactivated { at },
        (_, None) => Lapse::Ended,
    }
}

/// AC-27, AC-47: what an administrator is asked to do about the activation that ends then, or is over for that reason; nothing while it
/// holds for more than 30 days.
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
        Err(Lapse::KeyReplaced) => {
            "it has another key than the one that was activated: call the clearinghouse (tsl phone clearinghouse) and have it reactivated"
                .to_owned()
        }
    })
}
