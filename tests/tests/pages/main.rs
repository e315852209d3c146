//! The pages with commands are performed on real labs with `tsl play`, and must print what they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod troubles;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::tsl::{Room, Said};

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

#[test]
fn a_page_that_says_something_else_than_the_lab_stops_the_performance() {
    let room = room();
    let page =
        "# Wrong\n\nThe lab is up.\n\n```console lab\n$ tsl up --cals 3\n```\n\n```console\n$ tsl packs\nno pack\n$ tsl status\n```\n";
    std::fs::write(room.path().join("wrong.md"), page).unwrap();
    let said = room.tsl("play --auto wrong.md");
    assert_eq!(said.exit, 1, "{said:?}");
    assert!(said.err.contains("wrong.md, line 10: $ tsl packs") && said.err.contains("- no pack"), "{said:?}");
    assert!(said.err.contains("no lab is up") && !said.out.contains("$ tsl status"), "{said:?}");
}

#[test]
fn a_performance_waits_for_enter_before_each_command_and_ends_when_told() {
    let room = room();
    let page = "Two commands.\n\n```console\n$ echo one\none\n$ echo two\ntwo\n```\n";
    std::fs::write(room.path().join("page.md"), page).unwrap();
    let said = room.tsl_reading("play page.md", "\n\n");
    assert_eq!((said.exit, said.out.contains("2 commands")), (0, true), "{said:?}");
    let said = room.tsl_reading("play page.md", "\nq\n");
    assert_eq!((said.exit, said.out.contains("$ echo two"), said.out.ends_with("\ntwo\n")), (2, true, false), "{said:?}");
    let said = room.tsl_reading("play page.md", "");
    assert_eq!((said.exit, said.err.contains("--auto")), (2, true), "{said:?}");
}

/// A lab that is up is used, in its own folder, and used again.
#[test]
fn a_page_is_performed_on_the_lab_that_is_up_as_often_as_one_likes() {
    let room = room();
    let _lab = room.up("--ports 0");
    let page =
        "```console lab\n$ tsl up\n```\n```console\n$ tsl client list\n...\n$ tsl connect PLAY01\n...\naccepted by TS1 at ...\n...\n```\n";
    std::fs::write(room.path().join("page.md"), page).unwrap();
    for _ in 0..2 {
        let said = room.tsl("play --auto page.md");
        assert_eq!((said.exit, said.err.as_str()), (0, ""), "{said:?}");
    }
    assert!(room.done("client list").contains("PLAY01"));
}

/// What the page needs differs from what somebody else works with, so it gets its own, and theirs is as it was.
#[test]
fn a_page_that_says_which_lab_it_needs_leaves_the_lab_that_is_up_alone() {
    let room = room();
    let _lab = room.up("--ports 0 --cals 4");
    let page = "```console lab\n$ tsl up --cals 3\n```\n```console\n$ tsl clock freeze\n...\n$ tsl packs\n...\n retail   5.2       device   3 ...\n```\n";
    std::fs::write(room.path().join("page.md"), page).unwrap();
    let said = room.tsl("play --auto page.md");
    assert_eq!((said.exit, said.err.contains("is left alone")), (0, true), "{said:?}");
    let clocks = room.json("clock show");
    assert!(clocks.as_array().unwrap().iter().all(|clock| clock["frozen"] == false), "{clocks}");
    let here = room.tsl("play --auto --here page.md");
    assert_eq!((here.exit, here.err.contains("Without --here")), (1, true), "{here:?}");
}

#[test]
fn a_lab_that_is_kept_is_broken_as_the_page_breaks_it_and_reached_by_whoever_looks_for_the_cause() {
    let room = room();
    let page = "```console lab\n$ tsl up --cals 3\n```\n## Break it\n```console\n$ tsl connect PC77\n...\n```\n## Find the cause\n```console\n$ false\n```\n";
    std::fs::write(room.path().join("page.md"), page).unwrap();
    let other = room.tsl_words(&["play", "--auto", "--until", "The cure", "page.md"]);
    assert_eq!((other.exit, other.err.contains("Break it, Find the cause")), (2, true), "{other:?}");
    let ended = room.tsl_words(&["play", "--auto", "--until", "find the cause", "page.md"]);
    assert_eq!((ended.exit, ended.out.contains("1 commands")), (0, true), "{ended:?}");
    for (words, exit) in
        [(vec!["play", "--auto", "--keep", "--until", "Find the cause", "page.md"], 0), (vec!["play", "--auto", "--keep", "page.md"], 1)]
    {
        let mut playing = room.command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(playing.stderr.take().unwrap()).lines().map(|line| line.unwrap());
        let file = said.find_map(|line| line.trim().strip_prefix("export TSL_LAB_FILE=").map(str::to_owned)).unwrap_or_default();
        let devices = room.tsl(&format!("client list --lab {file}"));
        let told = Command::new("kill").args(["-TERM", &playing.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(devices.out.contains("PC77"), "{devices:?}");
        assert!(said.any(|line| line == "stopping"));
        assert_eq!(playing.wait().unwrap().code(), Some(exit));
        assert!(!Path::new(&file).exists());
    }
}

fn room() -> Room {
    Room::new(env!("CARGO_BIN_EXE_tsl_for_pages"))
}

/// Performs a page on a lab of its own; panics where the lab says something else.
fn perform(page: &str) {
    let said = played(page);
    assert_eq!(said.exit, 0, "{page}\n{}\n{}", said.err, said.out);
}

fn played(page: &str) -> Said {
    room().tsl(&format!("play --auto {}", root().join(page).display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
