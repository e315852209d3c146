//! The directory as a program.

use std::process::ExitCode;

use chassis::config::Kind;
use shared::directory::Directory;

fn main() -> ExitCode {
    chassis::run::main::<directory::Config, Directory, _, _>(Kind::Directory, ABOUT, directory::start)
}

const ABOUT: &str = "The directory: domains, sites, users, groups, and the license servers that are published.";
