//! What client devices ask.

use chassis::http::{Body, NoContent, Path};
use shared::model::{HELD_PRODUCT, SessionId, WORKSTATION_PRODUCT};
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{ConnectRequest, Connected, Ending, LicenseRequest, LoggedOn, LogonRequest};

use crate::app::TerminalServer;
use crate::door;

/// SPEC 4.3 step 1. The moment lets a client tell which of its licenses still hold (SD-01).
pub(super) async fn license_request(app: TerminalServer) -> Result<LicenseRequest, Problem> {
    let server = app.server()?;
    Ok(LicenseRequest {
        server: server.name.clone(),
        product: if server.terms().is_own_license_manager() { WORKSTATION_PRODUCT } else { HELD_PRODUCT }.to_owned(),
        company: "Microsoft Corporation".to_owned(),
        scope: "microsoft.com".to_owned(),
        version: server.version(),
        at: app.peek(|_, now| now)?,
    })
}

pub(super) async fn connect(app: TerminalServer, Body(asked): Body<ConnectRequest>) -> Result<Connected, Problem> {
    door::connect(&app, asked).await
}

pub(super) async fn log_on(
    app: TerminalServer,
    Path(session): Path<SessionId>,
    Body(logon): Body<LogonRequest>,
) -> Result<LoggedOn, Problem> {
    door::log_on(&app, session, logon).await
}

pub(super) async fn cancel(app: TerminalServer, Path(session): Path<SessionId>) -> Result<NoContent, Problem> {
    door::end(&app, session, Ending::LogonCancelled).await.map(|()| NoContent)
}

pub(super) async fn log_off(app: TerminalServer, Path(session): Path<SessionId>) -> Result<NoContent, Problem> {
    door::end(&app, session, Ending::LoggedOff).await.map(|()| NoContent)
}
