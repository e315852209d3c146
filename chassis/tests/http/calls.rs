//! Calls between services: signed, good once, answered with a signature.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use chassis::calls::{ANSWER_HEADER, Call, check_answer};
use chassis::client::{CallError, Peer, ServiceClient};
use chassis::clock::HostTime;
use chassis::http::Method;
use chassis::identity::Identity;
use reqwest::Response;
use shared::model::{PublicKey, RequestId};
use shared::wire::problem::ProblemCode;

use crate::toy::{Nobody, Seen, Thing, Toy, clock, identity, problem};

const BODY: &str = r#"{"name":"LS1","count":1}"#;

/// A call that can be bent before it is sent.
struct Bent<'a> {
    signer: &'a Identity,
    audience: PublicKey,
    method: &'a str,
    path: &'a str,
    signed_body: &'a str,
    age_ms: i64,
}

impl<'a> Bent<'a> {
    fn straight(toy: &'a Toy, path: &'a str) -> Self {
        Self { signer: &toy.friend, audience: toy.running.key, method: "POST", path, signed_body: BODY, age_ms: 0 }
    }

    fn token(&self) -> String {
        let made_at = HostTime::from_millis(clock().host().millis() - self.age_ms);
        let call = Call { audience: &self.audience, method: self.method, path: self.path, body: self.signed_body.as_bytes(), made_at };
        call.sign(self.signer).unwrap().token
    }
}

async fn send(toy: &Toy, path: &str, token: &str) -> Response {
    let request = toy.request("POST", path).header("authorization", format!("Call {token}"));
    request.header("content-type", "application/json").body(BODY).send().await.unwrap()
}

async fn refused(toy: &Toy, path: &str, token: &str) -> String {
    let answer = send(toy, path, token).await;
    assert!(!answer.headers().contains_key(ANSWER_HEADER), "what was not proved is not answered with a signature");
    let problem = problem(answer).await;
    assert_eq!(problem.code, ProblemCode::Unauthenticated, "{}", problem.detail);
    assert_eq!(toy.written(), 0);
    problem.detail
}

fn thing() -> Thing {
    Thing { name: "LS1".parse().unwrap(), count: 1 }
}

fn client(toy: &Toy) -> ServiceClient {
    ServiceClient::new(toy.friend.clone(), clock(), Duration::from_secs(5)).unwrap()
}

fn peer(toy: &Toy) -> Peer {
    Peer { url: toy.running.url(), key: toy.running.key }
}

fn request() -> RequestId {
    "request-1".parse().unwrap()
}

