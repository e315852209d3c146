//! Windows 2000: before and with Service Pack 3, and the built-in pool (SPEC 3).

use client::device::Device;
use client::session::Then;
use shared::model::Generation::{self, Windows2000Sp2, Windows2000Sp3, Windows2003};
use shared::model::{CalKind, LabTime, Platform, ProductType, ProductVersion};
use shared::wire::terminal_server::SettingsChange;
use tests::harness::{Admitted, Plan, TestLab, days, device, stay};

const DEVICE: ProductType = ProductType::Device;

/// A license server and a terminal server of these generations, the license server with some 2000 device CALs.
async fn lab_of(license_server: Generation, terminal_server: Generation, cals: u32) -> TestLab {
    let plan = Plan::default().license_servers(&[("LS1", license_server)]).terminal_servers(&[("TS1", terminal_server)]);
    let packs: &[_] = if cals == 0 { &[] } else { &[(0, ProductVersion::V5_0, DEVICE, cals)] };
    plan.packs(packs).grace_running().start().await
}

fn xp(name: &str) -> Device {
    Device::new(name.parse().expect("a device name"), Platform::WindowsXpProfessional)
}

/// Rules: AM-30, VC-04, PD-20, PD-14.
#[tokio::test]
async fn before_sp3_a_cal_of_2003_in_place_of_one_of_2000_ends_and_is_renewed_like_every_cal_of_2003() {
    let mut lab = Plan::default().terminal_servers(&[("TS1", Generation::Windows2000Sp2)]).start().await;
    lab.next_life(0, 60).await;
    let mut pc = device("PC01");
    let first = lab.connect(&mut pc).await;
    let (cal, end) = (first.cal(), lab.now() + days(60));
    assert_eq!((cal.kind, cal.version, cal.expires_at), (CalKind::Permanent, ProductVersion::V5_2, end));
    lab.advance(days(52)).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "eight days are left");
    lab.advance(days(1)).await;
    lab.next_life(0, 70).await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.connected.rule.as_str(), renewed.cal().expires_at), ("PD-14", lab.now() + days(70)));
}

/// Rules: W2K-12.
#[tokio::test]
async fn an_internet_connector_serves_two_hundred_anonymous_users_and_nobody_else() {
    let lab = lab_of(Windows2000Sp3, Windows2000Sp3, 10).await;
    lab.settings(SettingsChange { internet_connector: Some(true), ..SettingsChange::default() }).await;
    let visits = (0..200).map(|number| {
        let lab = &lab;
        async move { lab.visit(0, &mut device(&format!("NET{number:03}")), Then::Wait).await }
    });
    for visited in futures_util::future::join_all(visits).await {
        assert_eq!(Admitted::of(visited).connected.rule, "W2K-12");
    }
    let denial = lab.denied(&mut device("NET200")).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(258), Some(1004), "W2K-12"));
    assert_eq!(lab.pool(0).await, (10, 10), "no license is given");
    let fresh = lab_of(Windows2000Sp3, Windows2000Sp3, 0).await;
    fresh.settings(SettingsChange { internet_connector: Some(true), ..SettingsChange::default() }).await;
    let refusal = fresh.visit(0, &mut device("NET001"), tests::harness::log_on()).await;
    assert!(format!("{refusal:?}").contains("anonymous users only"), "{refusal:?}");
    let welcome = fresh.visit_as(0, &mut device("NET001"), "tsinternetuser", false, stay()).await;
    assert!(!format!("{welcome:?}").contains("anonymous users only"), "{welcome:?}");
    let wrong = Plan::default().start().await;
    let change = SettingsChange { internet_connector: Some(true), ..SettingsChange::default() };
    let refused = wrong.terminal_servers[0].api().patch::<_, serde_json::Value>("/settings", &change).await.unwrap_err();
    assert!(refused.to_string().contains("Internet Connector"), "{refused}");
}

/// Vector: K-01.
/// Rules: W2K-06, W2K-01, CON-06.
#[tokio::test]
async fn before_sp3_whoever_cancels_at_the_logon_prompt_walks_off_with_a_permanent_without_an_end() {
    let lab = lab_of(Windows2000Sp2, Windows2000Sp2, 10).await;
    let got = lab.connect(&mut device("PC01")).await;
    assert_eq!((got.connected.rule.as_str(), got.cal().kind, got.cal().expires_at), ("W2K-06", CalKind::Permanent, LabTime::NEVER));
    assert_eq!(lab.pool(0).await, (9, 10));
}

