//! Backup and restore of a license server's database: on the same installation, on a fresh one, on another server.

use lab::failure::Failure;
use serde_json::json;
use shared::model::{ContactMethod, Generation, Purchase, ServerRef};
use shared::rulebook::rule;
use shared::wire::clearinghouse::SignedAgreement;
use shared::wire::common::ClockChange;
use shared::wire::desk::{Recover, Register, Registered, TypedPack};
use shared::wire::license_server::{
    Activate, ActivateById, ActivationView, BackupPage, InstallKeyPack, InstallPack, LicenseList, PackList, PackRow, Papers, PutBack,
    RestorePart, TrustTerminalServer,
};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::TrustLicenseServer;
use tests::harness::{Plan, TestLab, registrant, registration, request_id};

/// Vector: A-11.
/// Rules: AC-38, AC-39.
#[tokio::test]
async fn on_the_same_installation_unissued_cals_come_back() {
    let mut lab = Plan::default().start().await;
    issue_twelve(&lab).await;
    let before = activation(&lab).await;
    let backup = backup(&lab).await;
    // The database is lost; the machine with its keys is not.
    lab.license_servers[0].stop().await;
    std::fs::remove_dir_all(lab.license_servers[0].data().join("journal")).unwrap();
    for note in ["head", "journal-kind"] {
        std::fs::remove_file(lab.license_servers[0].data().join(note)).unwrap();
    }
    begin_again(&mut lab).await;
    assert_eq!(packs(&lab).await.packs, []);
    restore(&lab, &backup).await.unwrap();
    let row = &packs(&lab).await.packs[0];
    assert_eq!((row.pack.total, row.issued, row.available, row.withheld), (20, 12, 8, 0));
    let after = activation(&lab).await;
    assert_eq!((after.status, after.product_id, after.certificate), (0, before.product_id, before.certificate), "it is who it was");
    assert_eq!(lab.license_server_events(0, 9004).await, 0);
    let list: LicenseList = lab.license_servers[0].get("/licenses?kind=permanent").await;
    assert_eq!(list.licenses.len(), 12);
    lab.enrol().await;
    lab.licensed("PC13").await;
    assert_eq!(lab.pool(0).await, (7, 20));
}

/// Vector: A-11.
/// Rules: AC-38, AC-40, AC-48, CON-12.
#[tokio::test]
async fn on_a_fresh_installation_unissued_cals_are_lost_an_event_says_how_many_and_the_telephone_brings_them() {
    let mut lab = Plan::default().packs(&[]).start().await;
    let papers = buy_twenty(&lab).await;
    issue_twelve(&lab).await;
    let pack = packs(&lab).await.packs[0].pack.id.clone();
    let backup = backup(&lab).await;
    lab.license_servers[0].stop().await;
    std::fs::remove_dir_all(lab.license_servers[0].data()).unwrap();
    begin_again(&mut lab).await;
    lab.enrol_license_server().await;
    restore(&lab, &backup).await.unwrap();
    let row = &packs(&lab).await.packs[0];
    assert_eq!((row.issued, row.available, row.withheld), (12, 0, 8));
    let events: serde_json::Value = lab.license_servers[0].get("/events?id=9004").await;
    assert!(events["items"][0]["text"].as_str().unwrap().starts_with("8 client access licenses"), "{events}");

    let no = lab.license_servers[0].api().post::<_, ActivationView>("/activation", &Activate { registrant: registrant() }).await;
    assert_eq!(refused(no).rules, ["AM-15", "AC-42"], "the name belongs to the installation that is gone");
    activate_by_telephone(&lab, &papers).await;
    let server = ServerRef::Product(activation(&lab).await.product_id);
    let ask = |quantity| Recover {
        request: request_id(),
        method: ContactMethod::Telephone,
        server: server.clone(),
        pack: pack.clone(),
        quantity,
        purchase: papers.clone(),
    };
    let typed: TypedPack = lab.clearinghouse.api().post("/desk/recoveries", &ask(8)).await.unwrap();
    let install = InstallKeyPack { request: request_id(), key_pack_id: typed.key_pack_id };
    let row: PackRow = lab.license_servers[0].api().post("/packs/ids", &install).await.unwrap();
    assert_eq!(row.available, 8);
    assert_eq!(lab.pool(0).await.0, 8);
    // A device that lost its license gets its record back, signed by the new installation.
    let mut known = tests::harness::device("PC01");
    known.licensing.hardware = Some(client::device::HardwareKey { id: lab_device(&lab, "PC01").await });
    let again = lab.connect(&mut known).await;
    assert_eq!(again.connected.rule, "PD-02", "{again:?}");
}

