//! The license server's machine: packs, issued CALs, temporaries, and who may ask.
//!
//! [`Ledger`] is the state; `decide.rs` turns commands into events, `apply.rs` takes events in, `reports.rs` reads.

mod activation;
mod apply;
mod backup;
mod decide;
mod keys;
mod log;
mod managing;
mod network;
mod orders;
mod peers;
mod refusal;
mod reports;

pub use activation::{ActivationCommand, ActivationEvent, Life, WithheldBecause};
pub use backup::{Backup, RestoreCommand, Restored};
pub use managing::{Convert, ManageCommand, ManageEvent, Release, Revocation, Revoke};
pub use network::{NetworkCommand, NetworkEvent, Report};
pub use peers::{Owed, PassThrough, Peer, PeerCommand, PeerEvent, Say, TakeBack};
pub use refusal::Refusal;
pub use reports::pack_row;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{
    AgreementKey, Cal, CalId, DeviceName, Generation, HardwareId, LabTime, LicenseServerId, LogRecord, Pack, PackId, ProductId,
    ProductType, ProductVersion, PublicKey, RequestId, ServerName, TraceStep,
};
use crate::policy::built_in;
use crate::policy::terms::{self, Terms};
use crate::wire::license_server::{DeclineReason, HowIssued, LedgerSettings, LedgerSettingsChange, PutBack};
use crate::wire::managing::ReleaseOrder;

/// Who this license server is; set once, at its first start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its computer name.
    pub name: ServerName,
    /// Its generation.
    pub generation: Generation,
    /// Its Product ID (AC-01).
    pub product_id: ProductId,
}

impl Server {
    /// The version that it serves at the most.
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

/// The clearinghouse that this license server belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearinghouse {
    /// Its name.
    pub name: ServerName,
    /// Its public key.
    pub key: PublicKey,
    /// Its key agreement key, published with the root: under it typed codes are checked.
    #[serde(default)]
    pub agreement: Option<AgreementKey>,
    /// The lab's root, PEM.
    pub root: String,
    /// SHA-256 of the root's DER, hex, as the administrator saw it.
    pub fingerprint: String,
    /// Its address.
    pub url: String,
}

/// What a certificate of this server is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateKind {
    /// Made by itself at its first start: temporaries only (CE-09, CE-14).
    SelfSigned,
    /// From the clearinghouse (AC-14, CE-13).
    Activation,
}

/// A certificate under which this server signs, or once signed, licenses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCertificate {
    /// Its place among this server's certificates, from 0; licenses refer to it.
    pub number: u32,
    /// What it is good for.
    pub kind: CertificateKind,
    /// The certificate, PEM.
    pub pem: String,
    /// Its first second.
    pub from: LabTime,
    /// Its end: it holds up to, not including, this second.
    pub until: LabTime,
    /// When this server got it.
    pub received_at: LabTime,
    /// The License Server ID by which the server was activated, where a self-signed certificate stands for that (CE-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_server_id: Option<LicenseServerId>,
    /// Which of the server's activations it belongs to, from 1; 0 for none.
    #[serde(default)]
    pub activation: u16,
}

/// An installed pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPack {
    /// Its place, from 1, in the order of installation; CALs are drawn in this order.
    pub number: u64,
    /// The pack.
    pub pack: Pack,
    /// CALs that devices hold.
    pub issued: u32,
    /// When it was installed.
    pub installed_at: LabTime,
    /// The request that installed it.
    pub request: RequestId,
    /// CALs that no device holds and none can get: lost in a restore, or to be had from the clearinghouse again (AC-26, AC-40).
    #[serde(default)]
    pub withheld: u32,
    /// When it was removed; what devices hold of it is still counted, in case it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<LabTime>,
    /// The pack of a license server that no longer functions, in place of which the clearinghouse issued this one (AM-17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<PackId>,
}

impl InstalledPack {
    /// CALs that are free.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.pack.total.saturating_sub(self.issued).saturating_sub(self.withheld)
    }
}

/// A license on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseRecord {
    /// Its place, from 1, in the order of first issue.
    pub number: u64,
    /// The license as the device holds it.
    pub cal: Cal,
    /// When the device first got it.
    pub first_issued_at: LabTime,
    /// A temporary whose device has seen a logon (LS-13).
    pub validated: bool,
    /// A temporary that an upgrade has closed.
    pub closed: bool,
    /// The certificate it was signed under.
    pub certificate: u32,
    /// When it was revoked: its CAL is free, the device's copy works up to its end (W08-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<LabTime>,
}

/// What a terminal server asked for, and for whom, as the ledger sees it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The inquiry.
    pub inquiry: crate::wire::license_server::Inquiry,
    /// The enrolled terminal server that asks.
    pub terminal_server: ServerName,
    /// The license presented, where it proved genuine.
    pub presented: Option<Cal>,
    /// The license server that refers the device here; none where the terminal server itself asks (LS-07).
    pub referred_by: Option<ServerName>,
    /// The license servers that were asked on this one's behalf, and what came of it (LS-07).
    pub elsewhere: Vec<Elsewhere>,
}

