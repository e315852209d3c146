//! Windows NT 4.0, Terminal Server Edition: License Manager denies, the licensing service reports.

use client::device::{Device, Part};
use client::session::Then;
use serde_json::json;
use shared::model::{CalKind, Category, Generation, LabTime, Platform, ProductVersion};
use shared::rulebook::rule;
use shared::wire::common::{LoggedEvent, Page};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::workstation::{CategoryRow, LicenseManagerView, WorkstationLicenses, WorkstationRecord};
use tests::harness::{Admitted, Plan, Service, TestLab, days, device, log_on, refused, stay};

/// A Windows NT 4.0 terminal server with this many server CALs.
pub(crate) async fn nt4(cals: u32) -> TestLab {
    let plan = Plan::default().license_servers(&[]).packs(&[]).terminal_servers(&[("NT1", Generation::WindowsNt4)]).grace_running();
    let lab = plan.start().await;
    if cals > 0 {
        post(&lab, "/nt/license-manager/cals", json!({ "count": cals })).await.unwrap();
    }
    lab
}

/// The same with five server CALs at another moment.
pub(crate) async fn nt4_at(moment: &str) -> TestLab {
    let plan = Plan::default().license_servers(&[]).packs(&[]).terminal_servers(&[("NT1", Generation::WindowsNt4)]).grace_running();
    let lab = plan.beginning_at(moment.parse().unwrap()).start().await;
    post(&lab, "/nt/license-manager/cals", json!({ "count": 5 })).await.unwrap();
    lab
}

pub(crate) fn server(lab: &TestLab) -> &Service {
    &lab.terminal_servers[0]
}

pub(crate) async fn post(lab: &TestLab, path: &str, body: serde_json::Value) -> Result<serde_json::Value, Box<Problem>> {
    answered(server(lab).api().post(path, &body).await)
}

pub(crate) fn answered(answer: Result<serde_json::Value, lab::failure::Failure>) -> Result<serde_json::Value, Box<Problem>> {
    match answer {
        Ok(value) => Ok(value),
        Err(lab::failure::Failure::Problem(problem)) => Err(problem),
        Err(failure) => panic!("{failure}"),
    }
}

pub(crate) async fn add(lab: &TestLab, category: &str, count: u32) {
    post(lab, "/nt/licenses", json!({ "category": category, "count": count })).await.unwrap();
}

pub(crate) async fn service(lab: &TestLab, action: &str) -> serde_json::Value {
    post(lab, "/nt/service", json!({ "action": action })).await.unwrap()
}

pub(crate) async fn licenses(lab: &TestLab) -> WorkstationLicenses {
    server(lab).get("/nt/licenses").await
}

/// Added and issued licenses of a category.
pub(crate) async fn count(lab: &TestLab, category: Category, temporary: bool) -> Option<(Option<u32>, u32)> {
    let row = licenses(lab).await.rows.into_iter().find(|row: &CategoryRow| row.category == category && row.temporary == temporary);
    row.map(|row| (row.total, row.issued))
}

pub(crate) async fn license_manager(lab: &TestLab) -> LicenseManagerView {
    server(lab).get("/nt/license-manager").await
}

pub(crate) async fn logged(lab: &TestLab, id: u32) -> Vec<LoggedEvent> {
    let page: Page<LoggedEvent> = server(lab).get(&format!("/events?id={id}")).await;
    page.items
}

pub(crate) fn client(name: &str, platform: Platform) -> Device {
    Device::new(name.parse().unwrap(), platform)
}

/// Devices that are logged on and stay.
pub(crate) async fn crowd(lab: &TestLab, count: u32) {
    for number in 0..count {
        let _ = Admitted::of(lab.visit(0, &mut device(&format!("CROWD{number:02}")), stay()).await);
    }
}

