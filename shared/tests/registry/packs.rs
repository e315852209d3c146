//! What papers yield, and that nothing is ever drawn twice.

use proptest::prelude::*;
use shared::model::{AuthorizationNumber, PackKind, ProductType, ProductVersion, Purchase, VolumeProgram};
use shared::policy::turned_down::Ground;
use shared::registry::{Answer, BuyCode, Event, IssuedPack, LOG, PACKS, Refusal, SignAgreement, problem_of};
use shared::wire::clearinghouse::{AgreementProgram, RecordOutcome, Wanted};
use shared::wire::problem::ProblemCode;

use crate::desk::{Desk, devices, product, unsold};

fn issued(answer: Result<Answer, Refusal>) -> IssuedPack {
    match answer {
        Ok(Answer::Pack(pack)) => pack,
        other => panic!("{other:?}"),
    }
}

fn turned_down(answer: Result<Answer, Refusal>) -> (Ground, String) {
    match answer {
        Ok(Answer::TurnedDown(no)) => (no.ground, no.reason),
        other => panic!("{other:?}"),
    }
}

fn with_servers() -> Desk {
    let mut desk = Desk::founded();
    desk.activated(2);
    desk.activated(3);
    desk
}

/// Rules: AC-04, AC-33.
/// Vector: A-06.
#[test]
fn a_retail_code_works_at_one_license_server_only() {
    let mut desk = with_servers();
    let code = desk.buy(devices(20));
    let pack = issued(desk.pack(2, "one", &code, None));
    assert_eq!((pack.pack.total, pack.pack.kind, &pack.product_id), (20, PackKind::Retail, &product(2)));
    desk.later(5);
    let (ground, reason) = turned_down(desk.pack(3, "two", &code, None));
    assert_eq!(ground, Ground::CodeUsed);
    assert!(reason.contains("call the clearinghouse"), "{reason}");
    assert_eq!(issued(desk.pack(2, "three", &code, None)), pack, "the same pack for the same server, whatever the request");
    assert_eq!(desk.lists.last().unwrap(), &[LOG, PACKS]);
}

/// Rules: AC-32.
#[test]
fn the_same_request_again_gets_the_same_pack_and_writes_nothing() {
    let mut desk = with_servers();
    let papers = desk.sign(AgreementProgram::Open, vec![devices(30)]);
    let pack = issued(desk.pack(2, "one", &papers, Some(devices(25))));
    let entries = desk.journal.len();
    desk.later(1);
    assert_eq!(issued(desk.pack(2, "one", &papers, Some(devices(25)))), pack);
    assert_eq!(desk.journal.len(), entries);
    assert!(matches!(desk.pack(2, "one", &papers, Some(devices(24))), Err(Refusal::RequestReused(_))));
    let other = issued(desk.pack(3, "one", &papers, Some(devices(5))));
    assert_ne!(other.pack.id, pack.pack.id, "another server may choose the same id");
}

/// Rules: AC-05, AC-08, AC-31, AC-32.
/// Vector: A-04.
#[test]
fn an_open_license_yields_packs_up_to_what_it_entitles_to() {
    let mut desk = with_servers();
    let papers = desk.sign(AgreementProgram::Open, vec![devices(30)]);
    let pack = issued(desk.pack(2, "one", &papers, Some(devices(25))));
    assert_eq!((pack.pack.total, pack.pack.kind), (25, PackKind::Open));
    let (ground, reason) = turned_down(desk.pack(3, "two", &papers, Some(devices(6))));
    assert_eq!(ground, Ground::NotEntitled);
    assert!(reason.contains("5 of 30 are left"), "{reason}");
    assert_eq!(issued(desk.pack(3, "three", &papers, Some(devices(5)))).pack.total, 5);
    let (_, reason) = turned_down(desk.pack(3, "four", &papers, Some(devices(1))));
    assert!(reason.contains("0 of 30 are left"), "{reason}");
}

