//! The license server's binary.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::ledger::Ledger;

fn main() -> ExitCode {
    chassis::run::main::<license_server::Config, Ledger, _, _>(Kind::LicenseServer, ABOUT, license_server::start)
}

const ABOUT: &str = "The license server: keeps CAL packs, issues and renews CALs, and remembers who holds them.";
