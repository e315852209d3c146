//! What a command leads to.

use std::collections::BTreeSet;

use super::{Command, Directory, Domain, Event, LICENSING_SETS, Refusal, Service, User, domain_of};
use crate::machine::{Decide, Moment};
use crate::model::{DomainKind, DomainName, Level, LogRecord, ServerName, SiteName, UnitName, UserName};
use crate::policy::denials;
use crate::wire::directory::NumberedSet;

impl Decide<Command> for Directory {
    type Answer = ();

    fn decide(&self, command: Command, _: &mut Moment<'_>) -> Result<((), Vec<Event>), Refusal> {
        decide(self, command).map(|events| ((), events))
    }
}

fn decide(directory: &Directory, command: Command) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Start(name) => start(directory, name),
        Command::TrustService { name, service } => trust(directory, name, service),
        Command::ForgetService(name) if directory.services.contains_key(&name) => Ok(vec![Event::ServiceForgotten { name }]),
        Command::ForgetService(name) => Err(Refusal::NoService(name)),
        Command::SetDomain { name, kind, controllers } => set_domain(directory, name, kind, controllers),
        Command::SetGroup { domain, members } => set_group(directory, domain, members),
        Command::AddSite(name) => Ok(add_site(directory, name)),
        Command::SetUser { name, hash, administrator, unit } => set_user(directory, name, hash, administrator, unit),
        Command::RemoveUser(name) => remove_user(directory, name),
        Command::Publish { server, site } => publish(directory, &server, site),
        Command::License { server, user, write } => license(directory, &server, user, write),
    }
}

fn start(directory: &Directory, name: ServerName) -> Result<Vec<Event>, Refusal> {
    match &directory.name {
        Some(known) if *known != name => Err(Refusal::OtherName(known.clone())),
        Some(_) => Ok(Vec::new()),
        None => Ok(vec![Event::Founded { name }]),
    }
}

fn trust(directory: &Directory, name: ServerName, service: Service) -> Result<Vec<Event>, Refusal> {
    match directory.services.get(&name) {
        Some(known) if *known == service => Ok(Vec::new()),
        Some(known) if known.key != service.key => Err(Refusal::OtherKey(name)),
        Some(_) | None => Ok(vec![Event::ServiceTrusted { name, service }]),
    }
}

fn set_domain(directory: &Directory, name: DomainName, kind: DomainKind, controllers: BTreeSet<ServerName>) -> Result<Vec<Event>, Refusal> {
    let known = directory.domains.get(&name);
    if known.is_some_and(|known| known.kind != kind) {
        return Err(Refusal::OtherKind(name));
    }
    let domain = Domain { kind, controllers, license_servers: known.map(|known| known.license_servers.clone()).unwrap_or_default() };
    Ok(if known == Some(&domain) { Vec::new() } else { vec![Event::DomainSet { name, domain }] })
}

fn set_group(directory: &Directory, name: DomainName, members: BTreeSet<ServerName>) -> Result<Vec<Event>, Refusal> {
    let Some(known) = directory.domains.get(&name) else { return Err(Refusal::NoDomain(name)) };
    let domain = Domain { license_servers: members, ..known.clone() };
    if *known == domain {
        return Ok(Vec::new());
    }
    let text = format!("The members of \"Terminal Server License Servers\" of {name} are now: {}.", list(&domain.license_servers));
    Ok(vec![Event::DomainSet { name, domain }, log(GROUP_CHANGED, text)])
}

fn add_site(directory: &Directory, name: SiteName) -> Vec<Event> {
    if directory.sites.contains_key(&name) { Vec::new() } else { vec![Event::SiteSet { name, site_server: BTreeSet::new() }] }
}

fn set_user(
    directory: &Directory,
    name: UserName,
    hash: String,
    administrator: bool,
    unit: Option<UnitName>,
) -> Result<Vec<Event>, Refusal> {
    let domain = domain_of(&name).ok_or_else(|| Refusal::NoDomainName(name.clone()))?;
    if !directory.domains.contains_key(&domain) {
        return Err(Refusal::NoDomain(domain));
    }
    let licensing = directory.users.get(&name).map(|known| known.licensing.clone()).unwrap_or_default();
    Ok(vec![Event::UserSet { name, user: User { hash, administrator, unit, licensing } }])
}

fn remove_user(directory: &Directory, name: UserName) -> Result<Vec<Event>, Refusal> {
    if directory.users.contains_key(&name) { Ok(vec![Event::UserRemoved { name }]) } else { Err(Refusal::NoUser(name)) }
}

/// DI-23: a license server stands in one site at the most; publishing it anew moves it.
fn publish(directory: &Directory, server: &ServerName, wanted: Option<SiteName>) -> Result<Vec<Event>, Refusal> {
    if let Some(site) = &wanted
        && !directory.sites.contains_key(site)
    {
        return Err(Refusal::NoSite(site.clone()));
    }
    let mut events = Vec::new();
    for (name, named) in &directory.sites {
        let is_in = named.contains(server);
        let shall_be_in = wanted.as_ref() == Some(name);
        if is_in == shall_be_in {
            continue;
        }
        let mut site_server = named.clone();
        let what = if shall_be_in {
            site_server.insert(server.clone());
            "published in"
        } else {
            site_server.remove(server);
            "taken from"
        };
        events.push(Event::SiteSet { name: name.clone(), site_server });
        events.push(log(SITE_CHANGED, format!("{server} was {what} the site {name} (TS-Enterprise-License-Server).")));
    }
    Ok(events)
}

/// W08-04, W08-05: only a member of the group of the user's own domain may write the user's licensing attributes.
fn license(directory: &Directory, server: &ServerName, name: UserName, write: Option<NumberedSet>) -> Result<Vec<Event>, Refusal> {
    let (Some(user), Some(written)) = (directory.users.get(&name), write) else { return Ok(Vec::new()) };
    if written.number == 0 || usize::from(written.number) > LICENSING_SETS {
        return Err(Refusal::NoSet(written.number));
    }
    if !directory.may_license(server, &name) {
        return Ok(Vec::new());
    }
    let mut user = user.clone();
    user.licensing.retain(|set| set.number != written.number);
    user.licensing.push(written);
    user.licensing.sort_by_key(|set| set.number);
    Ok(vec![Event::UserSet { name, user }])
}

fn list(names: &BTreeSet<ServerName>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", ") }
}

fn log(id: u32, text: String) -> Event {
    let record: LogRecord = denials::log(SOURCE, id, Level::Information, text);
    Event::Logged(record)
}

/// The source of a directory's events: the lab's own, since a domain controller keeps thousands of others.
const SOURCE: &str = "Directory";
const GROUP_CHANGED: u32 = 1;
const SITE_CHANGED: u32 = 2;
