//! Per device on Windows Server 2003: vectors D-01 to D-30, and the rows of the table PD that no vector names.

use client::session::{Logon, Then};
use shared::model::PolicyAcOn;
use shared::model::{CalKind, DeviceName, LabTime, ProductType, ProductVersion, Span};
use shared::wire::license_server::Standing;
use shared::wire::terminal_server::{LicenseStatus, SettingsChange};
use tests::harness::{Admitted, Plan, TestLab, days, device, log_on_wrongly, refused};

/// Vector: D-01.
/// Rules: PD-01, LS-04, LS-06, WS03-01.
#[tokio::test]
async fn a_first_connection_gets_a_temporary_although_cals_are_free() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let first = lab.connect(&mut pc).await;
    assert_eq!((first.connected.rule.as_str(), first.connected.status), ("PD-01", LicenseStatus::New));
    assert_eq!((first.cal().kind, first.cal().expires_at), (CalKind::Temporary, lab.now() + days(90)));
    assert_eq!(lab.pool(0).await, (20, 20));
    let records = lab.records(0, "PC01").await;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].standing, records[0].cal.user.as_str()), (Standing::NotValidated, "anna"));
}

/// Vector: D-02.
/// Rules: LS-13.
#[tokio::test]
async fn a_logon_validates_the_temporary() {
    let lab = Plan::default().start().await;
    let first = lab.log_on(&mut device("PC01")).await;
    let Logon::LoggedOn { answer, .. } = first.logon else { panic!("{first:?}") };
    assert_eq!(answer.trace[0].rule, "LS-13");
    assert_eq!(lab.records(0, "PC01").await[0].standing, Standing::Validated);
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Vector: D-03.
/// Rules: PD-06, LS-05, LS-06, OQ-7.
#[tokio::test]
async fn the_second_connection_upgrades_to_a_permanent_and_closes_the_temporary() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let second = lab.connect(&mut pc).await;
    assert_eq!((second.connected.rule.as_str(), second.connected.status), ("PD-06", LicenseStatus::Upgraded));
    let life = (second.cal().expires_at - lab.now()).as_seconds();
    assert_eq!(life % 86_400, 0, "whole days");
    assert!((52..=89).contains(&(life / 86_400)), "{life}");
    assert_eq!(lab.pool(0).await, (19, 20));
    let standings: Vec<Standing> = lab.records(0, "PC01").await.iter().map(|row| row.standing).collect();
    assert_eq!(standings, [Standing::Closed, Standing::Active]);
    assert_eq!(pc.licensing.store.len(), 1, "the permanent takes the temporary's place");
}

/// Vector: D-04.
/// Rules: PD-08.
#[tokio::test]
async fn a_temporary_that_saw_no_logon_is_handed_back() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let first = Admitted::of(lab.visit(0, &mut pc, log_on_wrongly()).await);
    assert!(matches!(first.logon, Logon::Failed { .. }));
    let second = lab.connect(&mut pc).await;
    assert_eq!((second.connected.rule.as_str(), second.connected.status), ("PD-08", LicenseStatus::HandedBack));
    assert_eq!(second.cal(), first.cal());
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Vector: D-05.
/// Rules: LS-03, PD-07, CE-14, AC-16.
#[tokio::test]
async fn a_license_server_that_is_not_activated_gives_temporaries_only() {
    let lab = not_activated().await;
    let mut pc = device("PC01");
    let before = lab.license_server_events(0, 18).await;
    let first = lab.log_on(&mut pc).await;
    let second = lab.connect(&mut pc).await;
    assert_eq!((first.connected.rule.as_str(), second.connected.rule.as_str()), ("PD-01", "PD-07"));
    assert_eq!(first.cal(), second.cal());
    assert_eq!(lab.license_server_events(0, 18).await, before + 2, "event 18 with every request that it answers");
}

/// Vector: D-06.
/// Rules: PD-11, CON-10, CON-04.
#[tokio::test]
async fn an_expired_temporary_is_denied_while_the_license_server_is_not_activated() {
    let mut lab = not_activated().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.advance(days(91)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(265), Some(1011), "PD-11"));
    assert_eq!(lab.terminal_server_events(1011).await, 1);
}

/// Vector: D-08.
/// Rules: PD-07, LS-12, SD-06.
#[tokio::test]
async fn a_validated_temporary_stays_while_the_pool_is_empty() {
    let mut lab = Plan::default().device_cals(1).start().await;
    lab.licensed("PC01").await;
    let mut pc = device("PC02");
    let first = lab.log_on(&mut pc).await;
    lab.advance(days(50)).await;
    let later = lab.connect(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.connected.status), ("PD-07", LicenseStatus::HandedBack));
    assert_eq!(later.cal(), first.cal());
    assert_eq!(lab.license_server_events(0, 21).await, 1);
    assert_eq!(lab.pool(0).await, (0, 1));
}

