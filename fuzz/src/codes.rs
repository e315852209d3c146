//! Typed codes: a right code is written again as it was, a made one opens to what it was made of, and no changed one is right.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use shared::model::code::{CODE_ALPHABET, CodeKind, as_typed, in_fives, read_groups, write_groups};
use shared::model::{
    AgreementKey, AgreementNumber, AuthorizationNumber, CalId, ConfirmationCode, DeviceName, EnrollmentNumber, HardwareId, LabTime,
    LicenseServerId, OpenLicenseNumber, PackId, PackKind, ProductId, ProductType, ProductVersion, PublicKey, RegistrantText, RequestId,
    RetailCode, ServerName, SessionId, Span, UserName,
};
use shared::trust::{Granted, key_text, read_key_text};

use crate::world::{product, world};

/// What somebody typed; and, where it is long enough, facts of which codes are made, one of whose characters is then changed.
pub fn typed_code(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        typed(text);
        written_again(text);
    }
    if let Some((facts, rest)) = data.split_first_chunk::<12>() {
        made(*facts, rest.first().copied().unwrap_or_default());
    }
}

fn typed(text: &str) {
    let code = as_typed(text);
    assert_eq!(as_typed(&in_fives(&code)), code, "groups of five are for the eye");
    for kind in CodeKind::ALL {
        match read_groups(kind, &code) {
            Ok(groups) => assert_eq!(write_groups(kind, groups), code, "{kind:?}"),
            Err(mistyped) => assert!(!mistyped.to_string().is_empty()),
        }
    }
    if let Ok(key) = read_key_text(text, &product()) {
        assert_eq!(key_text(&key, &product()), code);
    }
    let codes = &world().codes;
    if let Ok(id) = code.parse::<LicenseServerId>()
        && let Ok(granted) = codes.open_license_server_id(&id)
    {
        assert_eq!(codes.license_server_id(granted), Some(id));
    }
    if let Ok(id) = code.parse::<PackId>()
        && let Ok(pack) = codes.open_key_pack_id(&id)
    {
        assert!(pack.id == id && pack.total > 0);
    }
    if let Ok(confirmation) = code.parse::<ConfirmationCode>()
        && codes.confirms(&confirmation, 1).is_ok()
    {
        assert_eq!(codes.confirmation(1), Some(confirmation));
    }
}

/// Every word that is taken is written in a form that is taken as the same.
fn written_again(text: &str) {
    fn same<T: FromStr + Display + PartialEq + Debug>(text: &str) {
        if let Ok(value) = text.parse::<T>() {
            let written = value.to_string();
            assert_eq!(written.parse::<T>().ok(), Some(value), "{text:?} is written {written:?}");
        }
    }
    same::<LicenseServerId>(text);
    same::<ConfirmationCode>(text);
    same::<PackId>(text);
    same::<RetailCode>(text);
    same::<OpenLicenseNumber>(text);
    same::<AuthorizationNumber>(text);
    same::<EnrollmentNumber>(text);
    same::<AgreementNumber>(text);
    same::<ProductId>(text);
    same::<ProductVersion>(text);
    same::<RegistrantText>(text);
    same::<ServerName>(text);
    same::<DeviceName>(text);
    same::<UserName>(text);
    same::<RequestId>(text);
    same::<SessionId>(text);
    same::<CalId>(text);
    same::<HardwareId>(text);
    same::<PublicKey>(text);
    same::<AgreementKey>(text);
    same::<LabTime>(text);
}

fn made(facts: [u8; 12], change: u8) {
    let codes = &world().codes;
    let [n0, n1, d0, d1, kind, version, product_type, t0, t1, s0, s1, place] = facts;
    let granted = Granted {
        number: u16::from_be_bytes([n0, n1]),
        until: LabTime::from_unix(0) + Span::days(u32::from(u16::from_be_bytes([d0, d1]))),
    };
    if let Some(id) = codes.license_server_id(granted) {
        assert_eq!(codes.open_license_server_id(&id), Ok(granted));
        let wrong = changed(id.as_str(), place, change).map(|code| code.parse::<LicenseServerId>().unwrap());
        assert!(wrong.is_none_or(|wrong| codes.open_license_server_id(&wrong).is_err()), "a slip in {id} goes unnoticed");
    }
    let (kinds, types) = ([PackKind::Retail, PackKind::Volume, PackKind::Open], [ProductType::Device, ProductType::User]);
    let (kind, product_type) = (kinds[usize::from(kind) % kinds.len()], types[usize::from(product_type) % types.len()]);
    let version = ProductVersion::ALL[usize::from(version) % ProductVersion::ALL.len()];
    let (total, serial) = (u32::from(u16::from_be_bytes([t0, t1])), u32::from(u16::from_be_bytes([s0, s1])));
    if let Some(id) = codes.key_pack_id(kind, version, product_type, total, serial).filter(|_| total > 0) {
        let pack = codes.open_key_pack_id(&id).expect("a pack's id that was just made");
        assert_eq!((pack.kind, pack.version, pack.product_type, pack.total), (kind, version, product_type, total));
        let wrong = changed(id.as_str(), place, change).map(|code| code.parse::<PackId>().unwrap());
        assert!(wrong.is_none_or(|wrong| codes.open_key_pack_id(&wrong).is_err()), "a slip in {id} goes unnoticed");
    }
}

/// The code with another character in one place; none where it is the same one.
fn changed(code: &str, place: u8, change: u8) -> Option<String> {
    let mut letters = code.as_bytes().to_vec();
    let place = usize::from(place) % letters.len();
    letters[place] = CODE_ALPHABET[usize::from(change) % CODE_ALPHABET.len()];
    String::from_utf8(letters).ok().filter(|changed| changed != code)
}