/// Rules: AC-06, AC-07, AC-31.
#[test]
fn every_program_yields_its_kind_of_pack() {
    let mut desk = with_servers();
    let volume = AgreementProgram::Volume { agreement: VolumeProgram::Select };
    for (id, program, kind) in [
        ("open", AgreementProgram::Open, PackKind::Open),
        ("volume", volume, PackKind::Volume),
        ("other", AgreementProgram::Other, PackKind::Open),
    ] {
        let papers = desk.sign(program, vec![devices(9)]);
        assert_eq!(issued(desk.pack(2, id, &papers, Some(devices(9)))).pack.kind, kind);
    }
    let papers = desk.sign(volume, vec![devices(9)]);
    let Purchase::Volume { enrollment, authorization, .. } = papers else { panic!() };
    let swapped = Purchase::Volume { agreement: VolumeProgram::School, enrollment, authorization };
    assert_eq!(turned_down(desk.pack(2, "swapped", &swapped, Some(devices(1)))).0, Ground::AgreementUnknown);
}

/// Rules: AC-06, AC-07, AC-44.
#[test]
fn a_number_of_seven_digits_draws_nothing_without_the_authorization_number_beside_it() {
    let mut desk = with_servers();
    let other: AuthorizationNumber = "AB12CD34EF56GH7".parse().unwrap();
    let volume = desk.sign(AgreementProgram::Volume { agreement: VolumeProgram::Enterprise }, vec![devices(9)]);
    let Purchase::Volume { agreement, enrollment, .. } = volume.clone() else { panic!() };
    let guessed = Purchase::Volume { agreement, enrollment, authorization: other.clone() };
    let (ground, known) = turned_down(desk.pack(2, "volume", &guessed, Some(devices(1))));
    assert_eq!(ground, Ground::AgreementUnknown);
    let unknown = Purchase::Volume { agreement, enrollment: "0000001".parse().unwrap(), authorization: other.clone() };
    let (_, reason) = turned_down(desk.pack(2, "unknown", &unknown, Some(devices(1))));
    let Purchase::Volume { enrollment, .. } = &volume else { panic!() };
    assert_eq!(known.replace(enrollment.as_str(), "0000001"), reason, "nobody learns which numbers exist");
    let papers = desk.sign(AgreementProgram::Other, vec![devices(9)]);
    let Purchase::Other { agreement, .. } = papers else { panic!() };
    let guessed = Purchase::Other { agreement, authorization: other };
    assert_eq!(turned_down(desk.pack(2, "other", &guessed, Some(devices(1)))).0, Ground::AgreementUnknown);
    assert_eq!(issued(desk.pack(2, "right", &volume, Some(devices(9)))).pack.total, 9);
}

/// Rules: AC-08, AC-32.
#[test]
fn an_agreement_entitles_a_version_and_a_type_at_a_time() {
    let mut desk = with_servers();
    let users = Wanted { product_type: ProductType::User, ..devices(10) };
    let old = Wanted { version: ProductVersion::V5_0, ..devices(10) };
    let papers = desk.sign(AgreementProgram::Other, vec![devices(5), users]);
    assert_eq!(issued(desk.pack(2, "users", &papers, Some(users))).pack.product_type, ProductType::User);
    assert_eq!(issued(desk.pack(2, "devices", &papers, Some(devices(5)))).pack.total, 5);
    let (ground, reason) = turned_down(desk.pack(2, "old", &papers, Some(old)));
    assert_eq!(ground, Ground::NotEntitled);
    assert!(reason.contains("entitles to no device CALs of version 5.0"), "{reason}");
}

/// Rules: AC-04, AC-44, AC-45.
#[test]
fn the_clearinghouse_sells_nothing_and_finds_no_lost_numbers() {
    let mut desk = with_servers();
    let (ground, reason) = turned_down(desk.pack(2, "one", &unsold(), None));
    assert_eq!(ground, Ground::CodeUnknown);
    assert!(reason.contains("reseller"), "{reason}");
    let lost = Purchase::Other { agreement: "1234567".parse().unwrap(), authorization: "AB12CD34EF56GH7".parse().unwrap() };
    let (ground, reason) = turned_down(desk.pack(2, "two", &lost, Some(devices(1))));
    assert_eq!(ground, Ground::AgreementUnknown);
    assert!(reason.contains("reseller"), "{reason}");
    let record = desk.journal.last().unwrap().pack_record(9, desk.now).unwrap();
    assert!(matches!(record.outcome, RecordOutcome::Refused { .. }));
    assert_eq!((record.purchase, record.pack), (lost, None));
}

