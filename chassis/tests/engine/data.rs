//! The data directory.

use std::os::unix::fs::PermissionsExt as _;

use chassis::data::{DataDir, DataError, admin_token};

#[test]
fn a_second_process_on_a_data_directory_is_told_who_holds_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ls1");
    let held = DataDir::open(&path).unwrap();
    let error = DataDir::open(&path).unwrap_err();
    assert!(matches!(error, DataError::InUse { .. }));
    let text = error.to_string();
    assert!(text.contains("ls1") && text.contains(&std::process::id().to_string()), "{text}");
    drop(held);
    DataDir::open(&path).unwrap();
}

/// A child that is being started shares the open files of whoever starts it.
#[test]
fn a_directory_that_a_child_still_has_a_share_in_is_free_when_the_child_lets_go() {
    let home = tempfile::TempDir::new().unwrap();
    drop(DataDir::open(home.path()).unwrap());
    let lock = std::fs::File::options().read(true).write(true).open(home.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let mut child = std::process::Command::new("sleep").arg("0.1").stdin(lock).spawn().unwrap();
    DataDir::open(home.path()).unwrap();
    child.wait().unwrap();
}

#[test]
fn a_data_directory_and_its_secrets_are_for_their_owner_only() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ls1");
    let data = DataDir::open(&path).unwrap();
    let token = admin_token(&data.token_path()).unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(admin_token(&data.token_path()).unwrap(), token);
    let mode = |name: &str| path.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("admin-token"), mode("lock")), (0o700, 0o600, 0o600));
}

#[test]
fn a_secret_is_made_once_and_read_ever_after() {
    let home = tempfile::tempdir().unwrap();
    let data = DataDir::open(home.path()).unwrap();
    let make = |bytes: &[u8]| Ok::<_, String>(bytes.to_vec());
    assert_eq!(data.secret_file("key.pem", || make(b"first")).unwrap(), b"first");
    assert_eq!(data.secret_file("key.pem", || make(b"second")).unwrap(), b"first");
    assert!(data.secret_file("other", || Err::<Vec<u8>, _>("no randomness")).is_err());
    assert!(!home.path().join("other").exists());
}

#[test]
fn a_broken_token_file_is_named_with_its_cure() {
    let home = tempfile::tempdir().unwrap();
    let data = DataDir::open(home.path()).unwrap();
    std::fs::write(home.path().join("admin-token"), "short").unwrap();
    let text = admin_token(&data.token_path()).unwrap_err().to_string();
    assert!(text.contains("admin-token") && text.contains("remove it"), "{text}");
}
