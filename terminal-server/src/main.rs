//! The terminal server's binary.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::node::Node;

fn main() -> ExitCode {
    chassis::run::main::<terminal_server::Config, Node, _, _>(Kind::TerminalServer, ABOUT, terminal_server::start)
}

const ABOUT: &str = "The terminal server: judges every connection, hands out licenses, and keeps sessions.";
