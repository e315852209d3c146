//! The terminal server is killed while clients connect.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use client::session::{self, Answer, Visit, Visited};
use futures_util::future::{join, join_all};
use lab::failure::Failure;
use shared::model::SessionId;
use shared::node::Node;
use shared::wire::common::Page;
use shared::wire::terminal_server::{Ending, GraceView, Session, SessionRow, SessionState};
use tests::harness::{Plan, TestLab, device, stay};
use tests::size::size;
use tokio::sync::watch;

use crate::process::{Head, Process, verified};
use crate::tally::figures;

const CLIENTS: usize = 16;

/// Sessions that a client was told of.
struct Told {
    sessions: Mutex<Vec<SessionId>>,
    count: watch::Sender<usize>,
    stop: watch::Sender<bool>,
}

/// Rules: GR-04, GR-10.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_open_when_a_terminal_server_is_killed_are_listed_as_ended_by_the_stop_and_grace_is_kept() {
    let kills = size("KILLS", 6);
    let mut lab = Plan::default().device_cals(500 + u32::try_from(kills).unwrap() * 60).start().await;
    let grace: GraceView = lab.grace().await;
    lab.terminal_servers[0].stop().await;
    let told = Told { sessions: Mutex::default(), count: watch::Sender::new(0), stop: watch::Sender::new(false) };
    let clients = join_all((0..CLIENTS).map(|client| come_and_stay(&lab, client, &told)));
    join(clients, kill_and_start(&lab, kills, &told, &grace)).await;
}

async fn kill_and_start(lab: &TestLab, kills: usize, told: &Told, grace: &GraceView) {
    let server = &lab.terminal_servers[0];
    for round in 0..kills {
        let open: Vec<SessionId> = told.sessions.lock().unwrap().clone();
        let process = Process::of("terminal-server", server).await;
        let head = Head::of(server);
        let listed = listed(lab).await;
        for id in &open {
            let ended = matches!(listed[id].state, SessionState::Ended { how: Ending::ServiceStopped, .. });
            assert!(ended, "round {round}: {:?}", listed[id]);
        }
        // The first permanent of the lab sets the marker; nothing else about grace changes.
        let now: GraceView = server.get("/grace").await;
        assert_eq!((now.running, now.began_at, now.ends_at), (grace.running, grace.began_at, grace.ends_at));
        let wanted = *told.count.borrow() + 10 + round % 6 * 5;
        let more = async { told.count.subscribe().wait_for(|count| *count >= wanted).await.map(|count| *count) };
        tokio::time::timeout(Duration::from_secs(60), more).await.expect("sessions are opened").expect("a count");
        process.kill_in_round(round, &head);
        verified::<Node>(server).await;
    }
    figures(&format!("{kills} kills: {} sessions", told.sessions.lock().unwrap().len()));
    told.stop.send_replace(true);
}

/// All sessions of the first terminal server.
async fn listed(lab: &TestLab) -> BTreeMap<SessionId, Session> {
    let mut sessions = BTreeMap::new();
    let mut path = Some("/sessions?limit=1000".to_owned());
    while let Some(page) = path.take() {
        let page: Page<SessionRow> = lab.terminal_servers[0].get(&page).await;
        for row in page.items {
            // One whose end is written down while the pages are turned may stand on two of them, and then alike.
            let before = sessions.insert(row.session.id, row.session.clone());
            assert!(before.as_ref().is_none_or(|before| *before == row.session), "listed twice: {before:?}");
        }
        path = page.next.map(|next| format!("/sessions?limit=1000&before={next}"));
    }
    sessions
}

/// New devices, each of which logs on twice and stays; what goes wrong while the server is down is tried again.
async fn come_and_stay(lab: &TestLab, client: usize, told: &Told) {
    for number in 0..100_000 {
        let mut device = device(&format!("PC{client:02}-{number}"));
        for _ in 0..2 {
            if *told.stop.borrow() {
                return;
            }
            match visit(lab, &mut device).await {
                Ok(Visited { verdict: Answer::Accepted { connected, .. }, .. }) => {
                    told.sessions.lock().unwrap().push(connected.session);
                    told.count.send_modify(|count| *count += 1);
                }
                Ok(Visited { verdict: Answer::Denied { problem }, .. }) => {
                    assert!(
                        problem.denial.as_ref().is_some_and(|denial| denial.trace.iter().any(|step| step.rule == "SD-02")),
                        "{problem}"
                    );
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

async fn visit(lab: &TestLab, device: &mut client::device::Device) -> Result<Visited, Failure> {
    let server = lab.terminal_servers[0].anyone();
    let asked = session::license_request(server.client()).await?;
    let visit =
        Visit { user: "anna".parse().expect("a user"), admin: false, now: Some(asked.at), elevated: false, mishap: None, then: stay() };
    Ok(session::connect(server.client(), &asked, device, &visit).await?)
}
