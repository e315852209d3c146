//! Certificates and licenses of a running lab in the hands of `openssl`, which shares no code with this workspace. Says so and
//! checks nothing on a machine without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a skipped check says so loudly")]

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use shared::model::{LabTime, Span};
use shared::trust::Certificate;
use shared::wire::license_server::ActivationView;
use tests::harness::{Plan, TestLab};

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

/// The root as anybody downloads it.
async fn download_root(lab: &TestLab) -> String {
    let answer = reqwest::get(format!("{}/root.pem", lab.clearinghouse.url())).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-pem-file");
    answer.text().await.unwrap()
}

/// Rules: CE-13.
#[tokio::test]
async fn openssl_accepts_the_activation_certificate_at_lab_time_and_refuses_it_under_another_lab_s_root() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut ours, theirs) = tokio::join!(Plan::default().start(), Plan::default().start());
    let activation: ActivationView = ours.license_servers[0].get("/activation").await;
    let (from, until) = (activation.activated_at.unwrap(), activation.ends_at.unwrap());
    for (file, text) in [
        ("root.pem", download_root(&ours).await),
        ("theirs.pem", download_root(&theirs).await),
        ("activation.pem", activation.certificate.unwrap()),
    ] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let accepts = |root, moment| verify(folder.path(), root, "activation.pem", moment);
    assert!(accepts("root.pem", ours.now()));
    assert!(!accepts("theirs.pem", ours.now()));
    // openssl counts the NotAfter second itself as past; RFC 5280 and this lab count it as the last one.
    assert!(accepts("root.pem", from) && accepts("root.pem", until - Span::seconds(2)));
    assert!(!accepts("root.pem", from - Span::seconds(1)) && !accepts("root.pem", until));
    ours.advance(Span::days(365)).await;
    assert!(accepts("root.pem", ours.now()), "time that was skipped is no trouble");
}

/// Rules: CE-13, PD-22, PD-23.
#[tokio::test]
async fn openssl_alone_checks_a_cal_s_signature_and_chain() {
    if is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (lab, other) = tokio::join!(Plan::default().start(), Plan::default().start());
    let pc = lab.licensed("PC01").await;
    let token = pc.licensing.store.values().next().unwrap().license.clone();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().0).unwrap()).unwrap();
    let leaf = Certificate::from_der(STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap());
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).unwrap();
    write("root.pem", download_root(&lab).await.as_bytes());
    write("theirs.pem", download_root(&other).await.as_bytes());
    write("leaf.pem", leaf.pem().as_bytes());
    write("message", message.as_bytes());
    write("signature", &URL_SAFE_NO_PAD.decode(signature).unwrap());
    assert!(verify(folder.path(), "root.pem", "leaf.pem", lab.now()));
    assert!(!verify(folder.path(), "theirs.pem", "leaf.pem", lab.now()));
    let key = openssl(folder.path(), &["x509", "-in", "leaf.pem", "-noout", "-pubkey"]);
    write("key.pem", &key.stdout);
    let check = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "message", "-sigfile", "signature"];
    assert!(openssl(folder.path(), &check).status.success());
    write("message", message.replacen('A', "B", 1).as_bytes());
    assert!(!openssl(folder.path(), &check).status.success());
}
