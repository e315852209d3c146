//! What a command leads to.

use super::sessions::ended;
use super::workstation::{OpenShare, ShareOutcome};
use super::{
    Command, End, Event, Judge, Judged, KeepPeers, LogOn, LogonOutcome, Node, OpenSession, Refusal, Server, issuers, judge, workstation,
};
use crate::machine::{Decide, Moment};
use crate::model::{LabTime, ServerName, SessionId, TraceStep, UserName};
use crate::policy::connectors;
use crate::policy::denials;
use crate::policy::grace::Notice;
use crate::policy::logons;
use crate::policy::modes;
use crate::wire::terminal_server::{CertificateState, Ending, Fault, FaultChange, Faults, SessionState, SettingsChange};

impl Decide<Command> for Node {
    type Answer = ();

    fn decide(&self, command: Command, moment: &mut Moment<'_>) -> Result<((), Vec<Event>), Refusal> {
        decide(self, command, moment).map(|events| ((), events))
    }
}

impl Decide<Judge> for Node {
    type Answer = Judged;

    fn decide(&self, Judge(connection): Judge, moment: &mut Moment<'_>) -> Result<(Judged, Vec<Event>), Refusal> {
        Ok(judge::judge(self, self.started()?, &connection, moment))
    }
}

impl Decide<LogOn> for Node {
    type Answer = LogonOutcome;

    fn decide(&self, command: LogOn, moment: &mut Moment<'_>) -> Result<(LogonOutcome, Vec<Event>), Refusal> {
        log_on(self, self.started()?, command, moment.now)
    }
}

impl Decide<End> for Node {
    type Answer = Option<LabTime>;

    fn decide(&self, End { session, how }: End, moment: &mut Moment<'_>) -> Result<(Option<LabTime>, Vec<Event>), Refusal> {
        end(self, self.started()?, session, how, moment.now)
    }
}

impl Decide<KeepPeers> for Node {
    type Answer = bool;

    fn decide(&self, KeepPeers { by, peers }: KeepPeers, _: &mut Moment<'_>) -> Result<(bool, Vec<Event>), Refusal> {
        issuers::keep_peers(self, by, peers).map(|events| (!events.is_empty(), events))
    }
}

impl Decide<OpenShare> for Node {
    type Answer = ShareOutcome;

    fn decide(&self, command: OpenShare, moment: &mut Moment<'_>) -> Result<(ShareOutcome, Vec<Event>), Refusal> {
        workstation::open_share(self, command, moment.now)
    }
}

fn decide(node: &Node, command: Command, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    if let Command::Start(server) = command {
        return start(node, server);
    }
    let server = node.started()?;
    match command {
        Command::Start(_) => Err(Refusal::NotStarted),
        Command::Stop => Ok(workstation::run_ended(node)),
        Command::EndLeftOver => Ok(super::sessions::end_left_over(node)),
        Command::Contacted(heard) => Ok(judge::heard_events(node, server, &heard, moment.now)),
        Command::ChangeSettings(change) => change_settings(node, server, &change),
        Command::Break(change) => Ok(break_inside(node, change)),
        Command::DeleteCertificate => Ok(faults_changed(node, Faults { certificate: CertificateState::Deleted, ..node.faults })),
        Command::SetAccount { name, account } => Ok(vec![Event::AccountSet { name, account }]),
        Command::RemoveAccount(name) => remove_account(node, name),
        Command::TrustRoot { pem, fingerprint } => trust_root(node, pem, fingerprint),
        Command::TrustLicenseServer { name, enrolled } => trust_license_server(node, name, enrolled),
        Command::ListLicenseServers(names) => list_license_servers(node, names),
        Command::ForgetLicenseServer { name, leaked } => forget_license_server(node, name, leaked),
        Command::Vouch { by, issuer } => issuers::vouch(node, by, issuer),
        Command::Network(command) => super::network::decide(node, server, command, moment),
        Command::Workstation(command) => workstation::decide(node, command, moment.now),
    }
}

