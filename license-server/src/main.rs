//! The license server's binary.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::ledger::Ledger;

fn main() -> ExitCode {
    chassis::run::service::<license_server::Config, Ledger, _, _>(Kind::LicenseServer, license_server::start)
}
