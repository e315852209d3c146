//! The licensing exchange when it breaks before a license is looked at, and what the client's store makes of it.

use client::device::{Device, Memory};
use client::session::{self, Answer, Mishap, Then, Visit, Visited};
use serde_json::{Value, json};
use shared::model::Generation::{Windows2003, Windows2008, Windows2008R2};
use shared::model::{CalKind, Platform};
use shared::wire::common::{LoggedEvent, Page};
use shared::wire::terminal_server::{CertificateState, CertificateView, Denied};
use tests::harness::{Admitted, Plan, TestLab, days, device, log_on, refused};

async fn with_mishap(lab: &TestLab, device: &mut Device, mishap: Option<Mishap>, elevated: bool) -> Visited {
    let server = lab.terminal_servers[0].anyone();
    let asked = session::license_request(server.client()).await.unwrap();
    let visit = Visit { user: "anna".parse().unwrap(), admin: false, now: Some(asked.at), elevated, mishap, then: Then::Cancel };
    session::connect(server.client(), &asked, device, &visit).await.unwrap()
}

async fn break_inside(lab: &TestLab, fault: &str, broken: bool) {
    let _: Value = lab.terminal_servers[0].api().post("/lab/faults", &json!({ "fault": fault, "broken": broken })).await.unwrap();
}

/// Codes 259, 262, 263 and 264: in each of them nothing is drawn and nobody is asked.
#[tokio::test]
async fn a_licensing_message_that_is_not_whole_ends_the_exchange_with_its_own_code() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let cases = [
        (Mishap::Malformed, 259, Some(1003)),
        (Mishap::Network, 262, None),
        (Mishap::Abandon, 263, None),
        (Mishap::Encryption, 264, Some(1003)),
    ];
    for presents in ["nothing", "a license"] {
        for (mishap, code, event) in cases {
            let denial: Denied = refused(with_mishap(&lab, &mut pc, Some(mishap), false).await);
            assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(code), event, "SPEC-10"), "{presents}, {mishap:?}");
        }
        lab.log_on(&mut pc).await;
    }
    assert_eq!(lab.records(0, "PC01").await.len(), 2, "a temporary and a permanent, from the visits that were whole");
    assert_eq!(lab.terminal_server_events(1003).await, 4);
}

/// Code 256.
#[tokio::test]
async fn a_terminal_server_that_fails_inside_denies_with_256_and_event_1004_until_it_is_mended() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    break_inside(&lab, "internal", true).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event), (Some(256), Some(1004)), "{denial:?}");
    break_inside(&lab, "internal", false).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13");
}

/// Rules: FT-12.
#[tokio::test]
async fn damaged_certificate_values_refuse_every_client_until_they_are_deleted_and_the_server_restarts() {
    let mut lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    break_inside(&lab, "certificate", true).await;
    for step in ["damaged", "damaged and restarted", "deleted"] {
        let denial = lab.denied(&mut pc).await;
        assert_eq!((denial.code, denial.rule.as_str()), (None, "FT-12"), "{step}");
        assert!(denial.text.contains("security error"), "{}", denial.text);
        match step {
            "damaged" => {
                lab.terminal_servers[0].stop().await;
                lab.start_terminal_server(0).await;
            }
            "damaged and restarted" => lab.terminal_servers[0].api().delete("/certificate").await.unwrap(),
            _ => {}
        }
    }
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    let view: CertificateView = lab.terminal_servers[0].api().get("/certificate").await.unwrap();
    assert_eq!((view.state, view.values.len()), (CertificateState::Whole, 3));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13");
}

/// Rules: OQ-5.
#[tokio::test]
async fn the_pop_up_near_a_temporary_s_end_stands_in_the_log_as_event_26() {
    let mut lab = Plan::default().packs(&[]).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.advance(days(82)).await;
    assert_eq!(lab.connect(&mut pc).await.connected.warning, None, "eight days left");
    assert_eq!(lab.terminal_server_events(26).await, 0);
    lab.advance(days(1)).await;
    assert!(lab.connect(&mut pc).await.connected.warning.is_some_and(|text| text.contains("7 days")));
    let page: Page<LoggedEvent> = lab.terminal_servers[0].api().get("/events?id=26").await.unwrap();
    let record = &page.items[0].record;
    assert_eq!(record.source, "Application Popup");
    assert!(record.text.contains("PC01") && record.text.contains("7 days"), "{}", record.text);
}

