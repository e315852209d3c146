//! The terminal server's machine: connections judged, grace, sessions, and whom it trusts.
//!
//! [`Node`] is the state; `connection.rs` steps a connection from question to question, `decide.rs` turns commands into
//! events, `apply.rs` takes events in, `reports.rs` reads.

mod apply;
mod connection;
mod decide;
mod issuers;
mod judge;
mod logons;
mod network;
mod people;
mod reports;
mod sessions;
mod verdict;
pub mod workstation;

use crate::rulebook::{RuleId, rule};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

pub use connection::{Arrival, Connection, Heard, Said, Step};
pub use issuers::PermanentsOf;
pub use network::{NetworkCommand, NetworkEvent};
pub use sessions::LEFT_OVER_AT_ONCE;
pub use verdict::{Given, Judged, Outcome, Verdict, status};

use crate::model::{
    Accept, Generation, GraceEnd, GraceStart, LabTime, LogRecord, PolicyAcOn, ProductVersion, PublicKey, ServerName, SessionId, TraceStep,
    UserName,
};
use crate::policy::grace::GraceFacts;
use crate::policy::terms::{self, Terms};
use crate::wire::peers::KnownServer;
use crate::wire::problem::{Problem, ProblemCode};
use crate::wire::terminal_server::{Ending, FaultChange, Faults, Session, Settings, SettingsChange};

/// Who this terminal server is; set once, at its first start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its computer name.
    pub name: ServerName,
    /// Its generation.
    pub generation: Generation,
}

impl Server {
    /// The version that it asks for.
    #[must_use]
    pub fn version(&self) -> ProductVersion {
        self.generation.version()
    }

    /// The numbers that it goes by.
    #[must_use]
    pub fn terms(&self) -> &'static Terms {
        terms::terms(self.generation)
    }
}

/// An account of this server's own short list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The hash of its password, in PHC form.
    pub hash: String,
    /// Whether it is an administrator's.
    pub administrator: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Account").field("administrator", &self.administrator).finish_non_exhaustive()
    }
}

/// An enrolled license server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its pinned key.
    pub key: PublicKey,
    /// Its address.
    pub url: String,
}

/// A session that has not ended, with the journal entry that opened it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// The session.
    pub session: Session,
    /// The entry.
    pub entry: u64,
}

/// Something that a client, an administrator or the service itself wants done.
#[derive(Clone, Debug)]
pub enum Command {
    /// The service is starting; sessions of an earlier run have ended with it.
    Start(Server),
    /// The service is stopping: its sessions end.
    Stop,
    /// Write down the ends of some sessions of an earlier run.
    EndLeftOver,
    /// License servers were contacted without a client (start, new list).
    Contacted(Vec<Heard>),
    /// Change settings.
    ChangeSettings(SettingsChange),
    /// Something inside breaks, or is whole again (lab).
    Break(FaultChange),
    /// Delete the certificate values; the next start makes new ones (FT-12).
    DeleteCertificate,
    /// Add an account or change it.
    SetAccount {
        /// Its name.
        name: UserName,
        /// The account.
        account: Account,
    },
    /// Remove an account.
    RemoveAccount(UserName),
    /// Trust the lab's root certificate.
    TrustRoot {
        /// The certificate, PEM.
        pem: String,
        /// SHA-256 of its DER, hex, as the administrator saw it.
        fingerprint: String,
    },
    /// Enrol a license server, or change its address.
    TrustLicenseServer {
        /// Its name.
        name: ServerName,
        /// Key and address.
        enrolled: Enrolled,
    },
    /// Settle which license servers are asked, in order.
    ListLicenseServers(Vec<ServerName>),
    /// Forget a license server: its key, its address, its place on the list.
    ForgetLicenseServer {
        /// Its name.
        name: ServerName,
        /// Whether its key got out: then nothing that was signed with it counts any more (AM-15).
        leaked: bool,
    },
    /// An enrolled license server passed through a license of one that it knows (AM-15, LS-07).
    Vouch {
        /// Who passed it through.
        by: ServerName,
        /// Whose license it is.
        issuer: KnownServer,
    },
    /// Something about the network (SPEC section 6).
    Network(NetworkCommand),
    /// Windows NT 4.0: its License Manager, its licensing service, its console.
    Workstation(workstation::Command),
}

