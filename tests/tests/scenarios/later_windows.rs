//! Windows Server 2008 and later: revocation, conversion, migration, rebuilding, upgrade in place (SPEC 5).

use lab::failure::Failure;
use serde_json::{Value, json};
use shared::model::Generation::{Windows2000Sp3, Windows2003, Windows2008, Windows2008R2};
use shared::model::{CalKind, Generation, PackId, ProductType, ProductVersion, Purchase};
use shared::rulebook::rule;
use shared::wire::license_server::{InstallPack, PackList, PackRow, Standing};
use shared::wire::managing::{Migrated, Rebuilt, ReleaseOrder, Revoked};
use shared::wire::problem::{Problem, ProblemCode};
use tests::harness::{Plan, TestLab, days, device, request_id};

const DEVICE: ProductType = ProductType::Device;
const V6_0: ProductVersion = ProductVersion::V6_0;

async fn lab_of(generation: Generation, version: ProductVersion, cals: u32) -> TestLab {
    let plan = Plan::default().license_servers(&[("LS1", generation)]).terminal_servers(&[("TS1", generation)]);
    plan.packs(&[(0, version, DEVICE, cals)]).start().await
}

async fn post<T: serde::de::DeserializeOwned>(lab: &TestLab, index: usize, path: &str, body: Value) -> Result<T, Problem> {
    match lab.license_servers[index].api().post(path, &body).await {
        Ok(answer) => Ok(answer),
        Err(Failure::Problem(problem)) => Err(*problem),
        Err(failure) => panic!("{failure}"),
    }
}

async fn revoke(lab: &TestLab, name: &str) -> Result<Revoked, Problem> {
    let rows = lab.records(0, name).await;
    let row = rows.iter().find(|row| row.standing == Standing::Active).expect("an active license");
    post(lab, 0, "/revocations", json!({ "holder": "device", "number": row.number })).await
}

async fn packs(lab: &TestLab, index: usize) -> Vec<PackRow> {
    lab.license_servers[index].get::<PackList>("/packs").await.packs
}

/// Rules: W08-01, PD-01, PD-06.
#[tokio::test]
async fn devices_of_2008_are_licensed_as_in_2003() {
    let lab = lab_of(Windows2008, V6_0, 5).await;
    let mut pc = device("PC01");
    assert_eq!(lab.log_on(&mut pc).await.connected.rule, "PD-01");
    let second = lab.connect(&mut pc).await;
    let life = second.cal().expires_at - second.cal().issued_at;
    assert!(second.connected.rule == "PD-06" && (days(52)..=days(89)).contains(&life), "{second:?}");
    assert_eq!(second.cal().adjusted_product_id(), "A02-6.00-S");
}

/// Rules: W08-02, VC-02.
#[tokio::test]
async fn a_2008_terminal_server_passes_license_servers_of_2003_by() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2003), ("LS2", Windows2008)]);
    let plan = plan.terminal_servers(&[("TS1", Windows2008)]).packs(&[(1, V6_0, DEVICE, 5)]);
    let lab = plan.start().await;
    let got = lab.connect(&mut device("PC01")).await;
    assert_eq!((got.cal().issuer.as_str(), got.fired("VC-02")), ("LS2", true));
}

/// Vectors.
/// Rules: W08-07, W08-08, SD-12, FT-21.
#[tokio::test]
async fn a_fifth_of_the_installed_cals_may_stand_revoked_and_the_next_waits_for_the_first_to_end() {
    let mut lab = lab_of(Windows2008, V6_0, 100).await;
    lab.next_life(0, 60).await;
    lab.licensed("PC00").await;
    let earliest = lab.records(0, "PC00").await.iter().find(|row| row.standing == Standing::Active).expect("one").cal.expires_at;
    for number in 1..21 {
        lab.next_life(0, 80).await;
        lab.licensed(&format!("PC{number:02}")).await;
    }
    assert_eq!(lab.pool(0).await, (79, 100));
    for number in 0..20 {
        revoke(&lab, &format!("PC{number:02}")).await.expect("a revocation");
    }
    assert_eq!(lab.pool(0).await, (99, 100), "free at once");
    let refused = revoke(&lab, "PC20").await.expect_err("one too many");
    assert_eq!(refused.code, ProblemCode::RevocationLimit);
    assert!(refused.detail.contains(&earliest.to_string()), "{}", refused.detail);
    assert_eq!(lab.license_server_events(0, 81).await, 1);
    lab.go_to(earliest).await;
    let revoked = revoke(&lab, "PC20").await.expect("the first has ended");
    assert_eq!((revoked.left, lab.pool(0).await), (0, (100, 100)));
}

