//! `tsl up`: where it listens, what it keeps, what it leaves.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tests::tsl::Room;

use crate::{USUAL, items, pool, room};

/// A network of two sites.
const NETWORK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/networks/two-sites.toml");

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
    assert!(!room.path().join("tsl-data").exists(), "the folder that it would have made");
    assert_eq!(room.up(USUAL).stop().exit, 0);
    // A lab that would be replaced is still there when its successor cannot start.
    let said = room.tsl(&format!("up --fresh --yes --ports {port}"));
    assert_eq!(said.exit, 1, "{said:?}");
    let _up = room.up(USUAL);
    assert_eq!(pool(&room), (20, 20));
}

/// Whatever of it would be done otherwise than asked is named, and nothing is done.
#[test]
fn what_is_asked_of_a_lab_that_is_there_has_to_be_what_it_was_begun_with() {
    let room = room();
    assert_eq!(room.up(&format!("{USUAL} --cals 5 --users anna,berta")).stop().exit, 0);
    for words in [
        "--seed 8",
        "--start-at 2026-03-02T08:00:01Z",
        "--generation windows-2008",
        "--cals 6",
        "--users anna",
        "--bare",
        &format!("--network {NETWORK}"),
    ] {
        let said = room.tsl(&format!("up --ports 0 {words}"));
        let switch = words.split(' ').next().unwrap();
        assert_eq!(said.exit, 2, "{words}: {said:?}");
        assert!(said.err.contains(&format!("does not fit it: {switch}\n")) && said.err.contains("--fresh"), "{words}: {said:?}");
        assert!(said.err.contains("--seed 7 --start-at 2026-03-02T08:00:00Z --generation windows-2003 --cals 5"), "{words}: {said:?}");
    }
    let up = room.up(&format!("{USUAL} --generation windows-2003 --cals 5 --users anna,berta"));
    assert_eq!(pool(&room), (5, 5));
    assert_eq!(up.stop().exit, 0);
    let up = room.up("--ports 0");
    assert!(up.said().contains("--seed 7") && up.said().contains("--cals 5"), "it says what it goes on with: {}", up.said());
}

#[test]
fn a_lab_of_a_network_is_not_started_as_another_one() {
    let room = room();
    assert_eq!(room.up(&format!("--ports 0 --network {NETWORK}")).stop().exit, 0);
    let other = std::fs::read_to_string(NETWORK).unwrap().replacen("cals = 5", "cals = 6", 1);
    std::fs::write(room.path().join("other.toml"), other).unwrap();
    for words in ["--cals 20", "--generation windows-2003", "--seed 7", "--network other.toml"] {
        let said = room.tsl(&format!("up --ports 0 {words}"));
        assert_eq!((said.exit, said.err.contains("holds another lab")), (2, true), "{words}: {said:?}");
    }
    let both = room.tsl(&format!("up --ports 0 --data new --bare --network {NETWORK}"));
    assert_eq!(both.exit, 2, "a network says itself who knows whom: {both:?}");
    assert_eq!(room.up(&format!("--ports 0 --network {NETWORK}")).stop().exit, 0);
}

#[test]
fn a_lab_is_only_begun_anew_in_the_place_of_another_when_somebody_says_yes() {
    let room = room();
    // There is nothing to lose yet, so nobody is asked.
    assert_eq!(room.up(&format!("{USUAL} --fresh --cals 5")).stop().exit, 0);
    let asked = room.tsl("up --ports 0 --fresh");
    assert_eq!(asked.exit, 2, "{asked:?}");
    assert!(asked.err.contains("tsl-data") && asked.err.contains("--yes") && asked.err.contains("--data"), "{asked:?}");
    let up = room.up("--ports 0");
    assert_eq!(pool(&room), (5, 5), "the lab that was not given up");
    assert_eq!(up.stop().exit, 0);
    let _up = room.up("--ports 0 --fresh --yes --cals 6");
    assert_eq!(pool(&room), (6, 6));
}

#[test]
fn a_start_that_fails_leaves_the_folder_as_it_was_found() {
    let room = room();
    std::fs::write(room.path().join("none.toml"), "[[host]]\nname = \"M1\"\n").unwrap();
    let said = room.tsl("up --ports 0 --data labs/one --network none.toml");
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(!room.path().join("labs").exists(), "before anything was made");
    // The services run by then: their accounts' passwords cannot be kept.
    let passwords = room.path().join("labs/one/passwords.json");
    std::fs::create_dir_all(&passwords).unwrap();
    let said = room.tsl("up --ports 0 --data labs/one");
    assert_eq!((said.exit, said.err.contains("passwords.json")), (1, true), "{said:?}");
    let left: Vec<_> = std::fs::read_dir(room.path().join("labs/one")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["passwords.json"]);
    std::fs::remove_dir(passwords).unwrap();
    assert_eq!(room.up("--ports 0 --data labs/one").stop().exit, 0);
}

/// A newcomer types the README from top to bottom, on one machine, and every lab that it starts is the one that it speaks of.
#[test]
fn the_readme_s_labs_start_one_after_the_other_in_one_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (mut fenced, mut lines) = (false, Vec::new());
    for line in readme.lines() {
        fenced ^= line.starts_with("```");
        let command = line.trim_start_matches("$ ").split(" #").next().unwrap().trim();
        let words = command.strip_prefix("tsl up").or(command.strip_prefix("cargo run --release -- up"));
        lines.extend(words.filter(|_| fenced).map(|words| words.replace("docs/", &format!("{}/docs/", root.display()))));
    }
    assert!(lines.len() >= 3 && lines.iter().any(|line| line.contains("--network")), "{lines:?}");
    let room = room();
    for line in lines {
        let yes = if line.contains("--fresh") { "--yes" } else { "" };
        let up = room.up(&format!("{line} {yes} --ports 0"));
        let status = room.json("status");
        let activated = items(&status["services"]).iter().filter(|service| service["kind"] == "license-server");
        assert!(activated.clone().all(|service| service["facts"][0] == "activated") && activated.count() >= 1, "{line}: {status}");
        let directory = items(&status["services"]).iter().any(|service| service["kind"] == "directory");
        assert_eq!(directory, line.contains("--network"), "{line}: {status}");
        assert_eq!(up.stop().exit, 0);
    }
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

    let _fresh = room.up(&format!("{USUAL} --fresh --yes"));
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
