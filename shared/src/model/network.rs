//! Where a server stands in the lab's network: machine, site, and workgroup or domain; and by which ways license servers are found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::text_newtype;
use super::{LabTime, ParseError, ProductVersion, ServerName};

text_newtype!(
    /// The name of a workgroup or of a domain, such as `WORKGROUP` or `LAB.TEST`: the form of a computer name, kept in capitals.
    DomainName,
    "The name of a workgroup or domain: 1 to 63 letters, digits, '-', '_' or '.'; kept in capitals.",
    parse_domain
);

text_newtype!(
    /// The name of a site: machines that share a fast network, and hear one another's broadcasts. Kept in capitals.
    SiteName,
    "The name of a site: 1 to 63 letters, digits, '-', '_' or '.'; kept in capitals.",
    parse_site
);

text_newtype!(
    /// The name of an organisational unit, in which a directory keeps users. Kept in capitals.
    UnitName,
    "The name of an organisational unit: 1 to 63 letters, digits, '-', '_' or '.'; kept in capitals.",
    parse_unit
);

fn parse_domain(text: &str) -> Result<String, ParseError> {
    parse("domain name", text)
}

fn parse_site(text: &str) -> Result<String, ParseError> {
    parse("site name", text)
}

fn parse_unit(text: &str) -> Result<String, ParseError> {
    parse("organisational unit", text)
}

fn parse(what: &'static str, text: &str) -> Result<String, ParseError> {
    let as_computer = text.parse::<ServerName>();
    let expected = "1 to 63 letters, digits, '-', '_' or '.', neither beginning nor ending with '-' or '.'";
    as_computer.map(|name| name.as_str().to_owned()).map_err(|_| ParseError::new(what, text, expected))
}

/// What kind of domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DomainKind {
    /// A domain of Windows NT 4.0: no sites, nothing is published.
    Nt4,
    /// A domain of Active Directory.
    ActiveDirectory,
}

/// What a machine belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Membership {
    /// A workgroup.
    Workgroup {
        /// Its name.
        name: DomainName,
    },
    /// A domain of Windows NT 4.0.
    Nt4Domain {
        /// Its name.
        name: DomainName,
    },
    /// A domain of Active Directory.
    ActiveDirectory {
        /// Its name.
        name: DomainName,
    },
}

impl Membership {
    /// The name of the workgroup or domain.
    #[must_use]
    pub fn name(&self) -> &DomainName {
        let (Membership::Workgroup { name } | Membership::Nt4Domain { name } | Membership::ActiveDirectory { name }) = self;
        name
    }

    /// The domain in Active Directory; none elsewhere.
    #[must_use]
    pub fn active_directory(&self) -> Option<&DomainName> {
        match self {
            Membership::ActiveDirectory { name } => Some(name),
            Membership::Workgroup { .. } | Membership::Nt4Domain { .. } => None,
        }
    }
}

impl std::fmt::Display for Membership {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Membership::Workgroup { name } => write!(formatter, "workgroup {name}"),
            Membership::Nt4Domain { name } => write!(formatter, "NT 4.0 domain {name}"),
            Membership::ActiveDirectory { name } => write!(formatter, "domain {name}"),
        }
    }
}

/// Where a server stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The machine that it runs on; a terminal server and a license server may share one (DI-28).
    pub host: ServerName,
    /// The site.
    pub site: SiteName,
    /// Workgroup or domain.
    pub member_of: Membership,
    /// Whether the machine is a domain controller (DI-02, DI-25).
    #[serde(default)]
    pub controller: bool,
}

impl Placement {
    /// Where a new server stands: a machine of its own, the first site, the workgroup that every installation offers.
    #[must_use]
    pub fn usual(name: &ServerName) -> Self {
        Self {
            host: name.clone(),
            site: SiteName("DEFAULT-FIRST-SITE-NAME".to_owned()),
            member_of: Membership::Workgroup { name: DomainName("WORKGROUP".to_owned()) },
            controller: false,
        }
    }

    /// Whether a broadcast of one is heard by the other: the same site, and the same workgroup or NT 4.0 domain (DI-05).
    #[must_use]
    pub fn hears(&self, other: &Placement) -> bool {
        self.site == other.site && self.member_of == other.member_of
    }
}

impl std::fmt::Display for Placement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let controller = if self.controller { ", domain controller" } else { "" };
        write!(formatter, "{}, site {}, on {}{controller}", self.member_of, self.site, self.host)
    }
}

/// The role of a license server: it says who finds it, not whom it serves (DI-26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseServerRole {
    /// For its own domain; in a workgroup, for that (DI-24, DI-25). 2008 says domain or workgroup.
    Domain,
    /// For every domain of its site: published there (DI-23). The install default; 2008 says forest.
    #[default]
    Enterprise,
}

/// A way by which a terminal server comes to a license server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Group policy names it (2008).
    Policy,
    /// The registry names it (DI-01, DI-20 to DI-22).
    Registry,
    /// It runs on the same machine (DI-28).
    SameMachine,
    /// It answered a broadcast (DI-05, DI-20).
    Broadcast,
    /// It answered on a domain controller (DI-02, DI-25).
    DomainController,
    /// The site's object in the directory names it (DI-03, DI-23).
    Site,
}

impl Way {
    /// The way in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Way::Policy => "group policy",
            Way::Registry => "registry",
            Way::SameMachine => "same machine",
            Way::Broadcast => "broadcast",
            Way::DomainController => "domain controller",
            Way::Site => "site object",
        }
    }
}

/// How a terminal server comes to its license servers, as its set-up asked (DI-27).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// Only those that are named; nothing is searched for. Named later, it is the third choice of the set-up.
    #[default]
    Named,
    /// It searches, as its generation does.
    Automatic,
}

/// How often a search is made again, in seconds of lab time (DI-07, DI-08, DI-29, OQ-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// After a license server was found in the domain, the workgroup, or by name.
    pub domain_found_s: u32,
    /// After nothing was found.
    pub none_found_s: u32,
    /// After an enterprise license server was found in the site.
    pub site_found_s: u32,
}

/// A license server that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundServer {
    /// Its name.
    pub name: ServerName,
    /// How it was found.
    pub way: Way,
}

/// What a license server says of itself to whoever looks for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// Its version.
    pub version: ProductVersion,
    /// Whether it is activated.
    pub activated: bool,
    /// Its role.
    pub role: LicenseServerRole,
    /// Where it stands.
    pub placement: Placement,
}

/// A user's license as the directory keeps it: one of four numbered sets of attributes (W08-04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicensingSet {
    /// msTSManagingLS: the license server that issued it.
    pub managing_server: ServerName,
    /// msTSExpireDate.
    pub expires_at: LabTime,
    /// msTSLicenseVersion.
    pub version: ProductVersion,
}