/// Vector: X-05.
/// Rules: W08-09, CON-12.
#[tokio::test]
async fn a_user_cal_is_not_revoked() {
    let lab = lab_of(Windows2008, V6_0, 5).await;
    let refused = post::<Revoked>(&lab, 0, "/revocations", json!({ "holder": "user", "name": "anna" })).await.expect_err("a refusal");
    assert!(refused.rules.contains(&rule::W08_09));
}

/// Rules: W08-07, SD-11, SD-12, LS-09.
#[tokio::test]
async fn a_revoked_device_notices_nothing_until_its_window_and_then_draws_a_new_cal() {
    let mut lab = lab_of(Windows2008, V6_0, 4).await;
    lab.next_life(0, 60).await;
    let mut pc = lab.licensed("PC01").await;
    let left = revoke(&lab, "PC01").await.expect("at least one may be").left;
    assert_eq!((left, lab.pool(0).await), (0, (4, 4)));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-13", "the copy works");
    lab.advance(days(55)).await;
    let renewed = lab.connect(&mut pc).await;
    assert_eq!((renewed.connected.rule.as_str(), lab.pool(0).await), ("PD-14", (3, 4)));
    lab.advance(days(6)).await;
    assert_eq!(lab.pool(0).await, (3, 4), "the sweep takes the revoked record away and gives nothing back twice");
    assert!(lab.records(0, "PC01").await.iter().all(|row| row.standing != Standing::Revoked));
}

/// Rules: W08-10, CON-13, W08-08.
#[tokio::test]
async fn each_version_is_counted_by_itself_and_older_ones_can_be_left_out() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2008)]).terminal_servers(&[("TS1", Windows2003)]);
    let lab = plan.packs(&[(0, ProductVersion::V5_2, DEVICE, 5), (0, V6_0, DEVICE, 5)]).start().await;
    lab.licensed("PC01").await;
    lab.licensed("PC02").await;
    lab.license_servers[0].patch("/settings", &json!({ "revoke_2008_only": true })).await;
    let refused = revoke(&lab, "PC01").await.expect_err("2003 is left out");
    assert!(refused.rules.contains(&rule::CON_13));
    lab.license_servers[0].patch("/settings", &json!({ "revoke_2008_only": false })).await;
    revoke(&lab, "PC01").await.expect("one of five");
    assert_eq!(revoke(&lab, "PC02").await.expect_err("two of five").code, ProblemCode::RevocationLimit);
}

/// Rules: RC-06, W08-07, CON-12.
#[tokio::test]
async fn before_2008_there_is_nothing_to_revoke_with() {
    let lab = Plan::default().start().await;
    lab.licensed("PC01").await;
    let refused = revoke(&lab, "PC01").await.expect_err("2003 has no such tool");
    assert!(refused.rules.contains(&rule::RC_06));
}

/// Vector: X-07.
/// Rules: W08-13.
#[tokio::test]
async fn ten_of_fifty_device_cals_become_a_user_pack_of_ten() {
    let lab = lab_of(Windows2008, V6_0, 50).await;
    let pack: PackId = packs(&lab, 0).await[0].pack.id.clone();
    let request = request_id();
    let body = json!({ "request": request, "pack": pack, "quantity": 10 });
    let made: PackRow = post(&lab, 0, "/conversions", body.clone()).await.expect("a pack");
    let again: PackRow = post(&lab, 0, "/conversions", body).await.expect("the same pack");
    assert_eq!(made, again, "asked again, nothing is converted twice");
    let rows = packs(&lab, 0).await;
    let figures: Vec<_> = rows.iter().map(|row| (row.pack.product_type, row.pack.total, row.available)).collect();
    assert_eq!(figures, [(DEVICE, 40, 40), (ProductType::User, 10, 10)]);
    let too_many = json!({ "request": request_id(), "pack": pack, "quantity": 41 });
    assert!(post::<PackRow>(&lab, 0, "/conversions", too_many).await.is_err());
}

