//! Whether the licensing service starts (NT-40 to NT-42, NT-51).

use crate::model::{DatabaseId, LabTime, Span};
use crate::rulebook::{RuleId, rule};

/// The name of the ODBC System DSN through which the service reaches its database (NT-40).
pub const DATA_SOURCE: &str = "Hydra License";
/// The Service Pack of a fresh machine.
pub const SERVICE_PACK: u32 = 6;
/// The Service Packs that the lab knows: the product came with the third.
pub const SERVICE_PACKS: std::ops::RangeInclusive<u32> = 3..=6;
/// The first Service Pack without the leap-day defect (NT-51).
const LEAP_DAY_REPAIRED: u32 = 5;
/// 2000-02-29T00:00:00Z.
const LEAP_DAY: i64 = 951_782_400;

/// What stands where the database file should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseFile {
    /// A whole file of this server.
    Sound(DatabaseId),
    /// Nothing.
    Missing,
    /// Something else.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
}

/// What a start of the service finds.
#[derive(Clone, Debug)]
pub struct Premises<'a> {
    /// Now.
    pub now: LabTime,
    /// The machine's Service Pack.
    pub service_pack: u32,
    /// Whether the machine's cryptography is out of order.
    pub crypto_mismatch: bool,
    /// The name of the data source that is set up.
    pub data_source: &'a str,
    /// The database file.
    pub file: &'a DatabaseFile,
}

/// Why the service does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFault {
    /// NT-42.
    Cryptography,
    /// NT-51.
    LeapDay,
    /// NT-41.
    Database {
        /// What is wrong.
        reason: String,
    },
}

impl StartFault {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> RuleId {
        match self {
            StartFault::Cryptography => rule::NT_42,
            StartFault::LeapDay => rule::NT_51,
            StartFault::Database { .. } => rule::NT_41,
        }
    }

    /// What was wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            StartFault::Cryptography => "its cryptography cannot be initialised (0x80090006)".to_owned(),
            StartFault::LeapDay => "it is 29 February 2000, which the service cannot cope with before Service Pack 5".to_owned(),
            StartFault::Database { reason } => reason.clone(),
        }
    }
}

/// The database to work on, or why the service does not start.
///
/// # Errors
/// The first thing that is wrong: cryptography, the date, the data source, the file.
pub fn start(premises: &Premises<'_>) -> Result<DatabaseId, StartFault> {
    if premises.crypto_mismatch {
        return Err(StartFault::Cryptography);
    }
    if has_leap_day_defect(premises.now, premises.service_pack) {
        return Err(StartFault::LeapDay);
    }
    if premises.data_source != DATA_SOURCE {
        let reason = format!("the System DSN is named {:?}, and the service looks for {DATA_SOURCE:?}", premises.data_source);
        return Err(StartFault::Database { reason });
    }
    match premises.file {
        DatabaseFile::Sound(id) => Ok(*id),
        DatabaseFile::Missing => Err(StartFault::Database { reason: "hydra.mdb is missing".to_owned() }),
        DatabaseFile::Damaged { reason } => Err(StartFault::Database { reason: format!("hydra.mdb is damaged: {reason}") }),
    }
}

/// NT-51: the one day, before Service Pack 5.
#[must_use]
pub fn has_leap_day_defect(now: LabTime, service_pack: u32) -> bool {
    let day = LabTime::from_unix(LEAP_DAY);
    service_pack < LEAP_DAY_REPAIRED && day <= now && now < day + Span::DAY
}
