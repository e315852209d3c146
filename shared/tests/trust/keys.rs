//! Public keys that prove nothing: refused wherever a key is read.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PKCS_ED25519};
use shared::model::PublicKey;
use shared::trust::{SigningKey, certificate_request, read_request, signature_holds};

use crate::world::{key, name, product};

/// The field's prime, 2^255 - 19, least significant byte first.
fn prime() -> [u8; 32] {
    let mut bytes = [0xFF; 32];
    (bytes[0], bytes[31]) = (0xED, 0x7F);
    bytes
}

/// Every encoding of the eight points of small order: of each coordinate with either sign, and a second time above the prime where there
/// is room for that.
fn small_orders() -> Vec<[u8; 32]> {
    let with_first = |first: u8, mut bytes: [u8; 32]| {
        bytes[0] = first;
        bytes
    };
    let eighth = "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU";
    let eighth: [u8; 32] = URL_SAFE_NO_PAD.decode(eighth).unwrap().try_into().unwrap();
    let mut other = prime();
    let mut borrow = 0i16;
    for (byte, taken) in other.iter_mut().zip(eighth) {
        let left = i16::from(*byte) - i16::from(taken) - borrow;
        borrow = i16::from(left < 0);
        *byte = u8::try_from(left.rem_euclid(256)).unwrap();
    }
    let zero = [0; 32];
    let low = [zero, with_first(1, zero), eighth, other, with_first(0xEC, prime())];
    let high = [prime(), with_first(0xEE, prime())];
    let plain = low.into_iter().chain(high);
    plain
        .flat_map(|bytes| {
            [bytes, {
                let mut signed = bytes;
                signed[31] |= 0x80;
                signed
            }]
        })
        .collect()
}

/// A key that everybody can sign with would make everybody whoever is enrolled under it.
#[test]
fn a_key_of_small_order_is_refused_wherever_a_key_is_read() {
    let mut forgeable = 0;
    for bytes in small_orders() {
        let text = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(PublicKey::from_bytes(bytes), None, "{text}");
        let error = text.parse::<PublicKey>().unwrap_err().to_string();
        assert!(error.contains("anybody could sign"), "{error}");
        assert!(serde_json::from_str::<PublicKey>(&format!("\"{text}\"")).is_err(), "{text}");
        forgeable += 1;
    }
    assert_eq!(forgeable, 14);
    for first in 0xED..=0xFF {
        let mut bytes = prime();
        bytes[0] = first;
        assert_eq!(PublicKey::from_bytes(bytes), None, "a second spelling of {first}");
    }
}

/// Rules: AC-11, CE-13.
#[test]
fn a_certificate_request_for_such_a_key_is_refused() {
    let key = key();
    let pem = certificate_request(&key, &name("LS1"), &product(3)).unwrap();
    assert!(read_request(&pem).is_ok());
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut der = STANDARD.decode(body).unwrap();
    let at = der.windows(32).position(|window| window == key.public().as_bytes()).unwrap();
    for bytes in small_orders() {
        der[at..at + 32].copy_from_slice(&bytes);
        let lines: Vec<String> =
            STANDARD.encode(&der).as_bytes().chunks(64).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
        let bent = format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", lines.join("\n"));
        let error = read_request(&bent).unwrap_err().to_string();
        assert!(error.contains("anybody could sign"), "{error}");
    }
}

#[test]
fn a_key_that_is_made_is_one_to_be_believed() {
    for _ in 0..200 {
        let key = SigningKey::from_pkcs8_der(&KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_der()).unwrap();
        let signature = key.sign(b"word").unwrap();
        let read: PublicKey = key.public().to_string().parse().unwrap();
        assert!(read == key.public() && signature_holds(&signature, b"word", &read) && !signature_holds(&signature, b"other", &read));
    }
}
