//! What a terminal server of Windows NT 4.0 takes and answers beside what every terminal server does: its License Manager, its
//! licensing service, its console.

use super::settings::settings;
use crate::rulebook::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CalKind, Category, CountingMode, DatabaseId, DeviceName, HardwareId, LabTime, UserName};

/// `GET /nt/licenses`: the licensing service's list (TL-02, NT-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkstationLicenses {
    /// Whether the licensing service is running; where it is not, the list is what its database held last.
    pub running: bool,
    /// The database's id; none before the first start of the service.
    pub database: Option<DatabaseId>,
    /// Always the three categories; those of temporaries once they were used.
    pub rows: Vec<CategoryRow>,
    /// Licenses that were minted and wait for their device's logon before they go from the scratch file into the database (NT-50).
    pub waiting: u32,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryRow {
    /// The category.
    pub category: Category,
    /// Whether these are temporaries of it.
    pub temporary: bool,
    /// Its name in the license manager.
    pub title: String,
    /// How many were added; none is "unlimited".
    pub total: Option<u32>,
    /// How many devices have one.
    pub issued: u32,
}

/// A row of `GET /nt/records`: a device's workstation license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkstationRecord {
    /// The device.
    pub device: DeviceName,
    /// Its hardware id.
    pub hardware_id: HardwareId,
    /// The category.
    pub category: Category,
    /// Temporary or permanent.
    pub kind: CalKind,
    /// Its first second.
    pub issued_at: LabTime,
    /// Its end.
    pub expires_at: LabTime,
    /// Whether it is in the database; until its device has logged on it is in the scratch file only (NT-50).
    pub in_database: bool,
}

/// `POST /nt/licenses`: licenses were bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddLicenses {
    /// Full or upgrade.
    pub category: Category,
    /// How many.
    pub count: u32,
}

/// `GET /nt/license-manager`: server CALs as License Manager shows them. Whoever is at the console is not in it (NT-17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseManagerView {
    /// The mode in force.
    pub mode: CountingMode,
    /// How many CALs were bought.
    pub bought: u32,
    /// How many are in use, terminal sessions and shares together (NT-16).
    pub in_use: u32,
    /// How many of them are terminal sessions.
    pub sessions: u32,
    /// The file and print connections.
    pub shares: Vec<Share>,
    /// Per Seat was chosen and comes into force at the next start (NT-15).
    pub per_seat_at_next_start: bool,
}

/// A device's file and print connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The device.
    pub device: DeviceName,
    /// The user.
    pub user: UserName,
    /// Since when.
    pub since: LabTime,
}

/// `POST /nt/license-manager/cals`: server CALs were bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddServerCals {
    /// How many.
    pub count: u32,
}

/// `PUT /nt/shares/{name}`: a device opens a file or print connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenShare {
    /// The user.
    pub user: UserName,
}

/// `GET /nt/console`: who sits at the server's own screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleView {
    /// Who, since when; none when nobody is logged on there.
    pub session: Option<ConsoleSession>,
}

/// Somebody at the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsoleSession {
    /// The account.
    pub user: UserName,
    /// Since when.
    pub since: LabTime,
}

/// `PUT /nt/console`: somebody logs on at the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsoleLogon {
    /// The account.
    pub user: UserName,
}

/// `GET /nt/service`: the licensing service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicensingServiceView {
    /// Whether it is running.
    pub running: bool,
    /// Why its last start failed.
    pub failure: Option<ServiceFailure>,
    /// The database that it opened last.
    pub database: Option<DatabaseId>,
    /// Whether the machine's cryptography is out of order (NT-42).
    pub crypto_mismatch: bool,
}

/// Why the licensing service did not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceFailure {
    /// The rule.
    pub rule: RuleId,
    /// What was wrong.
    pub reason: String,
}

/// `POST /nt/service`: what to do with the licensing service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceChange {
    /// Start or stop it.
    pub action: ServiceAction,
}

/// Start or stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceAction {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
}

/// `POST /nt/shutdown`: the machine goes down and comes up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// From where.
    pub from: ShutdownFrom,
}

/// From where a machine is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShutdownFrom {
    /// At the console: the services are told and stop (NT-47).
    Console,
    /// From inside a terminal session: at once, nobody is told (NT-53).
    Session,
}

/// `POST /lab/nt/cryptography`: whether the machine's cryptography is out of order (NT-42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CryptographyChange {
    /// Out of order.
    pub mismatch: bool,
}

/// A row of `GET /nt/scratch`: a file `JETn.TMP` in `system32` of the data directory (NT-46).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScratchFile {
    /// Its name.
    pub name: String,
    /// Whether the licensing service has it open now.
    pub open: bool,
    /// How many bytes it holds.
    pub bytes: u64,
    /// How many licenses wait in it for a logon (NT-50); only in the first open one.
    pub licenses: u32,
}

/// `DELETE /nt/scratch`: what became of the files (NT-49).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScratchDeleted {
    /// Gone.
    pub deleted: Vec<String>,
    /// In use: they refused.
    pub refused: Vec<String>,
}

settings! {
    /// `GET /nt/settings`.
    WorkstationSettings
    /// `PATCH /nt/settings`: what is named changes, the rest stays.
    WorkstationSettingsChange {
        /// The name of the ODBC System DSN; the service looks for "Hydra License" and nothing else (NT-40).
        data_source: String,
        /// The Service Pack of the machine, 3 to 6 (NT-51).
        service_pack: u32,
        /// A domain user without a normal workstation license gets no terminal-server profile (NT-21).
        profile_needs_license: bool,
        /// Temporaries last 90 days in place of 60 (CON-03).
        temporaries_of_90_days: bool,
        /// License Manager counts Per Seat, whatever was chosen (CON-16).
        per_seat_only: bool,
    }
}
