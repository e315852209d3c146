//! Where the sources disagree: the default and the other side of each switch that no other story shows (SPEC section 14).

use shared::model::PolicyAcOn;
use shared::model::{CalKind, GraceStart};
use shared::wire::license_server::LedgerSettingsChange;
use shared::wire::terminal_server::{LicenseStatus, SettingsChange};
use tests::harness::{Plan, days, device};

/// Rules: CON-02, GR-02.
#[tokio::test]
async fn grace_begins_with_the_first_client_or_by_the_other_reading_with_the_first_start() {
    let mut lab = Plan::default().grace_running().not_enrolled().start().await;
    let installed = lab.now();
    lab.advance(days(30)).await;
    lab.connect(&mut device("PC01")).await;
    assert_eq!((lab.grace().await.began_at, lab.grace().await.days_left), (Some(installed + days(30)), 120));
    lab.settings(SettingsChange { grace_start: Some(GraceStart::ServicesEnabled), ..SettingsChange::default() }).await;
    let grace = lab.grace().await;
    assert!(grace.began_at.is_some_and(|began| began <= installed) && grace.days_left <= 90, "{grace:?}");
    lab.go_to(installed + days(120)).await;
    assert_eq!(lab.denied(&mut device("PC01")).await.rule, "PD-05");
    lab.settings(SettingsChange { grace_start: Some(GraceStart::FirstConnection), ..SettingsChange::default() }).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PD-05", "the same past, read the other way");
}

/// Rules: CON-06.
#[tokio::test]
async fn a_temporary_comes_first_always_or_by_the_other_reading_only_where_no_cal_is_free() {
    let lab = Plan::default().device_cals(1).start().await;
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().kind, CalKind::Temporary);
    let change = LedgerSettingsChange { temporary_for_want_only: Some(true), ..LedgerSettingsChange::default() };
    lab.license_servers[0].patch("/settings", &change).await;
    let admitted = lab.connect(&mut device("PC02")).await;
    assert!(admitted.cal().kind == CalKind::Permanent && admitted.fired("CON-06"), "{admitted:?}");
    assert_eq!(lab.pool(0).await, (0, 1));
    assert_eq!(lab.connect(&mut device("PC03")).await.cal().kind, CalKind::Temporary, "none is free");
}

/// Rules: CON-10.
#[tokio::test]
async fn past_grace_a_server_goes_on_with_an_unactivated_license_server_or_by_the_other_reading_stops() {
    let lab = Plan::default().not_activated().start().await;
    let mut pc = device("PC01");
    assert_eq!(lab.connect(&mut pc).await.cal().kind, CalKind::Temporary);
    lab.settings(SettingsChange { unactivated_stops_server: Some(true), ..SettingsChange::default() }).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "CON-10"));
    lab.activate(0).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-08");
}

/// Rules: CON-11, PU-05.
#[tokio::test]
async fn per_user_gives_no_license_or_by_the_other_reading_a_temporary_that_is_never_upgraded() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    assert_eq!(lab.log_on(&mut pc).await.connected.status, LicenseStatus::NotExamined);
    assert!(pc.licensing.store.is_empty());
    lab.settings(SettingsChange { per_user_temporaries: Some(true), ..SettingsChange::default() }).await;
    for _ in 0..3 {
        let admitted = lab.log_on(&mut pc).await;
        assert!(admitted.cal().kind == CalKind::Temporary && admitted.fired("CON-11"), "{admitted:?}");
    }
    assert_eq!(lab.pool(0).await, (20, 20), "never upgraded");
    lab.advance(days(91)).await;
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "PU-02", "and its end shuts nobody out");
}
