//! What a license server takes and answers.

use super::settings::settings;
use crate::rulebook::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clearinghouse::Wanted;
use super::directory::ReportScope;
use crate::model::{
    AgreementKey, Cal, CalId, CalKind, ConfirmationCode, ContactMethod, DeviceName, DomainName, Generation, HardwareId, LabTime, Lapse,
    LicenseServerId, LicenseServerRole, Pack, PackId, Placement, Platform, ProductId, ProductVersion, PublicKey, Purchase,
    ReactivationReason, Registrant, RequestId, ServerName, SiteName, TraceStep, UserName,
};

/// `POST /inquiries`, signed by an enrolled terminal server: a device needs a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// The connection it belongs to.
    pub request: RequestId,
    /// The version asked for: the terminal server's own, or that of a newer license presented (PD-20).
    pub version: ProductVersion,
    /// The terminal server's generation: one before Service Pack 3 of 2000 is served the old way (SD-03).
    pub generation: Generation,
    /// The client's system, for the built-in pool of 2000 (W2K-03).
    pub platform: Platform,
    /// The device's name.
    pub device: DeviceName,
    /// The user as the client said.
    pub user: UserName,
    /// The device's hardware id.
    pub hardware_id: HardwareId,
    /// The license presented, where it is to be upgraded or renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presented: Option<String>,
    /// The terminal server's mode allows temporaries only (WS03-02).
    #[serde(default)]
    pub temporary_only: bool,
}

/// The answer to an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum InquiryAnswer {
    /// A license.
    Issued {
        /// Its signed form.
        token: String,
        /// What it says.
        cal: Cal,
        /// How it came about.
        how: HowIssued,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
        /// Whether this license server is activated.
        activated: bool,
    },
    /// No license.
    Declined {
        /// Why.
        reason: DeclineReason,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
        /// Whether this license server is activated.
        activated: bool,
    },
    /// This license server is older than the version asked for: ask another (VC-02, LS-02).
    TooOld {
        /// Its own version.
        version: ProductVersion,
    },
}

/// How a license came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HowIssued {
    /// Made or drawn now.
    New,
    /// On record already, handed out again (LS-14, OQ-9).
    Again,
    /// On record already and still good, its end moved (RN-02).
    Extended,
    /// On record already, past its end but not swept: its end moved without a draw (LS-09).
    Revived,
}

/// Why no license was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineReason {
    /// Nothing free of the version and type, or not activated.
    NoneAvailable,
    /// The temporary on record was never validated, and the switch wants it (OQ-3).
    NeverValidated,
    /// The terminal server is not in the security group (LS-01).
    NotInGroup,
    /// Only a temporary was allowed, and the device had its own (LS-04, WS03-02).
    TemporarySpent,
    /// The temporary presented stays as it is until somebody has logged on (PD-08).
    NotValidated,
}

/// `POST /marks`, signed by an enrolled terminal server: a user has logged on (LS-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The connection it belongs to.
    pub request: RequestId,
    /// The temporary.
    pub cal: CalId,
    /// The device that it was issued to.
    pub hardware_id: HardwareId,
}

/// The answer to a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum MarkAnswer {
    /// The temporary is validated: now, or it was before.
    Validated,
    /// No such temporary is on record, or it has been closed by an upgrade.
    NoSuchTemporary,
    /// The terminal server is not in the security group (LS-01, SD-16).
    NotInGroup,
}

/// `GET /contact`, signed by an enrolled terminal server (PU-02, GR-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// The license server.
    pub name: ServerName,
    /// Its version.
    pub version: ProductVersion,
    /// Whether it is activated.
    pub activated: bool,
    /// Its role (DI-26).
    pub role: LicenseServerRole,
    /// Where it stands.
    pub placement: Placement,
}

/// `PUT /network`: where this license server stands, and its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceLicenseServer {
    /// Where it stands.
    pub placement: Placement,
    /// Its role; none takes the install default: Enterprise in a directory, else Domain (DI-23, TL-10).
    #[serde(default)]
    pub role: Option<LicenseServerRole>,
}

/// `GET /network`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseServerStanding {
    /// The license server.
    pub name: ServerName,
    /// Its generation.
    pub generation: Generation,
    /// Where it stands.
    pub placement: Placement,
    /// Its role.
    pub role: LicenseServerRole,
    /// The directory that it knows.
    pub directory: Option<ServerName>,
    /// The site in which it is published (DI-23).
    pub published_in: Option<SiteName>,
    /// The domains whose group "Terminal Server License Servers" it is in (W08-05).
    pub groups: Vec<DomainName>,
}

