//! What a terminal server takes and answers.

use super::settings::settings;
use crate::rulebook::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use crate::model::TraceStep;
use crate::model::{
    Accept, Cal, CalId, Denial, DeviceName, FoundServer, Generation, GraceEnd, GraceStart, HardwareId, Intervals, LabTime, Placement,
    Platform, PolicyAcOn, ProductVersion, PublicKey, RequestId, Search, ServerName, SessionId, UserName, Way, hex,
};

/// `GET /license-request`: what the server asks a client's store for (SPEC 4.3 step 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseRequest {
    /// The server that asks.
    pub server: ServerName,
    /// `A02`.
    pub product: String,
    /// `Microsoft Corporation`.
    pub company: String,
    /// `microsoft.com`.
    pub scope: String,
    /// The version of its own system; the client presents that version or a later one.
    pub version: ProductVersion,
    /// The server's clock, by which a client tells which of its licenses still hold (SD-01).
    pub at: LabTime,
}

/// `POST /connections`: a client device and the one license that it chose (SPEC 4.3 step 2, SD-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectRequest {
    /// An id for this connection; found in the logs and journals of every service that it touches.
    pub request: RequestId,
    /// The device's name.
    pub device: DeviceName,
    /// The name of whoever sits there, as the client sends it before any logon.
    pub user: UserName,
    /// The device's hardware id.
    pub hardware_id: HardwareId,
    /// The client's operating system.
    pub platform: Platform,
    /// The client's `/admin` switch.
    #[serde(default)]
    pub admin: bool,
    /// The license presented; none is "new license please".
    #[serde(default)]
    pub license: Option<String>,
    /// The envelope of the licensing message, where the client sends one: it is checked before anything else (section 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<LicensingMessage>,
}

/// The envelope of a client's licensing message (section 8's message table).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicensingMessage {
    /// What the message says that it is.
    pub kind: MessageKind,
    /// The check over the message, hex: SHA-256 of hardware id and license; left out it is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

impl LicensingMessage {
    /// The check over a message: SHA-256 of hardware id and license, hex.
    #[must_use]
    pub fn check_of(hardware_id: HardwareId, license: Option<&str>) -> String {
        hex(&Sha256::digest(format!("{hardware_id}:{}", license.unwrap_or_default())))
    }
}

/// What a client's licensing message says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// 0x13: "new license please".
    NewLicenseRequest,
    /// 0x12: a license and the hardware id.
    LicenseInfo,
    /// 0xFF: the client gives up.
    ErrorAlert,
}

/// `GET /certificate`: the terminal server's own certificate values (FT-12, CE-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateView {
    /// How they stand.
    pub state: CertificateState,
    /// The registry values under `TermService\\Parameters` that are there.
    pub values: Vec<String>,
}

/// How a terminal server's certificate values stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateState {
    /// Good.
    #[default]
    Whole,
    /// Damaged, by an upgrade say: clients get a security error.
    Damaged,
    /// Deleted; the next start makes new ones.
    Deleted,
}

/// `POST /lab/faults`: something breaks inside the terminal server (lab only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultChange {
    /// What.
    pub fault: Fault,
    /// Whether it is broken from now on.
    pub broken: bool,
}

/// What can break inside a terminal server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The certificate values (FT-12).
    Certificate,
    /// Licensing itself: no memory, an internal error (code 256, event 1004).
    Internal,
}

/// What is broken inside a terminal server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Faults {
    /// How its certificate values stand.
    pub certificate: CertificateState,
    /// Whether its licensing fails inside.
    pub internal: bool,
}

/// What an accepted client gets told about licensing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseStatus {
    /// What it presented is good as it is, or nothing was needed.
    ValidClient,
    /// A first license comes with the answer.
    New,
    /// A better license than the one presented comes with the answer.
    Upgraded,
    /// The license presented was handed back.
    HandedBack,
    /// Licensing was not looked at (remote administration, per user).
    NotExamined,
}

/// The answer to an accepted connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connected {
    /// The session, waiting for a logon.
    pub session: SessionId,
    /// The server.
    pub server: ServerName,
    /// The moment of the verdict, on the server's clock.
    pub at: LabTime,
    /// What became of licensing.
    pub status: LicenseStatus,
    /// The rule that made the verdict.
    pub rule: RuleId,
    /// Every rule that fired, in order.
    pub trace: Vec<TraceStep>,
    /// The license to store, where one was issued, upgraded or handed back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<GrantedLicense>,
    /// The pop-up that a temporary's holder sees near its end, or the balloon of an administrator's session (section 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// A license for the client's store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantedLicense {
    /// Its signed form.
    pub token: String,
    /// What it says.
    pub cal: Cal,
}

/// What a denied client sees, and why (section 10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Denied {
    /// The reason.
    pub reason: Denial,
    /// The extended disconnect reason; none where the client gets a text of its own (PD-25).
    pub code: Option<u16>,
    /// The text that the client shows.
    pub text: String,
    /// The event id in the server's log.
    pub event: Option<u32>,
    /// The rule that denied.
    pub rule: RuleId,
    /// Every rule that fired, in order.
    pub trace: Vec<TraceStep>,
}

