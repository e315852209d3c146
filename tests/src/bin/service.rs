//! Any of the services as a process of its own, for tests that kill it; which one, says `TSL_SERVICE`.
//!
//! The command line is that of the service itself: `serve`, `health`, `journal verify` and so on.

use std::process::ExitCode;

use chassis::config::Kind;
use chassis::run;
use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::node::Node;
use shared::registry::Registry;

fn main() -> ExitCode {
    match std::env::var("TSL_SERVICE").as_deref() {
        Ok("clearinghouse") => run::main::<clearinghouse::Config, Registry, _, _>(Kind::Clearinghouse, ABOUT, clearinghouse::start),
        Ok("license-server") => run::main::<license_server::Config, Ledger, _, _>(Kind::LicenseServer, ABOUT, license_server::start),
        Ok("terminal-server") => run::main::<terminal_server::Config, Node, _, _>(Kind::TerminalServer, ABOUT, terminal_server::start),
        Ok("directory") => run::main::<directory::Config, Directory, _, _>(Kind::Directory, ABOUT, directory::start),
        Ok(_) | Err(_) => ExitCode::from(2),
    }
}

const ABOUT: &str = "A service of the lab, to be killed.";
