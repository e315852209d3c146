//! The grace period: vectors G-01 to G-08.

use client::session::{Logon, Then};
use shared::model::{CalKind, Generation, GraceEnd, Span};
use shared::rulebook::rule;
use shared::wire::terminal_server::{LicenseStatus, SettingsChange};
use tests::harness::{Admitted, Plan, TestLab, days, device, introduce, log_on, refused};

/// Vector: G-01.
/// Rules: GR-01, GR-02, GR-05, PD-05, CON-02.
#[tokio::test]
async fn grace_runs_for_120_days_from_the_first_client_and_not_from_the_installation() {
    let mut lab = alone(Generation::Windows2003).await;
    let installed = lab.now();
    assert_eq!(lab.grace().await.days_left, 120);
    lab.advance(days(30)).await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    assert_eq!((first.connected.rule.as_str(), first.connected.status), ("PD-05", LicenseStatus::ValidClient));
    assert!(first.fired("GR-05") && pc.licensing.store.is_empty());
    lab.go_to(installed + days(149)).await;
    lab.log_on(&mut pc).await;
    lab.go_to(installed + days(151)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "PD-05"));
    let grace = lab.grace().await;
    assert_eq!((grace.days_left, grace.ends_at), (0, Some(installed + days(150))));
}

/// Vector: G-02.
/// Rules: GR-03, GR-04, GR-10, CON-01, CON-23, SD-08, FT-24.
#[tokio::test]
async fn the_first_permanent_that_the_server_receives_ends_grace_and_sets_the_marker() {
    let mut lab = Plan::default().grace_running().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.advance(days(10)).await;
    let before = lab.grace().await;
    assert_eq!((before.running, before.days_left, before.marker), (true, 110, false));
    lab.log_on(&mut pc).await;
    let after = lab.grace().await;
    assert_eq!((after.running, after.days_left, after.marker), (false, 0, true));
    assert_eq!(after.ended.map(|ended| (ended.at, ended.rule)), Some((lab.now(), rule::GR_03)));
}

/// Rules: GR-03, SD-08, CON-23.
#[tokio::test]
async fn a_permanent_that_another_terminal_server_received_ends_no_grace_here() {
    let plan = Plan::default().grace_running().terminal_servers(&[("TS1", Generation::Windows2003), ("TS2", Generation::Windows2003)]);
    let lab = plan.start().await;
    let mut pc = device("PC01");
    lab.visit(1, &mut pc, log_on()).await;
    lab.visit(1, &mut pc, log_on()).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13");
    assert!(lab.grace().await.running, "the license was presented here, not received from a license server");
    pc.delete_license(*pc.licensing.store.keys().next().unwrap());
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-02");
    assert!(!lab.grace().await.running, "handed back counts");
}

/// Vector: G-04.
/// Rules: GR-06, GR-11, CON-01, PD-11.
#[tokio::test]
async fn a_located_license_server_ends_grace_under_one_reading_and_not_under_the_other() {
    let mut lab = alone(Generation::Windows2003).await;
    let mut first = device("PC00");
    lab.connect(&mut first).await;
    let day_0 = lab.now();
    lab.advance(days(1)).await;
    introduce(&lab.terminal_servers[0], &lab.license_servers[0]).await;
    let mut pc = device("PC01");
    assert_eq!(lab.log_on(&mut pc).await.cal().kind, CalKind::Temporary);
    lab.go_to(day_0 + days(100)).await;
    let visit = lab.connect(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.fired("GR-06")), ("PD-11", true), "grace decides");
    policy(&lab, GraceEnd::LsLocated).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event), (Some(265), Some(1011)));
    assert_eq!(lab.grace().await.ended.unwrap().at, day_0 + days(1));
    policy(&lab, GraceEnd::LsActivatedLocated).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-11", "located, but never activated: grace is running");
}

/// Rules: GR-11.
#[tokio::test]
async fn an_activated_license_server_ends_grace_when_it_is_located_even_before_any_client() {
    let lab = Plan::default().grace_running().start().await;
    policy(&lab, GraceEnd::LsActivatedLocated).await;
    let grace = lab.grace().await;
    assert!(grace.running, "when it was enrolled it was not activated yet: {grace:?}");
    lab.terminal_servers[0].list_license_servers(&[]).await;
    lab.terminal_servers[0].list_license_servers(&["LS1"]).await;
    assert!(!lab.grace().await.running);
}

/// Vector: G-06.
/// Rules: GR-07.
#[tokio::test]
async fn grace_does_not_switch_licensing_off() {
    let mut lab = Plan::default().grace_running().start().await;
    lab.connect(&mut device("PC00")).await;
    lab.advance(days(5)).await;
    let visit = lab.connect(&mut device("PC01")).await;
    assert_eq!((visit.connected.rule.as_str(), visit.cal().kind), ("PD-01", CalKind::Temporary));
    assert!(lab.grace().await.running);
}