/// Everybody who had to be asked about a connection was asked: judge it. The answer is a [`Judged`].
#[derive(Clone, Debug)]
pub struct Judge(pub Box<Connection>);

/// A logon succeeded at the directory. The answer is a [`LogonOutcome`].
#[derive(Clone, Debug)]
pub struct LogOn {
    /// The session.
    pub session: SessionId,
    /// The account.
    pub user: UserName,
    /// Whether it is an administrator's.
    pub administrator: bool,
    /// What became of the mark (LS-13).
    pub trace: Vec<TraceStep>,
}

/// A session ends. The answer is until when logons from its client name are barred, where it ended for that (AM-01).
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// The session.
    pub session: SessionId,
    /// How.
    pub how: Ending,
}

/// Keep the license servers that an enrolled one knows (AM-15). The answer is whether they are others than before.
#[derive(Clone, Debug)]
pub struct KeepPeers {
    /// Who knows them.
    pub by: ServerName,
    /// Them.
    pub peers: Vec<KnownServer>,
}

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogonOutcome {
    /// Logged on.
    LoggedOn {
        /// What fired: the mark, the record of the user, the server's own rules.
        trace: Vec<TraceStep>,
        /// Whether the device's license of Windows NT 4.0 goes into the database with it (NT-50).
        written: bool,
    },
    /// The `/admin` switch takes an administrator's account (PD-24): the session has ended.
    NotAdministrator,
    /// Too many logons from this client name have failed, so none is looked at for a while: the session has ended (AM-01).
    Barred {
        /// Until when.
        until: LabTime,
    },
}

/// Something that happened to a terminal server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The server became who it is.
    Founded(Server),
    /// License servers answered or were silent in a way that changes who is asked first.
    ServersHeard {
        /// The server that is asked first from now on.
        current: Option<ServerName>,
        /// Who was silent, and until when each is asked last.
        silent: BTreeMap<ServerName, LabTime>,
        /// Who answered.
        answered: Option<ServerName>,
    },
    /// A usable license server answered for the first time, or the first activated one (GR-11).
    Located {
        /// Which.
        server: ServerName,
        /// Whether it is activated.
        activated: bool,
    },
    /// The first client was accepted: grace begins (GR-02).
    GraceBegan,
    /// The first permanent CAL came from a license server: the marker is written (GR-03, GR-04).
    FirstPermanent,
    /// A notice about grace was logged (GR-08, GR-09).
    GraceNotice {
        /// The record.
        record: LogRecord,
    },
    /// A connection was judged.
    Judged {
        /// The verdict.
        verdict: Verdict,
        /// The session that it opened.
        session: Option<Session>,
    },
    /// A record of the event log.
    Logged(LogRecord),
    /// A user logged on.
    LoggedOn {
        /// The session.
        session: SessionId,
        /// The account.
        user: UserName,
        /// What became of the mark (LS-13).
        trace: Vec<TraceStep>,
    },
    /// The service or the machine stopped: all sessions that were open ended at this moment. Each one's own end follows.
    RunEnded,
    /// A session ended.
    SessionEnded {
        /// The session as it was and how it ended.
        session: Session,
    },
    /// Settings changed.
    SettingsChanged {
        /// How they stand now.
        settings: Settings,
    },
    /// Something inside broke, or is whole again (FT-12).
    FaultsChanged {
        /// What is broken now.
        faults: Faults,
    },
    /// An account was added or changed.
    AccountSet {
        /// Its name.
        name: UserName,
        /// The account.
        account: Account,
    },
    /// An account was removed.
    AccountRemoved {
        /// Its name.
        name: UserName,
    },
    /// The lab's root was trusted.
    RootTrusted {
        /// The certificate, PEM.
        pem: String,
        /// SHA-256 of its DER, hex.
        fingerprint: String,
    },
    /// A license server was enrolled, or its address changed.
    LicenseServerTrusted {
        /// Its name.
        name: ServerName,
        /// Key and address.
        enrolled: Enrolled,
    },
    /// A license server was forgotten.
    LicenseServerForgotten {
        /// Its name.
        name: ServerName,
        /// Whether its key got out.
        #[serde(default)]
        leaked: bool,
    },
    /// The license servers that an enrolled one knows are others than before (AM-15).
    PeersKept {
        /// Who knows them.
        by: ServerName,
        /// Them.
        peers: Vec<KnownServer>,
    },
    /// The list of servers to ask changed.
    LicenseServersListed {
        /// Their names, in order.
        names: Vec<ServerName>,
    },
    /// Something in the network (SPEC section 6).
    Network(NetworkEvent),
    /// Windows NT 4.0: what its License Manager, its licensing service and its console did.
    Workstation(workstation::Event),
}

