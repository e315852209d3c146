//! The licensing exchange itself, when it goes wrong before any license is looked at (SPEC section 10, FT-12, ST-07).

use crate::model::{Breach, Generation, Level, LogRecord};
use crate::policy::denials::{self, TERM_SERVICE};
use crate::rulebook::{RuleId, rule};

impl Breach {
    /// The client's code (section 10).
    #[must_use]
    pub fn code(self) -> Option<u16> {
        match self {
            Breach::Internal => Some(256),
            Breach::Malformed => Some(259),
            Breach::Network => Some(262),
            Breach::Abandoned => Some(263),
            Breach::BadlyEncrypted => Some(264),
            Breach::ServerCertificate => None,
            Breach::StoreNotWritable => Some(2056),
        }
    }

    /// What names it in a trace: its rule, or the section with the codes.
    #[must_use]
    pub fn rule(self) -> RuleId {
        match self {
            Breach::Internal | Breach::Malformed | Breach::Network | Breach::Abandoned | Breach::BadlyEncrypted => rule::SPEC_10,
            Breach::ServerCertificate => rule::FT_12,
            Breach::StoreNotWritable => rule::ST_07,
        }
    }

    /// The text that the client shows.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Breach::Internal => "An internal error has occurred in the remote computer's licensing protocol.",
            Breach::Malformed => "The server ended this connection because it received an invalid licensing message from this computer.",
            Breach::Network => "This connection was ended because of network problems during the licensing protocol.",
            Breach::Abandoned => "This computer ended the licensing protocol before it was complete.",
            Breach::BadlyEncrypted => "The server ended this connection because a licensing message was incorrectly encrypted.",
            Breach::ServerCertificate => {
                "Because of a security error, the client could not connect. Verify that you are logged on to the network, then try again."
            }
            Breach::StoreNotWritable => "An error occurred in the licensing protocol.",
        }
    }

    /// The event in the terminal server's log.
    #[must_use]
    pub fn event(self) -> Option<u32> {
        match self {
            Breach::Internal => Some(1004),
            Breach::Malformed | Breach::BadlyEncrypted => Some(1003),
            Breach::Network | Breach::Abandoned | Breach::ServerCertificate | Breach::StoreNotWritable => None,
        }
    }

    /// What it says in a trace.
    #[must_use]
    pub fn facts(self) -> &'static str {
        match self {
            Breach::Internal => "the server's licensing failed inside (memory, or a fault of its own): denied, in grace too",
            Breach::Malformed => "the message says that it carries a license and carries none, or the reverse: denied, in grace too",
            Breach::Network => "the connection broke before the message was whole: the server has seen nothing",
            Breach::Abandoned => "the client sent an error in place of its license: ended, nothing was asked of a license server",
            Breach::BadlyEncrypted => "the check that came with the message does not match it: denied, in grace too",
            Breach::ServerCertificate => "the server's certificate values are damaged or gone: no client gets as far as licensing",
            Breach::StoreNotWritable => "the store's key was deleted, and a client that is not elevated cannot write it: nothing was sent",
        }
    }

    /// The record in the terminal server's log.
    #[must_use]
    pub fn record(self, device: &str) -> Option<LogRecord> {
        let text = match self {
            Breach::Internal => format!("No license can be given to {device}: the server is short of memory, or failed inside."),
            Breach::Malformed => format!("The client {device} sent a licensing message that is not valid."),
            Breach::BadlyEncrypted => format!("The client {device} sent a licensing message whose check does not match."),
            Breach::Network | Breach::Abandoned | Breach::ServerCertificate | Breach::StoreNotWritable => return None,
        };
        Some(denials::log(TERM_SERVICE, self.event()?, Level::Error, text))
    }
}

/// A text as the client of a generation shows it: from 2008 R2 on the product is called Remote Desktop.
#[must_use]
pub fn in_words_of(generation: Generation, text: &str) -> String {
    match generation {
        Generation::Windows2008R2 => {
            text.replace("Terminal Server License", "Remote Desktop License").replace("Terminal Server client", "Remote Desktop client")
        }
        Generation::WindowsNt4
        | Generation::Windows2000Sp2
        | Generation::Windows2000Sp3
        | Generation::Windows2003
        | Generation::Windows2008 => text.to_owned(),
    }
}

/// The pop-up near a temporary's end as the system's event log keeps it: source Application Popup, event 26 (section 11).
#[must_use]
pub fn popup_record(device: &str, popup: &str) -> LogRecord {
    denials::log("Application Popup", 26, Level::Information, format!("Application popup on {device}: {popup}"))
}

/// Section 10: what an administrator's session of 2008 or later shows once grace is over and no license server was ever contacted.
#[must_use]
pub fn admin_balloon(generation: Generation, grace_over: bool, ever_located: bool) -> Option<&'static str> {
    match generation {
        Generation::Windows2008 | Generation::Windows2008R2 if grace_over && !ever_located => {
            Some("The licensing grace period has passed, and no valid license server has been contacted. Connections will be denied.")
        }
        Generation::WindowsNt4
        | Generation::Windows2000Sp2
        | Generation::Windows2000Sp3
        | Generation::Windows2003
        | Generation::Windows2008
        | Generation::Windows2008R2 => None,
    }
}
