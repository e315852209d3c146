//! The forms of the numbers that people type (SPEC 7.1, section 9).

use shared::model::{HardwareId, PackId};

/// Rules: AC-03.
#[test]
fn a_key_pack_id_has_35_letters_and_digits() {
    let made = PackId::from_random(std::array::from_fn(|index| u8::try_from(index * 7).unwrap()));
    assert_eq!(made.as_str().len(), 35);
    assert!(made.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()), "{made}");
    assert_eq!(made.as_str().to_lowercase().parse::<PackId>().unwrap(), made, "typed in either case");
    for wrong in [34, 36] {
        assert!("B".repeat(wrong).parse::<PackId>().is_err(), "{wrong}");
    }
    assert!(format!("{}-", "B".repeat(34)).parse::<PackId>().is_err());
}

/// Rules: ST-01, CON-20.
#[test]
fn a_hardware_id_is_20_bytes_with_the_platform_in_its_first_little_endian_word() {
    let id = HardwareId::new(0x0201_0000, [0xAB; 16]);
    assert_eq!(id.to_string(), format!("00000102{}", "ab".repeat(16)));
    assert_eq!(id.to_string().parse::<HardwareId>().unwrap(), id);
    for digits in [5, 38, 39, 41, 42] {
        assert!("a".repeat(digits).parse::<HardwareId>().is_err(), "{digits} hex digits");
    }
}
