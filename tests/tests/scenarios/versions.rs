//! Which versions go together (SPEC 4.8), and the policy "Prevent license upgrade" (SPEC 4.9).

use client::session::Then;
use shared::model::Generation::{Windows2000Sp3, Windows2003};
use shared::model::{CalKind, ProductType, ProductVersion};
use tests::harness::{Plan, TestLab, days, device, log_on};

const DEVICE: ProductType = ProductType::Device;

/// Rules: VC-01, VC-08, W2K-01, W2K-04, W2K-08.
#[tokio::test]
async fn two_thousand_all_through_works() {
    let plan = Plan::default().license_servers(&[("LS1", Windows2000Sp3)]).terminal_servers(&[("TS1", Windows2000Sp3)]);
    let lab = plan.packs(&[(0, ProductVersion::V5_0, DEVICE, 5)]).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    let second = lab.connect(&mut pc).await;
    assert_eq!((second.cal().kind, second.cal().version), (CalKind::Permanent, ProductVersion::V5_0));
}

/// Rules: VC-03, VC-04, W2K-16, PL-01, FT-16.
#[tokio::test]
async fn a_2000_server_gets_2000_cals_first_and_2003_cals_when_they_are_gone() {
    let lab = mixed(1, 1).await;
    let versions = [permanent(&lab, "PC01").await, permanent(&lab, "PC02").await];
    assert_eq!(versions, [Some(ProductVersion::V5_0), Some(ProductVersion::V5_2)]);
}

/// Rules: PL-02, PL-03.
#[tokio::test]
async fn the_policy_keeps_2003_cals_from_2000_servers() {
    let mut lab = mixed(0, 5).await;
    lab.license_servers[0].patch("/settings", &serde_json::json!({ "prevent_license_upgrade": true })).await;
    let mut pc = device("PC01");
    let first = lab.log_on(&mut pc).await;
    assert_eq!((first.cal().kind, first.cal().version), (CalKind::Temporary, ProductVersion::V5_0));
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07", "a temporary that still holds is handed back");
    lab.advance(days(90)).await;
    let denial = lab.denied(&mut pc).await;
    assert_eq!((denial.code, denial.event), (Some(265), Some(1004)));
    assert_eq!(lab.pool(0).await, (5, 5));
    assert_eq!(lab.license_server_events(0, 22).await, 2, "no pack that may serve is installed");
}

/// Rules: VC-06, VC-05.
#[tokio::test]
async fn a_2003_server_never_gets_2000_cals() {
    let mut lab = Plan::default().packs(&[(0, ProductVersion::V5_0, DEVICE, 5)]).start().await;
    let mut pc = device("PC01");
    lab.log_on(&mut pc).await;
    assert_eq!(lab.connect(&mut pc).await.connected.rule, "PD-07");
    lab.advance(days(90)).await;
    assert_eq!(lab.denied(&mut pc).await.code, Some(265));
}

/// Rules: VC-07, W2K-17.
#[tokio::test]
async fn a_user_cal_is_never_issued_to_a_2000_server() {
    let plan = Plan::default().terminal_servers(&[("TS1", Windows2000Sp3)]).packs(&[(0, ProductVersion::V5_2, ProductType::User, 5)]);
    let lab = plan.start().await;
    assert_eq!(permanent(&lab, "PC01").await, None);
}

/// Rules: W2K-02.
#[tokio::test]
async fn a_2000_server_has_no_licensing_mode_to_change() {
    let lab = Plan::default().terminal_servers(&[("TS1", Windows2000Sp3)]).start().await;
    let change = serde_json::json!({ "policy_ac_on": 4 });
    let refused = lab.terminal_servers[0].api().patch::<_, serde_json::Value>("/settings", &change).await.unwrap_err();
    assert!(refused.to_string().contains("no licensing mode"), "{refused}");
}

/// Rules: PD-20.
#[tokio::test]
async fn an_expired_2003_license_at_a_2000_network_counts_as_nothing() {
    let servers = [("LS1", Windows2003), ("LS2", Windows2000Sp3)];
    let plan = Plan::default().license_servers(&servers).terminal_servers(&[("TS1", Windows2003), ("TS2", Windows2000Sp3)]);
    let packs = [(0, ProductVersion::V5_2, DEVICE, 5), (1, ProductVersion::V5_0, DEVICE, 5)];
    let mut lab = plan.packs(&packs).start().await;
    lab.next_life(0, 52).await;
    let mut pc = lab.licensed("PC01").await;
    lab.terminal_servers[1].list_license_servers(&["LS2"]).await;
    lab.license_servers[0].stop().await;
    lab.advance(days(53)).await;
    let visit = tests::harness::Admitted::of(lab.visit(1, &mut pc, Then::Cancel).await);
    assert_eq!((visit.connected.rule.as_str(), visit.cal().version), ("PD-01", ProductVersion::V5_0));
    assert!(visit.fired("PD-20") && visit.fired("VC-02"), "{visit:?}");
}

/// Rules: AC-36, W2K-15, VC-08.
#[tokio::test]
async fn a_2003_pack_cannot_be_installed_on_a_2000_license_server_and_is_not_used_up() {
    let lab = Plan::default().license_servers(&[("LS1", Windows2000Sp3), ("LS2", Windows2003)]).packs(&[]).start().await;
    let code = lab.buy(ProductVersion::V5_2, DEVICE, 5).await.code;
    let install = |request: shared::model::RequestId| shared::wire::license_server::InstallPack {
        request,
        purchase: shared::model::Purchase::Retail { code: code.clone() },
        wanted: None,
    };
    let refused = lab.license_servers[0].api().post::<_, serde_json::Value>("/packs", &install(tests::harness::request_id())).await;
    assert!(refused.unwrap_err().to_string().contains("0x13A7"));
    let row: shared::wire::license_server::PackRow =
        lab.license_servers[1].api().post("/packs", &install(tests::harness::request_id())).await.unwrap();
    assert_eq!((row.available, row.pack.total), (5, 5));
}

/// A 2003 license server with so many CALs of 5.0 and of 5.2, and a 2000 terminal server.
async fn mixed(old: u32, new: u32) -> TestLab {
    let packs: Vec<_> =
        [(0, ProductVersion::V5_0, DEVICE, old), (0, ProductVersion::V5_2, DEVICE, new)].into_iter().filter(|pack| pack.3 > 0).collect();
    Plan::default().terminal_servers(&[("TS1", Windows2000Sp3)]).packs(&packs).start().await
}

/// The version of the permanent that a device gets at its second connection, if it gets one.
async fn permanent(lab: &TestLab, name: &str) -> Option<ProductVersion> {
    let mut pc = device(name);
    lab.visit(0, &mut pc, log_on()).await;
    let second = lab.connect(&mut pc).await;
    Some(second.cal()).filter(|cal| cal.kind == CalKind::Permanent).map(|cal| cal.version)
}
