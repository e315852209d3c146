//! Activation and packs: vectors, and what a lost answer must not cost.

use lab::failure::Failure;
use serde_json::json;
use shared::model::{LabTime, PackKind, ProductType, ProductVersion, Purchase, Registrant};
use shared::wire::clearinghouse::{ActivationRecord, PackRecord, RecordOutcome, SignedAgreement, Wanted};
use shared::wire::common::Page;
use shared::wire::license_server::{Activate, ActivationView, InstallPack, PackList, PackRow};
use shared::wire::problem::{Problem, ProblemCode};
use tests::harness::{Plan, TestLab, days, device, registrant, request_id};

/// Vector: A-01.
/// Rules: AC-10, AC-11, AC-15, AC-42.
#[tokio::test]
async fn an_activation_without_a_company_fails_and_stands_on_the_record() {
    let lab = Plan::default().not_activated().start().await;
    let incomplete = Registrant { company: None, ..registrant() };
    let problem = refused(lab.license_servers[0].api().post::<_, ActivationView>("/activation", &Activate { registrant: incomplete }).await);
    assert_eq!(problem.code, ProblemCode::RegistrantIncomplete);
    assert!(problem.detail.contains("company"), "{problem}");
    assert_eq!(lab.license_servers[0].get::<ActivationView>("/activation").await.status, 1);
    let record: Page<ActivationRecord> = lab.clearinghouse.get("/activations").await;
    assert!(matches!(record.items[0].outcome, RecordOutcome::Refused { .. }), "{:?}", record.items);
}

/// Rules: AC-01, AC-14, AC-15, CE-13.
#[tokio::test]
async fn an_activation_gives_a_certificate_of_ten_years_and_can_be_asked_again() {
    let lab = Plan::default().not_activated().start().await;
    let first = lab.activate(0).await;
    assert_eq!((first.status, first.ends_at), (0, Some(ten_years_after(lab.now()))));
    assert_eq!(lab.activate(0).await, first);
    let record: Page<ActivationRecord> = lab.clearinghouse.get("/activations").await;
    assert_eq!(record.items.iter().filter(|row| row.outcome == RecordOutcome::Granted).count(), 1);
    assert_eq!(lab.license_server_events(0, 4).await, 1);
}

/// Rules: CE-13, LS-03, SD-05, AC-26.
#[tokio::test]
async fn past_its_certificate_s_end_a_server_gives_temporaries_and_what_it_issued_stays_good() {
    let mut lab = Plan::default().start().await;
    let end = lab.license_servers[0].get::<ActivationView>("/activation").await.ends_at.unwrap();
    lab.go_to(end - days(30)).await;
    lab.next_life(0, 80).await;
    let mut pc = lab.licensed("PC01").await;
    lab.go_to(end).await;
    assert_eq!(lab.license_servers[0].get::<ActivationView>("/activation").await.status, 1);
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "the chain is judged at the moment of issue");
    pc.delete_license(*pc.licensing.store.keys().next().unwrap());
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-02", "handed back as it stands");
    let mut other = device("PC02");
    lab.log_on(&mut other).await;
    assert_eq!(lab.connect(&mut other).await.connected.rule, "PD-07", "no permanent any more");
    assert_eq!(lab.license_server_events(0, 18).await, 3);
}

/// Vector: A-04.
/// Rules: AC-05, AC-08, AC-30, AC-31, AC-32.
#[tokio::test]
async fn an_open_license_gives_the_packs_that_it_entitles_to_and_no_more() {
    let lab = Plan::default().packs(&[]).start().await;
    let purchase = agreement(&lab, &json!({ "program": "open" }), 30).await;
    let row = lab.license_servers[0].api().post::<_, PackRow>("/packs", &install(&purchase, 25)).await.unwrap();
    assert_eq!((row.available, row.pack.total, row.pack.kind), (25, 25, PackKind::Open));
    let problem = refused(lab.license_servers[0].api().post::<_, PackRow>("/packs", &install(&purchase, 6)).await);
    assert_eq!((problem.code, problem.detail.contains('5')), (ProblemCode::PackRefused, true), "{problem}");
    let row = lab.license_servers[0].api().post::<_, PackRow>("/packs", &install(&purchase, 5)).await.unwrap();
    assert_eq!(row.pack.total, 5);
}

/// Rules: AC-06, AC-07, AC-31.
#[tokio::test]
async fn volume_programs_and_other_agreements_give_packs_of_their_kind() {
    let lab = Plan::default().packs(&[]).start().await;
    for (program, kind) in [
        (json!({ "program": "volume", "agreement": "select" }), PackKind::Volume),
        (json!({ "program": "volume", "agreement": "services-provider" }), PackKind::Volume),
        (json!({ "program": "other" }), PackKind::Open),
    ] {
        let purchase = agreement(&lab, &program, 10).await;
        let row = lab.license_servers[0].api().post::<_, PackRow>("/packs", &install(&purchase, 10)).await.unwrap();
        assert_eq!((row.pack.kind, row.pack.total), (kind, 10), "{program}");
    }
}

