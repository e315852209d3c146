//! What a client device keeps, and which of its licenses it presents.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use client::device::{Device, Part, Slot, device_names};
use lab::clients::Clients;
use serde_json::json;
use shared::model::{Cal, CalId, CalKind, HardwareId, LabTime, Origin, PackId, Platform, ProductVersion, Span};
use shared::wire::terminal_server::LicenseRequest;

/// Rules: ST-01.
#[test]
fn a_hardware_id_is_made_once_and_begins_with_the_platform() {
    let mut device = device("PC01");
    let first = device.hardware_id(|| [7; 16]);
    assert_eq!(first, HardwareId::new(Platform::Windows98.id(), [7; 16]));
    assert_eq!(device.hardware_id(|| [8; 16]), first);
}

/// Rules: ST-02, ST-03.
#[test]
fn licenses_of_several_versions_lie_side_by_side_under_their_lookup_keys() {
    let mut device = device("PC01");
    let asked = request(ProductVersion::V5_2);
    let old = device.store(license(CalKind::Permanent, ProductVersion::V5_0, 30), &asked);
    let new = device.store(license(CalKind::Temporary, ProductVersion::V5_2, 90), &asked);
    assert_eq!((old.to_string().as_str(), new.to_string().as_str()), ("LICENSE000", "LICENSE001"));
    let stored = &device.licensing.store[&new];
    assert_eq!(
        (stored.product.as_str(), stored.company.as_str(), stored.scope.as_str()),
        ("A02", "Microsoft Corporation", "microsoft.com")
    );
}

/// Rules: ST-02, PD-06.
#[test]
fn an_upgrade_takes_the_place_of_the_license_of_its_version() {
    let mut device = device("PC01");
    let asked = request(ProductVersion::V5_2);
    device.store(license(CalKind::Permanent, ProductVersion::V5_0, 30), &asked);
    let temporary = device.store(license(CalKind::Temporary, ProductVersion::V5_2, 90), &asked);
    let permanent = device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    assert_eq!((permanent, device.licensing.store.len()), (temporary, 2));
    assert_eq!(device.licensing.store[&permanent].read().unwrap().kind, CalKind::Permanent);
}

/// Rules: ST-02, CON-22.
#[test]
fn a_license_that_cannot_be_read_is_replaced_before_a_new_place_is_taken() {
    let mut device = device("PC01");
    let asked = request(ProductVersion::V5_2);
    let slot = device.store("rubbish".to_owned(), &asked);
    assert_eq!(device.store(license(CalKind::Temporary, ProductVersion::V5_2, 90), &asked), slot);
}

/// Rules: SD-01.
#[test]
fn a_license_that_holds_is_presented_before_a_nearer_one_that_has_ended() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_0));
    device.store(license(CalKind::Permanent, ProductVersion::V5_0, 10), &asked);
    device.store(license(CalKind::Temporary, ProductVersion::V5_2, 90), &asked);
    assert_eq!(presented(&device, &asked, start() + Span::days(10)), Some(ProductVersion::V5_2));
}

/// Rules: SD-01.
#[test]
fn a_license_holds_up_to_but_not_including_its_end() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_0));
    device.store(license(CalKind::Permanent, ProductVersion::V5_0, 10), &asked);
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 90), &asked);
    let end = start() + Span::days(10);
    assert_eq!(presented(&device, &asked, end - Span::seconds(1)), Some(ProductVersion::V5_0));
    assert_eq!(presented(&device, &asked, end), Some(ProductVersion::V5_2));
}

/// Rules: SD-01.
#[test]
fn a_permanent_is_presented_before_a_nearer_temporary() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_0));
    device.store(license(CalKind::Temporary, ProductVersion::V5_0, 90), &asked);
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    assert_eq!(presented(&device, &asked, start()), Some(ProductVersion::V5_2));
}

/// Rules: SD-01, PD-20.
#[test]
fn of_two_that_are_equally_good_the_nearest_version_is_presented() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_0));
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    device.store(license(CalKind::Permanent, ProductVersion::V5_0, 60), &asked);
    assert_eq!(presented(&device, &asked, start()), Some(ProductVersion::V5_0));
}

