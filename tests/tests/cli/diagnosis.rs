//! Each cure that the Diagnoser prints is typed, as it is printed, at the state that it was printed for, and mends it.

use serde_json::Value;
use tests::tsl::Room;

use crate::{USUAL, items, room};

/// What stands for a person's own words in a cure.
const PERSON: [(&str, &str); 4] = [("FIRST", "Ada"), ("LAST", "Example"), ("COMPANY", "Example"), ("COUNTRY", "Austria")];

/// The finding under these rules; the test fails where there is none.
fn finding(room: &Room, rules: &str) -> Value {
    let diagnosis = room.json("diagnose");
    let found = items(&diagnosis["findings"]).iter().find(|finding| finding["rules"] == rules).cloned();
    found.unwrap_or_else(|| panic!("nothing is found under {rules}: {:#}", diagnosis["findings"]))
}

fn is_found(room: &Room, rules: &str) -> bool {
    items(&room.json("diagnose")["findings"]).iter().any(|finding| finding["rules"] == rules)
}

/// The commands in a printed cure, in their order.
fn commands(cure: &str) -> Vec<String> {
    let starts: Vec<usize> = cure.match_indices("tsl ").map(|(at, _)| at).collect();
    let command = |at: &usize| {
        let rest = &cure[*at..];
        let end = [", ", "; ", ")", " or "].into_iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    starts.iter().map(command).collect()
}

/// Types the commands of the cure for what is found under these rules, and sees that nothing is found there any more.
fn cure(room: &Room, rules: &str) {
    let finding = finding(room, rules);
    let typed = commands(finding["cure"].as_str().unwrap());
    assert!(!typed.is_empty(), "the cure names no command: {finding:#}");
    for mut command in typed {
        PERSON.into_iter().for_each(|(word, own)| command = command.replace(word, own));
        let said = room.tsl(command.strip_prefix("tsl ").unwrap());
        assert_eq!(said.exit, 0, "{rules}: {command}: {said:?}");
    }
    assert!(!is_found(room, rules), "{rules}: {}", room.json("diagnose")["findings"]);
}

/// Rules: W08-15, TL-06, AC-24, FT-04, FT-05, FT-12, FT-15.
#[test]
fn what_is_wrong_with_servers_is_mended_by_the_cure_that_is_printed_for_it() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("clock freeze");
    room.done("deactivate --first-name Ada --last-name Example --company Example --country Austria --email ada@example.org");
    cure(&room, "AC-24, LS-03");
    room.done("mode --policy-ac-on 0");
    let seen = finding(&room, "FT-04, WS03-02");
    assert!(seen["problem"].as_str().unwrap().contains("a value that is none: 0"), "{seen}");
    let first = commands(seen["cure"].as_str().unwrap())[0].clone();
    room.done(first.strip_prefix("tsl ").unwrap());
    assert!(!is_found(&room, "FT-04, WS03-02"));
    room.done("network cut TS1 LS1");
    let seen = finding(&room, "FT-05, PD-05");
    assert!(seen["problem"].as_str().unwrap().starts_with("LS1 answers here, and TS1 cannot reach it"), "{seen}");
    cure(&room, "FT-05, PD-05");
    room.done("settings set security-group-policy on --server LS1");
    cure(&room, "FT-15, LS-01");
    room.done("certificate delete --server TS1");
    cure(&room, "FT-12");
}

/// Rules: W08-15, PD-08, PD-21, PD-22, FT-10, AM-16.
#[test]
fn what_is_wrong_with_devices_is_mended_by_the_cure_that_is_printed_for_it() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("clock freeze");
    room.done("connect PC09 --cancel");
    room.done("connect PC09 --cancel");
    cure(&room, "PD-08, LS-13");
    for _ in 0..2 {
        room.done("connect PC01");
    }
    room.done("client damage PC01 --part signature");
    assert_eq!(room.tsl("connect PC01").exit, 3);
    cure(&room, "PD-22");
    room.done("client copy PC01 PC02");
    assert_eq!(room.tsl("connect PC02").exit, 3);
    cure(&room, "FT-10, PD-21");
    room.done("backup --server LS1 before.backup");
    for _ in 0..2 {
        room.done("connect PC03");
    }
    room.done("restore --server LS1 before.backup");
    let seen = finding(&room, "AM-16, AC-39");
    assert!(seen["problem"].as_str().unwrap().contains("made 1 CALs of LS1 free again"), "{seen}");
    let packs = room.done("packs");
    assert!(packs.contains("1 CALs of LS1 are free by the restore"), "{packs}");
}

/// Rules: AM-18, W08-15.
#[test]
fn whoever_is_no_administrator_of_a_license_server_is_told_so_and_not_that_it_cannot_be_reached() {
    let room = room();
    let _up = room.up(USUAL);
    let token = room.path().join("tsl-data/license-server/admin-token");
    let own = std::fs::read_to_string(&token).unwrap();
    std::fs::write(&token, "0".repeat(64)).unwrap();
    let seen = finding(&room, "AM-18");
    assert!(seen["problem"].as_str().unwrap().contains("no administrator of LS1"), "{seen}");
    assert!(!is_found(&room, "PD-05, PU-03"), "it was reached");
    std::fs::write(&token, own).unwrap();
    assert!(!is_found(&room, "AM-18"));
}

/// Rules: W08-15, PU-02, PU-03, FT-19.
#[test]
fn per_user_with_grace_over_is_no_trouble_while_a_license_server_is_within_reach_and_skew_is_told_in_days() {
    let room = room();
    let _up = room.up("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --cals 0");
    room.done("clock freeze");
    room.done("connect PC01");
    room.done("clock advance 121d");
    room.done("mode per-user");
    let found = room.json("diagnose")["findings"].to_string();
    assert!(!found.contains("are denied"), "they are let in: {found}");
    room.done("clock advance 4020d --server LS1");
    let seen = finding(&room, "FT-19, SD-09");
    assert!(seen["problem"].as_str().unwrap().contains("4020 days apart"), "{seen}");
}
