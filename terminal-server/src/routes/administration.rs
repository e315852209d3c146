//! What administrators change.

use chassis::http::{Body, NoContent, Path, Query};
use chassis::pages;
use shared::model::{ServerName, UserName};
use shared::node::{Account, Command, Enrolled};
use shared::trust::Root;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{
    AccountChange, AccountRow, CertificateView, FaultChange, ForgetQuery, LicenseServerList, LicenseServerRow, Settings, SettingsChange,
    TrustLicenseServer, TrustRoot,
};

use crate::app::TerminalServer;
use crate::asking;

pub(super) async fn settings(app: TerminalServer) -> Result<Settings, Problem> {
    app.read(|node, _| node.settings().clone()).await
}

/// WS03-02, WS03-03, W2K-02.
pub(super) async fn change_settings(app: TerminalServer, Body(change): Body<SettingsChange>) -> Result<Settings, Problem> {
    let settings = app.execute(None, Command::ChangeSettings(change), |node, _, _| node.settings().clone()).await?;
    app.belief().forget();
    Ok(settings)
}

/// FT-12.
pub(super) async fn certificate(app: TerminalServer) -> Result<CertificateView, Problem> {
    app.read(|node, _| node.certificate()).await
}

/// FT-12: the cure, together with a restart.
pub(super) async fn delete_certificate(app: TerminalServer) -> Result<NoContent, Problem> {
    app.execute(None, Command::DeleteCertificate, |_, _, _| NoContent).await
}

/// Section 10 (256), FT-12.
pub(super) async fn change_faults(app: TerminalServer, Body(change): Body<FaultChange>) -> Result<CertificateView, Problem> {
    app.execute(None, Command::Break(change), |node, _, _| node.certificate()).await
}

pub(super) async fn accounts(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<AccountRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|node, _| node.accounts()).await?, |row| row.name.to_string()))
}

pub(super) async fn set_account(
    app: TerminalServer,
    Path(name): Path<UserName>,
    Body(change): Body<AccountChange>,
) -> Result<NoContent, Problem> {
    let hash = app.accounts().hash(change.password).await?;
    let account = Account { hash, administrator: change.administrator };
    app.execute(None, Command::SetAccount { name, account }, |_, _, _| NoContent).await
}

pub(super) async fn remove_account(app: TerminalServer, Path(name): Path<UserName>) -> Result<NoContent, Problem> {
    app.execute(None, Command::RemoveAccount(name), |_, _, _| NoContent).await
}

pub(super) async fn trust_root(app: TerminalServer, Body(wanted): Body<TrustRoot>) -> Result<NoContent, Problem> {
    let root = Root::parse_pem(&wanted.root).map_err(|error| Problem::new(ProblemCode::Invalid, error.to_string()))?;
    let command = Command::TrustRoot { pem: root.certificate().pem(), fingerprint: root.fingerprint() };
    app.execute(None, command, |_, _, _| ()).await?;
    app.belief().forget();
    Ok(NoContent)
}

pub(super) async fn license_servers(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<LicenseServerRow>, Problem> {
    Ok(pages::placed(&query, app.read(|node, now| node.license_server_rows(now)).await?))
}

pub(super) async fn list_license_servers(
    app: TerminalServer,
    Body(list): Body<LicenseServerList>,
) -> Result<Sorted<LicenseServerRow>, Problem> {
    app.execute(None, Command::ListLicenseServers(list.names), |_, _, _| ()).await?;
    asking::locate(&app).await;
    license_servers(app, Query(SortedQuery::default())).await
}

/// A license server that was enrolled may be located at once (GR-11).
pub(super) async fn trust_license_server(
    app: TerminalServer,
    Path(name): Path<ServerName>,
    Body(wanted): Body<TrustLicenseServer>,
) -> Result<NoContent, Problem> {
    let enrolled = Enrolled { key: wanted.key, url: wanted.url };
    app.execute(None, Command::TrustLicenseServer { name, enrolled }, |_, _, _| ()).await?;
    app.belief().forget();
    asking::locate(&app).await;
    Ok(NoContent)
}

/// AM-15: what it issued before goes on counting, unless its key got out.
pub(super) async fn forget_license_server(
    app: TerminalServer,
    Path(name): Path<ServerName>,
    Query(query): Query<ForgetQuery>,
) -> Result<NoContent, Problem> {
    let command = Command::ForgetLicenseServer { name, leaked: query.leaked.unwrap_or(false) };
    app.execute(None, command, |_, _, _| ()).await?;
    app.belief().forget();
    Ok(NoContent)
}