async fn migration_lab() -> TestLab {
    let plan = Plan::default().license_servers(&[("OLD", Windows2008R2), ("NEW", Windows2008R2), ("THIRD", Windows2008R2)]);
    plan.packs(&[(0, ProductVersion::V5_2, DEVICE, 20)]).acquainted().start().await
}

async fn order(lab: &TestLab, quantity: Option<u32>) -> Vec<ReleaseOrder> {
    let pack = packs(lab, 0).await[0].pack.id.clone();
    post(lab, 0, "/release-orders", json!({ "pack": pack, "quantity": quantity, "to": "NEW" })).await.expect("an order")
}

/// Rules: AM-17, W08-11.
#[tokio::test]
async fn no_call_of_another_license_server_empties_one_whose_administrator_ordered_nothing() {
    let lab = migration_lab().await;
    let migrate = |source: &str| json!({ "request": request_id(), "source": source, "reason": "replaced" });
    let no = post::<Migrated>(&lab, 1, "/migrations", migrate("OLD")).await.expect_err("no order");
    assert_eq!((no.code, no.rules[0].as_str()), (ProblemCode::Forbidden, "AM-17"), "{no}");
    order(&lab, None).await;
    assert!(post::<Migrated>(&lab, 2, "/migrations", migrate("OLD")).await.is_err(), "ordered for NEW, not for THIRD");
    let pack = packs(&lab, 0).await[0].pack.id.clone();
    lab.license_servers[0].api().delete(&format!("/release-orders/{pack}")).await.expect("taken back");
    assert!(post::<Migrated>(&lab, 1, "/migrations", migrate("OLD")).await.is_err(), "taken back");
    assert_eq!((lab.pool(0).await, lab.pool(1).await), ((20, 20), (0, 0)));
}

/// Rules: AM-17, W08-11.
#[tokio::test]
async fn an_order_works_once_for_so_many_cals_and_leaves_event_89_at_the_source() {
    let mut lab = migration_lab().await;
    let too_many = json!({ "pack": packs(&lab, 0).await[0].pack.id, "quantity": 21, "to": "NEW" });
    assert_eq!(post::<Vec<ReleaseOrder>>(&lab, 0, "/release-orders", too_many).await.expect_err("21 of 20").code, ProblemCode::Invalid);
    assert_eq!(order(&lab, Some(5)).await[0].quantity, 5);
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    let body = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    let migrated: Migrated = post(&lab, 1, "/migrations", body.clone()).await.expect("a migration");
    assert_eq!((migrated.packs[0].pack.total, lab.pool(0).await, lab.pool(1).await), (5, (15, 15), (5, 5)));
    assert_eq!(lab.license_server_events(0, 89).await, 1);
    let again: Migrated = post(&lab, 1, "/migrations", body.clone()).await.expect("the same answer");
    assert_eq!((again, lab.pool(0).await, lab.pool(1).await), (migrated, (15, 15), (5, 5)));
    let other = json!({ "request": body["request"], "source": "OLD", "reason": "replaced" });
    assert!(post::<Migrated>(&lab, 2, "/migrations", other).await.is_err(), "an answer is its asker's");
    let more = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    assert!(post::<Migrated>(&lab, 1, "/migrations", more).await.is_err(), "once");
}

/// Rules: AM-17.
#[tokio::test]
async fn before_2008_r2_a_source_gives_nothing_up_by_itself() {
    let plan = Plan::default().license_servers(&[("OLD", Windows2008), ("NEW", Windows2008R2)]).acquainted();
    let lab = plan.start().await;
    let pack = packs(&lab, 0).await[0].pack.id.clone();
    let no = post::<Vec<ReleaseOrder>>(&lab, 0, "/release-orders", json!({ "pack": pack, "to": "NEW" })).await.expect_err("no tool");
    assert!(no.code == ProblemCode::Conflict && no.detail.contains("by hand"), "{no}");
    let body = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    assert_eq!(post::<Migrated>(&lab, 1, "/migrations", body).await.expect_err("no tool").code, ProblemCode::Conflict);
}

