//! Every row of the table PD whose answer hangs on what is held and what was heard (SPEC 4.3), and the questions before it.

use shared::model::Denial;
use shared::model::{Cal, CalKind, Generation, ProductVersion, Span};
use shared::policy::admission::{Assessment, Circumstances, Fault, Holding, Presented, assess};
use shared::policy::modes::Mode;
use shared::policy::terms::terms;
use shared::policy::verdict::{Admitted, Round, judge};
use shared::rulebook::{RuleId, rule};

use crate::world::{SECOND, cal, day, hardware, permanent, temporary};

type Wanted = (RuleId, Result<Admitted, Denial>);

const NOTHING: Holding = Holding::Nothing;

fn issued(cal: Cal) -> Round {
    Round::Issued { cal, fresh: true }
}

fn again(cal: Cal) -> Round {
    Round::Issued { cal, fresh: false }
}

fn declined() -> Round {
    Round::Declined { not_validated: false }
}

fn older(kind: CalKind) -> Holding {
    Holding::OlderVersion(cal(kind, ProductVersion::V5_0, day(60)))
}

fn ruled(holding: &Holding, round: &Round, grace: bool) -> Wanted {
    let ruling = judge(holding, round, grace);
    let noted = |rule| ruling.trace.iter().any(|step| step.rule == rule);
    assert!(noted(ruling.rule), "the row stands in the trace: {ruling:?}");
    assert_eq!(
        noted(rule::GR_05) || noted(rule::GR_06),
        ruling.outcome == Ok(Admitted::InGrace),
        "grace is named where it decides: {ruling:?}"
    );
    (ruling.rule, ruling.outcome)
}

/// Rules: PD-01, PD-02, PD-03, PD-06, PD-07, PD-10, PD-14, PD-15, PD-16, PD-19, SD-18.
#[test]
fn a_license_that_came_back_is_accepted_in_grace_and_after_it() {
    let (temp, perm) = (temporary(day(90)), permanent(day(80)));
    let rows = [
        (NOTHING, issued(temp.clone()), rule::PD_01, Admitted::New),
        (NOTHING, again(temp.clone()), rule::PD_02, Admitted::New),
        (NOTHING, again(perm.clone()), rule::PD_02, Admitted::New),
        (NOTHING, issued(perm.clone()), rule::PD_03, Admitted::New),
        (Holding::ValidTemporary(temp.clone()), issued(perm.clone()), rule::PD_06, Admitted::Upgraded),
        (Holding::ValidTemporary(temp.clone()), again(perm.clone()), rule::PD_06, Admitted::Upgraded),
        (Holding::ValidTemporary(temp.clone()), again(temp.clone()), rule::PD_07, Admitted::HandedBack),
        (Holding::ExpiredTemporary(temp.clone()), issued(perm.clone()), rule::PD_10, Admitted::Upgraded),
        (Holding::ExpiringPermanent(permanent(day(5))), again(perm.clone()), rule::PD_14, Admitted::Upgraded),
        (Holding::ExpiringPermanent(perm.clone()), again(perm.clone()), rule::PD_15, Admitted::HandedBack),
        (Holding::ExpiredPermanent(permanent(day(0))), issued(perm.clone()), rule::PD_16, Admitted::Upgraded),
        (older(CalKind::Permanent), issued(temp), rule::PD_19, Admitted::Upgraded),
        (older(CalKind::Temporary), issued(perm), rule::PD_19, Admitted::Upgraded),
    ];
    for (holding, round, rule, standing) in rows {
        for grace in [true, false] {
            assert_eq!(ruled(&holding, &round, grace), (rule, Ok(standing)), "{holding:?}");
        }
    }
}

/// Rules: PD-07, PD-08, PD-09, PD-15.
#[test]
fn a_license_that_holds_is_handed_back_whatever_was_heard() {
    let not_validated = Round::Declined { not_validated: true };
    let (temp, perm) = (Holding::ValidTemporary(temporary(day(90))), Holding::ExpiringPermanent(permanent(day(5))));
    let rows = [
        (&temp, declined(), rule::PD_07),
        (&temp, not_validated, rule::PD_08),
        (&temp, Round::NoneReachable, rule::PD_09),
        (&perm, declined(), rule::PD_15),
        (&perm, Round::NoneReachable, rule::PD_15),
    ];
    for (holding, round, rule) in rows {
        for grace in [true, false] {
            assert_eq!(ruled(holding, &round, grace), (rule, Ok(Admitted::HandedBack)), "{holding:?}, {round:?}");
        }
    }
}

/// Rules: PD-04, PD-05, PD-11, PD-12, PD-17, PD-18, PD-19, GR-05, GR-06, OQ-6, SD-18.
#[test]
fn where_nothing_holds_and_nothing_came_grace_decides() {
    let rows = [
        (NOTHING, (rule::PD_04, Denial::NoLicense), rule::PD_05),
        (Holding::ExpiredTemporary(temporary(day(0))), (rule::PD_11, Denial::TemporaryExpired), rule::PD_12),
        (Holding::ExpiredPermanent(permanent(day(0))), (rule::PD_17, Denial::NotRenewed), rule::PD_18),
        (older(CalKind::Temporary), (rule::PD_19, Denial::TemporaryExpired), rule::PD_19),
        (older(CalKind::Permanent), (rule::PD_19, Denial::NotRenewed), rule::PD_19),
    ];
    for (holding, (refused, denial), unreachable) in rows {
        assert_eq!(ruled(&holding, &declined(), true), (refused, Ok(Admitted::InGrace)));
        assert_eq!(ruled(&holding, &declined(), false), (refused, Err(denial)));
        assert_eq!(ruled(&holding, &Round::NoneReachable, true), (unreachable, Ok(Admitted::InGrace)));
        assert_eq!(ruled(&holding, &Round::NoneReachable, false), (unreachable, Err(Denial::NoLicenseServer)));
    }
}

