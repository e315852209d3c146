//! Licenses that must not be taken as valid, each with the rule that the trace names.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use client::device::{Device, Part};
use client::session::Then;
use serde_json::Value;
use shared::model::Generation::Windows2003;
use shared::model::{CalKind, ProductType, ProductVersion};
use shared::wire::terminal_server::{Denied, SettingsChange};
use tests::harness::{Admitted, Plan, days, device, refused};

/// Rules: PD-23, CE-13.
#[tokio::test]
async fn a_license_of_another_lab_is_not_trusted() {
    let (lab, other) = tokio::join!(Plan::default().start(), Plan::default().start());
    let mut pc = other.licensed("PC01").await;
    expect(&lab.denied(&mut pc).await, "PD-23");
    assert_eq!(lab.terminal_server_events(1003).await, 1);
}

/// Rules: PD-23.
#[tokio::test]
async fn a_license_with_another_server_s_chain_is_not_trusted() {
    let packs = [(0, ProductVersion::V5_2, ProductType::Device, 5), (1, ProductVersion::V5_2, ProductType::Device, 5)];
    let lab = Plan::default().license_servers(&[("LS1", Windows2003), ("LS2", Windows2003)]).packs(&packs).start().await;
    let mut pc = lab.licensed("PC01").await;
    lab.terminal_servers[0].list_license_servers(&["LS2"]).await;
    let mut other = lab.licensed("PC02").await;
    let chain = header(token(&mut other))["x5c"].clone();
    change_header(&mut pc, |header| header["x5c"] = chain.clone());
    expect(&lab.denied(&mut pc).await, "PD-23");
}

/// Rules: PD-23.
#[tokio::test]
async fn a_license_with_another_algorithm_or_none_is_not_trusted() {
    let lab = Plan::default().start().await;
    let pc = lab.licensed("PC01").await;
    for algorithm in ["none", "HS256", "ES256", "RS256", "eddsa", ""] {
        let mut pc = pc.clone();
        change_header(&mut pc, |header| header["alg"] = Value::from(algorithm));
        expect(&lab.denied(&mut pc).await, "PD-23");
    }
    let mut unsigned = pc.clone();
    change_header(&mut unsigned, |header| header["alg"] = Value::from("none"));
    let text = token(&mut unsigned).rsplit_once('.').unwrap().0.to_owned() + ".";
    *token(&mut unsigned) = text;
    assert_eq!(lab.denied(&mut unsigned).await.code, Some(261));
}

/// Rules: PD-22, PD-23.
#[tokio::test]
async fn a_license_changed_in_any_one_byte_is_denied_with_261() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let good = token(&mut pc).clone();
    let length = good.len();
    for index in (0..length).step_by(7).chain([length - 1]) {
        let mut bytes = good.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        *token(&mut pc) = String::from_utf8(bytes).unwrap();
        let denial = lab.denied(&mut pc).await;
        assert!(denial.code == Some(261) && matches!(denial.rule.as_str(), "PD-22" | "PD-23"), "byte {index}: {denial:?}");
    }
}

/// Rules: PD-22.
#[tokio::test]
async fn a_license_whose_content_was_changed_does_not_match_its_signature() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    let text = token(&mut pc).clone();
    let parts: Vec<&str> = text.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let later = claims["exp"].as_i64().unwrap() + 86_400;
    claims["exp"] = Value::from(later);
    let changed = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap());
    *token(&mut pc) = format!("{}.{changed}.{}", parts[0], parts[2]);
    expect(&lab.denied(&mut pc).await, "PD-22");
    for part in [Part::Content, Part::Signature] {
        *token(&mut pc) = text.clone();
        pc.damage(*pc.licensing.store.keys().next().unwrap(), part, 40).unwrap();
        expect(&lab.denied(&mut pc).await, "PD-22");
    }
}

/// Rules: PD-22.
#[tokio::test]
async fn what_does_not_parse_is_damaged() {
    let lab = Plan::default().start().await;
    let pc = lab.licensed("PC01").await;
    for garbage in ["x", "..", "a.b.c", "e30.e30.AAAA", "\u{e9}.\u{e9}.\u{e9}", &"A".repeat(20_000)] {
        let mut pc = pc.clone();
        *token(&mut pc) = garbage.to_owned();
        let denial = lab.denied(&mut pc).await;
        assert_eq!(denial.code, Some(261), "{garbage:.20}: {denial:?}");
    }
}

/// Rules: PD-22, PD-23, CON-22.
#[tokio::test]
async fn the_lenient_switch_takes_an_invalid_license_as_none() {
    let lab = Plan::default().start().await;
    let mut pc = lab.licensed("PC01").await;
    pc.damage(*pc.licensing.store.keys().next().unwrap(), Part::Signature, 3).unwrap();
    expect(&lab.denied(&mut pc).await, "PD-22");
    lab.settings(SettingsChange { lenient_invalid: Some(true), ..SettingsChange::default() }).await;
    let visit = lab.connect(&mut pc).await;
    assert_eq!((visit.connected.rule.as_str(), visit.cal().kind), ("PD-02", CalKind::Permanent), "the same license comes back");
    assert_eq!(lab.pool(0).await, (19, 20));
}

/// Rules: CE-14, PD-23.
#[tokio::test]
async fn a_temporary_under_a_pinned_key_is_good_and_stays_so_after_activation() {
    let lab = Plan::default().not_activated().start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    lab.activate(0).await;
    lab.install(0, ProductVersion::V5_2, ProductType::Device, 5).await;
    let stranger = Plan::default().start().await;
    let mut copy = pc.clone();
    expect(&stranger.denied(&mut copy).await, "PD-23");
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-06");
}

/// Rules: CE-13.
#[tokio::test]
async fn a_terminal_server_checks_a_license_of_a_server_that_it_never_met_by_the_root_alone() {
    let plan = Plan::default().terminal_servers(&[("TS1", Windows2003), ("TS2", Windows2003)]);
    let mut lab = plan.start().await;
    let mut pc = lab.licensed("PC01").await;
    lab.license_servers[0].stop().await;
    lab.advance(days(1)).await;
    assert_eq!(Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await).connected.rule, "PD-13");
}

/// Rules: PD-21, PD-22.
#[tokio::test]
async fn a_damaged_license_is_denied_as_damaged_even_on_another_device() {
    let lab = Plan::default().start().await;
    let owner = lab.licensed("PC01").await;
    let mut thief = device("PC02");
    thief.copy_store_from(&owner);
    thief.damage(*thief.licensing.store.keys().next().unwrap(), Part::Signature, 0).unwrap();
    expect(&refused(lab.visit(0, &mut thief, Then::Cancel).await), "PD-22");
}

fn expect(denial: &Denied, rule: &str) {
    assert_eq!((denial.code, denial.event, denial.rule.as_str()), (Some(261), Some(1003), rule), "{denial:#?}");
}

fn token(device: &mut Device) -> &mut String {
    &mut device.licensing.store.values_mut().next().expect("a stored license").license
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

fn change_header(device: &mut Device, change: impl Fn(&mut Value)) {
    let text = token(device);
    let mut header = header(text);
    change(&mut header);
    assert!(header["x5c"][0].as_str().is_some_and(|der| STANDARD.decode(der).is_ok()));
    let rest = text.split_once('.').unwrap().1.to_owned();
    *text = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap()));
}
