//! The story of the twenty CALs, told by `tsl` alone.

use std::io::Write as _;

use chassis::clock::Clock;
use serde_json::Value;
use tests::tsl::Room;

use crate::{items, pool, room};

/// Kind and end of the license with which a device leaves.
fn leaves_with(room: &Room, device: &str) -> (String, String) {
    let visits = room.json(&format!("connect {device}"));
    let connected = &items(&visits)[0]["connected"];
    let cal = if connected["license"].is_null() { &items(&visits)[0]["presented"]["cal"] } else { &connected["license"]["cal"] };
    (cal["kind"].as_str().unwrap().to_owned(), cal["expires_at"].as_str().unwrap().to_owned())
}

fn temporary(end: &str) -> (String, String) {
    ("temporary".to_owned(), end.to_owned())
}

/// Vectors.
/// Rules: RC-01, RC-02, LS-09, LS-12.
#[test]
fn the_story_of_the_twenty_cals_is_told_by_tsl_alone() {
    let clock = Clock::new();
    let room = room();
    let began = clock.host();
    let _up = room.up("--ports 0 --seed 7 --start-at 2026-03-01T08:00:00Z");
    let ready = clock.host();
    let _ = room.done("clock freeze");
    let at = |moment: &str| drop(room.done(&format!("clock set {moment}")));

    // Day 0 is 2 March, day 89 is 30 May.
    at("2026-03-02T08:00:00Z");
    let _ = room.done("connect PC01..PC20");
    let _ = room.done("connect PC01..PC19");
    let _ = room.done("dice --next-life 89");
    assert_eq!(leaves_with(&room, "PC20"), ("permanent".to_owned(), "2026-05-30T08:00:00Z".to_owned()), "R-00");
    assert_eq!(pool(&room), (0, 20), "R-00");

    at("2026-03-02T12:00:00Z");
    let _ = room.done("client remove PC20");
    assert_eq!(leaves_with(&room, "NEW20"), temporary("2026-05-31T12:00:00Z"), "R-01");
    assert_eq!(room.json("licenses --device NEW20")[0]["standing"], "validated", "R-01");
    assert_eq!(pool(&room), (0, 20), "R-01");

    at("2026-03-03T10:00:00Z");
    assert_eq!(leaves_with(&room, "NEW20"), temporary("2026-05-31T12:00:00Z"), "R-02");
    let events = room.json("events --server LS1 --id 21");
    assert!(items(&events).iter().any(|event| event["at"] == "2026-03-03T10:00:00Z"), "R-02: {events}");

    let days = room.json("connect PC01..PC19 NEW20 --daily 87");
    let counts = ["connections", "accepted", "denied"].map(|name| days[name].as_u64().unwrap());
    assert_eq!(counts, [1740, 1740, 0], "R-03");
    assert!(days["upgraded"].as_u64().unwrap() >= 19, "R-03: each of the nineteen has renewed: {}", days["rules"]);
    assert_eq!(pool(&room), (0, 20), "R-03");

    at("2026-05-30T10:00:00Z");
    assert_eq!(leaves_with(&room, "NEW20"), temporary("2026-05-31T12:00:00Z"), "R-04");
    assert_eq!(pool(&room), (0, 20), "R-04");

    at("2026-05-30T20:00:00Z");
    assert_eq!(pool(&room), (1, 20), "R-05");
    assert!(is_permanent_gone(&room.json("licenses --device PC20")), "R-05");

    at("2026-05-31T11:59:00Z");
    assert_eq!(leaves_with(&room, "NEW20").0, "permanent", "R-06");
    assert_eq!(pool(&room), (0, 20), "R-06");
    let took = [began, ready].map(|since| clock.host().millis_since(since));
    writeln!(std::io::stderr(), "the story took {} ms, {} ms of them after the lab was up", took[0], took[1]).unwrap();
}

fn is_permanent_gone(licenses: &Value) -> bool {
    items(licenses).iter().all(|license| license["kind"] == "temporary")
}
