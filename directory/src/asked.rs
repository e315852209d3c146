//! What enrolled services ask: where license servers are, whether a password is right, what a user's licensing attributes say.

use chassis::http::{Body, Query, Signed};
use chassis::pages;
use shared::directory::Command;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::directory::{
    DirectoryStanding, DiscoveryAnswer, DiscoveryQuery, LogonAnswer, LogonCheck, Publication, ReportScope, UserLicense, UserLicenseAnswer,
    UserRow,
};
use shared::wire::problem::Problem;

use crate::app::DirectoryService;

/// DI-02, DI-03, DI-21.
pub(crate) async fn discovery(app: DirectoryService, _: Signed, Body(query): Body<DiscoveryQuery>) -> Result<DiscoveryAnswer, Problem> {
    app.read(|directory| directory.discovery(&query)).await
}

pub(crate) async fn log_on(app: DirectoryService, _: Signed, Body(check): Body<LogonCheck>) -> Result<LogonAnswer, Problem> {
    let found = app.read(|directory| directory.user(&check.user).map(|user| (user.hash.clone(), user.administrator))).await?;
    let (hash, administrator) = found.unzip();
    // A user who does not exist costs the same work.
    let fits = app.passwords().fits(&check.user, hash.as_deref(), &check.password).await?;
    Ok(administrator.filter(|_| fits).map_or(LogonAnswer::Wrong, |administrator| LogonAnswer::Right { administrator }))
}

/// DI-23: a license server publishes itself, and nobody else.
pub(crate) async fn publish(
    app: DirectoryService,
    signed: Signed,
    Body(publication): Body<Publication>,
) -> Result<DirectoryStanding, Problem> {
    let server = signed.name.clone();
    let command = Command::Publish { server: signed.name, site: publication.site };
    app.execute(command, |directory| directory.standing(&server)).await
}

/// TL-08.
pub(crate) async fn standing(app: DirectoryService, signed: Signed) -> Result<DirectoryStanding, Problem> {
    app.read(|directory| directory.standing(&signed.name)).await
}

/// W08-04, W08-05.
pub(crate) async fn license(app: DirectoryService, signed: Signed, Body(asked): Body<UserLicense>) -> Result<UserLicenseAnswer, Problem> {
    let (server, user, wrote) = (signed.name.clone(), asked.user.clone(), asked.write.is_some());
    let command = Command::License { server: signed.name, user: asked.user, write: asked.write };
    app.execute(command, |directory| directory.license_answer(&server, &user, wrote)).await
}

/// TL-07.
pub(crate) async fn list_users(
    app: DirectoryService,
    _: Signed,
    Query(query): Query<SortedQuery>,
    Body(scope): Body<ReportScope>,
) -> Result<Sorted<UserRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|directory| directory.users(&scope)).await?, |row| row.name.to_string()))
}
