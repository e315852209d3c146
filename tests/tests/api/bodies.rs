//! Bodies that no route takes.

use chassis::config::Kind;
use chassis::http::BODY_LIMIT;
use serde_json::{Value, json};
use shared::wire::common::Identity as IdentityView;

use crate::world::{Proof, Route, World, problem};

const JSON: &str = "application/json";

/// A body that each route would take, with the routes that take one: a route without a line here fails the test.
fn usual(route: &Route, root: &str) -> Value {
    let key = format!("{}A", "B".repeat(42));
    let retail = json!({"program": "retail", "code": "B2345-C2345-D2345-F2345-G2345"});
    let registrant = json!({"first_name": "Ada", "last_name": "Lovelace", "company": "Engines", "country": "UK"});
    let product_id = "78440-006-5867045-70347";
    let wanted = json!({"version": "5.2", "product_type": "device", "quantity": 5});
    let place = json!({"host": "M1", "site": "VIENNA", "member_of": {"kind": "workgroup", "name": "SHOP"}, "controller": false});
    match (route.kind, route.method.as_str(), route.path.as_str()) {
        (_, "POST", "/lab/clock") => json!({"action": "advance", "seconds": 1}),
        (_, "POST", "/lab/dice") => json!({"seed": 1}),
        (_, "PUT", "/lab/network") => json!({"cut_off": [{"name": "LS9", "key": key}]}),
        (Kind::Directory, "PUT", "/services/{name}") => json!({"key": key, "role": "terminal-server"}),
        (Kind::Directory, "PUT", "/domains/{name}") => json!({"kind": "nt4", "controllers": ["DC1"]}),
        (Kind::Directory, "PUT", "/domains/{name}/license-servers") => json!({"members": ["LS1"]}),
        (Kind::Directory, "PUT", "/users/{name}") => json!({"password": "new one", "administrator": false, "unit": null}),
        (Kind::Directory, "POST", "/discovery") => json!({"domain": "LAB", "site": "VIENNA"}),
        (Kind::Directory, "POST", "/logons") => json!({"user": "lab\\anna", "password": "guess"}),
        (Kind::Directory, "PUT", "/publication") => json!({"site": null}),
        (Kind::Directory, "POST", "/user-licenses") => json!({"user": "lab\\anna", "write": {
            "number": 1, "set": {"managing_server": "LS1", "expires_at": "2026-01-01T00:00:00Z", "version": "6.0"}
        }}),
        (Kind::Directory, "POST", "/user-lists") => json!({"scope": "domain", "domain": "LAB"}),
        (Kind::Clearinghouse, "POST", "/activations") => {
            json!({"request": "request-1", "name": "LS1", "product_id": "78440-006-5867045-70347", "registrant": registrant, "certificate_request": "none"})
        }
        (Kind::Clearinghouse, "POST", "/packs") => {
            json!({"request": "request-2", "server_version": "5.2", "purchase": retail, "wanted": null})
        }
        (Kind::Clearinghouse, "POST", "/deactivations") => json!({"request": "request-10", "registrant": registrant}),
        (Kind::Clearinghouse, "POST", "/desk/registrations") => json!({
            "request": "request-11", "method": "web", "name": "LS1", "product_id": "78440-006-5867045-70347", "key_text": "none",
            "registrant": registrant, "certificate_request": null, "reason": "redeployed"
        }),
        (Kind::Clearinghouse, "POST", "/desk/packs") => {
            json!({"request": "request-12", "method": "telephone", "server": product_id, "purchase": retail, "wanted": null})
        }
        (Kind::Clearinghouse, "POST", "/desk/deactivations") => {
            json!({"request": "request-13", "method": "telephone", "server": product_id})
        }
        (Kind::Clearinghouse, "POST", "/desk/recoveries") => json!({
            "request": "request-14", "method": "telephone", "server": product_id, "pack": "B".repeat(35), "quantity": 1, "purchase": retail
        }),
        (Kind::Clearinghouse, "POST", "/desk/reissues") => {
            json!({"request": "request-15", "method": "telephone", "server": product_id, "pack": "B".repeat(35), "device": "PC1"})
        }
        (Kind::Clearinghouse, "POST", "/desk/moves") => {
            json!({"request": "request-16", "method": "telephone", "server": product_id, "pack": "B".repeat(35), "purchase": retail})
        }
        (Kind::Clearinghouse, "POST", "/lab/reseller/xp-keys") => json!({"count": 1}),
        (Kind::LicenseServer, "POST", "/activation/id") => json!({"license_server_id": "B".repeat(35), "reason": "redeployed"}),
        (Kind::LicenseServer, "PUT", "/activation/certificate") => json!({"certificate": "none"}),
        (Kind::LicenseServer, "POST", "/activation/key") => json!({"compromised": false}),
        (Kind::LicenseServer, "POST", "/reactivation") => {
            json!({"reason": "redeployed", "registrant": registrant, "succession": {"request": "request-18", "signature": "x"}})
        }
        (Kind::LicenseServer, "POST", "/deactivation") => {
            json!({"method": "telephone", "registrant": registrant, "confirmation_code": "B".repeat(20)})
        }
        (Kind::LicenseServer, "POST", "/packs/ids") => json!({"request": "request-17", "key_pack_id": "B".repeat(35)}),
        (Kind::LicenseServer, "POST", "/restore") => json!({"part": "end", "records": 0}),
        (Kind::Clearinghouse, "POST", "/lab/reseller/codes") => wanted,
        (Kind::Clearinghouse, "POST", "/lab/reseller/agreements") => json!({"program": {"program": "open"}, "entitlements": [wanted]}),
        (Kind::LicenseServer, "POST", "/inquiries") => {
            json!({"request": "request-3", "version": "5.2", "generation": "windows-2003", "platform": "windows-98", "device": "PC1", "user": "anna", "hardware_id": "00".repeat(20), "presented": null, "temporary_only": false})
        }
        (Kind::LicenseServer, "POST", "/marks") => json!({"request": "request-4", "cal": "00".repeat(16), "hardware_id": "00".repeat(20)}),
        (Kind::LicenseServer, "POST", "/user-licenses") => json!({"request": "request-7", "user": "lab\\anna", "version": "6.0"}),
        (Kind::LicenseServer, "PUT", "/network") => json!({"placement": place, "role": "domain"}),
        (Kind::LicenseServer | Kind::TerminalServer, "PUT", "/directory") => {
            json!({"name": "DIR1", "key": key, "url": "http://127.0.0.1:1"})
        }
        (Kind::LicenseServer, "PUT", "/publication") => json!({"published": false}),
        (Kind::LicenseServer, "POST", "/per-user-reports") => json!({"scope": "unit", "domain": "LAB", "unit": "SALES"}),
        (Kind::TerminalServer, "PUT", "/network") => place,
        (Kind::TerminalServer, "PATCH", "/discovery") => json!({
            "search": "named", "intervals": {"domain_found_s": 1, "none_found_s": 1, "site_found_s": 1}, "policy": ["LS1"]
        }),
        (Kind::LicenseServer, "POST", "/activation") => json!({"registrant": registrant}),
        (Kind::LicenseServer, "POST", "/packs") => json!({"request": "request-5", "purchase": retail, "wanted": wanted}),
        (Kind::LicenseServer, "PATCH", "/settings") => {
            json!({"prevent_license_upgrade": true, "security_group_policy": true, "unvalidated_expired_denied": true, "temporary_for_want_only": true,
                   "revoke_2008_only": true, "sweep_at_s": 0})
        }
        (Kind::LicenseServer, "PUT", "/license-servers/{name}") => json!({"key": key, "url": "http://127.0.0.1:1"}),
        (Kind::LicenseServer, "POST", "/referrals") => json!({"terminal_server": "TS1", "asked": ["LS1"], "inquiry": {
            "request": "request-3", "version": "5.2", "generation": "windows-2003", "platform": "windows-98", "device": "PC1",
            "user": "anna", "hardware_id": "00".repeat(20), "presented": null, "temporary_only": false
        }}),
        (Kind::LicenseServer, "POST", "/announcements") => {
            json!({"generation": "windows-2003", "product_id": "78440-006-5867045-70347", "packs": []})
        }
        (Kind::LicenseServer, "POST", "/returns") => json!({
            "request": "request-8", "cal": "00".repeat(16), "hardware_id": "00".repeat(20), "version": "5.2", "expires_at": "2026-01-01T00:00:00Z"
        }),
        (Kind::LicenseServer, "POST", "/revocations") => json!({"holder": "device", "number": 1}),
        (Kind::LicenseServer, "POST", "/conversions") => json!({"request": "request-9", "pack": "B".repeat(35), "quantity": 1}),
        (Kind::LicenseServer, "POST", "/migrations") => json!({
            "request": "request-10", "source": "LS9", "reason": "not-functioning", "generation": "windows-2003",
            "product_id": "78440-006-5867045-70347", "pack": "B".repeat(35), "purchase": retail
        }),
        (Kind::LicenseServer, "POST", "/release-orders") => json!({"pack": "B".repeat(35), "quantity": 1, "to": "LS9"}),
        (Kind::Clearinghouse, "POST", "/migrations") => json!({
            "request": "request-19", "server_version": "6.0", "source": "78440-006-5867045-70347", "pack": "B".repeat(35), "purchase": retail
        }),
        (Kind::Clearinghouse, "POST", "/standing") => {
            json!({"request": "request-20", "product_id": "78440-006-5867045-70347", "agreement": key})
        }
        (Kind::LicenseServer, "POST", "/releases") => json!({"request": "request-11", "up_to": "5.2"}),
        (Kind::LicenseServer, "POST", "/database/rebuild") => json!({"confirm": "LS9"}),
        (Kind::LicenseServer, "PUT", "/security-group") => json!({"members": ["TS1"]}),
        (Kind::LicenseServer, "POST", "/lab/next-life") => json!({"days": 89}),
        (Kind::LicenseServer, "PUT", "/clearinghouse") => json!({"name": "CH1", "key": key, "root": root, "url": "http://127.0.0.1:1"}),
        (Kind::LicenseServer, "PUT", "/terminal-servers/{name}") => json!({"key": key}),
        (Kind::TerminalServer, "POST", "/connections") => {
            json!({"request": "request-6", "device": "PC1", "user": "anna", "hardware_id": "00".repeat(20), "platform": "windows-98", "admin": false, "license": null})
        }
        (Kind::TerminalServer, "POST", "/sessions/{session}/logon") => json!({"user": "anna", "password": "guess"}),
        (Kind::TerminalServer, "PATCH", "/settings") => json!({
            "application_mode": true, "policy_ac_on": 1, "grace_start": "services_enabled", "grace_end": "ls_located", "accept": "chain", "lenient_invalid": true,
            "per_user_requires_activated": true, "per_user_temporaries": true, "unactivated_stops_server": true, "domain_role_by_name_only": true, "device_cals_per_device_only": true,
            "internet_connector": false, "external_connector": true,
            "not_before_tolerance_s": 1, "expiry_popup_days": 1
        }),
        (Kind::TerminalServer, "PUT", "/accounts/{name}") => json!({"password": "new one", "administrator": false}),
        (Kind::TerminalServer, "POST", "/lab/faults") => json!({"fault": "internal", "broken": true}),
        (Kind::TerminalServer, "PUT", "/root") => json!({"root": root}),
        (Kind::TerminalServer, "PUT", "/license-servers") => json!({"names": ["LS1"]}),
        (Kind::TerminalServer, "PUT", "/license-servers/{name}") => json!({"key": key, "url": "http://127.0.0.1:1"}),
        (Kind::TerminalServer, method, path) if path.starts_with("/nt/") || path.starts_with("/lab/nt/") => usual_of_nt4(method, path),
        _ => panic!("{route} takes a body that this test does not know"),
    }
}

