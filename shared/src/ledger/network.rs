//! Where the license server stands in the network, its role, and what it records of users in the directory (SPEC section 6, W08-04).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, Ledger, Refusal, Server};
use crate::machine::Rows;
use crate::model::{
    DomainName, Generation, LabTime, Level, LicenseServerRole, LicensingSet, LogRecord, Placement, ProductType, ProductVersion, SiteName,
    UserName,
};
use crate::policy::terms::PerUser;
use crate::policy::tracking::{self, Stock};
use crate::policy::{denials, terms};
use crate::wire::directory::{DirectoryStanding, ReportScope, TrustDirectory, UserRow};
use crate::wire::license_server::{
    Availability, LicenseServerStanding, PerUserFailure, PerUserReport, PerUserRow, PerUserSummary, TrackAnswer,
};

/// The license server in its network; one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Network {
    /// Where it stands; none as it was installed.
    placement: Option<Placement>,
    /// The role that was chosen; none takes the install default (DI-23).
    role: Option<LicenseServerRole>,
    directory: Option<TrustDirectory>,
    /// The site in which it published itself.
    published_in: Option<SiteName>,
    /// The domains whose group "Terminal Server License Servers" it was in when it looked last.
    groups: BTreeSet<DomainName>,
    /// The users that could not be recorded, newest last.
    failures: Vec<PerUserFailure>,
}

/// What an administrator, or the service itself, wants done about the network.
#[derive(Clone, Debug)]
pub enum NetworkCommand {
    /// Settle where the server stands, and its role.
    Place {
        /// Where.
        placement: Placement,
        /// The role; none takes the install default.
        role: Option<LicenseServerRole>,
    },
    /// Settle the directory.
    TrustDirectory(TrustDirectory),
    /// Take the directory's enrolment back.
    ForgetDirectory,
    /// The directory said where it knows this server.
    Standing(DirectoryStanding),
    /// A user's license was looked at, or could not be (W08-04, W08-05).
    Tracked {
        /// The user.
        user: UserName,
        /// What came of it.
        answer: TrackAnswer,
    },
}
/// Count the users who have a license, and keep the report (TL-07). The answer is the report.
#[derive(Clone, Debug)]
pub struct Report {
    /// About whom.
    pub scope: ReportScope,
    /// The users of the directory there; none where users are not tracked.
    pub users: Option<Vec<UserRow>>,
}

/// What happened in the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "kebab-case")]
pub enum NetworkEvent {
    /// The server stands here now.
    Placed {
        /// Where.
        placement: Placement,
        /// Its role.
        role: Option<LicenseServerRole>,
    },
    /// The directory was settled.
    DirectoryTrusted {
        /// Which.
        directory: TrustDirectory,
    },
    /// The directory's enrolment was taken back.
    DirectoryForgotten,
    /// Where the directory knows this server changed.
    Known {
        /// The site in which it is published.
        published_in: Option<SiteName>,
        /// The groups that it is in.
        groups: BTreeSet<DomainName>,
    },
    /// A user's license was written, or could not be.
    Tracked {
        /// The user.
        user: UserName,
        /// What came of it.
        answer: TrackAnswer,
    },
    /// A report was made.
    Reported {
        /// The report.
        report: PerUserReport,
    },
}

pub(super) fn decide(ledger: &Ledger, server: &Server, command: NetworkCommand) -> Result<Vec<Event>, Refusal> {
    let network = &ledger.network;
    match command {
        NetworkCommand::Place { placement, role } => place(network, server, placement, role),
        NetworkCommand::TrustDirectory(directory) => match &network.directory {
            Some(known) if known.key != directory.key => Err(Refusal::OtherKey(directory.name)),
            Some(known) if *known == directory => Ok(Vec::new()),
            Some(_) | None => Ok(vec![Event::Network(NetworkEvent::DirectoryTrusted { directory })]),
        },
        NetworkCommand::ForgetDirectory if network.directory.is_some() => Ok(vec![Event::Network(NetworkEvent::DirectoryForgotten)]),
        NetworkCommand::ForgetDirectory => Err(Refusal::NoDirectory),
        NetworkCommand::Standing(standing) => Ok(known(network, standing)),
        NetworkCommand::Tracked { user, answer } => Ok(tracked(network, server, user, answer)),
    }
}