/// Rules: PD-19.
#[test]
fn an_older_license_is_presented_only_where_there_is_none_of_the_version_asked_for() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_2));
    device.store(license(CalKind::Permanent, ProductVersion::V5_0, 60), &asked);
    assert_eq!(presented(&device, &asked, start()), Some(ProductVersion::V5_0));
    device.store(license(CalKind::Temporary, ProductVersion::V5_2, 1), &asked);
    assert_eq!(presented(&device, &asked, start() + Span::days(2)), Some(ProductVersion::V5_2));
}

/// Rules: PD-22.
#[test]
fn a_license_that_cannot_be_read_is_presented_last() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_2));
    let damaged = device.store("rubbish".to_owned(), &asked);
    assert_eq!(device.present(&asked, start()).map(|(slot, _)| slot), Some(damaged));
    let mut whole = self::device("PC02");
    let slot = whole.store(license(CalKind::Permanent, ProductVersion::V5_0, 1), &asked);
    device.licensing.store.insert("LICENSE001".parse().unwrap(), whole.licensing.store[&slot].clone());
    assert_eq!(presented(&device, &asked, start() + Span::days(5)), Some(ProductVersion::V5_0));
}

/// Rules: ST-03.
#[test]
fn a_license_of_another_product_is_not_presented() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_2));
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    let other = LicenseRequest { product: "A03".to_owned(), ..asked };
    assert!(device.present(&other, start()).is_none());
}

/// Rules: ST-05, ST-06.
#[test]
fn deleting_a_license_keeps_the_hardware_id_and_deleting_the_key_does_not() {
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_2));
    let first = device.hardware_id(|| [1; 16]);
    let slot = device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    assert!(device.delete_license(slot) && !device.delete_license(slot));
    assert_eq!(device.hardware_id(|| [2; 16]), first);
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    device.delete_key();
    assert!(device.present(&asked, start()).is_none());
    assert_ne!(device.hardware_id(|| [2; 16]), first);
}

/// Rules: ST-10, ST-11.
#[test]
fn a_copied_store_keeps_the_target_s_hardware_id_and_an_image_takes_the_source_s() {
    let (mut source, asked) = (device("PC01"), request(ProductVersion::V5_2));
    let id = source.hardware_id(|| [1; 16]);
    source.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    let mut copy = device("PC02");
    let own = copy.hardware_id(|| [2; 16]);
    copy.copy_store_from(&source);
    assert_eq!((copy.hardware_id(|| [3; 16]), &copy.licensing.store), (own, &source.licensing.store));
    let mut image = source.clone_as("PC03".parse().unwrap());
    assert_eq!(image.hardware_id(|| [3; 16]), id);
    assert_eq!(image.name.as_str(), "PC03");
}

/// Rules: PD-22, PD-23.
#[test]
fn damage_flips_one_byte_of_one_part() {
    let asked = request(ProductVersion::V5_2);
    for (part, place) in [(Part::Header, 0), (Part::Content, 1), (Part::Signature, 2)] {
        let mut device = device("PC01");
        let token = license(CalKind::Permanent, ProductVersion::V5_2, 60);
        let slot = device.store(token.clone(), &asked);
        device.damage(slot, part, 2).unwrap();
        let damaged = device.licensing.store[&slot].license.clone();
        let differ: Vec<usize> =
            token.split('.').zip(damaged.split('.')).enumerate().filter(|(_, (a, b))| a != b).map(|(index, _)| index).collect();
        assert_eq!(differ, [place]);
        let bytes = |token: &str| URL_SAFE_NO_PAD.decode(token.split('.').nth(place).unwrap()).unwrap();
        assert_eq!(bytes(&token).iter().zip(bytes(&damaged)).filter(|(a, b)| **a != *b).count(), 1);
    }
}

/// Rules: ST-01, ST-02.
#[test]
fn a_device_is_on_disk_as_its_registry_key() {
    let folder = tempfile::tempdir().unwrap();
    let clients = Clients::new(folder.path().join("clients"));
    let (mut device, asked) = (device("PC01"), request(ProductVersion::V5_2));
    device.hardware_id(|| [1; 16]);
    device.store(license(CalKind::Permanent, ProductVersion::V5_2, 60), &asked);
    clients.save(&device).unwrap();
    assert_eq!(clients.find(&device.name).unwrap(), Some(device.clone()));
    assert_eq!(clients.names().unwrap(), [device.name.clone()]);
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.path().join("clients/PC01.json")).unwrap()).unwrap();
    assert_eq!(file["MSLicensing"]["HardwareID"]["ClientHWID"], device.hardware_id(|| [0; 16]).to_string());
    assert_eq!(file["MSLicensing"]["Store"]["LICENSE000"]["ProductID"], "A02");
    assert!(clients.remove(&device.name).unwrap() && !clients.remove(&device.name).unwrap());
}