/// Vector: D-09.
/// Rules: PD-09.
#[tokio::test]
async fn a_valid_temporary_is_enough_while_no_license_server_is_up() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    lab.advance(days(50)).await;
    lab.license_servers[0].stop().await;
    let later = lab.connect(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.connected.status), ("PD-09", LicenseStatus::HandedBack));
    assert_eq!(later.cal(), first.cal());
}

/// Vector: D-10.
/// Rules: PD-12.
#[tokio::test]
async fn a_temporary_ends_with_its_second_and_not_before() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    lab.license_servers[0].stop().await;
    let end = first.cal().expires_at;
    lab.go_to(end - Span::seconds(1)).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-09");
    lab.go_to(end).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "PD-12"));
}

/// Vector: D-11.
/// Rules: PD-13.
#[tokio::test]
async fn a_permanent_with_more_than_a_week_left_asks_nobody() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(30)).await;
    lab.license_servers[0].stop().await;
    let later = lab.log_on(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.connected.status), ("PD-13", LicenseStatus::ValidClient));
    assert!(later.connected.license.is_none(), "nothing new to store");
}

/// Vector: D-13.
/// Rules: PD-14, RN-01, RN-02.
#[tokio::test]
async fn a_permanent_is_renewed_from_exactly_seven_days_before_its_end() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    let end = lab.now() + days(60);
    lab.go_to(end - days(7) - Span::seconds(1)).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "a second too early");
    lab.go_to(end - days(7)).await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.connected.rule.as_str(), renewed.connected.status), ("PD-14", LicenseStatus::Upgraded));
    let life = (renewed.cal().expires_at - lab.now()).as_seconds() / 86_400;
    assert!((52..=89).contains(&life), "{life}");
    assert_eq!(lab.pool(0).await, (19, 20), "the same record, no draw");
    let records = lab.records(0, "PC01").await;
    assert_eq!(records.iter().filter(|row| row.cal.kind == CalKind::Permanent).count(), 1);
}

/// Rules: PD-15.
#[tokio::test]
async fn a_permanent_in_its_last_week_is_handed_back_while_no_license_server_is_up() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(55)).await;
    lab.license_servers[0].stop().await;
    let later = lab.connect(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.connected.status), ("PD-15", LicenseStatus::HandedBack));
}

/// Vector: D-15.
/// Rules: PD-18, RN-05.
#[tokio::test]
async fn a_permanent_that_ended_while_all_were_down_is_denied_until_one_is_up() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 52).await;
    let mut pc = lab.licensed("PC01").await;
    lab.license_servers[0].stop().await;
    lab.advance(days(52)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(257), Some(1010), "PD-18"));
}

/// Vector: D-17.
/// Rules: PD-17, LS-09, FT-07.
#[tokio::test]
async fn an_expired_permanent_whose_cal_went_to_another_device_is_denied() {
    let mut lab = Plan::default().device_cals(1).start().await;
    lab.next_life(0, 52).await;
    let mut away = lab.licensed("PC01").await;
    lab.advance(days(53)).await;
    assert_eq!(lab.pool(0).await, (1, 1), "the sweep took it back");
    lab.licensed("PC02").await;
    let denial = lab.denied(&mut away).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(265), Some(1028), "PD-17"));
    assert_eq!(lab.terminal_server_events(1028).await, 1);
}

/// Rules: PD-16, LS-09.
#[tokio::test]
async fn an_expired_permanent_that_is_not_swept_yet_is_extended_in_place() {
    let mut lab = Plan::default().device_cals(1).start().await;
    lab.next_life(0, 52).await;
    let mut pc = lab.licensed("PC01").await;
    lab.advance(days(52)).await;
    assert_eq!(lab.pool(0).await, (0, 1), "expired at eight in the morning, swept at eight in the evening");
    let mut other = device("PC02");
    lab.log_on(&mut other).await;
    assert_eq!(lab.connect(&mut other).await.connected.rule, "PD-07", "for everybody else it counts as issued");
    let back = lab.connect(&mut pc).await;
    assert_eq!((back.connected.rule.as_str(), back.connected.status), ("PD-16", LicenseStatus::Upgraded));
    assert!(back.fired("LS-09"));
    assert_eq!(lab.pool(0).await, (0, 1));
}

