//! Starts and stops of the licensing service, and of the machine around it.

use shared::model::DatabaseId;
use shared::node::{Command, Refusal, workstation};
use shared::wire::problem::Problem;
use shared::wire::workstation::{LicensingServiceView, ShutdownFrom, WorkstationLicenses};

use super::unusable;
use crate::app::TerminalServer;

/// The start of the machine: a database is made once, and the licensing service is started. Whether it starts or not, clients are
/// let in (NT-20).
pub(crate) async fn boot(app: &TerminalServer) -> Result<(), Problem> {
    if !app.peek(|node, _| node.is_own_license_manager())? {
        return Ok(());
    }
    if app.peek(|node, _| node.workstation().is_new())? {
        use shared::policy::nt4::starting::DatabaseFile;
        // The file comes first: a start that is broken off here finds it again and goes on with it.
        let id = match app.disk().database.look() {
            DatabaseFile::Sound(id) => id,
            DatabaseFile::Missing | DatabaseFile::Damaged { .. } => write_blank(app)?,
        };
        know(app, id).await?;
    }
    start(app).await.map(|_| ())
}

/// NT-41, NT-46: the service starts on its database and makes its scratch files, or says why not.
pub(crate) async fn start(app: &TerminalServer) -> Result<LicensingServiceView, Problem> {
    if app.peek(|node, _| node.workstation().is_running())? {
        return Err(Refusal::from(workstation::Refusal::Running).problem());
    }
    // The files come first: a service that is on record as running has them. Where it does not start they go again.
    let scratch = app.disk().open_scratch()?;
    let command = workstation::Command::StartLicensing(app.disk().database.look());
    let view = app.execute(None, Command::Workstation(command), |node, _, _| node.workstation().service()).await?;
    if view.running {
        app.disk().use_scratch(scratch);
    }
    Ok(view)
}

/// NT-20, NT-47: the service stops and takes its scratch files away.
pub(crate) async fn stop(app: &TerminalServer) -> Result<LicensingServiceView, Problem> {
    let command = Command::Workstation(workstation::Command::StopLicensing);
    let view = app.execute(None, command, |node, _, _| node.workstation().service()).await?;
    app.disk().remove_scratch();
    Ok(view)
}

/// NT-43: an empty database under a new id, while the service is stopped. The journal knows it first: a file that it does not know
/// would count as damaged, an id without a file costs nothing.
pub(crate) async fn blank_database(app: &TerminalServer) -> Result<WorkstationLicenses, Problem> {
    let id = new_id();
    know(app, id).await?;
    app.disk().database.write_blank(id).map_err(|error| unusable(app.disk().database.path(), &error))?;
    app.read(|node, _| node.workstation().licenses()).await
}

/// NT-47, NT-48, NT-53: the machine goes down and comes up again. From inside a session, and without power, nobody tells the
/// services.
pub(crate) async fn restart(app: &TerminalServer, from: Option<ShutdownFrom>) -> Result<LicensingServiceView, Problem> {
    app.execute(None, Command::Workstation(workstation::Command::Restart), |_, _, _| ()).await?;
    match from {
        Some(ShutdownFrom::Console) => app.disk().remove_scratch(),
        Some(ShutdownFrom::Session) | None => app.disk().abandon_scratch(),
    }
    start(app).await
}

fn write_blank(app: &TerminalServer) -> Result<DatabaseId, Problem> {
    let id = new_id();
    app.disk().database.write_blank(id).map_err(|error| unusable(app.disk().database.path(), &error))?;
    Ok(id)
}

fn new_id() -> DatabaseId {
    DatabaseId::from_random(chassis::random::bytes())
}

async fn know(app: &TerminalServer, id: DatabaseId) -> Result<(), Problem> {
    app.execute(None, Command::Workstation(workstation::Command::KnowDatabase(id)), |_, _, _| ()).await
}
