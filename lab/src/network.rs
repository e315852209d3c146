//! A network that a trainer writes by hand: sites, domains, machines with their services, ways that are cut (`docs/networks`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use shared::model::{
    DomainKind, DomainName, Generation, LicenseServerRole, Membership, Placement, ProductType, Search, ServerName, SiteName, UnitName,
    UserName,
};
use shared::policy::discovery;
use shared::wire::common::{CutOff, Identity, NetworkView};
use shared::wire::directory::{DomainChange, LicenseServerGroup, UserChange, UserRow};
use shared::wire::license_server::PlaceLicenseServer;
use shared::wire::terminal_server::{DiscoveryChange, DiscoveryView, LicenseServerList};
use shared::wire::workstation::AddServerCals;

use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::place::{Kind, Lab, Place};
use crate::setup::{self, Step, step};

/// What a network file says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkFile {
    /// Pairs of services between which no way leads.
    #[serde(default)]
    pub cut: Vec<(ServerName, ServerName)>,
    /// The domains.
    #[serde(default)]
    pub domain: Vec<DomainPart>,
    /// The machines, with what runs on them.
    pub host: Vec<HostPart>,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DomainPart {
    /// Its name.
    pub name: DomainName,
    /// Its kind; Active Directory unless told.
    #[serde(default = "active_directory")]
    pub kind: DomainKind,
    /// Its users; their passwords are made and kept in the lab's file of passwords.
    #[serde(default)]
    pub users: Vec<UserName>,
    /// Those of them who are administrators.
    #[serde(default)]
    pub administrators: Vec<UserName>,
    /// The organisational unit that they are in.
    #[serde(default)]
    pub unit: Option<UnitName>,
    /// The license servers in its group "Terminal Server License Servers" (W08-05).
    #[serde(default)]
    pub license_servers: Vec<ServerName>,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostPart {
    /// Its name.
    pub name: ServerName,
    /// Its site; the first one that every directory has unless told.
    #[serde(default)]
    pub site: Option<SiteName>,
    /// The domain that it is a member of.
    #[serde(default)]
    pub domain: Option<DomainName>,
    /// The workgroup, where it is in no domain; WORKGROUP unless told.
    #[serde(default)]
    pub workgroup: Option<DomainName>,
    /// Whether it is a controller of its domain.
    #[serde(default)]
    pub controller: bool,
    /// The license server that runs on it.
    #[serde(default)]
    pub license_server: Option<LicenseServerPart>,
    /// The terminal server that runs on it.
    #[serde(default)]
    pub terminal_server: Option<TerminalServerPart>,
}

/// A license server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LicenseServerPart {
    /// Its name.
    pub name: ServerName,
    /// What it is.
    #[serde(default = "windows_2003")]
    pub generation: Generation,
    /// Its role; the install default unless told (DI-23).
    #[serde(default)]
    pub role: Option<LicenseServerRole>,
    /// Device CALs of its own version to begin with.
    #[serde(default)]
    pub cals: u32,
    /// User CALs of its own version to begin with.
    #[serde(default)]
    pub user_cals: u32,
}

/// A terminal server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TerminalServerPart {
    /// Its name.
    pub name: ServerName,
    /// What it is.
    #[serde(default = "windows_2003")]
    pub generation: Generation,
    /// Whether it licenses per user (WS03-02).
    #[serde(default)]
    pub per_user: bool,
    /// Server CALs in the License Manager of a Windows NT 4.0 server (NT-14); no other generation has one.
    #[serde(default)]
    pub server_cals: u32,
    /// The license servers that its registry names (DI-01, DI-22).
    #[serde(default)]
    pub named: Vec<ServerName>,
    /// Whether it searches for license servers; it does unless told, where its generation can (DI-27, W08-14).
    #[serde(default)]
    pub search: Option<Search>,
}

fn active_directory() -> DomainKind {
    DomainKind::ActiveDirectory
}

fn windows_2003() -> Generation {
    Generation::Windows2003
}

