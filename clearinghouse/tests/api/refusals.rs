//! Improper requests: a problem each, nothing written, the service alive.

use reqwest::Method;
use serde_json::{Value, json};
use shared::wire::problem::Problem;

use crate::world::House;

async fn problem(house: &House, method: Method, path: &str, body: Option<(&str, String)>) -> (u16, Problem) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.request(method, format!("{}{path}", house.running.url())).bearer_auth(&house.running.admin_token);
    if let Some((media, body)) = body {
        request = request.header("content-type", media).body(body);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_and_nothing_is_written() {
    let house = House::open().await;
    let written = house.written().await;
    let good = json!({ "version": "5.2", "product_type": "device", "quantity": 20 });
    let changed = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    let json_media = "application/json";
    for (media, body, status) in [
        (json_media, "{".to_owned(), 400),
        (json_media, "[]".to_owned(), 422),
        (json_media, changed("more", json!(1)), 422),
        (json_media, changed("version", json!("7.0")), 422),
        (json_media, changed("quantity", json!("20")), 422),
        (json_media, changed("quantity", json!(0)), 422),
        (json_media, changed("quantity", json!(10_000)), 422),
        (json_media, changed("quantity", json!(-1)), 422),
        ("text/plain", good.to_string(), 415),
        (json_media, "x".repeat(70_000), 413),
    ] {
        let (answered, _) = problem(&house, Method::POST, "/lab/reseller/codes", Some((media, body.clone()))).await;
        assert_eq!(answered, status, "{body:.80}");
    }
    let lines = |lines: Value| json!({ "program": { "program": "open" }, "entitlements": lines }).to_string();
    for body in [lines(json!([])), lines(json!([good, good])), lines(json!([{}])), json!({ "program": { "program": "x" } }).to_string()] {
        let (answered, _) = problem(&house, Method::POST, "/lab/reseller/agreements", Some((json_media, body.clone()))).await;
        assert_eq!(answered, 422, "{body}");
    }
    assert_eq!(house.written().await, written);
}

#[tokio::test]
async fn services_routes_want_a_signed_call() {
    let house = House::open().await;
    let written = house.written().await;
    for path in ["/activations", "/packs"] {
        let (status, _) = problem(&house, Method::POST, path, Some(("application/json", "{}".to_owned()))).await;
        assert_eq!(status, 401, "{path}");
    }
    assert_eq!(house.written().await, written);
}

#[tokio::test]
async fn bad_queries_paths_and_methods_are_problems() {
    let house = House::open().await;
    for (method, path, status) in [
        (Method::GET, "/packs?limit=many", 400),
        (Method::GET, "/activations?unknown=1", 400),
        (Method::GET, "/events?id=x", 400),
        (Method::GET, "/nothing", 404),
        (Method::DELETE, "/packs", 405),
        (Method::POST, "/root.pem", 405),
    ] {
        assert_eq!(problem(&house, method, path, None).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn the_description_tells_the_root_s_form() {
    let house = House::open().await;
    let described: Value = house.admin().get("/openapi.json").await.unwrap();
    let answer = &described["paths"]["/root.pem"]["get"]["responses"]["200"]["content"];
    assert!(answer.get("application/x-pem-file").is_some(), "{answer}");
    assert!(described["paths"]["/packs"]["post"]["responses"]["403"].is_object());
}
