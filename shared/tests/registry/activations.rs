//! Who is activated, and what is kept of it.

use shared::model::Registrant;
use shared::policy::activation::years_after;
use shared::policy::turned_down::Ground;
use shared::registry::{ACTIVATIONS, Answer, Command, Event, LOG, Refusal, problem_of};
use shared::rulebook::rule;
use shared::wire::clearinghouse::RecordOutcome;
use shared::wire::problem::ProblemCode;

use crate::desk::{Desk, at, key, product, server};

fn turned_down(answer: Answer) -> (Ground, String) {
    match answer {
        Answer::TurnedDown(no) => (no.ground, no.reason),
        other => panic!("{other:?}"),
    }
}

/// Rules: CE-13.
#[test]
fn a_lab_is_founded_once_with_a_root_of_thirty_years() {
    let mut desk = Desk::founded();
    let founding = desk.registry().founding().unwrap().clone();
    assert_eq!((founding.period.from, founding.period.until), (at("2026-11-23T14:00:00Z"), at("2056-11-23T14:00:00Z")));
    desk.later(400);
    assert_eq!(desk.run(Command::Found { name: "CH1".parse().unwrap(), key: key(1), root_years: 5 }), Ok(()), "a later start");
    let other_key = desk.run(Command::Found { name: "CH1".parse().unwrap(), key: key(2), root_years: 30 });
    assert!(matches!(other_key, Err(Refusal::FoundedOtherwise { .. })), "a lost root key is not replaced in silence");
    let other_name = desk.run(Command::Found { name: "CH2".parse().unwrap(), key: key(1), root_years: 30 });
    assert!(matches!(other_name, Err(Refusal::FoundedOtherwise { .. })));
    assert_eq!(desk.registry().founding(), Some(&founding));
}

/// Rules: AC-10, AC-11, AC-14, CE-13.
#[test]
fn a_license_server_is_activated_for_ten_years() {
    let mut desk = Desk::founded();
    desk.later(1);
    let Answer::Activated(activation) = desk.activate(Desk::activation_request(2, "one")).unwrap() else { panic!() };
    assert_eq!(activation.holder(), Desk::activation_request(2, "one").requested);
    assert_eq!((activation.period.from, activation.period.until), (at("2026-11-24T14:00:00Z"), at("2036-11-24T14:00:00Z")));
    let registry = desk.registry();
    assert_eq!(registry.caller(&key(2).thumbprint()), Some(&activation));
    assert_eq!(registry.activated(&key(2)), Some(&activation));
    assert_eq!(registry.activated(&key(3)), None);
}

/// Rules: CE-13.
#[test]
fn no_certificate_outlives_the_root() {
    let mut desk = Desk::founded();
    desk.later(365 * 25);
    let Answer::Activated(activation) = desk.activate(Desk::activation_request(2, "one")).unwrap() else { panic!() };
    assert_eq!(activation.period.until, at("2056-11-23T14:00:00Z"));
    desk.later(365 * 6);
    let (ground, _) = turned_down(desk.activate(Desk::activation_request(3, "two")).unwrap());
    assert_eq!(ground, Ground::RootEnded);
}

/// Rules: AC-11, AC-42.
/// Vector: A-01.
#[test]
fn an_activation_without_a_company_fails_and_is_on_record() {
    let mut desk = Desk::founded();
    let mut wanted = Desk::activation_request(2, "one");
    wanted.request.registrant.company = None;
    let answer = desk.activate(wanted).unwrap();
    let Answer::TurnedDown(no) = &answer else { panic!("{answer:?}") };
    assert_eq!((no.ground, no.reason.as_str()), (Ground::RegistrantIncomplete, "missing: company"));
    assert_eq!(problem_of(no).code, ProblemCode::RegistrantIncomplete);
    assert_eq!(desk.registry().activated(&key(2)), None);
    let record = desk.journal.last().unwrap().activation_record(2, desk.now).unwrap();
    assert!(matches!(record.outcome, RecordOutcome::Refused { rules, .. } if rules == [rule::AC_11]));
    assert_eq!((record.name, record.product_id, record.serial), (server(2), product(2), None));
    assert_eq!(desk.lists.last().unwrap(), &[LOG, ACTIVATIONS]);
}

/// Rules: AC-11.
#[test]
fn all_that_is_missing_is_said_at_once() {
    let mut desk = Desk::founded();
    let mut wanted = Desk::activation_request(2, "one");
    wanted.request.registrant = Registrant::default();
    let (_, reason) = turned_down(desk.activate(wanted).unwrap());
    assert_eq!(reason, "missing: first name, last name, company, country or region");
}

