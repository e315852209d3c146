//! The representative's desk: what is done for a person survives every start, and is done once.

use shared::model::{ContactMethod, ProductType, ProductVersion, Purchase, ReactivationReason, ServerRef};
use shared::registry::desk::{DeactivateByPerson, PackByPerson, PackCall, RegisterByPerson, Registered, Replacement};
use shared::registry::{Answer, AskedBy, Event, Refusal};
use shared::trust::{AgreementSecret, CodeKey};
use shared::wire::clearinghouse::{AgreementProgram, Wanted};
use shared::wire::desk::{Deactivate, IssuePack, Move, Recover, Register, Reissue};

use crate::desk::{Desk, product, registrant, request, server};

const TELEPHONE: ContactMethod = ContactMethod::Telephone;

fn secret(byte: u8) -> AgreementSecret {
    AgreementSecret::from_bytes(&[byte; 32]).unwrap()
}

fn codes(byte: u8) -> CodeKey {
    secret(1).codes_for(&secret(byte).public(), &product(byte)).unwrap()
}

/// Runs a call for a pack, and looks whether its answer is on record.
fn call(desk: &mut Desk, byte: u8, id: &str, call: PackCall) -> Result<Answer, Refusal> {
    let answer = desk.run(PackByPerson { call, server: product(byte), codes: codes(byte) })?.map_or_else(Answer::TurnedDown, Answer::Pack);
    assert_eq!(on_record(desk, byte, id), Some(answer.clone()));
    Ok(answer)
}

fn on_record(desk: &Desk, byte: u8, id: &str) -> Option<Answer> {
    desk.registry().answer(AskedBy::Person(secret(byte).public()), &request(id)).cloned()
}

fn register(desk: &mut Desk, byte: u8, id: &str, reason: Option<ReactivationReason>) -> Answer {
    let asked = Register {
        request: request(id),
        method: TELEPHONE,
        name: server(byte),
        product_id: product(byte),
        key_text: "read before".to_owned(),
        registrant: registrant(),
        certificate_request: None,
        reason,
        papers: Vec::new(),
    };
    let wanted = RegisterByPerson { request: asked, agreement: secret(byte).public(), requested: None, years: 10, codes: codes(byte) };
    let registered = |told: Registered| Answer::Registered { registration: told.registration, activation: told.activation };
    let answer = desk.run(wanted).unwrap().map_or_else(Answer::TurnedDown, registered);
    assert_eq!(on_record(desk, byte, id), Some(answer.clone()));
    answer
}

fn number_of(answer: &Answer) -> u16 {
    let Answer::Registered { registration, .. } = answer else { panic!("{answer:?}") };
    registration.number
}

fn pack_of(answer: Answer) -> shared::registry::IssuedPack {
    let Answer::Pack(pack) = answer else { panic!("{answer:?}") };
    pack
}

fn ten() -> Wanted {
    Wanted { version: ProductVersion::V5_0, product_type: ProductType::Device, quantity: 10 }
}

fn issue(desk: &mut Desk, byte: u8, id: &str, purchase: &Purchase) -> Result<Answer, Refusal> {
    let asked = IssuePack {
        request: request(id),
        method: TELEPHONE,
        server: ServerRef::Product(product(byte)),
        purchase: purchase.clone(),
        wanted: Some(ten()),
    };
    call(desk, byte, id, PackCall::Issue(asked))
}

/// Rules: AC-13, AC-22, AC-24, AC-25, AC-42.
#[test]
fn a_registration_has_a_number_that_only_a_reason_moves_on() {
    let mut desk = Desk::founded();
    assert_eq!(number_of(&register(&mut desk, 2, "call-1", None)), 1);
    let again = register(&mut desk, 2, "call-2", None);
    assert_eq!((number_of(&again), again == register(&mut desk, 2, "call-1", None)), (1, true), "the same id is read out again");
    let asked = Deactivate { request: request("call-3"), method: TELEPHONE, server: ServerRef::Product(product(2)) };
    assert_eq!(desk.run(DeactivateByPerson { request: asked, server: product(2) }).unwrap(), Ok(1));
    assert_eq!(on_record(&desk, 2, "call-3"), Some(Answer::Deactivated { number: 1 }));
    assert!(matches!(register(&mut desk, 2, "call-4", None), Answer::TurnedDown(_)));
    let papers = desk.sign(AgreementProgram::Open, vec![ten()]);
    assert!(matches!(issue(&mut desk, 2, "call-5", &papers), Err(Refusal::NotActivated(_))));
    assert_eq!(number_of(&register(&mut desk, 2, "call-6", Some(ReactivationReason::Redeployed))), 2);
    issue(&mut desk, 2, "call-7", &papers).unwrap();
}

