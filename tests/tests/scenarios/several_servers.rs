//! Several license servers: vector M-01's first half, M-09, fail-over, and who is asked first.

use client::session::Then;
use shared::model::{CalKind, Generation, ProductType, ProductVersion};
use shared::wire::terminal_server::LicenseServerRow;
use tests::harness::{Plan, TestLab, days, device};

/// Vector: M-01.
/// Rules: LS-12, SD-06, PD-07.
#[tokio::test]
async fn an_empty_license_server_says_21() {
    let mut lab = Plan::default().device_cals(10).start().await;
    for number in 0..10 {
        lab.licensed(&format!("PC{number:02}")).await;
    }
    assert_eq!(lab.pool(0).await, (0, 10));
    let mut pc = device("PC99");
    lab.log_on(&mut pc).await;
    lab.advance(days(1)).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    assert_eq!(lab.license_server_events(0, 21).await, 1);
}

/// Rules: LS-12, SD-06.
#[tokio::test]
async fn a_license_server_without_any_pack_of_the_version_says_22() {
    let lab = Plan::default().packs(&[]).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.connect(&mut pc).await;
    assert_eq!((lab.license_server_events(0, 21).await, lab.license_server_events(0, 22).await), (0, 1));
}

/// Vector: M-09.
/// Rules: PD-05, PD-18, PD-13.
#[tokio::test]
async fn with_every_license_server_down_only_a_permanent_that_holds_gets_in() {
    let mut lab = two(5, 5).await;
    lab.next_life(0, 52).await;
    let mut expired = lab.licensed("PC01").await;
    lab.advance(days(32)).await;
    lab.next_life(0, 60).await;
    let mut held = lab.licensed("PC02").await;
    lab.license_servers[0].stop().await;
    lab.license_servers[1].stop().await;
    lab.advance(days(20)).await;
    assert_eq!(lab.denied(&mut device("PC03")).await.code, Some(257));
    assert_eq!(lab.denied(&mut expired).await.code, Some(257));
    assert_eq!(lab.connect(&mut held).await.connected.rule, "PD-13");
}

/// Rules: RN-03, LS-05, SD-02.
#[tokio::test]
async fn a_renewal_whose_issuer_is_down_draws_from_the_other_server_s_own_pool() {
    let mut lab = two(10, 5).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(57)).await;
    lab.license_servers[0].stop().await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.connected.rule.as_str(), renewed.cal().issuer.as_str()), ("PD-14", "LS2"));
    assert!(renewed.fired("RN-03"));
    assert_eq!(lab.pool(1).await, (4, 5));
    lab.start_license_server(0).await;
    assert_eq!(lab.pool(0).await, (9, 10), "still counted at the issuer");
}

/// Rules: RN-02, SD-02.
#[tokio::test]
async fn a_renewal_goes_to_the_issuer_even_if_it_is_not_on_the_list() {
    let mut lab = two(10, 5).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.terminal_servers[0].list_license_servers(&["LS2"]).await;
    lab.advance(days(57)).await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.cal().issuer.as_str(), renewed.fired("RN-02")), ("LS1", true));
    assert_eq!((lab.pool(0).await, lab.pool(1).await), ((9, 10), (5, 5)));
}

/// Rules: SD-02.
#[tokio::test]
async fn the_current_server_changes_only_when_it_was_silent() {
    let mut lab = two(5, 5).await;
    assert_eq!(current(&lab).await, "LS1");
    lab.license_servers[0].stop().await;
    let visit = lab.connect(&mut device("PC01")).await;
    assert_eq!(visit.cal().issuer.as_str(), "LS2");
    assert_eq!(current(&lab).await, "LS2");
    lab.start_license_server(0).await;
    lab.advance(days(1)).await;
    assert_eq!(lab.connect(&mut device("PC02")).await.cal().issuer.as_str(), "LS2", "it stays with the one that answers");
}

/// Rules: VC-02, LS-02, W2K-14, SD-02.
#[tokio::test]
async fn a_2000_license_server_is_skipped_by_a_2003_terminal_server() {
    let servers = [("LS1", Generation::Windows2000Sp3), ("LS2", Generation::Windows2003)];
    let packs = [(0, ProductVersion::V5_0, ProductType::Device, 5), (1, ProductVersion::V5_2, ProductType::Device, 5)];
    let lab = Plan::default().license_servers(&servers).packs(&packs).start().await;
    let visit = lab.connect(&mut device("PC01")).await;
    assert_eq!((visit.cal().issuer.as_str(), visit.fired("VC-02")), ("LS2", true));
    assert_eq!(current(&lab).await, "LS1", "a skip is not silence");
}

