//! The 20-CAL recovery story (vectors ), told as S4 tells it.

use client::device::Device;
use shared::model::{CalKind, LabTime, Span};
use shared::wire::license_server::Standing;
use tests::harness::{Plan, TestLab, beginning, days, device, log_on};

/// Vector.
/// Rules: RC-01, RC-02, LS-09, SD-13, PD-06, PD-14.
#[tokio::test]
async fn a_cal_freed_by_a_dead_machine_is_back_before_the_replacement_s_temporary_ends() {
    let mut lab = Plan::default().start().await;
    // The story's day begins at eight in the morning.
    lab.go_to(beginning() + days(122)).await;
    let day_0 = lab.now();
    let mut others = nineteen(&lab).await;

    // device 20, whose temporary is validated, takes the last CAL, for 89 days.
    let mut twenty = device("PC20");
    lab.log_on(&mut twenty).await;
    lab.next_life(0, 89).await;
    assert_eq!(lab.log_on(&mut twenty).await.cal().expires_at, day_0 + days(89));
    assert_eq!(lab.pool(0).await, (0, 20));

    // it dies at noon; its replacement connects and its user logs on.
    lab.advance(Span::seconds(4 * 3600)).await;
    drop(twenty);
    let mut replacement = device("PC20B");
    let first = lab.log_on(&mut replacement).await;
    let temporary_end = day_0 + Span::seconds(4 * 3600) + days(90);
    assert_eq!((first.cal().kind, first.cal().expires_at), (CalKind::Temporary, temporary_end));
    assert_eq!(lab.records(0, "PC20B").await[0].standing, Standing::Validated);
    assert_eq!(lab.pool(0).await, (0, 20));

    // the next day the upgrade is tried, and none is free.
    let before = lab.license_server_events(0, 21).await;
    one_day(&mut lab, day_0, 1, &mut [], &mut replacement).await;
    assert_eq!(lab.license_server_events(0, 21).await, before + 1);

    // everybody comes every day; each of the nineteen renews inside its own last week.
    for day in 2..=88 {
        one_day(&mut lab, day_0, day, &mut others, &mut replacement).await;
    }

    // on day 89, before the sweep, device 20's CAL has ended and still counts.
    one_day(&mut lab, day_0, 89, &mut others, &mut replacement).await;

    // the sweep at 20:00 takes it back.
    let sweep = (day_0 + days(89)).day_start() + Span::seconds(20 * 3600);
    lab.go_to(sweep - Span::seconds(1)).await;
    assert_eq!(lab.pool(0).await, (0, 20));
    lab.go_to(sweep).await;
    assert_eq!(lab.pool(0).await, (1, 20));
    assert!(lab.records(0, "PC20").await.iter().all(|row| row.cal.kind == CalKind::Temporary), "its record is gone");

    // a minute before its temporary ends, the replacement gets the CAL.
    lab.go_to(temporary_end - Span::MINUTE).await;
    let upgraded = lab.log_on(&mut replacement).await;
    assert_eq!((upgraded.connected.rule.as_str(), upgraded.cal().kind), ("PD-06", CalKind::Permanent));
    assert_eq!(lab.pool(0).await, (0, 20));
}

/// Rules: RC-03, RC-04, PD-11.
#[tokio::test]
async fn a_temporary_older_than_the_dead_machine_s_cal_can_be_locked_out_for_a_while() {
    let mut lab = Plan::default().device_cals(1).start().await;
    let mut waiting = device("PC02");
    lab.log_on(&mut waiting).await;
    lab.advance(days(10)).await;
    lab.next_life(0, 89).await;
    lab.licensed("PC01").await;
    lab.advance(days(80)).await;
    assert_eq!(lab.denied(&mut waiting).await.rule, "PD-11", "ten days older than the CAL that will come back");
    lab.advance(days(9) + Span::seconds(12 * 3600)).await;
    assert_eq!(lab.connect(&mut waiting).await.connected.rule, "PD-10", "swept on the evening of the CAL's last day");
}

/// Rules: LS-09.
#[tokio::test]
async fn a_sweep_that_was_missed_while_the_service_was_down_is_made_up_for() {
    let mut lab = Plan::default().device_cals(1).start().await;
    lab.next_life(0, 52).await;
    lab.licensed("PC01").await;
    lab.license_servers[0].stop().await;
    lab.advance(days(54)).await;
    lab.start_license_server(0).await;
    assert_eq!(lab.pool(0).await, (1, 1));
}

async fn nineteen(lab: &TestLab) -> Vec<Device> {
    let mut devices = Vec::new();
    for number in 1..=19 {
        devices.push(lab.licensed(&format!("PC{number:02}")).await);
    }
    devices
}

/// Noon of a day of the story: everybody connects and logs on, and the pool stays empty.
async fn one_day(lab: &mut TestLab, day_0: LabTime, day: u32, others: &mut [Device], replacement: &mut Device) {
    lab.go_to(day_0 + days(day) + Span::seconds(3 * 3600)).await;
    let visits = others.iter_mut().map(|device| lab.visit(0, device, log_on()));
    for visited in futures_util::future::join_all(visits).await {
        let admitted = tests::harness::Admitted::of(visited);
        let rule = admitted.connected.rule.as_str();
        assert!(matches!(rule, "PD-13" | "PD-14"), "day {day}: {rule}");
    }
    let later = lab.log_on(replacement).await;
    assert_eq!(later.connected.rule, "PD-07", "day {day}");
    assert_eq!(lab.pool(0).await, (0, 20), "day {day}");
}