/// Vector: D-18.
/// Rules: PD-19, SD-01, SD-18, VC-05.
#[tokio::test]
async fn a_2000_license_at_a_2003_server_starts_again_with_a_temporary() {
    let lab = two_generations().await;
    let mut pc = device("PC01");
    lab.visit(1, &mut pc, tests::harness::log_on()).await;
    let old = Admitted::of(lab.visit(1, &mut pc, tests::harness::log_on()).await);
    assert_eq!((old.cal().kind, old.cal().version), (CalKind::Permanent, ProductVersion::V5_0));
    let first = lab.log_on(&mut pc).await;
    assert_eq!((first.connected.rule.as_str(), first.connected.status), ("PD-19", LicenseStatus::Upgraded));
    assert_eq!((first.cal().kind, first.cal().version), (CalKind::Temporary, ProductVersion::V5_2));
    let second = lab.connect(&mut pc).await;
    assert_eq!((second.cal().kind, second.cal().version), (CalKind::Permanent, ProductVersion::V5_2));
    assert_eq!(pc.licensing.store.len(), 2, "the old license stays for old servers");
}

/// Vector: D-19.
/// Rules: PD-20, VC-08.
#[tokio::test]
async fn a_2003_license_is_good_at_a_2000_server_without_a_draw() {
    let mut lab = two_generations().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    let before = lab.pool(0).await;
    lab.advance(days(30)).await;
    let visit = Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await);
    assert_eq!((visit.connected.rule.as_str(), visit.fired("PD-20")), ("PD-13", true));
    assert_eq!(lab.pool(0).await, before);
}

/// Vector: D-23.
/// Rules: PD-21, ST-11, FT-10.
#[tokio::test]
async fn a_store_copied_to_another_device_is_denied_as_modified() {
    let lab = Plan::default().start().await;
    let first = lab.licensed("PC01").await;
    let mut second = device("PC02");
    second.copy_store_from(&first);
    let denial = lab.denied(&mut second).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(260), Some(1004), "PD-21"));
    assert_eq!(lab.terminal_server_events(1004).await, 1);
    assert!(lab.records(0, "PC02").await.is_empty(), "the license server was not asked");
}

/// Rules: PD-21.
#[tokio::test]
async fn a_copied_store_is_denied_in_grace_too() {
    let lab = Plan::default().grace_running().start().await;
    let mut first = device("PC01");
    lab.log_on(&mut first).await;
    let mut second = device("PC02");
    second.copy_store_from(&first);
    assert!(lab.grace().await.running);
    assert_eq!(lab.denied(&mut second).await.code, Some(260));
}

/// Vector: D-25.
/// Rules: ST-06.
#[tokio::test]
async fn deleting_the_whole_key_makes_a_new_device_that_draws_a_second_cal() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    pc.delete_key();
    assert_eq!(lab.log_on(&mut pc).await.cal().kind, CalKind::Temporary);
    assert_eq!(lab.connect(&mut pc).await.cal().kind, CalKind::Permanent);
    assert_eq!(lab.pool(0).await, (18, 20));
    let active = lab.records(0, "PC01").await.into_iter().filter(|row| row.standing == Standing::Active);
    let hardware: Vec<_> = active.map(|row| row.cal.hardware_id).collect();
    assert_eq!(hardware.len(), 2, "the old record stays until its end");
    assert_ne!(hardware[0], hardware[1]);
}

/// Rules: ST-05, PD-02, LS-14, OQ-9.
#[tokio::test]
async fn deleting_one_license_brings_the_same_one_back() {
    let lab = Plan::default().start().await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    let slot = *pc.licensing.store.keys().next().unwrap();
    pc.delete_license(slot);
    let again = lab.log_on(&mut pc).await;
    assert_eq!((again.connected.rule.as_str(), again.cal()), ("PD-02", first.cal()));
    let permanent = lab.log_on(&mut pc).await;
    pc.delete_license(slot);
    let again = lab.connect(&mut pc).await;
    assert_eq!((again.connected.rule.as_str(), again.cal()), ("PD-02", permanent.cal()));
    assert_eq!(lab.pool(0).await, (19, 20), "no second CAL");
}