/// Rules: AC-30.
/// Vector: A-07.
#[test]
fn a_server_that_is_not_activated_gets_no_pack() {
    let mut desk = with_servers();
    let code = desk.buy(devices(20));
    let entries = desk.journal.len();
    let refusal = desk.pack(4, "one", &code, None).unwrap_err();
    assert_eq!(refusal.problem().code, ProblemCode::NotActivated);
    desk.later(365 * 11);
    assert!(matches!(desk.pack(2, "late", &code, None), Err(Refusal::NotActivated(_))), "nor one whose certificate has ended");
    assert_eq!(desk.journal.len(), entries);
}

/// Rules: AC-08.
#[test]
fn what_is_wanted_is_said_with_agreements_and_left_out_with_codes() {
    let mut desk = with_servers();
    let (code, papers) = (desk.buy(devices(20)), desk.sign(AgreementProgram::Open, vec![devices(9)]));
    assert!(matches!(desk.pack(2, "a", &code, Some(devices(20))), Err(Refusal::Invalid(_))));
    assert!(matches!(desk.pack(2, "b", &papers, None), Err(Refusal::Invalid(_))));
    assert!(matches!(desk.pack(2, "c", &papers, Some(devices(0))), Err(Refusal::Invalid(_))));
    assert!(matches!(desk.pack(2, "d", &papers, Some(devices(10_000))), Err(Refusal::Invalid(_))));
    for package in [devices(0), devices(10_000)] {
        assert!(matches!(desk.run(BuyCode(package)), Err(Refusal::Invalid(_))));
    }
    for entitlements in [vec![], vec![devices(0)], vec![devices(1), devices(2)]] {
        assert!(matches!(
            desk.run(SignAgreement { program: AgreementProgram::Open, entitlements, xp_professional: 0 }),
            Err(Refusal::Invalid(_))
        ));
    }
}

/// Rules: AC-36, VC-08.
#[test]
fn a_pack_that_the_server_could_not_hold_is_not_bound_to_it() {
    let mut desk = with_servers();
    let code = desk.buy(devices(20));
    let answer = desk.pack_for(2, "one", &code, None, ProductVersion::V5_0).unwrap();
    let Answer::TurnedDown(no) = answer else { panic!("{answer:?}") };
    assert_eq!(problem_of(&no).code, ProblemCode::PackVersion);
    assert!(no.reason.contains("0x13A7"));
    assert_eq!(issued(desk.pack(3, "two", &code, None)).product_id, product(3), "the code is still good elsewhere");
}

#[derive(Clone, Debug)]
enum Step {
    Draw { server: u8, id: u8, quantity: u32 },
    Redeem { server: u8, id: u8, code: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (2..4_u8, 0..12_u8, 1..20_u32).prop_map(|(server, id, quantity)| Step::Draw { server, id, quantity }),
        (2..4_u8, 0..12_u8, 0..3_usize).prop_map(|(server, id, code)| Step::Redeem { server, id, code }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rules: AC-32, AC-33.
    #[test]
    fn whatever_is_asked_and_repeated_no_paper_yields_more_than_it_says(steps in proptest::collection::vec(step(), 1..40)) {
        let mut desk = with_servers();
        let papers = desk.sign(AgreementProgram::Open, vec![devices(50)]);
        let codes = [desk.buy(devices(5)), desk.buy(devices(6)), desk.buy(devices(7))];
        for step in steps {
            // Improper requests (an id used for something else) are part of the play.
            let _ = match step {
                Step::Draw { server, id, quantity } => desk.pack(server, &format!("r{id}"), &papers, Some(devices(quantity))),
                Step::Redeem { server, id, code } => desk.pack(server, &format!("r{id}"), &codes[code], None),
            };
        }
        let mut packs = std::collections::BTreeMap::new();
        for event in &desk.journal {
            if let Event::PackIssued { order, pack, .. } = event {
                let before = packs.insert(pack.pack.id.clone(), (order.purchase.clone(), pack.clone()));
                prop_assert!(before.is_none_or(|(purchase, known)| purchase == order.purchase && known == *pack));
            }
        }
        let drawn: u32 = packs.values().filter(|(purchase, _)| *purchase == papers).map(|(_, pack)| pack.pack.total).sum();
        prop_assert!(drawn <= 50, "{drawn} of 50");
        for code in &codes {
            prop_assert!(packs.values().filter(|(purchase, _)| purchase == code).count() <= 1);
        }
    }
}
