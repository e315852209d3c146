//! What this license server says to others of its own accord, off the path of any request: what it has (LS-08), and what they
//! may take back (LS-10). What is owed is the ledger's; here it is carried.

use std::sync::Arc;

use chassis::client::{CallError, Peer, ServiceClient};
use chassis::http::Method;
use shared::ledger::{Command, Owed, PeerCommand, Say};
use shared::policy::events::NotAnnounced;
use shared::wire::peers::{Heard, Matter, OutreachRow, ReturnAnswer};
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::Absent;

/// Says what is owed, if anything. While another server is asked, nothing of this one is held.
pub(crate) async fn keep_up(absent: Absent) {
    if let Err(problem) = run(&absent).await {
        tracing::warn!(problem.detail = problem.detail, "other license servers were not told");
    }
}

/// Says everything that is owed now, and what came of each call. One at a time: who comes second finds nothing left.
pub(crate) async fn run(absent: &Absent) -> Result<Vec<OutreachRow>, Problem> {
    let _turn = absent.turn().await;
    let mut rows = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let Some((owed, client)) = absent.present().map(|app| (app.owed(), app.peers().clone())) else { return Ok(rows) };
        let owed = owed?;
        if owed.is_empty() {
            break;
        }
        for owed in owed {
            let (row, command) = say(&client, &owed).await;
            let Some(app) = absent.present() else { return Ok(rows) };
            app.execute(None, Command::Peer(command), |_, _, _| ()).await?;
            rows.push(row);
        }
    }
    Ok(rows)
}

async fn say(client: &Arc<ServiceClient>, owed: &Owed) -> (OutreachRow, PeerCommand) {
    let peer = Peer { url: owed.peer.url.clone(), key: owed.peer.key };
    let request = chassis::random::request_id();
    let row = |about, failure| OutreachRow { server: owed.to.clone(), about, failure };
    match &owed.what {
        Say::Announce { number, announcement } => {
            let (name, number) = (owed.to.clone(), *number);
            match client.call::<Heard>(&peer, &request, Method::Post, "/announcements", announcement).await {
                Ok(_) => (row(Matter::Announcement, None), PeerCommand::Told { name, number }),
                Err(error) => {
                    let failed = row(Matter::Announcement, Some(error.to_string()));
                    (failed, PeerCommand::NotTold { name, number, why: why(error) })
                }
            }
        }
        Say::Return { number, notice } => match client.call::<ReturnAnswer>(&peer, &request, Method::Post, "/returns", notice).await {
            Ok(ReturnAnswer::TakenBack | ReturnAnswer::NotOnRecord) => (row(Matter::Return, None), PeerCommand::ReturnSettled(*number)),
            Err(error) => {
                let reason = error.to_string();
                (row(Matter::Return, Some(reason.clone())), PeerCommand::ReturnFailed { number: *number, reason })
            }
        },
    }
}

fn why(error: CallError) -> NotAnnounced {
    match error {
        CallError::Problem(problem) if problem.code == ProblemCode::Busy => NotAnnounced::Busy,
        CallError::Problem(problem) => NotAnnounced::Refused(problem.detail),
        CallError::Silence(reason) => NotAnnounced::Unreachable(reason),
    }
}

/// What is said may lead to more; this often is looked again at the most.
const ROUNDS_MAX: usize = 8;
