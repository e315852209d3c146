//! Pack tokens: from one clearinghouse to one license server.

use shared::model::{Pack, PackId, PackKind, ProductType, ProductVersion};
use shared::trust::{PackFlaw, open_pack, seal_pack};

use crate::world::{at, key, name, product};

fn pack() -> Pack {
    Pack {
        id: PackId::from_random([5; 35]),
        kind: PackKind::Retail,
        version: ProductVersion::V5_2,
        product_type: ProductType::Device,
        total: 20,
    }
}

/// Rules: AC-30.
#[test]
fn a_pack_opens_at_the_license_server_it_was_issued_to() {
    let key = key();
    let token = seal_pack(&pack(), &product(3), at("2026-11-23T14:00:00Z"), &name("CH1"), &key).unwrap();
    assert_eq!(open_pack(&token, &key.public(), &product(3)), Ok(pack()));
    assert_eq!(open_pack(&token, &key.public(), &product(4)), Err(PackFlaw::ForAnother(product(3).to_string())));
}

/// Rules: AC-33.
#[test]
fn the_same_pack_is_the_same_token() {
    let key = key();
    let seal = || seal_pack(&pack(), &product(3), at("2026-11-23T14:00:00Z"), &name("CH1"), &key).unwrap();
    assert_eq!(seal(), seal());
}

#[test]
fn a_pack_of_another_clearinghouse_is_not_trusted() {
    let token = seal_pack(&pack(), &product(3), at("2026-11-23T14:00:00Z"), &name("CH1"), &key()).unwrap();
    assert_eq!(open_pack(&token, &key().public(), &product(3)), Err(PackFlaw::Untrusted));
}

#[test]
fn a_pack_changed_in_any_character_is_refused() {
    let key = key();
    let token = seal_pack(&pack(), &product(3), at("2026-11-23T14:00:00Z"), &name("CH1"), &key).unwrap();
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open_pack(&changed, &key.public(), &product(3)).is_err(), "bit {bit} of character {place}");
        }
    }
    assert!(matches!(open_pack("hello", &key.public(), &product(3)), Err(PackFlaw::Damaged(_))));
}
