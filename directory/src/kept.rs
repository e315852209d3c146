//! What administrators keep: domains, groups, sites, users, and the services that may ask.

use chassis::http::{Body, NoContent, Path, Query};
use chassis::pages;
use shared::directory::{Command, Event, Service};
use shared::model::{DomainName, ServerName, SiteName, UserName};
use shared::wire::common::{EventQuery, LoggedEvent, Page, Sorted, SortedQuery};
use shared::wire::directory::{
    DomainChange, DomainRow, LicenseServerGroup, ReportScope, ServiceRow, SiteRow, TrustService, UserChange, UserRow,
};
use shared::wire::problem::Problem;

use crate::app::DirectoryService;

pub(crate) async fn services(app: DirectoryService, Query(query): Query<SortedQuery>) -> Result<Sorted<ServiceRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|directory| directory.services()).await?, |row| row.name.to_string()))
}

pub(crate) async fn trust_service(
    app: DirectoryService,
    Path(name): Path<ServerName>,
    Body(wanted): Body<TrustService>,
) -> Result<NoContent, Problem> {
    app.execute(Command::TrustService { name, service: Service { key: wanted.key, role: wanted.role } }, |_| NoContent).await
}

pub(crate) async fn forget_service(app: DirectoryService, Path(name): Path<ServerName>) -> Result<NoContent, Problem> {
    app.execute(Command::ForgetService(name), |_| NoContent).await
}

pub(crate) async fn domains(app: DirectoryService, Query(query): Query<SortedQuery>) -> Result<Sorted<DomainRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|directory| directory.domains()).await?, |row| row.name.to_string()))
}

pub(crate) async fn set_domain(
    app: DirectoryService,
    Path(name): Path<DomainName>,
    Body(change): Body<DomainChange>,
) -> Result<NoContent, Problem> {
    let controllers = change.controllers.into_iter().collect();
    app.execute(Command::SetDomain { name, kind: change.kind, controllers }, |_| NoContent).await
}

/// W08-05.
pub(crate) async fn set_group(
    app: DirectoryService,
    Path(domain): Path<DomainName>,
    Body(group): Body<LicenseServerGroup>,
) -> Result<NoContent, Problem> {
    let members = group.members.into_iter().collect();
    app.execute(Command::SetGroup { domain, members }, |_| NoContent).await
}

pub(crate) async fn sites(app: DirectoryService, Query(query): Query<SortedQuery>) -> Result<Sorted<SiteRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|directory| directory.sites()).await?, |row| row.name.to_string()))
}

pub(crate) async fn add_site(app: DirectoryService, Path(name): Path<SiteName>) -> Result<NoContent, Problem> {
    app.execute(Command::AddSite(name), |_| NoContent).await
}

pub(crate) async fn users(app: DirectoryService, Query(query): Query<SortedQuery>) -> Result<Sorted<UserRow>, Problem> {
    let scopes = app.read(|directory| directory.domains()).await?.into_iter().map(|row| ReportScope::Domain { domain: row.name });
    let mut users: Vec<UserRow> = app.read(|directory| scopes.flat_map(|scope| directory.users(&scope)).collect()).await?;
    users.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(pages::sorted(&query, users, |row| row.name.to_string()))
}

pub(crate) async fn set_user(
    app: DirectoryService,
    Path(name): Path<UserName>,
    Body(change): Body<UserChange>,
) -> Result<NoContent, Problem> {
    let hash = app.passwords().hash(change.password).await?;
    let command = Command::SetUser { name, hash, administrator: change.administrator, unit: change.unit };
    app.execute(command, |_| NoContent).await
}

pub(crate) async fn remove_user(app: DirectoryService, Path(name): Path<UserName>) -> Result<NoContent, Problem> {
    app.execute(Command::RemoveUser(name), |_| NoContent).await
}

pub(crate) async fn events(app: DirectoryService, Query(query): Query<EventQuery>) -> Result<Page<LoggedEvent>, Problem> {
    pages::events(app.engine(), query, |event| match event {
        Event::Logged(record) => Some(record),
        _ => None,
    })
    .await
}