/// A file that is no device is named, with what to do.
#[test]
fn a_device_file_that_was_broken_is_an_error_and_not_a_new_device() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("PC01.json"), "{").unwrap();
    let error = Clients::new(folder.path()).find(&"PC01".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("PC01.json") && error.contains("delete it"), "{error}");
}

/// Both ends of a range are meant, and a wrong one is explained.
#[test]
fn a_range_of_devices_has_both_its_ends() {
    let names = |text: &str| device_names(text).map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(names("pc08..pc11").unwrap(), ["PC08", "PC09", "PC10", "PC11"]);
    assert_eq!(names("PC9..PC10").unwrap(), ["PC9", "PC10"]);
    assert_eq!(names("PC07").unwrap(), ["PC07"]);
    for wrong in ["", "PC2..PC1", "PC1..", "PC1..XY2", "PC..PC2", "PC0..PC99999", "PC01..PC99999999999999999999"] {
        assert!(names(wrong).is_err(), "{wrong}");
    }
}

/// Subkeys are named as in the registry, or by number.
#[test]
fn a_subkey_is_named_as_in_the_registry() {
    let slot = |text: &str| text.parse::<Slot>().map(|slot| slot.to_string());
    assert_eq!(slot("license007").unwrap(), "LICENSE007");
    assert_eq!(slot("3").unwrap(), "LICENSE003");
    for wrong in ["", "LICENSE", "LICENSE-1", "X3", "99999999", "70000"] {
        assert!(slot(wrong).is_err(), "{wrong}");
    }
}

fn start() -> LabTime {
    "2003-04-24T08:00:00Z".parse().unwrap()
}

fn device(name: &str) -> Device {
    Device::new(name.parse().unwrap(), Platform::Windows98)
}

fn request(version: ProductVersion) -> LicenseRequest {
    LicenseRequest {
        server: "TS1".parse().unwrap(),
        product: "A02".to_owned(),
        company: "Microsoft Corporation".to_owned(),
        scope: "microsoft.com".to_owned(),
        version,
        at: start(),
    }
}

fn presented(device: &Device, asked: &LicenseRequest, now: LabTime) -> Option<ProductVersion> {
    device.present(asked, now).and_then(|(_, license)| license.read()).map(|cal| cal.version)
}

/// A license as a client sees it: its signature means nothing to the client, so there is none worth the name.
fn license(kind: CalKind, version: ProductVersion, days: u32) -> String {
    let cal = Cal {
        id: CalId::from_random([9; 16]),
        kind,
        version,
        issuer: "LS1".parse().unwrap(),
        device: "PC01".parse().unwrap(),
        user: "student".parse().unwrap(),
        hardware_id: HardwareId::new(Platform::Windows98.id(), [1; 16]),
        issued_at: start(),
        expires_at: start() + Span::days(days),
        origin: match kind {
            CalKind::Permanent => Origin::Pack(PackId::from_random([7; 35])),
            CalKind::Temporary => Origin::Minted,
        },
    };
    let (from, until) = (cal.issued_at.unix(), cal.expires_at.unix());
    let claims = json!({ "iss": cal.issuer, "iat": from, "nbf": from, "exp": until, "jti": cal.id, "license": cal });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims), URL_SAFE_NO_PAD.encode([5; 64]))
}

/// Rules: ST-08.
#[test]
fn old_and_foreign_clients_keep_their_licenses_elsewhere() {
    let place = |platform| Device::new("PC01".parse().unwrap(), platform).store_place();
    assert_eq!(place(Platform::WindowsForWorkgroups), "System\\Regdata\\*.bin");
    assert_eq!(place(Platform::Macintosh), "/Users/Shared/Microsoft");
    assert_eq!(place(Platform::Windows98), "HKLM\\Software\\Microsoft\\MSLicensing");
}