/// Rules: W08-11, AM-17, LS-08.
#[tokio::test]
async fn a_source_that_is_replaced_removes_its_packs_and_a_lost_answer_loses_none() {
    let lab = migration_lab().await;
    order(&lab, None).await;
    let body = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    let migrated: Migrated = post(&lab, 1, "/migrations", body.clone()).await.expect("a migration");
    assert_eq!((migrated.packs.len(), migrated.removed_at_source), (1, true));
    assert_eq!((lab.pool(0).await, lab.pool(1).await), ((0, 0), (20, 20)));
    let again: Migrated = post(&lab, 1, "/migrations", body).await.expect("the same answer");
    assert_eq!((again, lab.pool(1).await), (migrated, (20, 20)));
    assert_eq!(lab.license_server_events(1, 93).await, 0);
}

/// Rules: W08-11, AM-17, AC-37, AC-48, FT-17.
#[tokio::test]
async fn a_source_that_no_longer_functions_is_named_by_its_ids_and_may_serve_its_cals_a_second_time() {
    let mut lab = migration_lab().await;
    let product_id = lab.license_servers[0].identity().await.product_id.expect("a Product ID");
    lab.license_servers[0].stop().await;
    let unreachable = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    assert_eq!(post::<Migrated>(&lab, 1, "/migrations", unreachable).await.expect_err("down").code, ProblemCode::Unreachable);
    let other = lab.license_servers[1].identity().await.product_id;
    let wrong = json!({ "request": request_id(), "source": "OLD", "reason": "not-functioning", "generation": "windows-2008-r2", "product_id": other });
    assert_eq!(post::<Migrated>(&lab, 1, "/migrations", wrong).await.expect_err("another's id").code, ProblemCode::Invalid);
    let bare = json!({ "request": request_id(), "source": "OLD", "reason": "not-functioning", "generation": "windows-2008-r2",
        "product_id": product_id });
    assert_eq!(post::<Migrated>(&lab, 1, "/migrations", bare.clone()).await.expect_err("no papers").rules, ["AM-17", "AC-48"]);
    let record: serde_json::Value = lab.clearinghouse.get("/packs").await;
    let with_papers = |purchase: serde_json::Value| {
        let mut body = bare.clone();
        body["request"] = json!(request_id());
        body["pack"] = record["items"][0]["pack"]["id"].clone();
        body["purchase"] = purchase;
        body
    };
    let stranger = json!({ "program": "retail", "code": lab.buy(ProductVersion::V5_2, DEVICE, 1).await.code });
    let no = post::<Migrated>(&lab, 1, "/migrations", with_papers(stranger)).await.expect_err("other papers");
    assert_eq!(no.code, ProblemCode::ReplacementRefused, "{no}");
    let right = with_papers(record["items"][0]["purchase"].clone());
    let migrated: Migrated = post(&lab, 1, "/migrations", right).await.expect("a migration");
    assert_eq!((migrated.removed_at_source, lab.pool(1).await, lab.license_server_events(1, 93).await), (false, (20, 20), 1));
    let twice = with_papers(record["items"][0]["purchase"].clone());
    assert!(post::<Migrated>(&lab, 1, "/migrations", twice).await.is_err(), "issued anew once");
    lab.start_license_server(0).await;
    assert_eq!(lab.pool(0).await, (20, 20), "the packs are there twice now");
    let pack = packs(&lab, 0).await[0].pack.id.clone();
    lab.license_servers[0].api().delete(&format!("/packs/{pack}")).await.expect("removed by hand");
    assert_eq!(lab.pool(0).await, (0, 0));
}

/// Rules: W08-11.
#[tokio::test]
async fn only_2008_r2_takes_packs_over() {
    let plan = Plan::default().license_servers(&[("OLD", Windows2003), ("NEW", Windows2008)]);
    let lab = plan.acquainted().start().await;
    let body = json!({ "request": request_id(), "source": "OLD", "reason": "replaced" });
    assert_eq!(post::<Migrated>(&lab, 1, "/migrations", body).await.expect_err("too old").code, ProblemCode::Conflict);
    assert_eq!(lab.pool(0).await, (20, 20));
}

