//! Random histories of a terminal server.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::machine::Machine;
use shared::model::{
    Cal, CalId, CalKind, Generation, GraceEnd, HardwareId, Origin, PackId, Platform, PolicyAcOn, ProductVersion, PublicKey, ServerName,
    SessionId, Span,
};
use shared::node::{
    Account, Arrival, Command, Connection, End, Enrolled, Event, Heard, Judge, LogOn, Node, Outcome, Said, Server, Step as Next,
};
use shared::policy::admission::Presented;
use shared::policy::terms::LOGON_WAIT;
use shared::wire::license_server::{DeclineReason, HowIssued, Inquiry};
use shared::wire::terminal_server::{Ending, SessionState, SettingsChange};

use crate::run::Run;

const DEVICES: u8 = 5;
const SERVERS: [&str; 3] = ["LS1", "LS2", "LS3"];

#[derive(Clone, Debug)]
enum Step {
    Connect { device: u8, admin: bool, shows: Shows, replies: Vec<Reply> },
    LogOn { session: usize, administrator: bool },
    End { session: usize, how: Ending },
    Pass(Span),
    Change(SettingsChange),
    List(Vec<usize>),
    Contacted(Reply),
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum Shows {
    Nothing,
    Damaged,
    Untrusted,
    Held,
    Others,
}

/// What a license server says to whatever it is asked.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Silence,
    TooOld,
    Declined { activated: bool },
    Temporary { activated: bool },
    Permanent { days: u32, again: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let shows = prop_oneof![
        2 => Just(Shows::Nothing),
        1 => Just(Shows::Damaged),
        1 => Just(Shows::Untrusted),
        6 => Just(Shows::Held),
        1 => Just(Shows::Others),
    ];
    let connect = (0..DEVICES, prop::bool::weighted(0.15), shows, prop::collection::vec(reply(), 1..5));
    let how = prop_oneof![1 => Just(Ending::LoggedOff), 1 => Just(Ending::LogonCancelled), 3 => Just(Ending::LogonFailed), 1 => Just(Ending::TooManyFailedLogons)];
    let span = prop_oneof![0..900_i64, 0..100_000_i64, 0..8_000_000_i64];
    let lists = prop::sample::subsequence(vec![0_usize, 1, 2], 0..=3).prop_shuffle();
    prop_oneof![
        12 => connect.prop_map(|(device, admin, shows, replies)| Step::Connect { device, admin, shows, replies }),
        5 => (any::<usize>(), any::<bool>()).prop_map(|(session, administrator)| Step::LogOn { session, administrator }),
        4 => (any::<usize>(), how).prop_map(|(session, how)| Step::End { session, how }),
        4 => span.prop_map(|seconds| Step::Pass(Span::seconds(seconds))),
        2 => change().prop_map(Step::Change),
        1 => lists.prop_map(Step::List),
        1 => reply().prop_map(Step::Contacted),
        1 => Just(Step::Restart),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        2 => Just(Reply::Silence),
        1 => Just(Reply::TooOld),
        2 => any::<bool>().prop_map(|activated| Reply::Declined { activated }),
        3 => any::<bool>().prop_map(|activated| Reply::Temporary { activated }),
        3 => (52..=89_u32, any::<bool>()).prop_map(|(days, again)| Reply::Permanent { days, again }),
    ]
}

fn change() -> impl Strategy<Value = SettingsChange> {
    let mode = prop::option::of(prop_oneof![Just(PolicyAcOn::PER_DEVICE), Just(PolicyAcOn::PER_USER), Just(PolicyAcOn::new(0))]);
    let grace =
        prop::option::of(prop_oneof![Just(GraceEnd::FirstPermanent), Just(GraceEnd::LsLocated), Just(GraceEnd::LsActivatedLocated)]);
    let flag = || prop::option::of(any::<bool>());
    (mode, grace, flag(), flag(), flag()).prop_map(|(policy_ac_on, grace_end, application_mode, lenient_invalid, per_user)| {
        SettingsChange {
            policy_ac_on,
            grace_end,
            application_mode,
            lenient_invalid,
            per_user_requires_activated: per_user,
            ..SettingsChange::default()
        }
    })
}

/// A terminal server, its devices, and the license servers that chance plays.
struct World {
    run: Run<Node>,
    held: BTreeMap<u8, Cal>,
    made: u8,
    /// Whether grace was over under this policy.
    over: Option<GraceEnd>,
    restarts: bool,
}

fn hardware_id(device: u8) -> HardwareId {
    HardwareId::new(Platform::Windows98.id(), [device; 16])
}

fn start() -> Command {
    Command::Start(Server { name: "TS1".parse().unwrap(), generation: Generation::Windows2003 })
}

fn name(server: usize) -> ServerName {
    SERVERS[server].parse().unwrap()
}

impl World {
    fn new(seed: u64, restarts: bool) -> Self {
        let mut run = Run::new(seed, "2026-03-02T08:00:00Z".parse().unwrap());
        run.execute(start()).unwrap();
        for (number, server) in SERVERS.iter().enumerate() {
            let enrolled = Enrolled { key: PublicKey::from_bytes([number as u8 + 1; 32]).unwrap(), url: format!("http://{server}") };
            run.execute(Command::TrustLicenseServer { name: name(number), enrolled }).unwrap();
        }
        let account = Account { hash: "hash".to_owned(), administrator: false };
        run.execute(Command::SetAccount { name: "anna".parse().unwrap(), account }).unwrap();
        Self { run, held: BTreeMap::new(), made: 0, over: None, restarts }
    }

