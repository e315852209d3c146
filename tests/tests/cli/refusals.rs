//! The exit codes: 0 done, 1 failed, 2 refused or wrongly used, 3 denied.

use crate::{USUAL, items, room};

/// Rules: PD-02, AC-33.
#[test]
fn exit_codes_tell_done_failed_refused_and_denied_apart() {
    let room = room();
    let up = room.up(USUAL);
    assert_eq!(room.tsl("connect PC01").exit, 0);

    let codes = ["", "conect PC01", "connect", "connect PC01 --cancel --stay", "connect PC05..PC01", "clock advance soon"];
    for wrong in codes.into_iter().chain(["trace PC99", "client show PC99", "settings set grace-end never", "status --lab nowhere.json"]) {
        let said = room.tsl(wrong);
        assert_eq!((said.exit, said.out.as_str()), (2, ""), "tsl {wrong}: {said:?}");
        assert!(!said.err.is_empty(), "tsl {wrong}");
    }
    // A service's refusal: for people with the cure, for scripts as a problem.
    // Right in every group, and sold by nobody.
    let unsold = shared::model::RetailCode::from_random([9; 25]);
    let refused = &format!("install retail {unsold}");
    let said = room.tsl(refused);
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(said.err.contains("what to do:"), "{said:?}");
    let said = room.tsl(&format!("{refused} --json"));
    assert_eq!((said.exit, said.json()["code"].as_str()), (2, Some("pack-refused")), "{said:?}");

    // Grace is over, and nobody can be asked for a license.
    let _ = room.done("clock advance 121d");
    let _ = room.done("servers order --none");
    let denied = room.tsl("connect NEW01");
    assert_eq!(denied.exit, 3, "{denied:?}");
    assert!(denied.out.contains("the client shows:"), "{denied:?}");
    let denied = room.tsl("connect NEW01 --json");
    assert_eq!((denied.exit, items(&denied.json())[0]["result"].as_str()), (3, Some("denied")), "{denied:?}");
    assert_eq!(room.tsl("connect PC01 NEW01..NEW03").exit, 3, "one of many is enough");
    let daily = room.tsl("connect NEW01 --daily 2 --json");
    assert_eq!((daily.exit, daily.json()["denied"].as_u64()), (3, Some(2)), "{daily:?}");

    std::fs::copy(room.path().join("tsl-data/lab.json"), room.path().join("lab.json")).unwrap();
    assert_eq!(up.stop().exit, 0);
    let room = room.with("TSL_LAB_FILE", "lab.json");
    for down in ["status", "connect PC01", "packs", "clock show", "wait --seconds 0"] {
        let said = room.tsl(down);
        assert_eq!(said.exit, 1, "tsl {down}: {said:?}");
        assert!(said.err.contains("http://127.0.0.1:") || down == "status", "tsl {down}: {said:?}");
    }
    let status = room.tsl("status --json");
    let status = (status.exit, status.json());
    assert!(items(&status.1["services"]).iter().all(|service| service["up"] == false) && status.0 == 1, "{status:?}");
}

#[test]
fn waiting_for_a_lab_that_does_not_come_fails_and_says_what_is_missing() {
    let said = room().tsl("wait --seconds 0");
    assert_eq!(said.exit, 1, "{said:?}");
    assert!(said.err.contains("lab.json"), "{said:?}");
}
