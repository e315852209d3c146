//! The terminal server's binary.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::node::Node;

fn main() -> ExitCode {
    chassis::run::service::<terminal_server::Config, Node, _, _>(Kind::TerminalServer, terminal_server::start)
}
