//! Start and stop of a service.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chassis::config::{Kind, ServiceConfig};
use chassis::server::{ServiceError, Site, StartError};
use tempfile::TempDir;

use crate::toy::Toy;

#[tokio::test]
async fn a_taken_port_is_named_with_the_switch_that_changes_it() {
    let first = Toy::start().await;
    let taken = first.running.address;
    let error = Toy::start_with(|config| {
        config.bind = Some(taken);
        config.bind_switch = "--ports";
    })
    .await
    .err()
    .unwrap();
    assert!(matches!(error, StartError::Taken { .. }));
    let text = error.to_string();
    assert!(text.contains(&taken.to_string()) && text.contains("--ports"), "{text}");
}

#[tokio::test]
async fn key_and_token_are_made_once_and_kept_from_others() {
    let data = TempDir::new().unwrap();
    let config = ServiceConfig::embedded("TOY1".parse().unwrap(), data.path().to_owned());
    let key = Site::open(Kind::LicenseServer, &config).unwrap().identity.public_key();
    let again = Site::open(Kind::LicenseServer, &config).unwrap();
    assert_eq!(again.identity.public_key(), key);
    for file in ["key.pem", "admin-token"] {
        let mode = std::fs::metadata(data.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(matches!(Site::open(Kind::LicenseServer, &config), Err(StartError::Data(_))), "a second process is told so");
}

#[tokio::test]
async fn a_key_file_with_something_else_ends_the_start_with_what_to_do() {
    let data = TempDir::new().unwrap();
    let config = ServiceConfig::embedded("TOY1".parse().unwrap(), data.path().to_owned());
    for garbage in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let file = data.path().join("key.pem");
        std::fs::write(&file, garbage).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = Site::open(Kind::LicenseServer, &config).err().unwrap().to_string();
        assert!(error.contains("key.pem") && error.contains("put the file back"), "{error}");
    }
}

#[tokio::test]
async fn several_services_run_in_one_process_and_each_stops_by_itself() {
    let (first, second) = (Toy::start().await, Toy::start().await);
    let engine = first.engine.clone();
    let url = first.running.url();
    first.running.stop().await.unwrap();
    assert_eq!(engine.closed.load(Ordering::SeqCst), 1);
    assert!(first.http.get(format!("{url}/health")).send().await.is_err());
    assert_eq!(second.request("GET", "/health").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_stop_is_quick_though_connections_are_kept_and_leaves_nothing_open() {
    for _ in 0..5 {
        let toy = Toy::start().await;
        let (engine, http) = (toy.engine.clone(), toy.http.clone());
        for _ in 0..3 {
            assert_eq!(toy.request("GET", "/health").send().await.unwrap().status(), 200);
        }
        let stopping = tokio::time::timeout(Duration::from_millis(1500), toy.running.stop());
        stopping.await.expect("a stop does not wait for idle connections").unwrap();
        assert_eq!(Arc::strong_count(&engine), 1 + 1, "the engine is free to be opened again, but for the toy's own handles");
        drop(http);
    }
}

#[tokio::test]
async fn a_failed_journal_ends_the_service_with_its_reason() {
    let mut toy = Toy::start().await;
    toy.engine.failure.send_replace(Some("the disk is full".to_owned()));
    let ended = toy.running.finished().await;
    assert!(matches!(&ended, ServiceError::Journal { .. }));
    assert!(ended.to_string().contains("the disk is full"), "{ended}");
    toy.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_token_stands_in_no_debug_output() {
    let toy = Toy::start().await;
    assert!(!format!("{:?}", toy.running).contains(&toy.running.admin_token));
    assert_eq!(std::fs::read_to_string(&toy.running.admin_token_path).unwrap().trim(), toy.running.admin_token);
}
