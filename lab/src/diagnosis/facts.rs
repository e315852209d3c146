//! What the Diagnoser looks at: a terminal server, the license servers of the lab, and the devices that came.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::model::{Cal, Denial, DeviceName, HardwareId, LabTime, PackId, ProductId, ServerName, UserName};
use shared::wire::common::Identity;
use shared::wire::license_server::{
    ActivationView, LedgerSettings, LicenseRow, LicenseServerStanding, PackList, SecurityGroup, TerminalServerRow,
};
use shared::wire::terminal_server::{CertificateView, DiscoveryView, GraceView, LicenseServerRow, Settings};

use client::device::Slot;

/// Everything that was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// The terminal server that is diagnosed.
    pub terminal_server: TerminalServerFacts,
    /// The license servers of the lab.
    pub license_servers: Vec<LicenseServerFacts>,
    /// What is around them.
    pub surroundings: Surroundings,
}

/// What is around the servers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Surroundings {
    /// `tsl up` runs the lab, so that its services are stopped and started from here.
    pub under_up: bool,
    /// The clearinghouse, where the lab has one.
    pub clearinghouse: Option<ServerName>,
    /// The directory, where the lab has one, and whether it answers.
    pub directory: Option<(ServerName, bool)>,
    /// Under which Product IDs the clearinghouse has activated servers of each name; empty where it could not be asked.
    pub registered: BTreeMap<ServerName, BTreeSet<ProductId>>,
    /// How many CALs of a pack the clearinghouse gave again, by its record; none where it could not be asked.
    pub given_again: Option<BTreeMap<PackId, u32>>,
}

/// What was seen of a terminal server.
#[derive(Clone, Debug, Serialize)]
pub struct TerminalServerFacts {
    /// Who it is.
    pub identity: Identity,
    /// Its clock.
    pub now: Option<LabTime>,
    /// Its settings.
    pub settings: Settings,
    /// Its grace period.
    pub grace: GraceView,
    /// Its certificate values.
    pub certificate: CertificateView,
    /// The license servers whose keys it knows.
    pub enrolled: Vec<LicenseServerRow>,
    /// How it comes to its license servers, and whom it asks.
    pub discovery: DiscoveryView,
    /// To whom its calls do not get through.
    pub cut_off: Vec<ServerName>,
    /// Who came, of those whose visits are remembered.
    pub devices: Vec<DeviceFacts>,
    /// The users that they named.
    pub users: Vec<UserName>,
}

/// What was seen of a client device.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceFacts {
    /// Its name.
    pub name: DeviceName,
    /// Its hardware id of today: of its store where that is in reach, else of its last visit. None before it makes one.
    pub hardware_id: Option<HardwareId>,
    /// How often it was let in.
    pub admitted: usize,
    /// Its last visit.
    pub last: LastVisit,
    /// Its store, where that is in reach.
    pub store: Option<StoreFacts>,
}

/// The last visit of a device.
#[derive(Clone, Debug, Serialize)]
pub struct LastVisit {
    /// When, by the terminal server's clock.
    pub at: LabTime,
    /// Why it was denied, where it was.
    pub denied: Option<Denial>,
}

/// What was seen of a device's store.
#[derive(Clone, Debug, Serialize)]
pub struct StoreFacts {
    /// It forgets its hardware id when it is switched off (FT-08).
    pub forgets: bool,
    /// Its licenses.
    pub licenses: Vec<Cal>,
    /// The license that it presents here, and what that says; nothing where it cannot be read.
    pub presents: Option<(Slot, Option<Cal>)>,
}

/// What was seen of a license server; the diagnosis needs an administrator's rights on each.
#[derive(Clone, Debug, Serialize)]
pub struct LicenseServerFacts {
    /// Its name.
    pub name: ServerName,
    /// What it said; none with the reason where it could not be asked.
    #[serde(flatten)]
    pub state: Reached,
}

/// Whether a license server could be asked.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Reached {
    /// It could.
    Answered(Box<Answers>),
    /// It answers, but not to whoever is no administrator of it (AM-18).
    NotAdministrator {
        /// What it said.
        why: String,
    },
    /// It could not, and this is why, as far as can be seen.
    Silent {
        /// What is in the way.
        why: Silence,
    },
}

/// Why a license server is silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Silence {
    /// It is stopped, and nothing is wrong with its data.
    Stopped,
    /// It is stopped, and its journal is damaged (FT-13).
    Damaged {
        /// How.
        damage: String,
    },
    /// It is stopped, and its key is gone from its folder.
    KeyGone {
        /// The key's file.
        key: String,
        /// The file that says that there was one.
        known: String,
    },
    /// Nothing more is known of it.
    NoAnswer {
        /// What happened to the question.
        why: String,
    },
}

/// What a license server said.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    /// Who it is.
    pub identity: Identity,
    /// Its clock.
    pub now: Option<LabTime>,
    /// Its activation.
    pub activation: ActivationView,
    /// Its packs.
    pub packs: PackList,
    /// Its policies.
    pub settings: LedgerSettings,
    /// Its security group.
    pub group: SecurityGroup,
    /// The terminal servers that it knows.
    pub enrolled: Vec<TerminalServerRow>,
    /// Where it stands, as the directory sees it now.
    pub standing: LicenseServerStanding,
    /// To whom its calls do not get through.
    pub cut_off: Vec<ServerName>,
    /// What it has issued.
    pub licenses: Vec<LicenseRow>,
}

impl TerminalServerFacts {
    /// Whether it asks this license server.
    #[must_use]
    pub fn asks(&self, name: &ServerName) -> bool {
        self.discovery.asked.contains(name)
    }
}

impl Seen {
    /// The license servers that answered, with what they said.
    pub(super) fn answered(&self) -> impl Iterator<Item = (&ServerName, &Answers)> {
        self.license_servers.iter().filter_map(|facts| facts.answers().map(|answers| (&facts.name, answers)))
    }

    /// Those among them that the terminal server asks and gets through to, in its order.
    pub(super) fn heard(&self) -> Vec<(&ServerName, &Answers)> {
        let server = &self.terminal_server;
        let order = |name: &ServerName| server.discovery.asked.iter().position(|asked| asked == name);
        let mut heard: Vec<_> = self.answered().filter(|(name, answers)| server.asks(name) && !self.is_cut(name, answers)).collect();
        heard.sort_by_key(|(name, _)| order(name));
        heard
    }

    /// Whether the way between the terminal server and this license server is cut.
    pub(super) fn is_cut(&self, name: &ServerName, answers: &Answers) -> bool {
        self.terminal_server.cut_off.contains(name) || answers.cut_off.contains(&self.terminal_server.identity.name)
    }
}

impl LicenseServerFacts {
    /// What it said, where it did.
    #[must_use]
    pub fn answers(&self) -> Option<&Answers> {
        match &self.state {
            Reached::Answered(answers) => Some(answers),
            Reached::NotAdministrator { .. } | Reached::Silent { .. } => None,
        }
    }
}