/// `PUT /publication`: publish this server in its site, or take it from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicationChange {
    /// Whether it is to be published.
    pub published: bool,
}

/// `GET /configuration-review` (TL-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationReview {
    /// The license server.
    pub name: ServerName,
    /// What was looked at.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What.
    pub check: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// How it is.
    pub found: String,
    /// What to do about it; empty where nothing is to be done.
    pub cure: String,
    /// The rules behind it.
    pub rules: Vec<RuleId>,
}

/// `POST /user-licenses`, signed by an enrolled terminal server: a user has logged on in Per User mode (W08-04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackUser {
    /// The connection it belongs to.
    pub request: RequestId,
    /// The user, `domain\name`.
    pub user: UserName,
    /// The version of the terminal server.
    pub version: ProductVersion,
}

/// The answer to it. Whatever it is, the user is let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum TrackAnswer {
    /// The directory holds a license that lasts: nothing was written.
    Stands {
        /// Its end.
        until: LabTime,
    },
    /// A license was written.
    Issued {
        /// Its end.
        until: LabTime,
        /// Whether it goes on where one held.
        extended: bool,
    },
    /// This server is not in the group of the user's domain (W08-05).
    NotInGroup,
    /// The directory knows no such user: a local account.
    NoSuchUser,
    /// This server is in no directory (W08-06).
    Workgroup,
    /// The directory did not answer.
    DirectorySilent {
        /// What happened.
        reason: String,
    },
    /// License servers before 2008 keep no record of users (PU-07).
    NotKept,
}

impl TrackAnswer {
    /// The answer in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            TrackAnswer::Stands { until } => format!("the user's license in the directory holds until {until}"),
            TrackAnswer::Issued { until, extended: false } => format!("a license until {until} was written to the directory"),
            TrackAnswer::Issued { until, extended: true } => format!("the license was extended until {until} in the directory"),
            TrackAnswer::NotInGroup => "not in the group \"Terminal Server License Servers\" of the user's domain: event 4105".to_owned(),
            TrackAnswer::NoSuchUser => "the directory knows no such user".to_owned(),
            TrackAnswer::Workgroup => "it is in no directory: users cannot be tracked".to_owned(),
            TrackAnswer::DirectorySilent { reason } => format!("the directory was silent ({reason}): event 4105"),
            TrackAnswer::NotKept => "license servers before 2008 keep no record of users".to_owned(),
        }
    }
}

/// `POST /per-user-reports` and `GET /per-user-reports`: who holds a user license (TL-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerUserReport {
    /// When it was made.
    pub at: LabTime,
    /// What it is about.
    pub scope: ReportScope,
    /// The users whose licenses hold; each counts once for a version (PU-08).
    pub users: Vec<PerUserRow>,
    /// Version by version.
    pub summary: Vec<PerUserSummary>,
    /// Users that could not be recorded (W08-05).
    pub failures: Vec<PerUserFailure>,
}

/// A user's license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerUserRow {
    /// The user.
    pub user: UserName,
    /// Its version.
    pub version: ProductVersion,
    /// Its end.
    pub expires_at: LabTime,
    /// The license server that wrote it.
    pub managing_server: ServerName,
}

/// How a version stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerUserSummary {
    /// The version.
    pub version: ProductVersion,
    /// User CALs installed on this license server.
    pub installed: u64,
    /// Users whose license holds; may be more than there are CALs (W08-04).
    pub issued: u64,
    /// What is left.
    pub availability: Availability,
}

/// What is left of a version's User CALs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Availability {
    /// Free ones.
    Available,
    /// A tenth or less.
    Limited,
    /// None, or more were issued than there are.
    None,
    /// This server cannot track users (W08-06).
    NotTracking,
}

/// A user that could not be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerUserFailure {
    /// The user.
    pub user: UserName,
    /// When.
    pub at: LabTime,
    /// Why.
    pub reason: String,
}

/// `PUT /clearinghouse`: the clearinghouse that this license server belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustClearinghouse {
    /// Its name.
    pub name: ServerName,
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
    /// Its key agreement key, published with the root: without it no typed code can be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementKey>,
    /// The lab's root certificate, PEM.
    pub root: String,
    /// Its address: `http://host:port`.
    pub url: String,
}

