//! The Licensing Diagnoser's judgement: from what was seen of servers and clients to troubles, each with its cures (W08-15).
//!
//! Each finding names the server that it is about, and each cure is something to type as it stands or, where no command can do it, a
//! sentence. All cures are in one table, [`Remedy`].

mod devices;
mod discovery;
mod facts;
mod license_server;
mod pools;
mod remedy;
mod terminal_server;

pub use facts::{
    Answers, DeviceFacts, LastVisit, LicenseServerFacts, Reached, Seen, Silence, StoreFacts, Surroundings, TerminalServerFacts,
};
pub use remedy::{Cure, Finding, Remedy};
pub use terminal_server::{Consequence, consequence};

use shared::model::ServerName;

/// Everything that is wrong with how this terminal server is licensed.
#[must_use]
pub fn findings(seen: &Seen) -> Vec<Finding> {
    let mut found = terminal_server::findings(seen);
    found.extend(discovery::findings(seen));
    found.extend(license_server::findings(seen));
    found.extend(pools::findings(seen));
    found.extend(devices::findings(seen));
    found
}

/// What is typed to start or restart a service, where `tsl up` runs it.
fn service(seen: &Seen, action: &str, name: &ServerName) -> Option<String> {
    seen.surroundings.under_up.then(|| format!("tsl service {action} {name}"))
}

/// Names as they stand on a command line.
fn typed<'a>(names: impl IntoIterator<Item = &'a ServerName>) -> String {
    names.into_iter().map(ServerName::as_str).collect::<Vec<_>>().join(" ")
}
