//! Windows NT 4.0: the licensing service, its database file and its scratch files.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use shared::model::{Category, Platform};
use shared::wire::workstation::{LicensingServiceView, ScratchDeleted, ScratchFile};
use tests::harness::{TestLab, device};

use crate::nt4::{add, client, count, crowd, license_manager, licenses, logged, nt4, post, server, service};

fn database(lab: &TestLab) -> PathBuf {
    server(lab).data().join("lserver/hydra.mdb")
}

/// The numbers of the scratch files that are there.
async fn scratch(lab: &TestLab) -> Vec<u32> {
    let listed: Vec<ScratchFile> = server(lab).all("/nt/scratch").await;
    for file in &listed {
        assert!(server(lab).data().join("system32").join(&file.name).exists(), "{file:?}");
    }
    listed.iter().map(|file| file.name.trim_start_matches("JET").trim_end_matches(".TMP").parse().unwrap()).collect()
}

async fn view(lab: &TestLab) -> LicensingServiceView {
    server(lab).get("/nt/service").await
}

fn block(number: u32) -> Vec<u32> {
    (number * 7 + 1..=number * 7 + 7).collect()
}

/// Vector: N-15.
/// Rules: NT-20, NT-40, NT-41, FT-13.
#[tokio::test]
async fn a_cut_off_changed_or_missing_database_stops_the_service_and_no_client() {
    let lab = nt4(5).await;
    add(&lab, "full", 5).await;
    let whole = fs::read(database(&lab)).unwrap();
    service(&lab, "stop").await;
    let mut changed = whole.clone();
    changed[60] ^= 1;
    for (failures, bytes) in
        [Some(&whole[..whole.len() / 2]), Some(&changed[..]), Some(&b"garbage"[..]), Some(&b""[..]), None].iter().enumerate()
    {
        match bytes {
            Some(bytes) => fs::write(database(&lab), bytes).unwrap(),
            None => fs::remove_file(database(&lab)).unwrap(),
        }
        let started = service(&lab, "start").await;
        assert_eq!((&started["running"], &started["failure"]["rule"]), (&json!(false), &json!("NT-41")), "{started}");
        let (manager, licensing) = (logged(&lab, 7024).await, logged(&lab, 7).await);
        assert_eq!((manager.len(), licensing.len()), (failures + 1, failures + 1));
        assert_eq!(
            (manager[0].record.source.as_str(), licensing[0].record.source.as_str()),
            ("Service Control Manager", "TermServLicensing")
        );
        assert!(manager[0].record.text.contains("3221487623") && licensing[0].record.text == "Can't connect to database.");
        assert_eq!(scratch(&lab).await, Vec::<u32>::new(), "a service that did not start has no scratch files");
        let visit = lab.log_on(&mut client(&format!("OLD{failures}"), Platform::Windows95)).await;
        assert_eq!(visit.connected.rule, "NT-20");
    }
    fs::write(database(&lab), &whole).unwrap();
    assert_eq!(service(&lab, "start").await["running"], true);
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(5), 0)), "nobody was tracked");
}

/// Rules: NT-40, NT-41.
#[tokio::test]
async fn the_data_source_has_one_name_and_no_other() {
    let lab = nt4(5).await;
    service(&lab, "stop").await;
    server(&lab).patch("/nt/settings", &json!({ "data_source": "Hydra" })).await;
    assert_eq!(service(&lab, "start").await["failure"]["rule"], "NT-41");
    server(&lab).patch("/nt/settings", &json!({ "data_source": "Hydra License" })).await;
    assert_eq!(service(&lab, "start").await["failure"], Value::Null);
}

