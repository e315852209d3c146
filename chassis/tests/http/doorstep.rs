//! Under which names a service answers, and to whose pages.

use serde_json::json;
use shared::wire::problem::ProblemCode;

use crate::toy::{Toy, problem};

/// What is made of a request that reads with this `Host`: none where it is answered.
async fn asked_as(toy: &Toy, host: &str) -> Option<ProblemCode> {
    let answer = toy.request("GET", "/things").header("host", host).send().await.unwrap();
    if answer.status() == 200 { None } else { Some(problem(answer).await.code) }
}

#[tokio::test]
async fn a_service_answers_to_its_own_names_and_to_no_others() {
    let toy = Toy::start_with(|config| config.hosts = vec!["toys.example".to_owned(), "toybox".to_owned()]).await.unwrap();
    let port = toy.running.address.port();
    for own in ["127.0.0.1", "localhost", "LocalHost.", "[::1]", "127.9.9.9", "toy1", "TOY1", "toys.example", "TOYBOX"] {
        assert_eq!(asked_as(&toy, own).await, None, "{own}");
        assert_eq!(asked_as(&toy, &format!("{own}:{port}")).await, None, "{own} with a port");
    }
    let strangers =
        ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "toy11", "", "192.0.2.7", "a:b:c"];
    for strange in strangers {
        assert_eq!(asked_as(&toy, strange).await, Some(ProblemCode::Misdirected), "{strange}");
    }
}

#[tokio::test]
async fn a_service_on_every_address_answers_to_every_address_and_to_no_strange_name() {
    let toy = Toy::start_with(|config| config.bind = Some("0.0.0.0:0".parse().unwrap())).await.unwrap();
    let url = format!("http://127.0.0.1:{}/things", toy.running.address.port());
    for (host, status) in [("192.0.2.7", 200), ("[2001:db8::7]:80", 200), ("evil.example", 421)] {
        let answer = toy.http.get(&url).header("host", host).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn a_strange_name_gets_nothing_on_any_path_and_with_any_method() {
    let toy = Toy::with_lab().await;
    for (method, path) in [("GET", "/health"), ("GET", "/nowhere"), ("PUT", "/health"), ("POST", "/lab/clock"), ("OPTIONS", "/things")] {
        let answer = toy.as_admin(method, path).header("host", "evil.example").json(&json!({ "action": "freeze" })).send().await.unwrap();
        assert_eq!(problem(answer).await.code, ProblemCode::Misdirected, "{method} {path}");
    }
    assert_eq!(toy.written(), 0);
}

#[tokio::test]
async fn what_another_site_s_page_sends_is_refused() {
    let toy = Toy::start().await;
    let (own, port) = (toy.running.url(), toy.running.address.port());
    let elsewhere = format!("http://127.0.0.1:{}", port ^ 1);
    let (own_page, other_page) = (format!("{own}/web/install"), format!("{elsewhere}/web/install"));
    let cases: [(&[(&str, &str)], bool); 14] = [
        (&[], true),
        (&[("origin", &own)], true),
        (&[("origin", &own), ("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("referer", &own_page)], true),
        (&[("origin", "http://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", &elsewhere)], false),
        (&[("origin", "https://127.0.0.1")], false),
        (&[("origin", &own), ("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], false),
        (&[("referer", "http://evil.example/page")], false),
        (&[("referer", &other_page)], false),
    ];
    for (headers, let_in) in cases {
        let before = toy.written();
        let mut request = toy.as_admin("POST", "/things").json(&json!({ "name": "A", "count": 1 }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        if let_in {
            assert_eq!((answer.status().as_u16(), toy.written()), (201, before + 1), "{headers:?}");
        } else {
            assert_eq!((problem(answer).await.code, toy.written()), (ProblemCode::ForeignOrigin, before), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_link_from_another_site_may_be_followed_but_nothing_read_by_it() {
    let toy = Toy::start().await;
    let read =
        |mode: &'static str| toy.request("GET", "/things").header("sec-fetch-site", "cross-site").header("sec-fetch-mode", mode).send();
    assert_eq!(read("navigate").await.unwrap().status(), 200);
    for mode in ["cors", "no-cors", "websocket"] {
        assert_eq!(problem(read(mode).await.unwrap()).await.code, ProblemCode::ForeignOrigin, "{mode}");
    }
    let answer = toy.request("GET", "/things").header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(problem(answer).await.code, ProblemCode::ForeignOrigin);
}
