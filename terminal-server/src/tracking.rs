//! Per user from 2008 on: a license server is told who logged on, and records it in the directory (W08-04).

use chassis::http::Method;
use shared::model::{RequestId, TraceStep, UserName};
use shared::rulebook::rule;
use shared::wire::license_server::{TrackAnswer, TrackUser};
use shared::wire::problem::Problem;

use crate::app::TerminalServer;
use crate::asking;

/// Tells the first license server that answers; nobody is turned away, whatever comes of it. Nothing on servers that do not
/// track users, or do not license them.
pub(crate) async fn track(app: &TerminalServer, request: &RequestId, user: &UserName) -> Result<Option<TraceStep>, Problem> {
    let Some(version) = app.peek(|node, _| node.version_to_track())? else { return Ok(None) };
    if app.peek(|node, _| node.directory().is_none())? {
        let facts = "this server is in no directory: per user cannot be tracked here";
        return Ok(Some(TraceStep::new(rule::W08_06, facts)));
    }
    let asked = TrackUser { request: request.clone(), user: user.clone(), version };
    for server in app.peek(|node, now| node.asked_in_order(now))? {
        let Some(peer) = asking::peer(app, &server)? else { continue };
        if let Ok(answer) = app.client().call::<TrackAnswer>(&peer, request, Method::Post, "/user-licenses", &asked).await {
            let rule = match answer {
                TrackAnswer::Stands { .. } | TrackAnswer::Issued { .. } | TrackAnswer::NoSuchUser => rule::W08_04,
                TrackAnswer::NotInGroup | TrackAnswer::DirectorySilent { .. } => rule::W08_05,
                TrackAnswer::Workgroup => rule::W08_06,
                TrackAnswer::NotKept => rule::PU_07,
            };
            return Ok(Some(TraceStep::new(rule, format!("{server}: {}", answer.words()))));
        }
    }
    Ok(Some(TraceStep::new(rule::W08_04, "no license server answered: nothing was recorded")))
}
