//! The directory's machine: domains and their controllers, sites with what is published in them, users, groups.
//!
//! [`Directory`] is the state; `decide.rs` turns commands into events, `apply.rs` takes events in, `reports.rs` reads. It is small
//! and stands for Active Directory; whoever asks does so through one seam, behind which a real one can stand.

mod apply;
mod decide;
mod reports;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::model::{CallerRole, DomainKind, DomainName, LogRecord, PublicKey, ServerName, SiteName, UnitName, UserName};
use crate::wire::directory::NumberedSet;
use crate::wire::problem::{Problem, ProblemCode};

/// How many numbered sets of licensing attributes a user has (W08-04).
pub const LICENSING_SETS: usize = 4;

/// A service that may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its pinned key.
    pub key: PublicKey,
    /// What it is.
    pub role: CallerRole,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its kind.
    pub kind: DomainKind,
    /// The machines that are its controllers.
    pub controllers: BTreeSet<ServerName>,
    /// The members of its group "Terminal Server License Servers".
    pub license_servers: BTreeSet<ServerName>,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The hash of the password, in PHC form.
    pub hash: String,
    /// Whether it is an administrator.
    pub administrator: bool,
    /// The organisational unit.
    pub unit: Option<UnitName>,
    /// The licensing attributes in the order of their sets' numbers (W08-04).
    pub licensing: Vec<NumberedSet>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("User").field("unit", &self.unit).field("licensing", &self.licensing).finish_non_exhaustive()
    }
}

/// Something that an administrator or an enrolled service wants done.
#[derive(Clone, Debug)]
pub enum Command {
    /// The service is starting under this name.
    Start(ServerName),
    /// Enrol a service.
    TrustService {
        /// Its name.
        name: ServerName,
        /// Its key, and what it is.
        service: Service,
    },
    /// Take a service's enrolment back.
    ForgetService(ServerName),
    /// Make a domain, or settle its controllers.
    SetDomain {
        /// Its name.
        name: DomainName,
        /// Its kind.
        kind: DomainKind,
        /// Its controllers.
        controllers: BTreeSet<ServerName>,
    },
    /// Settle who is in a domain's group "Terminal Server License Servers".
    SetGroup {
        /// The domain.
        domain: DomainName,
        /// The members.
        members: BTreeSet<ServerName>,
    },
    /// Make a site.
    AddSite(SiteName),
    /// Make a user, or change one; licensing attributes stay.
    SetUser {
        /// `domain\name`.
        name: UserName,
        /// The hash of the password.
        hash: String,
        /// Whether it is an administrator.
        administrator: bool,
        /// The organisational unit.
        unit: Option<UnitName>,
    },
    /// Remove a user.
    RemoveUser(UserName),
    /// A license server publishes itself in a site, or takes itself from every one (DI-23).
    Publish {
        /// The license server.
        server: ServerName,
        /// The site.
        site: Option<SiteName>,
    },
    /// A license server writes a user's licensing attributes (W08-04, W08-05).
    License {
        /// The license server.
        server: ServerName,
        /// The user.
        user: UserName,
        /// What it writes; none where it only reads.
        write: Option<NumberedSet>,
    },
}

/// Something that happened to a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The directory got its name.
    Founded {
        /// The name.
        name: ServerName,
    },
    /// A service was enrolled.
    ServiceTrusted {
        /// Its name.
        name: ServerName,
        /// Its key, and what it is.
        service: Service,
    },
    /// A service's enrolment was taken back; what it published stays published.
    ServiceForgotten {
        /// Its name.
        name: ServerName,
    },
    /// A domain was made or changed.
    DomainSet {
        /// Its name.
        name: DomainName,
        /// How it stands now.
        domain: Domain,
    },
    /// A site was made, or what is published in it changed.
    SiteSet {
        /// Its name.
        name: SiteName,
        /// What its object names.
        site_server: BTreeSet<ServerName>,
    },
    /// A user was made or changed.
    UserSet {
        /// `domain\name`.
        name: UserName,
        /// How it stands now.
        user: User,
    },
    /// A user was removed.
    UserRemoved {
        /// `domain\name`.
        name: UserName,
    },
    /// A record of the event log.
    Logged(LogRecord),
}

/// Why a command was improper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The data directory is another one's.
    #[error("this data directory belongs to {0}; start it under that name, or give another directory")]
    OtherName(ServerName),
    /// Another key is pinned under that name.
    #[error(
        "{0} is enrolled with another key: compare the thumbprints; if the machine was set up anew, take the old enrolment back first (tsl forget {0}), then enrol it (tsl trust)"
    )]
    OtherKey(ServerName),
    /// Not enrolled.
    #[error("no service {0} is enrolled here")]
    NoService(ServerName),
    /// A domain keeps its kind.
    #[error("{0} is a domain of another kind; a domain keeps its kind")]
    OtherKind(DomainName),
    /// No such domain.
    #[error("there is no domain {0} in this directory")]
    NoDomain(DomainName),
    /// No such user.
    #[error("there is no user {0} in this directory")]
    NoUser(UserName),
    /// The name has no domain in it.
    #[error("{0} names no domain: a user of a directory is written domain\\name")]
    NoDomainName(UserName),
    /// No such site.
    #[error("there is no site {0} in this directory")]
    NoSite(SiteName),
    /// A set's number out of range.
    #[error("licensing attributes come in {LICENSING_SETS} sets; there is no set {0}")]
    NoSet(u8),
}

impl Refusal {
    /// The refusal as a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let code = match self {
            Refusal::OtherName(_) | Refusal::OtherKey(_) | Refusal::OtherKind(_) => ProblemCode::Conflict,
            Refusal::NoService(_) | Refusal::NoDomain(_) | Refusal::NoUser(_) | Refusal::NoSite(_) => ProblemCode::NotFound,
            Refusal::NoDomainName(_) | Refusal::NoSet(_) => ProblemCode::Invalid,
        };
        Problem::new(code, self.to_string())
    }
}

/// The state of a directory. Fields are private: what others need is in `reports.rs`.
#[derive(Debug, Default)]
pub struct Directory {
    name: Option<ServerName>,
    services: BTreeMap<ServerName, Service>,
    /// Thumbprint of a pinned key, to its owner.
    callers: HashMap<String, ServerName>,
    domains: BTreeMap<DomainName, Domain>,
    sites: BTreeMap<SiteName, BTreeSet<ServerName>>,
    users: BTreeMap<UserName, User>,
}

/// The domain in a user's name.
pub(crate) fn domain_of(user: &UserName) -> Option<DomainName> {
    user.as_str().split_once('\\').and_then(|(domain, _)| domain.parse().ok())
}
