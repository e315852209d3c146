//! Typed codes: what a slip of the finger, a guess and another server's code come to.

use shared::dice::{Dice, Seed};
use shared::model::code::{CODE_ALPHABET, CodeFault, CodeKind, as_typed, in_fives, read_groups, write_groups};
use shared::model::{
    ConfirmationCode, LabTime, LicenseServerId, PackId, PackKind, ProductId, ProductType, ProductVersion, RetailCode, Span,
};
use shared::trust::{AgreementSecret, CodeFlaw, CodeKey, Granted, key_text, read_key_text};

fn dice(seed: u64) -> Dice {
    Dice::new(Seed::from_number(seed, "codes"), 1)
}

fn product(byte: u8) -> ProductId {
    ProductId::from_random([byte; 20])
}

fn secret(byte: u8) -> AgreementSecret {
    AgreementSecret::from_bytes(&[byte; 32]).unwrap()
}

/// The key between clearinghouse 1 and the server of this number.
fn key(server: u8) -> CodeKey {
    secret(1).codes_for(&secret(server).public(), &product(server)).unwrap()
}

fn granted(number: u16) -> Granted {
    Granted { number, until: LabTime::from_unix(0) + Span::days(20_000) }
}

fn random_code(kind: CodeKind, dice: &mut Dice) -> String {
    write_groups(kind, (0..kind.groups()).map(|_| dice.between(0, (1 << 19) - 1)))
}

fn swapped(code: &str, at: usize) -> String {
    let mut letters: Vec<char> = code.chars().collect();
    letters.swap(at, at + 1);
    letters.into_iter().collect()
}

/// Rules: AC-02, AC-17.
#[test]
fn a_hundred_thousand_slips_are_all_noticed_and_their_group_is_named() {
    let mut dice = dice(1);
    for round in 0..50_000 {
        let kind = CodeKind::ALL[round % CodeKind::ALL.len()];
        let (code, length) = (random_code(kind, &mut dice), u32::try_from(kind.groups() * 5).unwrap());
        assert!(read_groups(kind, &code).is_ok(), "{code}");

        let at = dice.between(0, length - 1) as usize;
        let others: Vec<u8> = (b'0'..=b'9').chain(b'A'..=b'Z').filter(|letter| *letter != code.as_bytes()[at]).collect();
        let mut wrong = code.clone().into_bytes();
        wrong[at] = others[dice.between(0, 34) as usize];
        let wrong = String::from_utf8(wrong).unwrap();
        assert_eq!(read_groups(kind, &wrong).unwrap_err().fault, CodeFault::Groups(vec![at / 5 + 1]), "{code} as {wrong}");

        let at = dice.between(0, length - 2) as usize;
        if code.as_bytes()[at] != code.as_bytes()[at + 1] {
            let wrong = swapped(&code, at);
            let groups = if at / 5 == (at + 1) / 5 { vec![at / 5 + 1] } else { vec![at / 5 + 1, at / 5 + 2] };
            assert_eq!(read_groups(kind, &wrong).unwrap_err().fault, CodeFault::Groups(groups), "{code} as {wrong}");
        }
    }
}

/// Rules: AC-17.
#[test]
fn a_million_random_codes_and_a_million_of_another_server_are_none_of_ours() {
    let rounds = 500_000;
    let half = |seed: u64| {
        let (ours, theirs, mut dice) = (key(2), key(3), dice(seed));
        for round in 0..rounds {
            // Right in every group, as chance alone hardly ever makes them: only the MAC is left to refuse them.
            let code: LicenseServerId = random_code(CodeKind::LicenseServerId, &mut dice).parse().unwrap();
            assert!(matches!(ours.open_license_server_id(&code), Err(CodeFlaw::Foreign { .. })), "{code}");
            let number = u16::try_from(round & 0xFFFF).unwrap();
            let until = LabTime::from_unix(0) + Span::days(u32::try_from(round / 0x1_0000).unwrap() + u32::try_from(seed).unwrap() * 1000);
            let code = theirs.license_server_id(Granted { number, until }).unwrap();
            assert!(matches!(ours.open_license_server_id(&code), Err(CodeFlaw::Foreign { .. })), "{code}");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| half(1));
        half(2);
    });
}

/// Rules: AC-17.
#[test]
fn letters_thrown_at_random_are_refused_by_their_groups() {
    let mut dice = dice(3);
    for _ in 0..50_000 {
        let letter = |_| char::from(CODE_ALPHABET[dice.between(0, 30) as usize]);
        let code: String = (0..35).map(letter).collect();
        assert!(read_groups(CodeKind::LicenseServerId, &code).is_err(), "{code}");
    }
}

