//! Licenses: the genuine one opens, every other one is refused with the right flaw.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::model::{Cal, CalKind, Origin, ProductVersion};
use shared::trust::{Anchors, Flaw, LicenseSealer, SigningKey, open_license, peek_license};

use crate::world::{Lab, Server, name, period};

fn header(server: &Server) -> Value {
    json!({ "alg": "EdDSA", "typ": "tsl-license+jwt", "x5c": [STANDARD.encode(server.certificate.certificate().der())] })
}

fn claims(cal: &Cal) -> Value {
    json!({
        "iss": cal.issuer, "iat": cal.issued_at.unix(), "nbf": cal.issued_at.unix(), "exp": cal.expires_at.unix(), "jti": cal.id,
        "license": cal,
    })
}

fn forge(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    format!("{message}.{}", key.sign(message.as_bytes()).unwrap())
}

fn is_untrusted(result: &Result<Cal, Flaw>) -> bool {
    matches!(result, Err(Flaw::Untrusted(_)))
}

fn is_damaged(result: &Result<Cal, Flaw>) -> bool {
    matches!(result, Err(Flaw::Damaged(_)))
}

/// Rules: CE-04, CE-13.
#[test]
fn a_license_of_an_activated_server_opens_under_its_lab_s_root() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let anchors = lab.anchors();
    for kind in [CalKind::Temporary, CalKind::Permanent] {
        let token = server.license(kind);
        assert_eq!(open_license(&token, &anchors), Ok(server.cal(kind)));
        assert_eq!(open_license(&token, &anchors), Ok(server.cal(kind)), "again, with the chain remembered");
        assert_eq!(peek_license(&token), Some(server.cal(kind)));
        assert_eq!(token, server.license(kind), "the same facts give the same token");
        assert!(token.len() < 2500, "{}", token.len());
    }
}

/// The forging tool of these tests makes a token that is as good as a real one, so what it forges fails for its own reason.
#[test]
fn a_token_made_by_hand_with_the_right_key_opens() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let cal = server.cal(CalKind::Permanent);
    assert_eq!(open_license(&forge(&header(&server), &claims(&cal), &server.key), &lab.anchors()), Ok(cal));
}

/// Rules: PD-22, PD-23.
#[test]
fn every_single_bit_of_a_license_counts() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let (token, anchors) = (server.license(CalKind::Permanent), lab.anchors());
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open_license(&changed, &anchors).is_err(), "bit {bit} of character {place}");
        }
    }
}

proptest! {
    /// Rules: PD-22, PD-23.
    #[test]
    fn no_changed_character_of_a_license_is_accepted(place in any::<prop::sample::Index>(), new in any::<char>()) {
        let lab = Lab::new();
        let server = Server::activated(&lab, "LS1");
        let token = server.license(CalKind::Temporary);
        let place = place.index(token.len());
        prop_assume!(!token[place..].starts_with(new));
        let changed = format!("{}{new}{}", &token[..place], &token[place + 1..]);
        prop_assert!(open_license(&changed, &lab.anchors()).is_err());
    }

    /// Rules: PD-22, PD-23.
    #[test]
    fn a_flipped_bit_in_what_a_license_encodes_is_refused(part in 0..3_usize, place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let lab = Lab::new();
        let server = Server::activated(&lab, "LS1");
        let token = server.license(CalKind::Temporary);
        let mut parts: Vec<Vec<u8>> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let index = place.index(parts[part].len());
        parts[part][index] ^= 1 << bit;
        let changed = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
        prop_assert!(open_license(&changed, &lab.anchors()).is_err());
    }

    #[test]
    fn text_that_is_no_license_is_damaged(text in ".{0,200}") {
        prop_assert!(is_damaged(&open_license(&text, &Lab::new().anchors())));
    }
}

/// Rules: PD-22.
#[test]
fn a_license_cut_short_or_grown_is_damaged() {
    let lab = Lab::new();
    let token = Server::activated(&lab, "LS1").license(CalKind::Permanent);
    for length in 0..token.len() {
        assert!(open_license(&token[..length], &lab.anchors()).is_err(), "{length} characters");
    }
    for tail in ["A", "=", "AA", ".", " ", "\n", ".AA"] {
        assert!(is_damaged(&open_license(&format!("{token}{tail}"), &lab.anchors())), "{tail:?}");
    }
    assert!(is_damaged(&open_license(&"A".repeat(100_000), &lab.anchors())));
}

