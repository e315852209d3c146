//! `tsl` as people and scripts use it: the binary itself, its exit codes, and what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod addresses;
mod clocks;
mod cures;
mod enrolments;
mod managing;
mod network;
mod nt4;
mod packs;
mod printed;
mod refusals;
mod secrets;
mod several;
mod simulated;
mod story;
mod telephone;
mod tools;
mod up;

use serde_json::Value;
use tests::tsl::Room;

/// An empty folder to run `tsl` in.
fn room() -> Room {
    Room::new(env!("CARGO_BIN_EXE_tsl_for_pages"))
}

/// The usual lab of the tests.
const USUAL: &str = "--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z";

/// Free and installed CALs of the first pack.
fn pool(room: &Room) -> (u64, u64) {
    let packs = room.json("packs");
    let pack = &packs["packs"][0];
    (pack["available"].as_u64().unwrap(), pack["total"].as_u64().unwrap())
}

/// The items of a JSON list.
fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}
