//! The clearinghouse as a program.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::registry::Registry;

fn main() -> ExitCode {
    chassis::run::main::<clearinghouse::Config, Registry, _, _>(Kind::Clearinghouse, ABOUT, clearinghouse::start)
}

const ABOUT: &str = "The clearinghouse: activates license servers and issues CAL packs to them.";
