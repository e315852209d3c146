//! Labs of several servers: every answer says of whom it speaks, and the server is given one way.

use serde_json::Value;
use tests::tsl::Room;

use crate::{items, room};

/// Two license servers and three terminal servers, one of them of Windows NT 4.0.
const NETWORK: &str = r#"
[[host]]
name = "M1"
license-server = { name = "LS1", generation = "windows-2008", cals = 5 }

[[host]]
name = "M2"
license-server = { name = "LS2", generation = "windows-2008", cals = 7 }

[[host]]
name = "M3"
terminal-server = { name = "TS1", generation = "windows-2008", named = ["LS1"] }

[[host]]
name = "M4"
terminal-server = { name = "TS2", generation = "windows-2008", named = ["LS2"], per-user = true }

[[host]]
name = "M5"
terminal-server = { name = "TSNT", generation = "windows-nt4", server-cals = 5 }
"#;

fn servers(rows: &Value) -> Vec<&str> {
    items(rows).iter().map(|row| row["server"].as_str().unwrap()).collect()
}

fn lab() -> (Room, tests::tsl::Up) {
    let room = room();
    std::fs::write(room.path().join("net.toml"), NETWORK).unwrap();
    let up = room.up("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --network net.toml");
    (room, up)
}

/// Rules: TL-01, TL-04, TL-07, GR-01, NT-01.
#[test]
fn a_question_to_nobody_in_particular_is_answered_by_every_server_with_its_name() {
    let (room, _up) = lab();
    room.done("clock freeze");
    room.done("connect PC01 --server TS1");
    room.done("clock advance 1m");
    room.done("connect PC02 --server TS2");
    let packs = room.json("packs");
    assert_eq!((servers(&packs["packs"]), servers(&packs["temporaries"])), (vec!["LS1", "LS2"], vec!["LS1"]));
    let table = room.done("packs");
    assert!(table.lines().any(|line| line.contains(" LS2 ") && line.contains(" 7 ")), "{table}");
    assert_eq!(servers(&room.json("licenses")), ["LS1"]);
    assert_eq!(servers(&room.json("grace")), ["TS1", "TS2"]);
    assert!(room.done("grace").starts_with("TS1:\n") && room.done("grace").contains("\nTS2:\n"));
    assert!(room.tsl("grace").err.contains("TSNT is Windows NT 4.0"), "and why the third says nothing");
    let modes = room.json("mode");
    assert_eq!((servers(&modes), &modes[1]["mode"]), (vec!["TS1", "TS2"], &Value::from("per-user")));
    assert_eq!(servers(&room.json("sessions")), ["TS2", "TS1"], "newest first");
    assert_eq!(servers(&room.json("verdicts")).len(), 2);
    assert!(room.done("trace PC01").contains(" on TS1 at "), "{}", room.done("trace PC01"));
    assert!(room.done("trace PC02").contains(" on TS2 at "));
    let reports = room.json("per-user-report");
    assert_eq!(servers(&reports), ["LS1", "LS2"]);
    assert!(room.done("per-user-report").contains("per-user report of LS2"));
    assert!(room.json("switches").as_array().unwrap().iter().filter(|row| row["server"] == "TS2").count() > 3);
}

#[test]
fn one_server_is_named_with_the_same_switch_everywhere_and_is_answered_for_alone() {
    let (room, _up) = lab();
    assert_eq!(servers(&room.json("packs --server LS2")["packs"]), ["LS2"]);
    for words in ["grace --server TS2", "mode --server TS2", "per-user-report --server LS2", "review-configuration --server LS2"] {
        let said = room.json(words);
        assert!(said["server"].as_str().is_some_and(|name| words.ends_with(name)), "{words}: {said}");
    }
    for words in [
        "discover --server TS2",
        "backup --server LS2 ls2.backup",
        "network role domain --server LS2",
        "events --server LS2",
        "clock show --server LS2",
        "openapi --server LS2",
        "licmgr --server LS2",
        "lsreport --server LS2",
        "switches --server TS2",
        "settings get --server LS2",
        "accounts list --server TS2",
        "journal --server LS2",
        "dice --seed 3 --server LS2",
    ] {
        let said = room.tsl(words);
        assert_eq!((said.exit, said.err.as_str()), (0, ""), "{words}: {said:?}");
    }
}

/// What is done without a name is done at the first, which is said.
#[test]
fn whatever_is_done_at_the_first_of_several_servers_says_at_which() {
    let (room, _up) = lab();
    for (words, name) in [
        ("settings get", "at TS1;"),
        ("group TS1", "at LS1;"),
        ("mode per-user", "at TS1;"),
        ("backup b", "at LS1;"),
        ("discover", "at TS1;"),
    ] {
        let said = room.tsl(words);
        assert_eq!((said.exit, said.err.contains(name)), (0, true), "{words}: {said:?}");
    }
    assert_eq!(room.json("mode --server TS1")["mode"], "per-user");
    assert_eq!(servers(&room.json("mode")), ["TS1", "TS2"]);
}
