//! How many CALs may stand revoked (SPEC 5).

use shared::model::{Generation, ProductVersion, Span};
use shared::policy::revoking::{covers, limit, next_allowed};
use shared::policy::terms::terms;

use crate::world::day;

/// Rules: W08-08, SD-12, RC-06.
#[test]
fn a_fifth_rounded_down_and_at_least_one_may_stand_revoked_from_2008_on() {
    let of = |installed| limit(terms(Generation::Windows2008), installed);
    let cases = [(0, 1), (1, 1), (4, 1), (5, 1), (9, 1), (10, 2), (99, 19), (100, 20), (1_000_000, 200_000)];
    for (installed, expected) in cases {
        assert_eq!(of(installed), Some(expected), "{installed} installed");
    }
    assert_eq!(limit(terms(Generation::Windows2003), 100), None);
}

/// Rules: W08-08.
#[test]
fn the_next_one_waits_until_enough_of_the_revoked_have_ended() {
    let ends = [day(1), day(2), day(3)];
    assert_eq!(next_allowed(&ends, 4), None);
    assert_eq!(next_allowed(&ends, 3), Some(day(1)));
    assert_eq!(next_allowed(&ends, 1), Some(day(3)), "packs were removed since: more than one stands revoked");
    assert_eq!(next_allowed(&[], 1), None);
    assert_eq!(next_allowed(&[day(0) + Span::seconds(1)], 1), Some(day(0) + Span::seconds(1)));
}

/// Rules: W08-10, CON-13.
#[test]
fn a_switch_keeps_revocation_to_the_version_of_2008() {
    assert!(covers(ProductVersion::V5_2, false) && covers(ProductVersion::V6_0, true) && !covers(ProductVersion::V5_2, true));
}