/// What falls due: waits for a logon that are over, and notices about grace.
pub(super) fn due(node: &Node, now: LabTime) -> Vec<Event> {
    let over = node.waiting.iter().take_while(|(until, _)| *until <= now).filter_map(|(_, id)| node.open.get(id));
    let mut events: Vec<Event> = over.map(|open| ended(open, Ending::NoLogon, now)).collect();
    if let Some((at, notice)) = node.next_notice()
        && at <= now
    {
        let record = match notice {
            Notice::AboutToEnd { ends_at } => denials::grace_about_to_end(ends_at),
            Notice::OverUnregistered => denials::grace_over(),
        };
        events.push(Event::GraceNotice { record });
    }
    events
}

fn start(node: &Node, wanted: Server) -> Result<Vec<Event>, Refusal> {
    match &node.server {
        Some(server) if *server != wanted => Err(Refusal::OtherServer { name: server.name.clone(), generation: server.generation }),
        // FT-12: a start makes new certificate values where they were deleted.
        Some(_) if node.faults.certificate == CertificateState::Deleted => {
            let whole = faults_changed(node, Faults { certificate: CertificateState::Whole, ..node.faults });
            Ok(workstation::run_ended(node).into_iter().chain(whole).collect())
        }
        Some(_) => Ok(workstation::run_ended(node)),
        None => Ok(vec![Event::Founded(wanted)]),
    }
}

fn break_inside(node: &Node, change: FaultChange) -> Vec<Event> {
    let faults = match change.fault {
        Fault::Certificate if change.broken => Faults { certificate: CertificateState::Damaged, ..node.faults },
        Fault::Certificate => Faults { certificate: CertificateState::Whole, ..node.faults },
        Fault::Internal => Faults { internal: change.broken, ..node.faults },
    };
    faults_changed(node, faults)
}

fn faults_changed(node: &Node, faults: Faults) -> Vec<Event> {
    if faults == node.faults { Vec::new() } else { vec![Event::FaultsChanged { faults }] }
}

/// A logon that the directory let through. With the `/admin` switch it takes an administrator's account; any other account's
/// logon fails there, and a failed logon ends the session. So does a right one from a client name that has none left (AM-01).
fn log_on(node: &Node, server: &Server, command: LogOn, now: LabTime) -> Result<(LogonOutcome, Vec<Event>), Refusal> {
    let LogOn { session: id, user, administrator, trace } = command;
    let open = node.open.get(&id).ok_or(Refusal::NoSession(id))?;
    if open.session.state != SessionState::WaitingForLogon {
        return Err(Refusal::AlreadyLoggedOn(id));
    }
    if let Some(until) = node.logons_barred_from(&open.session.device, now) {
        return Ok((LogonOutcome::Barred { until }, too_many(server, open, now)));
    }
    if open.session.admin && !administrator {
        let (barred, events) = failed(node, server, open, now);
        return Ok((barred.map_or(LogonOutcome::NotAdministrator, |until| LogonOutcome::Barred { until }), events));
    }
    let (written, own) = workstation::judge::logged_on(node, open.session.hardware_id, &user);
    let trace: Vec<TraceStep> = trace.into_iter().chain(own).collect();
    let answer = LogonOutcome::LoggedOn { trace: trace.clone(), written: written.is_some() };
    Ok((answer, written.into_iter().chain([Event::LoggedOn { session: id, user, trace }]).collect()))
}

/// A failed logon ends the session; the one too many does so with event 1012 (AM-01).
fn failed(node: &Node, server: &Server, open: &OpenSession, now: LabTime) -> (Option<LabTime>, Vec<Event>) {
    match node.failed_logons.barred_with_one_more(&open.session.device, now) {
        Some(until) => (Some(until), too_many(server, open, now)),
        None => (None, vec![ended(open, Ending::LogonFailed, now)]),
    }
}

fn too_many(server: &Server, open: &OpenSession, now: LabTime) -> Vec<Event> {
    let logged = logons::too_many_failed(server.generation, &open.session.device).map(Event::Logged);
    logged.into_iter().chain([ended(open, Ending::TooManyFailedLogons, now)]).collect()
}

