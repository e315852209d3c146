//! Which service may call what: a route is for the roles that stand in its row, and for no other.

use std::collections::BTreeMap;

use chassis::config::Kind;
use shared::wire::problem::ProblemCode;

use crate::world::{Access, Proof, World, problem};

const TERMINAL_SERVER: &str = "terminal-server";
const LICENSE_SERVER: &str = "license-server";

/// Every route for services, and who may call it. A new one has to be put here.
const ROLES: [(Kind, &str, &str, &[&str]); 18] = [
    (Kind::Clearinghouse, "POST", "/packs", &[LICENSE_SERVER]),
    (Kind::Clearinghouse, "POST", "/migrations", &[LICENSE_SERVER]),
    (Kind::Clearinghouse, "POST", "/deactivations", &[LICENSE_SERVER]),
    (Kind::LicenseServer, "POST", "/inquiries", &[TERMINAL_SERVER]),
    (Kind::LicenseServer, "POST", "/marks", &[TERMINAL_SERVER]),
    (Kind::LicenseServer, "GET", "/contact", &[TERMINAL_SERVER]),
    (Kind::LicenseServer, "GET", "/known-servers", &[TERMINAL_SERVER]),
    (Kind::LicenseServer, "POST", "/user-licenses", &[TERMINAL_SERVER]),
    (Kind::LicenseServer, "POST", "/referrals", &[LICENSE_SERVER]),
    (Kind::LicenseServer, "POST", "/announcements", &[LICENSE_SERVER]),
    (Kind::LicenseServer, "POST", "/returns", &[LICENSE_SERVER]),
    (Kind::LicenseServer, "POST", "/releases", &[LICENSE_SERVER]),
    (Kind::Directory, "POST", "/discovery", &[TERMINAL_SERVER]),
    (Kind::Directory, "POST", "/logons", &[TERMINAL_SERVER]),
    (Kind::Directory, "PUT", "/publication", &[LICENSE_SERVER]),
    (Kind::Directory, "GET", "/membership", &[LICENSE_SERVER]),
    (Kind::Directory, "POST", "/user-licenses", &[LICENSE_SERVER]),
    (Kind::Directory, "POST", "/user-lists", &[LICENSE_SERVER]),
];

/// Those that whoever signs may call: they are for services that nobody knows yet.
const INTRODUCED: [(Kind, &str, &str); 2] = [(Kind::Clearinghouse, "POST", "/activations"), (Kind::Clearinghouse, "POST", "/standing")];

/// A terminal server does not publish itself as a license server, nor read a directory's users; a license server checks no passwords.
#[tokio::test]
async fn each_route_for_services_is_for_the_roles_in_its_row_and_refuses_every_other_one() {
    let world = World::start().await;
    let before = world.heads().await;
    let mut expected: BTreeMap<(String, String, String), Vec<&str>> = BTreeMap::new();
    let key = |kind: Kind, method: &str, path: &str| (kind.name().to_owned(), method.to_owned(), path.to_owned());
    ROLES.iter().for_each(|(kind, method, path, roles)| drop(expected.insert(key(*kind, method, path), roles.to_vec())));
    INTRODUCED.iter().for_each(|(kind, method, path)| drop(expected.insert(key(*kind, method, path), Vec::new())));
    for route in world.routes().await.into_iter().filter(|route| route.access == Access::Service) {
        let roles = expected.remove(&key(route.kind, route.method.as_str(), &route.path));
        let roles = roles.unwrap_or_else(|| panic!("{route} is not in the table of this test"));
        assert_eq!(route.callers, roles, "{route}: what its description says");
        for (role, kind) in [(TERMINAL_SERVER, Kind::TerminalServer), (LICENSE_SERVER, Kind::LicenseServer)] {
            if roles.is_empty() || (route.kind == Kind::Clearinghouse && kind == Kind::TerminalServer) {
                continue;
            }
            let body: &[u8] = if route.takes_body { b"{}" } else { b"" };
            let path = route.usual_path();
            let signed = world.signed(&route, &path, body, |bent| bent.signer = world.enrolled_at(route.kind, kind)).await;
            let answer = world.send(&route, &path, Proof::Header(&signed), Some("application/json"), body).await;
            assert!(answer.headers().contains_key("tsl-answer"), "{route} as {role}: whoever is known gets a signed answer");
            let forbidden = answer.status() == 403;
            assert_eq!(forbidden, !roles.contains(&role), "{route} as {role}: {}", answer.status());
            if forbidden {
                let no = problem(answer, &route.to_string()).await;
                assert!(no.code == ProblemCode::Forbidden && no.detail.contains("enrolled here as"), "{route} as {role}: {no}");
            }
        }
    }
    assert!(expected.is_empty(), "described nowhere: {expected:?}");
    assert_eq!(world.heads().await, before, "nothing was written");
}