    fn take(&mut self, step: &Step) {
        match step.clone() {
            Step::Connect { device, admin, shows, replies } => self.connect(device, admin, shows, &replies),
            Step::LogOn { session, administrator } => self.log_on(session, administrator),
            Step::End { session, how } => self.end(session, how),
            Step::Pass(span) => self.run.pass(span),
            Step::Change(change) => drop(self.run.execute(Command::ChangeSettings(change)).unwrap()),
            Step::List(servers) => drop(self.run.execute(Command::ListLicenseServers(servers.into_iter().map(name).collect())).unwrap()),
            Step::Contacted(reply) => {
                let heard = Heard { server: name(0), version: ProductVersion::V5_2, said: contacted(reply) };
                self.run.execute(Command::Contacted(vec![heard])).unwrap();
            }
            Step::Restart => self.restart(),
        }
        // A changed setting may let something fall due at once; it runs before anybody looks.
        self.run.pass(Span::seconds(0));
        self.holds();
    }

    fn arrival(&self, device: u8, admin: bool, shows: Shows) -> Arrival {
        let of = |device: u8| self.held.get(&device).cloned().map_or(Presented::Nothing, Presented::License);
        let bad = || "chance".to_owned();
        let presented = match shows {
            Shows::Nothing => Presented::Nothing,
            Shows::Damaged => Presented::Damaged { reason: bad() },
            Shows::Untrusted => Presented::Untrusted { reason: bad() },
            Shows::Held => of(device),
            Shows::Others => of((device + 1) % DEVICES),
        };
        Arrival {
            request: "request-0".parse().unwrap(),
            device: format!("PC{device}").parse().unwrap(),
            user: "anna".parse().unwrap(),
            platform: Platform::Windows98,
            hardware_id: hardware_id(device),
            admin,
            token: (presented != Presented::Nothing).then(|| "token".to_owned()),
            presented,
            breach: None,
        }
    }

