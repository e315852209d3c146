//! What a request must look like, and what it is told when it does not.

use chassis::http::BODY_LIMIT;
use shared::wire::problem::ProblemCode;

use crate::toy::{Toy, problem};

const GOOD: &str = r#"{"name":"LS1","count":1}"#;
const JSON: Option<&str> = Some("application/json");

/// Every improper body of a `Thing`: media type, bytes, code.
fn improper() -> Vec<(Option<&'static str>, Vec<u8>, ProblemCode)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut long = text(r#"{"name":"LS1","count":1,"pad":""#);
    long.resize(BODY_LIMIT + 1, b'x');
    vec![
        (JSON, text(""), ProblemCode::Malformed),
        (JSON, text("{"), ProblemCode::Malformed),
        (JSON, text("not json"), ProblemCode::Malformed),
        (JSON, text(r#"{"name":"LS1","count":1} more"#), ProblemCode::Malformed),
        (JSON, vec![0xff, 0xfe, 0x00], ProblemCode::Malformed),
        (JSON, vec![b'['; 10_000], ProblemCode::Malformed),
        (JSON, text("null"), ProblemCode::Invalid),
        (JSON, text("[]"), ProblemCode::Invalid),
        (JSON, text(r#"["LS1",1]"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":7,"#), ProblemCode::Malformed),
        (JSON, text("{}"), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1"}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":1,"more":1}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":"1"}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":-1}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":4294967296}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":1.5}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"LS1","count":1,"count":2}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":"no such name!","count":1}"#), ProblemCode::Invalid),
        (JSON, text(r#"{"name":7,"count":1}"#), ProblemCode::Invalid),
        (JSON, long, ProblemCode::TooLarge),
        (None, text(GOOD), ProblemCode::UnsupportedMediaType),
        (Some("text/plain"), text(GOOD), ProblemCode::UnsupportedMediaType),
        (Some("application/jsonx"), text(GOOD), ProblemCode::UnsupportedMediaType),
        (Some("application/x-www-form-urlencoded"), text("name=LS1&count=1"), ProblemCode::UnsupportedMediaType),
    ]
}

#[tokio::test]
async fn an_improper_body_is_told_what_is_wrong_and_writes_nothing() {
    let toy = Toy::with_lab().await;
    for (method, path) in [("POST", "/things"), ("PUT", "/things/7"), ("PATCH", "/things/7"), ("POST", "/lab/things")] {
        for (media, body, code) in improper() {
            let shown = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
            let mut request = toy.as_admin(method, path).body(body);
            if let Some(media) = media {
                request = request.header("content-type", media);
            }
            let answer = problem(request.send().await.unwrap()).await;
            assert_eq!(answer.code, code, "{method} {path} {media:?} {shown}: {}", answer.detail);
            assert!(!answer.detail.is_empty() && !answer.cure.is_empty());
        }
    }
    assert_eq!(toy.written(), 0);
    let good = toy.as_admin("POST", "/things").header("content-type", "Application/JSON; charset=utf-8").body(GOOD).send().await.unwrap();
    assert_eq!((good.status().as_u16(), toy.written()), (201, 1));
}

#[tokio::test]
async fn the_common_lab_routes_refuse_improper_bodies_too() {
    let toy = Toy::with_lab().await;
    let bodies = [
        ("/lab/clock", r#"{"action":"leap"}"#, ProblemCode::Invalid),
        ("/lab/clock", r#"{"action":"set"}"#, ProblemCode::Invalid),
        ("/lab/clock", r#"{"action":"set","to":"tomorrow"}"#, ProblemCode::Invalid),
        ("/lab/clock", r#"{"action":"advance","seconds":-1}"#, ProblemCode::Invalid),
        ("/lab/clock", r#"{"action":"freeze","more":1}"#, ProblemCode::Invalid),
        ("/lab/clock", "freeze", ProblemCode::Malformed),
        ("/lab/dice", r#"{"seed":"one"}"#, ProblemCode::Invalid),
        ("/lab/dice", r#"{}"#, ProblemCode::Invalid),
    ];
    for (path, body, code) in bodies {
        let answer = toy.as_admin("POST", path).header("content-type", "application/json").body(body).send().await.unwrap();
        assert_eq!(problem(answer).await.code, code, "{path} {body}");
    }
    assert_eq!(toy.written(), 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_large_and_however_sent() {
    let toy = Toy::start().await;
    for size in [BODY_LIMIT + 1, 1 << 20, 8 << 20] {
        let whole = toy.as_admin("POST", "/things").header("content-type", "application/json").body(vec![b' '; size]);
        assert_eq!(problem(whole.send().await.unwrap()).await.code, ProblemCode::TooLarge, "{size} announced");
    }
    assert_eq!(toy.written(), 0);
    assert_eq!(toy.request("GET", "/health").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let toy = Toy::start().await;
    let mut body = GOOD.as_bytes().to_vec();
    body.resize(BODY_LIMIT, b' ');
    let answer = toy.as_admin("POST", "/things").header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn a_route_without_a_body_takes_one_up_to_the_limit_and_no_more() {
    let toy = Toy::start().await;
    let ignored = toy.request("GET", "/things/7").body("anything").send().await.unwrap();
    assert_eq!(ignored.status(), 200);
    let long = toy.request("GET", "/things/7").body(vec![0; BODY_LIMIT + 1]).send().await.unwrap();
    assert_eq!(problem(long).await.code, ProblemCode::TooLarge);
}

#[tokio::test]
async fn a_path_or_query_that_cannot_be_read_is_malformed() {
    let toy = Toy::start().await;
    for path in ["/things/seven", "/things/-1", "/things/4294967296", "/things/%ff", "/things/7%20", "/things?limit=x", "/things?more=1"] {
        let answer = problem(toy.request("GET", path).send().await.unwrap()).await;
        assert_eq!(answer.code, ProblemCode::Malformed, "{path}: {}", answer.detail);
    }
    for path in ["/things?limit=1&limit=2", "/things/7?limit=1", "/health?x=1"] {
        assert_eq!(problem(toy.request("GET", path).send().await.unwrap()).await.code, ProblemCode::Malformed, "{path}");
    }
    assert_eq!(toy.request("GET", "/things?limit=1").send().await.unwrap().text().await.unwrap(), "[0]");
    assert_eq!(toy.request("GET", "/things/7").send().await.unwrap().text().await.unwrap(), "7");
    assert_eq!(toy.request("GET", "/things/newest").send().await.unwrap().text().await.unwrap(), "\"newest\"");
}
