//! Telephone, page and paper by `tsl`: what is heard on the telephone is typed at the license server.

use serde_json::Value;
use tests::tsl::{Room, Said};

use crate::{USUAL, pool, room};

const PERSON: &str = "--first-name Ada --last-name Lovelace --company Engines --country UK";

fn refused(said: &Said, words: &str) {
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(said.err.contains(words), "{words}: {said:?}");
}

fn papers(room: &Room) -> (String, String) {
    let papers = room.json("activate --papers");
    let text = |name: &str| papers[name].as_str().unwrap().to_owned();
    (text("product_id"), text("key_text"))
}

/// The code that was read out, as it was repeated.
fn heard(said: &Said) -> String {
    assert_eq!(said.exit, 0, "{said:?}");
    let line = said.out.lines().find_map(|line| line.strip_prefix("I repeat: "));
    line.unwrap_or_else(|| panic!("{said:?}")).to_owned()
}

/// Rules: AC-13, AC-20 to AC-26, AC-37, AC-48, CON-12, TL-01.
#[test]
fn a_server_is_deactivated_reactivated_and_has_its_cals_recovered_by_telephone() {
    let room = room();
    let _up = room.up(USUAL);
    let _ = room.done("clock freeze");
    let (product_id, key_text) = papers(&room);
    refused(&room.tsl("deactivate --method web"), "AC-21");
    refused(&room.tsl(&format!("deactivate {PERSON}")), "e-mail");

    let code = heard(&room.tsl_reading("phone clearinghouse", &format!("3\n{product_id}\n")));
    let mut wrong = code.clone().into_bytes();
    wrong[7] = if wrong[7] == b'7' { b'8' } else { b'7' };
    refused(&room.tsl(&format!("deactivate --code {}", String::from_utf8(wrong).unwrap())), "group 2");
    let said = room.done(&format!("deactivate --code {}", code.to_lowercase()));
    assert!(said.contains("not activated (status 1)") && said.contains("to do: deactivated"), "{said}");

    let call = format!("4\n1\nLS1\n{product_id}\n{key_text}\nyes\nAda\nLovelace\nEngines\nUK\n");
    let id = heard(&room.tsl_reading("phone clearinghouse", &call));
    refused(&room.tsl(&format!("reactivate --reason 0 --id {}", &id[..40])), "35 letters and digits");
    let said = room.done(&format!("reactivate --reason 0 --id {id}"));
    assert!(said.contains("activated (status 0)") && said.contains(&id), "{said}");
    assert_eq!(pool(&room), (0, 20), "what was not issued has to come from the clearinghouse again");

    let records = room.json("records");
    let pack = records["packs"][0]["pack"]["id"].as_str().unwrap();
    let retail = records["packs"][0]["purchase"]["code"].as_str().unwrap();
    let call = format!("5\n{id}\n{pack}\nyes\n20\n1\n{retail}\nyes\n");
    let back = heard(&room.tsl_reading("phone clearinghouse", &call));
    let said = room.done(&format!("install --key-pack-id {back}"));
    assert!(said.contains("20 of them free"), "{said}");
    let again = room.tsl_reading("phone clearinghouse", &call);
    refused(&again, "cannot be recovered");
}

/// Rules: AC-34, AC-35, AC-43 to AC-46.
#[test]
fn whoever_reached_the_wrong_desk_is_sent_on() {
    let room = room();
    let _up = room.up(USUAL);
    for (who, call, words) in [
        ("clearinghouse", "8\n1\n", "tsl phone reseller (AC-45)"),
        ("clearinghouse", "8\n2\n", "tsl phone reseller (AC-44)"),
        ("clearinghouse", "8\n3\n", "tsl phone support (AC-35)"),
        ("clearinghouse", "8\n4\n", "tsl phone support (AC-35)"),
        ("clearinghouse", "8\n5\n", "AC-34"),
        ("support", "1\n", "tsl phone clearinghouse (AC-43)"),
        ("support", "2\n", "tsl phone clearinghouse (AC-43)"),
        ("support", "3\n", "tsl trace DEVICE"),
        ("support", "4\n1\nAAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA\n", "mistyped in groups 1 and 2"),
        ("support", "5\n", "AC-46"),
        ("support", "6\n", "AC-46"),
        ("support", "7\n", "tsl phone reseller (AC-44)"),
        ("reseller", "3\nLS1\n", "I find: retail license code"),
        ("reseller", "4\n", "tsl phone clearinghouse (AC-43)"),
    ] {
        let said = room.tsl_reading(&format!("phone {who}"), call);
        assert_eq!(said.exit, 0, "{who} {call:?}: {said:?}");
        assert!(said.out.contains(words), "{who} {call:?}: {said:?}");
    }
    refused(&room.tsl_reading("phone clearinghouse", "2\n"), "hung up in the middle");
    refused(&room.tsl_reading("phone clearinghouse", "x\ny\nz\n"), "has hung up");
}

/// Rules: W2K-10, W2K-11, W2K-18.
#[test]
fn a_license_server_of_windows_2000_may_fax() {
    let room = room();
    let _up = room.up(&format!("{USUAL} --generation windows-2000-sp2 --cals 3"));
    let (product_id, _) = papers(&room);
    refused(&room.tsl_reading("phone clearinghouse --fax", "2\n"), "W2K-18");
    let pack = room.json("packs")["packs"][0]["pack"].clone();
    let pack = if pack.is_null() { room.json("packs")["packs"][0]["id"].clone() } else { pack["id"].clone() };
    let pack = pack.as_str().unwrap().to_owned();
    let call = format!("1\n6\n{product_id}\n{pack}\nyes\nPC07\n");
    let said = room.tsl_reading("phone clearinghouse --fax", &call);
    let code = heard(&said);
    assert!(!said.out.contains("group  1"), "a fax is written in one line: {said:?}");
    let _ = room.done(&format!("install --key-pack-id {code}"));
    assert_eq!(room.json("packs")["packs"].as_array().unwrap().len(), 2, "a key pack of its own");
    refused(&room.tsl_reading("phone clearinghouse --fax", &call), "reissued before");
}

/// Rules: AC-38, AC-39, AC-41.
#[test]
fn a_backup_is_whole_or_it_is_refused() {
    let room = room();
    let _up = room.up(USUAL);
    let _ = room.done("clock freeze");
    let _ = room.done("connect PC01..PC03");
    let _ = room.done("connect PC01..PC03");
    assert_eq!(pool(&room), (17, 20));
    let said = room.done("backup --server LS1 ls1.backup");
    assert!(said.contains("sha256"), "{said}");
    let _ = room.done("connect PC04");
    let _ = room.done("connect PC04");
    assert_eq!(pool(&room), (16, 20));
    let file = room.path().join("ls1.backup");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, whole.replacen("PC02", "PC09", 1)).unwrap();
    let said = room.tsl("restore --server LS1 ls1.backup");
    assert!(said.exit == 1 && said.err.contains("digest"), "{said:?}");
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(room.tsl("restore --server LS1 ls1.backup").exit, 1);
    assert_eq!(pool(&room), (16, 20), "nothing was changed");
    std::fs::write(&file, &whole).unwrap();
    let _ = room.done("restore --server LS1 ls1.backup");
    assert_eq!(pool(&room), (17, 20));
    assert_eq!(room.json("licenses --device PC04"), Value::Array(Vec::new()));
}
