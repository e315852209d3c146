//! Who is let in where.

use chassis::client::{Client, ClientError};
use serde_json::json;
use shared::wire::common::{ClockChange, ClockView, Health, Identity, SeedChange};
use shared::wire::problem::ProblemCode;

use crate::toy::{Nobody, Thing, Toy, problem};

#[tokio::test]
async fn an_administrators_route_wants_the_services_own_token() {
    let toy = Toy::start().await;
    let other = Toy::start().await;
    let last = if toy.running.admin_token.ends_with('0') { '1' } else { '0' };
    let near = format!("{}{last}", &toy.running.admin_token[..63]);
    for token in ["", "x", near.as_str(), other.running.admin_token.as_str()] {
        let answer = toy.request("POST", "/things").bearer_auth(token).json(&json!({"name": "A", "count": 1})).send().await.unwrap();
        assert_eq!(problem(answer).await.code, ProblemCode::Unauthenticated);
    }
    for header in ["Basic YTpi", "Bearer", "Call x.y.z", "\u{e9}"] {
        let answer = toy.request("GET", "/journal").header("authorization", header.as_bytes()).send().await.unwrap();
        assert!(answer.headers().contains_key("www-authenticate"));
        assert_eq!(problem(answer).await.code, ProblemCode::Unauthenticated, "{header}");
    }
    assert_eq!(toy.written(), 0);
    assert_eq!(toy.as_admin("GET", "/journal").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_the_token_a_body_is_not_even_looked_at() {
    let toy = Toy::with_lab().await;
    for path in ["/things", "/lab/things", "/lab/clock"] {
        let answer = toy.request("POST", path).header("content-type", "application/json").body("{").send().await.unwrap();
        assert_eq!(problem(answer).await.code, ProblemCode::Unauthenticated);
    }
}

#[tokio::test]
async fn lab_powers_are_off_unless_asked_for() {
    let toy = Toy::start().await;
    for (method, path) in [("GET", "/lab/clock"), ("POST", "/lab/clock"), ("POST", "/lab/dice"), ("POST", "/lab/things")] {
        let answer = toy.as_admin(method, path).json(&json!({"action": "freeze"})).send().await.unwrap();
        assert_eq!(problem(answer).await.code, ProblemCode::LabOff, "{path}");
    }
    assert_eq!(toy.written(), 0);
}

#[tokio::test]
async fn with_lab_powers_an_administrator_moves_the_clock_and_seeds_the_dice() {
    let toy = Toy::with_lab().await;
    let admin = Client::administrator(toy.running.url(), toy.running.admin_token.clone()).unwrap();
    let view: ClockView = admin.post("/lab/clock", &ClockChange::Advance { seconds: 60 }).await.unwrap();
    assert_eq!(view.now.unix(), 60);
    let () = admin.post("/lab/dice", &SeedChange { seed: 1 }).await.unwrap();
    assert_eq!(toy.written(), 2);
    let anyone = Client::anyone(toy.running.url()).unwrap();
    let refused = anyone.get::<ClockView>("/lab/clock").await.unwrap_err();
    assert!(matches!(refused, ClientError::Problem(problem) if problem.code == ProblemCode::Unauthenticated));
}

#[tokio::test]
async fn a_tool_uses_every_method() {
    let toy = Toy::start().await;
    let admin = Client::administrator(toy.running.url(), toy.running.admin_token.clone()).unwrap();
    let thing = Thing { name: "LS1".parse().unwrap(), count: 2 };
    assert_eq!(admin.post::<Thing>("/things", &thing).await.unwrap(), thing);
    assert_eq!(admin.put::<Thing>("/things/1", &thing).await.unwrap(), thing);
    assert_eq!(admin.patch::<Thing>("/things/1", &thing).await.unwrap(), thing);
    let () = admin.delete("/things/1").await.unwrap();
    assert_eq!(admin.get::<u32>("/things/5").await.unwrap(), 5);
    assert!(matches!(admin.get::<String>("/things/5").await.unwrap_err(), ClientError::Unreadable { .. }));
}

#[tokio::test]
async fn anyone_sees_health_and_identity() {
    let toy = Toy::start().await;
    let anyone = Client::anyone(toy.running.url()).unwrap();
    let health: Health = anyone.get("/health").await.unwrap();
    assert_eq!((health.status.as_str(), health.service.as_str(), health.name.as_str()), ("ok", "license-server", "TOY1"));
    let identity: Identity = anyone.get("/identity").await.unwrap();
    assert_eq!((identity.key, identity.thumbprint), (toy.running.key, toy.running.key.thumbprint()));
}

#[tokio::test]
async fn a_tool_that_reaches_nobody_says_where_it_asked() {
    let nobody = Nobody::new();
    let url = nobody.url();
    let error = Client::anyone(url.clone()).unwrap().get::<Health>("/health").await.unwrap_err();
    assert!(matches!(&error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&url), "{error}");
}