/// `PUT /terminal-servers/{name}`: enrol a terminal server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustTerminalServer {
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
}

/// A row of `GET /terminal-servers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TerminalServerRow {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
}

/// `POST /activation`: activate automatically (AC-10, AC-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// Who activates it.
    pub registrant: Registrant,
}

/// `GET /activation` (AC-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivationView {
    /// 0 activated, 1 not activated.
    pub status: u8,
    /// The server's Product ID.
    pub product_id: ProductId,
    /// The activation certificate, PEM.
    pub certificate: Option<String>,
    /// The lab's root, PEM.
    pub root: Option<String>,
    /// When it was activated.
    pub activated_at: Option<LabTime>,
    /// The certificate's end: from then on the server is as before activation (CE-13).
    pub ends_at: Option<LabTime>,
    /// The License Server ID, where the server was activated by one (AC-02).
    pub license_server_id: Option<LicenseServerId>,
    /// Which of the server's activations this is; 0 before the first.
    pub number: u16,
    /// When it was deactivated, where it was (AC-24).
    pub deactivated_at: Option<LabTime>,
    /// Why it is not activated, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapse: Option<Lapse>,
    /// What the administrator should do now, where there is something (AC-27, AC-47).
    pub prompt: Option<String>,
}

/// `GET /activation/papers`: what is pasted on the clearinghouse's page, or read out on the telephone (AC-12, AC-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Papers {
    /// The server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its key text: 14 groups of five.
    pub key_text: String,
    /// A PKCS#10 certificate request, PEM: for the page only, where a certificate is wanted as a file (CE-15).
    pub certificate_request: String,
}

/// `POST /activation/id`: activate with a License Server ID (AC-12, AC-13, AC-17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateById {
    /// The id.
    pub license_server_id: LicenseServerId,
    /// Why the server is activated again; left out at the first activation (AC-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReactivationReason>,
}

/// `PUT /activation/certificate`: the clearinghouse's certificate as a file, beside a License Server ID (CE-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BringCertificate {
    /// The certificate, PEM.
    pub certificate: String,
}

/// `POST /reactivation`: activate again, automatically (AC-25).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reactivate {
    /// Why.
    pub reason: ReactivationReason,
    /// Who activates it.
    pub registrant: Registrant,
    /// What the former key signed, where this server has another one now: with reason 0 (AM-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succession: Option<Succession>,
}

/// The former key's word that the Product ID goes to the key of today (AM-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The request that it was signed for.
    pub request: RequestId,
    /// The signature, base64url without padding.
    pub signature: String,
}

/// `POST /activation/key`: a new key in place of one that got out, before a reactivation by a typed code (AC-25 reason 2, FT-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceKey {
    /// Said on purpose: the old key is gone for good, and terminal servers must be given the new one.
    pub compromised: bool,
}

/// `POST /deactivation` (AC-21 to AC-23).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deactivate {
    /// How.
    pub method: ContactMethod,
    /// Who deactivates it, with an e-mail address: for the automatic way (AC-23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrant: Option<Registrant>,
    /// What the clearinghouse's representative read out: by telephone (AC-22).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_code: Option<ConfirmationCode>,
}

/// `POST /packs/ids`: install a pack by its typed id (AC-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallKeyPack {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// The id.
    pub key_pack_id: PackId,
}

/// `POST /packs`: install CALs (AC-30 to AC-34).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallPack {
    /// Repeated when the request is asked again: nothing is bought or installed twice.
    pub request: RequestId,
    /// What was bought.
    pub purchase: Purchase,
    /// What every purchase but a retail code must also say (AC-08).
    #[serde(default)]
    pub wanted: Option<Wanted>,
}

/// A row of `GET /packs` (TL-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackRow {
    /// The pack.
    #[serde(flatten)]
    pub pack: Pack,
    /// CALs that devices hold.
    pub issued: u32,
    /// CALs that are free.
    pub available: u32,
    /// CALs that are neither issued nor free: lost in a restore, or to be had from the clearinghouse again (AC-26, AC-40).
    #[serde(default)]
    pub withheld: u32,
    /// When it was installed.
    pub installed_at: LabTime,
    /// The pack of a license server that no longer functions, in place of which the clearinghouse issued this one (AM-17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<PackId>,
}

