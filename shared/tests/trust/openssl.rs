//! The same certificates and licenses in the hands of an implementation that shares no code with this one.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use shared::model::{CalKind, LabTime};
use shared::trust::Certificate;

use crate::world::{Lab, Server, at};

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl").current_dir(folder).args(arguments).output().unwrap()
}

fn is_missing() -> bool {
    let missing = Command::new("openssl").arg("version").output().is_err();
    if missing {
        eprintln!("SKIPPED: no openssl on this machine; the cross-check of certificates and licenses did not run");
    }
    missing
}

fn verify(folder: &Path, root: &str, leaf: &str, moment: LabTime) -> bool {
    let seconds = moment.unix().to_string();
    openssl(folder, &["verify", "-x509_strict", "-attime", &seconds, "-CAfile", root, leaf]).status.success()
}

/// Rules: CE-13.
#[test]
fn openssl_accepts_an_activation_certificate_at_lab_time_and_refuses_another_lab_s() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Lab::new(), Lab::new());
    let server = Server::activated(&ours, "LS1");
    std::fs::write(folder.path().join("ours.pem"), ours.root.certificate().pem()).unwrap();
    std::fs::write(folder.path().join("theirs.pem"), theirs.root.certificate().pem()).unwrap();
    std::fs::write(folder.path().join("leaf.pem"), server.certificate.certificate().pem()).unwrap();
    assert!(verify(folder.path(), "ours.pem", "leaf.pem", at("2026-06-01T00:00:00Z")));
    // openssl counts the NotAfter second itself, 23:59:59, as past; RFC 5280 and this lab count it as the last one.
    assert!(verify(folder.path(), "ours.pem", "leaf.pem", at("2036-05-31T23:59:58Z")));
    assert!(!verify(folder.path(), "ours.pem", "leaf.pem", at("2036-06-01T00:00:00Z")));
    assert!(!verify(folder.path(), "ours.pem", "leaf.pem", at("2026-05-31T23:59:59Z")));
    assert!(!verify(folder.path(), "theirs.pem", "leaf.pem", at("2026-06-01T00:00:00Z")));
}

/// Rules: CE-13, PD-22, PD-23.
#[test]
fn openssl_alone_checks_a_license_s_signature_and_chain() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new();
    let server = Server::activated(&lab, "LS1");
    let token = server.license(CalKind::Permanent);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().0).unwrap()).unwrap();
    let leaf = Certificate::from_der(STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap());
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).unwrap();
    write("root.pem", lab.root.certificate().pem().as_bytes());
    write("leaf.pem", leaf.pem().as_bytes());
    write("message", message.as_bytes());
    write("signature", &URL_SAFE_NO_PAD.decode(signature).unwrap());
    assert!(verify(folder.path(), "root.pem", "leaf.pem", at("2026-11-23T14:00:00Z")));
    let key = openssl(folder.path(), &["x509", "-in", "leaf.pem", "-noout", "-pubkey"]);
    write("key.pem", &key.stdout);
    let check = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "message", "-sigfile", "signature"];
    assert!(openssl(folder.path(), &check).status.success());
    write("message", message.replacen('A', "B", 1).as_bytes());
    assert!(!openssl(folder.path(), &check).status.success());
}
