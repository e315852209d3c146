//! `tsl nt`: a lab of Windows NT 4.0 as its administrator sees it.

use serde_json::{Value, json};
use tests::tsl::Room;

use crate::{USUAL, items, room};

fn up(room: &Room, cals: u32) -> tests::tsl::Up {
    room.up(&format!("{USUAL} --generation windows-nt4 --cals {cals}"))
}

/// Rules: NT-01, NT-05, NT-07, NT-11, NT-13, TL-02.
#[test]
fn a_lab_of_nt_4_needs_no_license_server_and_shows_both_of_its_managers() {
    let room = room();
    let up = up(&room, 2);
    assert!(up.said().contains("is its own license manager") && up.said().contains("nt licenses"), "{}", up.said());
    assert!(room.done("status").contains("Windows NT 4.0; Per Server: 0 of 2 server CALs in use; licensing service running"));
    let said = room.done("connect OLD01 --platform windows-95 --stay");
    assert!(said.contains("permanent 4.0 from TS1, until never") && said.contains("NT-04"), "{said}");
    let said = room.done("nt licenses");
    assert!(said.contains("Existing Windows NT Workstation") && said.contains("unlimited"), "{said}");
    let licenses = room.json("nt licenses");
    assert_eq!((&licenses["rows"][1]["total"], &licenses["rows"][1]["issued"]), (&json!(2), &json!(1)));
    let said = room.done("nt records");
    assert!(said.contains("hydra.mdb") && said.contains("never"), "{said}");
    assert!(room.done("client list").contains("permanent 4.0 until never"));

    assert!(room.done("nt share PC07 --user student").contains("2 of 2 server CALs in use"));
    let denied = room.tsl("connect PC08");
    assert_eq!(denied.exit, 3, "{denied:?}");
    assert!(denied.out.contains("the client shows: Terminal Server has ended the connection."), "{denied:?}");
    assert_eq!(room.tsl("nt share PC09").exit, 3);
    let events = room.json("events --source LicenseService --id 201");
    let texts: Vec<&str> = items(&events).iter().map(|event| event["text"].as_str().unwrap()).collect();
    assert!(texts[0].contains("student") && texts[1].contains("SYSTEM"), "{texts:?}");
    let _ = room.done("nt share PC07 --close");
    let _ = room.done("nt lm add 3");
    let _ = room.done("connect PC08");
    assert!(room.done("nt lm").contains("Per Server: 5 server CALs bought, 1 in use (1 sessions, 0 shares)"));
    for words in ["grace", "mode"] {
        let said = room.tsl(words);
        assert!(said.exit == 2 && said.err.contains("Windows NT 4.0"), "{said:?}");
    }
    let help = room.done("nt --help").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("in effect an NT Workstation") && help.contains("NT-07"), "{help}");
}

/// Rules: NT-15, NT-17, NT-41, NT-42, NT-43, NT-46, NT-48, NT-49, CON-16.
#[test]
fn the_machine_is_run_and_broken_from_the_command_line() {
    let room = room();
    let _up = up(&room, 5);
    assert!(room.done("nt console on").contains("administrator is logged on"));
    assert!(room.done("nt lm per-seat").contains("from the next start"));
    assert!(room.done("nt shutdown --from-session").contains("is up again"));
    assert!(room.done("nt lm").starts_with("Per Seat"));
    assert!(room.done("nt console").contains("nobody"));
    let states = |files: &Value| items(files).iter().map(|file| file["open"].as_bool().unwrap()).collect::<Vec<_>>();
    assert_eq!(states(&room.json("nt scratch")), [[false; 7], [true; 7]].concat());
    let _ = room.done("nt power-cut");
    assert_eq!(items(&room.json("nt scratch")).len(), 21);
    assert!(room.done("nt scratch --delete").contains("deleted 14; in use and refused: JET15.TMP"));

    assert_eq!(room.tsl("nt blank-database").exit, 2, "the service runs");
    let _ = room.done("nt service stop");
    std::fs::write(room.path().join("tsl-data/terminal-server/lserver/hydra.mdb"), "rubbish").unwrap();
    let broken = room.tsl("nt service start");
    assert_eq!(broken.exit, 1, "{broken:?}");
    assert!(broken.err.contains("NT-41"), "{broken:?}");
    assert_eq!(items(&room.json("events --id 7024")).len(), 1);
    let _ = room.done("connect PC01");
    let _ = room.done("nt blank-database");
    assert!(room.done("nt service start").contains("running"));
    assert!(room.done("nt settings").contains("Hydra License"));
    let _ = room.done("nt settings service-pack 4");
    assert_eq!(room.tsl("nt settings service-pack 9").exit, 2);
    let _ = room.done("nt cryptography broken");
    assert!(room.tsl("connect PC01").out.contains("too busy"));
    let _ = room.done("nt cryptography sound");
    let _ = room.done("nt service status");
}

/// Rules: NT-06, NT-45, NT-52.
#[test]
fn the_client_s_set_up_reminds_and_windows_for_workgroups_keeps_files() {
    let room = room();
    let _up = up(&room, 5);
    let notice = room.done("client setup-notice");
    assert!(notice.contains("server client access") && notice.contains("Windows NT Workstation"), "{notice}");
    let _ = room.done("connect WFW --platform windows-for-workgroups");
    let shown = room.done("client show WFW");
    assert!(shown.contains("System\\Regdata") && shown.contains("LICENSE000.bin") && !shown.contains("MSLicensing"), "{shown}");
    let _ = room.done("connect CE01 --platform other");
    let _ = room.done("client change-identity CE01");
    assert!(room.done("connect CE01").contains("NT-04"));
    assert_eq!(room.json("nt licenses")["rows"][1]["issued"], 3);
}

/// Rules: NT-01.
#[test]
fn a_server_of_another_generation_says_that_it_has_none_of_this() {
    let room = room();
    let _up = room.up(USUAL);
    let said = room.tsl("nt licenses");
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(said.err.contains("not Windows NT 4.0"), "{said:?}");
}
