//! What a terminal server of Windows NT 4.0 keeps beside what every terminal server does: its License Manager, its licensing
//! service with the databases that this has had, its console (SPEC section 2).
//!
//! `judge.rs` decides about a connection, `decide.rs` about everything else, `apply.rs` takes events in, `reports.rs` reads. The rules
//! stand in `policy::nt4`.

mod apply;
mod decide;
pub(super) mod judge;
mod reports;

use crate::rulebook::{RuleId, rule};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use decide::{decide, open_share, run_ended};

use crate::model::{Cal, Category, DatabaseId, DeviceName, HardwareId, LogRecord, UserName};
use crate::policy::nt4::counting::ServerCals;
use crate::policy::nt4::starting::{self, DatabaseFile};
use crate::wire::problem::{Problem, ProblemCode};
use crate::wire::workstation::{ConsoleSession, ServiceFailure, Share, WorkstationSettings, WorkstationSettingsChange};

/// Something that an administrator or the service itself wants done.
#[derive(Clone, Debug)]
pub enum Command {
    /// A database file of this server exists: empty, under this id.
    KnowDatabase(DatabaseId),
    /// Start the licensing service on what stands where its database should be.
    StartLicensing(DatabaseFile),
    /// Stop it.
    StopLicensing,
    /// Workstation licenses were bought.
    AddLicenses {
        /// Full or upgrade.
        category: Category,
        /// How many.
        count: u32,
    },
    /// Server CALs were bought.
    AddServerCals(u32),
    /// Choose Per Seat.
    ChoosePerSeat,
    /// Somebody logs on at the console.
    LogOnAtConsole(UserName),
    /// And off again.
    LogOffFromConsole,
    /// A device closes its file or print connection.
    CloseShare(DeviceName),
    /// Change settings.
    ChangeSettings(WorkstationSettingsChange),
    /// Put the machine's cryptography out of order, or in order.
    SetCryptoMismatch(bool),
    /// The machine goes down and comes up again.
    Restart,
}

/// A device opens a file or print connection. The answer is a [`ShareOutcome`].
#[derive(Clone, Debug)]
pub struct OpenShare {
    /// The device.
    pub device: DeviceName,
    /// The user.
    pub user: UserName,
}

/// What became of a file or print connection (NT-12, NT-16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareOutcome {
    /// It is open, and has a server CAL.
    Opened,
    /// No server CAL is left.
    Denied {
        /// What the log says.
        record: LogRecord,
    },
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "workstation", rename_all = "kebab-case")]
pub enum Event {
    /// An empty database was made.
    DatabaseMade {
        /// Its id.
        id: DatabaseId,
    },
    /// The licensing service runs on this database.
    LicensingStarted {
        /// Which.
        database: DatabaseId,
    },
    /// It did not start.
    LicensingFailed {
        /// Why.
        failure: ServiceFailure,
    },
    /// It stopped.
    LicensingStopped,
    /// Licenses were added.
    LicensesAdded {
        /// Full or upgrade.
        category: Category,
        /// How many.
        count: u32,
    },
    /// A license was made for a device; it is in the scratch file.
    Minted {
        /// The license and its category.
        license: License,
    },
    /// Its device has logged on with it: it is in the database (NT-50).
    Written {
        /// The device.
        hardware_id: HardwareId,
    },
    /// Server CALs changed.
    ServerCalsChanged {
        /// How they stand now.
        cals: ServerCals,
    },
    /// Somebody logged on at the console, or nobody is there any more.
    ConsoleChanged {
        /// Who.
        session: Option<ConsoleSession>,
    },
    /// A file or print connection was opened.
    ShareOpened {
        /// Whose.
        share: Share,
    },
    /// And closed.
    ShareClosed {
        /// Whose.
        device: DeviceName,
    },
    /// Settings changed.
    SettingsChanged {
        /// How they stand now.
        settings: WorkstationSettings,
    },
    /// The machine's cryptography went out of order, or in order again.
    CryptographyChanged {
        /// Out of order.
        mismatch: bool,
    },
}

