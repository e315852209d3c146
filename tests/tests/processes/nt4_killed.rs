//! A terminal server of Windows NT 4.0 is killed: its scratch files stay, and the next start takes the next seven numbers.

use std::path::Path;

use serde_json::{Value, json};
use shared::model::Generation;
use shared::node::Node;
use shared::wire::workstation::WorkstationLicenses;
use tests::harness::{Plan, TestLab, device};

use crate::process::{Process, verified};

/// Rules: NT-46, NT-47, NT-48, NT-50, NT-53.
#[tokio::test]
async fn a_killed_nt_server_leaves_its_scratch_files_and_loses_no_license() {
    let plan = Plan::default().license_servers(&[]).packs(&[]).terminal_servers(&[("NT1", Generation::WindowsNt4)]).grace_running();
    let mut lab = plan.start().await;
    let server = &lab.terminal_servers[0];
    server.api().post::<_, Value>("/nt/license-manager/cals", &json!({ "count": 50 })).await.unwrap();
    server.api().post::<_, Value>("/nt/licenses", &json!({ "category": "full", "count": 50 })).await.unwrap();
    let folder = server.data().join("system32");
    lab.terminal_servers[0].stop().await;
    assert_eq!(files(&folder), 0, "a clean stop");

    let mut devices = Vec::new();
    for kill in 0..4 {
        let process = Process::of_generation("terminal-server", &lab.terminal_servers[0], Generation::WindowsNt4).await;
        assert_eq!(files(&folder), 7 * (kill + 1), "those of the runs before, and seven more");
        assert!((1..=7 * (kill + 1)).all(|number| folder.join(format!("JET{number}.TMP")).exists()));
        let mut new = device(&format!("PC{kill}"));
        lab.connect(&mut new).await;
        lab.log_on(&mut device(&format!("LOG{kill}"))).await;
        devices.push(new);
        process.kill();
        verified::<Node>(&lab.terminal_servers[0]).await;
    }
    let process = Process::of_generation("terminal-server", &lab.terminal_servers[0], Generation::WindowsNt4).await;
    assert_eq!(seen(&lab).await, (8, 4), "the four that only connected wait for their logon");
    for device in &mut devices {
        assert_eq!(lab.log_on(device).await.connected.rule, "NT-44", "the client had it before the kill");
    }
    assert_eq!(seen(&lab).await, (8, 0));
    assert_eq!(files(&folder), 35);
    process.terminate();
    assert_eq!(files(&folder), 28, "told to end, it takes its own seven away and leaves those of the dead");
}

/// Issued Full licenses, and how many wait for a logon.
async fn seen(lab: &TestLab) -> (u32, u32) {
    let licenses: WorkstationLicenses = lab.terminal_servers[0].get("/nt/licenses").await;
    (licenses.rows[1].issued, licenses.waiting)
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
