//! Roots, requests and license server certificates.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SanType, date_time_ymd,
};
use shared::trust::{
    Certificate, KeyHolder, Root, Serial, ServerCertificate, SigningKey, certificate_request, make_activation_certificate, make_root,
    make_self_signed, read_request,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::world::{Lab, Server, at, key, name, period, product, serial};

fn server_subject() -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Terminal Server Licensing Lab");
    subject.push(DnType::CommonName, "LS1");
    subject.push(DnType::CustomDnType(vec![2, 5, 4, 5]), product(3).as_str());
    subject
}

/// Rules: CE-13, AC-14.
#[test]
fn an_activation_certificate_says_what_the_clearinghouse_decided() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let certificate = &server.certificate;
    assert_eq!(certificate.holder(), &KeyHolder { name: name("LS1"), product_id: product(3), key: server.key.public() });
    assert_eq!(certificate.serial(), serial(2).to_string());
    assert_eq!(certificate.period(), period("2026-06-01T00:00:00Z", "2036-06-01T00:00:00Z"));
    assert!(!certificate.is_self_signed());
    let der = certificate.certificate().der().to_vec();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    assert_eq!(parsed.validity().not_after.timestamp(), at("2036-05-31T23:59:59Z").unix(), "the last second, not the end");
    assert_eq!(parsed.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
    let usage = parsed.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.digital_signature() && usage.value.key_cert_sign() && !usage.value.crl_sign());
    let policies = parsed.extensions().iter().find(|extension| extension.oid.to_id_string() == "2.5.29.32").unwrap();
    assert!(policies.critical);
}

/// Rules: CE-13.
#[test]
fn the_same_facts_give_the_same_certificate() {
    let (lab, holder) = (Lab::new(), KeyHolder { name: name("LS1"), product_id: product(3), key: key().public() });
    let ten_years = period("2026-06-01T00:00:00Z", "2036-06-01T00:00:00Z");
    assert_eq!(lab.certify(&holder, ten_years), lab.certify(&holder, ten_years));
}

/// Rules: CE-13.
#[test]
fn what_a_request_asks_for_itself_is_never_granted() {
    let lab = Lab::new();
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let mut greedy = CertificateParams::default();
    greedy.distinguished_name = server_subject();
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    greedy.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::KeyEncipherment];
    greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any, ExtendedKeyUsagePurpose::CodeSigning];
    greedy.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())];
    greedy.not_after = date_time_ymd(4096, 1, 1);
    let request = read_request(&greedy.serialize_request(&pair).unwrap().pem().unwrap()).unwrap();
    assert_eq!(request.name, name("LS1"));
    let certificate = lab.certify(&request, period("2026-06-01T00:00:00Z", "2036-06-01T00:00:00Z"));
    let (_, parsed) = X509Certificate::from_der(certificate.der()).unwrap();
    assert_eq!(parsed.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
    assert_eq!(parsed.key_usage().unwrap().unwrap().value.flags, 0b10_0001);
    let purposes = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(!purposes.any && !purposes.code_signing && purposes.other.len() == 1);
    assert!(parsed.subject_alternative_name().unwrap().is_none());
    assert_eq!(parsed.validity().not_after.timestamp(), at("2036-05-31T23:59:59Z").unix());
}

/// Rules: AC-11.
#[test]
fn a_request_yields_key_name_and_product_id() {
    let key = key();
    let text = certificate_request(&key, &name("LS1"), &product(3)).unwrap();
    assert_eq!(read_request(&text), Ok(KeyHolder { name: name("LS1"), product_id: product(3), key: key.public() }));
}

#[test]
fn a_request_that_is_not_signed_by_its_own_key_is_refused() {
    let (mine, yours) = (KeyPair::generate_for(&PKCS_ED25519).unwrap(), KeyPair::generate_for(&PKCS_ED25519).unwrap());
    let mut params = CertificateParams::default();
    params.distinguished_name = server_subject();
    let mut der = params.serialize_request(&mine).unwrap().der().to_vec();
    let place = der.windows(32).position(|bytes| bytes == mine.public_key_raw()).unwrap();
    der[place..place + 32].copy_from_slice(yours.public_key_raw());
    let text = pem(&der, "CERTIFICATE REQUEST");
    assert!(read_request(&text).unwrap_err().to_string().contains("not signed by the key it is for"));
}