/// Rules: NT-43.
#[tokio::test]
async fn a_blank_database_is_an_empty_license_manager_and_the_old_file_brings_the_old_one_back() {
    let lab = nt4(5).await;
    add(&lab, "full", 5).await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let refusal = server(&lab).api().act("/nt/database/blank").await.unwrap_err();
    assert!(refusal.to_string().contains("stop it first"), "{refusal}");
    service(&lab, "stop").await;
    let old = fs::read(database(&lab)).unwrap();
    server(&lab).api().act("/nt/database/blank").await.unwrap();
    service(&lab, "start").await;
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(0), 0)));
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "NT-44", "the client has its license all the same");
    let fresh = licenses(&lab).await.database;

    service(&lab, "stop").await;
    fs::write(database(&lab), old).unwrap();
    service(&lab, "start").await;
    assert_ne!(licenses(&lab).await.database, fresh);
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(5), 1)));
}

/// Rules: NT-41.
#[tokio::test]
async fn another_server_s_database_is_no_database_here() {
    let (lab, other) = (nt4(5).await, nt4(5).await);
    service(&lab, "stop").await;
    fs::copy(database(&other), database(&lab)).unwrap();
    let started = service(&lab, "start").await;
    assert!(started["failure"]["reason"].as_str().unwrap().contains("another server's"), "{started}");
}

/// Rules: NT-42.
#[tokio::test]
async fn with_the_wrong_cryptography_the_service_does_not_start_and_the_client_hears_that_the_server_is_busy() {
    let lab = nt4(5).await;
    service(&lab, "stop").await;
    post(&lab, "/lab/nt/cryptography", json!({ "mismatch": true })).await.unwrap();
    assert_eq!(service(&lab, "start").await["failure"]["rule"], "NT-42");
    let event = logged(&lab, 13).await.remove(0).record;
    assert!(event.source == "TermServLicensing" && event.text.contains("0x80090006"), "{event:?}");
    assert_eq!(logged(&lab, 7024).await.len(), 1);
    let denial = lab.denied(&mut device("PC01")).await;
    assert_eq!((denial.rule.as_str(), denial.code), ("NT-42", None));
    assert!(denial.text.contains("too busy"), "{denial:?}");
    post(&lab, "/lab/nt/cryptography", json!({ "mismatch": false })).await.unwrap();
    assert_eq!(service(&lab, "start").await["running"], true);
    lab.connect(&mut device("PC01")).await;
}

/// Rules: NT-20, NT-51, FT-20.
#[tokio::test]
async fn on_the_leap_day_the_service_stays_down_before_service_pack_5_and_nobody_is_kept_out() {
    let mut lab = crate::nt4::nt4_at("2000-02-28T12:00:00Z").await;
    server(&lab).patch("/nt/settings", &json!({ "service_pack": 4 })).await;
    for (day, running) in [("2000-02-28T13:00:00Z", true), ("2000-02-29T00:00:00Z", false), ("2000-03-01T00:00:00Z", true)] {
        if view(&lab).await.running {
            service(&lab, "stop").await;
        }
        lab.go_to(day.parse().unwrap()).await;
        let started = service(&lab, "start").await;
        assert_eq!(started["running"], running, "{day}: {started}");
        lab.log_on(&mut device("PC01")).await;
    }
    assert_eq!(logged(&lab, 7024).await.len(), 1);
}