/// W2K-13: in a domain of Active Directory a 2000 license server has to stand on a domain controller.
fn place(network: &Network, server: &Server, placement: Placement, role: Option<LicenseServerRole>) -> Result<Vec<Event>, Refusal> {
    let of_2000 = matches!(server.generation, Generation::Windows2000Sp2 | Generation::Windows2000Sp3);
    if of_2000 && placement.member_of.active_directory().is_some() && !placement.controller {
        return Err(Refusal::NotOnController(placement.host));
    }
    if network.placement.as_ref() == Some(&placement) && network.role == role {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Network(NetworkEvent::Placed { placement, role })])
}

/// Events 64, 74 and 76: published in the directory; added to and removed from the group.
fn known(network: &Network, standing: DirectoryStanding) -> Vec<Event> {
    let (published_in, groups) = (standing.published_in.into_iter().next(), standing.groups.into_iter().collect::<BTreeSet<_>>());
    if published_in == network.published_in && groups == network.groups {
        return Vec::new();
    }
    let mut events = Vec::new();
    if let Some(site) = published_in.as_ref().filter(|site| network.published_in.as_ref() != Some(site)) {
        events.push(record(64, Level::Information, format!("This license server is published in the directory, site {site}.")));
    }
    for domain in groups.difference(&network.groups) {
        let text = format!("This license server was added to the group \"Terminal Server License Servers\" of {domain}.");
        events.push(record(74, Level::Information, text));
    }
    for domain in network.groups.difference(&groups) {
        let text = format!("This license server was removed from the group \"Terminal Server License Servers\" of {domain}.");
        events.push(record(76, Level::Information, text));
    }
    events.push(Event::Network(NetworkEvent::Known { published_in, groups }));
    events
}

/// W08-05: a user who could not be recorded is on record here, and event 4105 says so.
fn tracked(network: &Network, server: &Server, user: UserName, answer: TrackAnswer) -> Vec<Event> {
    let failed = match &answer {
        TrackAnswer::Workgroup | TrackAnswer::NoSuchUser | TrackAnswer::NotKept => return Vec::new(),
        // Another license server may have recorded who could not be recorded here.
        TrackAnswer::Stands { .. } if network.failures.iter().all(|failure| failure.user != user) => return Vec::new(),
        TrackAnswer::Stands { .. } | TrackAnswer::Issued { .. } => None,
        TrackAnswer::NotInGroup => {
            let domain = user.as_str().split('\\').next().unwrap_or_default().to_uppercase();
            Some(format!("{} is not in the group \"Terminal Server License Servers\" of {domain}", server.name))
        }
        TrackAnswer::DirectorySilent { reason } => Some(format!("the directory was silent: {reason}")),
    };
    let text = failed.map(|why| format!("The licensing attributes of {user} in the directory cannot be updated: {why}."));
    let logged = text.map(|text| record(4105, Level::Warning, text));
    logged.into_iter().chain([Event::Network(NetworkEvent::Tracked { user, answer })]).collect()
}

fn record(id: u32, level: Level, text: String) -> Event {
    let record: LogRecord = denials::log(denials::TERM_SERV_LICENSING, id, level, text);
    Event::Logged(record)
}

/// TL-07, PU-08: each user counts once for a version, whatever the number of devices; only licenses that hold are counted.
pub(super) fn report(ledger: &Ledger, server: &Server, Report { scope, users }: Report, now: LabTime) -> (PerUserReport, Vec<Event>) {
    let report = counted(ledger, server, scope, users, now);
    (report.clone(), vec![Event::Network(NetworkEvent::Reported { report })])
}

fn counted(ledger: &Ledger, server: &Server, scope: ReportScope, users: Option<Vec<UserRow>>, now: LabTime) -> PerUserReport {
    let tracking = users.is_some();
    let mut rows = Vec::new();
    for user in users.unwrap_or_default() {
        for set in user.licensing.iter().filter(|set| now < set.expires_at) {
            rows.push(PerUserRow {
                user: user.name.clone(),
                version: set.version,
                expires_at: set.expires_at,
                managing_server: set.managing_server.clone(),
            });
        }
    }
    let mut versions: BTreeSet<ProductVersion> = rows.iter().map(|row| row.version).collect();
    versions.extend(ledger.packs.values().filter(|pack| pack.pack.product_type == ProductType::User).map(|pack| pack.pack.version));
    versions.insert(server.version());
    let summary = versions.into_iter().map(|version| {
        let (installed, _) = ledger.pool(version, ProductType::User);
        let issued = rows.iter().filter(|row| row.version == version).count() as u64;
        let availability = match (tracking, tracking::stock(installed, issued)) {
            (false, _) => Availability::NotTracking,
            (true, Stock::Available) => Availability::Available,
            (true, Stock::Limited) => Availability::Limited,
            (true, Stock::None) => Availability::None,
        };
        PerUserSummary { version, installed, issued, availability }
    });
    let summary = summary.collect();
    PerUserReport { at: now, scope, users: rows, summary, failures: ledger.network.failures.clone() }
}

