//! Calls between services that are not what they say.

use chassis::config::Kind;
use chassis::identity::Identity;
use shared::wire::problem::ProblemCode;

use crate::world::{Access, Bent, Proof, Route, World, problem};

const BODY: &[u8] = b"{}";

/// What is wrong with a call, done to it before it is signed.
type Bend = fn(&mut Bent);

async fn refused(world: &World, route: &Route, header: &str, what: &str) {
    let answer = world.send(route, &route.usual_path(), Proof::Header(header), Some("application/json"), BODY).await;
    assert!(!answer.headers().contains_key("tsl-answer"), "{route}: {what}: nothing is signed for a stranger");
    assert_eq!(problem(answer, what).await.code, ProblemCode::Unauthenticated, "{route}: {what}");
}

fn stranger() -> Identity {
    Identity::temporary(Kind::TerminalServer, "TS1".parse().unwrap()).unwrap()
}

async fn services_routes(world: &World) -> Vec<Route> {
    let routes: Vec<Route> = world.routes().await.into_iter().filter(|route| route.access == Access::Service).collect();
    assert_eq!(
        routes.len(),
        5 + 4 + 5 + 6,
        "a license server's five for terminal servers and four for its peers; the clearinghouse's five; the directory's six"
    );
    routes
}

#[tokio::test]
async fn a_call_that_is_unsigned_or_bent_is_refused_on_every_service_s_route() {
    let world = World::start().await;
    let before = world.heads().await;
    for route in services_routes(&world).await {
        let path = route.usual_path();
        let answer = world.send(&route, &path, Proof::None, Some("application/json"), BODY).await;
        assert_eq!(problem(answer, "unsigned").await.code, ProblemCode::Unauthenticated, "{route}");
        for header in
            ["Call ", "Call x", "Call a.b.c", &format!("Bearer {}", world.token(route.kind)), &format!("Call {}", "x".repeat(6000))]
        {
            refused(&world, &route, header, header).await;
        }
        let bends: [(&str, Bend); 6] = [
            ("another audience", |bent| bent.audience = stranger().public_key()),
            ("another body", |bent| bent.body = br#"{"request":"other"}"#.to_vec()),
            ("another path", |bent| bent.path.push_str("/more")),
            ("another query", |bent| bent.path.push_str("?x=1")),
            ("another method", |bent| bent.method = "PATCH".to_owned()),
            ("older than a minute", |bent| bent.older_by_ms = 61_000),
        ];
        for (what, bend) in bends {
            refused(&world, &route, &world.signed(&route, &path, BODY, bend).await, what).await;
        }
        let signed = world.signed(&route, &path, BODY, |_| ()).await;
        let mut bytes = signed.clone().into_bytes();
        let middle = bytes.len() - 10;
        bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
        refused(&world, &route, &String::from_utf8(bytes).unwrap(), "a changed signature").await;
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn only_an_introduction_may_come_from_a_key_that_nobody_enrolled() {
    let world = World::start().await;
    let before = world.heads().await;
    for route in services_routes(&world).await {
        let signed = world.signed(&route, &route.usual_path(), BODY, |bent| bent.signer = stranger()).await;
        let answer = world.send(&route, &route.usual_path(), Proof::Header(&signed), Some("application/json"), BODY).await;
        let code = problem(answer, &route.to_string()).await.code;
        let expected =
            if ["/activations", "/standing"].contains(&route.path.as_str()) { ProblemCode::Invalid } else { ProblemCode::Unauthenticated };
        assert_eq!(code, expected, "{route}");
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn a_call_sent_a_second_time_is_refused_even_where_the_first_was_improper() {
    let world = World::start().await;
    for route in services_routes(&world).await {
        let signed = world.signed(&route, &route.usual_path(), BODY, |_| ()).await;
        let first = world.send(&route, &route.usual_path(), Proof::Header(&signed), Some("application/json"), BODY).await;
        assert!(first.headers().contains_key("tsl-answer"), "{route}: the caller was known");
        refused(&world, &route, &signed, "replayed").await;
    }
}
