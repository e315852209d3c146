//! What is turned down without end stays within bounds.

use shared::model::Span;
use shared::policy::turned_down::Ground;
use shared::registry::{ANSWERS_KEPT, Answer, AskedBy, Command, Counted, DETAILED_AN_HOUR, Refusal, problem_of};
use shared::wire::clearinghouse::Sort;

use crate::desk::{Desk, devices, key, request, unsold};

/// Rules: AC-42.
#[test]
fn beyond_fifty_in_a_lab_hour_what_is_turned_down_is_answered_alike_and_writes_nothing() {
    let mut desk = Desk::founded();
    desk.activated(2);
    let Ok(Answer::TurnedDown(told)) = desk.pack(2, "first", &unsold(), None) else { panic!() };
    for number in 1..DETAILED_AN_HOUR {
        desk.pack(2, &number.to_string(), &unsold(), None).unwrap();
    }
    let (entries, rows) = (desk.journal.len(), desk.rows.clone());
    for number in 0..100 {
        let refusal = desk.pack(2, &format!("more-{number}"), &unsold(), None).unwrap_err();
        assert_eq!(refusal.problem(), problem_of(&told));
        assert!(matches!(refusal, Refusal::TurnedDown { sort: Sort::Pack, .. }));
    }
    assert_eq!((desk.journal.len(), &desk.rows), (entries, &rows));
    desk.run(Command::CountTurnedDown(vec![Counted { sort: Sort::Pack, ground: Ground::CodeUnknown, count: 100 }])).unwrap();
    let [row] = &desk.registry().turned_down()[..] else { panic!() };
    assert_eq!((row.sort, row.count, row.last_at), (Sort::Pack, u64::from(DETAILED_AN_HOUR) + 100, desk.now));
    let code = desk.buy(devices(5));
    assert!(matches!(desk.pack(2, "right", &code, None), Ok(Answer::Pack(_))), "what is granted has no limit");
    desk.now = desk.now + Span::seconds(3600);
    assert!(matches!(desk.pack(2, "in-the-next-hour", &unsold(), None), Ok(Answer::TurnedDown(_))));
}

/// Rules: AC-32, AC-42.
#[test]
fn of_a_thousand_and_one_turned_down_requests_the_oldest_is_judged_anew() {
    let mut desk = Desk::founded();
    desk.activated(2);
    for number in 0..=ANSWERS_KEPT {
        if number % 50 == 0 {
            desk.now = desk.now + Span::seconds(3600);
        }
        desk.pack(2, &number.to_string(), &unsold(), None).unwrap();
    }
    let answers = desk.rows.keys().filter(|row| row.starts_with("answer/")).count();
    assert_eq!(answers, ANSWERS_KEPT + 1, "the activation's stays beside them");
    let registry = desk.registry();
    assert_eq!(registry.answer(AskedBy::Service(key(2)), &request("0")), None);
    assert!(registry.answer(AskedBy::Service(key(2)), &request("1")).is_some());
    assert!(matches!(registry.answer(AskedBy::Service(key(2)), &request("activate-2")), Some(Answer::Activated(_))));
}
