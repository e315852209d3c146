//! Random histories of a terminal server of Windows NT 4.0.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::model::{Cal, CalKind, Category, CountingMode, DatabaseId, Generation, HardwareId, LabTime, Platform, SessionId, Span};
use shared::node::workstation::{Command as Own, Event as OwnEvent, OpenShare};
use shared::node::{Account, Arrival, Command, Connection, End, Event, Judge, LogOn, Node, Outcome, Server};
use shared::policy::admission::Presented;
use shared::policy::nt4::starting::DatabaseFile;
use shared::wire::terminal_server::Ending;
use shared::wire::workstation::WorkstationSettingsChange;

use crate::run::Run;

const DEVICES: u8 = 6;
const DATABASES: u8 = 3;

#[derive(Clone, Debug)]
enum Step {
    Connect { device: u8, shows: bool },
    LogOn(usize),
    End(usize),
    Pass(Span),
    Own(OwnStep),
    Restart,
}

#[derive(Clone, Debug)]
enum OwnStep {
    Start(Option<u8>),
    Stop,
    Know(u8),
    Add(Category, u32),
    AddCals(u32),
    PerSeat,
    Console(bool),
    Share(u8, bool),
    ServicePack(u32),
    Cryptography(bool),
}

fn own() -> impl Strategy<Value = OwnStep> {
    prop_oneof![
        6 => prop::option::weighted(0.9, 0..DATABASES).prop_map(OwnStep::Start),
        2 => Just(OwnStep::Stop),
        2 => (0..DATABASES).prop_map(OwnStep::Know),
        4 => (prop_oneof![Just(Category::Existing), Just(Category::Full), Just(Category::Upgrade)], 0..3_u32)
            .prop_map(|(category, count)| OwnStep::Add(category, count)),
        4 => (0..3_u32).prop_map(OwnStep::AddCals),
        1 => Just(OwnStep::PerSeat),
        2 => any::<bool>().prop_map(OwnStep::Console),
        3 => (0..DEVICES, any::<bool>()).prop_map(|(device, open)| OwnStep::Share(device, open)),
        1 => (2..=7_u32).prop_map(OwnStep::ServicePack),
        1 => prop::bool::weighted(0.3).prop_map(OwnStep::Cryptography),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..DEVICES, any::<bool>()).prop_map(|(device, shows)| Step::Connect { device, shows }),
        6 => any::<usize>().prop_map(Step::LogOn),
        5 => any::<usize>().prop_map(Step::End),
        3 => prop_oneof![0..900_i64, 0..8_000_000_i64].prop_map(|seconds| Step::Pass(Span::seconds(seconds))),
        12 => own().prop_map(Step::Own),
        1 => Just(Step::Restart),
    ]
}

struct World {
    run: Run<Node>,
    held: BTreeMap<u8, Cal>,
}

fn server() -> Server {
    Server { name: "NT1".parse().unwrap(), generation: Generation::WindowsNt4 }
}

fn database(number: u8) -> DatabaseId {
    DatabaseId::from_random([number; 16])
}

fn hardware(device: u8) -> HardwareId {
    HardwareId::new(platform(device).id(), [device; 16])
}

fn platform(device: u8) -> Platform {
    [Platform::WindowsNt4, Platform::WindowsNt35, Platform::Windows95][usize::from(device) % 3]
}

