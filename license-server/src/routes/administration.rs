//! What administrators ask.

use chassis::http::{Body, Created, NoContent, Path, Query};
use chassis::pages;
use shared::ledger::{CertificateKind, Clearinghouse, Command, Event, Ledger, Server};
use shared::model::{LabTime, RequestId, ServerName};
use shared::rulebook::rule;
use shared::trust::Root;
use shared::wire::common::{EventQuery, LoggedEvent, Page, Sorted, SortedQuery};
use shared::wire::license_server::{
    Activate, ActivationView, InstallPack, LedgerSettings, LedgerSettingsChange, LicenseList, LicenseQuery, NextLife, PackList, PackRow,
    SecurityGroup, TerminalServerRow, TrustClearinghouse, TrustTerminalServer,
};
use shared::wire::problem::{Problem, ProblemCode};

use crate::activation;
use crate::app::LicenseServer;

/// AC-15.
pub(super) async fn activation(app: LicenseServer) -> Result<ActivationView, Problem> {
    let server = app.server()?;
    app.read(|ledger, now| activation_view(ledger, server, now)).await
}

fn activation_view(ledger: &Ledger, server: Server, now: LabTime) -> ActivationView {
    let current = ledger.current_certificate(now).filter(|_| ledger.is_activated(now));
    let ended = || ledger.certificates().filter(|own| own.kind == CertificateKind::Activation).last();
    let shown = current.or_else(ended);
    let (status, deactivated_at) = (u8::from(current.is_none()), ledger.life().deactivated_at);
    ActivationView {
        status,
        product_id: server.product_id,
        certificate: shown.filter(|own| own.kind == CertificateKind::Activation).map(|own| own.pem.clone()),
        root: ledger.clearinghouse().map(|known| known.root.clone()),
        activated_at: shown.map(|own| own.received_at),
        ends_at: shown.map(|own| own.until),
        license_server_id: current.and_then(|own| own.license_server_id.clone()),
        number: ledger.activation_number(),
        deactivated_at,
        lapse: ledger.lapse(now),
        prompt: ledger.activation_prompt(now),
    }
}

/// AC-10, AC-11. A server that is activated stays as it is, where the clearinghouse says so too (AM-15).
pub(super) async fn activate(app: LicenseServer, request: RequestId, Body(wanted): Body<Activate>) -> Result<ActivationView, Problem> {
    if let Some(problem) = activation::learn_standing(&app).await? {
        return Err(problem);
    }
    if !app.read(|ledger, now| ledger.is_activated(now)).await? {
        activation::activate(&app, request, wanted.registrant, None, None).await?;
    }
    activation(app).await
}

/// The figures of temporaries, and what a restore put back, stand on every page.
pub(super) async fn packs(app: LicenseServer, Query(query): Query<SortedQuery>) -> Result<PackList, Problem> {
    let all = app.read(|ledger, now| ledger.pack_list(now)).await?;
    let page = pages::placed(&query, all.packs);
    Ok(PackList { packs: page.items, temporaries: all.temporaries, put_back: all.put_back, next: page.next })
}

/// AC-30 to AC-34.
pub(super) async fn install(app: LicenseServer, Body(wanted): Body<InstallPack>) -> Result<Created<PackRow>, Problem> {
    activation::install(&app, wanted).await.map(Created)
}

pub(super) async fn licenses(app: LicenseServer, Query(query): Query<LicenseQuery>) -> Result<LicenseList, Problem> {
    app.read(|ledger, now| ledger.license_list(&query, now)).await
}

pub(super) async fn events(app: LicenseServer, Query(query): Query<EventQuery>) -> Result<Page<LoggedEvent>, Problem> {
    pages::events(app.engine(), query, |event| match event {
        Event::Logged(record) => Some(record),
        _ => None,
    })
    .await
}

pub(super) async fn settings(app: LicenseServer) -> Result<LedgerSettings, Problem> {
    app.read(|ledger, _| ledger.settings().clone()).await
}

pub(super) async fn change_settings(app: LicenseServer, Body(change): Body<LedgerSettingsChange>) -> Result<LedgerSettings, Problem> {
    app.execute(None, Command::ChangeSettings(change), |ledger, _, _| ledger.settings().clone()).await
}

pub(super) async fn security_group(app: LicenseServer) -> Result<SecurityGroup, Problem> {
    app.read(|ledger, _| ledger.security_group()).await
}

pub(super) async fn change_security_group(app: LicenseServer, Body(group): Body<SecurityGroup>) -> Result<SecurityGroup, Problem> {
    if group.in_force.is_some() {
        return Err(Problem::new(ProblemCode::Invalid, "in_force cannot be set: the members on record come into force at the next start")
            .under(&[rule::LS_01]));
    }
    let members = group.members.into_iter().collect();
    app.execute(None, Command::ChangeGroup(members), |ledger, _, _| ledger.security_group()).await
}

pub(super) async fn lay_down_life(app: LicenseServer, Body(life): Body<NextLife>) -> Result<NoContent, Problem> {
    app.execute(None, Command::LayDownLife { days: life.days }, |_, _, _| NoContent).await
}

pub(super) async fn trust_clearinghouse(app: LicenseServer, Body(wanted): Body<TrustClearinghouse>) -> Result<NoContent, Problem> {
    let root = Root::parse_pem(&wanted.root).map_err(|error| Problem::new(ProblemCode::Invalid, error.to_string()))?;
    let known = Clearinghouse {
        name: wanted.name,
        key: wanted.key,
        agreement: wanted.agreement,
        root: root.certificate().pem(),
        fingerprint: root.fingerprint(),
        url: wanted.url,
    };
    app.execute(None, Command::TrustClearinghouse(known), |_, _, _| ()).await?;
    app.sealing().forget_anchors();
    Ok(NoContent)
}

pub(super) async fn terminal_servers(app: LicenseServer, Query(query): Query<SortedQuery>) -> Result<Sorted<TerminalServerRow>, Problem> {
    Ok(pages::sorted(&query, app.read(|ledger, _| ledger.terminal_servers()).await?, |row| row.name.to_string()))
}

pub(super) async fn forget_terminal_server(app: LicenseServer, Path(name): Path<ServerName>) -> Result<NoContent, Problem> {
    app.execute(None, Command::ForgetTerminalServer(name), |_, _, _| NoContent).await
}

pub(super) async fn trust_terminal_server(
    app: LicenseServer,
    Path(name): Path<ServerName>,
    Body(wanted): Body<TrustTerminalServer>,
) -> Result<NoContent, Problem> {
    app.execute(None, Command::TrustTerminalServer { name, key: wanted.key }, |_, _, _| NoContent).await
}
