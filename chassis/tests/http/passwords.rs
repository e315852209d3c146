//! The check of passwords: what it costs, how much of it goes on at once, and what a flood of guesses does to others.

use chassis::clock::Clock;
use chassis::passwords::{PasswordCheck, WAITING_MAX, WAITING_OF_ONE_MAX};
use futures_util::future::join_all;
use shared::model::UserName;
use shared::wire::problem::ProblemCode;

const RIGHT: &str = "correct horse";

fn user(name: &str) -> UserName {
    name.parse().unwrap()
}

/// Rules: AM-01.
#[tokio::test]
async fn a_flood_of_guesses_is_told_to_come_again_and_those_who_are_known_get_in_meanwhile() {
    let (check, kept) = (PasswordCheck::new(), PasswordCheck::new().hash(RIGHT.to_owned()).await.unwrap());
    let (anna, bert) = (user("anna"), user("bert"));
    assert!(check.fits(&anna, Some(&kept), RIGHT).await.unwrap());
    let guesses = (0..1200).map(|number| {
        let (check, kept, guessed) = (check.clone(), kept.clone(), user(&format!("user{}", number % 30)));
        async move { check.fits(&guessed, Some(&kept), &format!("guess {number}")).await }
    });
    let known = async {
        // The flood has begun: futures of a join are begun in their order.
        let known = check.fits(&anna, Some(&kept), RIGHT).await;
        (known, check.fits(&bert, Some(&kept), "a first logon").await)
    };
    let (outcomes, (known, first)) = tokio::join!(join_all(guesses), known);
    assert!(known.unwrap(), "what was right before is not checked again");
    let crowded = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(crowded.clone().all(|problem| problem.code == ProblemCode::Crowded && problem.retry_after_s == Some(1)));
    assert_eq!(crowded.count(), 1200 - WAITING_MAX, "no more are under way than memory is meant for");
    assert_eq!(first.unwrap_err().code, ProblemCode::Crowded);
    assert!(!check.fits(&bert, Some(&kept), "a first logon").await.unwrap(), "asked again it is decided");
}

#[tokio::test]
async fn whoever_guesses_at_one_account_crowds_nobody_else_out() {
    let (check, kept) = (PasswordCheck::new(), PasswordCheck::new().hash(RIGHT.to_owned()).await.unwrap());
    let guesses = (0..200).map(|number| {
        let (check, kept) = (check.clone(), kept.clone());
        async move { check.fits(&user("administrator"), Some(&kept), &format!("guess {number}")).await }
    });
    let anna = user("anna");
    let (outcomes, other) = tokio::join!(join_all(guesses), check.fits(&anna, Some(&kept), RIGHT));
    assert!(other.unwrap());
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), WAITING_OF_ONE_MAX);
}

#[tokio::test]
async fn the_same_password_of_the_same_account_is_checked_once_for_all_who_wait() {
    let (check, kept) = (PasswordCheck::new(), PasswordCheck::new().hash(RIGHT.to_owned()).await.unwrap());
    let anna = user("anna");
    let outcomes = join_all((0..100).map(|_| check.fits(&anna, Some(&kept), RIGHT))).await;
    assert!(outcomes.into_iter().all(|fits| fits.unwrap()));
}

#[tokio::test]
async fn an_account_that_is_not_there_takes_the_work_of_a_wrong_password() {
    let (check, kept, clock) = (PasswordCheck::new(), PasswordCheck::new().hash(RIGHT.to_owned()).await.unwrap(), Clock::new());
    let mut fastest = [i64::MAX; 2];
    for round in 0..3 {
        for (place, hash) in fastest.iter_mut().zip([Some(kept.as_str()), None]) {
            let began = clock.host();
            assert!(!check.fits(&user("anna"), hash, &format!("guess {round}")).await.unwrap());
            *place = (*place).min(clock.host().millis_since(began));
        }
    }
    let [known, unknown] = fastest;
    assert!(unknown * 3 >= known, "an unknown name took {unknown} ms, a known one {known} ms");
}
