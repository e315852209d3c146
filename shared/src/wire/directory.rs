//! What the directory takes and answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CallerRole, DomainKind, DomainName, LicensingSet, PublicKey, ServerName, SiteName, UnitName, UserName};

/// `PUT /services/{name}`: enrol a terminal server or a license server, which may then ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustService {
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
    /// What it is: a terminal server asks for license servers and checks passwords, a license server publishes itself and records users.
    pub role: CallerRole,
}

/// `PUT /directory` at a terminal server or a license server: the directory that it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustDirectory {
    /// Its name.
    pub name: ServerName,
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
    /// Its address: `http://host:port`.
    pub url: String,
}

/// A row of `GET /services`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRow {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
    /// What it is.
    pub role: CallerRole,
}

/// `PUT /domains/{name}`: a domain as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainChange {
    /// Its kind; settled once.
    pub kind: DomainKind,
    /// The machines that are its controllers.
    #[serde(default)]
    pub controllers: Vec<ServerName>,
}

/// A row of `GET /domains`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DomainRow {
    /// Its name.
    pub name: DomainName,
    /// Its kind.
    pub kind: DomainKind,
    /// The machines that are its controllers.
    pub controllers: Vec<ServerName>,
    /// The members of its group "Terminal Server License Servers" (W08-05).
    pub license_servers: Vec<ServerName>,
}

/// `PUT /domains/{name}/license-servers`: the group "Terminal Server License Servers" of a domain (W08-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseServerGroup {
    /// Its members: license servers by name.
    pub members: Vec<ServerName>,
}

/// A row of `GET /sites`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteRow {
    /// Its name.
    pub name: SiteName,
    /// What its object TS-Enterprise-License-Server names in `siteServer` (DI-03, DI-23); empty while there is no such object.
    pub site_server: Vec<ServerName>,
}

/// `PUT /users/{name}`: a user of a domain, `domain\name`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// The password, 1 to 256 characters; kept as a hash.
    pub password: String,
    /// Whether the user is an administrator of the domain's machines.
    #[serde(default)]
    pub administrator: bool,
    /// The organisational unit.
    #[serde(default)]
    pub unit: Option<UnitName>,
}

impl std::fmt::Debug for UserChange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("UserChange").field("administrator", &self.administrator).field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// A user as the directory shows one: never the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserRow {
    /// `domain\name`.
    pub name: UserName,
    /// Whether the user is an administrator.
    pub administrator: bool,
    /// The organisational unit.
    pub unit: Option<UnitName>,
    /// The licensing attributes, up to four sets (W08-04).
    pub licensing: Vec<LicensingSet>,
}

/// `POST /discovery`, signed by an enrolled terminal server (DI-02, DI-03, DI-21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscoveryQuery {
    /// The domain of whoever asks.
    pub domain: DomainName,
    /// The site of whoever asks.
    pub site: SiteName,
}

/// What the directory knows that helps to find a license server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryAnswer {
    /// The controllers of the domain: machines.
    pub controllers: Vec<ServerName>,
    /// The license servers that the site's object names.
    pub site_server: Vec<ServerName>,
}

/// `POST /logons`, signed by an enrolled terminal server: is this the user's password?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogonCheck {
    /// `domain\name`.
    pub user: UserName,
    /// The password; never logged, never journalled.
    pub password: String,
}

impl std::fmt::Debug for LogonCheck {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogonCheck").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The answer to a logon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum LogonAnswer {
    /// It is.
    Right {
        /// Whether the user is an administrator.
        administrator: bool,
    },
    /// It is not, or there is no such user.
    Wrong,
}

/// `PUT /publication`, signed by an enrolled license server: publish it in a site, or take it from there (DI-23).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The site; none takes it from every site.
    #[serde(default)]
    pub site: Option<SiteName>,
}

/// `GET /membership`, signed by an enrolled license server: where the directory knows it (TL-08).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryStanding {
    /// The domains whose group "Terminal Server License Servers" it is in (W08-05).
    pub groups: Vec<DomainName>,
    /// The sites in which it is published (DI-23).
    pub published_in: Vec<SiteName>,
}

/// `POST /user-licenses`, signed by an enrolled license server: read a user's attributes, and write one set of them (W08-04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserLicense {
    /// `domain\name`.
    pub user: UserName,
    /// The set to write and its number from 1 to 4; none only reads.
    #[serde(default)]
    pub write: Option<NumberedSet>,
}

/// One of the four numbered sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberedSet {
    /// 1 to 4.
    pub number: u8,
    /// What it is to say.
    pub set: LicensingSet,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum UserLicenseAnswer {
    /// The attributes as they stand now.
    Stands {
        /// Up to four sets.
        licensing: Vec<LicensingSet>,
    },
    /// There is no such user here.
    NoSuchUser,
    /// The caller is not in the group of the user's domain and may not write (W08-05).
    NotInGroup,
}

/// Which users a report is about (TL-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "scope", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReportScope {
    /// Those of one domain.
    Domain {
        /// The domain.
        domain: DomainName,
    },
    /// Those of one organisational unit.
    Unit {
        /// The domain.
        domain: DomainName,
        /// The unit.
        unit: UnitName,
    },
    /// Those of all domains that trust one another: every domain of Active Directory in the lab.
    #[serde(deserialize_with = "super::nothing_more")]
    AllDomains,
}