#[test]
fn only_ed25519_requests_of_license_servers_are_read() {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = server_subject();
    let text = params.serialize_request(&pair).unwrap().pem().unwrap();
    assert!(read_request(&text).unwrap_err().to_string().contains("not Ed25519"));
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let mut nameless = CertificateParams::default();
    nameless.distinguished_name = DistinguishedName::new();
    assert!(read_request(&nameless.serialize_request(&pair).unwrap().pem().unwrap()).is_err());
    for text in ["", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"] {
        assert!(read_request(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_request_changed_in_any_byte_never_yields_another_key_or_name() {
    let key = key();
    let text = certificate_request(&key, &name("LS1"), &product(3)).unwrap();
    let genuine = KeyHolder { name: name("LS1"), product_id: product(3), key: key.public() };
    for place in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let changed = read_request(&String::from_utf8(bytes).unwrap());
            assert!(changed.is_err() || changed.as_ref() == Ok(&genuine), "bit {bit} of character {place}: {changed:?}");
        }
    }
}

/// Rules: CE-13.
#[test]
fn a_certificate_under_another_lab_s_root_is_refused() {
    let (ours, theirs) = (Lab::new(), Lab::new());
    let server = Server::activated(&theirs, "LS1");
    assert!(ServerCertificate::under_root(&ours.root, server.certificate.certificate().clone()).is_err());
    let holder = server.certificate.holder().clone();
    let year = period("2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z");
    assert!(make_activation_certificate(&ours.root, &theirs.root_key, &holder, serial(2), year).is_err(), "nor made");
}

/// Rules: CE-13.
#[test]
fn a_license_server_cannot_make_license_servers() {
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    assert!(Root::from_certificate(server.certificate.certificate().clone()).is_err());
    let own = Server::on_its_own("LS1");
    assert!(Root::from_certificate(own.certificate.certificate().clone()).is_err());
    assert!(ServerCertificate::under_root(&lab.root, lab.root.certificate().clone()).is_err());
    assert!(ServerCertificate::self_signed(lab.root.certificate().clone()).is_err());
}

/// Rules: CE-13.
#[test]
fn a_root_signed_certificate_with_other_usages_is_refused() {
    let (root_pair, pair) = (KeyPair::generate_for(&PKCS_ED25519).unwrap(), KeyPair::generate_for(&PKCS_ED25519).unwrap());
    let root_key = SigningKey::from_pkcs8_der(root_pair.serialized_der()).unwrap();
    let whole = period("2026-01-01T00:00:00Z", "2056-01-01T00:00:00Z");
    let root = Root::from_certificate(make_root(&root_key, &name("CH1"), serial(1), whole).unwrap()).unwrap();
    let mut above = CertificateParams::default();
    above.distinguished_name = DistinguishedName::new();
    above.distinguished_name.push(DnType::OrganizationName, "Terminal Server Licensing Lab");
    above.distinguished_name.push(DnType::OrganizationalUnitName, "Root");
    above.distinguished_name.push(DnType::CommonName, "CH1");
    let issuer = Issuer::from_params(&above, &root_pair);
    let mut params = CertificateParams::default();
    params.distinguished_name = server_subject();
    params.not_before = date_time_ymd(2026, 6, 1);
    params.not_after = date_time_ymd(2036, 6, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 32473, 7, 2])];
    let refusal = |params: &CertificateParams| {
        let certificate = Certificate::from_der(params.signed_by(&pair, &issuer).unwrap().der().to_vec());
        ServerCertificate::under_root(&root, certificate).unwrap_err().to_string()
    };
    assert!(refusal(&params).contains("2.5.29.32 is missing"), "{}", refusal(&params));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert!(refusal(&params).contains("2.5.29.19"), "{}", refusal(&params));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages.push(KeyUsagePurpose::CrlSign);
    assert!(refusal(&params).contains("2.5.29.15"), "{}", refusal(&params));
    params.key_usages.pop();
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::CodeSigning);
    assert!(refusal(&params).contains("2.5.29.37"), "{}", refusal(&params));
    params.extended_key_usages.pop();
    params.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())];
    assert!(refusal(&params).contains("2.5.29.17"), "{}", refusal(&params));
}