impl World {
    fn new() -> Self {
        let mut run = Run::new(7, "2000-02-20T08:00:00Z".parse().unwrap());
        run.execute(Command::Start(server())).unwrap();
        let account = Account { hash: "x".to_owned(), administrator: true };
        run.execute(Command::SetAccount { name: "administrator".parse().unwrap(), account }).unwrap();
        run.execute(Command::Workstation(Own::KnowDatabase(database(0)))).unwrap();
        run.execute(Command::Workstation(Own::StartLicensing(DatabaseFile::Sound(database(0))))).unwrap();
        run.execute(Command::Workstation(Own::AddServerCals(2))).unwrap();
        Self { run, held: BTreeMap::new() }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect { device, shows } => self.connect(device, shows),
            Step::LogOn(session) => {
                if let Some(session) = self.session(session) {
                    let user = "anna".parse().unwrap();
                    let _ = self.run.execute(LogOn { session, user, administrator: false, trace: Vec::new() });
                }
            }
            Step::End(session) => {
                if let Some(session) = self.session(session) {
                    let how = [Ending::LoggedOff, Ending::LogonCancelled];
                    assert!(how.into_iter().any(|how| self.run.execute(End { session, how }).is_ok()));
                }
            }
            Step::Pass(span) => self.run.pass(span),
            Step::Own(own) => {
                // What is improper is refused and changes nothing.
                match own.command() {
                    Ok(command) => drop(self.run.execute(Command::Workstation(command))),
                    Err(share) => drop(self.run.execute(share)),
                }
            }
            Step::Restart => {
                self.run.execute(Command::Start(server())).unwrap();
                assert_eq!((self.run.machine.license_manager().in_use, self.run.machine.workstation().is_running()), (0, false));
            }
        }
        self.check();
    }

    fn session(&self, number: usize) -> Option<SessionId> {
        let mut open: Vec<SessionId> = self.run.machine.open_sessions().map(|open| open.session.id).collect();
        open.sort();
        (!open.is_empty()).then(|| open[number % open.len()])
    }

    fn connect(&mut self, device: u8, shows: bool) {
        let before = self.run.machine.license_manager();
        let console = self.run.machine.workstation().console().session.is_some();
        let held = self.held.get(&device).filter(|_| shows).cloned();
        let arrival = Arrival {
            request: "request-1".parse().unwrap(),
            device: format!("PC{device}").parse().unwrap(),
            user: "anna".parse().unwrap(),
            platform: platform(device),
            hardware_id: hardware(device),
            admin: false,
            presented: held.clone().map_or(Presented::Nothing, Presented::License),
            token: None,
            breach: None,
        };
        let (judged, events) = self.run.answer(Judge(Box::new(Connection::new(arrival)))).unwrap();
        let verdict = judged.verdict;
        let accepted = matches!(verdict.outcome, Outcome::Accepted { .. });
        let broken = self.run.machine.workstation().service().crypto_mismatch;
        let free = before.mode == CountingMode::PerSeat || before.in_use + u32::from(console) < before.bought;
        assert_eq!(accepted, free && !broken, "server CALs decide, and nothing else: {verdict:?}");
        let minted = events.iter().find_map(|event| match event {
            Event::Workstation(OwnEvent::Minted { license }) => Some(license.cal.clone()),
            _ => None,
        });
        let holds = held.as_ref().is_some_and(|cal| cal.holds_at(self.run.now));
        assert!(!(holds && minted.is_some()), "who shows a license that holds gets no other");
        let given = minted.or_else(|| self.run.machine.workstation().license(&hardware(device)).map(|license| license.cal.clone()));
        if let (true, Some(cal)) = (accepted, given) {
            assert_eq!(cal.kind == CalKind::Permanent, cal.expires_at == LabTime::NEVER);
            self.held.insert(device, cal);
        }
    }

    fn check(&self) {
        let machine = &self.run.machine;
        for row in machine.workstation().licenses().rows {
            assert!(row.total.is_none_or(|total| row.issued <= total), "more issued than added: {row:?}");
        }
        let loaded = self.run.loaded();
        assert_eq!(loaded.license_manager(), machine.license_manager());
        let (ours, theirs) = (machine.workstation(), loaded.workstation());
        assert_eq!((ours.licenses(), ours.records()), (theirs.licenses(), theirs.records()));
        assert_eq!((ours.service(), ours.console(), ours.settings()), (theirs.service(), theirs.console(), theirs.settings()));
    }
}

impl OwnStep {
    fn command(self) -> Result<Own, OpenShare> {
        Ok(match self {
            OwnStep::Start(Some(number)) => Own::StartLicensing(DatabaseFile::Sound(database(number))),
            OwnStep::Start(None) => Own::StartLicensing(DatabaseFile::Missing),
            OwnStep::Stop => Own::StopLicensing,
            OwnStep::Know(number) => Own::KnowDatabase(database(number)),
            OwnStep::Add(category, count) => Own::AddLicenses { category, count },
            OwnStep::AddCals(count) => Own::AddServerCals(count),
            OwnStep::PerSeat => Own::ChoosePerSeat,
            OwnStep::Console(true) => Own::LogOnAtConsole("administrator".parse().unwrap()),
            OwnStep::Console(false) => Own::LogOffFromConsole,
            OwnStep::Share(device, true) => {
                return Err(OpenShare { device: format!("PC{device}").parse().unwrap(), user: "anna".parse().unwrap() });
            }
            OwnStep::Share(device, false) => Own::CloseShare(format!("PC{device}").parse().unwrap()),
            OwnStep::ServicePack(number) => {
                Own::ChangeSettings(WorkstationSettingsChange { service_pack: Some(number), ..WorkstationSettingsChange::default() })
            }
            OwnStep::Cryptography(mismatch) => Own::SetCryptoMismatch(mismatch),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rules: NT-11, NT-14 to NT-17, NT-20, NT-31, NT-43, NT-44, NT-50.
    #[test]
    fn an_nt_server_never_issues_more_than_was_added_and_only_server_cals_deny(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.run.replays();
    }
}
