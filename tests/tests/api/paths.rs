//! Paths, queries and methods that lead nowhere.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use shared::wire::problem::ProblemCode;

use crate::world::{Access, KINDS, Proof, Route, World, problem};

const BODY: &[u8] = b"{}";

async fn ask(world: &World, route: &Route, path: &str) -> reqwest::Response {
    world.send(route, path, Proof::Proper, Some("application/json"), BODY).await
}

#[tokio::test]
async fn a_variable_part_of_a_path_that_cannot_be_is_refused() {
    let world = World::start().await;
    let before = world.heads().await;
    let long = "x".repeat(300);
    let mut tried = 0;
    for route in world.routes().await.into_iter().filter(|route| route.path.contains('{')) {
        let (head, rest) = route.path.split_once('{').unwrap();
        let (_, tail) = rest.split_once('}').unwrap();
        for part in ["%20", "%ff", "%00", "%2f", "..%2f..%2fetc", "a%20%22b", "%F0%9F%92%BE%3F", &long, "-", ":"] {
            let path = format!("{head}{part}{tail}");
            let what = format!("{route} as {path}");
            let answer = problem(ask(&world, &route, &path).await, &what).await;
            // An account's name may be almost anything; then it is the body that is none.
            assert!([400, 404, 422].contains(&answer.status), "{what}: {answer}");
            tried += 1;
        }
        let path = format!("{head}{tail}");
        let answer = problem(ask(&world, &route, &path).await, &path).await;
        assert!([404, 405].contains(&answer.status), "{route} as {path}: {answer}");
    }
    assert!(tried > 50, "{tried} paths");
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn a_query_that_a_route_does_not_take_is_refused() {
    let world = World::start().await;
    let before = world.heads().await;
    let mut typed = 0;
    for route in world.routes().await {
        let path = route.usual_path();
        for query in ["unheard_of=1", "limit=1&limit=2", "%ff=%ff", "=", "limit"] {
            let what = format!("{route}?{query}");
            let answer = problem(ask(&world, &route, &format!("{path}?{query}")).await, &what).await;
            // Where a body is wrong too, either may be named.
            assert!([400, 422].contains(&answer.status), "{what}: {answer}");
        }
        for parameter in route.parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let free_text = serde_json::to_string(&parameter["schema"]).unwrap();
            let wrong: &[&str] = if free_text.contains("integer") { &["x", "-1", "1.5", "99999999999999999999", ""] } else { &[] };
            for value in wrong {
                let what = format!("{route}?{name}={value}");
                let answer = problem(ask(&world, &route, &format!("{path}?{name}={value}")).await, &what).await;
                assert_eq!(answer.code, ProblemCode::Malformed, "{what}: {answer}");
                typed += 1;
            }
        }
    }
    assert!(typed > 20, "{typed} values of a wrong type");
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn a_path_that_is_not_described_is_not_there() {
    let world = World::start().await;
    let before = world.heads().await;
    let paths = [
        "/",
        "//",
        "/nowhere",
        "/health/",
        "/HEALTH",
        "/health/x",
        "//health",
        "/openapi",
        "/openapi.json/",
        "/lab",
        "/lab/",
        "/lab/clocks",
        "/journal/1",
        "/admin-token",
        "/key.pem",
        "/%2e%2e/key.pem",
        "/health%00",
        "/health;x=1",
        "/*",
        "/{name}",
    ];
    for kind in KINDS {
        let route = world.routes().await.into_iter().find(|route| route.kind == kind && route.path == "/journal").unwrap();
        // The clearinghouse has pages, and leads to them.
        for path in paths.into_iter().filter(|path| kind.name() != "clearinghouse" || *path != "/") {
            let what = format!("{} {path}", kind.name());
            let answer = problem(ask(&world, &route, path).await, &what).await;
            assert_eq!(answer.code, ProblemCode::NotFound, "{what}");
        }
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn a_path_answers_the_methods_that_its_description_names_and_no_other() {
    let world = World::start().await;
    let before = world.heads().await;
    let mut paths: BTreeMap<(&str, String), Vec<Route>> = BTreeMap::new();
    for route in world.routes().await {
        paths.entry((route.kind.name(), route.path.clone())).or_default().push(route);
    }
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
        .map(|name| Method::from_bytes(name.as_bytes()).unwrap());
    for ((_, path), routes) in paths {
        let mut named: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
        named.sort_unstable();
        for method in &methods {
            if named.contains(&method.as_str()) {
                continue;
            }
            let wrong = Route { method: method.clone(), access: Access::Anyone, ..routes[0].clone() };
            let answer = ask(&world, &wrong, &wrong.usual_path()).await;
            assert_eq!(answer.status().as_u16(), 405, "{method} {path}");
            let mut allowed: Vec<String> =
                answer.headers()["allow"].to_str().unwrap().split(',').map(|method| method.trim().to_owned()).collect();
            allowed.sort_unstable();
            assert_eq!(allowed, named, "{path}");
            if *method != Method::HEAD {
                assert_eq!(problem(answer, &path).await.code, ProblemCode::MethodNotAllowed);
            }
        }
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn what_is_described_answers_as_described() {
    let world = World::start().await;
    for route in world.routes().await {
        let answer = ask(&world, &route, &route.usual_path()).await;
        let status = answer.status().as_u16();
        assert!(route.answers.contains(&status), "{route} answered {status}, which its description does not name");
        if route.method == Method::GET {
            // What only Windows NT 4.0 has is a conflict with any other generation.
            let expected = match route.path.as_str() {
                "/" => 303,
                path if path.starts_with("/nt/") => 409,
                _ => 200,
            };
            assert_eq!(status, expected, "{route}");
        }
        assert!(answer.headers().contains_key(chassis::http::REQUEST_ID), "{route}: its id, to be found in the logs");
        if status == 404 {
            let text = answer.text().await.unwrap();
            let body: Value = serde_json::from_str(&text).unwrap();
            assert!(!body["detail"].as_str().unwrap().contains("has no route"), "{route}: {text}");
        }
    }
}