/// Rules: VC-02, PD-05, GR-11.
#[tokio::test]
async fn a_2000_license_server_alone_counts_as_none_reachable_for_a_2003_terminal_server() {
    let lab = Plan::default().license_servers(&[("LS1", Generation::Windows2000Sp3)]).packs(&[]).start().await;
    let denial = lab.denied(&mut device("PC01")).await;
    assert_eq!((denial.code, denial.rule.as_str()), (Some(257), "PD-05"));
}

/// Rules: RN-06, RN-07, CON-14.
#[tokio::test]
async fn cals_on_one_server_or_split_between_two_both_serve() {
    let mut lab = two(2, 2).await;
    for number in 1..=2 {
        lab.licensed(&format!("PC{number:02}")).await;
    }
    lab.license_servers[0].stop().await;
    for number in 3..=4 {
        let device = lab.licensed(&format!("PC{number:02}")).await;
        assert_eq!(device.licensing.store.values().next().unwrap().read().unwrap().kind, CalKind::Permanent);
    }
    assert_eq!(lab.pool(1).await, (0, 2));
    let mut newcomer = device("PC05");
    assert_eq!(lab.connect(&mut newcomer).await.cal().kind, CalKind::Temporary, "an empty server still gives temporaries");
}

/// Rules: CE-14, SD-02.
#[tokio::test]
async fn a_forgotten_license_server_is_asked_no_more_and_what_it_issued_before_stays_good() {
    let lab = two(5, 5).await;
    let mut pc = lab.licensed("PC01").await;
    lab.terminal_servers[0].api().delete("/license-servers/LS1").await.unwrap();
    assert_eq!(current(&lab).await, "LS2");
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13");
    assert_eq!(lab.connect(&mut device("PC02")).await.cal().issuer.as_str(), "LS2");
}

/// Rules: LS-13.
#[tokio::test]
async fn a_mark_that_its_issuer_did_not_hear_is_made_up_for_at_the_next_logon() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let waiting = lab.visit(0, &mut pc, Then::Wait).await;
    let session = tests::harness::Admitted::of(waiting).connected.session;
    lab.license_servers[0].stop().await;
    let logon = serde_json::json!({ "user": "anna", "password": "correct horse" });
    let answer: shared::wire::terminal_server::LoggedOn =
        lab.terminal_servers[0].anyone().post(&format!("/sessions/{session}/logon"), &logon).await.unwrap();
    assert!(answer.trace[0].facts.contains("silent"), "{:?}", answer.trace);
    lab.start_license_server(0).await;
    lab.advance(days(1)).await;
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "PD-08");
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "PD-06");
}

async fn two(first: u32, second: u32) -> TestLab {
    let servers = [("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)];
    let packs = [(0, ProductVersion::V5_2, ProductType::Device, first), (1, ProductVersion::V5_2, ProductType::Device, second)];
    Plan::default().license_servers(&servers).packs(&packs).start().await
}

async fn current(lab: &TestLab) -> String {
    let rows: Vec<LicenseServerRow> = lab.terminal_servers[0].all("/license-servers").await;
    rows.into_iter().find(|row| row.current).map(|row| row.name.to_string()).unwrap_or_default()
}

/// Whoever is not enrolled is a stranger: its calls are not answered, and its name is free for another key.
///
/// Rules: LS-01, CE-14, PD-05.
#[tokio::test]
async fn a_terminal_server_whose_enrolment_was_taken_back_is_not_answered_until_it_is_enrolled_again() {
    let lab = Plan::default().device_cals(5).start().await;
    let (server, terminal) = (&lab.license_servers[0], &lab.terminal_servers[0]);
    server.api().delete("/terminal-servers/TS1").await.unwrap();
    let again = server.api().delete("/terminal-servers/TS1").await.unwrap_err();
    assert!(again.to_string().contains("no terminal server TS1"), "{again}");
    assert_eq!(lab.denied(&mut device("PC01")).await.code, Some(257));
    assert_eq!(lab.pool(0).await, (5, 5));
    tests::harness::introduce(terminal, server).await;
    lab.log_on(&mut device("PC01")).await;
}