/// Why a command was improper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another generation.
    #[error("this terminal server is not Windows NT 4.0: it has no License Manager and no licensing service of its own")]
    NotNt4,
    /// The service runs.
    #[error("the licensing service is running; stop it first (tsl nt service stop)")]
    Running,
    /// The service does not run.
    #[error("the licensing service is stopped; start it first (tsl nt service start)")]
    NotRunning,
    /// NT-02.
    #[error("licenses of existing workstations are unlimited; add full or upgrade licenses")]
    Unlimited,
    /// A number that is none.
    #[error("add 1 to {MOST} licenses at a time")]
    Count,
    /// NT-15.
    #[error("Per Seat has been chosen already, and there is no way back to Per Server")]
    PerSeatAlready,
    /// NT-19.
    #[error("{0} is no account of this server")]
    NoAccount(UserName),
    /// NT-17, NT-19.
    #[error("{0} is logged on at the console already")]
    ConsoleTaken(UserName),
    /// Nobody is at the console.
    #[error("nobody is logged on at the console")]
    ConsoleFree,
    /// NT-19.
    #[error("no server CAL is left for {0} at the console; only an administrator may log on there now")]
    ConsoleFull(UserName),
    /// Another user.
    #[error("{device} is connected as {user} already; close that first")]
    ShareTaken {
        /// The device.
        device: DeviceName,
        /// Its user.
        user: UserName,
    },
    /// No such connection.
    #[error("{0} has no file or print connection")]
    NoShare(DeviceName),
    /// NT-51.
    #[error("service-pack: the product came with Service Pack 3 and ended with 6")]
    ServicePack,
    /// NT-40.
    #[error("data-source: 1 to 64 characters")]
    DataSource,
}

impl Refusal {
    /// The refusal as a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (code, rules): (ProblemCode, &[RuleId]) = match self {
            Refusal::NotNt4 => (ProblemCode::Conflict, &[rule::NT_01]),
            Refusal::Running => (ProblemCode::Conflict, &[rule::NT_43]),
            Refusal::NotRunning => (ProblemCode::Conflict, &[rule::NT_20]),
            Refusal::Unlimited => (ProblemCode::Invalid, &[rule::NT_02]),
            Refusal::Count => (ProblemCode::Invalid, &[]),
            Refusal::PerSeatAlready => (ProblemCode::Conflict, &[rule::NT_15]),
            Refusal::NoAccount(_) => (ProblemCode::Invalid, &[rule::NT_19]),
            Refusal::ConsoleTaken(_) | Refusal::ConsoleFree => (ProblemCode::Conflict, &[rule::NT_17]),
            Refusal::ConsoleFull(_) => (ProblemCode::Conflict, &[rule::NT_17, rule::NT_19]),
            Refusal::ShareTaken { .. } => (ProblemCode::Conflict, &[rule::NT_16]),
            Refusal::NoShare(_) => (ProblemCode::NotFound, &[rule::NT_16]),
            Refusal::ServicePack => (ProblemCode::Invalid, &[rule::NT_51]),
            Refusal::DataSource => (ProblemCode::Invalid, &[rule::NT_40]),
        };
        Problem::new(code, self.to_string()).under(rules)
    }
}

/// The most licenses or CALs that are added at a time.
const MOST: u32 = 9999;

/// A device's workstation license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// Its category.
    pub category: Category,
    /// What it says.
    pub cal: Cal,
    /// Whether it is in the database; until then it is in a scratch file (NT-50).
    pub in_database: bool,
}

/// The numbers of one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Totals {
    full: u32,
    upgrade: u32,
    /// Whether temporaries of full and upgrade licenses were ever given (NT-05).
    full_temporaries: bool,
    upgrade_temporaries: bool,
}

/// What one database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Database {
    totals: Totals,
    licenses: BTreeMap<HardwareId, License>,
    issued: BTreeMap<(Category, bool), u32>,
}

/// The licensing service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Licensing {
    running: bool,
    database: Option<DatabaseId>,
    failure: Option<ServiceFailure>,
    crypto_mismatch: bool,
}

/// The state.
#[derive(Debug)]
pub struct Workstation {
    settings: WorkstationSettings,
    cals: ServerCals,
    console: Option<ConsoleSession>,
    shares: BTreeMap<DeviceName, Share>,
    licensing: Licensing,
    databases: BTreeMap<DatabaseId, Database>,
}

impl Default for Workstation {
    fn default() -> Self {
        Self {
            settings: WorkstationSettings {
                data_source: starting::DATA_SOURCE.to_owned(),
                service_pack: starting::SERVICE_PACK,
                profile_needs_license: false,
                temporaries_of_90_days: false,
                per_seat_only: false,
            },
            cals: ServerCals::default(),
            console: None,
            shares: BTreeMap::new(),
            licensing: Licensing::default(),
            databases: BTreeMap::new(),
        }
    }
}