    fn connect(&mut self, device: u8, admin: bool, shows: Shows, replies: &[Reply]) {
        let mut connection = Connection::new(self.arrival(device, admin, shows));
        let mut asked = BTreeSet::new();
        for turn in 0.. {
            let reply = replies[turn % replies.len()];
            match self.run.machine.step(&connection, self.run.now) {
                Next::Judge => break,
                Next::Inquire { server, inquiry } => {
                    assert!(asked.insert((server.clone(), inquiry.version)), "{server} is asked twice for {}", inquiry.version);
                    let said = self.answer(reply, &server, &inquiry);
                    connection.hear(Heard { server, version: inquiry.version, said });
                }
                Next::Contact { server, version } => {
                    assert!(asked.insert((server.clone(), version)), "{server} is contacted twice");
                    connection.hear(Heard { server, version, said: contacted(reply) });
                }
            }
        }
        let (judged, events) = self.run.answer(Judge(Box::new(connection))).unwrap();
        let sessions: Vec<_> =
            events.iter().filter_map(|event| if let Event::Judged { session, .. } = event { Some(session) } else { None }).collect();
        let [session] = sessions.as_slice() else { panic!("one connection, {} verdicts", sessions.len()) };
        let verdict = judged.verdict;
        assert!(!verdict.trace.is_empty() && verdict.trace.iter().any(|step| step.rule == verdict.rule), "{verdict:?}");
        let accepted = matches!(verdict.outcome, Outcome::Accepted { .. });
        assert_eq!(session.is_some(), accepted, "who is accepted has a session");
        assert!(accepted || judged.given.is_none(), "a denied client gets no license");
        if let Some(given) = judged.given {
            assert_eq!(given.cal().hardware_id, hardware_id(device));
            self.held.insert(device, given.cal().clone());
        }
    }

    fn answer(&mut self, reply: Reply, server: &ServerName, inquiry: &Inquiry) -> Said {
        self.made = self.made.wrapping_add(1);
        let temporary = Cal {
            id: CalId::from_random([self.made; 16]),
            kind: CalKind::Temporary,
            version: inquiry.version,
            issuer: server.clone(),
            device: inquiry.device.clone(),
            user: inquiry.user.clone(),
            hardware_id: inquiry.hardware_id,
            issued_at: self.run.now,
            expires_at: self.run.now + Span::days(90),
            origin: Origin::Minted,
        };
        let issued = |cal, how, activated| Said::Issued { cal, token: format!("token of {server}"), how, rules: Vec::new(), activated };
        match reply {
            Reply::Silence => Said::Silence { reason: "chance".to_owned() },
            Reply::TooOld => Said::TooOld { version: ProductVersion::V5_0 },
            Reply::Declined { activated } => Said::Declined { reason: DeclineReason::NoneAvailable, rules: Vec::new(), activated },
            Reply::Temporary { activated } => issued(temporary, HowIssued::New, activated),
            Reply::Permanent { .. } if inquiry.temporary_only => issued(temporary, HowIssued::New, true),
            Reply::Permanent { days, again } => {
                let (expires_at, origin) = (self.run.now + Span::days(days), Origin::Pack(PackId::from_random([1; 35])));
                let how = if again { HowIssued::Again } else { HowIssued::New };
                issued(Cal { kind: CalKind::Permanent, expires_at, origin, ..temporary }, how, true)
            }
        }
    }

    fn session(&self, number: usize) -> Option<SessionId> {
        let open: Vec<SessionId> = self.run.machine.open_sessions().map(|open| open.session.id).collect();
        open.get(number.checked_rem(open.len())?).copied()
    }

    fn log_on(&mut self, number: usize, administrator: bool) {
        let Some(session) = self.session(number) else { return };
        let state = self.run.machine.open_session(&session).unwrap().session.state;
        let command = LogOn { session, user: "anna".parse().unwrap(), administrator, trace: Vec::new() };
        let logged_on = self.run.execute(command);
        assert_eq!(logged_on.is_ok(), state == SessionState::WaitingForLogon, "{logged_on:?}");
    }

    fn end(&mut self, number: usize, how: Ending) {
        let Some(session) = self.session(number) else { return };
        let waiting = self.run.machine.open_session(&session).unwrap().session.state == SessionState::WaitingForLogon;
        let ended = self.run.execute(End { session, how });
        assert_eq!(ended.is_ok(), waiting == (how != Ending::LoggedOff), "{ended:?}");
        assert_eq!(self.run.machine.open_session(&session).is_none(), ended.is_ok());
    }

    /// What the rows lead to is what the running machine is; and no session outlives the service.
    fn restart(&mut self) {
        let loaded = self.run.loaded();
        self.same(&loaded);
        if self.restarts {
            self.run.machine = loaded;
        }
        let open = self.run.machine.open_sessions().count();
        let events = self.run.execute(start()).unwrap();
        assert!(events.len() <= usize::from(open > 0), "one event, however many are open: {events:?}");
        assert_eq!((self.run.machine.open_sessions().count(), self.run.machine.left_over()), (0, open));
        let loaded = self.run.loaded();
        self.same(&loaded);
        if self.restarts {
            self.run.machine = loaded;
        }
        self.run.execute(Command::EndLeftOver).unwrap();
        assert_eq!(self.run.machine.left_over(), 0);
    }

