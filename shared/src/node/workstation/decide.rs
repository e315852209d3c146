//! What a command leads to that is no connection.

use super::{Command, Event, MOST, OpenShare, Refusal, ShareOutcome, Workstation};
use crate::model::{Category, DatabaseId, LabTime, TraceStep, UserName};
use crate::node::{self, Node};
use crate::policy::nt4::counting::{self, ServerCals};
use crate::policy::nt4::events;
use crate::policy::nt4::starting::{self, DatabaseFile, Premises};
use crate::wire::workstation::{ConsoleSession, ServiceFailure, Share, WorkstationSettingsChange};

/// What a command leads to; only a server of Windows NT 4.0 takes any.
pub(in crate::node) fn decide(node: &Node, command: Command, now: LabTime) -> Result<Vec<node::Event>, node::Refusal> {
    if !node.is_own_license_manager() {
        return Err(Refusal::NotNt4.into());
    }
    let own = &node.workstation;
    let decided = match command {
        Command::StartLicensing(file) => return Ok(start(own, &file, now)?),
        Command::Restart => return Ok(run_ended(node)),
        Command::KnowDatabase(id) => know_database(own, id),
        Command::StopLicensing if own.licensing.running => Ok(vec![Event::LicensingStopped]),
        Command::StopLicensing => Err(Refusal::NotRunning),
        Command::AddLicenses { category, count } => add_licenses(own, category, count),
        Command::AddServerCals(count) => add_server_cals(own.cals, count),
        Command::ChoosePerSeat => choose_per_seat(own.cals, own.cals_in_force()),
        Command::LogOnAtConsole(user) => log_on_at_console(node, user, now),
        Command::LogOffFromConsole if own.console.is_some() => Ok(vec![Event::ConsoleChanged { session: None }]),
        Command::LogOffFromConsole => Err(Refusal::ConsoleFree),
        Command::CloseShare(device) if own.shares.contains_key(&device) => Ok(vec![Event::ShareClosed { device }]),
        Command::CloseShare(device) => Err(Refusal::NoShare(device)),
        Command::ChangeSettings(change) => change_settings(own, change),
        Command::SetCryptoMismatch(mismatch) if own.licensing.crypto_mismatch == mismatch => Ok(Vec::new()),
        Command::SetCryptoMismatch(mismatch) => Ok(vec![Event::CryptographyChanged { mismatch }]),
    };
    Ok(decided?.into_iter().map(node::Event::Workstation).collect())
}

/// The end of a run of the machine: nobody is connected any more, the services are down, and a switch to Per Seat that was chosen
/// comes into force with the next run (NT-15).
pub(in crate::node) fn run_ended(node: &Node) -> Vec<node::Event> {
    let own = &node.workstation;
    let mut events = node::sessions::end_all(node);
    let mut happened: Vec<Event> = own.shares.keys().map(|device| Event::ShareClosed { device: device.clone() }).collect();
    happened.extend(own.console.is_some().then_some(Event::ConsoleChanged { session: None }));
    happened.extend(own.licensing.running.then_some(Event::LicensingStopped));
    let cals = counting::at_start(own.cals);
    happened.extend((cals != own.cals).then_some(Event::ServerCalsChanged { cals }));
    events.extend(happened.into_iter().map(node::Event::Workstation));
    events
}

/// NT-43: an empty database comes in place of the one before only while the service is stopped.
fn know_database(own: &Workstation, id: DatabaseId) -> Result<Vec<Event>, Refusal> {
    match (own.licensing.running, own.databases.contains_key(&id)) {
        (true, _) => Err(Refusal::Running),
        (false, true) => Ok(Vec::new()),
        (false, false) => Ok(vec![Event::DatabaseMade { id }]),
    }
}

/// NT-41, NT-42, NT-51: the service starts, or leaves its reasons in the log.
fn start(own: &Workstation, file: &DatabaseFile, now: LabTime) -> Result<Vec<node::Event>, Refusal> {
    if own.licensing.running {
        return Err(Refusal::Running);
    }
    let strange = DatabaseFile::Damaged { reason: "it is another server's".to_owned() };
    let file = match file {
        DatabaseFile::Sound(id) if !own.databases.contains_key(id) => &strange,
        DatabaseFile::Sound(_) | DatabaseFile::Missing | DatabaseFile::Damaged { .. } => file,
    };
    let settings = &own.settings;
    let premises = Premises {
        now,
        service_pack: settings.service_pack,
        crypto_mismatch: own.licensing.crypto_mismatch,
        data_source: &settings.data_source,
        file,
    };
    match starting::start(&premises) {
        Ok(database) => Ok(vec![node::Event::Workstation(Event::LicensingStarted { database })]),
        Err(fault) => {
            let failure = ServiceFailure { rule: fault.rule().to_owned(), reason: fault.reason() };
            let failed = node::Event::Workstation(Event::LicensingFailed { failure });
            Ok(events::start_failed(&fault).into_iter().map(node::Event::Logged).chain([failed]).collect())
        }
    }
}

