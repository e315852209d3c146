//! The pages with commands are performed on a real lab, and must print what they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tests::pages::{self, Shell};
use tests::tsl::Room;

/// Rules: ST-01, ST-02.
#[test]
fn the_readme_s_tour_prints_what_it_says() {
    perform("README.md");
}

/// Rules: PD-08, PD-13.
#[test]
fn lab_1_the_first_connection() {
    perform("docs/labs/01-first-connection.md");
}

/// Rules: RC-02, RC-06.
#[test]
fn lab_2_a_dead_machine_s_cal() {
    perform("docs/labs/02-dead-machine.md");
}

/// Rules: ST-05, ST-06, ST-11.
#[test]
fn lab_3_the_license_store() {
    perform("docs/labs/03-license-store.md");
}

/// A room as the pages ask for it, in which `tsl` is found by its name.
fn shell(room: &Room, binaries: &TempDir) -> Shell {
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tsl_for_pages"), binaries.path().join("tsl")).unwrap();
    Shell::new(room.path(), binaries.path())
}

fn perform(page: &str) {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let (room, binaries) = (Room::new(env!("CARGO_BIN_EXE_tsl_for_pages")), TempDir::new().unwrap());
    let shell = shell(&room, &binaries);
    let _lab = room.up("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z");
    match pages::run(&text, |command| shell.perform(command)) {
        Ok(steps) => assert!(steps > 0, "{page} has no commands"),
        Err(error) => panic!("{page}, {error}"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