/// Rules: NT-46, NT-47, NT-48, NT-49, NT-53.
#[tokio::test]
async fn scratch_files_come_in_blocks_of_seven_and_stay_when_nobody_was_told() {
    let mut lab = nt4(5).await;
    assert_eq!(scratch(&lab).await, block(0));
    service(&lab, "stop").await;
    assert_eq!(scratch(&lab).await, Vec::<u32>::new(), "a service that is told to stop tidies up");
    service(&lab, "start").await;
    let shut_down = async |lab: &TestLab, from: &str| post(lab, "/nt/shutdown", json!({ "from": from })).await.unwrap();
    shut_down(&lab, "console").await;
    assert_eq!(scratch(&lab).await, block(0));
    shut_down(&lab, "session").await;
    assert_eq!(scratch(&lab).await, [block(0), block(1)].concat());
    server(&lab).api().act("/lab/nt/power-cut").await.unwrap();
    assert_eq!(scratch(&lab).await, [block(0), block(1), block(2)].concat());

    let path = server(&lab).data().join("system32");
    for number in block(0) {
        fs::remove_file(path.join(format!("JET{number}.TMP"))).unwrap();
    }
    shut_down(&lab, "session").await;
    assert_eq!(scratch(&lab).await, [block(0), block(1), block(2)].concat(), "1 to 7 were free again");
    let listed: Vec<ScratchFile> = server(&lab).all("/nt/scratch").await;
    assert!(listed.iter().all(|file| file.open == (file.name.len() == "JET1.TMP".len() && file.name.as_str() < "JET8.TMP")), "{listed:?}");

    fs::write(path.join("LETTER.TMP"), "not one of them").unwrap();
    let deleted: ScratchDeleted = serde_json::from_value(delete_scratch(&lab).await).unwrap();
    assert_eq!((deleted.deleted.len(), deleted.refused.len()), (14, 7));
    assert_eq!(scratch(&lab).await, block(0));

    lab.terminal_servers[0].stop().await;
    let left: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["LETTER.TMP"], "a clean stop takes its own away");
    lab.start_terminal_server(0).await;
    assert_eq!(scratch(&lab).await, block(0));
}

async fn delete_scratch(lab: &TestLab) -> Value {
    let token = fs::read_to_string(server(lab).data().join("admin-token")).unwrap();
    let request = reqwest::Client::new().delete(format!("{}/nt/scratch", server(lab).url())).bearer_auth(token.trim());
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

/// Rules: NT-50.
#[tokio::test]
async fn a_license_waits_in_a_scratch_file_until_its_device_has_logged_on() {
    let mut lab = nt4(5).await;
    add(&lab, "full", 2).await;
    let file = server(&lab).data().join("system32/JET1.TMP");
    let mut pc = device("PC01");
    let visit = lab.connect(&mut pc).await;
    let token = &visit.connected.license.as_ref().unwrap().token;
    assert!(visit.fired("NT-50") && fs::read_to_string(&file).unwrap().contains(token));
    assert_eq!((licenses(&lab).await.waiting, count(&lab, Category::Full, false).await), (1, Some((Some(2), 1))), "it is spoken for");

    let visit = lab.log_on(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.connected.license.as_ref()), ("NT-44", None), "it shows what it was sent");
    let client::session::Logon::LoggedOn { answer, .. } = visit.logon else { panic!("no logon") };
    assert!(answer.trace.iter().any(|step| step.rule == "NT-50"), "{answer:?}");
    assert_eq!((licenses(&lab).await.waiting, fs::read_to_string(&file).unwrap().as_str()), (0, ""));

    let mut second = device("PC02");
    lab.connect(&mut second).await;
    post(&lab, "/nt/shutdown", json!({ "from": "session" })).await.unwrap();
    assert_eq!(licenses(&lab).await.waiting, 1, "the client has it, the database not yet");
    lab.log_on(&mut second).await;
    assert_eq!((licenses(&lab).await.waiting, count(&lab, Category::Full, false).await), (0, Some((Some(2), 2))));
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(2), 2)), "the same after a start");
}

/// Rules: NT-16, NT-17, NT-47.
#[tokio::test]
async fn a_restart_ends_sessions_shares_and_the_console() {
    let lab = nt4(5).await;
    crowd(&lab, 2).await;
    server(&lab).api().put::<_, Value>("/nt/shares/PC09", &json!({ "user": "anna" })).await.unwrap();
    server(&lab).api().put::<_, Value>("/nt/console", &json!({ "user": "administrator" })).await.unwrap();
    assert_eq!(license_manager(&lab).await.in_use, 3);
    post(&lab, "/nt/shutdown", json!({ "from": "console" })).await.unwrap();
    assert_eq!(license_manager(&lab).await.in_use, 0);
    assert_eq!(server(&lab).get::<Value>("/nt/console").await["session"], Value::Null);
    assert!(view(&lab).await.running, "the service comes up with the machine");
}
