//! What a license server does with a request, case by case (SPEC 4.4, 4.5).

use shared::model::{Cal, Generation, ProductVersion};
use shared::policy::issuing::{Grant, Lack, Request, TemporaryOnRecord, decide};
use shared::policy::terms::terms;
use shared::rulebook::{RuleId, rule};

use crate::world::{cal, day, permanent, temporary};

/// A pack has nothing that these rules look at.
const PACK: &Pack = &Pack;

#[derive(Debug, PartialEq, Eq)]
struct Pack;

/// An activated server with a free CAL that knows nothing of the device.
fn request() -> Request<'static, Cal, Pack> {
    Request {
        now: day(0),
        terms: terms(Generation::Windows2003),
        activated: true,
        version: ProductVersion::V5_2,
        temporary_only: false,
        built_in: false,
        referred: false,
        presented: None,
        permanent: None,
        live_temporary: None,
        had_temporary: None,
        free: Some(PACK),
        temporary_for_want_only: false,
        unvalidated_expired_denied: false,
    }
}

fn on_record(cal: &Cal, validated: bool) -> TemporaryOnRecord<'_, Cal> {
    TemporaryOnRecord { record: cal, validated, closed: false }
}

fn decided<'a>(request: &Request<'a, Cal, Pack>, rule: RuleId) -> Result<Grant<'a, Cal, Pack>, Lack> {
    let mut trace = Vec::new();
    let grant = decide(request, &mut trace);
    assert!(trace.iter().any(|step| step.rule == rule), "{rule} is not in {trace:?}");
    grant
}

/// Rules: LS-03, LS-04, PD-01.
#[test]
fn a_device_that_never_had_one_gets_a_temporary_from_every_server() {
    for activated in [true, false] {
        for free in [Some(PACK), None] {
            for temporary_only in [true, false] {
                let asked = Request { activated, free, temporary_only, ..request() };
                assert_eq!(decided(&asked, rule::LS_04), Ok(Grant::MintTemporary));
            }
        }
    }
}

/// Rules: OQ-9, PD-02.
#[test]
fn a_live_temporary_on_record_is_handed_out_again_to_who_comes_with_nothing() {
    let live = temporary(day(30));
    for validated in [true, false] {
        let record = Some(on_record(&live, validated));
        let asked = Request { live_temporary: record, had_temporary: record, ..request() };
        assert_eq!(decided(&asked, rule::OQ_9), Ok(Grant::HandOutTemporary(&live)));
    }
}

/// Rules: LS-05, PD-03, PD-06, PD-08, PD-10, CON-21.
#[test]
fn a_spent_or_validated_temporary_earns_a_permanent_and_an_unvalidated_one_that_holds_does_not() {
    let (live, ended) = (temporary(day(30)), temporary(day(0)));
    let spent = Request { had_temporary: Some(on_record(&ended, false)), ..request() };
    assert_eq!(decided(&spent, rule::LS_05), Ok(Grant::DrawPermanent(PACK)), "with nothing presented");
    assert_eq!(decided(&Request { presented: Some(&ended), ..spent }, rule::LS_05), Ok(Grant::DrawPermanent(PACK)));
    for (validated, wanted) in [(true, Ok(Grant::DrawPermanent(PACK))), (false, Err(Lack::NotValidated))] {
        let record = Some(on_record(&live, validated));
        let asked = Request { presented: Some(&live), live_temporary: record, had_temporary: record, ..request() };
        assert_eq!(decided(&asked, rule::LS_05), wanted);
    }
}

/// Rules: LS-05, RN-03.
#[test]
fn another_server_s_genuine_license_is_enough_where_this_one_has_no_record() {
    for (foreign, rule) in [(permanent(day(3)), rule::RN_03), (permanent(day(0)), rule::RN_03), (temporary(day(3)), rule::LS_05)] {
        assert_eq!(decided(&Request { presented: Some(&foreign), ..request() }, rule), Ok(Grant::DrawPermanent(PACK)));
    }
    let old = cal(shared::model::CalKind::Permanent, ProductVersion::V5_0, day(60));
    assert_eq!(
        decided(&Request { presented: Some(&old), ..request() }, rule::LS_04),
        Ok(Grant::MintTemporary),
        "an older one earns nothing"
    );
}

/// Rules: LS-03, LS-05, LS-12, WS03-02, OQ-3.
#[test]
fn what_keeps_a_permanent_back() {
    let ended = temporary(day(0));
    let asked = Request { presented: Some(&ended), had_temporary: Some(on_record(&ended, false)), ..request() };
    let rows = [
        (Request { activated: false, ..asked }, rule::LS_03, Lack::NoneAvailable),
        (Request { free: None, ..asked }, rule::LS_05, Lack::NoneAvailable),
        (Request { temporary_only: true, ..asked }, rule::WS03_02, Lack::TemporarySpent),
        (Request { unvalidated_expired_denied: true, ..asked }, rule::OQ_3, Lack::NeverValidated),
        (Request { unvalidated_expired_denied: true, presented: None, ..asked }, rule::OQ_3, Lack::NeverValidated),
    ];
    for (asked, rule, lack) in rows {
        assert_eq!(decided(&asked, rule), Err(lack));
    }
    let seen = Request { had_temporary: Some(on_record(&ended, true)), unvalidated_expired_denied: true, ..asked };
    assert_eq!(decided(&seen, rule::LS_05), Ok(Grant::DrawPermanent(PACK)), "the switch asks for a logon, no more");
}

/// Rules: LS-09, LS-14, RN-02, SD-05, SD-10, WS03-02.
#[test]
fn a_permanent_on_record_is_handed_out_extended_or_revived_and_never_doubled() {
    let (long, soon, ended) = (permanent(day(30)), permanent(day(5)), permanent(day(0)));
    let earlier = permanent(day(4));
    let of = |record, presented| Request { permanent: Some(record), presented, ..request() };
    for (asked, rule, grant) in [
        (of(&long, None), rule::LS_14, Grant::HandOutPermanent(&long)),
        (of(&soon, None), rule::RN_02, Grant::Extend(&soon)),
        (of(&soon, Some(&soon)), rule::RN_02, Grant::Extend(&soon)),
        (of(&soon, Some(&earlier)), rule::RN_02, Grant::HandOutPermanent(&soon)),
        (of(&ended, Some(&ended)), rule::LS_09, Grant::Revive(&ended)),
        (of(&ended, None), rule::LS_09, Grant::Revive(&ended)),
        (Request { activated: false, ..of(&soon, Some(&soon)) }, rule::SD_05, Grant::HandOutPermanent(&soon)),
        (Request { temporary_only: true, ..of(&soon, Some(&soon)) }, rule::WS03_02, Grant::HandOutPermanent(&soon)),
    ] {
        for free in [Some(PACK), None] {
            assert_eq!(decided(&Request { free, ..asked }, rule).as_ref(), Ok(&grant), "the pool is not looked at");
        }
    }
}