/// Rules: AC-32.
#[test]
fn the_same_request_again_gets_the_same_certificate_and_writes_nothing() {
    let mut desk = Desk::founded();
    let first = desk.activate(Desk::activation_request(2, "one")).unwrap();
    let entries = desk.journal.len();
    desk.later(3);
    assert_eq!(desk.activate(Desk::activation_request(2, "one")), Ok(first.clone()));
    assert_eq!(desk.journal.len(), entries);
    let mut other = Desk::activation_request(2, "one");
    other.request.registrant.city = Some("Oslo".parse().unwrap());
    assert!(matches!(desk.activate(other), Err(Refusal::RequestReused(_))));
    assert_eq!(desk.activate(Desk::activation_request(2, "two")), Ok(first), "a new request of the same server, too");
    assert_eq!(desk.journal.len(), entries + 1, "which is on record");
}

/// Rules: AC-42.
#[test]
fn a_product_id_is_not_activated_a_second_time_for_somebody_else() {
    let mut desk = Desk::founded();
    desk.activated(2);
    let mut thief = Desk::activation_request(3, "thief");
    thief.request.product_id = product(2);
    thief.requested.product_id = product(2);
    assert_eq!(turned_down(desk.activate(thief).unwrap()).0, Ground::DoubleUse);
    let mut renamed = Desk::activation_request(2, "renamed");
    renamed.request.name = server(9);
    renamed.requested.name = server(9);
    assert_eq!(turned_down(desk.activate(renamed).unwrap()).0, Ground::DoubleUse);
    let mut second = Desk::activation_request(2, "second");
    second.request.product_id = product(9);
    second.requested.product_id = product(9);
    assert_eq!(turned_down(desk.activate(second).unwrap()).0, Ground::DoubleUse);
    assert_eq!(desk.registry().activated(&key(2)).unwrap().product_id, product(2));
    assert_eq!(desk.registry().activated(&key(3)), None);
}

/// Rules: AC-27.
#[test]
fn a_registration_that_ended_is_not_handed_out_again() {
    let mut desk = Desk::founded();
    desk.activated(2);
    desk.now = at("2036-11-23T13:59:59Z");
    assert!(matches!(desk.activate(Desk::activation_request(2, "last")), Ok(Answer::Activated(_))));
    desk.now = at("2036-11-23T14:00:00Z");
    assert_eq!(turned_down(desk.activate(Desk::activation_request(2, "late")).unwrap()).0, Ground::RegistrationEnded);
}

/// Rules: AC-11.
#[test]
fn a_certificate_request_for_somebody_else_is_improper() {
    let mut desk = Desk::founded();
    let entries = desk.journal.len();
    let mut wanted = Desk::activation_request(2, "one");
    wanted.requested.key = key(3);
    assert_eq!(desk.activate(wanted), Err(Refusal::RequestedOtherwise("key")));
    let mut wanted = Desk::activation_request(2, "one");
    wanted.requested.name = server(3);
    assert_eq!(desk.activate(wanted), Err(Refusal::RequestedOtherwise("name")));
    let mut wanted = Desk::activation_request(2, "one");
    wanted.requested.product_id = product(3);
    assert_eq!(desk.activate(wanted), Err(Refusal::RequestedOtherwise("Product ID")));
    assert_eq!(desk.journal.len(), entries, "nothing is written for it");
}

#[test]
fn a_record_tells_who_was_activated_until_when() {
    let mut desk = Desk::founded();
    desk.activated(2);
    let record = desk.journal.last().unwrap().activation_record(2, desk.now).unwrap();
    assert_eq!(record.outcome, RecordOutcome::Granted);
    assert_eq!(record.thumbprint, key(2).thumbprint());
    assert_eq!(record.ends_at, Some(at("2036-11-23T14:00:00Z")));
    assert!(matches!(desk.journal.last(), Some(Event::Activated { .. })));
    assert!(desk.journal.iter().all(|event| !event.log_record().text.is_empty()));
}

#[test]
fn years_are_calendar_years() {
    let after = |from: &str, years| years_after(at(from), years).to_string();
    assert_eq!(after("2026-11-23T14:00:00Z", 10), "2036-11-23T14:00:00Z");
    assert_eq!(after("2028-02-29T12:00:00Z", 10), "2038-02-28T12:00:00Z");
    assert_eq!(after("2028-02-29T12:00:00Z", 4), "2032-02-29T12:00:00Z");
    assert_eq!(after("9998-01-01T00:00:00Z", 30), "9999-12-31T23:59:59Z");
    assert_eq!(after("2026-01-01T00:00:00Z", u32::MAX), "9999-12-31T23:59:59Z");
}