/// Vectors: N-01, N-02.
/// Rules: NT-01, NT-02, NT-04, NT-05, NT-44, TL-02.
#[tokio::test]
async fn a_workstation_uses_nothing_up_and_windows_95_takes_a_full_license_for_good() {
    let lab = nt4(5).await;
    add(&lab, "full", 1).await;
    let mut workstation = client("NTWS", Platform::WindowsNt4);
    let visit = lab.log_on(&mut workstation).await;
    assert_eq!((visit.connected.rule.as_str(), visit.fired("NT-14")), ("NT-02", true));
    assert_eq!(count(&lab, Category::Existing, false).await, Some((None, 1)));
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(1), 0)));

    let mut old = client("OLD95", Platform::Windows95);
    let visit = lab.log_on(&mut old).await;
    assert_eq!(visit.connected.rule, "NT-04");
    assert_eq!((visit.cal().kind, visit.cal().version, visit.cal().expires_at), (CalKind::Permanent, ProductVersion::V4_0, LabTime::NEVER));
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(1), 1)));
    let titles: Vec<String> = licenses(&lab).await.rows.into_iter().map(|row| row.title).collect();
    assert_eq!(titles, ["Existing Windows NT Workstation", "Windows NT Workstation Full", "Windows NT Workstation Upgrade"]);
    assert_eq!(old.licensing.store.len(), 1, "under MSLicensing");
    assert_eq!(lab.log_on(&mut old).await.connected.rule, "NT-44");
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(1), 1)));
}

/// Vectors: N-03, N-04, N-05.
/// Rules: NT-03, NT-10, NT-30, NT-31, NT-32, CON-03, CON-05.
#[tokio::test]
async fn a_temporary_of_sixty_days_is_kept_to_its_end_although_licenses_were_added() {
    let mut lab = nt4(5).await;
    let mut old = client("NT351", Platform::WindowsNt35);
    assert_eq!(count(&lab, Category::Upgrade, true).await, None);
    let visit = lab.log_on(&mut old).await;
    let temporary = visit.cal().clone();
    assert_eq!((visit.connected.rule.as_str(), temporary.kind, temporary.expires_at), ("NT-10", CalKind::Temporary, lab.now() + days(60)));
    assert_eq!(count(&lab, Category::Upgrade, true).await, Some((None, 1)));
    let row = licenses(&lab).await.rows.pop().unwrap();
    assert_eq!(row.title, "Temporary Windows NT Workstation Upgrade license");

    lab.advance(days(10)).await;
    add(&lab, "upgrade", 5).await;
    let visit = lab.log_on(&mut old).await;
    assert_eq!((visit.connected.rule.as_str(), visit.cal()), ("NT-31", &temporary));
    assert_eq!(count(&lab, Category::Upgrade, false).await, Some((Some(5), 0)));

    lab.advance(days(45)).await;
    let visit = lab.log_on(&mut old).await;
    assert!(visit.connected.warning.is_some_and(|warning| warning.contains("5 days")), "it ends soon");

    lab.advance(days(6)).await;
    let visit = lab.log_on(&mut old).await;
    assert_eq!((visit.connected.rule.as_str(), visit.cal().expires_at), ("NT-32", LabTime::NEVER));
    assert_eq!(count(&lab, Category::Upgrade, false).await, Some((Some(5), 1)));
    assert_eq!(count(&lab, Category::Upgrade, true).await, Some((None, 0)), "its line stays");
}

/// Rules: CON-05, PD-06.
#[tokio::test]
async fn where_nt_4_waits_for_the_end_of_a_temporary_2003_replaces_it_at_the_next_visit() {
    let plan = Plan::default().terminal_servers(&[("NT1", Generation::WindowsNt4), ("TS1", Generation::Windows2003)]);
    let lab = plan.grace_running().start().await;
    post(&lab, "/nt/license-manager/cals", json!({ "count": 5 })).await.unwrap();
    let mut pc = device("PC01");
    for server in [0, 1] {
        assert_eq!(Admitted::of(lab.visit(server, &mut pc, log_on()).await).cal().kind, CalKind::Temporary);
    }
    add(&lab, "full", 5).await;
    assert_eq!(Admitted::of(lab.visit(0, &mut pc, log_on()).await).cal().kind, CalKind::Temporary);
    assert_eq!(Admitted::of(lab.visit(1, &mut pc, log_on()).await).cal().kind, CalKind::Permanent);
}

/// Rules: NT-44, NT-31.
#[tokio::test]
async fn a_license_that_cannot_be_read_is_an_event_without_a_name_and_no_denial() {
    let lab = nt4(5).await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    pc.damage(*pc.licensing.store.keys().next().unwrap(), Part::Signature, 40).unwrap();
    let visit = lab.log_on(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.fired("NT-44")), ("NT-31", true), "the one on record, once more");
    let event = logged(&lab, 1003).await.remove(0).record;
    assert!(event.source == "TermService" && !event.text.contains("PC01"), "{event:?}");
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "NT-31");
    assert_eq!(logged(&lab, 1003).await.len(), 1);
}

