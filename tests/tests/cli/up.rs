//! `tsl up`: where it listens, what it keeps, what it leaves.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tests::tsl::Room;

use crate::{USUAL, items, pool, room};

#[test]
fn a_lab_for_a_script_says_where_it_is_and_leaves_nothing_behind() {
    let outside = tempfile::tempdir().unwrap();
    let room = room().with("TMPDIR", outside.path().display().to_string());
    let up = room.up("--temp --ports 0 --json");
    let lab: Value = serde_json::from_str(up.said()).unwrap();
    assert_eq!(lab["pid"], up.pid());
    let lab_file = Path::new(lab["data"].as_str().unwrap()).join("lab.json");
    let found = room.json(&format!("status --lab {}", lab_file.display()));
    for (place, service) in
        [&lab["clearinghouse"], &lab["license_servers"][0], &lab["terminal_servers"][0]].iter().zip(items(&found["services"]))
    {
        assert_eq!((&place["name"], &place["url"], &service["up"]), (&service["name"], &service["url"], &Value::Bool(true)));
        let token = std::fs::metadata(place["token_file"].as_str().unwrap()).unwrap();
        assert_eq!(token.permissions().mode() & 0o777, 0o600);
    }
    let ended = up.stop();
    assert_eq!((ended.exit, ended.err.as_str()), (0, "stopping\n"));
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "the temporary folder");
    assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 0, "the folder that it was started in");
}

#[test]
fn a_lab_is_found_while_it_is_up_and_nobody_else_may_use_its_folder() {
    let room = room();
    let up = room.up(USUAL);
    assert!(room.path().join("tsl-data/lab.json").exists());
    assert!(room.done("wait --seconds 20").contains("ready"));
    let second = room.tsl("up --ports 0");
    assert_eq!(second.exit, 2, "{second:?}");
    assert!(second.err.contains(&format!("process {}", up.pid())) && second.err.contains("--data"), "{second:?}");
    let reset = room.tsl("reset --yes");
    assert_eq!(reset.exit, 2, "{reset:?}");
    assert!(reset.err.contains("running"), "{reset:?}");
    assert_eq!(pool(&room), (20, 20), "the running lab is untouched");
    assert_eq!(up.stop().exit, 0);
    assert!(!room.path().join("tsl-data/lab.json").exists());
    let gone = room.tsl("status");
    assert_eq!(gone.exit, 2, "{gone:?}");
    assert!(gone.err.contains("tsl up"), "{gone:?}");
}

#[test]
fn a_taken_port_is_named_with_the_switch_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let room = room();
    let said = room.tsl(&format!("up --ports {port}"));
    assert_eq!(said.exit, 1, "{said:?}");
    assert!(said.err.contains(&format!("127.0.0.1:{port}")) && said.err.contains("--ports"), "{said:?}");
    assert!(!room.path().join("tsl-data/lab.json").exists());
    // The failed start has let go of the folder.
    assert_eq!(room.up(USUAL).stop().exit, 0);
}

#[test]
fn ports_that_do_not_fit_in_a_row_are_refused_before_anything_is_made() {
    let room = room();
    let said = room.tsl("up --ports 65534");
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(said.err.contains("--ports"), "{said:?}");
    assert!(!room.path().join("tsl-data").exists());
}

/// Rules: GR-04.
#[test]
fn a_lab_that_is_started_again_is_as_it_was_until_it_is_started_fresh() {
    let room = room();
    let up = room.up(USUAL);
    let _ = room.done("clock freeze");
    let _ = room.done("connect PC01..PC03");
    let _ = room.done("connect PC01");
    let _ = room.done("connect PC02 --stay");
    let before = kept(&room);
    assert_eq!(pool(&room), (18, 20));
    assert_eq!(items(&room.json("sessions --open")).len(), 1);
    assert_eq!(up.stop().exit, 0);

    let up = room.up(USUAL);
    assert!(!up.said().contains("+ LS1"), "nothing is set up anew: {}", up.said());
    assert_eq!(kept(&room), before);
    let sessions = room.json("sessions");
    assert_eq!(items(&sessions).iter().filter(|session| session["how"] == "service-stopped").count(), 1, "{sessions}");
    assert_eq!(items(&room.json("connect PC01"))[0]["connected"]["rule"], "PD-13");
    assert_eq!(up.stop().exit, 0);

    let _fresh = room.up(&format!("{USUAL} --fresh"));
    assert_eq!(pool(&room), (20, 20));
    assert!(items(&room.json("licenses")).is_empty());
    assert!(items(&room.json("client list")).is_empty());
}

/// What outlives a restart: CALs, grace, time.
fn kept(room: &Room) -> Vec<Value> {
    let mut clocks = room.json("clock show");
    for clock in clocks.as_array_mut().unwrap() {
        clock.as_object_mut().unwrap().retain(|name, _| ["service", "now", "frozen"].contains(&name.as_str()));
    }
    vec![clocks, room.json("packs"), room.json("licenses"), room.json("grace"), room.json("client list")]
}

#[test]
fn reset_empties_a_lab_that_is_down_and_only_when_it_is_told_twice() {
    let room = room();
    assert!(room.done("reset").contains("nothing"));
    assert_eq!(room.up(USUAL).stop().exit, 0);
    std::fs::write(room.path().join("tsl-data/notes.txt"), "mine").unwrap();
    let asked = room.tsl("reset");
    assert_eq!(asked.exit, 2, "{asked:?}");
    assert!(asked.err.contains("--yes"), "{asked:?}");
    assert!(room.path().join("tsl-data/license-server").exists());
    assert_eq!(room.json("reset --yes")["emptied"], true);
    assert!(!room.path().join("tsl-data/license-server").exists());
    assert!(room.path().join("tsl-data/notes.txt").exists(), "what the lab did not make stays");
}

/// Rules: W2K-08, GR-01, VC-02.
#[test]
fn a_lab_of_windows_2000_has_its_version_and_its_grace() {
    let room = room();
    let _up = room.up(&format!("{USUAL} --generation windows-2000 --cals 5"));
    assert_eq!(room.json("packs")["packs"][0]["version"], "5.0");
    assert_eq!(pool(&room), (5, 5));
    let _ = room.done("connect OLD01 --platform windows-98");
    assert_eq!(room.json("grace")["days_left"], 90);
    let _ = room.done("connect OLD01");
    assert_eq!(pool(&room), (4, 5));
}
