//! A user's license in the directory (W08-04), and how the stock of User CALs is told (TL-07).

use shared::model::{LicensingSet, ProductVersion, Span};
use shared::policy::tracking::{Stock, Tracking, at_logon, stock};

use crate::world::day;

fn set(version: ProductVersion, ends: u32) -> LicensingSet {
    LicensingSet { managing_server: "LS1".parse().unwrap(), expires_at: day(ends), version }
}

fn logon(sets: &[LicensingSet], now: u32) -> Tracking {
    at_logon(sets, &"LS2".parse().unwrap(), ProductVersion::V6_0, Span::days(60), Span::days(7), day(now))
}

/// Rules: W08-04.
#[test]
fn a_license_is_begun_left_alone_extended_near_its_end_and_begun_anew_after_it() {
    let user = [set(ProductVersion::V6_0, 60)];
    assert_eq!(logon(&user, 52), Tracking::Stands { until: day(60) });
    let written = |sets: &[LicensingSet], now| match logon(sets, now) {
        Tracking::Write { number, set, extends } => {
            assert_eq!((set.expires_at, set.managing_server.as_str()), (day(now + 60), "LS2"));
            (number, extends)
        }
        Tracking::Stands { until } => panic!("day {now}: stands until {until}"),
    };
    assert_eq!(written(&[], 0), (1, false), "a first license");
    assert_eq!(written(&user, 53), (1, true), "near its end");
    assert_eq!(written(&user, 60), (1, false), "after it");
    assert_eq!(written(&[set(ProductVersion::V5_2, 60)], 0), (2, false), "another version's set stays");
}

/// Rules: W08-04.
#[test]
fn where_all_four_sets_are_taken_the_one_that_ended_first_makes_room() {
    let sets = [3, 1, 4, 2].map(|ends| set(ProductVersion::V5_2, ends));
    assert!(matches!(logon(&sets, 10), Tracking::Write { number: 2, .. }));
}

/// Rules: TL-07, OQ-8.
#[test]
fn the_stock_is_limited_at_a_tenth_and_none_when_more_were_issued_than_there_are() {
    let table = [
        (10, 0, Stock::Available),
        (10, 8, Stock::Available),
        (10, 9, Stock::Limited),
        (10, 10, Stock::None),
        (10, 12, Stock::None),
        (0, 0, Stock::None),
    ];
    for (installed, issued, expected) in table {
        assert_eq!(stock(installed, issued), expected, "{issued} of {installed}");
    }
}