/// Rules: ST-01, ST-02, ST-03, CON-20.
#[tokio::test]
async fn the_client_s_key_keeps_one_hardware_id_and_a_numbered_subkey_for_each_license() {
    let lab = two_generations().await;
    let mut pc = device("PC01");
    assert!(pc.licensing.hardware.is_none(), "made at the first connection");
    lab.visit(1, &mut pc, Then::Cancel).await;
    let id = pc.licensing.hardware.unwrap().id;
    assert_eq!((id.as_bytes().len(), &id.as_bytes()[..4]), (20, &pc.platform.id().to_le_bytes()[..]));
    lab.connect(&mut pc).await;
    assert_eq!(pc.licensing.hardware.unwrap().id, id, "and kept");
    assert!(lab.records(0, "PC01").await.iter().all(|row| row.cal.hardware_id == id));
    let key = serde_json::to_value(&pc.licensing).unwrap();
    assert_eq!(key["HardwareID"]["ClientHWID"], id.to_string());
    let store = key["Store"].as_object().unwrap();
    assert_eq!(store.keys().collect::<Vec<_>>(), ["LICENSE000", "LICENSE001"]);
    for license in store.values() {
        assert_eq!((&license["CompanyName"], &license["LicenseScope"]), (&"Microsoft Corporation".into(), &"microsoft.com".into()));
        assert_eq!(license["ProductID"], "A02");
        assert!(license["ClientLicense"].is_string());
    }
}

/// Rules: ST-10, FT-09.
#[tokio::test]
async fn a_cloned_image_counts_as_one_device_under_changing_names() {
    let lab = Plan::default().start().await;
    let image = lab.licensed("PC01").await;
    let mut clone = image.clone_as("PC02".parse::<DeviceName>().unwrap());
    assert_eq!(lab.connect(&mut clone).await.connected.rule, "PD-13");
    assert_eq!(lab.pool(0).await, (19, 20));
}

/// Rules: PD-03, OQ-3.
#[tokio::test]
async fn a_device_that_lost_its_expired_temporary_gets_a_permanent_at_once() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let slot = *pc.licensing.store.keys().next().unwrap();
    pc.delete_license(slot);
    lab.advance(days(91)).await;
    let back = lab.connect(&mut pc).await;
    assert_eq!((back.connected.rule.as_str(), back.connected.status, back.cal().kind), ("PD-03", LicenseStatus::New, CalKind::Permanent));
}

/// Rules: PD-04.
#[tokio::test]
async fn a_device_that_lost_its_expired_temporary_is_denied_while_no_cal_is_free() {
    let mut lab = Plan::default().device_cals(1).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.advance(days(60)).await;
    lab.licensed("PC02").await;
    lab.advance(days(31)).await;
    let slot = *pc.licensing.store.keys().next().unwrap();
    pc.delete_license(slot);
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(258), Some(1000), "PD-04"));
}

/// Rules: PD-10, OQ-3, CON-21, RC-05.
#[tokio::test]
async fn an_expired_temporary_is_upgraded_whenever_a_cal_is_free() {
    let mut lab = Plan::default().start().await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    lab.advance(days(100)).await;
    let back = lab.connect(&mut pc).await;
    assert_eq!(
        (back.connected.rule.as_str(), back.cal().kind),
        ("PD-10", CalKind::Permanent),
        "never validated, and upgraded all the same"
    );
}

/// Rules: OQ-3.
#[tokio::test]
async fn the_strict_switch_denies_an_expired_temporary_that_saw_no_logon() {
    let mut lab = Plan::default().start().await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "unvalidated_expired_denied": true })).await;
    let (mut kept, mut lost, mut seen) = (device("PC01"), device("PC02"), device("PC03"));
    lab.connect(&mut kept).await;
    lab.connect(&mut lost).await;
    lab.log_on(&mut seen).await;
    lost.delete_license(*lost.licensing.store.keys().next().unwrap());
    lab.advance(days(91)).await;
    let denial = lab.denied(&mut kept).await;
    assert_eq!((denial.code, denial.event), (Some(265), Some(1011)));
    let denial = lab.denied(&mut lost).await;
    assert_eq!((denial.code, denial.event), (Some(258), Some(1000)));
    assert_eq!(lab.connect(&mut seen).await.connected.rule, "PD-10");
}

/// Vector: D-27.
/// Rules: WS03-02, FT-04.
#[tokio::test]
async fn any_other_mode_value_gets_temporaries_only() {
    let lab = Plan::default().start().await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::new(0)), ..SettingsChange::default() }).await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    let second = lab.log_on(&mut pc).await;
    assert_eq!((first.cal().kind, second.cal().kind), (CalKind::Temporary, CalKind::Temporary));
    assert!(second.fired("WS03-02"));
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Rules: WS03-02.
#[tokio::test]
async fn in_any_other_mode_a_permanent_on_record_is_handed_back_and_never_renewed() {
    let mut lab = Plan::default().start().await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::new(1)), ..SettingsChange::default() }).await;
    lab.advance(days(56)).await;
    let end = lab.now() + days(4);
    let later = lab.connect(&mut pc).await;
    assert_eq!((later.connected.rule.as_str(), later.cal().expires_at), ("PD-15", end));
}