/// A license server that a request was referred to in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The server.
    pub server: ServerName,
    /// What it said; nothing at all, with the reason, when it was silent.
    pub said: Result<DeclineReason, String>,
}

impl Asked {
    /// W2K-03: whether the client is one of those that the built-in pool covers.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        built_in::covers(self.inquiry.generation, self.inquiry.platform, self.inquiry.version)
    }

    /// LS-01: who has to be in the security group: whoever asks this server, be it a terminal server or a license server.
    #[must_use]
    pub fn caller(&self) -> &ServerName {
        self.referred_by.as_ref().unwrap_or(&self.terminal_server)
    }
}

/// Something that an administrator, a terminal server or the service itself wants done.
#[derive(Clone, Debug)]
pub enum Command {
    /// The service is starting; at the first start this makes the server who it is.
    Start {
        /// Its name.
        name: ServerName,
        /// Its generation.
        generation: Generation,
        /// A self-signed certificate, kept where the server has none yet (CE-14).
        certificate: NewCertificate,
        /// The Product ID, kept where the server has none yet.
        product_id: ProductId,
    },
    /// The service is stopping.
    Stop,
    /// Settle which clearinghouse this server belongs to.
    TrustClearinghouse(Clearinghouse),
    /// Enrol a terminal server.
    TrustTerminalServer {
        /// Its name.
        name: ServerName,
        /// Its key.
        key: PublicKey,
    },
    /// Take a terminal server's enrolment back.
    ForgetTerminalServer(ServerName),
    /// A step of a restore (AC-39, AC-40).
    Restore(RestoreCommand),
    /// What else belongs to the life of an activation (AC-12 to AC-27).
    Activation(Box<ActivationCommand>),
    /// Change policies.
    ChangeSettings(LedgerSettingsChange),
    /// Change the members of "Terminal Services Computers" (LS-01); in force from the next start.
    ChangeGroup(BTreeSet<ServerName>),
    /// Settle the life of the next permanent, for a lesson.
    LayDownLife {
        /// Whole days.
        days: u32,
    },
    /// Something about the network (SPEC section 6, W08-04).
    Network(NetworkCommand),
    /// Something about CALs and packs.
    Manage(ManageCommand),
    /// Something about other license servers.
    Peer(PeerCommand),
}

/// A terminal server asks for a license. The answer is an [`Outcome`].
#[derive(Clone, Debug)]
pub struct Inquire(pub Box<Asked>);

/// What a request for a license came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A license, which the server signs under one of its certificates.
    License {
        /// What it says.
        cal: Cal,
        /// The place of the certificate that signs it.
        certificate: u32,
        /// How it came about.
        how: HowIssued,
        /// Every rule that fired, in order.
        rules: Vec<TraceStep>,
    },
    /// Nothing for this device.
    Declined {
        /// Why.
        reason: DeclineReason,
        /// Every rule that fired, in order.
        rules: Vec<TraceStep>,
    },
    /// The server is too old for the version asked for (LS-02).
    TooOld,
}

/// A terminal server reports a logon (LS-13).
#[derive(Clone, Debug)]
pub struct Mark {
    /// The temporary.
    pub cal: CalId,
    /// The device it was issued to.
    pub hardware_id: HardwareId,
    /// Who reports.
    pub terminal_server: ServerName,
}

/// Install a pack that the clearinghouse issued for this server. The answer is the pack as it stands here.
#[derive(Clone, Debug)]
pub struct InstallPack {
    /// The request.
    pub request: RequestId,
    /// The pack.
    pub pack: Pack,
}

/// A certificate that the server is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCertificate {
    /// The certificate, PEM.
    pub pem: String,
    /// Its first second.
    pub from: LabTime,
    /// Its end.
    pub until: LabTime,
}

