//! The clearinghouse's pages as a browser without script gets them, and the offer to owners of Windows XP Professional.

use lab::api::path_segment;
use reqwest::Response;
use serde_json::json;
use shared::model::code::as_typed;
use shared::wire::clearinghouse::{BoughtXp, BuyXp, SignedAgreement};
use shared::wire::license_server::{ActivateById, ActivationView, BringCertificate, InstallPack, PackRow, Papers};
use shared::wire::problem::{Problem, ProblemCode};
use tests::harness::{Plan, TestLab, request_id};

const PAGES: [&str; 7] = ["/web", "/web/activate", "/web/install", "/web/reactivate", "/web/deactivate", "/web/xp", "/web/mail"];

/// Vector: A-08.
/// Rules: AC-12, AC-21.
#[tokio::test]
async fn every_page_works_without_script_and_each_field_has_its_label() {
    let lab = Plan::default().not_activated().start().await;
    for path in PAGES {
        let page = get(&lab, path).await;
        assert_eq!(page.status().as_u16(), 200, "{path}");
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"), "{path}");
        assert_eq!((header("cache-control").as_str(), header("x-content-type-options").as_str()), ("no-store", "nosniff"));
        let html = page.text().await.unwrap();
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"en\">")
                && !html.contains("<script")
                && !html.contains(" onclick=")
                && !html.contains("javascript:"),
            "{path}"
        );
        for field in ["<input id=\"", "<textarea id=\"", "<select id=\""] {
            for (at, start) in html.match_indices(field) {
                let id = html[at + start.len()..].split('"').next().unwrap();
                assert!(html.contains(&format!("<label for=\"{id}\">")), "{path}: {id}");
            }
        }
    }
    let html = get(&lab, "/web/deactivate").await.text().await.unwrap();
    assert!(html.contains("not deactivated on this page") && html.contains("AC-21"));
}

/// Rules: AC-12, AC-25, CE-15, AC-11.
#[tokio::test]
async fn what_is_typed_comes_back_escaped_and_a_certificate_can_be_taken_along() {
    let lab = Plan::default().not_activated().start().await;
    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    let mut form = vec![
        ("name", papers.name.as_str()),
        ("product_id", papers.product_id.as_str()),
        ("key_text", papers.key_text.as_str()),
        ("certificate_request", papers.certificate_request.as_str()),
        ("first_name", "<script>alert(1)</script>"),
        ("last_name", "\"><b>Lovelace"),
        ("company", "Engines"),
    ];
    let page = post(&lab, "/web/activate", &form).await;
    assert_eq!(page.status().as_u16(), 422);
    let html = page.text().await.unwrap();
    assert!(html.contains("role=\"alert\"") && html.contains("country"), "{html}");
    assert!(!html.contains("<script>alert") && !html.contains("\"><b>") && html.contains("&lt;script&gt;"), "{html}");
    form.push(("country", "United Kingdom"));
    let html = post(&lab, "/web/activate", &form).await.text().await.unwrap();
    let id = between(&html, "id=\"license-server-id\" class=\"code\">", "<");
    let body = ActivateById { license_server_id: as_typed(&id).parse().unwrap(), reason: None };
    let _: ActivationView = lab.license_servers[0].api().post("/activation/id", &body).await.unwrap();
    let file = post(&lab, "/web/certificate", &[("product_id", papers.product_id.as_str())]).await;
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let certificate = file.text().await.unwrap();
    let view: ActivationView =
        lab.license_servers[0].api().put("/activation/certificate", &BringCertificate { certificate }).await.unwrap();
    assert!(view.status == 0 && view.certificate.is_some());
    let html = post(&lab, "/web/reactivate", &form).await.text().await.unwrap();
    assert!(html.contains("Choose a reason"), "{html}");
    form.push(("reason", "certificate-corrupt"));
    let html = post(&lab, "/web/reactivate", &form).await.text().await.unwrap();
    assert_ne!(between(&html, "id=\"license-server-id\" class=\"code\">", "<"), id, "another activation, another id");
}

/// Rules: AC-12.
#[tokio::test]
async fn a_form_has_its_limits() {
    let lab = Plan::default().not_activated().start().await;
    let long = "x".repeat(70_000);
    let problem: Problem = post(&lab, "/web/activate", &[("name", &long)]).await.json().await.unwrap();
    assert_eq!(problem.code, ProblemCode::TooLarge);
    let problem: Problem = post(&lab, "/web/activate", &[("unheard_of", "1")]).await.json().await.unwrap();
    assert_eq!(problem.code, ProblemCode::Invalid);
    let sent = client().post(format!("{}/web/activate", lab.clearinghouse.url())).body("name=x").send().await.unwrap();
    assert_eq!(sent.json::<Problem>().await.unwrap().code, ProblemCode::UnsupportedMediaType);
}