/// Vector: A-06.
/// Rules: AC-04, AC-33, AC-42, AC-45.
#[tokio::test]
async fn a_retail_code_works_at_one_license_server_only() {
    let plan = Plan::default().license_servers(&[("LS1", shared::model::Generation::Windows2003), ("LS2", shared::model::Generation::Windows2003)]);
    let lab = plan.packs(&[]).start().await;
    let purchase = Purchase::Retail { code: lab.buy(ProductVersion::V5_2, ProductType::Device, 5).await.code };
    let retail = || InstallPack { request: request_id(), purchase: purchase.clone(), wanted: None };
    lab.license_servers[0].api().post::<_, PackRow>("/packs", &retail()).await.unwrap();
    let problem = refused(lab.license_servers[1].api().post::<_, PackRow>("/packs", &retail()).await);
    assert_eq!(problem.code, ProblemCode::PackRefused);
    assert!(problem.to_string().contains("clearinghouse") || problem.cure.contains("clearinghouse"), "{problem:?}");
    let again = refused(lab.license_servers[0].api().post::<_, PackRow>("/packs", &retail()).await);
    assert_eq!(again.code, ProblemCode::PackInstalled, "the same server gets the same pack, which it has");
    let record: Page<PackRecord> = lab.clearinghouse.get("/packs").await;
    assert!(record.items.iter().any(|row| row.name.as_str() == "LS2" && matches!(row.outcome, RecordOutcome::Refused { .. })));
    assert_eq!(lab.license_servers[0].get::<PackList>("/packs").await.packs.len(), 1);
}

/// Vector: A-07.
/// Rules: AC-30.
#[tokio::test]
async fn a_license_server_that_is_not_activated_installs_nothing() {
    let lab = Plan::default().not_activated().start().await;
    let code = lab.buy(ProductVersion::V5_2, ProductType::Device, 5).await.code;
    let retail = InstallPack { request: request_id(), purchase: Purchase::Retail { code }, wanted: None };
    let problem = refused(lab.license_servers[0].api().post::<_, PackRow>("/packs", &retail).await);
    assert_eq!(problem.code, ProblemCode::NotActivated);
    lab.activate(0).await;
    let row = lab.license_servers[0].api().post::<_, PackRow>("/packs", &retail).await.unwrap();
    assert_eq!(row.pack.total, 5, "the code was not used up by the refusal");
}

/// Rules: AC-32, AC-33.
#[tokio::test]
async fn the_same_install_asked_again_answers_the_same_and_draws_nothing() {
    let lab = Plan::default().packs(&[]).start().await;
    let purchase = agreement(&lab, &json!({ "program": "open" }), 25).await;
    let asked = install(&purchase, 20);
    let first = lab.license_servers[0].api().post::<_, PackRow>("/packs", &asked).await.unwrap();
    let again = lab.license_servers[0].api().post::<_, PackRow>("/packs", &asked).await.unwrap();
    assert_eq!(first, again);
    let other = InstallPack { wanted: asked.wanted.map(|wanted| Wanted { quantity: 1, ..wanted }), ..asked };
    let problem = refused(lab.license_servers[0].api().post::<_, PackRow>("/packs", &other).await);
    assert_eq!(problem.code, ProblemCode::RequestReused);
    assert_eq!(lab.license_servers[0].get::<PackList>("/packs").await.packs.len(), 1);
}

/// Rules: AC-45, AC-34.
#[tokio::test]
async fn the_clearinghouse_sells_nothing_without_lab_powers() {
    let lab = Plan::default().without_lab_powers().start().await;
    let buy = json!({ "version": "5.2", "product_type": "device", "quantity": 5 });
    let problem = refused(lab.clearinghouse.api().post::<_, serde_json::Value>("/lab/reseller/codes", &buy).await);
    assert_eq!(problem.code, ProblemCode::LabOff);
}

async fn agreement(lab: &TestLab, program: &serde_json::Value, quantity: u32) -> Purchase {
    let sign = json!({ "program": program, "entitlements": [{ "version": "5.2", "product_type": "device", "quantity": quantity }] });
    lab.clearinghouse.api().post::<_, SignedAgreement>("/lab/reseller/agreements", &sign).await.unwrap().purchase
}

fn install(purchase: &Purchase, quantity: u32) -> InstallPack {
    let wanted = Some(Wanted { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity });
    InstallPack { request: request_id(), purchase: purchase.clone(), wanted }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Problem {
    match answer.unwrap_err() {
        Failure::Problem(problem) => *problem,
        other => panic!("{other}"),
    }
}

/// The same day and hour ten years later.
fn ten_years_after(moment: LabTime) -> LabTime {
    let text = moment.to_string();
    let year: u32 = text[..4].parse().unwrap();
    format!("{}{}", year + 10, &text[4..]).parse().unwrap()
}
