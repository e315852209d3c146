//! Grace at its seconds (SPEC 4.2).

use shared::model::{Generation, GraceEnd, Span};
use shared::policy::grace::{Grace, GraceFacts, Notice, days_left, grace_at, next_notice};
use shared::policy::terms::{Terms, terms};
use shared::rulebook::rule;

use crate::world::{SECOND, day};

const POLICIES: [GraceEnd; 3] = [GraceEnd::FirstPermanent, GraceEnd::LsLocated, GraceEnd::LsActivatedLocated];

fn of_2003() -> &'static Terms {
    terms(Generation::Windows2003)
}

fn begun() -> GraceFacts {
    GraceFacts { began_at: Some(day(0)), ..GraceFacts::default() }
}

/// Rules: GR-01, GR-02, GR-10, W2K-05.
#[test]
fn before_the_first_client_grace_runs_with_all_its_days_left() {
    for (generation, days) in [(Generation::Windows2003, 120), (Generation::Windows2000Sp3, 90)] {
        for policy in POLICIES {
            let facts = GraceFacts::default();
            assert_eq!(grace_at(&facts, policy, terms(generation), day(5000)), Grace::Running { ends_at: None });
            assert_eq!(days_left(&facts, policy, terms(generation), day(5000)), days);
        }
    }
}

/// Rules: GR-01, GR-10, W2K-05.
#[test]
fn grace_holds_up_to_its_end_and_not_in_that_second() {
    for (generation, days) in [(Generation::Windows2003, 120), (Generation::Windows2000Sp3, 90)] {
        let (terms, end) = (terms(generation), day(days));
        let at = |now| grace_at(&begun(), GraceEnd::FirstPermanent, terms, now);
        assert_eq!(at(end - SECOND), Grace::Running { ends_at: Some(end) });
        assert_eq!(at(end), Grace::Over { since: end, rule: rule::GR_01 });
    }
}

/// Rules: GR-10.
#[test]
fn a_begun_day_counts_as_a_day_left() {
    let left = |now| days_left(&begun(), GraceEnd::FirstPermanent, of_2003(), now);
    let cases = [(day(0), 120), (day(0) + SECOND, 120), (day(1), 119), (day(119), 1), (day(120) - SECOND, 1), (day(120), 0), (day(900), 0)];
    for (now, days) in cases {
        assert_eq!(left(now), days, "{now}");
    }
}

/// Rules: GR-03, GR-04, GR-11, CON-01.
#[test]
fn a_permanent_ends_grace_under_every_policy_and_a_located_server_under_its_own() {
    let permanent = GraceFacts { first_permanent_at: Some(day(40)), ..begun() };
    let located = GraceFacts { located_at: Some(day(1)), ..begun() };
    let activated = GraceFacts { located_at: Some(day(1)), activated_located_at: Some(day(9)), ..begun() };
    let over = |at, rule| Grace::Over { since: day(at), rule };
    let running = Grace::Running { ends_at: Some(day(120)) };
    for (facts, wanted) in [
        (permanent, [over(40, rule::GR_03), over(40, rule::GR_03), over(40, rule::GR_03)]),
        (located, [running, over(1, rule::GR_11), running]),
        (activated, [running, over(1, rule::GR_11), over(9, rule::GR_11)]),
    ] {
        let found = POLICIES.map(|policy| grace_at(&facts, policy, of_2003(), day(100)));
        assert_eq!(found, wanted, "{facts:?}");
    }
}

/// Rules: GR-03.
#[test]
fn the_earliest_of_all_ends_counts_and_none_before_its_own_second() {
    let facts = GraceFacts { first_permanent_at: Some(day(40)), located_at: Some(day(30)), ..begun() };
    let at = |now| grace_at(&facts, GraceEnd::LsLocated, of_2003(), now);
    assert_eq!(at(day(30) - SECOND), Grace::Running { ends_at: Some(day(30)) });
    assert_eq!(at(day(30)), Grace::Over { since: day(30), rule: rule::GR_11 });
    let late = GraceFacts { first_permanent_at: Some(day(130)), ..begun() };
    assert_eq!(grace_at(&late, GraceEnd::FirstPermanent, of_2003(), day(200)), Grace::Over { since: day(120), rule: rule::GR_01 });
}

/// Rules: GR-11.
#[test]
fn a_located_server_ends_grace_even_before_any_client() {
    let facts = GraceFacts { located_at: Some(day(1)), ..GraceFacts::default() };
    assert_eq!(grace_at(&facts, GraceEnd::LsLocated, of_2003(), day(1)), Grace::Over { since: day(1), rule: rule::GR_11 });
    assert!(grace_at(&facts, GraceEnd::FirstPermanent, of_2003(), day(1)).is_running());
}

/// Rules: GR-08, GR-09.
#[test]
fn fourteen_warnings_a_day_apart_and_then_a_complaint_each_day() {
    let mut facts = begun();
    let mut seen = Vec::new();
    for _ in 0..17 {
        let (at, notice) = next_notice(&facts, GraceEnd::FirstPermanent, of_2003()).unwrap();
        seen.push((at, notice));
        facts.last_notice_at = Some(at);
    }
    for (index, (at, notice)) in (0_u32..).zip(seen) {
        let wanted = if index < 14 { Notice::AboutToEnd { ends_at: day(120) } } else { Notice::OverUnregistered };
        assert_eq!((at, notice), (day(106 + index), wanted));
    }
}

/// Rules: GR-08, GR-09.
#[test]
fn a_warning_that_came_late_moves_the_next_and_never_past_the_end_s_own_complaint() {
    let facts = GraceFacts { last_notice_at: Some(day(119) + Span::seconds(3600)), ..begun() };
    let next = next_notice(&facts, GraceEnd::FirstPermanent, of_2003());
    assert_eq!(next, Some((day(120) + Span::seconds(3600), Notice::OverUnregistered)));
}

/// Rules: GR-08, GR-09.
#[test]
fn nothing_is_announced_before_grace_begins_after_an_early_end_or_once_a_server_was_located() {
    let none = |facts: GraceFacts, policy| assert_eq!(next_notice(&facts, policy, of_2003()), None, "{facts:?}");
    none(GraceFacts::default(), GraceEnd::FirstPermanent);
    none(GraceFacts { first_permanent_at: Some(day(40)), ..begun() }, GraceEnd::FirstPermanent);
    none(GraceFacts { located_at: Some(day(40)), ..begun() }, GraceEnd::LsLocated);
    none(GraceFacts { located_at: Some(day(40)), last_notice_at: Some(day(119)), ..begun() }, GraceEnd::FirstPermanent);
    let located = GraceFacts { located_at: Some(day(40)), ..begun() };
    let warned = next_notice(&located, GraceEnd::FirstPermanent, of_2003());
    assert_eq!(warned, Some((day(106), Notice::AboutToEnd { ends_at: day(120) })), "the end is announced all the same");
}
