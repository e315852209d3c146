//! The directory: logons of domain accounts, users recorded per user from 2008 on, reports and the review of a configuration.

use client::session::Then;
use serde_json::{Value, json};
use shared::model::PolicyAcOn;
use shared::model::{Generation, ProductType, ProductVersion, Span};
use shared::wire::directory::UserRow;
use shared::wire::license_server::{Availability, ConfigurationReview, PerUserReport};
use shared::wire::terminal_server::{PersonRow, SettingsChange};
use tests::harness::{Admitted, Plan, Service, TestLab, days, device, log_on, stay};

const PASSWORD: &str = "correct horse";

/// A 2008 terminal server and license server of the domain LAB, licensing per user, with three users in two units.
async fn lab() -> TestLab {
    let lab = Plan::default()
        .license_servers(&[("LS1", Generation::Windows2008)])
        .terminal_servers(&[("TS1", Generation::Windows2008)])
        .packs(&[(0, ProductVersion::V6_0, ProductType::User, 2)])
        .directory()
        .start()
        .await;
    let directory = directory(&lab);
    directory.api().put::<_, ()>("/sites/VIENNA", &json!({})).await.unwrap();
    directory.api().put::<_, ()>("/domains/LAB", &json!({ "kind": "active-directory", "controllers": ["DC1"] })).await.unwrap();
    for (user, unit, administrator) in [("anna", "SALES", false), ("bert", "SALES", false), ("carl", "WORKS", true)] {
        let change = json!({ "password": PASSWORD, "administrator": administrator, "unit": unit });
        directory.api().put::<_, ()>(&format!("/users/lab%5C{user}"), &change).await.unwrap();
    }
    lab.license_servers[0].stands("MEMBER1", "VIENNA", "domain LAB").await;
    lab.terminal_servers[0].stands("APP1", "VIENNA", "domain LAB").await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    lab
}

fn directory(lab: &TestLab) -> &Service {
    lab.directory.as_ref().unwrap()
}

async fn join(lab: &TestLab, members: &[&str]) {
    let group = json!({ "members": members });
    directory(lab).api().put::<_, ()>("/domains/LAB/license-servers", &group).await.unwrap();
}

async fn visit(lab: &TestLab, user: &str, pc: &str) -> (Admitted, String) {
    let admitted = Admitted::of(lab.visit_as(0, &mut device(pc), user, false, log_on()).await);
    let told = match &admitted.logon {
        client::session::Logon::LoggedOn { answer, .. } => {
            answer.trace.iter().map(|step| format!("{} {}", step.rule, step.facts)).collect()
        }
        other => panic!("no logon: {other:?}"),
    };
    (admitted, told)
}

async fn licensing(lab: &TestLab, user: &str) -> Vec<shared::model::LicensingSet> {
    let users: Vec<UserRow> = directory(lab).all("/users").await;
    users.into_iter().find(|row| row.name.as_str() == user).unwrap().licensing
}

#[tokio::test]
async fn a_user_of_the_domain_logs_on_with_the_password_that_the_directory_keeps() {
    let lab = lab().await;
    let (admitted, _) = visit(&lab, "LAB\\anna", "PC01").await;
    assert_eq!(admitted.connected.rule, "PU-02");
    for (user, password) in [("lab\\anna", "wrong"), ("lab\\nobody", PASSWORD), ("other\\anna", PASSWORD)] {
        let then = Then::LogOn { password: password.to_owned(), stay: false };
        let admitted = Admitted::of(lab.visit_as(0, &mut device("PC02"), user, false, then).await);
        assert!(matches!(admitted.logon, client::session::Logon::Failed { .. }), "{user}: {:?}", admitted.logon);
    }
    let admin = Admitted::of(lab.visit_as(0, &mut device("PC03"), "lab\\carl", true, log_on()).await);
    assert!(
        matches!(admin.logon, client::session::Logon::LoggedOn { .. }),
        "the directory says who is an administrator: {:?}",
        admin.logon
    );
    let list = serde_json::to_string(&directory(&lab).get::<Value>("/users").await).unwrap();
    assert!(!list.contains("argon2"), "no hash is shown");
}