#[tokio::test]
async fn an_enrolled_service_is_known_by_its_key_and_its_request_by_its_id() {
    let toy = Toy::start().await;
    let seen: Seen = client(&toy).call(&peer(&toy), &request(), Method::Post, "/inquiries", &thing()).await.unwrap();
    let expected = Seen { caller: "FRIEND1".parse().unwrap(), thumbprint: toy.friend.public_key().thumbprint(), request: request() };
    assert_eq!(seen, expected);
    let seen: Seen = client(&toy).ask(&peer(&toy), &request(), "/contact").await.unwrap();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_service_that_is_not_enrolled_gets_nothing_but_may_introduce_itself() {
    let toy = Toy::start().await;
    let stranger = identity("STRANGER1");
    let bent = Bent { signer: &stranger, ..Bent::straight(&toy, "/inquiries") };
    assert!(refused(&toy, "/inquiries", &bent.token()).await.contains("enrol"));
    let bent = Bent { signer: &stranger, ..Bent::straight(&toy, "/introductions") };
    let answer = send(&toy, "/introductions", &bent.token()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Seen>().await.unwrap().caller.as_str(), "STRANGER1");
}

#[tokio::test]
async fn a_friends_name_does_not_help_without_its_key() {
    let toy = Toy::start().await;
    let impostor = identity("FRIEND1");
    let token = Bent { signer: &impostor, ..Bent::straight(&toy, "/inquiries") }.token();
    refused(&toy, "/inquiries", &token).await;
    let renamed = Identity::from_pem(toy.friend.kind(), "OTHER1".parse().unwrap(), &toy.friend_pem).unwrap();
    let token = Bent { signer: &renamed, ..Bent::straight(&toy, "/inquiries") }.token();
    assert!(refused(&toy, "/inquiries", &token).await.contains("FRIEND1"));
}

#[tokio::test]
async fn a_call_is_good_once() {
    let toy = Toy::start().await;
    for path in ["/inquiries", "/introductions"] {
        let written = toy.written();
        let token = Bent::straight(&toy, path).token();
        assert_eq!(send(&toy, path, &token).await.status(), 200);
        let again = problem(send(&toy, path, &token).await).await;
        assert_eq!((again.code, toy.written()), (ProblemCode::Unauthenticated, written + 1));
        assert!(again.detail.contains("once"), "{}", again.detail);
    }
}

#[tokio::test]
async fn a_call_is_bound_to_receiver_method_path_and_body() {
    let toy = Toy::start().await;
    let other = identity("OTHER1");
    let straight = || Bent::straight(&toy, "/inquiries");
    let bent = [
        (Bent { audience: other.public_key(), ..straight() }, "another service"),
        (Bent { method: "PUT", ..straight() }, "method or path"),
        (Bent { path: "/introductions", ..straight() }, "method or path"),
        (Bent { path: "/inquiries?x=1", ..straight() }, "method or path"),
        (Bent { signed_body: r#"{"name":"LS1","count":2}"#, ..straight() }, "body"),
    ];
    for (bent, reason) in bent {
        let detail = refused(&toy, "/inquiries", &bent.token()).await;
        assert!(detail.contains(reason), "{reason}: {detail}");
    }
}

#[tokio::test]
async fn a_call_is_good_for_a_minute_and_never_from_before_the_start() {
    let toy = Toy::start().await;
    for (age_ms, reason) in
        [(61_000, "seconds old"), (3_600_000, "seconds old"), (30_000, "before this service started"), (-10_000, "future")]
    {
        let detail = refused(&toy, "/inquiries", &Bent { age_ms, ..Bent::straight(&toy, "/inquiries") }.token()).await;
        assert!(detail.contains(reason), "{age_ms}: {detail}");
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let toy = Toy::start().await;
    let good = Bent::straight(&toy, "/inquiries").token();
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let swapped = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", parts[1], parts[2]);
    let cut = format!("{}.{}.{}", parts[0], parts[1], &parts[2][..10]);
    let admin = toy.running.admin_token.clone();
    for token in ["", ".", "..", "x.y.z", &unsigned, &swapped, &cut, &admin, &"x".repeat(7000)] {
        for path in ["/inquiries", "/introductions"] {
            refused(&toy, path, token).await;
        }
    }
    let bearer = toy.as_admin("POST", "/inquiries").header("content-type", "application/json").body(BODY).send().await.unwrap();
    assert_eq!(problem(bearer).await.code, ProblemCode::Unauthenticated);
    assert_eq!(send(&toy, "/inquiries", &good).await.status(), 200);
}

#[tokio::test]
async fn a_signed_no_is_a_problem_and_a_failure_is_silence() {
    let toy = Toy::start().await;
    let refused = client(&toy).call::<()>(&peer(&toy), &request(), Method::Post, "/refusals", &thing()).await.unwrap_err();
    assert!(matches!(refused, CallError::Problem(problem) if problem.code == ProblemCode::Conflict));
    let failed = client(&toy).call::<()>(&peer(&toy), &request(), Method::Post, "/failures", &thing()).await.unwrap_err();
    assert!(matches!(&failed, CallError::Silence(reason) if reason.contains("500")), "{failed}");
    let improper = client(&toy).call::<()>(&peer(&toy), &request(), Method::Post, "/inquiries", &1).await.unwrap_err();
    assert!(matches!(improper, CallError::Problem(problem) if problem.code == ProblemCode::Invalid));
}

#[tokio::test]
async fn an_answer_that_does_not_verify_is_silence() {
    let toy = Toy::start().await;
    let stranger = identity("STRANGER1");
    let unsigned = ServiceClient::new(std::sync::Arc::new(identity("STRANGER2")), clock(), Duration::from_secs(5)).unwrap();
    let silent = unsigned.ask::<Seen>(&peer(&toy), &request(), "/contact").await.unwrap_err();
    assert!(matches!(&silent, CallError::Silence(reason) if reason.contains("enrol")), "{silent}");
    let wrong = Peer { key: stranger.public_key(), ..peer(&toy) };
    let silent = client(&toy).ask::<Seen>(&wrong, &request(), "/contact").await.unwrap_err();
    assert!(matches!(&silent, CallError::Silence(_)), "{silent}");
    let forged = client(&toy).ask::<Seen>(&canned(&toy, "tsl-answer: a.b.c\r\n"), &request(), "/contact").await.unwrap_err();
    assert!(matches!(&forged, CallError::Silence(reason) if reason.contains("signature")), "{forged}");
    let bare = client(&toy).ask::<Seen>(&canned(&toy, ""), &request(), "/contact").await.unwrap_err();
    assert!(matches!(&bare, CallError::Silence(reason) if reason.contains("without a signature")), "{bare}");
}

#[tokio::test]
async fn the_signature_of_an_answer_covers_call_status_and_body() {
    let toy = Toy::start().await;
    let call = Call { audience: &toy.running.key, method: "POST", path: "/inquiries", body: BODY.as_bytes(), made_at: clock().host() };
    let token = call.sign(&toy.friend).unwrap();
    let answer = send(&toy, "/inquiries", &token.token).await;
    let signature = answer.headers()[ANSWER_HEADER].to_str().unwrap().to_owned();
    let body = answer.bytes().await.unwrap();
    let check = |id: &str, status, body: &[u8]| check_answer(&signature, &toy.running.key, id, status, body);
    check(&token.id, 200, &body).unwrap();
    assert!(check("0".repeat(32).as_str(), 200, &body).is_err());
    assert!(check(&token.id, 403, &body).is_err());
    assert!(check(&token.id, 200, b"{}").is_err());
    assert!(check_answer(&signature, &toy.friend.public_key(), &token.id, 200, &body).is_err());
}

#[tokio::test]
async fn a_service_that_is_not_there_or_too_slow_is_silence() {
    let toy = Toy::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = Peer { url: format!("http://{}", listener.local_addr().unwrap()), key: toy.running.key };
    let hasty = ServiceClient::new(toy.friend.clone(), clock(), Duration::from_millis(100)).unwrap();
    let late = hasty.ask::<Seen>(&mute, &request(), "/contact").await.unwrap_err();
    assert!(matches!(&late, CallError::Silence(reason) if reason.contains("100 ms")), "{late}");
    let nobody = Nobody::new();
    for url in [nobody.url().as_str(), "no address", "ftp://127.0.0.1", ""] {
        let gone = Peer { url: url.to_owned(), key: toy.running.key };
        assert!(matches!(hasty.ask::<Seen>(&gone, &request(), "/contact").await, Err(CallError::Silence(_))), "{url}");
    }
}

/// Somebody who answers whatever he is asked with 200, without knowing the service's key.
fn canned(toy: &Toy, header: &'static str) -> Peer {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\n{header}content-length: 2\r\nconnection: close\r\n\r\n{{}}").unwrap();
    });
    Peer { url, key: toy.running.key }
}
