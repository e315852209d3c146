//! The clearinghouse is killed while license servers activate and buy.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{join, join_all};
use shared::model::{Generation, PackId, ProductType, ProductVersion, Purchase};
use shared::registry::Registry;
use shared::wire::clearinghouse::{ActivationRecord, BoughtCode, BuyCode, PackRecord};
use shared::wire::common::Page;
use shared::wire::license_server::{Activate, ActivationView, InstallPack, PackList, PackRow};
use tests::harness::{Plan, TestLab, registrant, request_id};
use tests::size::size;
use tokio::sync::watch;

use crate::process::{Head, Process, verified};
use crate::tally::figures;

const SERVERS: [&str; 4] = ["LS1", "LS2", "LS3", "LS4"];

/// Rules: AC-32, AC-33, AC-42.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clearinghouse_killed_among_activations_and_packs_issues_each_once() {
    let servers: Vec<(&str, Generation)> = SERVERS.iter().map(|name| (*name, Generation::Windows2003)).collect();
    let mut lab = Plan::default().license_servers(&servers).not_activated().grace_running().start().await;
    lab.clearinghouse.stop().await;
    let done = watch::Sender::new(0);
    let kills = size("KILLS", 6);
    let packs_each = kills.max(12);
    let buyers = join_all((0..SERVERS.len()).map(|server| set_up(&lab, server, packs_each, &done)));
    let (_, process) = join(buyers, kill_and_start(&lab, kills, packs_each, &done)).await;

    let activations: Page<ActivationRecord> = lab.clearinghouse.get("/activations?limit=1000").await;
    let packs: Page<PackRecord> = lab.clearinghouse.get("/packs?limit=1000").await;
    let serials: BTreeSet<_> = activations.items.iter().map(|row| (&row.name, &row.serial)).collect();
    assert_eq!(serials.len(), SERVERS.len(), "one certificate a server, however often it was asked for: {serials:?}");
    for server in &lab.license_servers {
        let list: PackList = server.api().packs().await.expect("all packs");
        let installed: BTreeSet<&PackId> = list.packs.iter().map(|row| &row.pack.id).collect();
        let issued: BTreeSet<&PackId> =
            packs.items.iter().filter(|row| row.name == server.name()).filter_map(|row| row.pack.as_ref()).map(|pack| &pack.id).collect();
        assert_eq!((installed.len(), list.packs.len()), (packs_each, packs_each));
        assert_eq!(installed, issued, "what was issued to {} is what it has", server.name());
        assert_eq!(server.events(4).await, 1, "activated once");
    }
    assert_eq!(packs.items.len(), SERVERS.len() * packs_each, "each request is on record once");
    process.kill();
    let entries = verified::<Registry>(&lab.clearinghouse).await.last;
    figures(&format!("{kills} kills: {} activations on record, {} packs, {entries} entries", activations.items.len(), packs.items.len()));
}

async fn kill_and_start(lab: &TestLab, kills: usize, packs_each: usize, done: &watch::Sender<usize>) -> Process {
    let step = SERVERS.len() * packs_each / kills;
    for round in 0..kills {
        let process = Process::of("clearinghouse", &lab.clearinghouse).await;
        let mut watched = done.subscribe();
        let wanted = 1 + round * step;
        let head = Head::of(&lab.clearinghouse);
        tokio::time::timeout(Duration::from_secs(60), watched.wait_for(|done| *done >= wanted)).await.expect("progress").expect("a count");
        process.kill_in_round(round, &head);
        verified::<Registry>(&lab.clearinghouse).await;
    }
    Process::of("clearinghouse", &lab.clearinghouse).await
}

/// Activates a license server and installs its packs, each step again until it is answered.
async fn set_up(lab: &TestLab, index: usize, packs: usize, done: &watch::Sender<usize>) {
    let server = &lab.license_servers[index];
    let activated: ActivationView =
        until_answered(async || server.api().post("/activation", &Activate { registrant: registrant() }).await.ok()).await;
    assert_eq!(activated.status, 0);
    done.send_modify(|done| *done += 1);
    for _ in 0..packs {
        let package = BuyCode { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity: 5 };
        let bought: BoughtCode = until_answered(async || lab.clearinghouse.api().post("/lab/reseller/codes", &package).await.ok()).await;
        let install = InstallPack { request: request_id(), purchase: Purchase::Retail { code: bought.code }, wanted: None };
        let row: PackRow = until_answered(async || server.api().post("/packs", &install).await.ok()).await;
        assert_eq!((row.available, row.pack.total), (5, 5));
        done.send_modify(|done| *done += 1);
    }
}

async fn until_answered<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..6000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no answer in a minute");
}
