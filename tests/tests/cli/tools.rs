//! The administrator's tools: what each shows, in which order, and what the wizards ask.

use tests::tsl::Room;

use crate::{items, room};

/// A room whose lab has one device with a temporary (PC02) and one with a permanent CAL (PC01).
fn two_devices() -> (Room, tests::tsl::Up) {
    let room = room();
    let lab = room.up("--ports 0 --seed 7 --start-at 2026-03-02T08:00:00Z");
    room.done("clock freeze");
    room.done("clock set 2026-03-02T09:00:00Z");
    for device in ["PC01", "PC01", "PC02"] {
        room.done(&format!("connect {device}"));
    }
    (room, lab)
}

/// Rules: TL-01.
#[test]
fn licmgr_shows_the_tree_and_opens_a_pack() {
    let (room, _lab) = two_devices();
    let tree = room.done("licmgr");
    let lines: Vec<&str> = tree.lines().collect();
    assert_eq!(lines[0], "All servers");
    assert!(lines[1].starts_with("  [+] LS1: activated, Windows Server 2003, Product ID "), "{tree}");
    assert_eq!(lines[2].trim(), "1  retail 5.2 device CALs: total 20, available 19, issued 1");
    assert_eq!(lines[3].trim(), "-  temporary 5.2 device CALs: total unlimited, available unlimited, issued 2");
    let opened = room.done("licmgr --server LS1 --open 1");
    assert!(opened.contains("machine") && opened.contains("issued") && opened.contains("expires"), "{opened}");
    assert!(opened.contains(" PC01 ") && !opened.contains("PC02"), "{opened}");
    assert!(room.done("licmgr --server LS1 --open temporary").contains(" PC02 "));
    let alone = room.done("licmgr --server LS1");
    assert!(alone.contains("Installation method:  automatic connection (recommended)"), "{alone}");
    assert_eq!(room.tsl("licmgr --server LS1 --open 9").exit, 2);
    room.done("service stop LS1");
    assert!(room.done("licmgr").contains("[?] LS1: cannot be reached"), "a server that is down stays in the tree");
}

/// Rules: TL-04, OQ-11.
#[test]
fn lsreport_writes_the_original_s_columns_and_knows_its_switches() {
    let (room, _lab) = two_devices();
    assert_eq!(room.done("lsreport"), "3 licenses written to lsreport.txt\n");
    let text = std::fs::read_to_string(room.path().join("lsreport.txt")).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0], ["License server: LS1"]);
    assert_eq!(lines[1], ["License ID", "Key pack ID", "Client", "User", "Start", "Issue type", "License type", "End"]);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[2][2..7], ["PC01", "student", "2026-03-02T09:00:00Z", "temporary, upgraded", "5.2 device CAL"]);
    assert_eq!((lines[3][1].len(), lines[3][2], lines[3][5]), (35, "PC01", "permanent"));
    let count = |words: &str| room.done(&format!("lsreport --file - {words}")).lines().count() - 2;
    assert_eq!(count("--temporaries"), 2, "/T");
    assert_eq!((count("--from 2026-03-03T00:00:00Z"), count("--to 2026-03-03T00:00:00Z")), (0, 3), "/D");
    let wide = room.done("lsreport --server LS1 --file - --hardware-ids");
    assert!(wide.lines().skip(2).all(|line| line.split('\t').nth(8).is_some_and(|id| id.len() == 40)), "/W: {wide}");
    assert_eq!(room.tsl("lsreport --server LS9").exit, 2);
}

/// Rules: TL-05, ST-04, OQ-11.
#[test]
fn tsctst_shows_the_fields_in_the_original_s_order() {
    let (room, _lab) = two_devices();
    let text = room.done("tsctst PC01");
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.trim().split(':').next().unwrap()).collect();
    let wanted = [
        "ID",
        "TS Certificate Version",
        "HWID",
        "Client Platform ID",
        "Company Name",
        "Issuer",
        "Scope",
        "Issued to machine",
        "Issued to user",
        "TS Locale ID",
        "License ID",
        "License Type",
        "Licensed Product Version",
        "Valid from",
        "Expires on",
    ];
    assert_eq!(names, wanted);
    assert!(text.contains("License ID: A02-5.02-S") && text.contains("5.2 (0x00d48000)"), "{text}");
    assert!(room.done("tsctst PC02").contains("0x80d48000"), "a temporary");
    assert_eq!(room.done("tsctst PC01 --all").matches("BEGIN CERTIFICATE").count(), 1, "/A");
    assert_eq!(room.tsl("tsctst PC09").exit, 2);
}

