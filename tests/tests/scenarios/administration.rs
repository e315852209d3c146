//! Remote administration, sessions and accounts.

use client::session::{Answer, Logon, Then};
use shared::model::Span;
use shared::wire::common::Page;
use shared::wire::terminal_server::{Ending, SessionRow, SessionState, SettingsChange};
use tests::harness::{Admitted, Plan, Service, days, device, log_on, log_on_wrongly, refused, stay};

/// Vector: D-30.
/// Rules: PD-24, PD-25.
#[tokio::test]
async fn remote_administration_looks_at_no_license_and_needs_no_license_server() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.settings(SettingsChange { application_mode: Some(false), ..SettingsChange::default() }).await;
    lab.license_servers[0].stop().await;
    lab.advance(days(91)).await;
    let visit = Admitted::of(lab.visit_as(0, &mut pc, "administrator", false, log_on()).await);
    assert_eq!(visit.connected.rule, "PD-24");
    assert!(matches!(visit.logon, Logon::LoggedOn { .. }));
}

/// Rules: PD-25, SD-14.
#[tokio::test]
async fn a_third_administrative_session_is_refused_until_one_ends() {
    let lab = Plan::default().start().await;
    let admin = |name: &'static str, then: Then| {
        let lab = &lab;
        async move { lab.visit_as(0, &mut device(name), "administrator", true, then).await }
    };
    let first = Admitted::of(admin("PC01", stay()).await);
    let waiting = admin("PC02", Then::Wait).await;
    assert!(matches!(waiting.verdict, Answer::Accepted { .. }));
    let third = refused(admin("PC03", stay()).await);
    assert_eq!((third.code, third.event, third.rule.as_str()), (None, None, "PD-25"));
    assert!(third.text.contains("two remote administration sessions"), "{}", third.text);
    assert_eq!(lab.connect(&mut device("PC04")).await.connected.rule, "PD-01", "ordinary clients are not counted");
    lab.terminal_servers[0].anyone().post::<_, ()>(&format!("/sessions/{}/logoff", first.connected.session), &()).await.unwrap();
    let third = admin("PC03", stay()).await;
    assert!(matches!(third.verdict, Answer::Accepted { .. }));
}

/// Rules: PD-24.
#[tokio::test]
async fn the_admin_switch_takes_an_administrator_s_account() {
    let lab = Plan::default().start().await;
    let visit = Admitted::of(lab.visit_as(0, &mut device("PC01"), "anna", true, log_on()).await);
    assert!(matches!(visit.logon, Logon::Failed { .. }));
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, Some(Ending::LogonFailed));
}

#[tokio::test]
async fn a_session_ends_as_its_user_ends_it() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.visit(0, &mut pc, Then::Cancel).await;
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, Some(Ending::LogonCancelled));
    lab.visit(0, &mut pc, log_on_wrongly()).await;
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, Some(Ending::LogonFailed));
    lab.visit(0, &mut pc, log_on()).await;
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, Some(Ending::LoggedOff));
    lab.visit(0, &mut pc, stay()).await;
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, None, "still active, and on top of the list");
}

#[tokio::test]
async fn a_logon_screen_waits_for_ten_lab_minutes() {
    let mut lab = Plan::default().start().await;
    lab.visit(0, &mut device("PC01"), Then::Wait).await;
    lab.advance(Span::seconds(599)).await;
    assert_eq!(ending(&lab.terminal_servers[0], 0).await, None);
    lab.advance(Span::seconds(1)).await;
    let row = sessions(&lab.terminal_servers[0]).await.remove(0);
    assert_eq!(row.session.state, SessionState::Ended { at: lab.now(), how: Ending::NoLogon });
}

#[tokio::test]
async fn sessions_end_with_the_service_and_the_list_keeps_them() {
    let mut lab = Plan::default().start().await;
    lab.visit(0, &mut device("PC01"), stay()).await;
    lab.visit(0, &mut device("PC02"), Then::Wait).await;
    let before = sessions(&lab.terminal_servers[0]).await.len();
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    let after = sessions(&lab.terminal_servers[0]).await;
    assert_eq!(after.len(), before);
    for row in &after[..2] {
        assert!(matches!(row.session.state, SessionState::Ended { how: Ending::ServiceStopped, .. }), "{row:?}");
    }
}

#[tokio::test]
async fn a_changed_password_is_checked_anew() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    assert!(matches!(lab.log_on(&mut pc).await.logon, Logon::LoggedOn { .. }));
    let change = serde_json::json!({ "password": "another one" });
    lab.terminal_servers[0].api().put::<_, ()>("/accounts/anna", &change).await.unwrap();
    assert!(matches!(lab.log_on(&mut pc).await.logon, Logon::Failed { .. }), "the old one is not remembered");
    lab.terminal_servers[0].api().delete("/accounts/anna").await.unwrap();
    assert!(matches!(lab.log_on(&mut pc).await.logon, Logon::Failed { .. }));
}

async fn sessions(service: &Service) -> Vec<SessionRow> {
    service.get::<Page<SessionRow>>("/sessions").await.items
}

async fn ending(service: &Service, index: usize) -> Option<Ending> {
    match sessions(service).await.remove(index).session.state {
        SessionState::Ended { how, .. } => Some(how),
        SessionState::WaitingForLogon | SessionState::Active { .. } => None,
    }
}
