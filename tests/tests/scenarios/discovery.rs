//! How a terminal server comes to its license servers: vectors K-09, K-10, M-05, M-06, M-07 and the rules of section 6.

use client::session::Then;
use serde_json::json;
use shared::model::{Generation, Intervals, LicenseServerRole, ProductType, ProductVersion, Search, Span, Way};
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{DiscoveryChange, DiscoveryView, SettingsChange};
use tests::harness::{Plan, Service, TestLab, days, device};

const VIENNA: &str = "VIENNA";
const GRAZ: &str = "GRAZ";
const NORTH: &str = "domain NORTH";

/// One terminal server and some license servers of a generation, enrolled, with a directory that knows two domains and two sites.
async fn lab(generation: Generation, license_servers: &[&'static str]) -> TestLab {
    let servers: Vec<_> = license_servers.iter().map(|name| (*name, generation)).collect();
    let lab = Plan::default()
        .license_servers(&servers)
        .terminal_servers(&[("TS1", generation)])
        .packs(&[])
        .grace_running()
        .directory()
        .start()
        .await;
    let directory = lab.directory.as_ref().unwrap().api();
    for site in [VIENNA, GRAZ] {
        directory.put::<_, ()>(&format!("/sites/{site}"), &json!({})).await.unwrap();
    }
    domain(&lab, "NORTH", &["DC1", "DC2"]).await;
    domain(&lab, "SOUTH", &["DC9"]).await;
    lab
}

async fn domain(lab: &TestLab, name: &str, controllers: &[&str]) {
    let change = json!({ "kind": "active-directory", "controllers": controllers });
    lab.directory.as_ref().unwrap().api().put::<_, ()>(&format!("/domains/{name}"), &change).await.unwrap();
}

fn found(view: &DiscoveryView) -> Vec<(String, Way)> {
    view.found.iter().map(|found| (found.name.to_string(), found.way)).collect()
}

fn told(view: &DiscoveryView) -> String {
    view.trace.iter().map(|step| format!("{} {}\n", step.rule, step.facts)).collect()
}

async fn refused(service: &Service, change: &DiscoveryChange) -> Problem {
    match service.api().patch::<_, DiscoveryView>("/discovery", change).await {
        Err(lab::failure::Failure::Problem(problem)) => *problem,
        other => panic!("not refused: {other:?}"),
    }
}

/// Vector: K-09.
/// Rules: DI-02, DI-03, DI-04, W2K-13.
#[tokio::test]
async fn a_2000_server_prefers_a_license_server_of_its_domain_to_an_enterprise_one() {
    let lab = lab(Generation::Windows2000Sp3, &["LS1", "LS2", "LS3"]).await;
    lab.license_servers[0].stands("DC1!", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    lab.license_servers[1].stands("DC2!", GRAZ, NORTH).await;
    lab.license_servers[1].has_role(LicenseServerRole::Domain).await;
    lab.license_servers[2].stands("DC9!", VIENNA, "domain SOUTH").await;
    lab.terminal_servers[0].stands("APP1", VIENNA, NORTH).await;
    let view = lab.terminal_servers[0].searches().await;
    assert_eq!(found(&view).len(), 3, "{}", told(&view));
    assert_eq!(view.found[0].way, Way::DomainController, "one of the two by lot: {}", told(&view));
    assert_eq!(found(&view)[2], ("LS3".to_owned(), Way::Site), "the enterprise server is remembered behind them");
    let admitted = lab.connect(&mut device("PC01")).await;
    assert_ne!(admitted.cal().issuer.as_str(), "LS3");
    let standing = shared::wire::license_server::PlaceLicenseServer {
        placement: shared::model::Placement { controller: false, ..view.placement.clone() },
        role: None,
    };
    let refusal = lab.license_servers[0].api().put::<_, serde_json::Value>("/network", &standing).await.unwrap_err();
    assert!(refusal.to_string().contains("domain controller"), "{refusal}");
}

/// Vector: K-10.
/// Rules: DI-01, DI-26, DI-30.
#[tokio::test]
async fn a_default_license_server_overrides_every_search_and_may_be_of_another_domain() {
    let lab = lab(Generation::Windows2000Sp3, &["LS1", "LSX"]).await;
    lab.license_servers[0].stands("DC1!", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    lab.license_servers[1].stands("DC9!", GRAZ, "domain SOUTH").await;
    lab.license_servers[1].has_role(LicenseServerRole::Domain).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    let _ = server.searches().await;
    server.list_license_servers(&["LSX"]).await;
    let view = server.search_now().await;
    assert_eq!(found(&view), [("LSX".to_owned(), Way::Registry)]);
    assert!(!told(&view).contains("DI-02"), "no controller was asked: {}", told(&view));
    assert!(view.registry.form.contains("DefaultLicenseServer"));
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().issuer.as_str(), "LSX", "its role does not limit whom it serves");
}

/// Vector: M-05.
/// Rules: DI-21, DI-22, DI-23, DI-09.
#[tokio::test]
async fn the_registry_list_is_tried_first_and_the_site_s_enterprise_server_next() {
    let mut lab = lab(Generation::Windows2003, &["LSX", "LS2"]).await;
    lab.license_servers[1].stands("MEMBER2", VIENNA, "domain SOUTH").await;
    assert_eq!(lab.license_servers[1].events(64).await, 1, "published");
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    let _ = server.searches().await;
    server.list_license_servers(&["LSX"]).await;
    lab.license_servers[0].stop().await;
    let server = &lab.terminal_servers[0];
    let view = server.search_now().await;
    assert_eq!(found(&view), [("LS2".to_owned(), Way::Site)], "{}", told(&view));
    let first = view.trace.first().unwrap();
    assert_eq!(first.rule, "DI-27", "group policy, which names nobody");
    assert!(view.trace[1].rule == "DI-22" && view.trace[1].facts.contains("LSX was silent"), "{}", told(&view));
    assert_eq!(view.asked.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["LSX", "LS2"]);
    lab.advance(Span::seconds(120)).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().issuer.as_str(), "LS2");
}

/// Vector: M-06.
/// Rules: DI-24, CON-15, CON-24.
#[tokio::test]
async fn the_domain_role_on_a_member_server_is_found_by_nobody_who_has_no_list() {
    let lab = lab(Generation::Windows2003, &["LS1"]).await;
    lab.license_servers[0].stands("MEMBER1", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    let view = server.searches().await;
    assert!(view.found.is_empty() && told(&view).contains("DI-24"), "{}", told(&view));
    assert_eq!(server.events(1026).await, 1, "no license server in the domain");
    server.list_license_servers(&["LS1"]).await;
    assert_eq!(found(&server.search_now().await), [("LS1".to_owned(), Way::Registry)], "the registry is the cure");
    // The Enterprise role on the same member server needs no list.
    server.list_license_servers(&[]).await;
    lab.license_servers[0].has_role(LicenseServerRole::Enterprise).await;
    assert_eq!(found(&server.search_now().await), [("LS1".to_owned(), Way::Site)]);
}

/// Rules: CON-24, DI-25.
#[tokio::test]
async fn the_domain_role_is_found_on_a_controller_or_by_the_other_reading_has_to_be_named() {
    let lab = lab(Generation::Windows2003, &["LS1"]).await;
    lab.license_servers[0].stands("DC1!", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    assert_eq!(found(&server.searches().await), [("LS1".to_owned(), Way::DomainController)]);
    lab.settings(SettingsChange { domain_role_by_name_only: Some(true), ..SettingsChange::default() }).await;
    let view = server.search_now().await;
    assert!(view.found.is_empty() && told(&view).contains("CON-24"), "{}", told(&view));
    server.list_license_servers(&["LS1"]).await;
    assert_eq!(found(&server.search_now().await), [("LS1".to_owned(), Way::Registry)]);
}

/// Vector: M-07.
/// Rules: DI-23, DI-25, CON-24.
#[tokio::test]
async fn an_enterprise_server_is_found_in_its_own_site_only_and_a_controller_s_in_every_site() {
    let lab = lab(Generation::Windows2003, &["LS1"]).await;
    lab.license_servers[0].stands("DC1!", GRAZ, NORTH).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    assert!(server.searches().await.found.is_empty(), "enterprise, in another site");
    server.stands("APP1", GRAZ, "domain SOUTH").await;
    assert_eq!(found(&server.search_now().await), [("LS1".to_owned(), Way::Site)], "any domain of the forest");
    server.stands("APP1", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    assert_eq!(found(&server.search_now().await), [("LS1".to_owned(), Way::DomainController)], "any site of the domain");
    server.stands("APP1", GRAZ, "domain SOUTH").await;
    assert!(server.search_now().await.found.is_empty(), "no other domain");
}

/// Rules: DI-05, DI-20.
#[tokio::test]
async fn a_broadcast_is_heard_in_the_same_site_and_workgroup_only() {
    for generation in [Generation::Windows2000Sp3, Generation::Windows2003, Generation::Windows2008] {
        let lab = lab(generation, &["LS1", "LS2", "LS3"]).await;
        for (index, (site, member_of)) in [(GRAZ, "workgroup SHOP"), (VIENNA, "workgroup SHOP"), (VIENNA, "nt4 OLD")].iter().enumerate() {
            lab.license_servers[index].stands(&format!("M{index}"), site, member_of).await;
        }
        let server = &lab.terminal_servers[0];
        server.stands("APP1", VIENNA, "workgroup SHOP").await;
        assert_eq!(found(&server.searches().await), [("LS2".to_owned(), Way::Broadcast)], "{generation}");
        server.stands("APP1", VIENNA, "nt4 OLD").await;
        assert_eq!(found(&server.search_now().await), [("LS3".to_owned(), Way::Broadcast)], "{generation}");
        server.stands("APP1", "LINZ", "workgroup SHOP").await;
        assert!(server.search_now().await.found.is_empty(), "{generation}");
        assert_eq!(server.events(1027).await, 1, "no license server in the workgroup");
    }
}

/// Rules: DI-05, DI-09, SD-02.
#[tokio::test]
async fn responders_are_taken_by_lot_and_the_others_are_remembered() {
    let mut lab = lab(Generation::Windows2003, &["LS1", "LS2", "LS3"]).await;
    let view = lab.terminal_servers[0].searches().await;
    assert_eq!(view.found.len(), 3, "{}", told(&view));
    let again = lab.terminal_servers[0].search_now().await;
    assert_eq!(again.found[0], view.found[0], "who was chosen stays while it answers");
    let index = |name: &str| ["LS1", "LS2", "LS3"].iter().position(|known| *known == name).unwrap();
    let first = index(view.found[0].name.as_str());
    let next = again.found[1].name.clone();
    lab.license_servers[first].stop().await;
    let admitted = lab.connect(&mut device("PC01")).await;
    assert_eq!(admitted.cal().issuer, next, "the next of the remembered ones");
}

/// Rules: DI-09.
#[tokio::test]
async fn when_all_that_were_found_are_silent_there_is_one_more_search() {
    let mut lab = lab(Generation::Windows2003, &["LS1", "LS2"]).await;
    lab.license_servers[1].stands("M2", GRAZ, "workgroup WORKGROUP").await;
    let view = lab.terminal_servers[0].searches().await;
    assert_eq!(found(&view), [("LS1".to_owned(), Way::Broadcast)]);
    // LS2 moves within earshot, LS1 goes.
    lab.license_servers[1].stands("M2", "DEFAULT-FIRST-SITE-NAME", "workgroup WORKGROUP").await;
    lab.license_servers[0].stop().await;
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().issuer.as_str(), "LS2");
    assert_eq!(found(&lab.terminal_servers[0].discovery().await), [("LS2".to_owned(), Way::Broadcast)]);
}

/// Rules: DI-07, DI-10, DI-11.
#[tokio::test]
async fn a_new_license_server_stays_unnoticed_until_the_next_search() {
    let mut lab = lab(Generation::Windows2003, &["LS1"]).await;
    let _ = lab.connect(&mut device("PC00")).await;
    lab.license_servers[0].stop().await;
    lab.advance(days(121)).await;
    let view = lab.terminal_servers[0].searches().await;
    assert!(view.found.is_empty());
    assert_eq!(view.next_search_at, Some(lab.now() + Span::seconds(900)));
    lab.start_license_server(0).await;
    lab.advance(Span::seconds(899)).await;
    assert_eq!(lab.denied(&mut device("PC01")).await.code, Some(257), "not looked for yet");
    lab.advance(Span::seconds(1)).await;
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().issuer.as_str(), "LS1");
    assert_eq!(lab.terminal_servers[0].discovery().await.next_search_at, Some(lab.now() + Span::seconds(7200)), "found: every two hours");
    // The same without waiting: a restart of the terminal server searches at once.
    lab.license_servers[0].stop().await;
    lab.advance(days(1)).await;
    assert!(lab.terminal_servers[0].discovery().await.found.is_empty());
    lab.start_license_server(0).await;
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    for _ in 0..200 {
        if !lab.terminal_servers[0].discovery().await.found.is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("not found at the start");
}

/// Rules: DI-08, DI-29, OQ-2.
#[tokio::test]
async fn an_enterprise_server_is_looked_for_every_hour_and_the_intervals_are_settings() {
    let lab = lab(Generation::Windows2003, &["LS1"]).await;
    lab.license_servers[0].stands("MEMBER1", VIENNA, NORTH).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    let view = server.searches().await;
    assert_eq!(view.next_search_at, Some(lab.now() + Span::seconds(3600)), "2000's hour, for want of 2003's");
    let intervals = Intervals { domain_found_s: 60, none_found_s: 30, site_found_s: 90 };
    let change = DiscoveryChange { intervals: Some(intervals), ..DiscoveryChange::default() };
    let view: DiscoveryView = server.api().patch("/discovery", &change).await.unwrap();
    assert_eq!(view.next_search_at, Some(lab.now() + Span::seconds(90)));
}

/// Rules: DI-28.
#[tokio::test]
async fn a_license_server_on_the_same_machine_is_found_whatever_its_role() {
    let lab = lab(Generation::Windows2003, &["LS1"]).await;
    lab.license_servers[0].stands("APP1", VIENNA, NORTH).await;
    lab.license_servers[0].has_role(LicenseServerRole::Domain).await;
    let server = &lab.terminal_servers[0];
    server.stands("APP1", VIENNA, NORTH).await;
    assert_eq!(found(&server.searches().await), [("LS1".to_owned(), Way::SameMachine)]);
}

/// Rules: DI-27, DI-30.
#[tokio::test]
async fn a_server_that_was_told_names_does_not_search() {
    let lab = lab(Generation::Windows2003, &["LS1", "LS2"]).await;
    let server = &lab.terminal_servers[0];
    server.list_license_servers(&[]).await;
    let view = server.search_now().await;
    assert_eq!((view.search, view.found.len(), view.next_search_at), (Search::Named, 0, None));
    let change = DiscoveryChange { policy: Some(vec!["LS2".parse().unwrap()]), ..DiscoveryChange::default() };
    let _: DiscoveryView = server.api().patch("/discovery", &change).await.unwrap();
    assert_eq!(found(&server.search_now().await), [("LS2".to_owned(), Way::Policy)], "by policy");
    assert_eq!(lab.connect(&mut device("PC01")).await.cal().issuer.as_str(), "LS2");
}

/// Rules: W08-14, DI-30.
#[tokio::test]
async fn a_2008_r2_server_has_to_be_told_and_2000_has_no_policy_for_it() {
    let lab = Plan::default()
        .license_servers(&[("LS1", Generation::Windows2008R2)])
        .terminal_servers(&[("TS1", Generation::Windows2008R2), ("TS2", Generation::Windows2000Sp3)])
        .packs(&[])
        .grace_running()
        .start()
        .await;
    let search = DiscoveryChange { search: Some(Search::Automatic), ..DiscoveryChange::default() };
    let problem = refused(&lab.terminal_servers[0], &search).await;
    assert_eq!(problem.rules, ["W08-14"]);
    lab.terminal_servers[0].list_license_servers(&[]).await;
    let view = lab.terminal_servers[0].search_now().await;
    assert!(view.found.is_empty() && told(&view).contains("W08-14"), "{}", told(&view));
    let policy = DiscoveryChange { policy: Some(vec!["LS1".parse().unwrap()]), ..DiscoveryChange::default() };
    assert_eq!(refused(&lab.terminal_servers[1], &policy).await.rules, ["DI-30"]);
    lab.terminal_servers[0].list_license_servers(&["LS1"]).await;
    assert_eq!(found(&lab.terminal_servers[0].search_now().await), [("LS1".to_owned(), Way::Registry)]);
}

/// What a router takes away counts as silence, for this server alone, and it outlives a restart.
///
/// Rules: SD-02.
#[tokio::test]
async fn a_license_server_that_is_cut_off_is_silent_for_that_server_alone() {
    let mut lab = Plan::default()
        .license_servers(&[("LS1", Generation::Windows2003), ("LS2", Generation::Windows2003)])
        .terminal_servers(&[("TS1", Generation::Windows2003), ("TS2", Generation::Windows2003)])
        .packs(&[(0, ProductVersion::V5_2, ProductType::Device, 5)])
        .start()
        .await;
    lab.terminal_servers[0].cut_off_from(&[&lab.license_servers[0]]).await;
    let cut = lab.connect(&mut device("PC01")).await;
    assert_eq!(cut.cal().issuer.as_str(), "LS2");
    assert!(cut.connected.trace.iter().any(|step| step.facts.contains("the lab's network is cut")), "{:?}", cut.connected.trace);
    let other = lab.visit(1, &mut device("PC02"), Then::Cancel).await;
    assert_eq!(tests::harness::Admitted::of(other).cal().issuer.as_str(), "LS1");
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    let view: shared::wire::common::NetworkView = lab.terminal_servers[0].get("/lab/network").await;
    assert_eq!(view.cut_off[0].name.as_str(), "LS1");
    lab.terminal_servers[0].cut_off_from(&[]).await;
    lab.advance(days(1)).await;
    lab.license_servers[1].stop().await;
    assert_eq!(lab.connect(&mut device("PC03")).await.cal().issuer.as_str(), "LS1", "mended");
}