/// Rules: AC-38.
#[tokio::test]
async fn a_database_is_not_restored_onto_another_license_server() {
    let lab = Plan::default().license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)]).start().await;
    let backup = backup(&lab).await;
    let problem = refused(restore_onto(&lab, 1, &backup).await);
    assert_eq!((problem.code, problem.rules), (ProblemCode::BackupRefused, vec![rule::AC_38]));
    let end = RestorePart::End { records: 0 };
    let problem = refused(lab.license_servers[0].api().post::<_, ()>("/restore", &end).await);
    assert_eq!(problem.code, ProblemCode::BackupRefused, "an end without a beginning");
    assert_eq!(lab.pool(0).await, (20, 20), "nothing was changed");
}

/// Rules: AM-16, AC-39.
#[tokio::test]
async fn a_restore_that_puts_issued_cals_back_says_how_many_until_the_last_of_them_has_ended() {
    let mut lab = Plan::default().device_cals(5).start().await;
    lab.licensed("PC01").await;
    let backup = backup(&lab).await;
    restore(&lab, &backup).await.unwrap();
    assert_eq!((packs(&lab).await.put_back, lab.license_server_events(0, 9006).await), (None, 0), "nothing was issued since");
    for (name, life) in [("PC02", 60), ("PC03", 89)] {
        lab.next_life(0, life).await;
        lab.licensed(name).await;
    }
    let at = lab.now();
    restore(&lab, &backup).await.unwrap();
    assert_eq!(lab.pool(0).await, (4, 5), "AC-39: they come back all the same");
    let events: serde_json::Value = lab.license_servers[0].get("/events?id=9006").await;
    assert!(events["items"][0]["text"].as_str().unwrap().starts_with("2 client access licenses"), "{events}");
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    let until = at + tests::harness::days(89);
    assert_eq!(packs(&lab).await.put_back, Some(PutBack { count: 2, at, until }), "after a start, too");
    lab.go_to(until).await;
    assert_eq!(packs(&lab).await.put_back, None, "nobody can hold one any more");
}

/// Rules: AC-39.
#[tokio::test]
async fn a_restore_takes_the_server_back_to_the_moment_of_its_backup() {
    let lab = Plan::default().device_cals(5).start().await;
    lab.licensed("PC01").await;
    let backup = backup(&lab).await;
    lab.licensed("PC02").await;
    lab.install(0, shared::model::ProductVersion::V5_2, shared::model::ProductType::Device, 3).await;
    assert_eq!(lab.pool(0).await, (6, 8));
    restore(&lab, &backup).await.unwrap();
    assert_eq!(lab.pool(0).await, (4, 5));
    assert_eq!(lab.records(0, "PC02").await, []);
}

/// Rules: AC-39, LS-06.
#[tokio::test]
async fn a_restore_that_broke_off_has_changed_nothing_and_no_device_meets_a_half_of_it() {
    let mut lab = Plan::default().device_cals(3).start().await;
    for name in ["PC01", "PC02", "PC03"] {
        lab.licensed(name).await;
    }
    let backup = backup(&lab).await;
    restore(&lab, &backup[..backup.len() - 1]).await.unwrap();
    assert_eq!(lab.pool(0).await, (0, 3), "the CALs in the backup's packs are no second time free");
    let mut fourth = tests::harness::device("PC04");
    lab.log_on(&mut fourth).await;
    lab.connect(&mut fourth).await;
    assert!(lab.records(0, "PC04").await.iter().all(|row| row.cal.kind == shared::model::CalKind::Temporary), "none was free for it");
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    assert_eq!(lab.pool(0).await, (0, 3));
    // It goes on where it broke off: what came in is on disk.
    restore(&lab, &backup[backup.len() - 1..]).await.unwrap();
    assert_eq!(lab.pool(0).await, (0, 3));
    let problem = refused(restore(&lab, &backup[backup.len() - 1..]).await);
    assert_eq!(problem.code, ProblemCode::BackupRefused, "an end twice");
}