impl NetworkFile {
    /// Reads a network file and checks that it makes sense.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or contradicts itself; the message says where.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
        Self::parse(&text).map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))
    }

    /// Reads the text of a network file.
    ///
    /// ```
    /// use lab::network::NetworkFile;
    ///
    /// let file = NetworkFile::parse(r#"
    ///     [[host]]
    ///     name = "APP1"
    ///     site = "VIENNA"
    ///     terminal-server = { name = "TS1", per-user = true }
    /// "#)?;
    /// let (host, terminal_server) = file.terminal_servers().next().ok_or("no terminal server")?;
    /// assert!(terminal_server.per_user);
    /// assert_eq!(file.placement(host).site.as_str(), "VIENNA");
    ///
    /// assert!(NetworkFile::parse("[[host]]\nname = \"APP1\"").is_err(), "a machine without a service");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// As [`NetworkFile::read`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: NetworkFile = toml::from_str(text).map_err(|error| error.to_string())?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for name in self.services() {
            if !names.insert(name.clone()) {
                return Err(format!("{name} is the name of two services"));
            }
        }
        if names.is_empty() {
            return Err("no machine has a terminal-server or a license-server".to_owned());
        }
        for host in &self.host {
            if host.domain.is_some() && host.workgroup.is_some() {
                return Err(format!("{} is in a domain or in a workgroup, not in both", host.name));
            }
            if let Some(domain) = host.domain.as_ref().filter(|name| !self.domain.iter().any(|part| part.name == **name)) {
                return Err(format!("{} is in the domain {domain}, which no [[domain]] describes", host.name));
            }
            if let Some(part) =
                host.terminal_server.as_ref().filter(|part| part.server_cals > 0 && part.generation != Generation::WindowsNt4)
            {
                return Err(format!("{} is {}: server-cals are Windows NT 4.0's", part.name, part.generation.title()));
            }
            if host.controller && host.domain.is_none() {
                return Err(format!("{} cannot be a domain controller: it is in no domain", host.name));
            }
        }
        let mentioned = self.cut.iter().flat_map(|(one, other)| [one, other]);
        let mentioned = mentioned.chain(self.host.iter().filter_map(|host| host.terminal_server.as_ref()).flat_map(|part| &part.named));
        let mentioned = mentioned.chain(self.domain.iter().flat_map(|part| &part.license_servers));
        let unknown = mentioned.filter(|name| !names.contains(*name)).find(|name| name.as_str() != "DIR1" && name.as_str() != "CH1");
        unknown.map_or(Ok(()), |name| Err(format!("{name} is mentioned, but no machine has a service of that name")))
    }

    fn services(&self) -> impl Iterator<Item = &ServerName> {
        self.license_servers().map(|(_, part)| &part.name).chain(self.terminal_servers().map(|(_, part)| &part.name))
    }

    /// The license servers with their machines, in the order of the file.
    pub fn license_servers(&self) -> impl Iterator<Item = (&HostPart, &LicenseServerPart)> {
        self.host.iter().filter_map(|host| host.license_server.as_ref().map(|part| (host, part)))
    }

    /// The terminal servers with their machines, in the order of the file.
    pub fn terminal_servers(&self) -> impl Iterator<Item = (&HostPart, &TerminalServerPart)> {
        self.host.iter().filter_map(|host| host.terminal_server.as_ref().map(|part| (host, part)))
    }

    /// Whether there is a domain that a directory keeps.
    #[must_use]
    pub fn has_directory(&self) -> bool {
        self.domain.iter().any(|domain| domain.kind == DomainKind::ActiveDirectory)
    }

    /// Where a machine stands.
    #[must_use]
    pub fn placement(&self, host: &HostPart) -> Placement {
        let usual = Placement::usual(&host.name);
        let kind = |name: &DomainName| self.domain.iter().find(|part| part.name == *name).map(|part| part.kind);
        let member_of = match (&host.domain, &host.workgroup) {
            (Some(name), _) => match kind(name) {
                Some(DomainKind::Nt4) => Membership::Nt4Domain { name: name.clone() },
                Some(DomainKind::ActiveDirectory) | None => Membership::ActiveDirectory { name: name.clone() },
            },
            (None, Some(name)) => Membership::Workgroup { name: name.clone() },
            (None, None) => usual.member_of,
        };
        Placement { host: host.name.clone(), site: host.site.clone().unwrap_or(usual.site), member_of, controller: host.controller }
    }

    fn sites(&self) -> BTreeSet<SiteName> {
        self.host.iter().map(|host| self.placement(host).site).collect()
    }
}

