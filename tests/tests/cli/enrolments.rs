//! Enrolments taken back and renewed: a machine that was set up anew, one that is gone, one that an administrator wants no more.

use serde_json::Value;
use tests::tsl::Room;

use crate::{USUAL, items, room};

/// A directory, two license servers and a terminal server that asks both.
const NETWORK: &str = r#"
[[domain]]
name = "NORTH"
users = ["anna"]

[[host]]
name = "DC1"
domain = "NORTH"
controller = true
license-server = { name = "LS1", cals = 5 }

[[host]]
name = "DC2"
domain = "NORTH"
license-server = { name = "LS2", cals = 5 }

[[host]]
name = "APP1"
domain = "NORTH"
terminal-server = { name = "TS1", named = ["LS1", "LS2"] }
"#;

fn asked(room: &Room) -> Vec<String> {
    items(&room.json("servers list"))
        .iter()
        .filter(|row| row["listed"] == true)
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

/// The whole way, as `tsl service reinstall` tells it.
///
/// Rules: CE-14, FT-14.
#[test]
fn a_terminal_server_that_was_set_up_anew_is_forgotten_and_enrolled_again() {
    let room = room();
    let up = room.up(USUAL);
    assert!(room.done("connect PC01").contains("accepted"));
    let told = room.done("service reinstall TS1");
    assert!(told.contains("tsl forget TS1") && told.contains("tsl setup"), "{told}");
    let refused = room.tsl("trust");
    assert_eq!((refused.exit, refused.err.contains("tsl forget TS1")), (2, true), "{refused:?}");
    // A lab with a stranger in it starts all the same.
    assert_eq!(up.stop().exit, 0);
    let _up = room.up(USUAL);
    assert_eq!(room.done("forget TS1"), "+ LS1 has forgotten TS1\n");
    assert_eq!(room.done("forget TS1"), "nobody knows TS1, and it knows nobody\n");
    let set_up = room.done("setup");
    assert!(set_up.contains("+ TS1 and LS1 know each other") && set_up.contains("+ TS1 has the account student"), "{set_up}");
    assert!(set_up.contains("= LS1 has CALs already"), "{set_up}");
    let visit = room.done("connect PC01");
    assert!(visit.contains("PD-06") && visit.contains("logged on"), "what PC01 holds is as good as before: {visit}");
}

/// Rules: LS-07, LS-08, FT-14.
#[test]
fn a_license_server_and_a_directory_that_were_set_up_anew_are_enrolled_again_everywhere() {
    let room = room();
    std::fs::write(room.path().join("net.toml"), NETWORK).unwrap();
    let _up = room.up("--ports 0 --network net.toml");
    room.done("service reinstall LS2");
    let forgotten = room.done("forget LS2");
    for who in ["DIR1", "LS1", "TS1"] {
        assert!(forgotten.contains(&format!("+ {who} has forgotten LS2")), "{forgotten}");
    }
    assert_eq!(asked(&room), ["LS1"]);
    let known = room.done("trust");
    assert!(known.contains("+ LS1 knows LS2") && known.contains("+ LS2 knows LS1") && known.contains("+ LS2 and DIR1"), "{known}");
    assert_eq!(asked(&room), ["LS1", "LS2"]);

    room.done("service reinstall DIR1");
    let forgotten = room.done("forget DIR1");
    for who in ["LS1", "LS2", "TS1"] {
        assert!(forgotten.contains(&format!("+ {who} has forgotten DIR1")), "{forgotten}");
    }
    room.done("trust");
    room.done("network apply net.toml");
    let visit = room.done("connect PC01 --user north\\anna");
    assert!(visit.contains("logged on"), "the new directory knows her: {visit}");
}

/// What an administrator took away does not come back by itself.
///
/// Rules: DI-22.
#[test]
fn a_license_server_that_was_forgotten_stays_so_when_the_lab_starts_again_elsewhere() {
    let room = room();
    std::fs::write(room.path().join("net.toml"), NETWORK).unwrap();
    let up = room.up("--ports 0 --network net.toml");
    assert!(room.done("forget LS2").contains("+ LS2 has forgotten TS1"));
    assert_eq!(up.stop().exit, 0);
    let _up = room.up("--ports 0");
    assert_eq!(asked(&room), ["LS1"]);
    let peers: Value = room.json("peers list --server LS1");
    assert!(!peers.to_string().contains("LS2"), "{peers}");
    // Those that it knows are where they are now.
    let visit = room.done("connect PC01 --user north\\anna");
    assert!(visit.contains("accepted") && visit.contains("LS1"), "{visit}");
}

#[test]
fn whoever_is_down_is_named_and_a_machine_that_is_gone_is_forgotten_by_its_name() {
    let room = room();
    std::fs::write(room.path().join("net.toml"), NETWORK).unwrap();
    let _up = room.up("--ports 0 --network net.toml");
    room.done("service stop LS1");
    let said = room.tsl("forget LS2");
    assert_eq!((said.exit, said.err.contains("LS1 did not answer and may know LS2 still")), (1, true), "{said:?}");
    room.done("service start LS1");
    assert!(room.done("forget LS2").contains("+ LS1 has forgotten LS2"));
    let nobody = room.tsl("forget LS9");
    assert_eq!((nobody.exit, nobody.err.contains("LS9")), (2, true), "{nobody:?}");
}

/// Its root is what everything leads to.
///
/// Rules: CE-13.
#[test]
fn a_clearinghouse_is_neither_set_up_anew_nor_forgotten() {
    let room = room();
    let _up = room.up(USUAL);
    for words in ["service reinstall CH1", "forget CH1"] {
        let said = room.tsl(words);
        assert_eq!((said.exit, said.err.contains("--fresh")), (2, true), "{words}: {said:?}");
    }
    assert!(room.done("connect PC01").contains("accepted"), "nothing was stopped");
}