/// Rules: NT-30, CON-03.
#[tokio::test]
async fn by_the_other_article_a_temporary_lasts_ninety_days() {
    let lab = nt4(5).await;
    assert_eq!(lab.log_on(&mut device("PC01")).await.cal().expires_at, lab.now() + days(60));
    server(&lab).patch("/nt/settings", &json!({ "temporaries_of_90_days": true })).await;
    assert_eq!(lab.log_on(&mut device("PC02")).await.cal().expires_at, lab.now() + days(90));
}

/// Rules: NT-10, NT-33, CON-04.
#[tokio::test]
async fn without_licenses_one_temporary_follows_the_other_for_ever() {
    let mut lab = nt4(5).await;
    let mut old = client("OLD95", Platform::Windows95);
    assert_eq!(lab.log_on(&mut old).await.connected.rule, "NT-10");
    for _ in 0..4 {
        lab.advance(days(60)).await;
        let visit = lab.log_on(&mut old).await;
        assert_eq!((visit.connected.rule.as_str(), visit.cal().expires_at), ("NT-33", lab.now() + days(60)));
    }
    assert_eq!(count(&lab, Category::Full, true).await, Some((None, 1)));
}

/// Vectors: N-07, N-08, N-09.
/// Rules: NT-11, NT-12, NT-13, NT-14, NT-19, FT-18.
#[tokio::test]
async fn the_sixth_of_five_is_denied_until_license_manager_has_one_more() {
    let lab = nt4(5).await;
    add(&lab, "full", 100).await;
    crowd(&lab, 5).await;
    assert_eq!(license_manager(&lab).await.in_use, 5);
    let mut sixth = device("SIXTH");
    let denial = lab.denied(&mut sixth).await;
    assert_eq!((denial.rule.as_str(), denial.code, denial.event), ("NT-11", None, Some(201)));
    assert_eq!(denial.text, "Terminal Server has ended the connection.");
    let event = logged(&lab, 201).await.remove(0).record;
    assert_eq!(event.source, "LicenseService");
    assert!(event.text.contains("SYSTEM") && event.text.contains("TermService"), "{event:?}");
    let boss = refused(lab.visit_as(0, &mut device("BOSS"), "administrator", true, Then::Cancel).await);
    assert!(boss.trace.iter().any(|step| step.rule == "NT-19"), "{boss:?}");

    add(&lab, "full", 50).await;
    assert_eq!(lab.denied(&mut sixth).await.rule, "NT-11");
    post(&lab, "/nt/license-manager/cals", json!({ "count": 1 })).await.unwrap();
    assert_eq!(lab.connect(&mut sixth).await.connected.rule, "NT-04");
}

/// Rules: NT-11, NT-12, NT-16.
#[tokio::test]
async fn sessions_and_shares_draw_on_one_counter() {
    let lab = nt4(2).await;
    let open = async |device: &str| {
        let path = format!("/nt/shares/{device}");
        server(&lab).api().put::<_, serde_json::Value>(&path, &json!({ "user": "anna" })).await
    };
    answered(open("PC01").await).unwrap();
    answered(open("PC01").await).unwrap();
    assert_eq!(license_manager(&lab).await.shares.len(), 1, "opened once");
    crowd(&lab, 1).await;
    assert_eq!(lab.denied(&mut device("PC02")).await.rule, "NT-11");
    let problem = answered(open("PC03").await).unwrap_err();
    assert_eq!((problem.code, problem.rules.clone()), (ProblemCode::Denied, vec![rule::NT_11]));
    let event = logged(&lab, 201).await.remove(0).record;
    assert!(event.text.contains("anna") && event.text.contains("SMBServer 4.0"), "{event:?}");
    server(&lab).api().delete("/nt/shares/PC01").await.unwrap();
    lab.connect(&mut device("PC02")).await;
}