/// Puts a lab's services where a network file says: the directory's contents, placements, roles, names, and ways that are cut.
/// Services of the lab that the file does not name stay as they are.
///
/// # Errors
/// A service that the file names and the lab does not have, or one that refuses.
pub async fn apply(lab: &Lab, file: &NetworkFile) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    if file.has_directory() {
        steps.extend(fill_directory(lab, file).await?);
    }
    for (host, part) in file.license_servers() {
        let place = lab.license_server(Some(&part.name))?;
        let body = PlaceLicenseServer { placement: file.placement(host), role: part.role };
        let _: Value = lab.admin(Kind::LicenseServer, place)?.put("/network", &body).await?;
        steps.push(step(place, &format!("stands in {}", body.placement), true));
    }
    for (host, part) in file.terminal_servers() {
        let place = lab.terminal_server(Some(&part.name))?;
        steps.push(place_terminal_server(lab, place, file.placement(host), part).await?);
    }
    let mut cut: BTreeMap<&ServerName, BTreeSet<&ServerName>> = BTreeMap::new();
    for (one, other) in &file.cut {
        cut.entry(one).or_default().insert(other);
        cut.entry(other).or_default().insert(one);
    }
    for (kind, place) in lab.services() {
        let others = cut.remove(&place.name).unwrap_or_default();
        settle_cuts(lab, kind, place, others).await?;
    }
    for (_, part) in file.terminal_servers().filter(|(_, part)| searches(part)) {
        let api = lab.admin(Kind::TerminalServer, lab.terminal_server(Some(&part.name))?)?;
        let _: DiscoveryView = api.post("/discovery", &serde_json::json!({})).await?;
    }
    Ok(steps)
}

fn searches(part: &TerminalServerPart) -> bool {
    let usual = if discovery::can_search(part.generation) { Search::Automatic } else { Search::Named };
    part.search.unwrap_or(usual) == Search::Automatic
}

async fn place_terminal_server(lab: &Lab, place: &Place, placement: Placement, part: &TerminalServerPart) -> Result<Step, Failure> {
    let api = lab.admin(Kind::TerminalServer, place)?;
    let what = format!("stands in {placement}");
    let _: Value = api.put("/network", &placement).await?;
    let _: Value = api.put("/license-servers", &LicenseServerList { names: part.named.clone() }).await?;
    let search = if searches(part) { Search::Automatic } else { Search::Named };
    let change = DiscoveryChange { search: Some(search), ..DiscoveryChange::default() };
    let _: Value = api.patch("/discovery", &change).await?;
    Ok(step(place, &what, true))
}

async fn fill_directory(lab: &Lab, file: &NetworkFile) -> Result<Vec<Step>, Failure> {
    let place = lab.directory()?;
    let api = lab.admin(Kind::Directory, place)?;
    let mut steps = Vec::new();
    for site in file.sites() {
        let _: Value = api.put(&format!("/sites/{}", path_segment(site.as_str())), &serde_json::json!({})).await?;
    }
    let known: Vec<UserRow> = api.all("/users").await?;
    for part in &file.domain {
        let on_it = |host: &&HostPart| host.controller && host.domain.as_ref() == Some(&part.name);
        let controllers: Vec<ServerName> = file.host.iter().filter(on_it).map(|host| host.name.clone()).collect();
        let path = format!("/domains/{}", path_segment(part.name.as_str()));
        let _: Value = api.put(&path, &DomainChange { kind: part.kind, controllers }).await?;
        let group = LicenseServerGroup { members: part.license_servers.clone() };
        let _: Value = api.put(&format!("{path}/license-servers"), &group).await?;
        for user in &part.users {
            set_user(lab, &api, &known, part, user).await?;
        }
        steps.push(step(place, &format!("has the domain {} with {} users", part.name, part.users.len()), true));
    }
    Ok(steps)
}

