//! A start with many open sessions: they all end with the run before, and the next one serves at once, within bounded memory.
//!
//! `TSL_DRILL_SESSIONS=100000 cargo test -p tests --test processes open_sessions -- --nocapture` prints the figures of that size.

use std::time::Duration;

use chassis::clock::Clock;
use client::session::Then;
use futures_util::StreamExt as _;
use shared::model::SessionId;
use shared::wire::common::{JournalView, Page};
use shared::wire::terminal_server::{Ending, SessionRow, SessionState};
use tests::harness::{Plan, TestLab, device};
use tests::size::size;

use crate::process::{Process, verified};
use crate::tally::figures;

#[tokio::test]
async fn a_start_with_many_open_sessions_serves_at_once_and_ends_them_bit_by_bit() {
    let count = size("SESSIONS", 1200);
    let mut lab = Plan::default().not_enrolled().start().await;
    fill(&lab, count).await;
    let ended_at = lab.now();
    lab.terminal_servers[0].stop().await;
    let server = &lab.terminal_servers[0];
    let clock = Clock::new();
    let began = clock.host();
    let process = Process::of("terminal-server", server).await;
    let started_ms = clock.host().millis_since(began);
    let first: Page<SessionRow> = server.get("/sessions?limit=10").await;
    assert!(first.items.len() == 10 && first.next.is_some());
    assert!(first.items.iter().all(|row| row.session.state == (SessionState::Ended { at: ended_at, how: Ending::ServiceStopped })));
    let open: Page<SessionRow> = server.get("/sessions?open=true").await;
    assert!(open.items.is_empty() && open.next.is_none(), "a session of the run before is open for nobody");
    let visited = lab.visit(0, &mut device("LATER"), Then::Wait).await;
    let served_ms = clock.host().millis_since(began);
    until_written_down(&lab, count).await;
    let (ended_ms, peak) = (clock.host().millis_since(began), process.peak_memory_kib().unwrap_or_default());
    figures(&format!(
        "{count} open sessions: answers after {started_ms} ms, a client served after {served_ms} ms, all ends written down after \
         {ended_ms} ms, {} MiB at the most",
        peak / 1024
    ));
    assert!(peak < 200_000 + 10 * count as u64, "{peak} KiB");
    drop(visited);
    process.terminate();
    verified::<shared::node::Node>(server).await;
}

/// That many devices connect and leave the logon screen up.
async fn fill(lab: &TestLab, count: usize) {
    let visits = futures_util::stream::iter(0..count).map(|number| async move {
        lab.visit(0, &mut device(&format!("PC{number}")), Then::Wait).await;
    });
    visits.buffer_unordered(64).collect::<Vec<()>>().await;
    let mut seen = std::collections::BTreeSet::<SessionId>::new();
    let mut path = "/sessions?limit=1000&open=true".to_owned();
    loop {
        let page: Page<SessionRow> = lab.terminal_servers[0].get(&path).await;
        assert!(page.items.len() <= 1000);
        seen.extend(page.items.iter().map(|row| row.session.id));
        let Some(next) = page.next else { break };
        path = format!("/sessions?limit=1000&open=true&before={next}");
    }
    assert_eq!(seen.len(), count);
}

/// Waits until every session's own end is on disk.
async fn until_written_down(lab: &TestLab, count: usize) {
    for _ in 0..6000 {
        let view: JournalView = lab.terminal_servers[0].get("/journal").await;
        // Each was opened by an entry and is ended by one.
        if view.head >= 2 * count as u64 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the ends are not written down");
}
