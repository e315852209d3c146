//! License servers among each other: referral, announcements, return notices (LS-07, LS-08, LS-10).

use shared::model::{CalKind, Generation, ProductType, ProductVersion};
use shared::wire::peers::PeerRow;
use tests::harness::{Plan, TestLab, days, device};

const DEVICE: ProductType = ProductType::Device;
const V5_2: ProductVersion = ProductVersion::V5_2;

/// Two license servers that know each other, with so many device CALs each; terminal servers ask the first one first.
async fn two(first: u32, second: u32) -> TestLab {
    let plan = Plan::default().license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)]);
    let packs: Vec<_> = [(0, V5_2, DEVICE, first), (1, V5_2, DEVICE, second)].into_iter().filter(|pack| pack.3 > 0).collect();
    plan.packs(&packs).acquainted().start().await
}

async fn peer(lab: &TestLab, index: usize) -> PeerRow {
    let rows: Vec<PeerRow> = lab.license_servers[index].all("/license-servers").await;
    rows.into_iter().next().expect("one other license server")
}

fn free(row: &PeerRow) -> u32 {
    row.announced.as_ref().expect("an announcement").announcement.packs.iter().map(|pack| pack.available).sum()
}

/// Vector: M-01.
/// Rules: LS-07, LS-08, DI-06, SD-06, LS-12.
#[tokio::test]
async fn an_empty_license_server_refers_to_one_that_announced_free_cals_and_passes_its_license_through() {
    let lab = two(1, 10).await;
    lab.licensed("PC00").await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let second = lab.connect(&mut pc).await;
    assert_eq!((second.cal().kind, second.cal().issuer.as_str()), (CalKind::Permanent, "LS2"));
    assert!(second.fired("LS-07"), "{:#?}", second.connected.trace);
    assert_eq!((lab.pool(0).await, lab.pool(1).await), ((0, 1), (9, 10)));
    assert_eq!(lab.license_server_events(0, 21).await, 1, "logged although the referral helped");
    assert!(lab.records(0, "PC01").await.iter().all(|row| row.standing == shared::wire::license_server::Standing::Closed));
}

/// Rules: LS-08, LS-10.
#[tokio::test]
async fn what_other_license_servers_are_owed_is_said_before_time_is_skipped() {
    let mut lab = two(1, 10).await;
    for round in 1..=5 {
        lab.install(1, V5_2, DEVICE, 5).await;
        lab.advance(days(126)).await;
        assert_eq!(free(&peer(&lab, 0).await), 10 + 5 * round, "LS1 knows of the packs that came before the skip");
        assert!(peer(&lab, 1).await.told);
    }
}

/// Rules: LS-07, DI-06.
#[tokio::test]
async fn before_sp3_a_newcomer_is_referred_before_a_temporary_is_made() {
    let plan = Plan::default()
        .license_servers(&[("LS1", Generation::Windows2000Sp2), ("LS2", Generation::Windows2000Sp2)])
        .terminal_servers(&[("TS1", Generation::Windows2000Sp2)]);
    let lab = plan.packs(&[(1, ProductVersion::V5_0, DEVICE, 5)]).acquainted().grace_running().start().await;
    let got = lab.connect(&mut device("PC01")).await;
    assert_eq!((got.cal().kind, got.cal().issuer.as_str()), (CalKind::Permanent, "LS2"));
}

/// Rules: LS-07, LS-03.
#[tokio::test]
async fn a_license_server_that_is_not_activated_does_not_refer() {
    let plan = Plan::default().license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)]);
    let lab = plan.not_activated().start().await;
    lab.activate(1).await;
    lab.install(1, V5_2, DEVICE, 5).await;
    lab.acquaint().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    assert_eq!(lab.pool(1).await, (5, 5));
}

/// Rules: LS-07.
#[tokio::test]
async fn a_referral_that_finds_the_other_pool_empty_too_is_not_repeated_and_never_goes_round() {
    let lab = two(1, 1).await;
    lab.licensed("PC00").await;
    let mut first = device("PC01");
    lab.log_on(&mut first).await;
    assert_eq!(lab.connect(&mut first).await.cal().issuer.as_str(), "LS2");
    let mut second = device("PC02");
    lab.log_on(&mut second).await;
    let connected = lab.connect(&mut second).await;
    assert_eq!((connected.connected.rule.as_str(), lab.pool(0).await, lab.pool(1).await), ("PD-07", (0, 1), (0, 1)));
    let again = lab.connect(&mut second).await;
    assert!(!again.fired("LS-07"), "what is known to be gone is not asked for: {:#?}", again.connected.trace);
}

/// Rules: LS-07, LS-08.
#[tokio::test]
async fn a_neighbour_that_is_down_costs_nothing_but_a_step_in_the_trace() {
    let mut lab = two(1, 5).await;
    lab.licensed("PC00").await;
    lab.license_servers[1].stop().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let connected = lab.connect(&mut pc).await;
    assert_eq!((connected.connected.rule.as_str(), connected.fired("LS-07")), ("PD-07", true));
    assert!(peer(&lab, 0).await.silent_until.is_some());
}