/// Vector: N-10.
/// Rules: NT-17, NT-18, NT-19.
#[tokio::test]
async fn somebody_at_the_console_has_the_only_cal_and_license_manager_shows_none_in_use() {
    let lab = nt4(1).await;
    let at_console = async |user: &str| answered(server(&lab).api().put("/nt/console", &json!({ "user": user })).await);
    at_console("administrator").await.unwrap();
    assert_eq!(license_manager(&lab).await.in_use, 0);
    let denial = lab.denied(&mut device("PC01")).await;
    let rules: Vec<&str> = denial.trace.iter().map(|step| step.rule.as_str()).collect();
    assert_eq!(rules, ["NT-14", "NT-17", "NT-18", "NT-11"]);
    assert_eq!(logged(&lab, 201).await.len(), 1);
    server(&lab).api().delete("/nt/console").await.unwrap();
    let _ = Admitted::of(lab.visit(0, &mut device("PC01"), stay()).await);
    let anna = at_console("anna").await.unwrap_err();
    assert_eq!(anna.rules, ["NT-17", "NT-19"]);
    at_console("administrator").await.unwrap();
}

/// Vector: N-12.
/// Rules: NT-15, CON-16.
#[tokio::test]
async fn per_seat_comes_with_a_restart_loses_the_count_and_lets_number_31_of_ten_in() {
    let mut lab = nt4(3).await;
    crowd(&lab, 3).await;
    lab.denied(&mut device("PC01")).await;
    server(&lab).api().act("/nt/license-manager/per-seat").await.unwrap();
    let view = license_manager(&lab).await;
    assert!(view.per_seat_at_next_start && view.bought == 3, "{view:?}");
    lab.denied(&mut device("PC01")).await;
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    post(&lab, "/nt/license-manager/cals", json!({ "count": 10 })).await.unwrap();
    let view = license_manager(&lab).await;
    assert_eq!((view.mode.title(), view.bought, view.in_use), ("Per Seat", 10, 0));
    crowd(&lab, 30).await;
    assert_eq!(license_manager(&lab).await.in_use, 30);
    let visit = lab.connect(&mut device("NO31")).await;
    assert!(visit.fired("NT-15"));
    let again = server(&lab).api().act("/nt/license-manager/per-seat").await.unwrap_err();
    assert!(again.to_string().contains("no way back"), "{again}");
}

/// Rules: CON-16, NT-14, NT-15.
#[tokio::test]
async fn by_a_vendor_s_paper_there_is_per_seat_only() {
    let lab = nt4(3).await;
    crowd(&lab, 3).await;
    lab.denied(&mut device("PC01")).await;
    server(&lab).patch("/nt/settings", &json!({ "per_seat_only": true })).await;
    let visit = lab.connect(&mut device("PC01")).await;
    assert!(visit.fired("NT-15"), "the count denies nobody");
    let view = license_manager(&lab).await;
    assert_eq!((view.mode.title(), view.bought, view.in_use), ("Per Seat", 3, 3), "the visitor has left again");
    let chosen = server(&lab).api().act("/nt/license-manager/per-seat").await.unwrap_err();
    assert!(chosen.to_string().contains("no way back"), "there is nothing to choose: {chosen}");
    server(&lab).patch("/nt/settings", &json!({ "per_seat_only": false })).await;
    assert_eq!(license_manager(&lab).await.mode.title(), "Per Server");
    lab.denied(&mut device("PC02")).await;
}

/// Vector: N-13.
/// Rules: NT-20.
#[tokio::test]
async fn with_the_licensing_service_stopped_clients_come_in_untracked() {
    let lab = nt4(5).await;
    add(&lab, "full", 3).await;
    let mut known = device("KNOWN");
    lab.log_on(&mut known).await;
    service(&lab, "stop").await;
    let mut new = client("OLD95", Platform::Windows95);
    let visit = lab.log_on(&mut new).await;
    assert_eq!((visit.connected.rule.as_str(), visit.connected.license.as_ref()), ("NT-20", None));
    assert_eq!(count(&lab, Category::Full, false).await, Some((Some(3), 1)));
    assert_eq!(lab.log_on(&mut known).await.connected.rule, "NT-44", "who has a license shows it");
    let refusal = post(&lab, "/nt/licenses", json!({ "category": "full", "count": 1 })).await.unwrap_err();
    assert_eq!(refusal.rules, ["NT-20"]);
    assert!(service(&lab, "start").await["running"].as_bool().unwrap());
    assert_eq!(lab.log_on(&mut new).await.connected.rule, "NT-04");
}