/// Rules: WS03-03.
#[tokio::test]
async fn a_change_of_mode_is_in_force_at_once_and_leaves_stores_alone() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let store = pc.licensing.store.clone();
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PU-02");
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_DEVICE), ..SettingsChange::default() }).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13");
    assert_eq!(pc.licensing.store, store);
}

/// Rules: WS03-05, FT-02, FT-03, SD-06.
#[tokio::test]
async fn devices_never_get_user_cals_and_are_denied_when_their_temporaries_end() {
    let mut lab = Plan::default().packs(&[(0, ProductVersion::V5_2, ProductType::User, 20)]).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    assert_eq!((lab.license_server_events(0, 21).await, lab.license_server_events(0, 22).await), (1, 0));
    lab.advance(days(90)).await;
    assert_eq!(lab.denied(&mut pc).await.code, Some(265));
}

/// Rules: WS03-04, WS03-11.
#[tokio::test]
async fn a_second_terminal_server_takes_the_same_license_without_a_second_draw() {
    let plan = Plan::default()
        .terminal_servers(&[("TS1", shared::model::Generation::Windows2003), ("TS2", shared::model::Generation::Windows2003)]);
    let lab = plan.start().await;
    let mut pc = lab.licensed("PC01").await;
    assert_eq!(Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await).connected.rule, "PD-13");
    assert_eq!(lab.pool(0).await, (19, 20));
    let change = SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() };
    lab.terminal_servers[1].patch("/settings", &change).await;
    assert_eq!(Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await).connected.rule, "PU-02", "one license server serves both kinds");
}

/// Rules: OQ-10, PD-22.
#[tokio::test]
async fn a_license_from_a_clock_ahead_is_taken_within_the_tolerance_and_denied_beyond() {
    let lab = Plan::default()
        .terminal_servers(&[("TS1", shared::model::Generation::Windows2003), ("TS2", shared::model::Generation::Windows2003)]);
    let lab = lab.start().await;
    // The license server and the first terminal server run ahead; the second terminal server does not.
    ahead(&lab, lab.now() + days(1)).await;
    let mut pc = device("PC01");
    lab.connect(&mut pc).await;
    assert_eq!(Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await).connected.rule, "PD-08", "a day ahead is as valid");
    ahead(&lab, lab.now() + days(1) + Span::seconds(1)).await;
    let mut pc = device("PC02");
    lab.connect(&mut pc).await;
    let denial = refused(lab.visit(1, &mut pc, Then::Cancel).await);
    assert_eq!((denial.code, denial.rule.as_str()), (Some(261), "PD-22"));
}

/// Rules: OQ-5.
#[tokio::test]
async fn the_holder_of_a_temporary_is_warned_in_its_last_seven_days() {
    let mut lab = not_activated().await;
    let mut pc = device("PC01");
    assert!(lab.log_on(&mut pc).await.connected.warning.is_none());
    let end = lab.now() + days(90);
    lab.go_to(end - days(7) - Span::seconds(1)).await;
    assert!(lab.connect(&mut pc).await.connected.warning.is_none());
    lab.go_to(end - days(7)).await;
    let warning = lab.connect(&mut pc).await.connected.warning.unwrap();
    assert!(warning.contains("expire in 7 days"), "{warning}");
}

async fn not_activated() -> TestLab {
    Plan::default().not_activated().start().await
}

/// A 2003 license server with CALs of both versions, a 2003 terminal server and a 2000 one.
async fn two_generations() -> TestLab {
    use shared::model::Generation::{Windows2000Sp3, Windows2003};
    let packs = [(0, ProductVersion::V5_0, ProductType::Device, 5), (0, ProductVersion::V5_2, ProductType::Device, 5)];
    Plan::default().terminal_servers(&[("TS1", Windows2003), ("TS2", Windows2000Sp3)]).packs(&packs).start().await
}

/// Sets the clocks of the license server and of the first terminal server ahead of the others.
async fn ahead(lab: &TestLab, to: LabTime) {
    for service in [&lab.license_servers[0], &lab.terminal_servers[0]] {
        let change = shared::wire::common::ClockChange::Set { to };
        service.api().post::<_, serde_json::Value>("/lab/clock", &change).await.unwrap();
    }
}