/// Vector: G-08.
/// Rules: W2K-05, W2K-08, GR-01, W2K-19, CON-18.
#[tokio::test]
async fn a_2000_server_has_ninety_days_of_grace_and_then_ninety_of_a_temporary() {
    let mut lab = alone(Generation::Windows2000Sp3).await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let day_0 = lab.now();
    assert_eq!(lab.grace().await.ends_at, Some(day_0 + days(90)));
    lab.go_to(day_0 + days(89)).await;
    lab.license_servers[0].trust_clearinghouse(&lab.clearinghouse.identity().await, &lab.clearinghouse.url()).await;
    lab.activate(0).await;
    introduce(&lab.terminal_servers[0], &lab.license_servers[0]).await;
    assert_eq!(lab.log_on(&mut pc).await.cal().expires_at, day_0 + days(179));
    lab.go_to(day_0 + days(179) - Span::MINUTE).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    lab.go_to(day_0 + days(179)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event), (Some(265), Some(1004)), "a 2000 server logs 1004");
}

/// Rules: GR-08, GR-09.
#[tokio::test]
async fn the_end_of_grace_is_announced_for_a_fortnight_and_then_complained_of_daily() {
    let mut lab = alone(Generation::Windows2003).await;
    lab.connect(&mut device("PC01")).await;
    lab.advance(days(105)).await;
    assert_eq!(lab.terminal_server_events(1009).await, 0);
    lab.advance(days(1)).await;
    assert_eq!(lab.terminal_server_events(1009).await, 1, "14 days are left");
    lab.advance(days(14)).await;
    assert_eq!((lab.terminal_server_events(1009).await, lab.terminal_server_events(1008).await), (14, 1));
    lab.advance(days(3)).await;
    assert_eq!((lab.terminal_server_events(1009).await, lab.terminal_server_events(1008).await), (14, 4));
    introduce(&lab.terminal_servers[0], &lab.license_servers[0]).await;
    lab.advance(days(3)).await;
    assert_eq!(lab.terminal_server_events(1008).await, 4, "a license server has been located");
}

/// Rules: GR-02, PD-24.
#[tokio::test]
async fn administrators_do_not_start_grace() {
    let mut lab = alone(Generation::Windows2003).await;
    let visit = Admitted::of(lab.visit_as(0, &mut device("PC01"), "administrator", true, log_on()).await);
    assert_eq!(visit.connected.rule, "PD-24");
    lab.advance(days(200)).await;
    let grace = lab.grace().await;
    assert_eq!((grace.began_at, grace.days_left, grace.running), (None, 120, true));
    lab.connect(&mut device("PC02")).await;
    assert_eq!(lab.grace().await.began_at, Some(lab.now()));
}

/// Rules: GR-04.
#[tokio::test]
async fn grace_and_its_marker_survive_a_restart() {
    let mut lab = Plan::default().grace_running().start().await;
    lab.licensed("PC01").await;
    let before = lab.grace().await;
    lab.terminal_servers[0].stop().await;
    lab.advance(days(3)).await;
    lab.start_terminal_server(0).await;
    assert_eq!(lab.grace().await, before);
}

/// Rules: SD-15, PD-12.
#[tokio::test]
async fn a_logon_that_only_grace_let_in_marks_nothing() {
    let mut lab = Plan::default().grace_running().start().await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    lab.license_servers[0].stop().await;
    lab.advance(days(91)).await;
    let visit = lab.log_on(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.connected.status), ("PD-12", LicenseStatus::ValidClient));
    let Logon::LoggedOn { answer, .. } = visit.logon else { panic!("{visit:?}") };
    assert!(answer.trace.is_empty(), "nobody was told, and nobody was missed: {:?}", answer.trace);
}

/// Rules: PD-05, GR-05.
#[tokio::test]
async fn denied_clients_do_not_start_grace() {
    let lab = Plan::default().grace_running().start().await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    let fresh = alone(Generation::Windows2003).await;
    let denial = refused(fresh.visit(0, &mut pc, Then::Cancel).await);
    assert_eq!(denial.code, Some(261), "another lab's license");
    assert_eq!(fresh.grace().await.began_at, None);
}

/// Services that do not know one another: a terminal server without any license server.
async fn alone(generation: Generation) -> TestLab {
    let lab = Plan::default().terminal_servers(&[("TS1", generation)]).not_enrolled().start().await;
    let root = lab.clearinghouse.identity().await.root.unwrap();
    let trust = shared::wire::terminal_server::TrustRoot { root };
    lab.terminal_servers[0].api().put::<_, ()>("/root", &trust).await.unwrap();
    lab
}

async fn policy(lab: &TestLab, grace_end: GraceEnd) {
    lab.settings(SettingsChange { grace_end: Some(grace_end), ..SettingsChange::default() }).await;
}
