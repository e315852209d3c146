//! Per user on Windows Server 2003: vectors U-01 to U-05.

use client::session::Then;
use shared::model::PolicyAcOn;
use shared::model::{ProductType, ProductVersion};
use shared::wire::terminal_server::{LicenseStatus, SettingsChange};
use tests::harness::{Admitted, Plan, TestLab, days, device};

/// Vector: U-01.
/// Rules: PU-02, PU-04, WS03-07, CON-11.
#[tokio::test]
async fn fifty_users_connect_on_five_user_cals_and_no_count_changes() {
    let lab = per_user(Plan::default().packs(&[(0, ProductVersion::V5_2, ProductType::User, 5)])).await;
    let visits = (1..=50).map(|number| {
        let lab = &lab;
        async move {
            let mut pc = device(&format!("PC{number:02}"));
            let admitted = lab.log_on(&mut pc).await;
            assert_eq!((admitted.connected.rule.as_str(), admitted.connected.status), ("PU-02", LicenseStatus::NotExamined));
            assert!(pc.licensing.store.is_empty(), "nothing is written to the client's store");
        }
    });
    futures_util::future::join_all(visits).await;
    let list: shared::wire::license_server::PackList = lab.license_servers[0].get("/packs").await;
    assert_eq!((list.packs[0].available, list.packs[0].pack.total), (5, 5));
}

/// Vector: U-02.
/// Rules: PU-02, WS03-06, WS03-08, CON-25.
#[tokio::test]
async fn user_cals_need_not_be_there_at_all() {
    let lab = per_user(Plan::default()).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PU-02");
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Vector: U-03.
/// Rules: PU-03.
#[tokio::test]
async fn a_user_is_denied_while_no_license_server_is_within_reach() {
    let mut lab = per_user(Plan::default()).await;
    lab.license_servers[0].stop().await;
    let denial = lab.denied(&mut device("PC01")).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "PU-03"));
}

/// Vector: U-05.
/// Rules: PU-06, CON-09, SD-17.
#[tokio::test]
async fn an_unactivated_license_server_is_enough_unless_the_strict_switch_is_on() {
    let lab = per_user(Plan::default().not_activated()).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PU-02");
    lab.settings(SettingsChange { per_user_requires_activated: Some(true), ..SettingsChange::default() }).await;
    let denial = lab.denied(&mut device("PC01")).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "PU-06"));
    lab.activate(0).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PU-02");
}

/// Rules: PU-01, GR-12.
#[tokio::test]
async fn grace_of_a_per_user_server_runs_its_full_term() {
    let mut lab = Plan::default().grace_running().start().await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    assert_eq!(lab.log_on(&mut device("PC01")).await.connected.rule, "PU-01");
    lab.advance(days(119)).await;
    assert_eq!(lab.log_on(&mut device("PC01")).await.connected.rule, "PU-01");
    lab.advance(days(1)).await;
    assert_eq!(lab.log_on(&mut device("PC01")).await.connected.rule, "PU-02");
}

/// Rules: PU-05, CON-11.
#[tokio::test]
async fn an_old_temporary_is_ignored_in_per_user_mode() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    let visit = lab.log_on(&mut pc).await;
    assert!(visit.fired("PU-05") && visit.connected.license.is_none(), "{visit:?}");
    assert_eq!(lab.pool(0).await, (20, 20), "never upgraded");
}

/// Rules: PU-02, LS-01, SD-16.
#[tokio::test]
async fn a_license_server_that_refuses_by_its_group_is_still_within_reach() {
    let lab = per_user(Plan::default()).await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "security_group_policy": true })).await;
    let visit = Admitted::of(lab.visit(0, &mut device("PC01"), Then::Cancel).await);
    assert_eq!(visit.connected.rule, "PU-02");
}

async fn per_user(plan: Plan) -> TestLab {
    let lab = plan.start().await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    lab
}