#[test]
fn a_period_must_lie_inside_the_root_s() {
    let (lab, holder) = (Lab::new(), KeyHolder { name: name("LS1"), product_id: product(3), key: key().public() });
    let make = |from: &str, until: &str| make_activation_certificate(&lab.root, &lab.root_key, &holder, serial(2), period(from, until));
    assert!(make("2026-01-01T00:00:00Z", "2056-01-01T00:00:00Z").is_ok());
    assert!(make("2026-01-01T00:00:00Z", "2056-01-01T00:00:01Z").is_err());
    assert!(make("2025-12-31T23:59:59Z", "2036-01-01T00:00:00Z").is_err());
    assert!(make("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z").is_err());
}

/// Rules: CE-09, CE-14.
#[test]
fn far_and_early_years_survive_a_certificate() {
    for (from, until) in [
        ("1970-01-01T00:00:00Z", "2050-01-01T00:00:00Z"),
        ("2049-12-31T23:59:59Z", "2051-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ] {
        let certificate = make_self_signed(&key(), &name("LS1"), &product(3), serial(9), period(from, until)).unwrap();
        let checked = ServerCertificate::self_signed(certificate).unwrap();
        assert_eq!(checked.period(), period(from, until));
        assert!(checked.is_self_signed());
    }
}

#[test]
fn pem_comes_back_as_it_went() {
    let root = Lab::new().root;
    let text = root.certificate().pem();
    assert_eq!(Root::parse_pem(&text).unwrap(), root);
    assert_eq!(Root::parse_pem(&text.replace('\n', "\r\n")).unwrap(), root);
    assert!(Root::parse_pem(&format!("{text}{text}")).is_err());
    assert!(Root::parse_pem(&text.replace("CERTIFICATE", "PRIVATE KEY")).is_err());
    assert_eq!(root.fingerprint().len(), 64);
}

#[test]
fn keys_in_other_forms_are_refused() {
    let ecdsa = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    assert!(SigningKey::from_pkcs8_der(ecdsa.serialized_der()).is_err());
    assert!(SigningKey::from_pkcs8_der(b"").is_err());
    assert!(SigningKey::from_pkcs8_der(&[0x30, 0x05, 1, 2, 3, 4, 5]).is_err());
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let text = SigningKey::pem_of_pkcs8(pair.serialized_der());
    assert_eq!(SigningKey::from_pkcs8_pem(&text).unwrap().public().as_bytes(), pair.public_key_raw());
    assert!(SigningKey::from_pkcs8_pem("nothing").is_err());
}

/// Version 1 of PKCS#8 holds no public half; it is what `openssl genpkey` writes. Version 2 is tested by all others.
#[test]
fn a_key_without_its_public_half_is_taken() {
    let mut der = vec![0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([7; 32]);
    let key = SigningKey::from_pkcs8_der(&der).unwrap();
    let signature = key.sign(b"something").unwrap();
    assert!(shared::trust::signature_holds(&signature, b"something", &key.public()));
    assert!(!shared::trust::signature_holds(&signature, b"something else", &key.public()));
}

#[test]
fn serial_numbers_are_positive_and_of_full_length() {
    for byte in 0..=255 {
        let serial = Serial::from_random([byte; 16]);
        assert!((0x40..0x80).contains(&serial.as_bytes()[0]));
        assert_eq!(serial.to_string().parse(), Ok(serial));
    }
    assert!("00000000000000000000000000000000".parse::<Serial>().is_err());
    assert!("".parse::<Serial>().is_err());
}

fn pem(der: &[u8], label: &str) -> String {
    use base64::Engine as _;
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64::engine::general_purpose::STANDARD.encode(der))
}