#[tokio::test]
async fn from_2008_r2_on_the_texts_say_remote_desktop() {
    for (generation, words) in [(Windows2003, "Terminal Server License Servers"), (Windows2008R2, "Remote Desktop License Servers")] {
        let mut lab =
            Plan::default().license_servers(&[("LS1", generation)]).terminal_servers(&[("TS1", generation)]).packs(&[]).start().await;
        let mut first = device("PC01");
        lab.connect(&mut first).await;
        lab.advance(days(121)).await;
        lab.license_servers[0].stop().await;
        let denial = lab.denied(&mut device("PC02")).await;
        assert_eq!(denial.code, Some(257), "{denial:?}");
        assert!(denial.text.contains(words), "{}", denial.text);
    }
}

/// Code 266.
///
/// Rules: W08-03.
#[tokio::test]
async fn a_server_of_2008_whose_mode_was_never_chosen_accepts_in_grace_and_nobody_after_it() {
    let mut lab = Plan::default()
        .license_servers(&[("LS1", Windows2008)])
        .terminal_servers(&[("TS1", Windows2008)])
        .packs(&[])
        .grace_running()
        .start()
        .await;
    let _: Value = lab.terminal_servers[0].api().patch("/settings", &json!({ "policy_ac_on": 5 })).await.unwrap();
    let mut pc = device("PC01");
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "W08-03");
    assert_eq!((lab.terminal_server_events(1068).await, pc.licensing.store.len()), (1, 0), "no license is asked for");
    lab.advance(days(120)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(266), Some(1069), "W08-03"));
    assert!(denial.text.contains("not licensed to accept remote connections"), "{}", denial.text);
    assert_eq!(lab.terminal_server_events(1069).await, 1);
    let _: Value = lab.terminal_servers[0].api().patch("/settings", &json!({ "policy_ac_on": 2 })).await.unwrap();
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-01", "a mode is chosen: licensing begins");
}

/// The balloon of section 10, in an administrator's session on 2008 and not on 2003.
#[tokio::test]
async fn an_administrator_is_told_that_grace_passed_without_a_license_server() {
    for (generation, told) in [(Windows2008, true), (Windows2003, false)] {
        let plan = Plan::default().license_servers(&[]).terminal_servers(&[("TS1", generation)]).packs(&[]);
        let mut lab = plan.grace_running().start().await;
        lab.log_on(&mut device("PC01")).await;
        let visit = lab.visit_as(0, &mut device("PC02"), "boss", true, Then::Cancel).await;
        assert_eq!(Admitted::of(visit).connected.warning, None, "grace is running");
        lab.advance(days(120)).await;
        let visit = lab.visit_as(0, &mut device("PC02"), "boss", true, Then::Cancel).await;
        let warning = Admitted::of(visit).connected.warning;
        assert_eq!(warning.is_some_and(|text| text.contains("no valid license server")), told, "{generation}");
    }
}

/// Rules: ST-07.
#[tokio::test]
async fn from_vista_on_a_deleted_store_is_made_anew_only_by_an_elevated_client() {
    let lab = Plan::default().start().await;
    let mut vista = Device::new("VISTA01".parse().unwrap(), Platform::WindowsVista);
    lab.log_on(&mut vista).await;
    vista.delete_key();
    for _ in 0..2 {
        let denial = refused(with_mishap(&lab, &mut vista, None, false).await);
        assert_eq!((denial.code, denial.rule.as_str()), (Some(2056), "ST-07"));
        assert!(denial.text.contains("licensing protocol"));
    }
    assert!(matches!(with_mishap(&lab, &mut vista, None, true).await.verdict, Answer::Accepted { .. }), "elevated once");
    lab.log_on(&mut vista).await;
    let mut xp = Device::new("XP01".parse().unwrap(), Platform::WindowsXpProfessional);
    lab.log_on(&mut xp).await;
    xp.delete_key();
    lab.log_on(&mut xp).await;
}

/// Rules: ST-09, FT-08.
#[tokio::test]
async fn a_client_that_keeps_nothing_gets_its_license_back_while_its_hardware_id_is_stable_and_burns_cals_otherwise() {
    let lab = Plan::default().start().await;
    let mut stable = Device { memory: Memory::HardwareId, ..device("THIN01") };
    let mut unstable = Device { memory: Memory::Nothing, ..device("THIN02") };
    for thin in [&mut stable, &mut unstable] {
        for _ in 0..3 {
            lab.visit(0, thin, log_on()).await;
            lab.visit(0, thin, log_on()).await;
            thin.power_cycle();
        }
    }
    let permanents =
        |rows: Vec<shared::wire::license_server::LicenseRow>| rows.iter().filter(|row| row.cal.kind == CalKind::Permanent).count();
    assert_eq!(permanents(lab.records(0, "THIN01").await), 1);
    assert_eq!(permanents(lab.records(0, "THIN02").await), 3);
}
