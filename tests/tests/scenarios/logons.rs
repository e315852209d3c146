//! Logons that fail: how many are looked at, and what they tell.

use std::sync::atomic::{AtomicUsize, Ordering};

use chassis::passwords::{PasswordCheck, WAITING_MAX};
use client::session::{Logon, Then};
use serde_json::json;
use shared::model::Span;
use shared::wire::problem::ProblemCode;
use shared::wire::terminal_server::{Ending, SessionRow, SessionState};
use tests::harness::{Admitted, Plan, TestLab, device, log_on, log_on_wrongly};

fn guess(password: &str) -> Then {
    Then::LogOn { password: password.to_owned(), stay: false }
}

/// A lab with a directory, which knows lab\\anna; the terminal server is a member of its domain.
async fn in_a_domain() -> TestLab {
    let lab = Plan::default().directory().start().await;
    let directory = lab.directory.as_ref().unwrap().api();
    directory.put::<_, ()>("/sites/VIENNA", &json!({})).await.unwrap();
    directory.put::<_, ()>("/domains/LAB", &json!({ "kind": "active-directory", "controllers": ["DC1"] })).await.unwrap();
    let change = json!({ "password": "correct horse", "administrator": false });
    directory.put::<_, ()>("/users/lab%5Canna", &change).await.unwrap();
    lab.terminal_servers[0].stands("APP1", "VIENNA", "domain LAB").await;
    lab
}

/// What the server said to a logon that failed.
async fn failed(lab: &TestLab, pc: &str, user: &str, then: Then) -> String {
    match Admitted::of(lab.visit_as(0, &mut device(pc), user, false, then).await).logon {
        Logon::Failed { problem } => {
            assert_eq!(problem.code, ProblemCode::LogonFailed);
            problem.detail
        }
        other => panic!("{other:?}"),
    }
}

async fn logged_on(lab: &TestLab, pc: &str) -> bool {
    matches!(Admitted::of(lab.visit(0, &mut device(pc), log_on()).await).logon, Logon::LoggedOn { .. })
}

async fn last_ending(lab: &TestLab) -> Ending {
    let page: shared::wire::common::Page<SessionRow> = lab.terminal_servers[0].get("/sessions").await;
    match page.items[0].session.state {
        SessionState::Ended { how, .. } => how,
        SessionState::WaitingForLogon | SessionState::Active { .. } => panic!("it goes on"),
    }
}

/// Rules: AM-01.
#[tokio::test]
async fn the_fifth_failed_logon_from_a_client_name_ends_its_session_with_event_1012_and_so_do_all_later_ones() {
    let mut lab = Plan::default().start().await;
    for _ in 0..4 {
        assert!(failed(&lab, "PC01", "anna", log_on_wrongly()).await.contains("wrong"));
        assert_eq!(last_ending(&lab).await, Ending::LogonFailed);
    }
    assert_eq!(lab.terminal_server_events(1012).await, 0);
    assert!(failed(&lab, "PC01", "bert", log_on_wrongly()).await.contains("event 1012"));
    assert_eq!((last_ending(&lab).await, lab.terminal_server_events(1012).await), (Ending::TooManyFailedLogons, 1));
    assert!(failed(&lab, "PC01", "anna", log_on()).await.contains("event 1012"), "the right password is not looked at either");
    assert!(logged_on(&lab, "PC02").await, "nobody else is kept waiting");
    lab.terminal_servers[0].stop().await;
    lab.start_terminal_server(0).await;
    lab.advance(Span::seconds(599)).await;
    assert!(failed(&lab, "PC01", "anna", log_on()).await.contains("event 1012"), "a restart gives no new tries");
    lab.advance(Span::seconds(1)).await;
    assert!(logged_on(&lab, "PC01").await, "ten minutes after the first of the five");
}

/// Rules: AM-01.
#[tokio::test]
async fn two_hundred_guesses_at_once_under_one_name_find_the_password_no_more_than_five_do() {
    let lab = Plan::default().start().await;
    let guesses = (0..200).map(|number| {
        let lab = &lab;
        // The right one stands far back in the row.
        let then = if number == 150 { log_on() } else { guess(&format!("guess {number}")) };
        async move { Admitted::of(lab.visit(0, &mut device("PC01"), then).await).logon }
    });
    let outcomes = futures_util::future::join_all(guesses).await;
    assert!(outcomes.iter().all(|logon| matches!(logon, Logon::Failed { .. })), "{outcomes:?}");
    assert!(logged_on(&lab, "PC02").await);
}

/// Rules: AM-01.
#[tokio::test]
async fn a_silent_directory_ends_a_session_and_counts_as_no_failed_logon() {
    let mut lab = in_a_domain().await;
    lab.directory.as_mut().unwrap().stop().await;
    for _ in 0..6 {
        assert!(failed(&lab, "PC01", "lab\\anna", log_on()).await.contains("silent"));
        assert_eq!(last_ending(&lab).await, Ending::LogonNotChecked);
    }
    assert!(logged_on(&lab, "PC01").await);
}

/// No time is taken: whoever waits in the row of those whose passwords are worked on was worked on.
#[tokio::test]
async fn a_password_of_a_user_who_does_not_exist_waits_its_turn_like_every_other() {
    let lab = in_a_domain().await;
    for unknown in ["nobody", "lab\\nobody"] {
        let (check, done) = (PasswordCheck::new(), AtomicUsize::new(0));
        let kept = check.hash("correct horse".to_owned()).await.unwrap();
        let others = (0..WAITING_MAX).map(|number| {
            let (check, kept, done) = (check.clone(), kept.clone(), &done);
            async move {
                let fits = check.fits(&format!("user{number}").parse().unwrap(), Some(&kept), "a guess").await;
                assert!(!fits.unwrap());
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
        let logon = async {
            // The others stand in the row by now: futures of a join are begun in their order.
            failed(&lab, &format!("PC-{}", unknown.len()), unknown, guess("another guess")).await;
            done.load(Ordering::Relaxed)
        };
        let (_, before) = tokio::join!(futures_util::future::join_all(others), logon);
        assert!(before + 2 >= WAITING_MAX, "{unknown} was answered when {before} of {WAITING_MAX} before had been");
    }
}