/// `POST /sessions/{session}/logon`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogonRequest {
    /// The account.
    pub user: UserName,
    /// Its password; never logged, never journalled.
    pub password: String,
}

impl std::fmt::Debug for LogonRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogonRequest").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The answer to a logon that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedOn {
    /// The session, now active.
    pub session: SessionId,
    /// The account.
    pub user: UserName,
    /// Whether the temporary was marked as validated (LS-13), and what else happened.
    pub trace: Vec<TraceStep>,
}

/// What the query of the sessions may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionQuery {
    /// At most this many items, 1 to 1000; 100 unless told.
    pub limit: Option<u32>,
    /// The `next` of a page, to see what comes after it.
    pub before: Option<u64>,
    /// Only sessions that are open.
    pub open: Option<bool>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The user logged off.
    LoggedOff,
    /// The logon failed.
    LogonFailed,
    /// The logon was not looked at, or the last of those that are: too many from this client name had failed (AM-01, event 1012).
    TooManyFailedLogons,
    /// The password could not be checked: the directory was silent.
    LogonNotChecked,
    /// The logon was cancelled.
    LogonCancelled,
    /// Nobody logged on within ten lab minutes.
    NoLogon,
    /// The service stopped.
    ServiceStopped,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SessionState {
    /// The logon screen is up.
    WaitingForLogon,
    /// Somebody is logged on.
    Active {
        /// Since when.
        since: LabTime,
    },
    /// Over.
    Ended {
        /// When.
        at: LabTime,
        /// How.
        how: Ending,
    },
}

/// A session, as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The request that opened it.
    pub request: RequestId,
    /// The device.
    pub device: DeviceName,
    /// Its hardware id.
    pub hardware_id: HardwareId,
    /// The user: as the client said, then the account that logged on.
    pub user: UserName,
    /// Whether it came with the `/admin` switch: then only an administrator's account may log on.
    pub admin: bool,
    /// Whether it counts to the two sessions of remote administration (PD-25, SD-14).
    pub administrative: bool,
    /// Whether it is an anonymous Internet user's (W2K-12).
    #[serde(default)]
    pub anonymous: bool,
    /// When it was opened.
    pub opened_at: LabTime,
    /// Where it stands.
    #[serde(flatten)]
    pub state: SessionState,
    /// The rule that admitted it.
    pub rule: RuleId,
    /// The temporary that a logon will mark, where one was given out or handed back (LS-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<MarkTarget>,
}

/// The temporary that a logon validates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkTarget {
    /// The license server that issued it.
    pub issuer: ServerName,
    /// The temporary.
    pub cal: CalId,
}

/// A row of `GET /sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// Admitted, but its journal entry may not be on disk yet.
    pub recent: bool,
}

/// A row of `GET /verdicts`: a connection that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictRow {
    /// Its journal entry.
    pub entry: u64,
    /// When.
    pub at: LabTime,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A connection that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The request.
    pub request: RequestId,
    /// The device.
    pub device: DeviceName,
    /// Its hardware id.
    pub hardware_id: HardwareId,
    /// The user as the client said.
    pub user: UserName,
    /// The client's system.
    pub platform: Platform,
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
    /// The rule that decided.
    pub rule: RuleId,
    /// Every rule that fired, in order.
    pub trace: Vec<TraceStep>,
}

/// Admitted or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// Admitted.
    Accepted {
        /// The session.
        session: SessionId,
        /// What the client was told.
        status: LicenseStatus,
        /// The license that it was given.
        license: Option<CalId>,
    },
    /// Denied.
    Denied {
        /// The reason.
        reason: Denial,
        /// The client's code.
        code: Option<u16>,
        /// The event in the log.
        event: Option<u32>,
    },
}

/// `GET /verdicts/counts`: how often each rule decided, since the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCount {
    /// The rule.
    pub rule: RuleId,
    /// How many verdicts.
    pub count: u64,
}

/// `GET /grace` (GR-10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraceView {
    /// Whether it is running, or has not begun, which counts as running (GR-02).
    pub running: bool,
    /// Whole days left, a begun one counted; 0 is over.
    pub days_left: i64,
    /// When it began; none before the first accepted client.
    pub began_at: Option<LabTime>,
    /// Its last second plus one, if nothing ends it sooner.
    pub ends_at: Option<LabTime>,
    /// When and by which rule it was ended early (GR-03, GR-11).
    pub ended: Option<GraceEnded>,
    /// The registry marker `LicensingGracePeriodEnded` (GR-04).
    pub marker: bool,
    /// The policy in force (GR-11).
    pub policy: GraceEnd,
}

/// An early end of grace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraceEnded {
    /// When.
    pub at: LabTime,
    /// The rule.
    pub rule: RuleId,
}

