//! Where this server stands, and how it comes to its license servers.

use chassis::http::{Body, NoContent, Query};
use chassis::pages;
use shared::model::Placement;
use shared::node::{Command, NetworkCommand, Refusal};
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::directory::TrustDirectory;
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{DiscoveryChange, DiscoveryView, PersonRow};

use crate::app::TerminalServer;
use crate::discovery;

/// SPEC section 6.
pub(super) async fn view(app: TerminalServer) -> Result<DiscoveryView, Problem> {
    app.read(|node, _| node.discovery_view()).await?.ok_or_else(|| Refusal::NotStarted.problem())
}

/// A server that is put elsewhere searches anew.
pub(super) async fn place(app: TerminalServer, Body(placement): Body<Placement>) -> Result<DiscoveryView, Problem> {
    app.execute(None, Command::Network(NetworkCommand::Place(placement)), |_, _, _| ()).await?;
    discovery::search_if_due(&app).await?;
    view(app).await
}

pub(super) async fn forget_directory(app: TerminalServer) -> Result<NoContent, Problem> {
    app.execute(None, Command::Network(NetworkCommand::ForgetDirectory), |_, _, _| NoContent).await
}

pub(super) async fn trust_directory(app: TerminalServer, Body(directory): Body<TrustDirectory>) -> Result<NoContent, Problem> {
    app.execute(None, Command::Network(NetworkCommand::TrustDirectory(directory)), |_, _, _| NoContent).await
}

/// DI-27, DI-29, W08-14.
pub(super) async fn change(app: TerminalServer, Body(change): Body<DiscoveryChange>) -> Result<DiscoveryView, Problem> {
    app.execute(None, Command::Network(NetworkCommand::Configure(change)), |_, _, _| ()).await?;
    discovery::search_if_due(&app).await?;
    view(app).await
}

/// What a restart of the terminal service does too (DI-11).
pub(super) async fn search(app: TerminalServer) -> Result<DiscoveryView, Problem> {
    discovery::search(&app).await?;
    view(app).await
}

/// PU-07, PU-08.
pub(super) async fn people(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<PersonRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|node, _| node.people()).await?, |row| row.user.to_string()))
}
