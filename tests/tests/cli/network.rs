//! `tsl up --network`: a mixed network from one hand-written file, and the commands that look at it and change it.

use serde_json::Value;

use crate::{items, room};

/// The network that the repository ships.
const MIXED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/networks/mixed.toml");

/// The names in a list of JSON objects or strings.
fn names(list: &Value) -> Vec<String> {
    items(list).iter().map(|item| item["name"].as_str().or(item.as_str()).unwrap().to_owned()).collect()
}

/// Four generations, two license servers, three sites, from a file of under 40 lines.
///
/// Rules: DI-21, DI-23, DI-28, DI-30, W08-04, TL-03, TL-08, TL-07.
#[test]
fn a_mixed_network_comes_up_from_one_file_and_clients_connect_to_it() {
    let lines = std::fs::read_to_string(MIXED).unwrap().lines().count();
    assert!(lines < 40, "{lines} lines");
    let room = room();
    let up = room.up(&format!("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --network {MIXED}"));
    let shown = room.done("network show");
    for word in ["site VIENNA", "site LINZ", "site GRAZ", "domain NORTH", "NT 4.0 domain OLD", "DC1 (domain controller)", "windows-nt4"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let found = |server: &str| names(&room.json(&format!("discover --server {server}"))["found"]);
    assert_eq!(found("TS2003"), ["LS2003"], "the enterprise server of its site");
    assert_eq!(room.json("discover --server TS2003 --last")["found"][0]["way"], "site");
    assert_eq!(room.json("discover --server TS2008")["found"][0]["way"], "same-machine");
    assert_eq!(found("TS2000"), ["LS2003"], "by DefaultLicenseServer");
    assert!(room.done("discover --server TS2003 --trace").contains("DI-23"));
    for server in ["TS2000", "TS2003", "TS2008", "TSNT4"] {
        let visits = room.json(&format!("connect PC-{server} --server {server}"));
        assert!(items(&visits)[0]["connected"].is_object(), "{server}: {visits}");
    }
    let visit = room.json("connect PC-ANNA --server TS2008 --user north\\anna");
    assert!(items(&visit)[0]["connected"].is_object(), "{visit}");
    let report = room.json("per-user-report --server LS2008");
    assert_eq!(items(&report["users"]).len(), 1, "anna, recorded in the directory: {report}");
    let seen = room.json("lsview --log lsview.log");
    assert_eq!(names(&seen), ["LS2003", "LS2008"]);
    assert_eq!(seen[0]["type"], "Enterprise");
    assert!(std::fs::read_to_string(room.path().join("lsview.log")).unwrap().contains("LS2008\tEnterprise"));
    assert!(room.done("review-configuration --server LS2003").contains("not a member"));
    assert!(room.done("directory group add LS2003 --domain NORTH").contains("LS2003"));
    assert!(!room.done("review-configuration --server LS2003").contains("not a member"));
    assert_eq!(up.stop().exit, 0);
    // A later start needs no file: the folder remembers what it was built from.
    let up = room.up("--ports 0");
    assert!(room.done("network show").contains("site GRAZ"));
    assert_eq!(up.stop().exit, 0);
}

/// Rules: DI-27, DI-30, DI-01.
#[test]
fn a_way_is_cut_and_mended_and_registries_are_written_in_each_generation_s_form() {
    let room = room();
    let _up = room.up(&format!("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z --network {MIXED}"));
    let _ = room.done("network cut TS2003 LS2003");
    let shown = room.done("network show");
    assert!(shown.contains("cut"), "{shown}");
    assert!(names(&room.json("discover --server TS2003")["found"]).is_empty(), "nobody is left within reach");
    let traced = room.done("discover --server TS2003 --trace");
    assert!(traced.contains("the lab's network is cut there"), "{traced}");
    let _ = room.done("network mend TS2003 LS2003");
    assert_eq!(names(&room.json("discover --server TS2003")["found"]), ["LS2003"]);
    let registry = room.done("registry set --server TS2003 LS2008 LS2003");
    assert!(registry.contains("LS2008, LS2003") && registry.contains("DefaultLicenseServer"), "{registry}");
    let refused = room.tsl("registry set --server TS2000 LS2003 LS2008");
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(refused.err.contains("room for 1 name"), "{refused:?}");
    let _ = room.done("registry clear --server TS2003");
    let named = room.json("discover --server TS2003 --search named");
    assert!(names(&named["found"]).is_empty(), "it was told nobody: {named}");
    let applied = room.done(&format!("network apply {MIXED}"));
    assert!(applied.contains("site LINZ"), "{applied}");
    assert_eq!(names(&room.json("discover --server TS2003 --last")["found"]), ["LS2003"], "as the file says again");
}

#[test]
fn a_network_file_that_contradicts_itself_is_refused_with_the_reason() {
    let room = room();
    for (text, why) in [
        ("", "host"),
        ("[[host]]\nname = \"M1\"\n", "no machine"),
        ("[[host]]\nname = \"M1\"\ndomain = \"X\"\nterminal-server = { name = \"TS1\" }\n", "no [[domain]]"),
        ("[[host]]\nname = \"M1\"\ncontroller = true\nterminal-server = { name = \"TS1\" }\n", "controller"),
        ("cut = [[\"TS1\", \"LS9\"]]\n[[host]]\nname = \"M1\"\nterminal-server = { name = \"TS1\" }\n", "LS9"),
        ("[[host]]\nname = \"M1\"\ncolour = \"red\"\n", "colour"),
        ("[[host]]\nname = \"M1\"\nlicense-server = { name = \"X\" }\nterminal-server = { name = \"X\" }\n", "two services"),
        ("[[host]]\nname = \"M1\"\nterminal-server = { name = \"X\", server-cals = 2 }\n", "NT 4.0"),
    ] {
        std::fs::write(room.path().join("net.toml"), text).unwrap();
        let said = room.tsl("up --ports 0 --network net.toml");
        assert_eq!(said.exit, 2, "{text}: {said:?}");
        assert!(said.err.contains(why), "{text}: {said:?}");
    }
}