settings! {
    /// `GET /settings`.
    Settings
    /// `PATCH /settings`: what is named changes, the rest stays.
    SettingsChange {
        /// Application mode, or Remote Administration mode (PD-24, PD-25).
        application_mode: bool,
        /// The licensing mode as the registry holds it: 2 per device, 4 per user, anything else temporaries only (WS03-02).
        policy_ac_on: PolicyAcOn,
        /// What begins the grace period (CON-02).
        grace_start: GraceStart,
        /// What ends the grace period (GR-11).
        grace_end: GraceEnd,
        /// Whose permanents count (AM-15).
        accept: Accept,
        /// A damaged or untrusted license counts as none instead of being denied (PD-22, PD-23, CON-22).
        lenient_invalid: bool,
        /// A per-user server wants an activated license server (PU-06, CON-09).
        per_user_requires_activated: bool,
        /// A per-user server gives devices temporaries, which are never upgraded (CON-11).
        per_user_temporaries: bool,
        /// Once grace is over, a license server that is not activated stops this server (CON-10).
        unactivated_stops_server: bool,
        /// A license server of the role Domain is never found, on a domain controller neither: it has to be named (CON-24).
        domain_role_by_name_only: bool,
        /// Device CALs go with Per Device mode only: whoever works here per user owes a User CAL (CON-25).
        device_cals_per_device_only: bool,
        /// Windows 2000: an Internet Connector license; up to 200 anonymous users and nobody else (W2K-12).
        internet_connector: bool,
        /// From 2003 on: on paper, an External Connector covers all outsiders at this server, which licenses per user (WS03-08, WS03-12).
        external_connector: bool,
        /// How far in the future a license may begin and still be taken, seconds (OQ-10).
        not_before_tolerance_s: u32,
        /// From how many days before a temporary's end its holder is warned (OQ-5).
        expiry_popup_days: u32,
    }
}

/// A row of `GET /accounts`: never the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRow {
    /// The account's name.
    pub name: UserName,
    /// Whether it is an administrator's.
    pub administrator: bool,
}

/// `PUT /accounts/{name}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// The password, 1 to 256 characters; kept as a hash.
    pub password: String,
    /// Whether it is an administrator's.
    #[serde(default)]
    pub administrator: bool,
}

impl std::fmt::Debug for AccountChange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AccountChange").field("administrator", &self.administrator).finish_non_exhaustive()
    }
}

/// `PUT /license-servers/{name}`: enrol a license server, or change its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustLicenseServer {
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
    /// Its address: `http://host:port`.
    pub url: String,
}

/// The query of `DELETE /license-servers/{name}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetQuery {
    /// Its key got out: nothing that was signed with it counts any more. Left out, what it issued before goes on counting (AM-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaked: Option<bool>,
}

/// A row of `GET /license-servers`, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseServerRow {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
    /// Its address.
    pub url: String,
    /// Whether it is on the list of servers to ask (SPEC 4.3 step 4).
    pub listed: bool,
    /// By which way the last search found it, where it did (SPEC section 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Way>,
    /// Whether it is the server that is asked first (SD-02).
    pub current: bool,
    /// Silent until it answers again or this moment comes (SPEC 4.3 step 4).
    pub silent_until: Option<LabTime>,
}

/// `PUT /license-servers`: the list of servers to ask, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseServerList {
    /// Names of enrolled license servers; the first is asked first.
    pub names: Vec<ServerName>,
}

/// `PATCH /discovery`: what is named changes, the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscoveryChange {
    /// Whether the server searches (DI-27, W08-14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// How often (DI-07, DI-08, DI-29).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
    /// The license servers that group policy names, from 2003 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Vec<ServerName>>,
}

/// License servers that the registry names, and where it keeps them (DI-30).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedServers {
    /// The value or key, in the form of the server's generation.
    pub form: String,
    /// The names.
    pub names: Vec<ServerName>,
}

/// `GET /discovery`: how the server comes to its license servers, and what its last search found (SPEC section 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryView {
    /// The terminal server.
    pub server: ServerName,
    /// Its generation.
    pub generation: Generation,
    /// Where it stands.
    pub placement: Placement,
    /// The directory that it knows.
    pub directory: Option<ServerName>,
    /// Whether it searches.
    pub search: Search,
    /// How often.
    pub intervals: Intervals,
    /// By which ways, in their order.
    pub ways: Vec<Way>,
    /// Whom the registry names.
    pub registry: NamedServers,
    /// Whom group policy names.
    pub policy: Vec<ServerName>,
    /// Whom the last search found; the first is asked first, the others are remembered (DI-09).
    pub found: Vec<FoundServer>,
    /// Everybody who is asked, in order: named ones before found ones.
    pub asked: Vec<ServerName>,
    /// When it searched last.
    pub searched_at: Option<LabTime>,
    /// When it searches again by itself; none where it does not.
    pub next_search_at: Option<LabTime>,
    /// Why the last search found whom it found, rule by rule.
    pub trace: Vec<TraceStep>,
}

/// A row of `GET /people`: somebody who worked here in Per User mode (PU-07, PU-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonRow {
    /// The account.
    pub user: UserName,
    /// The first logon in Per User mode.
    pub first_at: LabTime,
    /// The last one.
    pub last_at: LabTime,
    /// How many there were: one User CAL is owed all the same (PU-08).
    pub logons: u64,
}

/// `PUT /root`: the lab's root certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustRoot {
    /// The certificate, PEM.
    pub root: String,
}