fn usual_of_nt4(method: &str, path: &str) -> Value {
    match (method, path) {
        ("POST", "/nt/licenses") => json!({"category": "full", "count": 5}),
        ("POST", "/nt/license-manager/cals") => json!({"count": 5}),
        ("PUT", "/nt/shares/{name}") => json!({"user": "anna"}),
        ("PUT", "/nt/console") => json!({"user": "administrator"}),
        ("POST", "/nt/service") => json!({"action": "stop"}),
        ("POST", "/nt/shutdown") => json!({"from": "console"}),
        ("PATCH", "/nt/settings") => {
            json!({"data_source": "Hydra License", "service_pack": 4, "profile_needs_license": true, "temporaries_of_90_days": true, "per_seat_only": true})
        }
        ("POST", "/lab/nt/cryptography") => json!({"mismatch": true}),
        _ => panic!("{method} {path} takes a body that this test does not know"),
    }
}

/// Bodies that are no JSON object at all, or that are too much, with the statuses that fit.
fn unreadable(good: &str) -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let padded = |length: usize| {
        let mut body = good.as_bytes().to_vec();
        body.resize(length, b' ');
        body
    };
    let nested = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let twice = good.replacen('{', &format!("{{{},", &good[1..good.len() - 1]), 1);
    vec![
        ("nothing", Vec::new(), &[400]),
        ("no JSON", b"registrant=Ada".to_vec(), &[400]),
        ("cut off", good.as_bytes()[..good.len() - 1].to_vec(), &[400]),
        ("more than one", format!("{good}{good}").into_bytes(), &[400]),
        ("an array", format!("[{good}]").into_bytes(), &[422]),
        ("null", b"null".to_vec(), &[422]),
        ("a string", b"\"text\"".to_vec(), &[422]),
        ("a number", b"1e999".to_vec(), &[400, 422]),
        ("a field without a name", b"{\"\":0}".to_vec(), &[422]),
        ("no UTF-8", [b"{\"request\":\"\xff\xfe".as_slice(), b"\"}"].concat(), &[400, 422]),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect(), &[400]),
        ("a lone surrogate", br#"{"request":"\ud800"}"#.to_vec(), &[400, 422]),
        ("open brackets", vec![b'['; 60_000], &[400]),
        ("deep nesting", nested.clone().into_bytes(), &[400, 422]),
        ("deep nesting in a field", format!("{{\"x\":{nested}}}").into_bytes(), &[400, 422]),
        ("every field twice", twice.into_bytes(), &[422]),
        ("70 KiB", padded(70 * 1024), &[413]),
        ("one byte too many", padded(BODY_LIMIT + 1), &[413]),
    ]
}