async fn set_user(lab: &Lab, api: &Api, known: &[UserRow], part: &DomainPart, user: &UserName) -> Result<(), Failure> {
    let name: UserName = format!("{}\\{user}", part.name).parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    if known.iter().any(|row| row.name == name) {
        return Ok(());
    }
    let administrator = part.administrators.contains(user);
    let change = UserChange { password: lab.passwords().find_or_make(&name)?, administrator, unit: part.unit.clone() };
    let _: Value = api.put(&format!("/users/{}", path_segment(name.as_str())), &change).await?;
    Ok(())
}

/// Activates the license servers of a network and gives them the CALs that the file says.
///
/// # Errors
/// As [`apply`].
pub async fn stock(lab: &Lab, file: &NetworkFile) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for (_, part) in file.license_servers() {
        let place = lab.license_server(Some(&part.name))?;
        let api = lab.admin(Kind::LicenseServer, place)?;
        steps.push(setup::activate(&api, place, &setup::lab_registrant()?).await?);
        for (product_type, cals) in [(ProductType::Device, part.cals), (ProductType::User, part.user_cals)] {
            if cals > 0 {
                steps.push(setup::install(lab, &api, place, product_type, cals).await?);
            }
        }
    }
    for (_, part) in file.terminal_servers().filter(|(_, part)| part.server_cals > 0) {
        let place = lab.terminal_server(Some(&part.name))?;
        let added = AddServerCals { count: part.server_cals };
        let _: Value = lab.admin(Kind::TerminalServer, place)?.post("/nt/license-manager/cals", &added).await?;
        steps.push(step(place, &format!("has {} server CALs in License Manager", part.server_cals), true));
    }
    Ok(steps)
}

/// Whom a service cannot reach.
///
/// # Errors
/// A service that does not answer, or has its lab powers off.
pub async fn cuts(lab: &Lab, kind: Kind, place: &Place) -> Result<Vec<CutOff>, Failure> {
    let view: NetworkView = lab.admin(kind, place)?.get("/lab/network").await?;
    Ok(view.cut_off)
}

/// Takes ways away between two services, or gives them back.
///
/// # Errors
/// As [`cuts`].
pub async fn change_way(lab: &Lab, one: &ServerName, other: &ServerName, open: bool) -> Result<(), Failure> {
    for (from, to) in [(one, other), (other, one)] {
        let (kind, place) = chosen(lab, from)?;
        let (_, target) = chosen(lab, to)?;
        let mut cut_off = cuts(lab, kind, place).await?;
        cut_off.retain(|cut| cut.name != *to);
        if !open {
            let theirs: Identity = setup::identity(lab, target).await?;
            cut_off.push(CutOff { name: theirs.name, key: theirs.key });
        }
        let _: NetworkView = lab.admin(kind, place)?.put("/lab/network", &NetworkView { cut_off }).await?;
    }
    Ok(())
}

async fn settle_cuts(lab: &Lab, kind: Kind, place: &Place, others: BTreeSet<&ServerName>) -> Result<(), Failure> {
    let mut cut_off = Vec::new();
    for name in others {
        let (_, other) = chosen(lab, name)?;
        let theirs = setup::identity(lab, other).await?;
        cut_off.push(CutOff { name: theirs.name, key: theirs.key });
    }
    let _: NetworkView = lab.admin(kind, place)?.put("/lab/network", &NetworkView { cut_off }).await?;
    Ok(())
}

fn chosen<'a>(lab: &'a Lab, name: &ServerName) -> Result<(Kind, &'a Place), Failure> {
    lab.chosen(Some(name))?.into_iter().next().ok_or_else(|| Failure::Usage(format!("{name} is not in this lab")))
}
