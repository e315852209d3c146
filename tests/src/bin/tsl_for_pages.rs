//! `tsl` once more, built with the tests: a test can only be sure of a binary of its own package.

use std::process::ExitCode;

fn main() -> ExitCode {
    lab::cli::run()
}