/// Vectors: K-02 to K-04.
/// Rules: W2K-08, CON-06.
#[tokio::test]
async fn with_sp3_the_logon_comes_first_and_the_permanent_at_the_third_connection() {
    let lab = lab_of(Windows2000Sp3, Windows2000Sp3, 10).await;
    let mut pc = device("PC01");
    assert_eq!(lab.connect(&mut pc).await.cal().kind, CalKind::Temporary);
    let second = lab.log_on(&mut pc).await;
    assert_eq!((second.cal().kind, lab.pool(0).await), (CalKind::Temporary, (10, 10)));
    let third = lab.connect(&mut pc).await;
    let life = third.cal().expires_at - third.cal().issued_at;
    assert!((days(52)..=days(89)).contains(&life), "{:?}", third.cal());
    assert_eq!((third.cal().kind, lab.pool(0).await), (CalKind::Permanent, (9, 10)));
}

/// Rules: SD-03, W2K-06, W2K-08.
#[tokio::test]
async fn sp3_on_one_side_only_is_as_if_it_were_on_neither() {
    for (license_server, terminal_server) in
        [(Windows2000Sp3, Windows2000Sp2), (Windows2000Sp2, Windows2000Sp3), (Windows2003, Windows2000Sp2)]
    {
        let lab = lab_of(license_server, terminal_server, 10).await;
        let got = lab.connect(&mut device("PC01")).await;
        assert_eq!((got.connected.rule.as_str(), got.cal().expires_at), ("W2K-06", LabTime::NEVER), "{license_server} {terminal_server}");
    }
}

/// Rules: W2K-07, W2K-09, W2K-04, LS-12.
#[tokio::test]
async fn before_sp3_a_temporary_of_90_days_is_what_an_empty_pool_leaves_and_it_works_to_its_end() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp2)]).terminal_servers(&[("TS1", Windows2000Sp2)]);
    let mut lab = plan.packs(&[]).start().await;
    let before = lab.license_server_events(0, 22).await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    assert_eq!((first.cal().kind, first.cal().expires_at), (CalKind::Temporary, lab.now() + days(90)));
    assert!(first.fired("W2K-07"));
    assert_eq!(lab.license_server_events(0, 22).await, before + 1);
    lab.advance(days(89)).await;
    let later = lab.connect(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.fired("W2K-09")), ("PD-07", true));
    lab.advance(days(1)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event), (Some(265), Some(1004)), "never a second one");
    lab.install(0, ProductVersion::V5_0, DEVICE, 1).await;
    assert_eq!(lab.connect(&mut pc).await.cal().kind, CalKind::Permanent);
}

/// Rules: W2K-07, LS-03.
#[tokio::test]
async fn before_sp3_a_license_server_that_is_not_activated_gives_temporaries() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp2)]).terminal_servers(&[("TS1", Windows2000Sp2)]);
    let lab = plan.not_activated().start().await;
    let got = lab.connect(&mut device("PC01")).await;
    assert_eq!((got.connected.rule.as_str(), got.cal().kind), ("PD-01", CalKind::Temporary));
}

/// Rules: W2K-10, PD-13, LS-09.
#[tokio::test]
async fn before_sp3_a_lost_device_takes_its_cal_along_for_good() {
    let mut lab = lab_of(Windows2000Sp2, Windows2000Sp2, 2).await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    let mut replaced = device("PC01");
    lab.connect(&mut replaced).await;
    lab.advance(days(3000)).await;
    assert_eq!(lab.pool(0).await, (0, 2), "no sweep ever brings the first one back");
    assert_eq!(lab.connect(&mut replaced).await.connected.rule, "PD-13");
    assert_eq!(lab.connect(&mut device("PC02")).await.cal().kind, CalKind::Temporary);
}

/// Vector: K-05.
/// Rules: W2K-03, ST-04, SD-04.
#[tokio::test]
async fn xp_professional_is_served_from_the_built_in_pool_with_nothing_installed() {
    let lab = lab_of(Windows2000Sp3, Windows2000Sp3, 0).await;
    let mut pc = xp("PC01");
    let first = lab.connect(&mut pc).await;
    assert_eq!((first.connected.rule.as_str(), first.cal().adjusted_product_id()), ("W2K-03", "A02-5.00-EX"));
    let life = first.cal().expires_at - first.cal().issued_at;
    assert!((days(52)..=days(89)).contains(&life));
    pc.delete_license("LICENSE000".parse().expect("a slot"));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-02", "the one on record is handed back");
    let counted: shared::wire::license_server::PackList = lab.license_servers[0].get("/packs").await;
    assert_eq!((counted.packs.len(), counted.temporaries.len()), (0, 0), "counted nowhere");
}

