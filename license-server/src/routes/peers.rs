//! What other license servers ask, and what administrators ask about them.

use chassis::http::{Body, NoContent, Path, Query, Signed};
use chassis::pages;
use shared::ledger::{Asked, Command, Peer, PeerCommand, TakeBack};
use shared::model::ServerName;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::license_server::{DeclineReason, InquiryAnswer};
use shared::wire::peers::{Announcement, Heard, Outreach, PeerRow, Referral, ReturnAnswer, ReturnNotice, TrustPeer};
use shared::wire::problem::{Problem, ProblemCode};

use super::licensing;
use crate::app::LicenseServer;
use crate::outreach;
use crate::sealing::believed;

/// LS-07: another license server's pool is empty. Who is asked here never refers on.
pub(super) async fn refer(app: LicenseServer, signed: Signed, Body(referral): Body<Referral>) -> Result<InquiryAnswer, Problem> {
    let server = app.server()?;
    if referral.asked.contains(&server.name) {
        return Ok(InquiryAnswer::Declined { reason: DeclineReason::NoneAvailable, rules: Vec::new(), activated: true });
    }
    let known = || app.engine().peek(|ledger, _| believed(ledger)).unwrap_or_default();
    let presented = referral.inquiry.presented.as_deref().and_then(|token| app.sealing().genuine(token, known));
    let terminal_server = referral.terminal_server;
    let asked = Asked { inquiry: referral.inquiry, terminal_server, presented, referred_by: Some(signed.name), elsewhere: Vec::new() };
    licensing::answer(&app, asked).await
}

/// LS-08.
pub(super) async fn hear(app: LicenseServer, signed: Signed, Body(announcement): Body<Announcement>) -> Result<Heard, Problem> {
    let by = app.server()?.name;
    let command = Command::Peer(PeerCommand::Hear { from: signed.name, announcement });
    app.execute(None, command, |_, _, _| Heard { by }).await
}

/// LS-10, SD-19.
pub(super) async fn take_back(app: LicenseServer, signed: Signed, Body(notice): Body<ReturnNotice>) -> Result<ReturnAnswer, Problem> {
    let request = notice.request.clone();
    app.execute(Some(&request), TakeBack { from: signed.name, notice }, |_, answer, _| answer).await
}

pub(super) async fn list(app: LicenseServer, Query(query): Query<SortedQuery>) -> Result<Sorted<PeerRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|ledger, now| ledger.peer_rows(now)).await?, |row| row.name.to_string()))
}

pub(super) async fn trust(app: LicenseServer, Path(name): Path<ServerName>, Body(wanted): Body<TrustPeer>) -> Result<NoContent, Problem> {
    if wanted.key == app.identity().public_key() {
        return Err(Problem::new(ProblemCode::Invalid, "that is this server's own key: a license server is not enrolled at itself"));
    }
    let peer = Peer { key: wanted.key, url: wanted.url };
    app.execute(None, Command::Peer(PeerCommand::Trust { name, peer }), |_, _, _| ()).await?;
    app.sealing().forget_anchors();
    Ok(NoContent)
}

pub(super) async fn forget(app: LicenseServer, Path(name): Path<ServerName>) -> Result<NoContent, Problem> {
    app.execute(None, Command::Peer(PeerCommand::Forget(name)), |_, _, _| ()).await?;
    app.sealing().forget_anchors();
    Ok(NoContent)
}

/// LS-08, LS-10: says at once what would be said within a second.
pub(super) async fn reach_out(app: LicenseServer) -> Result<Outreach, Problem> {
    outreach::run(&app.absent()).await.map(|calls| Outreach { calls })
}