/// Rules: NT-21.
#[tokio::test]
async fn with_the_switch_on_a_domain_user_without_a_license_does_without_the_profile() {
    let lab = nt4(5).await;
    let account = json!({ "password": "correct horse", "administrator": false });
    let name = "/accounts/lab%5Canna";
    server(&lab).api().put::<_, ()>(name, &account).await.unwrap();
    let visit = async |device: &mut Device| {
        let admitted = Admitted::of(lab.visit_as(0, device, "lab\\anna", false, log_on()).await);
        let client::session::Logon::LoggedOn { answer, .. } = admitted.logon else { panic!("no logon") };
        answer.trace.iter().any(|step| step.rule == "NT-21")
    };
    let mut pc = device("PC01");
    assert!(!visit(&mut pc).await, "off by default: a temporary is as good");
    server(&lab).patch("/nt/settings", &json!({ "profile_needs_license": true })).await;
    assert!(visit(&mut pc).await, "a temporary is no license");
    add(&lab, "full", 5).await;
    assert!(!visit(&mut device("PC02")).await);
}

/// Rules: NT-52.
#[tokio::test]
async fn a_handheld_takes_another_license_with_every_identity() {
    let lab = nt4(5).await;
    add(&lab, "full", 10).await;
    let mut handheld = client("CE01", Platform::Other);
    for taken in 1..=4 {
        lab.log_on(&mut handheld).await;
        assert_eq!(count(&lab, Category::Full, false).await, Some((Some(10), taken)));
        handheld.change_identity();
    }
    let records: Vec<WorkstationRecord> = server(&lab).all("/nt/records").await;
    assert_eq!(records.iter().filter(|record| record.device.as_str() == "CE01").count(), 4);
}

/// Rules: NT-44.
#[tokio::test]
async fn a_license_of_another_server_or_version_counts_as_none_here_and_is_none_there() {
    let plan = Plan::default().terminal_servers(&[
        ("NT1", Generation::WindowsNt4),
        ("NT2", Generation::WindowsNt4),
        ("TS1", Generation::Windows2003),
    ]);
    let lab = plan.grace_running().start().await;
    for nt in &lab.terminal_servers[..2] {
        nt.api().post::<_, serde_json::Value>("/nt/license-manager/cals", &json!({ "count": 5 })).await.unwrap();
    }
    let mut pc = device("PC01");
    lab.visit(2, &mut pc, log_on()).await;
    assert_eq!(Admitted::of(lab.visit(0, &mut pc, log_on()).await).cal().issuer.as_str(), "NT1");
    let there = Admitted::of(lab.visit(1, &mut pc, log_on()).await);
    assert_eq!((there.cal().issuer.as_str(), there.fired("NT-44")), ("NT2", true));
    let back = Admitted::of(lab.visit(0, &mut pc, log_on()).await);
    assert_eq!((back.connected.rule.as_str(), back.cal().issuer.as_str()), ("NT-31", "NT1"), "the record knows the device");
    let modern = Admitted::of(lab.visit(2, &mut pc, log_on()).await);
    assert_eq!(modern.connected.rule, "PD-06", "a 2003 server is shown its own");
    assert_eq!(pc.licensing.store.len(), 2);
}

/// Rules: NT-01.
#[tokio::test]
async fn there_is_no_license_server_of_windows_nt_4() {
    let folder = tempfile::tempdir().unwrap();
    let service = chassis::config::ServiceConfig::embedded("LS1".parse().unwrap(), folder.path().to_owned());
    let config = license_server::Config { generation: Generation::WindowsNt4, ..license_server::Config::embedded(service) };
    let refused = license_server::start(config).await.err().unwrap();
    assert!(refused.to_string().contains("has no license server"), "{refused}");
}

/// Rules: NT-01.
#[tokio::test]
async fn another_generation_has_no_license_manager_and_nt_has_no_modes_and_no_grace() {
    let lab = Plan::default().start().await;
    let refusal = server(&lab).api().get::<serde_json::Value>("/nt/licenses").await.unwrap_err();
    assert!(refusal.to_string().contains("not Windows NT 4.0"), "{refusal}");
    let lab = nt4(5).await;
    assert!(!lab.grace().await.running);
    for change in [json!({ "application_mode": false }), json!({ "policy_ac_on": 4 })] {
        assert!(server(&lab).api().patch::<_, serde_json::Value>("/settings", &change).await.is_err(), "{change}");
    }
}
