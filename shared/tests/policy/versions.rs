//! Which versions go together, and what a mode's number means (SPEC 4.1, 4.8, 4.9).

use shared::model::Generation::{Windows2000Sp3, Windows2003};
use shared::model::PolicyAcOn;
use shared::model::ProductVersion::{V5_0, V5_2, V6_0};
use shared::policy::modes::{self, Mode};
use shared::policy::versions::{eligible_versions, license_covers, server_holds, server_serves};

/// Rules: VC-01, VC-02, VC-05, VC-06, VC-08, LS-02, W2K-14, W2K-15.
#[test]
fn nothing_older_serves_anything_newer() {
    for (server, other, serves) in [(V5_0, V5_0, true), (V5_0, V5_2, false), (V5_2, V5_0, true), (V5_2, V5_2, true)] {
        assert_eq!(server_serves(server, other), serves, "license server {server}, terminal server {other}");
        assert_eq!(server_holds(server, other), serves, "license server {server}, pack {other}");
        assert_eq!(license_covers(server, other), serves, "license {server}, terminal server {other}");
    }
}

/// Rules: VC-01, VC-03, VC-04, VC-05, VC-06, PL-01, PL-02, PL-03, W2K-16.
#[test]
fn a_request_draws_from_its_own_version_first_and_from_newer_ones_unless_the_policy_forbids() {
    for (asked, prevented, wanted) in
        [(V5_0, false, &[V5_0, V5_2, V6_0][..]), (V5_0, true, &[V5_0]), (V5_2, false, &[V5_2, V6_0]), (V6_0, false, &[V6_0])]
    {
        assert_eq!(eligible_versions(asked, prevented), wanted, "{asked}, prevented: {prevented}");
    }
}

/// Rules: WS03-01, WS03-02.
#[test]
fn two_is_per_device_four_is_per_user_and_any_other_number_gets_temporaries() {
    assert_eq!((PolicyAcOn::PER_DEVICE, PolicyAcOn::PER_USER), (PolicyAcOn::new(2), PolicyAcOn::new(4)));
    for value in [0, 1, 2, 3, 4, 5, 6, 255, u32::MAX] {
        let wanted = match value {
            2 => Mode::PerDevice,
            4 => Mode::PerUser,
            _ => Mode::TemporariesOnly,
        };
        assert_eq!(modes::mode(PolicyAcOn::new(value)), wanted, "{value}");
    }
}

/// Rules: W2K-02.
#[test]
fn only_from_2003_on_is_there_a_mode_to_choose() {
    assert_eq!((modes::has_mode_switch(Windows2000Sp3), modes::has_mode_switch(Windows2003)), (false, true));
}