/// Rules: PD-23.
#[test]
fn a_license_under_another_algorithm_is_not_trusted() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let cal = server.cal(CalKind::Permanent);
    for algorithm in ["none", "None", "HS256", "ES256", "RS256", "eddsa", ""] {
        let mut header = header(&server);
        header["alg"] = json!(algorithm);
        assert!(is_untrusted(&open_license(&forge(&header, &claims(&cal), &server.key), &lab.anchors())), "{algorithm}");
    }
    let bare = URL_SAFE_NO_PAD.encode(json!({ "alg": "none" }).to_string());
    assert!(is_untrusted(&open_license(&format!("{bare}.{}.", URL_SAFE_NO_PAD.encode(claims(&cal).to_string())), &lab.anchors())));
    let keyed = jsonwebtoken::EncodingKey::from_secret(server.key.public().as_bytes());
    let mut swapped = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    swapped.x5c = Some(vec![STANDARD.encode(server.certificate.certificate().der())]);
    assert!(is_untrusted(&open_license(&jsonwebtoken::encode(&swapped, &claims(&cal), &keyed).unwrap(), &lab.anchors())));
}

/// Rules: PD-23.
#[test]
fn a_license_of_another_lab_is_not_trusted() {
    let (ours, theirs) = (Lab::new(), Lab::new());
    let token = Server::activated(&theirs, "LS1").license(CalKind::Permanent);
    assert!(is_untrusted(&open_license(&token, &ours.anchors())));
    assert!(is_untrusted(&open_license(&token, &Anchors::default())));
}

/// Rules: PD-23.
#[test]
fn a_license_with_another_server_s_chain_is_not_trusted() {
    let lab = Lab::new();
    let (one, two) = (Server::activated(&lab, "LS1"), Server::activated(&lab, "LS2"));
    let cal = one.cal(CalKind::Permanent);
    assert!(is_untrusted(&open_license(&forge(&header(&two), &claims(&cal), &one.key), &lab.anchors())), "LS2's chain, LS1's key");
    assert!(is_untrusted(&open_license(&forge(&header(&two), &claims(&cal), &two.key), &lab.anchors())), "LS2 speaking as LS1");
    let mut claims = claims(&cal);
    claims["iss"] = json!("LS2");
    assert!(is_untrusted(&open_license(&forge(&header(&one), &claims, &one.key), &lab.anchors())), "LS2 named beside LS1");
}

/// Rules: PD-22.
#[test]
fn a_good_chain_over_a_wrong_signature_is_damage() {
    let lab = Lab::new();
    let (one, two) = (Server::activated(&lab, "LS1"), Server::activated(&lab, "LS2"));
    let cal = one.cal(CalKind::Permanent);
    assert!(is_damaged(&open_license(&forge(&header(&one), &claims(&cal), &two.key), &lab.anchors())));
}

/// Rules: PD-23, CE-13, AC-26.
#[test]
fn the_chain_is_judged_at_the_moment_of_issue() {
    let lab = Lab::new();
    let open = |from: &str, until: &str| {
        let server = Server::activated_for(&lab, "LS1", period(from, until));
        open_license(&server.license(CalKind::Permanent), &lab.anchors())
    };
    assert!(open("2026-11-23T14:00:00Z", "2036-01-01T00:00:00Z").is_ok(), "from its first second");
    assert!(open("2026-01-01T00:00:00Z", "2026-11-23T14:00:01Z").is_ok(), "to its last, long past when the license is shown");
    assert!(is_untrusted(&open("2026-01-01T00:00:00Z", "2026-11-23T14:00:00Z")), "its end is exclusive");
    assert!(is_untrusted(&open("2026-11-23T14:00:01Z", "2036-01-01T00:00:00Z")), "not yet");
}

/// Rules: CE-14.
#[test]
fn a_server_that_vouches_for_itself_is_believed_for_temporaries_where_its_key_is_pinned() {
    let server = Server::on_its_own("LS1");
    let (temporary, permanent) = (server.license(CalKind::Temporary), server.license(CalKind::Permanent));
    let mut anchors = Lab::new().anchors();
    assert!(is_untrusted(&open_license(&temporary, &anchors)), "not enrolled");
    anchors.set_pin(name("LS1"), server.key.public());
    assert_eq!(open_license(&temporary, &anchors), Ok(server.cal(CalKind::Temporary)));
    assert!(is_untrusted(&open_license(&permanent, &anchors)), "never a permanent");
    anchors.set_pin(name("LS1"), Server::on_its_own("LS1").key.public());
    assert!(is_untrusted(&open_license(&temporary, &anchors)), "pinned with another key");
    anchors.set_pin(name("LS1"), server.key.public());
    anchors.remove_pin(&name("LS1"));
    assert!(is_untrusted(&open_license(&temporary, &anchors)), "the remembered chain does not outlive the pin");
}

/// Rules: NT-44.
#[test]
fn a_workstation_license_is_for_good_under_the_key_of_the_server_that_made_it() {
    let server = Server::on_its_own("NT1");
    let workstation = Cal { version: ProductVersion::V4_0, origin: Origin::Workstation, ..server.cal(CalKind::Permanent) };
    let token = server.sealer.seal_license(&workstation).unwrap();
    let mut anchors = Anchors::default();
    assert!(is_untrusted(&open_license(&token, &anchors)), "nobody else's business");
    anchors.set_pin(name("NT1"), server.key.public());
    assert_eq!(open_license(&token, &anchors), Ok(workstation));
}