/// `GET /packs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackList {
    /// The installed packs, oldest first.
    pub packs: Vec<PackRow>,
    /// Temporaries issued so far, by version: a row without a limit in the tools (section 12's note).
    pub temporaries: Vec<TemporaryCount>,
    /// CALs that a restore put back although devices hold them, while one of these may still hold (AM-16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_back: Option<PutBack>,
    /// Give this as `after` to see the packs that follow; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// CALs that were issued after a backup, and that its restore put back into the pool (AM-16, AC-39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PutBack {
    /// How many.
    pub count: u32,
    /// When.
    pub at: LabTime,
    /// Until when a device may hold one of them that another device was given since.
    pub until: LabTime,
}

/// How many temporaries of a version were issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemporaryCount {
    /// The version.
    pub version: ProductVersion,
    /// Issued so far, closed and expired ones included.
    pub issued: u64,
}

/// The query of `GET /licenses`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseQuery {
    /// Only this device, by name.
    pub device: Option<DeviceName>,
    /// Only this hardware id.
    pub hardware_id: Option<HardwareId>,
    /// Only temporaries, or only permanents.
    pub kind: Option<CalKind>,
    /// Give the last row's `number` to see the next page.
    pub after: Option<u64>,
    /// At most this many rows, 1 to 1000; 100 unless told.
    pub limit: Option<u32>,
}

/// A row of `GET /licenses`: who holds what, since, until.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseRow {
    /// Its place in the ledger, counted from 1.
    pub number: u64,
    /// The license.
    #[serde(flatten)]
    pub cal: Cal,
    /// When the device first got it; renewals keep it.
    pub first_issued_at: LabTime,
    /// Where it stands.
    pub standing: Standing,
}

/// Where a license on record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A temporary whose device has not seen a logon.
    NotValidated,
    /// A temporary whose device has seen a logon.
    Validated,
    /// A temporary that an upgrade closed.
    Closed,
    /// A permanent that holds.
    Active,
    /// Past its end; a permanent is counted until the sweep.
    Expired,
    /// Revoked: the CAL is free again, the device's copy works up to its end (W08-07).
    Revoked,
}

/// `GET /licenses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseList {
    /// The rows, in the order of first issue.
    pub licenses: Vec<LicenseRow>,
    /// Give this as `after` to see more; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

settings! {
    /// `GET /settings`.
    LedgerSettings
    /// `PATCH /settings`: what is named changes, the rest stays.
    LedgerSettingsChange {
        /// Policy "Prevent license upgrade" (SPEC 4.9).
        prevent_license_upgrade: bool,
        /// Policy "License Server Security Group" (LS-01).
        security_group_policy: bool,
        /// A temporary that expired without a logon is not upgraded (OQ-3).
        unvalidated_expired_denied: bool,
        /// A device's first license is a temporary only where no CAL is free (CON-06).
        temporary_for_want_only: bool,
        /// Only CALs of version 6.0 can be revoked (CON-13).
        revoke_2008_only: bool,
        /// The moment of the daily sweep, seconds after midnight UTC (LS-09).
        sweep_at_s: u32,
    }
}

/// `GET /security-group` and `PUT /security-group`: the local group "Terminal Services Computers" (LS-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// Its members by name.
    pub members: Vec<ServerName>,
    /// The members as the running service knows them: a change needs a restart. Left out when changing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<Vec<ServerName>>,
}

/// `POST /lab/next-life`: the life of the next permanent CAL, for a lesson (lab only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextLife {
    /// Whole days, 52 to 89.
    pub days: u32,
}

/// The query of `GET /backup`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupQuery {
    /// The `next` of the page before; left out for the first.
    pub after: Option<u64>,
}

/// A page of `GET /backup` (AC-38): what it holds is for a restore, and for nobody to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackupPage {
    /// All but the license records; on the first page only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<serde_json::Value>,
    /// License records.
    pub records: Vec<serde_json::Value>,
    /// Give this as `after` to get the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// `POST /restore` (AC-39, AC-40): a backup in pieces, in this order. Nothing changes before the end has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "part", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RestorePart {
    /// All but the license records.
    Begin {
        /// As the backup's first page had them.
        facts: serde_json::Value,
    },
    /// License records.
    Records {
        /// As the backup's pages had them.
        records: Vec<serde_json::Value>,
    },
    /// That was all.
    End {
        /// How many records there were.
        records: u64,
    },
}
