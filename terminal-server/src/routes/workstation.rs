//! What only a terminal server of Windows NT 4.0 answers: License Manager, the licensing service, the console, the scratch files.

use chassis::http::{Body, NoContent, Path, Query};
use chassis::pages;
use shared::model::{Denial, DeviceName, LabTime, TraceStep};
use shared::node::workstation::{Command as Own, OpenShare, Refusal, ShareOutcome};
use shared::node::{Command, Node};
use shared::policy::nt4::events;
use shared::rulebook::rule;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::Denied;
use shared::wire::workstation::{
    self as wire, AddLicenses, AddServerCals, ConsoleLogon, ConsoleView, CryptographyChange, LicenseManagerView, LicensingServiceView,
    ScratchDeleted, ScratchFile, ServiceAction, ServiceChange, Shutdown, WorkstationLicenses, WorkstationRecord, WorkstationSettings,
    WorkstationSettingsChange,
};

use crate::app::TerminalServer;
use crate::nt4;

/// TL-02, NT-05.
pub(super) async fn licenses(app: TerminalServer) -> Result<WorkstationLicenses, Problem> {
    own(&app, |node, _| node.workstation().licenses()).await
}

pub(super) async fn add_licenses(app: TerminalServer, Body(wanted): Body<AddLicenses>) -> Result<WorkstationLicenses, Problem> {
    let command = Own::AddLicenses { category: wanted.category, count: wanted.count };
    change(&app, command, |node| node.workstation().licenses()).await
}

pub(super) async fn records(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<WorkstationRecord>, Problem> {
    let records = own(&app, |node, _| node.workstation().records()).await?;
    Ok(pages::sorted(&query, records, |row| format!("{} {}", row.device, row.hardware_id)))
}

pub(super) async fn license_manager(app: TerminalServer) -> Result<LicenseManagerView, Problem> {
    own(&app, |node, _| node.license_manager()).await
}

pub(super) async fn add_server_cals(app: TerminalServer, Body(wanted): Body<AddServerCals>) -> Result<LicenseManagerView, Problem> {
    change(&app, Own::AddServerCals(wanted.count), Node::license_manager).await
}

/// NT-15.
pub(super) async fn choose_per_seat(app: TerminalServer) -> Result<LicenseManagerView, Problem> {
    change(&app, Own::ChoosePerSeat, Node::license_manager).await
}

/// NT-12, NT-16: where no server CAL is left, the denial is in the log.
pub(super) async fn open_share(
    app: TerminalServer,
    Path(device): Path<DeviceName>,
    Body(wanted): Body<wire::OpenShare>,
) -> Result<LicenseManagerView, Problem> {
    let opened = app.execute(None, OpenShare { device, user: wanted.user }, |node, outcome, _| (outcome, node.license_manager()));
    match opened.await? {
        (ShareOutcome::Opened, view) => Ok(view),
        (ShareOutcome::Denied { record }, view) => {
            let facts = format!("{} server CALs bought, {} in use as License Manager shows it", view.bought, view.in_use);
            let trace = vec![TraceStep::new(rule::NT_16, facts), TraceStep::new(rule::NT_11, record.text.clone())];
            let (reason, text) = (Denial::NoServerCal, events::SHARE_DENIED.to_owned());
            let mut problem = Problem::new(ProblemCode::Denied, record.text).under(&[rule::NT_11]);
            problem.denial = Some(Box::new(Denied { reason, code: None, text, event: Some(record.id), rule: rule::NT_11, trace }));
            Err(problem)
        }
    }
}

pub(super) async fn close_share(app: TerminalServer, Path(device): Path<DeviceName>) -> Result<NoContent, Problem> {
    change(&app, Own::CloseShare(device), |_| NoContent).await
}

pub(super) async fn console(app: TerminalServer) -> Result<ConsoleView, Problem> {
    own(&app, |node, _| node.workstation().console()).await
}

/// NT-17, NT-19.
pub(super) async fn log_on_at_console(app: TerminalServer, Body(logon): Body<ConsoleLogon>) -> Result<ConsoleView, Problem> {
    change(&app, Own::LogOnAtConsole(logon.user), |node| node.workstation().console()).await
}

pub(super) async fn log_off_from_console(app: TerminalServer) -> Result<NoContent, Problem> {
    change(&app, Own::LogOffFromConsole, |_| NoContent).await
}

pub(super) async fn service(app: TerminalServer) -> Result<LicensingServiceView, Problem> {
    own(&app, |node, _| node.workstation().service()).await
}

/// NT-20, NT-41: a start that fails is an answer, not a refusal: its reason is in the log and in the view.
pub(super) async fn change_service(app: TerminalServer, Body(wanted): Body<ServiceChange>) -> Result<LicensingServiceView, Problem> {
    match wanted.action {
        ServiceAction::Start => nt4::start(&app).await,
        ServiceAction::Stop => nt4::stop(&app).await,
    }
}

/// NT-43.
pub(super) async fn blank_database(app: TerminalServer) -> Result<WorkstationLicenses, Problem> {
    nt4::blank_database(&app).await
}

/// NT-47, NT-48, NT-53.
pub(super) async fn shut_down(app: TerminalServer, Body(wanted): Body<Shutdown>) -> Result<LicensingServiceView, Problem> {
    nt4::restart(&app, Some(wanted.from)).await
}

/// NT-48.
pub(super) async fn cut_power(app: TerminalServer) -> Result<LicensingServiceView, Problem> {
    nt4::restart(&app, None).await
}

/// NT-42.
pub(super) async fn change_cryptography(
    app: TerminalServer,
    Body(wanted): Body<CryptographyChange>,
) -> Result<LicensingServiceView, Problem> {
    change(&app, Own::SetCryptoMismatch(wanted.mismatch), |node| node.workstation().service()).await
}

pub(super) async fn scratch_files(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<ScratchFile>, Problem> {
    own(&app, |_, _| ()).await?;
    Ok(pages::placed(&query, app.disk().scratch_files()?))
}

/// NT-49.
pub(super) async fn delete_scratch_files(app: TerminalServer) -> Result<ScratchDeleted, Problem> {
    own(&app, |_, _| ()).await?;
    app.disk().delete_scratch_files()
}

pub(super) async fn settings(app: TerminalServer) -> Result<WorkstationSettings, Problem> {
    own(&app, |node, _| node.workstation().settings().clone()).await
}

pub(super) async fn change_settings(
    app: TerminalServer,
    Body(wanted): Body<WorkstationSettingsChange>,
) -> Result<WorkstationSettings, Problem> {
    change(&app, Own::ChangeSettings(wanted), |node| node.workstation().settings().clone()).await
}

async fn own<T: Send>(app: &TerminalServer, look: impl FnOnce(&Node, LabTime) -> T + Send) -> Result<T, Problem> {
    let seen = app.read(|node, now| node.is_own_license_manager().then(|| look(node, now))).await?;
    seen.ok_or_else(|| Refusal::NotNt4.problem())
}

async fn change<T: Send>(app: &TerminalServer, command: Own, answer: impl FnOnce(&Node) -> T + Send) -> Result<T, Problem> {
    app.execute(None, Command::Workstation(command), |node, _, _| answer(node)).await
}