/// Rules: AC-02, AC-12.
#[test]
fn a_license_server_id_says_which_activation_it_is_and_when_it_ends_on_both_sides() {
    let (clearinghouse, server) = (secret(1), secret(2));
    let there = clearinghouse.codes_for(&server.public(), &product(2)).unwrap();
    let here = server.codes_from(&clearinghouse.public(), &product(2)).unwrap();
    let id = there.license_server_id(granted(7)).unwrap();
    assert_eq!(id.as_str().len(), 35);
    assert_eq!(here.open_license_server_id(&id), Ok(granted(7)));
    assert_eq!(as_typed(&id.in_fives().to_lowercase()), id.as_str());
    let elsewhere = server.codes_from(&clearinghouse.public(), &product(9)).unwrap();
    assert!(matches!(elsewhere.open_license_server_id(&id), Err(CodeFlaw::Foreign { .. })), "bound to the Product ID");
    let other_house = server.codes_from(&secret(5).public(), &product(2)).unwrap();
    assert!(matches!(other_house.open_license_server_id(&id), Err(CodeFlaw::Foreign { .. })), "bound to the clearinghouse");
}

/// Rules: AC-03.
#[test]
fn a_key_pack_id_says_itself_what_the_pack_is() {
    for (kind, version, product_type, total) in [
        (PackKind::Retail, ProductVersion::V5_0, ProductType::Device, 1),
        (PackKind::Volume, ProductVersion::V6_0, ProductType::User, 9999),
        (PackKind::Open, ProductVersion::V5_2, ProductType::Device, 25),
    ] {
        let id = key(2).key_pack_id(kind, version, product_type, total, 41).unwrap();
        assert_ne!(key(2).key_pack_id(kind, version, product_type, total, 42).unwrap(), id, "two packs of the same facts");
        let pack = key(2).open_key_pack_id(&id).unwrap();
        assert_eq!((pack.id, pack.kind, pack.version, pack.product_type, pack.total), (id.clone(), kind, version, product_type, total));
        assert!(matches!(key(3).open_key_pack_id(&id), Err(CodeFlaw::Foreign { .. })));
    }
    assert_eq!(key(2).key_pack_id(PackKind::Open, ProductVersion::V5_2, ProductType::User, 1 << 14, 1), None);
}

/// Rules: AC-03, AC-17.
#[test]
fn a_code_in_the_field_of_another_kind_is_told_so() {
    let pack: PackId = key(2).key_pack_id(PackKind::Open, ProductVersion::V5_2, ProductType::User, 5, 1).unwrap();
    let as_server: LicenseServerId = pack.as_str().parse().unwrap();
    let flaw = key(2).open_license_server_id(&as_server).unwrap_err();
    assert!(flaw.to_string().contains("license key pack ID, not a License Server ID"), "{flaw}");
}

/// Rules: AC-22.
#[test]
fn a_confirmation_code_is_for_one_server_and_one_of_its_activations() {
    let code: ConfirmationCode = key(2).confirmation(3).unwrap();
    assert_eq!(code.in_fives().len(), 23);
    assert_eq!(key(2).confirms(&code, 3), Ok(()));
    assert!(key(2).confirms(&code, 4).is_err());
    assert!(key(3).confirms(&code, 3).is_err());
    let wrong: ConfirmationCode =
        swapped(code.as_str(), code.as_str().as_bytes().windows(2).position(|two| two[0] != two[1]).unwrap()).parse().unwrap();
    assert!(matches!(key(2).confirms(&wrong, 3), Err(CodeFlaw::Mistyped(_))));
}

/// Rules: AC-13.
#[test]
fn a_key_text_is_read_out_in_fourteen_groups_and_belongs_to_its_product_id() {
    let text = in_fives(&key_text(&secret(2).public(), &product(2)));
    assert_eq!(text.split('-').count(), 14);
    assert_eq!(read_key_text(&text.to_lowercase().replace('-', " "), &product(2)), Ok(secret(2).public()));
    assert!(matches!(read_key_text(&text, &product(3)), Err(CodeFlaw::Foreign { .. })));
    let (front, back) = text.split_at(6);
    let flaw = read_key_text(&format!("{front}0{}", &back[1..]), &product(2)).unwrap_err();
    assert!(flaw.to_string().contains("group 2"), "{flaw}");
}

/// Rules: AC-04.
#[test]
fn a_retail_code_carries_check_characters_too() {
    let code = RetailCode::from_random([9; 25]);
    assert!(read_groups(CodeKind::Retail, code.as_str()).is_ok(), "{code}");
    assert!(read_groups(CodeKind::KeyPackId, PackId::from_random([9; 35]).as_str()).is_ok());
}
