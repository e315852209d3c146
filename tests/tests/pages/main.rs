//! The pages with commands are performed on a real lab, and must print what they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tests::pages::{self, Shell};

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

/// A lab as the pages ask for it, in a folder of its own; stopped at the end.
struct PageLab {
    folder: TempDir,
    binaries: TempDir,
    up: Child,
}

impl PageLab {
    fn start() -> Self {
        let (folder, binaries) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tsl_for_pages"), binaries.path().join("tsl")).unwrap();
        let up = Command::new(env!("CARGO_BIN_EXE_tsl_for_pages"))
            .args(["up", "--ports", "0", "--seed", "7", "--start-at", "2026-03-02T08:00:00Z"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lab = Self { folder, binaries, up };
        let waited = lab.shell().perform("tsl wait --seconds 60");
        assert_eq!(waited.exit, 0, "{}", waited.text);
        lab
    }

    fn shell(&self) -> Shell {
        Shell::new(self.folder.path(), self.binaries.path())
    }
}

impl Drop for PageLab {
    fn drop(&mut self) {
        // SIGTERM, as a person's Ctrl-C: the lab ends cleanly.
        let asked = Command::new("kill").args(["-TERM", &self.up.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.up.kill();
        }
        let _ = self.up.wait();
    }
}

fn perform(page: &str) {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let lab = PageLab::start();
    let shell = lab.shell();
    match pages::run(&text, |command| shell.perform(command)) {
        Ok(steps) => assert!(steps > 0, "{page} has no commands"),
        Err(error) => panic!("{page}, {error}"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