/// Rules: W2K-03, W2K-06.
#[tokio::test]
async fn a_built_in_license_lives_like_a_permanent_of_its_license_server() {
    let lab = lab_of(Windows2000Sp2, Windows2000Sp2, 0).await;
    let got = lab.connect(&mut xp("PC01")).await;
    assert_eq!((got.cal().adjusted_product_id(), got.cal().expires_at), ("A02-5.00-EX", LabTime::NEVER));
}

/// Rules: W2K-03, RN-02.
#[tokio::test]
async fn a_built_in_license_is_renewed_in_its_window_and_made_anew_after_a_sweep() {
    let mut lab = lab_of(Windows2000Sp3, Windows2000Sp3, 0).await;
    lab.next_life(0, 60).await;
    let mut pc = xp("PC01");
    lab.connect(&mut pc).await;
    lab.advance(days(55)).await;
    lab.next_life(0, 60).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-14");
    lab.advance(days(62)).await;
    assert_eq!(lab.records(0, "PC01").await.len(), 0, "swept");
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-16");
}

/// Rules: SD-04, SD-08.
#[tokio::test]
async fn a_built_in_license_ends_no_grace() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp3)]).terminal_servers(&[("TS1", Windows2000Sp3)]);
    let lab = plan.packs(&[]).grace_running().start().await;
    lab.connect(&mut xp("PC01")).await;
    assert!(lab.grace().await.running);
}

/// Rules: SD-04, LS-03.
#[tokio::test]
async fn the_built_in_pool_takes_an_activated_license_server() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp3)]).terminal_servers(&[("TS1", Windows2000Sp3)]);
    let lab = plan.not_activated().start().await;
    let mut pc = xp("PC01");
    let first = lab.connect(&mut pc).await;
    assert_eq!((first.cal().kind, first.fired("SD-04")), (CalKind::Temporary, true));
    lab.activate(0).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "W2K-03", "and then no mark is waited for");
}

/// Rules: SD-04, PD-20.
#[tokio::test]
async fn the_built_in_pool_goes_before_a_newer_license_which_still_helps_where_no_server_answers() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2003)]);
    let plan = plan.terminal_servers(&[("TS1", Windows2003), ("TS2", Windows2000Sp3)]);
    let mut lab = plan.start().await;
    let mut pc = xp("PC01");
    lab.log_on(&mut pc).await;
    assert_eq!(lab.connect(&mut pc).await.cal().version, ProductVersion::V5_2, "no pool at a 2003 server (WS03-09)");
    lab.license_servers[0].stop().await;
    let silent = Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await);
    assert_eq!(silent.connected.rule, "PD-20");
    lab.start_license_server(0).await;
    lab.advance(days(1)).await;
    let helped = Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await);
    assert_eq!((helped.connected.rule.as_str(), helped.cal().version), ("W2K-03", ProductVersion::V5_0));
    assert_eq!(lab.pool(0).await, (19, 20), "the 2003 CAL stays the only one that was drawn");
}

/// Rules: W2K-03.
#[tokio::test]
async fn xp_home_draws_a_cal_like_anybody_else() {
    let lab = lab_of(Windows2000Sp3, Windows2000Sp3, 5).await;
    let mut pc = Device::new("PC01".parse().expect("a device name"), Platform::WindowsXpHome);
    lab.log_on(&mut pc).await;
    lab.connect(&mut pc).await;
    assert_eq!(lab.pool(0).await, (4, 5));
}

/// Vector: K-07.
/// Rules: W2K-05, W2K-19, CON-18.
#[tokio::test]
async fn grace_of_2000_lets_in_on_day_89_and_not_on_day_91() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp2)]).terminal_servers(&[("TS1", Windows2000Sp2)]);
    let mut lab = plan.packs(&[]).grace_running().start().await;
    lab.license_servers[0].stop().await;
    lab.connect(&mut device("PC01")).await;
    lab.advance(days(89)).await;
    lab.connect(&mut device("PC02")).await;
    lab.advance(days(2)).await;
    assert_eq!(lab.denied(&mut device("PC03")).await.code, Some(257));
}