    fn same(&self, loaded: &Node) {
        let (own, now) = (&self.run.machine, self.run.now);
        assert_eq!(own.server(), loaded.server());
        assert_eq!(own.settings(), loaded.settings());
        assert_eq!(own.grace_view(now), loaded.grace_view(now));
        assert_eq!(own.accounts(), loaded.accounts());
        assert_eq!(own.root(), loaded.root());
        assert_eq!(own.license_server_rows(now), loaded.license_server_rows(now));
        assert_eq!(own.listed(), loaded.listed());
        assert!(own.open_sessions().eq(loaded.open_sessions()));
        assert_eq!(own.sessions_at_hand(None, 1000, false), loaded.sessions_at_hand(None, 1000, false));
        assert_eq!(own.verdict_counts(), loaded.verdict_counts());
        assert_eq!(own.next_due(), loaded.next_due());
        for device in 0..DEVICES {
            for admin in [false, true] {
                let connection = Connection::new(self.arrival(device, admin, Shows::Held));
                assert_eq!(own.step(&connection, now), loaded.step(&connection, now));
                let would = |node: &Node| self.run.would(node, Judge(Box::new(connection.clone()))).unwrap();
                assert_eq!(would(own), would(loaded), "device {device} comes");
            }
        }
    }

    /// What holds at every step.
    fn holds(&mut self) {
        let (node, now) = (&self.run.machine, self.run.now);
        let open: Vec<_> = node.open_sessions().cloned().collect();
        assert!(open.iter().filter(|open| open.session.administrative).count() <= 2, "PD-25");
        for open in &open {
            let waits = open.session.state == SessionState::WaitingForLogon;
            assert!(!waits || now < open.session.opened_at + LOGON_WAIT, "waits for too long: {open:?}");
        }
        let (mut opened, mut ended, mut judged) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (_, event) in &self.run.journal {
            match event {
                Event::Judged { session, .. } => {
                    judged += 1;
                    opened.extend(session.as_ref().map(|session| session.id));
                }
                Event::SessionEnded { session } => assert!(ended.insert(session.id), "{} ended twice", session.id),
                _ => {}
            }
        }
        assert_eq!(open.iter().map(|open| open.session.id).collect::<BTreeSet<_>>(), opened.difference(&ended).copied().collect());
        assert_eq!(node.verdict_counts().iter().map(|row| row.count).sum::<u64>(), judged);
        assert!(node.next_due().is_none_or(|due| due > now), "what fell due has run");
        let grace = node.grace_view(now).unwrap();
        let accepted = self.run.journal.iter().any(|(_, event)| matches!(event, Event::GraceBegan));
        assert_eq!(grace.began_at.is_some(), accepted);
        assert!(!grace.running || self.over != Some(grace.policy), "grace does not come back under the same policy");
        self.over = (!grace.running).then_some(grace.policy);
    }
}

fn contacted(reply: Reply) -> Said {
    match reply {
        Reply::Silence => Said::Silence { reason: "chance".to_owned() },
        Reply::TooOld => Said::TooOld { version: ProductVersion::V5_0 },
        Reply::Declined { activated } | Reply::Temporary { activated } => Said::Contacted { activated },
        Reply::Permanent { .. } => Said::Contacted { activated: true },
    }
}

proptest! {
    /// Rules: GR-02, GR-04, PD-25, SD-14.
    #[test]
    fn a_terminal_server_keeps_its_sessions_and_its_grace_straight_whatever_happens(seed: u64, steps in prop::collection::vec(step(), 1..90)) {
        let mut world = World::new(seed, true);
        let mut steady = World::new(seed, false);
        for step in &steps {
            world.take(step);
            steady.take(step);
        }
        world.run.replays();
        prop_assert_eq!(world.run.transcript(), steady.run.transcript(), "a start from rows changes nothing, and a seed gives the same history");
    }
}
