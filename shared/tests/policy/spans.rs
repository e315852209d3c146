//! Windows, sweeps and the arithmetic of recovery (SPEC 0.3, 4.5, 4.6).

use proptest::prelude::*;
use shared::dice::{Dice, Seed};
use shared::model::{Generation, LabTime, Span};
use shared::policy::denials::expiry_popup;
use shared::policy::renewal::{already_extended, in_window};
use shared::policy::sweeping::sweep_after;
use shared::policy::terms::{FirstIssue, PerUser, terms};

use crate::world::{SECOND, day, permanent, temporary};

/// Rules: RN-01.
#[test]
fn the_renewal_window_opens_with_its_first_second_and_closes_with_the_license() {
    let terms = terms(Generation::Windows2003);
    let cal = permanent(day(60));
    for (now, open) in
        [(day(53) - SECOND, false), (day(53), true), (day(60) - SECOND, true), (day(60), false), (day(70), false), (day(0), false)]
    {
        assert_eq!(in_window(&cal, now, terms), open, "{now}");
    }
}

/// Rules: RN-02, SD-10.
#[test]
fn a_record_that_ends_later_than_what_was_presented_has_been_extended_already() {
    let record = permanent(day(60));
    assert!(already_extended(&record, Some(&permanent(day(59)))));
    assert!(already_extended(&record, Some(&temporary(day(59)))), "a temporary's answer may have been lost as well");
    assert!(!already_extended(&record, Some(&permanent(day(60)))));
    assert!(!already_extended(&record, Some(&permanent(day(61)))));
    assert!(!already_extended(&record, None));
}

/// Rules: OQ-5.
#[test]
fn a_temporary_s_end_is_announced_from_the_seventh_day_before_it() {
    let days = |now| expiry_popup(day(90), now, 7).map(|text| text.chars().filter(char::is_ascii_digit).collect::<String>());
    assert_eq!(days(day(83) - SECOND), None);
    assert_eq!(days(day(83)), Some("7".to_owned()));
    assert_eq!(days(day(90) - SECOND), Some("1".to_owned()));
    assert_eq!(days(day(90)), None);
}

/// Rules: RC-01, OQ-7.
#[test]
fn a_permanent_lives_at_most_89_days_a_temporary_90_and_a_sweep_comes_within_24_hours() {
    for generation in [Generation::Windows2000Sp3, Generation::Windows2003] {
        let terms = terms(generation);
        assert_eq!((terms.permanent_days, terms.temporary), (Some((52, 89)), Span::days(90)));
    }
    assert_eq!(sweep_after(day(1), 8 * 3600), day(1), "an end in the very second of the sweep is taken by it");
    assert_eq!(sweep_after(day(1) + SECOND, 8 * 3600), day(2));
}

/// Rules: GR-01, W2K-05, W2K-06, W08-16, NT-30, CON-03, CON-04, CON-06.
#[test]
fn each_generation_has_its_own_numbers_and_shares_none_by_accident() {
    use FirstIssue::{ByCategory, PermanentIfFree, Temporary};
    let lives = Some((52, 89));
    let table = [
        (Generation::WindowsNt4, 0, 60, true, ByCategory, None, PerUser::None, None),
        (Generation::Windows2000Sp2, 90, 90, false, PermanentIfFree, None, PerUser::None, None),
        (Generation::Windows2000Sp3, 90, 90, false, Temporary, lives, PerUser::None, None),
        (Generation::Windows2003, 120, 90, false, Temporary, lives, PerUser::ContactOnly, None),
        (Generation::Windows2008, 120, 90, false, Temporary, lives, PerUser::Tracked(Span::days(60)), Some(20)),
        (Generation::Windows2008R2, 120, 90, false, Temporary, lives, PerUser::Tracked(Span::days(60)), Some(20)),
    ];
    for (generation, grace, temporary, repeatable, first_issue, lives, per_user, revocable) in table {
        let terms = terms(generation);
        assert_eq!((terms.grace, terms.temporary), (Span::days(grace), Span::days(temporary)), "{generation}");
        assert_eq!((terms.temporary_repeatable, terms.first_issue, terms.permanent_days), (repeatable, first_issue, lives), "{generation}");
        assert_eq!((terms.per_user, terms.revocable_percent), (per_user, revocable), "{generation}");
    }
}

/// Rules: OQ-7.
#[test]
fn every_life_from_52_to_89_days_is_thrown_about_equally_often() {
    let mut counts = std::collections::BTreeMap::new();
    for entry in 0..38_000 {
        *counts.entry(Dice::new(Seed::from_number(7, "ledger"), entry).between(52, 89)).or_insert(0_u32) += 1;
    }
    assert_eq!((counts.len(), counts.first_key_value().unwrap().0, counts.last_key_value().unwrap().0), (38, &52, &89));
    // A thousand each are expected; six standard deviations are 190.
    assert!(counts.values().all(|count| count.abs_diff(1000) < 190), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Rules: LS-09.
    #[test]
    fn the_sweep_is_the_first_of_its_hour_at_or_after_the_end(end in 0_i64..4_000_000_000, sweep_at_s in 0_u32..86_400) {
        let sweep = sweep_after(LabTime::from_unix(end), sweep_at_s).unix();
        prop_assert!((end..end + 86_400).contains(&sweep));
        prop_assert_eq!(sweep.rem_euclid(86_400), i64::from(sweep_at_s));
    }

    /// A CAL is issued last of all, its device dies, and a replacement gets a temporary then or later.
    ///
    /// Rules: RC-02.
    #[test]
    fn a_dead_device_s_cal_is_back_before_the_replacement_s_temporary_ends(
        issued in 0_i64..4_000_000_000,
        life in 52_u32..=89,
        later in 0_i64..90 * 86_400,
        sweep_at_s in 0_u32..86_400,
    ) {
        let issued = LabTime::from_unix(issued);
        let temporary_ends = issued + Span::seconds(later) + terms(Generation::Windows2003).temporary;
        prop_assert!(sweep_after(issued + Span::days(life), sweep_at_s) < temporary_ends);
    }

    /// Rules: RC-03.
    #[test]
    fn a_temporary_older_than_the_last_cal_is_shut_out_for_no_longer_than_it_is_older(
        issued in 100 * 86_400_i64..4_000_000_000,
        life in 52_u32..=89,
        older in 0_i64..90 * 86_400,
        sweep_at_s in 0_u32..86_400,
    ) {
        let issued = LabTime::from_unix(issued);
        let temporary_ends = issued - Span::seconds(older) + terms(Generation::Windows2003).temporary;
        let shut_out = sweep_after(issued + Span::days(life), sweep_at_s) - temporary_ends;
        prop_assert!(shut_out.as_seconds() < older.max(1));
        if life == 89 {
            prop_assert!(shut_out.as_seconds() >= older - 86_400);
        }
    }
}
