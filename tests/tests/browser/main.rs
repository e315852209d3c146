//! The clearinghouse's pages, walked in a real browser: Chromium without a window, driven by the WebDriver protocol.
//!
//! Where no browser is, the test says so on standard error and ends: it is skipped, loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod driver;

use serde_json::json;
use shared::model::code::as_typed;
use shared::wire::clearinghouse::SignedAgreement;
use shared::wire::license_server::{ActivateById, ActivationView, InstallKeyPack, PackRow, Papers};
use tests::harness::{Plan, TestLab, device, log_on, request_id};

use driver::Browser;

/// Rules: AC-02, AC-03, AC-10, AC-12, AC-17, AC-31, CE-15.
#[tokio::test]
async fn the_web_method_is_walked_in_a_browser_from_the_product_id_to_a_cal() {
    let Some(browser) = Browser::start().await else { return };
    let lab = Plan::default().not_activated().start().await;
    let web = format!("{}/web", lab.clearinghouse.url());
    browser.open(&web).await;
    browser.click("nav a[href='/web/activate']").await;

    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    browser.fill("name", papers.name.as_str()).await;
    browser.fill("product_id", papers.product_id.as_str()).await;
    browser.fill("key_text", &papers.key_text).await;
    browser.fill("first_name", "Ada").await;
    browser.fill("last_name", "Lovelace").await;
    browser.fill("company", "<Engines> & \"Sons\"").await;
    // By keyboard: Enter in a field sends the form. The country is missing.
    browser.fill("email", "ada@engines.example\u{E007}").await;
    let alert = browser.text("[role=alert]").await;
    assert!(alert.contains("country"), "{alert}");
    assert_eq!(browser.value("company").await, "<Engines> & \"Sons\"", "what was typed is still there, as it was typed");
    browser.fill("country", "United Kingdom").await;
    browser.click("main button").await;
    let id = browser.text("#license-server-id").await;
    assert_eq!(id.split('-').count(), 7, "{id}");
    let body = ActivateById { license_server_id: as_typed(&id).parse().unwrap(), reason: None };
    let view: ActivationView = lab.license_servers[0].api().post("/activation/id", &body).await.unwrap();
    assert_eq!(view.status, 0);

    let line = json!({ "version": "5.2", "product_type": "device", "quantity": 20 });
    let sign = json!({ "program": { "program": "volume", "agreement": "select" }, "entitlements": [line] });
    let papers: SignedAgreement = lab.clearinghouse.api().post("/lab/reseller/agreements", &sign).await.unwrap();
    let purchase = serde_json::to_value(&papers.purchase).unwrap();
    let on_the_papers = |what: &str| purchase[what].as_str().unwrap().to_owned();
    browser.click("nav a[href='/web/install']").await;
    browser.fill("server", &mistyped(&id)).await;
    browser.click("#program option[value='select']").await;
    browser.fill("number", &on_the_papers("enrollment")).await;
    browser.fill("authorization", &on_the_papers("authorization")).await;
    browser.fill("quantity", "20").await;
    browser.click("main button").await;
    let alert = browser.text("[role=alert]").await;
    assert!(alert.contains("group 3"), "the faulty group is named: {alert}");
    browser.picture("mistyped").await;
    browser.fill("server", &id.to_lowercase()).await;
    browser.click("main button").await;
    let pack = browser.text("#key-pack-id").await;
    browser.picture("pack").await;
    let body = InstallKeyPack { request: request_id(), key_pack_id: as_typed(&pack).parse().unwrap() };
    let row: PackRow = lab.license_servers[0].api().post("/packs/ids", &body).await.unwrap();
    assert_eq!(row.available, 20);
    holds_a_permanent(&lab).await;

    browser.click("nav a[href='/web/deactivate']").await;
    assert!(browser.text("[role=alert]").await.contains("not deactivated on this page"));
    browser.end().await;
}

async fn holds_a_permanent(lab: &TestLab) {
    let mut pc = device("PC01");
    lab.visit(0, &mut pc, log_on()).await;
    lab.visit(0, &mut pc, log_on()).await;
    assert_eq!(lab.pool(0).await, (19, 20));
}

/// The id with a wrong character in its third group.
fn mistyped(id: &str) -> String {
    let mut letters: Vec<char> = id.chars().collect();
    letters[13] = if letters[13] == '7' { '8' } else { '7' };
    letters.into_iter().collect()
}