async fn issue_twelve(lab: &TestLab) {
    for number in 1..=12 {
        lab.licensed(&format!("PC{number:02}")).await;
    }
    assert_eq!(lab.pool(0).await, (8, 20));
}

async fn buy_twenty(lab: &TestLab) -> Purchase {
    let line = json!({ "version": "5.2", "product_type": "device", "quantity": 20 });
    let sign = json!({ "program": { "program": "open" }, "entitlements": [line] });
    let purchase = lab.clearinghouse.api().post::<_, SignedAgreement>("/lab/reseller/agreements", &sign).await.unwrap().purchase;
    let wanted = serde_json::from_value(line).unwrap();
    let install = InstallPack { request: request_id(), purchase: purchase.clone(), wanted: Some(wanted) };
    let _: PackRow = lab.license_servers[0].api().post("/packs", &install).await.unwrap();
    purchase
}

async fn lab_device(lab: &TestLab, name: &str) -> shared::model::HardwareId {
    lab.records(0, name).await[0].cal.hardware_id
}

/// AM-15: a new installation takes the name of the old one over by telephone, with papers of what was bought for that one.
async fn activate_by_telephone(lab: &TestLab, bought: &Purchase) {
    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    let told = Register { papers: vec![bought.clone()], ..registration(&papers, ContactMethod::Telephone, None) };
    let registered: Registered = lab.clearinghouse.api().post("/desk/registrations", &told).await.unwrap();
    let typed = ActivateById { license_server_id: registered.license_server_id, reason: None };
    let _: ActivationView = lab.license_servers[0].api().post("/activation/id", &typed).await.unwrap();
}

/// The license server starts on what is left of it, with its clock standing still.
async fn begin_again(lab: &mut TestLab) {
    lab.start_license_server(0).await;
    let _: serde_json::Value = lab.license_servers[0].api().post("/lab/clock", &ClockChange::Freeze).await.unwrap();
}

/// Introductions after a new installation: the old key is forgotten, the new one pinned.
trait Enrols {
    async fn enrol_license_server(&self);
}

impl Enrols for TestLab {
    async fn enrol_license_server(&self) {
        let (server, terminal) = (&self.license_servers[0], &self.terminal_servers[0]);
        let root = self.clearinghouse.identity().await;
        server.trust_clearinghouse(&root, &self.clearinghouse.url()).await;
        terminal.api().delete("/license-servers/LS1").await.unwrap();
        let trust = TrustLicenseServer { key: server.identity().await.key, url: server.url() };
        terminal.api().put::<_, ()>("/license-servers/LS1", &trust).await.unwrap();
        server.api().put::<_, ()>("/terminal-servers/TS1", &TrustTerminalServer { key: terminal.identity().await.key }).await.unwrap();
    }
}

async fn backup(lab: &TestLab) -> Vec<RestorePart> {
    let mut parts = Vec::new();
    let (mut path, mut count) = ("/backup".to_owned(), 0);
    loop {
        let page: BackupPage = lab.license_servers[0].get(&path).await;
        parts.extend(page.facts.map(|facts| RestorePart::Begin { facts }));
        count += u64::try_from(page.records.len()).unwrap();
        parts.push(RestorePart::Records { records: page.records });
        let Some(next) = page.next else { break };
        path = format!("/backup?after={next}");
    }
    parts.push(RestorePart::End { records: count });
    parts
}

async fn restore(lab: &TestLab, backup: &[RestorePart]) -> Result<(), Failure> {
    restore_onto(lab, 0, backup).await
}

async fn restore_onto(lab: &TestLab, server: usize, backup: &[RestorePart]) -> Result<(), Failure> {
    for part in backup {
        lab.license_servers[server].api().post::<_, ()>("/restore", part).await?;
    }
    Ok(())
}

async fn activation(lab: &TestLab) -> ActivationView {
    lab.license_servers[0].get("/activation").await
}

async fn packs(lab: &TestLab) -> PackList {
    lab.license_servers[0].get("/packs").await
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Problem {
    match answer.unwrap_err() {
        Failure::Problem(problem) => *problem,
        other => panic!("{other}"),
    }
}