fn add_licenses(own: &Workstation, category: Category, count: u32) -> Result<Vec<Event>, Refusal> {
    match category {
        Category::Existing => Err(Refusal::Unlimited),
        Category::Full | Category::Upgrade if !(1..=MOST).contains(&count) => Err(Refusal::Count),
        Category::Full | Category::Upgrade if !own.licensing.running => Err(Refusal::NotRunning),
        Category::Full | Category::Upgrade => Ok(vec![Event::LicensesAdded { category, count }]),
    }
}

fn add_server_cals(cals: ServerCals, count: u32) -> Result<Vec<Event>, Refusal> {
    if !(1..=MOST).contains(&count) {
        return Err(Refusal::Count);
    }
    let cals = ServerCals { bought: cals.bought.saturating_add(count), ..cals };
    Ok(vec![Event::ServerCalsChanged { cals }])
}

/// NT-15: one way.
fn choose_per_seat(cals: ServerCals, in_force: ServerCals) -> Result<Vec<Event>, Refusal> {
    if cals.per_seat_at_next_start || in_force.mode == crate::model::CountingMode::PerSeat {
        return Err(Refusal::PerSeatAlready);
    }
    let cals = ServerCals { per_seat_at_next_start: true, ..cals };
    Ok(vec![Event::ServerCalsChanged { cals }])
}

/// NT-17, NT-19: an administrator may always log on at the console; anybody else needs a CAL.
fn log_on_at_console(node: &Node, user: UserName, now: LabTime) -> Result<Vec<Event>, Refusal> {
    let Some(account) = node.accounts.get(&user) else { return Err(Refusal::NoAccount(user)) };
    if let Some(session) = &node.workstation.console {
        return Err(Refusal::ConsoleTaken(session.user.clone()));
    }
    if !account.administrator && !counting::has_free(node.workstation.cals_in_force(), node.in_use(), &mut Vec::new()) {
        return Err(Refusal::ConsoleFull(user));
    }
    Ok(vec![Event::ConsoleChanged { session: Some(ConsoleSession { user, since: now }) }])
}

/// NT-12, NT-16: a share takes a CAL from the one counter; where none is left the denial is in the log, and nothing is opened.
pub(in crate::node) fn open_share(
    node: &Node,
    OpenShare { device, user }: OpenShare,
    now: LabTime,
) -> Result<(ShareOutcome, Vec<node::Event>), node::Refusal> {
    if !node.is_own_license_manager() {
        return Err(Refusal::NotNt4.into());
    }
    match node.workstation.shares.get(&device) {
        Some(share) if share.user == user => return Ok((ShareOutcome::Opened, Vec::new())),
        Some(share) => return Err(Refusal::ShareTaken { device, user: share.user.clone() }.into()),
        None => {}
    }
    let mut trace: Vec<TraceStep> = Vec::new();
    if !counting::has_free(node.workstation.cals_in_force(), node.in_use(), &mut trace) {
        let record = events::no_server_cal_for_share(&user);
        return Ok((ShareOutcome::Denied { record: record.clone() }, vec![node::Event::Logged(record)]));
    }
    let share = Share { device, user, since: now };
    Ok((ShareOutcome::Opened, vec![node::Event::Workstation(Event::ShareOpened { share })]))
}

fn change_settings(own: &Workstation, change: WorkstationSettingsChange) -> Result<Vec<Event>, Refusal> {
    let settings = own.settings.with(&change);
    if !starting::SERVICE_PACKS.contains(&settings.service_pack) {
        return Err(Refusal::ServicePack);
    }
    if !(1..=64).contains(&settings.data_source.chars().count()) {
        return Err(Refusal::DataSource);
    }
    Ok(if settings == own.settings { Vec::new() } else { vec![Event::SettingsChanged { settings }] })
}