/// Why a command was improper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service has not said who it is yet.
    #[error("this terminal server has not been started yet")]
    NotStarted,
    /// The data directory is another server's.
    #[error("this data directory belongs to {name} ({generation}); start it under that name and generation, or give another directory")]
    OtherServer {
        /// Whose it is.
        name: ServerName,
        /// Its generation.
        generation: Generation,
    },
    /// No open session has this id.
    #[error("no open session has the id {0}; the session list shows how it ended")]
    NoSession(SessionId),
    /// Somebody is logged on already.
    #[error("somebody is logged on to session {0} already")]
    AlreadyLoggedOn(SessionId),
    /// Nobody is logged on yet.
    #[error("nobody is logged on to session {0} yet; cancel it instead")]
    NotLoggedOn(SessionId),
    /// W2K-12, WS03-12: that connector belongs to another generation.
    #[error("{} has no {connector}", .generation.title())]
    NoConnector {
        /// What the server is.
        generation: Generation,
        /// Which connector.
        connector: &'static str,
    },
    /// W2K-02: no mode switch.
    #[error("before Windows Server 2003 only devices are licensed: there is no licensing mode to change")]
    NoModeSwitch,
    /// No such account.
    #[error("there is no account {0}")]
    NoAccount(UserName),
    /// Another root is trusted already.
    #[error("another lab's root (fingerprint {0}) is trusted; a terminal server belongs to one lab")]
    OtherRoot(String),
    /// Another key is pinned under that name.
    #[error(
        "{0} is enrolled with another key: compare the thumbprints; if the machine was set up anew, take the old enrolment back first (tsl forget {0}), then enrol it (tsl trust)"
    )]
    OtherKey(ServerName),
    /// There is no enrolment to take back.
    #[error("this server was given no directory")]
    NoDirectory,
    /// Not enrolled.
    #[error("{0} is not enrolled; enrol it first (tsl trust)")]
    NotEnrolled(ServerName),
    /// A name twice.
    #[error("{0} stands on the list twice")]
    ListedTwice(ServerName),
    /// W08-14: no search.
    #[error("{} does not search for license servers: name them", .0.title())]
    NoSearch(Generation),
    /// No group policy for it.
    #[error("no group policy names the license servers of {}; its registry does", .0.title())]
    NoPolicy(Generation),
    /// Windows NT 4.0's own.
    #[error(transparent)]
    Workstation(#[from] workstation::Refusal),
}

