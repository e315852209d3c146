//! What a license server does of itself: its group, its events, its switches.

use shared::model::{CalKind, ServerName};
use shared::wire::license_server::{SecurityGroup, Standing};
use tests::harness::{Plan, days, device};

/// Rules: LS-01, FT-15.
#[tokio::test]
async fn the_group_policy_alone_cuts_everyone_off_until_a_member_is_added_and_the_service_restarted() {
    let mut lab = Plan::default().start().await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "security_group_policy": true })).await;
    let denial = lab.denied(&mut device("PC01")).await;
    assert_eq!((denial.code, denial.trace.iter().any(|step| step.rule == "LS-01")), (Some(258), true));
    let members = SecurityGroup { members: vec!["TS1".parse::<ServerName>().unwrap()], in_force: None };
    let group: SecurityGroup = lab.license_servers[0].api().put("/security-group", &members).await.unwrap();
    assert_eq!((group.members.len(), group.in_force.map(|names| names.len())), (1, Some(0)));
    assert_eq!(lab.denied(&mut device("PC01")).await.code, Some(258), "a change of the group needs a restart");
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PD-01");
}

/// Rules: LS-01, LS-13, SD-16.
#[tokio::test]
async fn the_group_bars_marks_too() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "security_group_policy": true })).await;
    lab.log_on(&mut pc).await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "security_group_policy": false })).await;
    assert_eq!(lab.records(0, "PC01").await[0].standing, Standing::NotValidated);
}

/// Rules: LS-11, SD-07, OQ-8.
#[tokio::test]
async fn a_pool_with_ten_percent_left_is_announced_after_each_draw() {
    let lab = Plan::default().device_cals(10).start().await;
    for number in 1..=8 {
        lab.licensed(&format!("PC{number:02}")).await;
    }
    assert_eq!(lab.license_server_events(0, 20).await, 0, "two of ten are left");
    lab.licensed("PC09").await;
    assert_eq!(lab.license_server_events(0, 20).await, 1);
    lab.licensed("PC10").await;
    assert_eq!(lab.license_server_events(0, 20).await, 2);
}

/// Rules: SD-10.
#[tokio::test]
async fn a_permanent_on_record_outlives_the_answer_that_was_lost() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let before = pc.clone();
    let upgraded = lab.connect(&mut pc).await;
    // The answer with the permanent never reached the device: it presents its temporary again.
    let mut pc = before;
    let again = lab.connect(&mut pc).await;
    assert_eq!((again.connected.rule.as_str(), again.cal()), ("PD-06", upgraded.cal()));
    assert_eq!(lab.pool(0).await, (19, 20), "SD-10: handed out as it stands");
}

/// Rules: RN-02, SD-10.
#[tokio::test]
async fn a_renewal_whose_answer_was_lost_does_not_extend_twice() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(55)).await;
    let before = pc.clone();
    let renewed = lab.connect(&mut pc).await;
    lab.advance(days(1)).await;
    let mut pc = before;
    let again = lab.connect(&mut pc).await;
    assert_eq!((again.connected.rule.as_str(), again.cal()), ("PD-14", renewed.cal()));
}

/// Rules: SD-09.
#[tokio::test]
async fn the_license_server_s_clock_decides_what_is_issued() {
    let lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    let end = lab.now() + days(60);
    // The terminal server alone is near the end; the license server sees no reason to extend.
    let change = shared::wire::common::ClockChange::Set { to: end - days(3) };
    lab.terminal_servers[0].api().post::<_, serde_json::Value>("/lab/clock", &change).await.unwrap();
    let visit = lab.connect(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.cal().kind, visit.cal().expires_at), ("PD-15", CalKind::Permanent, end));
}
