//! The license server is killed while CALs are drawn.
//!
//! `TSL_DRILL_KILLS=200` kills this service, and each of the others in the files beside this one, so many times.

use std::time::Duration;

use futures_util::future::{join, join_all};
use shared::ledger::Ledger;
use shared::model::{CalKind, ProductType, ProductVersion};
use tests::harness::{Plan, TestLab, device, log_on};
use tests::size::size;
use tokio::sync::watch;

use crate::process::{Head, Process, verified};
use crate::tally::{Tally, counts_add_up, figures, on_record};

const CLIENTS: usize = 64;
const POOL: u32 = 50;

/// Whether the license server can be asked, and when to stop asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Up,
    Down,
    Stop,
}

/// Rules: LS-05, LS-06, LS-13.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_license_server_killed_again_and_again_while_64_clients_race_for_50_cals_loses_none_and_doubles_none() {
    let mut lab = Plan::default().packs(&[]).start().await;
    lab.license_servers[0].stop().await;
    let (tally, sign) = (Tally::new(), watch::Sender::new(Sign::Down));
    let clients = join_all((0..CLIENTS).map(|client| draw(&lab, client, &tally, sign.subscribe())));
    let kills = size("KILLS", 20);
    join(clients, kill_and_start(&lab, kills, &tally, &sign)).await;

    let process = Process::of("license-server", &lab.license_servers[0]).await;
    let rows = counts_add_up(&lab.license_servers[0]).await;
    tally.answered().is_on_record(&rows);
    let drawn = rows.iter().filter(|row| row.cal.kind == CalKind::Permanent).count();
    let (free, installed) = lab.pool(0).await;
    assert_eq!(installed, POOL * u32::try_from(kills).unwrap());
    assert_eq!(usize::try_from(installed - free).unwrap(), drawn);
    let answered = tally.permanents();
    assert!(answered <= drawn && drawn <= answered + CLIENTS * kills, "{drawn} drawn, {answered} answered");
    process.kill();
    let entries = verified::<Ledger>(&lab.license_servers[0]).await.last;
    figures(&format!(
        "{kills} kills: {drawn} of {installed} CALs drawn, {answered} of them answered, {} at the second try; {} licenses on record, {entries} entries",
        tally.answered().again(),
        rows.len()
    ));
}

/// Every round installs a pool of its own and ends with a kill in the middle of it.
async fn kill_and_start(lab: &TestLab, kills: usize, tally: &Tally, sign: &watch::Sender<Sign>) {
    let server = &lab.license_servers[0];
    let mut entries = 0;
    for round in 0..kills {
        let process = Process::of("license-server", server).await;
        let head = Head::of(server);
        let before = tally.answered();
        before.is_on_record(&on_record(server).await);
        lab.install(0, ProductVersion::V5_2, ProductType::Device, POOL).await;
        sign.send_replace(Sign::Up);
        let wanted = tally.permanents() + 5 + round * 7 % 40;
        tokio::time::timeout(Duration::from_secs(60), tally.until(wanted)).await.expect("CALs are drawn");
        process.kill_in_round(round, &head);
        sign.send_replace(Sign::Down);
        let last = verified::<Ledger>(server).await.last;
        assert!(last > entries, "the journal grew from {entries} to {last}");
        entries = last;
    }
    sign.send_replace(Sign::Stop);
}

/// One client after the other: a first visit with a logon, then visits until a permanent comes; waits while the server is down.
async fn draw(lab: &TestLab, client: usize, tally: &Tally, mut sign: watch::Receiver<Sign>) {
    for number in 0..100_000 {
        let mut device = device(&format!("PC{client:02}-{number}"));
        for _ in 0..10 {
            if *sign.wait_for(|sign| *sign != Sign::Down).await.expect("a sign") == Sign::Stop {
                return;
            }
            let visited = lab.visit(0, &mut device, log_on()).await;
            tally.note(&visited);
            if device.licensing.store.values().filter_map(client::device::StoredLicense::read).any(|cal| cal.kind == CalKind::Permanent) {
                break;
            }
        }
    }
}
