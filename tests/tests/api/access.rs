//! Who is let in where, for every route that is described.

use shared::wire::problem::ProblemCode;
use tests::harness::Plan;

use crate::world::{Access, KINDS, Proof, World, problem};

#[tokio::test]
async fn no_administrators_route_answers_without_this_service_s_own_token() {
    let world = World::start().await;
    let before = world.heads().await;
    let mut tried = 0;
    for route in world.routes().await.into_iter().filter(|route| route.access == Access::Administrator) {
        let own = world.token(route.kind);
        let foreign = KINDS.into_iter().filter(|kind| *kind != route.kind).map(|kind| format!("Bearer {}", world.token(kind)));
        let near = format!("Bearer {}{}", &own[..own.len() - 1], if own.ends_with('0') { '1' } else { '0' });
        let mut proofs =
            vec![near, format!("Basic {own}"), own.clone(), format!("Bearer {own}{own}"), "Bearer ".to_owned(), format!("Call {own}")];
        proofs.extend(foreign);
        proofs.push(format!("Bearer {}", own.to_uppercase()));
        for proof in [Proof::None].into_iter().chain(proofs.iter().map(|proof| Proof::Header(proof))) {
            let answer = world.send(&route, &route.usual_path(), proof, Some("application/json"), b"{}").await;
            assert!(answer.headers().contains_key("www-authenticate"), "{route}");
            let problem = problem(answer, &route.to_string()).await;
            assert_eq!(problem.code, ProblemCode::Unauthenticated, "{route}");
            assert!(!problem.detail.contains(&own), "the token is not told");
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried} attempts");
    assert_eq!(world.heads().await, before, "nothing was written");
}

/// DNS rebinding and forms of other sites: no route of any service answers, whatever else is right about the request.
#[tokio::test]
async fn no_route_answers_under_another_s_name_or_to_another_site_s_page() {
    let world = World::start().await;
    let before = world.heads().await;
    for route in world.routes().await {
        let url = format!("{}{}", world.service(route.kind).url(), route.usual_path());
        let token = format!("Bearer {}", world.token(route.kind));
        for (name, value, code) in [
            ("host", "evil.example", ProblemCode::Misdirected),
            ("origin", "http://evil.example", ProblemCode::ForeignOrigin),
            ("sec-fetch-site", "cross-site", ProblemCode::ForeignOrigin),
        ] {
            let request = world.http.request(route.method.clone(), &url).header("authorization", &token).header(name, value);
            let answer = request.header("content-type", "application/json").body("{}").send().await.unwrap();
            assert_eq!(problem(answer, &route.to_string()).await.code, code, "{route}: {name}");
        }
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}

/// Without `--lab` the routes are described and refused, whatever they are sent.
#[tokio::test]
async fn without_lab_powers_no_lab_route_does_anything() {
    let world = World::of(Plan::default().without_lab_powers()).await;
    let before = world.heads().await;
    let routes: Vec<_> = world.routes().await.into_iter().filter(|route| route.is_lab()).collect();
    let wanted = 4 * 5 + 3 + 2 + 2 + 1;
    assert_eq!(
        routes.len(),
        wanted,
        "clock and network twice and dice at each; the reseller's three; a license server's next life and damage; a terminal server's \
         faults, and the power and cryptography of NT"
    );
    for route in routes {
        for body in ["{}", r#"{"action":"freeze"}"#, r#"{"seed":1}"#, "not JSON"] {
            let answer = world.send(&route, &route.usual_path(), Proof::Proper, Some("application/json"), body.as_bytes()).await;
            let problem = problem(answer, &route.to_string()).await;
            assert_eq!((problem.status, problem.code), (403, ProblemCode::LabOff), "{route}");
        }
        let answer = world.send(&route, &route.usual_path(), Proof::None, None, b"").await;
        assert_eq!(problem(answer, &route.to_string()).await.code, ProblemCode::Unauthenticated, "{route}");
    }
    assert_eq!(world.heads().await, before, "nothing was written");
}
