//! Where this server stands, whether it is published, and what it records of users.

use chassis::http::{Body, NoContent, Query, Signed};
use chassis::pages;
use shared::ledger::{Command, Event, NetworkCommand, NetworkEvent, Refusal, Report};
use shared::wire::common::{ListQuery, Page};
use shared::wire::directory::{ReportScope, TrustDirectory};
use shared::wire::license_server::{
    ConfigurationReview, LicenseServerStanding, PerUserReport, PlaceLicenseServer, PublicationChange, TrackAnswer, TrackUser,
};
use shared::wire::problem::Problem;

use crate::app::LicenseServer;
use crate::network;

pub(super) async fn standing(app: LicenseServer) -> Result<LicenseServerStanding, Problem> {
    app.read(|ledger, _| ledger.standing()).await?.ok_or_else(|| Refusal::NotStarted.problem())
}

/// DI-23: where the role says so the server publishes itself; where it says otherwise it takes itself from the site.
pub(super) async fn place(app: LicenseServer, Body(wanted): Body<PlaceLicenseServer>) -> Result<LicenseServerStanding, Problem> {
    let command = Command::Network(NetworkCommand::Place { placement: wanted.placement, role: wanted.role });
    app.execute(None, command, |_, _, _| ()).await?;
    network::publish_as_role_says(&app).await?;
    standing(app).await
}

pub(super) async fn forget_directory(app: LicenseServer) -> Result<NoContent, Problem> {
    app.execute(None, Command::Network(NetworkCommand::ForgetDirectory), |_, _, _| NoContent).await
}

pub(super) async fn trust_directory(app: LicenseServer, Body(directory): Body<TrustDirectory>) -> Result<NoContent, Problem> {
    app.execute(None, Command::Network(NetworkCommand::TrustDirectory(directory)), |_, _, _| NoContent).await
}

pub(super) async fn publish(app: LicenseServer, Body(change): Body<PublicationChange>) -> Result<LicenseServerStanding, Problem> {
    network::change_publication(&app, change.published).await?;
    standing(app).await
}

/// TL-08.
pub(super) async fn review(app: LicenseServer) -> Result<ConfigurationReview, Problem> {
    network::review(&app).await
}

/// W08-04 to W08-06.
pub(super) async fn track(app: LicenseServer, _: Signed, Body(asked): Body<TrackUser>) -> Result<TrackAnswer, Problem> {
    network::track(&app, asked).await
}

/// TL-07: made afresh, and kept.
pub(super) async fn report(app: LicenseServer, Body(scope): Body<ReportScope>) -> Result<PerUserReport, Problem> {
    let users = network::users(&app, &scope).await?;
    app.execute(None, Report { scope, users }, |_, report, _| report).await
}

pub(super) async fn reports(app: LicenseServer, Query(query): Query<ListQuery>) -> Result<Page<PerUserReport>, Problem> {
    pages::list(app.engine(), "reports", query, |entry| of_report(&entry.event).cloned()).await
}

fn of_report(event: &Event) -> Option<&PerUserReport> {
    match event {
        Event::Network(NetworkEvent::Reported { report }) => Some(report),
        _ => None,
    }
}