/// Rules: W08-04.
#[tokio::test]
async fn a_logon_per_user_is_recorded_for_sixty_days_and_extended_near_the_end() {
    let mut lab = lab().await;
    join(&lab, &["LS1"]).await;
    let (_, told) = visit(&lab, "lab\\anna", "PC01").await;
    assert!(told.contains("W08-04"), "{told}");
    let first = licensing(&lab, "lab\\anna").await;
    assert_eq!((first.len(), first[0].expires_at, first[0].version), (1, lab.now() + days(60), ProductVersion::V6_0));
    assert_eq!(first[0].managing_server.as_str(), "LS1");
    lab.advance(days(30)).await;
    visit(&lab, "lab\\anna", "PC02").await;
    assert_eq!(licensing(&lab, "lab\\anna").await, first, "in mid-life nothing is written");
    lab.advance(days(24)).await;
    let (_, told) = visit(&lab, "lab\\anna", "PC01").await;
    assert!(told.contains("extended"), "{told}");
    assert_eq!(licensing(&lab, "lab\\anna").await[0].expires_at, lab.now() + days(60));
    // More users than CALs: nobody is turned away, and no temporary is given.
    for user in ["bert", "carl"] {
        let (admitted, _) = visit(&lab, &format!("lab\\{user}"), "PC03").await;
        assert!(admitted.connected.license.is_none());
    }
    assert_eq!(lab.license_servers[0].events(4105).await, 0);
}

/// Vector: X-06.
/// Rules: W08-05.
#[tokio::test]
async fn outside_the_group_a_user_is_let_in_and_event_4105_says_that_nothing_was_recorded() {
    let lab = lab().await;
    let (admitted, told) = visit(&lab, "lab\\anna", "PC01").await;
    assert_eq!(admitted.connected.rule, "PU-02");
    assert!(told.contains("W08-05"), "{told}");
    assert_eq!(lab.license_servers[0].events(4105).await, 1);
    assert!(licensing(&lab, "lab\\anna").await.is_empty());
    join(&lab, &["LS1"]).await;
    visit(&lab, "lab\\anna", "PC01").await;
    assert_eq!((licensing(&lab, "lab\\anna").await.len(), lab.license_servers[0].events(4105).await), (1, 1), "cured");
    lab.license_servers[0].cut_off_from(&[directory(&lab)]).await;
    visit(&lab, "lab\\bert", "PC02").await.1.contains("W08-05").then_some(()).expect("a silent directory counts alike");
    assert_eq!(lab.license_servers[0].events(4105).await, 2);
}

/// Rules: W08-06.
#[tokio::test]
async fn in_a_workgroup_users_cannot_be_tracked() {
    let lab = Plan::default()
        .license_servers(&[("LS1", Generation::Windows2008)])
        .terminal_servers(&[("TS1", Generation::Windows2008)])
        .packs(&[(0, ProductVersion::V6_0, ProductType::User, 2)])
        .start()
        .await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    let (admitted, told) = visit(&lab, "anna", "PC01").await;
    assert_eq!(admitted.connected.rule, "PU-02");
    assert!(told.contains("W08-06"), "{told}");
    let report = report(&lab, &json!({ "scope": "all-domains" })).await;
    assert_eq!(report.summary[0].availability, Availability::NotTracking);
    let review: ConfigurationReview = lab.license_servers[0].get("/configuration-review").await;
    assert!(review.findings.iter().any(|finding| !finding.good && finding.rules == ["W08-06"]), "{review:?}");
}

async fn report(lab: &TestLab, scope: &Value) -> PerUserReport {
    lab.license_servers[0].api().post("/per-user-reports", scope).await.unwrap()
}

