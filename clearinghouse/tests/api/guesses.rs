//! Wrong numbers: looked at slowly, answered clearly, counted within bounds.

use reqwest::Response;
use shared::model::{Purchase, RetailCode, VolumeProgram};
use shared::registry::DETAILED_AN_HOUR;
use shared::wire::clearinghouse::{AgreementProgram, TurnedDownRow};
use shared::wire::common::Sorted;
use shared::wire::problem::ProblemCode;

use crate::world::{Caller, House, devices};

/// The papers of an agreement, but for the number that is not guessed.
fn guessed(papers: &Purchase) -> Purchase {
    let Purchase::Volume { agreement, enrollment, .. } = papers.clone() else { panic!() };
    Purchase::Volume { agreement, enrollment, authorization: "AB12CD34EF56GH7".parse().unwrap() }
}

/// Rules: AC-06, AC-42, AC-44.
#[tokio::test]
async fn whoever_guesses_at_an_agreement_waits_and_its_owner_draws_meanwhile() {
    let house = House::open().await;
    let (guesser, other) = (Caller::activated(&house, "LS1", 3).await, Caller::activated(&house, "LS2", 4).await);
    let before = house.sign(AgreementProgram::Open, 10).await;
    let drawn = guesser.pack(&house, "before", &before, Some(devices(1))).await.unwrap();
    let papers = house.sign(AgreementProgram::Volume { agreement: VolumeProgram::Enterprise }, 10).await;
    for number in 0..5 {
        let refused = guesser.pack(&house, &format!("n{number}"), &guessed(&papers), Some(devices(1))).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::PackRefused);
    }
    let written = house.written().await;
    for number in 5..100 {
        let slow = guesser.pack(&house, &format!("n{number}"), &guessed(&papers), Some(devices(1))).await.unwrap_err();
        assert_eq!((slow.code, slow.status), (ProblemCode::SlowDown, 429));
        assert!(slow.retry_after_s.is_some_and(|seconds| (1..=61).contains(&seconds)), "{slow:?}");
    }
    let slow = guesser.pack(&house, "right", &papers, Some(devices(1))).await.unwrap_err();
    assert_eq!(slow.code, ProblemCode::SlowDown, "the right numbers are not looked at either");
    assert_eq!(house.written().await, written, "and nothing of it is written");
    let again = guesser.pack(&house, "before", &before, Some(devices(1))).await.unwrap();
    assert_eq!(again, drawn, "what was granted is handed out again");
    other.pack(&house, "own", &papers, Some(devices(10))).await.unwrap();
}

/// Rules: AC-42.
#[tokio::test]
async fn at_the_pages_it_goes_by_address() {
    let house = House::open().await;
    let code = RetailCode::from_random([9; 25]).as_str().to_owned();
    let form = [("server", "78440-006-5867045-70347"), ("program", "retail"), ("code", &code)];
    for _ in 0..5 {
        post(&house, "127.0.0.1", "/web/install", &form).await;
    }
    let slow = post(&house, "127.0.0.1", "/web/install", &form).await;
    assert_eq!(slow.status().as_u16(), 429);
    let seconds: u32 = slow.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert!(slow.text().await.unwrap().contains("oo many wrong numbers"), "the page says so");
    let elsewhere = post(&house, "127.0.0.2", "/web/install", &form).await;
    assert_ne!(elsewhere.status().as_u16(), 429);
}

/// Rules: AC-42, WS03-14.
#[tokio::test]
async fn product_keys_and_product_ids_are_guessed_no_faster() {
    let house = House::open().await;
    let key = RetailCode::from_random([9; 25]).as_str().to_owned();
    let offer = [("license_type", "retail"), ("email", "a%40b.example"), ("email_again", "a%40b.example"), ("keys", &key)];
    let id = [("product_id", "78440-006-5867045-70347")];
    for (address, path, form) in [("127.0.0.3", "/web/xp", &offer[..]), ("127.0.0.4", "/web/certificate", &id[..])] {
        let mut statuses = Vec::new();
        for _ in 0..7 {
            statuses.push(post(&house, address, path, form).await.status().as_u16());
        }
        assert!(statuses[..5].iter().all(|status| *status != 429) && statuses[5..] == [429, 429], "{path}: {statuses:?}");
    }
}

/// Rules: AC-42.
#[tokio::test]
async fn turned_down_activations_of_ever_new_keys_are_counted_and_fill_no_disk() {
    let mut house = House::open().await;
    let owner = Caller::activated(&house, "LS1", 3).await;
    let many = u64::from(DETAILED_AN_HOUR) + 150;
    let before = house.written().await;
    for _ in 0..many {
        let stranger = Caller::new("LS1", 3);
        let refused = stranger.activate(&house, &stranger.request("mine")).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::ActivationRefused);
    }
    let written = house.written().await - before;
    assert!(written <= u64::from(DETAILED_AN_HOUR) + 3, "{written} entries for {many} requests");
    let counted = |rows: &[TurnedDownRow]| rows.iter().map(|row| row.count).sum::<u64>();
    assert_eq!(counted(&house.admin().get::<Sorted<TurnedDownRow>>("/turned-down").await.unwrap().items), many);
    house = house.reopened().await;
    assert_eq!(counted(&house.admin().get::<Sorted<TurnedDownRow>>("/turned-down").await.unwrap().items), many, "and they last");
    owner.activate(&house, &owner.request("activate")).await.unwrap();
}

/// A form from a certain address of this machine.
async fn post(house: &House, address: &str, path: &str, form: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder().no_proxy().local_address(Some(address.parse().unwrap())).build().unwrap();
    let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = client.post(format!("{}{path}", house.running.url()));
    request.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&")).send().await.unwrap()
}
