//! Crowds: wrong logons, guesses and turned-down activations without end take little, and whoever is right is served meanwhile.
//!
//! `TSL_DRILL_LOGONS=2000 cargo test -p tests --test processes crowds -- --nocapture` prints the figures of that size;
//! `TSL_DRILL_GUESSES` and `TSL_DRILL_TURNED_DOWN` do the same for the clearinghouse.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chassis::client::{CallError, Peer, ServiceClient};
use chassis::clock::Clock;
use chassis::config::Kind;
use chassis::http::Method;
use chassis::identity::Identity;
use client::session::{Logon, Then};
use futures_util::StreamExt as _;
use serde_json::json;
use shared::model::{ProductId, ProductType, ProductVersion};
use shared::trust::certificate_request;
use shared::wire::clearinghouse::{ActivationAnswer, ActivationRequest, TurnedDownRow};
use shared::wire::license_server::ActivationView;
use shared::wire::problem::ProblemCode;
use tests::harness::{Admitted, Plan, Service, TestLab, device, log_on, registrant, request_id};
use tests::size::size;

use crate::process::Process;
use crate::tally::figures;

/// How many packs a license server installs beside a crowd, at the most.
const MEANWHILE: usize = 50;

/// Rules: AM-01.
#[tokio::test]
async fn a_crowd_of_wrong_logons_takes_little_memory_and_whoever_knows_the_password_gets_in() {
    let count = size("LOGONS", 300);
    let mut lab = Plan::default().start().await;
    lab.terminal_servers[0].stop().await;
    let server = &lab.terminal_servers[0];
    let process = Process::of("terminal-server", server).await;
    let mut known = device("KNOWN");
    lab.log_on(&mut known).await;
    let quiet = process.peak_memory_kib().unwrap_or_default();
    let sessions: Vec<String> = futures_util::stream::iter(0..count)
        .map(|number| {
            let lab = &lab;
            // A client name each, so that none has too many.
            async move { Admitted::of(lab.visit(0, &mut device(&format!("PC{number}")), Then::Wait).await).connected.session.to_string() }
        })
        .buffer_unordered(32)
        .collect()
        .await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let guesses = sessions.iter().enumerate().map(|(number, session)| {
        let request = http.post(format!("{}/sessions/{session}/logon", server.url()));
        // Thirty accounts, most of which do not exist.
        let request = request.json(&json!({ "user": format!("user{}", number % 30), "password": format!("guess {number}") }));
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let clock = Clock::new();
    let began = clock.host();
    let meanwhile = async {
        let again = Admitted::of(lab.visit(0, &mut known, log_on()).await);
        let known_ms = clock.host().millis_since(began);
        let first = Admitted::of(lab.visit_as(0, &mut device("FIRST1"), "administrator", false, log_on()).await);
        assert!(matches!((again.logon, first.logon), (Logon::LoggedOn { .. }, Logon::LoggedOn { .. })));
        (known_ms, clock.host().millis_since(began))
    };
    let (statuses, (known_ms, first_ms)) = tokio::join!(futures_util::future::join_all(guesses), meanwhile);
    let all_ms = clock.host().millis_since(began);
    let peak = process.peak_memory_kib().unwrap_or_default();
    let crowded = statuses.iter().filter(|status| **status == 429).count();
    assert!(statuses.iter().all(|status| [403, 429].contains(status)), "{statuses:?}");
    assert!(peak < quiet + 150_000, "{quiet} KiB before, {peak} KiB at the most");
    figures(&format!(
        "{count} wrong logons at once: {all_ms} ms, {crowded} told to come again; a known user was logged on after {known_ms} ms, another one after \
         {first_ms} ms; {} MiB at the most, {} before",
        peak / 1024,
        quiet / 1024
    ));
    process.terminate();
}

/// Rules: AC-42, AC-44.
#[tokio::test]
async fn a_crowd_of_guesses_and_turned_down_activations_fills_neither_memory_nor_disk() {
    let (count, strangers) = (size("GUESSES", 300), size("TURNED_DOWN", 300));
    let mut lab = Plan::default().start().await;
    lab.clearinghouse.stop().await;
    let house = &lab.clearinghouse;
    let process = Process::of("clearinghouse", house).await;
    let clock = Clock::new();
    let (quiet, disk) = (process.peak_memory_kib().unwrap_or_default(), bytes_in(&house.data()));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let activation: ActivationView = lab.license_servers[0].get("/activation").await;
    let began = clock.host();
    let guesses = futures_util::stream::iter(0..count).map(|number| {
        let form = format!(
            "server={}&program=select&number={:07}&authorization=AB12CD34EF56GH7&version=5.2&quantity=1",
            activation.product_id,
            number % 10_000_000
        );
        let request =
            http.post(format!("{}/web/install", house.url())).header("content-type", "application/x-www-form-urlencoded").body(form);
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let guessed = async {
        let statuses: Vec<u16> = guesses.buffer_unordered(32).collect().await;
        assert!(statuses.iter().filter(|status| **status != 429).count() <= 64, "what was under way when it became too much");
        clock.host().millis_since(began)
    };
    let (guessed_ms, installed_ms) = beside(&lab, &clock, guessed).await;
    let began = clock.host();
    let refusals = futures_util::stream::iter(0..strangers).map(|_| turned_down(house, activation.product_id.clone()));
    let turned = async {
        refusals.buffer_unordered(16).collect::<Vec<()>>().await;
        clock.host().millis_since(began)
    };
    let (turned_ms, again_ms) = beside(&lab, &clock, turned).await;
    let (peak, more) = (process.peak_memory_kib().unwrap_or_default(), bytes_in(&house.data()).saturating_sub(disk));
    let rows: Vec<TurnedDownRow> = house.all("/turned-down").await;
    let counted: u64 = rows.iter().map(|row| row.count).sum();
    assert!(counted >= strangers as u64, "{counted} counted");
    assert!(peak < quiet + 100_000 && more < 4_000_000, "{quiet} KiB before, {peak} KiB at the most, {more} bytes more on disk");
    figures(&format!(
        "{count} guesses at a page in {guessed_ms} ms, a license server installed each pack within {installed_ms} ms; {strangers} activations turned down in {turned_ms} ms, \
         each pack within {again_ms} ms; {} MiB at the most, {} before; {} KiB more on disk",
        peak / 1024,
        quiet / 1024,
        more / 1024
    ));
    process.terminate();
}

/// What `crowd` comes to, and the longest time that a right code took meanwhile, in milliseconds.
async fn beside(lab: &TestLab, clock: &Clock, crowd: impl Future<Output = i64>) -> (i64, i64) {
    let gone = std::cell::Cell::new(false);
    let crowd = async {
        let took = crowd.await;
        gone.set(true);
        took
    };
    let installing = async {
        let mut longest = 0;
        for _ in 0..MEANWHILE {
            let began = clock.host();
            lab.install(0, ProductVersion::V5_2, ProductType::Device, 5).await;
            longest = longest.max(clock.host().millis_since(began));
            if gone.get() {
                break;
            }
        }
        longest
    };
    tokio::join!(crowd, installing)
}

/// Somebody with a key of its own asks to be activated under another's Product ID.
async fn turned_down(house: &Service, product_id: ProductId) {
    let identity = Arc::new(Identity::temporary(Kind::LicenseServer, "LS1".parse().unwrap()).unwrap());
    let client = ServiceClient::new(identity.clone(), Clock::new(), Duration::from_secs(30)).unwrap();
    let request = ActivationRequest {
        request: request_id(),
        name: "LS1".parse().unwrap(),
        product_id: product_id.clone(),
        registrant: registrant(),
        certificate_request: certificate_request(&identity.key(), identity.name(), &product_id).unwrap(),
        agreement: None,
        ownership: None,
        reason: None,
        succession: None,
    };
    let peer = Peer { url: house.url(), key: house.identity().await.key };
    let answered = client.call::<ActivationAnswer>(&peer, &request.request, Method::Post, "/activations", &request).await;
    assert!(matches!(&answered, Err(CallError::Problem(problem)) if problem.code == ProblemCode::ActivationRefused), "{answered:?}");
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| if entry.path().is_dir() { bytes_in(&entry.path()) } else { entry.metadata().map_or(0, |found| found.len()) }).sum()
}