/// Rules: TL-07, PU-08.
#[tokio::test]
async fn the_per_user_report_counts_people_in_a_scope_and_is_kept() {
    let mut lab = lab().await;
    visit(&lab, "lab\\carl", "PC09").await;
    join(&lab, &["LS1"]).await;
    for (user, pc) in [("anna", "PC01"), ("anna", "PC02"), ("bert", "PC01")] {
        visit(&lab, &format!("lab\\{user}"), pc).await;
    }
    let all = report(&lab, &json!({ "scope": "all-domains" })).await;
    assert_eq!(all.users.len(), 2, "people, not devices: {all:?}");
    let summary = &all.summary[0];
    assert_eq!((summary.installed, summary.issued, summary.availability), (2, 2, Availability::None));
    assert_eq!(all.failures.len(), 1, "carl, before the group");
    let works = report(&lab, &json!({ "scope": "unit", "domain": "LAB", "unit": "WORKS" })).await;
    assert_eq!((works.users.len(), works.summary[0].availability), (0, Availability::Available));
    let domain = report(&lab, &json!({ "scope": "domain", "domain": "LAB" })).await;
    assert_eq!(domain.users, all.users);
    lab.advance(days(61)).await;
    assert!(report(&lab, &json!({ "scope": "all-domains" })).await.users.is_empty(), "what has ended is not counted");
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    let kept: shared::wire::common::Page<PerUserReport> = lab.license_servers[0].get("/per-user-reports").await;
    assert_eq!((kept.items.len(), &kept.items[3]), (4, &all), "kept on the license server");
}

/// Rules: TL-08, DI-23.
#[tokio::test]
async fn the_review_looks_at_group_publication_and_scope() {
    let lab = lab().await;
    let bad = |review: &ConfigurationReview| review.findings.iter().filter(|finding| !finding.good).count();
    let review: ConfigurationReview = lab.license_servers[0].get("/configuration-review").await;
    assert_eq!(bad(&review), 1, "not in the group: {review:?}");
    join(&lab, &["LS1"]).await;
    let review: ConfigurationReview = lab.license_servers[0].get("/configuration-review").await;
    assert_eq!((bad(&review), lab.license_servers[0].events(74).await), (0, 1), "{review:?}");
    let unpublished: Value = lab.license_servers[0].api().put("/publication", &json!({ "published": false })).await.unwrap();
    assert_eq!(unpublished["published_in"], Value::Null);
    let review: ConfigurationReview = lab.license_servers[0].get("/configuration-review").await;
    assert_eq!(bad(&review), 2, "an enterprise server that nobody finds: {review:?}");
    join(&lab, &[]).await;
    let _: ConfigurationReview = lab.license_servers[0].get("/configuration-review").await;
    assert_eq!((lab.license_servers[0].events(76).await, lab.license_servers[0].events(64).await), (1, 1));
}

/// Rules: PU-07, PU-08.
#[tokio::test]
async fn a_2003_server_counts_the_people_who_owe_a_user_cal_and_enforces_nothing() {
    let mut lab = Plan::default().start().await;
    lab.settings(SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() }).await;
    for pc in ["PC01", "PC02"] {
        let _ = lab.visit_as(0, &mut device(pc), "anna", false, stay()).await;
        lab.advance(Span::seconds(60)).await;
    }
    let people: Vec<PersonRow> = lab.terminal_servers[0].all("/people").await;
    assert_eq!(people.iter().map(|row| (row.user.as_str(), row.logons)).collect::<Vec<_>>(), [("anna", 2)], "one person on two devices");
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    assert_eq!(lab.terminal_servers[0].all::<PersonRow>("/people").await, people);
}

/// Who was recorded after all, here or by another license server, stands under "not recorded" no longer; who failed twice stands there once.
///
/// Rules: TL-07, W08-05, FT-22.
#[tokio::test]
async fn the_report_names_those_who_are_not_recorded_and_nobody_who_is_by_now() {
    let lab = lab().await;
    for user in ["lab\\anna", "lab\\bert", "lab\\bert"] {
        visit(&lab, user, "PC01").await;
    }
    let scope = json!({ "scope": "all-domains" });
    let failed = |report: PerUserReport| report.failures.iter().map(|row| row.user.to_string()).collect::<Vec<_>>();
    assert_eq!(failed(report(&lab, &scope).await), ["lab\\anna", "lab\\bert"]);
    join(&lab, &["LS1"]).await;
    visit(&lab, "lab\\anna", "PC01").await;
    assert_eq!(failed(report(&lab, &scope).await), ["lab\\bert"]);
}