/// Rules: AC-37, AC-40, AC-48, W2K-11, CON-12, AC-32.
#[test]
fn what_was_given_again_is_not_given_a_second_time() {
    let mut desk = Desk::founded();
    for byte in [2, 3] {
        register(&mut desk, byte, &format!("call-{byte}"), None);
    }
    let papers = desk.sign(AgreementProgram::Open, vec![ten()]);
    let pack = pack_of(issue(&mut desk, 2, "call-10", &papers).unwrap());
    assert_eq!(pack_of(issue(&mut desk, 2, "call-10", &papers).unwrap()), pack, "the same request draws nothing again");
    let recover = |id: &str, quantity| Recover {
        request: request(id),
        method: TELEPHONE,
        server: ServerRef::Product(product(2)),
        pack: pack.pack.id.clone(),
        quantity,
        purchase: papers.clone(),
    };
    let back = pack_of(call(&mut desk, 2, "call-11", PackCall::Recover(recover("call-11", 6))).unwrap());
    assert_eq!(back.pack.total, 6);
    assert!(desk.journal.iter().any(|event| matches!(event, Event::PackReplaced { why: Replacement::Recovered, .. })));
    let more = call(&mut desk, 2, "call-12", PackCall::Recover(recover("call-12", 5))).unwrap();
    assert!(matches!(more, Answer::TurnedDown(_)), "four are left");

    let reissue = |id: &str| Reissue {
        request: request(id),
        method: TELEPHONE,
        server: ServerRef::Product(product(2)),
        pack: pack.pack.id.clone(),
        device: "PC01".parse().unwrap(),
    };
    pack_of(call(&mut desk, 2, "call-13", PackCall::Reissue(reissue("call-13"))).unwrap());
    assert!(matches!(call(&mut desk, 2, "call-14", PackCall::Reissue(reissue("call-14"))).unwrap(), Answer::TurnedDown(_)));

    let wanted = |id: &str| Move {
        request: request(id),
        method: TELEPHONE,
        server: ServerRef::Product(product(3)),
        pack: back.pack.id.clone(),
        purchase: papers.clone(),
    };
    let moved = pack_of(call(&mut desk, 3, "call-15", PackCall::Move(wanted("call-15"))).unwrap());
    assert_eq!((moved.pack.total, moved.product_id), (6, product(3)));
    assert!(matches!(call(&mut desk, 3, "call-16", PackCall::Move(wanted("call-16"))).unwrap(), Answer::TurnedDown(_)));
}

/// Rules: AC-33, AC-37, AC-48.
#[test]
fn a_retail_code_whose_cals_were_given_again_gives_its_old_pack_no_more() {
    let mut desk = Desk::founded();
    for byte in [2, 3] {
        register(&mut desk, byte, &format!("call-{byte}"), None);
    }
    let code = desk.buy(ten());
    let retail = |id: &str| IssuePack {
        request: request(id),
        method: TELEPHONE,
        server: ServerRef::Product(product(2)),
        purchase: code.clone(),
        wanted: None,
    };
    let pack = pack_of(call(&mut desk, 2, "call-20", PackCall::Issue(retail("call-20"))).unwrap());
    let again = pack_of(call(&mut desk, 2, "call-21", PackCall::Issue(retail("call-21"))).unwrap());
    assert_eq!(again, pack, "up to here the same code gives the same pack");
    let moved = Move {
        request: request("call-22"),
        method: TELEPHONE,
        server: ServerRef::Product(product(3)),
        pack: pack.pack.id.clone(),
        purchase: code.clone(),
    };
    pack_of(call(&mut desk, 3, "call-22", PackCall::Move(moved)).unwrap());
    let refused = call(&mut desk, 2, "call-23", PackCall::Issue(retail("call-23"))).unwrap();
    assert!(matches!(refused, Answer::TurnedDown(_)), "the CALs are at the other server: {refused:?}");
}