impl Ledger {
    pub(super) fn apply_network(&mut self, event: &NetworkEvent, at: LabTime, rows: &mut Rows) {
        let network = &mut self.network;
        match event {
            NetworkEvent::Placed { placement, role } => {
                network.placement = Some(placement.clone());
                network.role = *role;
            }
            NetworkEvent::DirectoryTrusted { directory } => network.directory = Some(directory.clone()),
            NetworkEvent::DirectoryForgotten => network.directory = None,
            NetworkEvent::Known { published_in, groups } => {
                network.published_in.clone_from(published_in);
                network.groups.clone_from(groups);
            }
            NetworkEvent::Tracked { user, answer } => match answer {
                TrackAnswer::Stands { .. } | TrackAnswer::Issued { .. } => network.failures.retain(|failure| failure.user != *user),
                TrackAnswer::NotInGroup | TrackAnswer::DirectorySilent { .. } => {
                    network.failures.retain(|failure| failure.user != *user);
                    network.failures.push(PerUserFailure { user: user.clone(), at, reason: answer.words() });
                    let over = network.failures.len().saturating_sub(FAILURES_KEPT);
                    network.failures.drain(..over);
                }
                TrackAnswer::NoSuchUser | TrackAnswer::Workgroup | TrackAnswer::NotKept => return,
            },
            NetworkEvent::Reported { .. } => return rows.list("reports"),
        }
        rows.put("network", &self.network);
    }

    /// Where the server stands; nowhere before its first start.
    #[must_use]
    pub fn placement(&self) -> Option<Placement> {
        let usual = || self.server.as_ref().map(|server| Placement::usual(&server.name));
        self.network.placement.clone().or_else(usual)
    }

    /// Its role: the one chosen; else Enterprise in a directory (DI-23), Domain elsewhere, where there is nothing to publish in.
    #[must_use]
    pub fn role(&self) -> LicenseServerRole {
        let in_directory = self.network.placement.as_ref().is_some_and(|placement| placement.member_of.active_directory().is_some());
        match self.network.role {
            Some(role) if in_directory => role,
            Some(_) | None if !in_directory => LicenseServerRole::Domain,
            Some(_) | None => LicenseServerRole::Enterprise,
        }
    }

    /// The directory to ask; none in a workgroup or an NT 4.0 domain, or where none was settled (W08-06).
    #[must_use]
    pub fn directory(&self) -> Option<&TrustDirectory> {
        let placement = self.network.placement.as_ref()?;
        self.network.directory.as_ref().filter(|_| placement.member_of.active_directory().is_some())
    }

    /// The site in which the directory shall name this server: its own, where it is an enterprise server (DI-23).
    #[must_use]
    pub fn site_to_publish_in(&self) -> Option<SiteName> {
        let placement = self.placement()?;
        (self.role() == LicenseServerRole::Enterprise).then_some(placement.site)
    }

    /// How it stands in its network.
    #[must_use]
    pub fn standing(&self) -> Option<LicenseServerStanding> {
        let server = self.server.as_ref()?;
        Some(LicenseServerStanding {
            name: server.name.clone(),
            generation: server.generation,
            placement: self.placement()?,
            role: self.role(),
            directory: self.network.directory.as_ref().map(|directory| directory.name.clone()),
            published_in: self.network.published_in.clone(),
            groups: self.network.groups.iter().cloned().collect(),
        })
    }

    /// W08-04: what a logon of a user with these attributes leads to; none where this generation does not track users.
    #[must_use]
    pub fn track(&self, sets: &[LicensingSet], version: ProductVersion, now: LabTime) -> Option<tracking::Tracking> {
        let server = self.server.as_ref()?;
        let terms = terms::terms(server.generation);
        match terms.per_user {
            PerUser::Tracked(term) => Some(tracking::at_logon(sets, &server.name, version, term, terms.renewal_window, now)),
            PerUser::None | PerUser::ContactOnly => None,
        }
    }
}

/// How many users that could not be recorded are remembered for the reports.
const FAILURES_KEPT: usize = 200;
