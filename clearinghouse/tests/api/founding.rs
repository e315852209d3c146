//! The root of a lab: made once, kept, and nobody else's.

use std::os::unix::fs::PermissionsExt as _;

use clearinghouse::start;
use shared::trust::Root;

use crate::world::House;

/// Rules: CE-13.
#[tokio::test]
async fn the_root_is_shown_to_anyone_and_holds_thirty_years() {
    let house = House::open().await;
    let answer = reqwest::get(format!("{}/root.pem", house.running.url())).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-pem-file");
    let root = Root::parse_pem(&answer.text().await.unwrap()).unwrap();
    let identity = house.identity().await;
    assert_eq!(identity.root_fingerprint, Some(root.fingerprint()));
    assert_eq!(root.name(), &identity.name);
    assert_eq!(root.period().until.to_string()[..10], *"2056-11-23");
    assert_ne!(root.key(), identity.key, "the root's key signs nothing but activation certificates");
}

/// Rules: CE-13.
#[tokio::test]
async fn the_root_is_the_same_after_a_restart_and_its_key_is_private() {
    let house = House::open().await;
    let root = house.root().await;
    let house = house.reopened().await;
    assert_eq!(house.root().await, root);
    for file in ["root-key.pem", "key.pem"] {
        let mode = std::fs::metadata(house.config.service.data.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_lost_root_key_is_not_replaced_in_silence() {
    let house = House::open().await;
    let (config, file) = (house.config.clone(), house.config.service.data.join("root-key.pem"));
    house.running.stop().await.unwrap();
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    let error = start(config.clone()).await.unwrap_err().to_string();
    assert!(error.contains("root-key.pem"), "{error}");
    std::fs::rename(&aside, &file).unwrap();
    start(config).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_clearinghouse_keeps_the_name_it_was_founded_with() {
    let house = House::open().await;
    let mut config = house.config.clone();
    house.running.stop().await.unwrap();
    config.service.name = Some("CH2".parse().unwrap());
    let error = start(config).await.unwrap_err().to_string();
    assert!(error.contains("founded as CH1"), "{error}");
}

#[tokio::test]
async fn years_can_be_chosen() {
    let house = House::open_with(|config| {
        config.service.lab = true;
        config.root_years = 2;
        config.certificate_years = 1;
    });
    assert_eq!(house.await.unwrap().root().await.period().until.to_string()[..10], *"2028-11-23");
}