/// Rules: WS03-10, WS03-14.
#[tokio::test]
async fn product_keys_of_xp_professional_are_traded_for_tokens_that_come_by_mail() {
    let mut lab = Plan::default().packs(&[]).beginning_at("2003-04-23T08:00:00Z".parse().unwrap()).grace_running().start().await;
    let keys = buy_xp(&lab, 2).await;
    lab.go_to("2003-04-24T00:00:00Z".parse().unwrap()).await;
    let late = buy_xp(&lab, 1).await;
    let email = "anna@example.com";
    let typed = keys.join("\n").replace('-', "");
    let trade = async |lab: &TestLab, keys: &str, again: &str| {
        let form = [("license_type", "oem"), ("email", email), ("email_again", again), ("keys", keys)];
        post(lab, "/web/xp", &form).await.text().await.unwrap()
    };
    let html = trade(&lab, &typed, "other@example.com").await;
    assert!(html.contains("e-mail addresses differ"), "{html}");
    let html = trade(&lab, &format!("{typed}\n{}", late[0]), email).await;
    assert!(html.contains("roduct key 3 was bought on 2003-04-24"), "{html}");
    let html = trade(&lab, &typed, email).await;
    assert!(html.contains("2 license tokens went to"), "{html}");
    let html = trade(&lab, &typed, email).await;
    assert!(html.contains("traded for a license token before"), "{html}");
    for wrong in ["", late[0].as_str(), "BBBBB-BBBBB-BBBBB-BBBBB-BBBBB"] {
        let mail = post(&lab, "/web/mail", &[("email", email), ("key", wrong)]).await.text().await.unwrap();
        assert!(!mail.contains("Your license tokens"), "an address alone shows nobody's mail: {mail}");
    }
    let mail = post(&lab, "/web/mail", &[("email", email), ("key", &keys[0])]).await.text().await.unwrap();
    let token = between(&mail, "<li><span class=\"code\">", "<");
    let install = json!({ "request": request_id(), "purchase": { "program": "retail", "code": token } });
    let row: PackRow = lab.license_servers[0].api().post("/packs", &install).await.unwrap();
    assert_eq!((row.pack.total, row.pack.version.to_string()), (1, "5.2".to_owned()));
    lab.go_to("2007-07-01T00:00:00Z".parse().unwrap()).await;
    let more = buy_xp(&lab, 1).await;
    let html = trade(&lab, &more[0], email).await;
    assert!(html.contains("ended on 2007-06-30"), "{html}");
}

#[tokio::test]
async fn a_form_that_another_site_s_page_sends_activates_nothing() {
    let lab = Plan::default().not_activated().start().await;
    let papers: Papers = lab.license_servers[0].get("/activation/papers").await;
    let form = [
        ("name", papers.name.as_str()),
        ("product_id", papers.product_id.as_str()),
        ("key_text", papers.key_text.as_str()),
        ("first_name", "Ada"),
        ("last_name", "Lovelace"),
        ("company", "Engines"),
        ("country", "United Kingdom"),
    ];
    let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", path_segment(value))).collect();
    let own = lab.clearinghouse.url();
    for (header, value, status) in [("origin", "null", 403), ("origin", "http://evil.example", 403), ("origin", own.as_str(), 200)] {
        let request = client().post(format!("{own}/web/activate")).header(header, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&"));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{value}");
    }
    let page = get(&lab, "/web/activate").await;
    assert_eq!(page.headers()["referrer-policy"], "same-origin", "else a browser hides that a form is the page's own");
}

/// Rules: WS03-10.
#[tokio::test]
async fn under_an_agreement_the_free_cals_are_installed_with_its_number_until_the_offer_ends() {
    let mut lab = Plan::default().packs(&[]).beginning_at("2003-04-01T08:00:00Z".parse().unwrap()).grace_running().start().await;
    let sign = json!({
        "program": { "program": "volume", "agreement": "select" },
        "entitlements": [{ "version": "5.0", "product_type": "device", "quantity": 5 }],
        "xp_professional": 30
    });
    let purchase = lab.clearinghouse.api().post::<_, SignedAgreement>("/lab/reseller/agreements", &sign).await.unwrap().purchase;
    let install = |quantity: u32| {
        let wanted = serde_json::from_value(json!({ "version": "5.2", "product_type": "device", "quantity": quantity })).unwrap();
        InstallPack { request: request_id(), purchase: purchase.clone(), wanted: Some(wanted) }
    };
    let server = lab.license_servers[0].api().clone();
    let row: PackRow = server.post("/packs", &install(20)).await.unwrap();
    assert_eq!(row.available, 20);
    assert!(server.post::<_, PackRow>("/packs", &install(11)).await.is_err(), "thirty in all");
    lab.go_to("2007-07-01T00:00:00Z".parse().unwrap()).await;
    let refused = server.post::<_, PackRow>("/packs", &install(10)).await.unwrap_err();
    assert!(refused.to_string().contains("2007-06-30"), "{refused}");
}

async fn buy_xp(lab: &TestLab, count: u32) -> Vec<String> {
    let bought: BoughtXp = lab.clearinghouse.api().post("/lab/reseller/xp-keys", &BuyXp { count }).await.unwrap();
    bought.keys.iter().map(|key| shared::model::code::in_fives(key.as_str())).collect()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn get(lab: &TestLab, path: &str) -> Response {
    client().get(format!("{}{path}", lab.clearinghouse.url())).send().await.unwrap()
}

async fn post(lab: &TestLab, path: &str, form: &[(&str, &str)]) -> Response {
    let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", path_segment(value))).collect();
    let request = client().post(format!("{}{path}", lab.clearinghouse.url()));
    request.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&")).send().await.unwrap()
}

fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start}: {text}"));
    rest.split(end).next().unwrap().to_owned()
}

#[tokio::test]
async fn the_address_alone_leads_to_the_pages() {
    let lab = Plan::default().start().await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(format!("{}/", lab.clearinghouse.url())).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/web"));
}