fn circumstances() -> Circumstances<'static> {
    Circumstances {
        internet_connector: false,
        now: day(0),
        version: ProductVersion::V5_2,
        terms: terms(Generation::Windows2003),
        application_mode: true,
        mode: Mode::PerDevice,
        lenient_invalid: false,
        not_before_tolerance: Span::DAY,
        admin: false,
        hardware_id: hardware(1),
        built_in: false,
    }
}

fn assessed(presented: &Presented, facts: &Circumstances<'_>) -> Assessment {
    assess(presented, facts, &mut Vec::new())
}

fn damaged() -> Presented {
    Presented::Damaged { reason: "a byte is wrong".to_owned() }
}

fn untrusted() -> Presented {
    Presented::Untrusted { reason: "signed by nobody known".to_owned() }
}

/// Rules: PD-24, PD-25, PU-05, CON-11.
#[test]
fn administration_comes_before_per_user_and_per_user_before_any_look_at_the_license() {
    for presented in [Presented::Nothing, damaged(), untrusted(), Presented::License(permanent(day(60)))] {
        for mode in [Mode::PerDevice, Mode::PerUser, Mode::TemporariesOnly] {
            let admin = Circumstances { admin: true, mode, ..circumstances() };
            assert_eq!(assessed(&presented, &admin), Assessment::Administration);
            let remote = Circumstances { application_mode: false, mode, ..circumstances() };
            assert_eq!(assessed(&presented, &remote), Assessment::Administration);
        }
        assert_eq!(assessed(&presented, &Circumstances { mode: Mode::PerUser, ..circumstances() }), Assessment::PerUser);
    }
}

/// Rules: PD-21, PD-22, PD-23, OQ-10, CON-22.
#[test]
fn an_unsound_license_is_refused_and_the_lenient_switch_covers_all_but_another_device_s() {
    let begins = |issued_at| Presented::License(Cal { issued_at, ..permanent(day(60)) });
    let other = Presented::License(Cal { hardware_id: hardware(2), ..permanent(day(60)) });
    let fault = |presented: &Presented, facts: &Circumstances<'_>| match assessed(presented, facts) {
        Assessment::Refused { fault, .. } => Some(fault),
        _ => None,
    };
    let lenient = Circumstances { lenient_invalid: true, ..circumstances() };
    let too_early = begins(day(1) + SECOND);
    for (presented, strictly, leniently) in [
        (damaged(), Some(Fault::Damaged), None),
        (untrusted(), Some(Fault::Untrusted), None),
        (too_early, Some(Fault::NotYetValid), None),
        (begins(day(1)), None, None),
        (other, Some(Fault::OtherDevice), Some(Fault::OtherDevice)),
    ] {
        assert_eq!((fault(&presented, &circumstances()), fault(&presented, &lenient)), (strictly, leniently), "{presented:?}");
    }
    let nothing = Assessment::Ask { version: ProductVersion::V5_2, holding: Holding::Nothing };
    assert_eq!(assessed(&damaged(), &lenient), nothing, "counts as nothing presented");
}

/// Rules: PD-13, PD-19, PD-20, RN-01.
#[test]
fn a_sound_license_is_placed_by_its_version_and_then_by_its_dates() {
    let old = |kind, end| cal(kind, ProductVersion::V5_0, end);
    let at_2000 = Circumstances { version: ProductVersion::V5_0, ..circumstances() };
    let ask = |version, holding| Assessment::Ask { version, holding };
    let v5_2 = ProductVersion::V5_2;
    let (soon, long) = (permanent(day(7)), permanent(day(7) + SECOND));
    for (license, facts, wanted) in [
        (temporary(day(0) + SECOND), circumstances(), ask(v5_2, Holding::ValidTemporary(temporary(day(0) + SECOND)))),
        (temporary(day(0)), circumstances(), ask(v5_2, Holding::ExpiredTemporary(temporary(day(0))))),
        (long.clone(), circumstances(), Assessment::Sufficient(long)),
        (soon.clone(), circumstances(), ask(v5_2, Holding::ExpiringPermanent(soon.clone()))),
        (permanent(day(0)), circumstances(), ask(v5_2, Holding::ExpiredPermanent(permanent(day(0))))),
        (old(CalKind::Permanent, day(60)), circumstances(), ask(v5_2, Holding::OlderVersion(old(CalKind::Permanent, day(60))))),
        (soon.clone(), at_2000, ask(v5_2, Holding::ExpiringPermanent(soon))),
        (permanent(day(60)), at_2000, Assessment::Sufficient(permanent(day(60)))),
    ] {
        assert_eq!(assessed(&Presented::License(license), &facts), wanted);
    }
}
