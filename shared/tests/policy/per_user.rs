//! Per user, case by case (SPEC 4.7).

use shared::model::Denial;
use shared::policy::per_user::{ContactOutcome, judge, lacking_user_cals};
use shared::policy::verdict::Admitted;
use shared::rulebook::rule;

const ACTIVATED: ContactOutcome = ContactOutcome::Reached { activated: true };
const NOT_ACTIVATED: ContactOutcome = ContactOutcome::Reached { activated: false };

/// Rules: PU-01, PU-02, PU-03, PU-06, CON-09, SD-17.
#[test]
fn grace_or_a_server_within_reach_lets_everybody_in() {
    let silence = ContactOutcome::NoneReachable;
    let in_by = |rule| (rule, Ok(Admitted::PerUser));
    let out_by = |rule| (rule, Err(Denial::NoLicenseServer));
    for (grace, contact, strict, wanted) in [
        (true, ContactOutcome::NotAsked, false, in_by(rule::PU_01)),
        (true, silence, true, in_by(rule::PU_01)),
        (false, ACTIVATED, false, in_by(rule::PU_02)),
        (false, ACTIVATED, true, in_by(rule::PU_02)),
        (false, NOT_ACTIVATED, false, in_by(rule::PU_02)),
        (false, NOT_ACTIVATED, true, out_by(rule::PU_06)),
        (false, silence, false, out_by(rule::PU_03)),
        (false, silence, true, out_by(rule::PU_03)),
        (false, ContactOutcome::NotAsked, false, out_by(rule::PU_03)),
    ] {
        let ruling = judge(grace, contact, strict);
        assert_eq!((ruling.rule, ruling.outcome), wanted, "grace {grace}, {contact:?}, strict {strict}");
    }
}

/// Rules: PU-07.
#[test]
fn the_trace_says_that_user_cals_are_neither_checked_nor_counted() {
    let ruling = judge(false, ACTIVATED, false);
    assert!(ruling.trace[0].facts.contains("neither checked nor counted"), "{:?}", ruling.trace);
}

/// Rules: CON-25, PU-07, PU-08.
#[test]
fn device_cals_count_per_user_by_one_reading_and_not_by_the_other() {
    for (people, user_cals, device_cals, by_whatever_is_owned, by_user_cals_only) in
        [(5, 0, 20, 0, 5), (5, 3, 1, 1, 2), (5, 5, 0, 0, 0), (5, 0, 0, 5, 5), (0, 0, 0, 0, 0), (7, u64::MAX, 1, 0, 0)]
    {
        assert_eq!(lacking_user_cals(people, user_cals, device_cals, false), by_whatever_is_owned);
        assert_eq!(lacking_user_cals(people, user_cals, device_cals, true), by_user_cals_only);
    }
}
