//! Certificates and certificate requests: what is accepted can be written again, and a certificate can be made of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::model::LabTime;
use shared::trust::{Certificate, KeyHolder, Period, Root, ServerCertificate, make_activation_certificate, read_request};

use crate::world::{World, serial, signed_anew, world};

/// A certificate as PEM or DER, as it comes and signed anew by root and license server.
pub fn certificate(data: &[u8]) {
    let world = world();
    let text = std::str::from_utf8(data).ok();
    if let Some(certificate) = text.and_then(|text| Certificate::from_pem(text).ok()) {
        assert_eq!(Certificate::from_pem(&certificate.pem()), Ok(certificate.clone()), "what PEM says is written as PEM again");
        judge(world, &certificate);
    }
    judge(world, &Certificate::from_der(data.to_vec()));
    for key in [&world.root_key, &world.key] {
        if let Some(der) = signed_anew(data, key) {
            judge(world, &Certificate::from_der(der));
        }
    }
}

fn judge(world: &World, certificate: &Certificate) {
    if let Ok(root) = Root::from_certificate(certificate.clone()) {
        let again = Root::parse_pem(&certificate.pem()).expect("a root in its other form");
        assert_eq!(again, root);
        assert_eq!((root.certificate(), root.fingerprint()), (certificate, certificate.fingerprint()));
    }
    if let Ok(server) = ServerCertificate::self_signed(certificate.clone()) {
        assert!(server.is_self_signed());
        makes_another(world, server.holder(), server.period());
    }
    if let Ok(server) = ServerCertificate::under_root(&world.root, certificate.clone()) {
        assert!(!server.is_self_signed());
        assert_eq!(server.certificate(), certificate);
        makes_another(world, server.holder(), server.period());
    }
}

/// Whoever is named in what was accepted can be given a certificate, which then names the same.
fn makes_another(world: &World, holder: &KeyHolder, period: Period) {
    let whole = world.root.period();
    let period = Period { from: period.from.max(whole.from), until: period.until.min(whole.until) };
    if period.from >= period.until {
        return;
    }
    let made = make_activation_certificate(&world.root, &world.root_key, holder, serial(9), period).expect("a certificate for the holder");
    let server = ServerCertificate::under_root(&world.root, made).expect("a certificate that was just made");
    assert_eq!((server.holder(), server.period()), (holder, period));
}

/// A certificate request as PEM or DER, as it comes and signed anew by the license server.
pub fn certificate_request(data: &[u8]) {
    let world = world();
    let texts = [std::str::from_utf8(data).ok().map(str::to_owned), Some(pem(data)), signed_anew(data, &world.key).map(|der| pem(&der))];
    for holder in texts.iter().flatten().filter_map(|text| read_request(text).ok()) {
        assert_eq!(Ok(&holder.name), holder.name.as_str().parse().as_ref(), "a name in its normal form");
        makes_another(world, &holder, Period { from: LabTime::from_unix(0), until: LabTime::NEVER });
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", lines.join("\n"))
}