impl Refusal {
    /// The refusal as a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        if let Refusal::Workstation(refusal) = self {
            return refusal.problem();
        }
        let (code, rules): (ProblemCode, &[RuleId]) = match self {
            Refusal::NotStarted | Refusal::OtherServer { .. } | Refusal::OtherRoot(_) | Refusal::OtherKey(_) => {
                (ProblemCode::Conflict, &[])
            }
            Refusal::AlreadyLoggedOn(_) | Refusal::NotLoggedOn(_) => (ProblemCode::Conflict, &[]),
            Refusal::NoModeSwitch => (ProblemCode::Conflict, &[rule::W2K_02]),
            Refusal::NoConnector { .. } => (ProblemCode::Conflict, &[rule::W2K_12, rule::WS03_12]),
            Refusal::NoSearch(_) => (ProblemCode::Conflict, &[rule::W08_14]),
            Refusal::NoPolicy(_) => (ProblemCode::Conflict, &[rule::DI_30]),
            Refusal::NoSession(_) | Refusal::NoAccount(_) | Refusal::NoDirectory => (ProblemCode::NotFound, &[]),
            Refusal::NotEnrolled(_) | Refusal::ListedTwice(_) | Refusal::Workstation(_) => (ProblemCode::Invalid, &[]),
        };
        Problem::new(code, self.to_string()).under(rules)
    }
}

/// The state of a terminal server. Fields are private: what others need is in `reports.rs`.
#[derive(Debug)]
pub struct Node {
    server: Option<Server>,
    settings: Settings,
    grace: GraceFacts,
    faults: Faults,
    accounts: BTreeMap<UserName, Account>,
    root: Option<(String, String)>,
    license_servers: BTreeMap<ServerName, Enrolled>,
    issuers: issuers::Issuers,
    list: Vec<ServerName>,
    current: Option<ServerName>,
    silent: BTreeMap<ServerName, LabTime>,
    open: HashMap<SessionId, OpenSession>,
    /// The open sessions by the entries that opened them.
    by_entry: BTreeMap<u64, SessionId>,
    left_over: sessions::LeftOver,
    /// Open sessions that wait for a logon, by the moment at which the wait ends.
    waiting: BTreeSet<(LabTime, SessionId)>,
    /// How many open sessions count to remote administration's two.
    administrative: usize,
    /// How many open sessions are anonymous Internet users' (W2K-12).
    anonymous: usize,
    counts: BTreeMap<RuleId, u64>,
    failed_logons: logons::FailedLogons,
    network: network::Network,
    people: BTreeMap<UserName, people::Person>,
    workstation: workstation::Workstation,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            server: None,
            settings: Settings {
                application_mode: true,
                policy_ac_on: PolicyAcOn::PER_DEVICE,
                grace_start: GraceStart::FirstConnection,
                grace_end: GraceEnd::FirstPermanent,
                accept: Accept::Enrolled,
                lenient_invalid: false,
                per_user_requires_activated: false,
                per_user_temporaries: false,
                unactivated_stops_server: false,
                domain_role_by_name_only: false,
                device_cals_per_device_only: false,
                internet_connector: false,
                external_connector: false,
                not_before_tolerance_s: terms::NOT_BEFORE_TOLERANCE_S,
                expiry_popup_days: terms::EXPIRY_POPUP_DAYS,
            },
            grace: GraceFacts::default(),
            faults: Faults::default(),
            accounts: BTreeMap::new(),
            root: None,
            license_servers: BTreeMap::new(),
            issuers: issuers::Issuers::default(),
            list: Vec::new(),
            current: None,
            silent: BTreeMap::new(),
            open: HashMap::new(),
            by_entry: BTreeMap::new(),
            left_over: sessions::LeftOver::default(),
            waiting: BTreeSet::new(),
            administrative: 0,
            anonymous: 0,
            counts: BTreeMap::new(),
            failed_logons: logons::FailedLogons::default(),
            network: network::Network::default(),
            people: BTreeMap::new(),
            workstation: workstation::Workstation::default(),
        }
    }
}