/// Something that happened to a license server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The server became who it is.
    Founded(Server),
    /// The service started; from here on the group in force is the one on record (LS-01).
    Started,
    /// The clearinghouse was settled.
    ClearinghouseTrusted(Clearinghouse),
    /// A terminal server was enrolled.
    TerminalServerTrusted {
        /// Its name.
        name: ServerName,
        /// Its key.
        key: PublicKey,
    },
    /// A terminal server's enrolment was taken back; what was issued through it stays on record.
    TerminalServerForgotten {
        /// Its name.
        name: ServerName,
    },
    /// The server got a certificate.
    CertificateReceived(OwnCertificate),
    /// Something happened to the server's activation.
    Activation(ActivationEvent),
    /// A step of a restore from a backup (AC-39, AC-40).
    Restored(Box<Restored>),
    /// A pack was installed.
    PackInstalled(InstalledPack),
    /// Policies changed.
    SettingsChanged {
        /// How they stand now.
        settings: LedgerSettings,
    },
    /// The group changed on record.
    GroupChanged {
        /// Its members.
        members: BTreeSet<ServerName>,
    },
    /// The life of the next permanent was settled.
    LifeLaidDown {
        /// Whole days.
        days: u32,
    },
    /// A license was issued, extended or revived.
    Issued {
        /// The record as it stands now.
        record: LicenseRecord,
        /// How it came about.
        how: HowIssued,
        /// Temporaries that this closes.
        closes: Vec<u64>,
        /// Its life was one that had been laid down.
        laid_down: bool,
        /// The terminal server that asked.
        terminal_server: ServerName,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
    },
    /// A license on record was handed out again.
    HandedOut {
        /// Its place.
        number: u64,
        /// The terminal server that asked.
        terminal_server: ServerName,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
    },
    /// A request was declined.
    Declined {
        /// The device.
        device: DeviceName,
        /// Its hardware id.
        hardware_id: HardwareId,
        /// The version asked for.
        version: ProductVersion,
        /// Why; none when this server is too old for the version (LS-02).
        reason: Option<DeclineReason>,
        /// The terminal server that asked.
        terminal_server: ServerName,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
    },
    /// A temporary was validated (LS-13).
    Validated {
        /// Its place.
        number: u64,
    },
    /// A mark was turned down (LS-01, SD-16).
    MarkDeclined {
        /// The temporary.
        cal: CalId,
        /// Who reported.
        terminal_server: ServerName,
    },
    /// The daily sweep took expired permanents back (LS-09).
    Swept {
        /// Their places.
        numbers: Vec<u64>,
    },
    /// Something in the network (SPEC section 6, W08-04).
    Network(NetworkEvent),
    /// Something happened to CALs and packs.
    Managed(ManageEvent),
    /// Something between license servers.
    Peer(PeerEvent),
    /// A record of the event log.
    Logged(LogRecord),
}

/// The state of a license server. Fields are private: what others need is in `reports.rs`.
#[derive(Debug)]
pub struct Ledger {
    server: Option<Server>,
    settings: LedgerSettings,
    clearinghouse: Option<Clearinghouse>,
    terminal_servers: BTreeMap<ServerName, PublicKey>,
    /// Thumbprint of a pinned key, to its owner.
    callers: HashMap<String, ServerName>,
    group: BTreeSet<ServerName>,
    group_in_force: BTreeSet<ServerName>,
    certificates: BTreeMap<u32, OwnCertificate>,
    life: Life,
    packs: BTreeMap<u64, InstalledPack>,
    pack_numbers: HashMap<PackId, u64>,
    /// Packs with free CALs, by what they serve.
    free: BTreeMap<(ProductVersion, ProductType), BTreeSet<u64>>,
    records: BTreeMap<u64, LicenseRecord>,
    last_record: u64,
    by_device: HashMap<HardwareId, Vec<u64>>,
    by_name: HashMap<DeviceName, BTreeSet<u64>>,
    by_id: HashMap<CalId, u64>,
    /// Permanents by their end, for the sweep.
    ends: BTreeSet<(LabTime, u64)>,
    temporaries_issued: BTreeMap<ProductVersion, u64>,
    next_lives: VecDeque<u32>,
    network: network::Network,
    /// Revoked CALs by their end.
    revoked: BTreeSet<(LabTime, u64)>,
    /// Packs that were given up to other license servers, by request.
    released: HashMap<RequestId, managing::Given>,
    /// What may leave for other license servers, by pack (AM-17).
    orders: BTreeMap<PackId, ReleaseOrder>,
    /// The database may be damaged.
    suspect: bool,
    /// A restore that has begun.
    staged: Option<backup::Staged>,
    /// CALs that the last restore put back although devices held them (AM-16).
    put_back: Option<PutBack>,
    /// Other license servers.
    peers: peers::Peers,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            server: None,
            settings: LedgerSettings {
                prevent_license_upgrade: false,
                security_group_policy: false,
                unvalidated_expired_denied: false,
                temporary_for_want_only: false,
                revoke_2008_only: false,
                sweep_at_s: terms::SWEEP_AT_S,
            },
            clearinghouse: None,
            terminal_servers: BTreeMap::new(),
            callers: HashMap::new(),
            group: BTreeSet::new(),
            group_in_force: BTreeSet::new(),
            certificates: BTreeMap::new(),
            life: Life::default(),
            packs: BTreeMap::new(),
            pack_numbers: HashMap::new(),
            free: BTreeMap::new(),
            records: BTreeMap::new(),
            last_record: 0,
            by_device: HashMap::new(),
            by_name: HashMap::new(),
            by_id: HashMap::new(),
            ends: BTreeSet::new(),
            temporaries_issued: BTreeMap::new(),
            next_lives: VecDeque::new(),
            network: network::Network::default(),
            revoked: BTreeSet::new(),
            released: HashMap::new(),
            orders: BTreeMap::new(),
            suspect: false,
            staged: None,
            put_back: None,
            peers: peers::Peers::default(),
        }
    }
}