/// The body with one value changed at a time, at any depth, to what it cannot be.
fn distorted(good: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let Some(fields) = good.as_object() else { return found };
    let mut unknown = good.clone();
    unknown["unheard_of"] = json!(1);
    found.push(("an unknown field".to_owned(), unknown));
    for (name, value) in fields {
        for wrong in [json!([[]]), json!({"unheard_of": []}), json!(-1.5)] {
            let mut changed = good.clone();
            changed[name] = wrong.clone();
            found.push((format!("{name}: {wrong}"), changed));
        }
        let flipped = if value.is_string() || value.is_null() { json!(7) } else { json!("\u{0}") };
        let mut changed = good.clone();
        changed[name] = flipped;
        found.push((format!("{name} of another type"), changed));
        for (what, inner) in distorted(value) {
            let mut changed = good.clone();
            changed[name] = inner;
            found.push((format!("{name}.{what}"), changed));
        }
        if let Some(first) = value.as_array().and_then(|items| items.first()) {
            for (what, inner) in distorted(first) {
                let mut changed = good.clone();
                changed[name] = json!([inner]);
                found.push((format!("{name}[0].{what}"), changed));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_route_refuses_every_improper_body_and_writes_nothing() {
    let world = World::start().await;
    let root: IdentityView = world.lab.clearinghouse.anyone().get("/identity").await.unwrap();
    let root = root.root.unwrap();
    let before = world.heads().await;
    let mut tried = 0;
    for route in world.routes().await.into_iter().filter(|route| route.takes_body) {
        let (good, path) = (usual(&route, &root), route.usual_path());
        let text = good.to_string();
        for (what, body, statuses) in unreadable(&text) {
            let what = format!("{route}: {what}");
            let answer = world.send(&route, &path, Proof::Proper, Some(JSON), &body).await;
            let status = problem(answer, &what).await.status;
            assert!(statuses.contains(&status) && route.answers.contains(&status), "{what}: {status}");
            tried += 1;
        }
        for (what, body) in distorted(&good) {
            let what = format!("{route}: {what}");
            let answer = world.send(&route, &path, Proof::Proper, Some(JSON), body.to_string().as_bytes()).await;
            let problem = problem(answer, &what).await;
            assert_eq!(problem.status, 422, "{what}: {}", problem.detail);
            tried += 1;
        }
        for media in
            [None, Some(""), Some("text/plain"), Some("text/json"), Some("application/jsonx"), Some("multipart/form-data; boundary=x")]
        {
            let what = format!("{route}: sent as {media:?}");
            let answer = world.send(&route, &path, Proof::Proper, media, text.as_bytes()).await;
            assert_eq!(problem(answer, &what).await.status, 415, "{what}");
            tried += 1;
        }
    }
    assert!(tried > 1000, "{tried} bodies");
    assert_eq!(world.heads().await, before, "nothing was written");
}

#[tokio::test]
async fn the_bodies_that_are_distorted_there_are_proper_ones() {
    let world = World::start().await;
    let root: IdentityView = world.lab.clearinghouse.anyone().get("/identity").await.unwrap();
    let root = root.root.unwrap();
    for route in world.routes().await.into_iter().filter(|route| route.takes_body) {
        let good = usual(&route, &root).to_string();
        let answer = world.send(&route, &route.usual_path(), Proof::Proper, Some("Application/JSON; charset=utf-8"), good.as_bytes()).await;
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        // What it means may be refused; that it can be read may not.
        assert!(![400, 413, 415].contains(&status) && !text.contains("the body:"), "{route}: {status} {text}");
        assert!(status < 500 || status == 502, "{route}: {status} {text}");
    }
    world.heads().await;
}