/// Rules: W08-12, FT-13.
#[tokio::test]
async fn rebuilding_the_database_takes_the_server_s_own_name_and_deletes_every_cal() {
    let mut lab = lab_of(Windows2008, V6_0, 5).await;
    lab.licensed("PC01").await;
    lab.license_servers[0].api().act("/lab/database-damage").await.expect("damage");
    assert_eq!(lab.license_server_events(0, 4100).await, 1);
    let other = post::<Rebuilt>(&lab, 0, "/database/rebuild", json!({ "confirm": "LS2" })).await;
    assert_eq!((other.expect_err("not its name").code, lab.pool(0).await), (ProblemCode::Invalid, (4, 5)));
    let rebuilt: Rebuilt = post(&lab, 0, "/database/rebuild", json!({ "confirm": "LS1" })).await.expect("a new database");
    assert_eq!((rebuilt.packs, lab.pool(0).await), (1, (0, 0)));
    lab.license_servers[0].stop().await;
    lab.start_license_server(0).await;
    assert_eq!((lab.pool(0).await, lab.records(0, "PC01").await.len()), ((0, 0), 0));
    assert_eq!(lab.license_server_events(0, 4100).await, 1, "not suspected any more");
    lab.install(0, V6_0, DEVICE, 5).await;
    assert_eq!(lab.pool(0).await, (5, 5));
}

/// Rules: AC-33, LS-06.
#[tokio::test]
async fn a_pack_that_was_removed_and_comes_back_still_counts_what_devices_hold_of_it() {
    let lab = Plan::default().packs(&[]).start().await;
    let code = lab.buy(ProductVersion::V5_2, DEVICE, 2).await.code;
    let install = || InstallPack { request: request_id(), purchase: Purchase::Retail { code: code.clone() }, wanted: None };
    let row: PackRow = lab.license_servers[0].api().post("/packs", &install()).await.expect("a pack");
    lab.licensed("PC01").await;
    lab.license_servers[0].api().delete(&format!("/packs/{}", row.pack.id)).await.expect("removed");
    assert_eq!(lab.pool(0).await, (0, 0));
    lab.license_servers[0].api().post::<_, PackRow>("/packs", &install()).await.expect("the same pack");
    assert_eq!(lab.pool(0).await, (1, 2));
}

/// Rules: VC-09.
#[tokio::test]
async fn a_2000_license_server_that_is_upgraded_in_place_keeps_its_packs_and_serves_2003() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp3)]).terminal_servers(&[("TS1", Windows2003)]);
    let mut lab = plan.packs(&[(0, ProductVersion::V5_0, DEVICE, 5)]).grace_running().start().await;
    assert_eq!(lab.connect(&mut device("PC01")).await.connected.rule, "PD-05", "too old for it: nobody reachable, and grace");
    lab.upgrade_license_server(0, Windows2003).await;
    assert_eq!(lab.pool(0).await, (5, 5));
    let got = lab.connect(&mut device("PC01")).await;
    assert_eq!((got.cal().kind, got.cal().version), (CalKind::Temporary, ProductVersion::V5_2));
    lab.install(0, ProductVersion::V5_2, DEVICE, 1).await;
}

/// Vector: A-13.
/// Rules: W2K-15, AC-36.
#[tokio::test]
async fn a_2003_pack_on_a_2000_license_server_is_refused_with_0x13a7_and_event_41() {
    let lab = lab_of(Windows2000Sp3, ProductVersion::V5_0, 5).await;
    let code = lab.buy(ProductVersion::V5_2, DEVICE, 5).await.code;
    let install = InstallPack { request: request_id(), purchase: Purchase::Retail { code }, wanted: None };
    let body = serde_json::to_value(install).expect("a body");
    let refused = post::<PackRow>(&lab, 0, "/packs", body).await.expect_err("too new");
    assert_eq!(refused.code, ProblemCode::PackVersion);
    assert!(refused.detail.contains("0x13A7"), "{}", refused.detail);
    assert_eq!(lab.license_server_events(0, 41).await, 1);
}