/// Rules: CE-14.
#[test]
fn temporaries_under_the_pinned_key_stay_good_after_a_root_comes() {
    let (lab, server) = (Lab::new(), Server::on_its_own("LS1"));
    let mut anchors = Anchors::default();
    anchors.set_pin(name("LS1"), server.key.public());
    assert!(open_license(&server.license(CalKind::Temporary), &anchors).is_ok());
    anchors.set_root(lab.root.clone());
    assert!(open_license(&server.license(CalKind::Temporary), &anchors).is_ok());
}

#[test]
fn a_new_root_forgets_what_the_old_one_vouched_for() {
    let lab = Lab::new();
    let token = Server::activated(&lab, "LS1").license(CalKind::Permanent);
    let mut anchors = lab.anchors();
    assert!(open_license(&token, &anchors).is_ok());
    anchors.set_root(Lab::new().root);
    assert!(is_untrusted(&open_license(&token, &anchors)));
}

/// Rules: PD-22.
#[test]
fn a_properly_signed_license_that_is_not_one_is_damaged() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let cal = server.cal(CalKind::Permanent);
    let with = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (header(&server), claims(&cal));
        change(&mut header, &mut claims);
        open_license(&forge(&header, &claims, &server.key), &lab.anchors())
    };
    assert!(is_damaged(&with(&|header, _| header["typ"] = json!("tsl-pack+jwt"))));
    assert!(is_damaged(&with(&|header, _| header["kid"] = json!("x"))));
    assert!(is_damaged(&with(&|_, claims| claims["exp"] = json!(1))));
    assert!(is_damaged(&with(&|_, claims| claims["more"] = json!(1))));
    assert!(is_damaged(&with(&|_, claims| claims["license"]["more"] = json!(1))));
    assert!(is_damaged(&with(&|_, claims| claims["license"]["kind"] = json!("eternal"))));
    assert!(is_damaged(&with(&|_, claims| claims["jti"] = json!("00000000000000000000000000000000"))));
    assert!(is_untrusted(&with(&|header, _| header["x5c"] = json!([]))));
    assert!(is_untrusted(&with(&|header, _| header["x5c"] = json!(["AAAA"]))));
    assert!(is_untrusted(&with(&|header, _| {
        let leaf = header["x5c"][0].clone();
        header["x5c"] = json!([leaf, leaf]);
    })));
    let mut backwards = server.cal(CalKind::Permanent);
    backwards.expires_at = backwards.issued_at;
    assert!(is_damaged(&open_license(&server.sealer.seal_license(&backwards).unwrap(), &lab.anchors())));
}

#[test]
fn a_field_said_twice_is_damage() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let claims = claims(&server.cal(CalKind::Permanent)).to_string().replacen('{', "{\"iat\":1,", 1);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header(&server).to_string()), URL_SAFE_NO_PAD.encode(claims));
    let token = format!("{message}.{}", server.key.sign(message.as_bytes()).unwrap());
    assert!(is_damaged(&open_license(&token, &lab.anchors())));
}

#[test]
fn nobody_seals_under_somebody_else_s_certificate() {
    let lab = Lab::new();
    let (one, two) = (Server::activated(&lab, "LS1"), Server::activated(&lab, "LS2"));
    assert!(LicenseSealer::new(&one.key, &two.certificate).is_err());
}

#[test]
fn a_private_key_is_never_shown() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let shown = format!("{:?} {:?}", server.key, server.sealer);
    assert!(shown.contains("SigningKey") && !shown.contains("pair"), "{shown}");
}

/// Rules: ST-04, LS-04, LS-05, W2K-03.
#[test]
fn a_cal_whose_kind_and_origin_contradict_each_other_is_not_read() {
    let server = Server::on_its_own("LS1");
    for kind in [CalKind::Temporary, CalKind::Permanent] {
        let good = serde_json::to_value(server.cal(kind)).unwrap();
        assert_eq!(serde_json::from_value::<Cal>(good.clone()).unwrap(), server.cal(kind));
        for from in ["minted", "pack", "built-in-pool", "workstation"] {
            for pack in [serde_json::Value::Null, "B".repeat(35).into()] {
                let mut changed = good.clone();
                (changed["from"], changed["pack"]) = (from.into(), pack.clone());
                let fits = match from {
                    "minted" => kind == CalKind::Temporary && pack.is_null(),
                    "pack" => kind == CalKind::Permanent && !pack.is_null(),
                    "built-in-pool" => kind == CalKind::Permanent && pack.is_null(),
                    _ => pack.is_null(),
                };
                assert_eq!(serde_json::from_value::<Cal>(changed).is_ok(), fits, "{kind} from {from}, pack {pack}");
            }
        }
    }
}