fn end(node: &Node, server: &Server, id: SessionId, how: Ending, now: LabTime) -> Result<(Option<LabTime>, Vec<Event>), Refusal> {
    let open = node.open.get(&id).ok_or(Refusal::NoSession(id))?;
    let waiting = open.session.state == SessionState::WaitingForLogon;
    match how {
        Ending::LoggedOff if waiting => Err(Refusal::NotLoggedOn(id)),
        Ending::LogonFailed | Ending::TooManyFailedLogons | Ending::LogonNotChecked | Ending::LogonCancelled if !waiting => {
            Err(Refusal::AlreadyLoggedOn(id))
        }
        Ending::LogonFailed => Ok(failed(node, server, open, now)),
        Ending::TooManyFailedLogons => Ok((node.logons_barred_from(&open.session.device, now), too_many(server, open, now))),
        Ending::LoggedOff | Ending::LogonNotChecked | Ending::LogonCancelled | Ending::NoLogon | Ending::ServiceStopped => {
            Ok((None, vec![ended(open, how, now)]))
        }
    }
}

/// WS03-03: a change takes effect at once; licenses in client stores stay as they are.
fn change_settings(node: &Node, server: &Server, change: &SettingsChange) -> Result<Vec<Event>, Refusal> {
    if change.application_mode == Some(false) && server.terms().is_own_license_manager() {
        return Err(Refusal::NoModeSwitch);
    }
    if change.policy_ac_on.is_some() && !modes::has_mode_switch(server.generation) {
        return Err(Refusal::NoModeSwitch);
    }
    let missing = [
        ("Internet Connector", change.internet_connector, connectors::has_internet_connector(server.generation)),
        ("External Connector", change.external_connector, connectors::has_external_connector(server.generation)),
    ];
    if let Some((connector, ..)) = missing.into_iter().find(|(_, wanted, there)| *wanted == Some(true) && !there) {
        return Err(Refusal::NoConnector { generation: server.generation, connector });
    }
    let settings = node.settings.with(change);
    Ok(if settings == node.settings { Vec::new() } else { vec![Event::SettingsChanged { settings }] })
}

fn remove_account(node: &Node, name: UserName) -> Result<Vec<Event>, Refusal> {
    if node.accounts.contains_key(&name) { Ok(vec![Event::AccountRemoved { name }]) } else { Err(Refusal::NoAccount(name)) }
}

fn trust_root(node: &Node, pem: String, fingerprint: String) -> Result<Vec<Event>, Refusal> {
    match &node.root {
        Some((_, known)) if *known == fingerprint => Ok(Vec::new()),
        Some((_, known)) => Err(Refusal::OtherRoot(known.clone())),
        None => Ok(vec![Event::RootTrusted { pem, fingerprint }]),
    }
}

/// A newly enrolled license server goes to the end of the list of servers to ask.
fn trust_license_server(node: &Node, name: ServerName, enrolled: super::Enrolled) -> Result<Vec<Event>, Refusal> {
    match node.license_servers.get(&name) {
        Some(known) if known.key != enrolled.key => Err(Refusal::OtherKey(name)),
        Some(known) if *known == enrolled => Ok(Vec::new()),
        Some(_) => Ok(vec![Event::LicenseServerTrusted { name, enrolled }]),
        None => {
            let names: Vec<ServerName> = node.list.iter().cloned().chain([name.clone()]).collect();
            Ok(vec![Event::LicenseServerTrusted { name, enrolled }, Event::LicenseServersListed { names }])
        }
    }
}

fn list_license_servers(node: &Node, names: Vec<ServerName>) -> Result<Vec<Event>, Refusal> {
    for (index, name) in names.iter().enumerate() {
        if !node.license_servers.contains_key(name) {
            return Err(Refusal::NotEnrolled(name.clone()));
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(Refusal::ListedTwice(name.clone()));
        }
    }
    Ok(if names == node.list { Vec::new() } else { vec![Event::LicenseServersListed { names }] })
}

/// AM-15: what the server issued before stays good here unless its key got out; temporaries under its own key (CE-14) do not.
fn forget_license_server(node: &Node, name: ServerName, leaked: bool) -> Result<Vec<Event>, Refusal> {
    if !node.license_servers.contains_key(&name) {
        return Err(Refusal::NotEnrolled(name));
    }
    let mut events = vec![Event::LicenseServerForgotten { name: name.clone(), leaked }];
    if node.list.contains(&name) {
        let names = node.list.iter().filter(|listed| **listed != name).cloned().collect();
        events.push(Event::LicenseServersListed { names });
    }
    Ok(events)
}
