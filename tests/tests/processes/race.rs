//! Many clients, few CALs.

use std::collections::BTreeSet;

use client::device::Device;
use client::session::{Answer, Then, Visited};
use futures_util::future::{join, join_all};
use shared::model::{Cal, CalKind, ProductType, ProductVersion};
use tests::harness::{Plan, TestLab, days, device};

use crate::tally::{counts_add_up, figures, newest_pack};

const CLIENTS: usize = 64;
const POOL: u32 = 50;
const ROUNDS: usize = 200;

/// Every client has had its temporary, which is over, and draws from the pool of its round. A client whose license server
/// was silent, as it may be on a busy machine, asks again.
///
/// Rules: LS-05, LS-06, PD-10, PD-11.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_clients_that_race_for_50_cals_never_51_get_one_in_200_rounds() {
    let mut lab = Plan::default().packs(&[]).start().await;
    let mut devices: Vec<Device> = (0..CLIENTS * ROUNDS).map(|number| device(&format!("PC{number:05}"))).collect();
    for group in devices.chunks_mut(CLIENTS) {
        join_all(group.iter_mut().map(|device| temporary(&lab, device))).await;
    }
    // Beyond the ends of all temporaries.
    lab.advance(days(91)).await;
    let mut ids = BTreeSet::new();
    for group in devices.chunks_mut(CLIENTS) {
        lab.install(0, ProductVersion::V5_2, ProductType::Device, POOL).await;
        let race = join_all(group.iter_mut().map(|device| permanent(&lab, device)));
        let (cals, seen) = join(race, newest_pack(&lab.license_servers[0])).await;
        assert!(seen.0 <= POOL);
        let cals: Vec<Cal> = cals.into_iter().flatten().collect();
        assert_eq!(cals.len(), POOL as usize);
        assert_eq!(newest_pack(&lab.license_servers[0]).await, (0, POOL));
        ids.extend(cals.iter().map(|cal| cal.id));
    }
    let wanted = POOL as usize * ROUNDS;
    assert_eq!(ids.len(), wanted, "no CAL went to two clients");
    let rows = counts_add_up(&lab.license_servers[0]).await;
    assert_eq!(rows.iter().filter(|row| row.cal.kind == CalKind::Permanent).count(), wanted);
    assert_eq!(lab.pool(0).await, (0, POOL * ROUNDS as u32));
    figures(&format!("{ROUNDS} rounds of {CLIENTS} clients for {POOL} CALs: {} drawn, {} licenses on record", ids.len(), rows.len()));
}

async fn temporary(lab: &TestLab, device: &mut Device) {
    let cal = asked(lab, device).await.expect("a temporary");
    assert_eq!(cal.kind, CalKind::Temporary);
}

/// The permanent that a client of the race got, if any.
async fn permanent(lab: &TestLab, device: &mut Device) -> Option<Cal> {
    let cal = asked(lab, device).await?;
    assert_eq!(cal.kind, CalKind::Permanent);
    Some(cal)
}

/// What a license server that answered gave.
async fn asked(lab: &TestLab, device: &mut Device) -> Option<Cal> {
    for _ in 0..20 {
        let visited = lab.visit(0, device, Then::Wait).await;
        if !was_silent(&visited) {
            return match visited.verdict {
                Answer::Accepted { connected, .. } => connected.license.map(|granted| granted.cal),
                Answer::Denied { .. } => None,
            };
        }
    }
    panic!("the license server was silent twenty times");
}

fn was_silent(visited: &Visited) -> bool {
    let trace = match &visited.verdict {
        Answer::Accepted { connected, .. } => &connected.trace,
        Answer::Denied { problem } => &problem.denial.as_ref().expect("a denial says why").trace,
    };
    trace.iter().any(|step| step.rule == "SD-02")
}
