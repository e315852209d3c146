//! Codes, texts and events of denials (SPEC sections 10 and 11).

use shared::model::Generation::{Windows2000Sp3, Windows2003};
use shared::model::{Denial, ProductVersion, UserName};
use shared::policy::denials::{low_pool, no_pack, not_activated, pool_empty};
use shared::policy::events::policy_module_missing;

const ALL: [Denial; 7] = [
    Denial::NoLicenseServer,
    Denial::NoLicense,
    Denial::Modified,
    Denial::InvalidFormat,
    Denial::TemporaryExpired,
    Denial::NotRenewed,
    Denial::TooManySessions,
];

fn anna() -> UserName {
    "contoso\\anna".parse().unwrap()
}

/// Rules: PD-04, PD-05, PD-11, PD-17, PD-21, PD-22, PD-25, W2K-19.
#[test]
fn each_denial_has_its_code_and_its_event_in_either_generation() {
    let wanted = [
        (Some(257), Some(1010), Some(1010)),
        (Some(258), Some(1000), Some(1004)),
        (Some(260), Some(1004), Some(1004)),
        (Some(261), Some(1003), Some(1003)),
        (Some(265), Some(1011), Some(1004)),
        (Some(265), Some(1028), Some(1004)),
        (None, None, None),
    ];
    for (denial, (code, of_2003, of_2000)) in ALL.into_iter().zip(wanted) {
        assert_eq!((denial.code(), denial.event(Windows2003), denial.event(Windows2000Sp3)), (code, of_2003, of_2000), "{denial:?}");
        let record = denial.record(Windows2003, "PC01", &anna());
        assert_eq!(record.as_ref().map(|record| record.id), of_2003);
        assert!(record.is_none_or(|record| record.source == "TermService"));
    }
}

/// Rules: OQ-6.
#[test]
fn the_code_tells_nothing_presented_from_something_that_could_not_be_helped() {
    assert_eq!((Denial::NoLicense.code(), Denial::TemporaryExpired.code(), Denial::NotRenewed.code()), (Some(258), Some(265), Some(265)));
    assert!(Denial::NoLicense.text().contains("no Terminal Server client access licenses available"));
    assert!(Denial::TemporaryExpired.text().contains("could not be upgraded or renewed"));
}

/// Rules: W2K-19.
#[test]
fn a_2000_server_logs_1004_with_user_and_domain_where_2003_has_events_of_its_own() {
    for denial in [Denial::NoLicense, Denial::TemporaryExpired, Denial::NotRenewed] {
        let record = denial.record(Windows2000Sp3, "PC01", &anna()).unwrap();
        assert_eq!((record.id, record.text.as_str()), (1004, "Unable to acquire a license for user anna, domain contoso."));
    }
    let moved = Denial::NoLicense.record(Windows2003, "PC01", &anna()).unwrap();
    assert_eq!((moved.id, moved.text.as_str()), (1000, "Unable to acquire a license for user anna, domain contoso."));
    let copied = Denial::Modified.record(Windows2000Sp3, "PC01", &anna()).unwrap();
    assert!(copied.text.contains("another device"), "{copied:?}");
    let local = Denial::NoLicense.record(Windows2000Sp3, "PC01", &"ben".parse().unwrap()).unwrap();
    assert!(local.text.ends_with("domain (local)."), "{local:?}");
}

/// Rules: OQ-12.
#[test]
fn an_event_whose_text_is_not_published_says_in_plain_words_what_happened() {
    let record = Denial::NoLicenseServer.record(Windows2003, "PC01", &anna()).unwrap();
    assert_eq!((record.id, record.text.as_str()), (1010, "No license server could be reached for PC01."));
}

/// Rules: LS-03, LS-11, LS-12, AC-36.
#[test]
fn a_license_server_s_events_carry_their_numbers_and_what_they_count() {
    let (version, asked_by) = (ProductVersion::V5_2, "TS1".parse().unwrap());
    let records = [
        (not_activated(), 18, "not activated"),
        (low_pool(version, 2), 20, "5.2 are left: 2"),
        (pool_empty(version, &asked_by), 21, "TS1"),
        (no_pack(version, &asked_by), 22, "TS1"),
        (policy_module_missing("too new"), 41, "0x13A7"),
    ];
    for (record, id, part) in records {
        assert_eq!((record.source.as_str(), record.id), ("TermServLicensing", id));
        assert!(record.text.contains(part), "{record:?}");
    }
}