/// Rules: TL-06, W08-15, PU-07, CON-25.
#[test]
fn the_diagnoser_names_what_is_wrong_and_what_to_do() {
    let (room, _lab) = two_devices();
    assert!(room.done("diagnose").contains("no problem found"));
    room.done("mode per-user");
    let text = room.done("diagnose");
    assert!(text.contains("TS1 licenses per user, and only Device CALs are installed (CON-25, PU-07)"), "{text}");
    let owed = room.done("owed");
    assert!(owed.contains("Device CALs count as well, so 0 User CALs are lacking (CON-25"), "{owed}");
    room.done("settings set device-cals-per-device-only on");
    let text = room.done("diagnose");
    assert!(text.contains("only Device CALs are installed, which go with per device only (CON-25, PU-07)"), "{text}");
    let owed = room.done("owed");
    assert!(owed.contains("Device CALs do not count, so 1 User CALs are lacking (CON-25"), "{owed}");
    room.done("mode --policy-ac-on 0");
    room.done("servers order --none");
    let found = room.json("diagnose")["findings"].as_array().unwrap().clone();
    let rules: Vec<&str> = found.iter().map(|finding| finding["rules"].as_str().unwrap()).collect();
    assert_eq!(rules, ["FT-04, WS03-02", "FT-05, DI-27"], "{found:#?}");
}

#[test]
fn events_are_filtered_by_id_source_level_and_time_and_read_like_the_event_viewer_s() {
    let (room, _lab) = two_devices();
    room.done("client copy PC01 PC03");
    assert_eq!(room.tsl("connect PC03").exit, 3);
    let errors = room.json("events --level error");
    assert_eq!((errors.as_array().unwrap().len(), errors[0]["id"].as_u64()), (1, Some(1004)));
    assert_eq!(room.json("events --level warning --source termservice --id 1004 --since 1h").as_array().unwrap().len(), 1);
    room.done("clock advance 1d");
    assert_eq!(room.json("events --id 1004 --since 12h"), serde_json::json!([]));
    assert_eq!(room.json("events --id 1004 --since 2026-03-02T09:00:00Z").as_array().unwrap().len(), 1);
    let text = room.done("events --id 1004 --full");
    assert!(text.contains("Event Type:   error\nEvent Source: TermService\nEvent ID:     1004\n"), "{text}");
    assert_eq!(room.tsl("events --since yesterday").exit, 2);
}

/// Rules: WS03-12, WS03-13, PU-08.
#[test]
fn what_is_owed_on_paper_counts_devices_or_distinct_users() {
    let (room, _lab) = two_devices();
    let owed = |index: usize| room.json("owed")[index]["owed"].as_u64().unwrap();
    assert_eq!((owed(0), owed(1), owed(2), owed(3)), (1, 2, 2, 0), "per device: two devices, whoever sits there");
    room.done("mode per-user");
    assert_eq!((owed(1), owed(2), owed(3)), (1, 0, 1), "per user: one student, on two devices in three sessions");
    assert!(room.done("owed").contains("CON-25"));
    room.done("settings set external-connector on");
    assert_eq!((owed(1), owed(3), owed(4)), (0, 0, 1), "one External Connector covers everybody at its server");
}

/// Rules: TL-09, AC-30.
#[test]
fn the_install_wizard_asks_for_server_method_program_numbers_and_quantity() {
    let room = room();
    let _lab = room.up("--ports 0 --cals 0");
    let bought = room.done("buy agreement open --quantity 25");
    let words: Vec<&str> = bought.lines().last().unwrap().split_whitespace().collect();
    let at = words.iter().position(|word| *word == "open").unwrap();
    let answers = format!("LS1\nautomatic\nopen\n{}\n{}\n5.2\ndevice\n25\n", words[at + 1], words[at + 2]);
    let said = room.tsl_reading("install", &answers);
    assert_eq!(said.exit, 0, "{said:?}");
    assert!(said.out.starts_with("installed: 25 device CALs 5.2 (open), 25 of them free"), "{said:?}");
    let asked: Vec<&str> = said.err.lines().map(|line| line.split([':', '[', ',']).next().unwrap().trim()).collect();
    let wanted = [
        "Terminal Server Licensing",
        "Properties",
        "Action",
        "License program",
        "License number",
        "Authorization number",
        "Product version",
        "License type",
        "Quantity",
    ];
    assert_eq!(asked, wanted, "{}", said.err);
    assert_eq!(room.tsl_reading("install", "LS1\n").exit, 2, "an answer is missing");
    assert_eq!(room.tsl_reading("install", "LS1\nfax\n").exit, 2);
    let mistyped = room.tsl_reading("install", "LS1\ntelephone\nBBBBB-BBBBB-BBBBB-BBBBB-BBBBB-BBBBB-BBBBB\n");
    assert!(
        mistyped.exit == 2 && mistyped.err.contains("License key pack ID") && mistyped.err.contains("mistyped in group"),
        "{mistyped:?}"
    );
}

