//! `tsl` with addresses from the environment alone, as for a lab of containers or machines.

use tests::harness::{Plan, TestLab};
use tests::tsl::Room;

use crate::{items, room};

fn addressed(lab: &TestLab) -> Room {
    let token = |service: &tests::harness::Service| service.data().join("admin-token").display().to_string();
    let (license_server, terminal_servers) = (&lab.license_servers[0], &lab.terminal_servers);
    let of = |value: &dyn Fn(&tests::harness::Service) -> String| {
        let items: Vec<_> = terminal_servers.iter().map(|server| format!("{}={}", server.name(), value(server))).collect();
        items.join(",")
    };
    room()
        .with("TSL_CLEARINGHOUSE", lab.clearinghouse.url())
        .with("TSL_CLEARINGHOUSE_TOKEN_FILE", token(&lab.clearinghouse))
        .with("TSL_LICENSE_SERVER", license_server.url())
        .with("TSL_LICENSE_SERVER_TOKEN", std::fs::read_to_string(license_server.data().join("admin-token")).unwrap())
        .with("TSL_TERMINAL_SERVER", of(&|server| server.url()))
        .with("TSL_TERMINAL_SERVER_TOKEN_FILE", of(&token))
        .with("TSL_CLIENTS", "devices")
        .with("TSL_PASSWORDS_FILE", "passwords.json")
}

/// Rules: AC-10, AC-30, WS03-02.
#[tokio::test(flavor = "multi_thread")]
async fn a_lab_elsewhere_is_set_up_and_used_with_addresses_from_the_environment() {
    let plan = Plan::default().not_enrolled();
    let lab = plan.terminal_servers(&[("TS1", shared::model::Generation::Windows2003), ("TS2", shared::model::Generation::Windows2003)]);
    let lab = lab.start().await;
    let room = addressed(&lab);
    assert_eq!(room.tsl("wait --seconds 5").exit, 0);
    let steps = room.json("setup --cals 7 --per-user TS2");
    assert!(items(&steps).iter().filter(|step| step["changed"] == true).count() >= 8, "{steps}");
    let status = room.json("status");
    assert!(items(&status["services"]).iter().all(|service| service["up"] == true), "{status}");
    assert_eq!(room.json("mode --server TS2")["mode"], "per-user");
    let _ = room.done("connect PC01 --server TS1");
    let _ = room.done("connect PC01 --server TS1");
    assert_eq!(lab.pool(0).await, (6, 7));
    assert!(room.path().join("devices/PC01.json").exists() && room.path().join("passwords.json").exists());
    assert!(!room.path().join("tsl-data").exists());

    // Done again, it changes nothing.
    let again = room.json("setup --cals 7");
    assert!(items(&again).iter().all(|step| step["changed"] == false), "{again}");
    let unknown = room.tsl("packs --server LS9");
    assert_eq!(unknown.exit, 2, "{unknown:?}");
    assert!(unknown.err.contains("LS1"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_a_device_still_connects_and_an_administrator_is_told_what_is_missing() {
    let lab = Plan::default().start().await;
    let room = room().with("TSL_TERMINAL_SERVER", lab.terminal_servers[0].url()).with("TSL_PASSWORD", "correct horse");
    assert_eq!(room.tsl("connect PC01 --user anna").exit, 0);
    let said = room.tsl("sessions");
    assert_eq!(said.exit, 2, "{said:?}");
    assert!(said.err.contains("TSL_TERMINAL_SERVER_TOKEN_FILE"), "{said:?}");
}