/// Rules: LS-01, LS-07.
#[tokio::test]
async fn the_security_group_bars_license_servers_too() {
    let mut lab = two(1, 5).await;
    lab.licensed("PC00").await;
    lab.license_servers[1].patch("/settings", &serde_json::json!({ "security_group_policy": true })).await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    let members = serde_json::json!({ "members": ["LS1"] });
    lab.license_servers[1].api().put::<_, serde_json::Value>("/security-group", &members).await.expect("a group");
    lab.license_servers[1].stop().await;
    lab.start_license_server(1).await;
    lab.advance(days(1)).await;
    assert_eq!(lab.connect(&mut pc).await.cal().issuer.as_str(), "LS2");
}

/// Rules: LS-08.
#[tokio::test]
async fn packs_added_and_exhausted_are_announced_and_what_cannot_be_announced_is_logged_and_tried_again() {
    let mut lab = two(1, 5).await;
    assert_eq!(free(&peer(&lab, 1).await), 1);
    lab.install(0, V5_2, DEVICE, 3).await;
    lab.reach_out(0).await;
    assert_eq!(free(&peer(&lab, 1).await), 4);
    for name in ["PC00", "PC01", "PC02", "PC03"] {
        lab.licensed(name).await;
    }
    lab.reach_out(0).await;
    assert_eq!(free(&peer(&lab, 1).await), 0, "exhausted");
    lab.license_servers[1].stop().await;
    lab.install(0, V5_2, DEVICE, 7).await;
    lab.reach_out(0).await;
    assert_eq!(lab.license_server_events(0, 8).await, 1);
    assert!(lab.reach_out(0).await.is_empty(), "not again before the next sweep");
    lab.start_license_server(1).await;
    lab.advance(days(1)).await;
    lab.reach_out(0).await;
    assert_eq!((free(&peer(&lab, 1).await), peer(&lab, 0).await.told), (7, true));
}

/// Vector: M-03.
/// Rules: RN-03, RN-04, LS-10, SD-19, OQ-4, CON-08, CON-14, RN-07.
#[tokio::test]
async fn a_renewal_by_another_server_is_given_back_at_the_issuer_once_that_can_be_reached() {
    let mut lab = two(10, 5).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(57)).await;
    lab.license_servers[0].stop().await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.connected.rule.as_str(), renewed.cal().issuer.as_str()), ("PD-14", "LS2"));
    assert!(renewed.fired("LS-10"));
    assert_eq!(lab.pool(1).await, (4, 5));
    lab.reach_out(1).await;
    assert_eq!(lab.license_server_events(1, 16).await, 1);
    assert_eq!(peer(&lab, 1).await.returns_pending, 1);
    lab.start_license_server(0).await;
    assert_eq!(lab.pool(0).await, (9, 10), "still counted at the issuer");
    assert!(lab.reach_out(1).await.is_empty(), "the next try waits for the sender's sweep");
    lab.advance(days(1)).await;
    lab.reach_out(1).await;
    assert_eq!((lab.pool(0).await, peer(&lab, 1).await.returns_pending), ((10, 10), 0));
    assert!(lab.records(0, "PC01").await.iter().all(|row| row.cal.kind == CalKind::Temporary));
}

/// Rules: SD-19, LS-10.
#[tokio::test]
async fn a_pending_return_notice_outlives_its_sender_s_restart_and_goes_out_at_its_start() {
    let mut lab = two(10, 5).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(57)).await;
    lab.license_servers[0].stop().await;
    lab.connect(&mut pc).await;
    lab.reach_out(1).await;
    lab.license_servers[1].stop().await;
    lab.start_license_server(0).await;
    lab.start_license_server(1).await;
    lab.reach_out(1).await;
    assert_eq!((lab.pool(0).await, peer(&lab, 1).await.returns_pending), ((10, 10), 0));
}

/// Rules: SD-19.
#[tokio::test]
async fn a_cal_that_was_renewed_meanwhile_is_not_taken_back() {
    let mut lab = two(10, 5).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(57)).await;
    let mut image = pc.clone();
    lab.license_servers[0].stop().await;
    lab.connect(&mut pc).await;
    lab.reach_out(1).await;
    lab.start_license_server(0).await;
    lab.advance(days(1)).await;
    assert_eq!(lab.connect(&mut image).await.cal().issuer.as_str(), "LS1", "the copy renews at the issuer, which moves the end");
    lab.reach_out(1).await;
    assert_eq!((lab.pool(0).await, peer(&lab, 1).await.returns_pending), ((9, 10), 0), "settled, and nothing taken");
}

/// Rules: LS-07, LS-05, LS-06.
#[tokio::test]
async fn forty_devices_racing_for_ten_cals_of_two_servers_get_ten() {
    let lab = two(4, 6).await;
    let mut devices: Vec<_> = (0..40).map(|number| device(&format!("PC{number:02}"))).collect();
    for device in &mut devices {
        lab.log_on(device).await;
    }
    let visits = devices.iter_mut().map(|device| lab.connect(device));
    let admitted = futures_util::future::join_all(visits).await;
    let permanents = admitted.iter().filter(|admitted| admitted.cal().kind == CalKind::Permanent).count();
    assert_eq!((permanents, lab.pool(0).await, lab.pool(1).await), (10, (0, 4), (0, 6)));
}

/// Rules: LS-07.
#[tokio::test]
async fn only_enrolled_license_servers_refer_announce_and_return() {
    let lab = two(1, 1).await;
    for path in ["/referrals", "/announcements", "/returns"] {
        let answer = lab.license_servers[0].api().post::<_, serde_json::Value>(path, &serde_json::json!({})).await;
        assert!(answer.is_err(), "{path}");
    }
}