/// Rules: TL-10, AC-47, LS-03.
#[test]
fn the_set_up_wizard_asks_for_the_role_then_offers_activation_which_can_wait() {
    let room = room();
    let _lab = room.up("--ports 0 --bare");
    let said = room.tsl_reading("setup-wizard", "yes\nenterprise\nno\n");
    assert_eq!(said.exit, 0, "{said:?}");
    assert!(said.out.contains("role enterprise, not activated: temporary licenses only"), "{said:?}");
    assert_eq!(room.json("activate --show")["status"], 1);
    let said = room.tsl_reading("setup-wizard", "\ndomain\nyes\nautomatic\nAda\nExample\nExample Ltd\nAustria\n\n");
    assert_eq!(said.exit, 0, "{said:?}");
    assert!(said.err.contains("(highly recommended)") && said.out.contains("role domain, activated"), "{said:?}");
    assert_eq!(room.json("activate --show")["status"], 0);
    assert!(room.tsl_reading("setup-wizard", "no\n").out.contains("nothing was installed"));
}

/// Rules: FT-13.
#[test]
fn a_damaged_journal_is_seen_set_aside_and_restored() {
    let (room, _lab) = two_devices();
    assert_eq!(room.tsl("journal verify LS1").exit, 1, "a running service holds its journal");
    room.done("service stop LS1");
    assert!(room.done("journal verify LS1").starts_with("whole:"));
    room.done("journal export LS1 copy.journal");
    room.done("journal damage LS1");
    assert_eq!((room.tsl("journal verify LS1").exit, room.tsl("service start LS1").exit), (1, 1));
    room.done("journal import LS1 copy.journal");
    assert_eq!(room.done("service start LS1"), "LS1 is running\n");
    assert_eq!(room.json("licenses").as_array().unwrap().len(), 3);
    assert!(room.path().join("tsl-data/license-server/journal.damaged").exists());
}

#[test]
fn a_service_that_is_stopped_catches_up_with_the_lab_s_time_when_it_starts() {
    let (room, _lab) = two_devices();
    room.done("service stop LS1");
    assert_eq!(room.done("service stop LS1"), "LS1 was stopped already\n");
    let said = room.tsl("clock advance 3d");
    assert!(said.exit == 0 && said.err.contains("LS1 is down"), "{said:?}");
    room.done("service start LS1");
    let clocks = room.json("clock show");
    assert!(clocks.as_array().unwrap().iter().all(|clock| clock["now"] == "2026-03-05T09:00:00Z" && clock["frozen"] == true), "{clocks}");
    assert_eq!(room.tsl("service restart XX9").exit, 2);
}

/// The others know it by its address, so nobody else is given that one meanwhile.
#[test]
#[cfg(target_os = "linux")]
fn the_port_of_a_service_that_is_stopped_stays_its_own() {
    let (room, _lab) = two_devices();
    let status = room.json("status");
    let url = items(&status["services"]).iter().find(|service| service["name"] == "LS1").unwrap()["url"].as_str().unwrap().to_owned();
    room.done("service stop LS1");
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    let taken = other.bind(url.trim_start_matches("http://").parse().unwrap()).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(room.done("service start LS1"), "LS1 is running\n");
    assert!(room.done("connect PC03").contains("accepted"));
}

/// What went wrong with the client's message is a switch of `tsl connect`; each has the code of section 10.
#[test]
fn a_client_s_mishaps_are_shown_with_their_codes() {
    let room = room();
    let _lab = room.up("--ports 0");
    for (mishap, code) in [("malformed", 259), ("network", 262), ("abandon", 263), ("encryption", 264)] {
        let said = room.tsl(&format!("connect PC01 --mishap {mishap}"));
        assert_eq!(said.exit, 3, "{said:?}");
        assert!(said.out.contains(&format!("denied with code {code} by SPEC-10")) && said.out.contains("the client shows: "), "{said:?}");
    }
    room.done("break internal");
    assert!(room.tsl("connect PC01").out.contains("denied with code 256"));
    room.done("break internal --mend");
    room.done("connect PC01");
}
