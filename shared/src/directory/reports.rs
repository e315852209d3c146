//! What can be read from a directory.

use super::{Directory, Service, User, domain_of};
use crate::model::{DomainKind, LicensingSet, ServerName, UserName};
use crate::wire::directory::{
    DirectoryStanding, DiscoveryAnswer, DiscoveryQuery, DomainRow, ReportScope, ServiceRow, SiteRow, UserLicenseAnswer, UserRow,
};

impl Directory {
    /// The directory's name; none before its first start.
    #[must_use]
    pub fn name(&self) -> Option<&ServerName> {
        self.name.as_ref()
    }

    /// The enrolled service that has this key.
    #[must_use]
    pub fn caller(&self, thumbprint: &str) -> Option<(ServerName, Service)> {
        let name = self.callers.get(thumbprint)?;
        self.services.get(name).map(|service| (name.clone(), *service))
    }

    /// The enrolled services.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceRow> {
        self.services.iter().map(|(name, service)| ServiceRow { name: name.clone(), key: service.key, role: service.role }).collect()
    }

    /// The domains.
    #[must_use]
    pub fn domains(&self) -> Vec<DomainRow> {
        let row = |(name, domain): (&crate::model::DomainName, &super::Domain)| DomainRow {
            name: name.clone(),
            kind: domain.kind,
            controllers: domain.controllers.iter().cloned().collect(),
            license_servers: domain.license_servers.iter().cloned().collect(),
        };
        self.domains.iter().map(row).collect()
    }

    /// The sites, with what is published in them.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteRow> {
        self.sites.iter().map(|(name, named)| SiteRow { name: name.clone(), site_server: named.iter().cloned().collect() }).collect()
    }

    /// A user.
    #[must_use]
    pub fn user(&self, name: &UserName) -> Option<&User> {
        self.users.get(name)
    }

    /// The users that a report is about.
    #[must_use]
    pub fn users(&self, scope: &ReportScope) -> Vec<UserRow> {
        let fits = |name: &UserName, user: &User| {
            let domain = domain_of(name);
            match scope {
                ReportScope::Domain { domain: wanted } => domain.as_ref() == Some(wanted),
                ReportScope::Unit { domain: wanted, unit } => domain.as_ref() == Some(wanted) && user.unit.as_ref() == Some(unit),
                ReportScope::AllDomains => {
                    domain.and_then(|domain| self.domains.get(&domain)).is_some_and(|domain| domain.kind == DomainKind::ActiveDirectory)
                }
            }
        };
        self.users.iter().filter(|(name, user)| fits(name, user)).map(|(name, user)| row(name, user)).collect()
    }

    /// DI-02, DI-03, DI-21: the controllers of a domain, and what its site's object names. An NT 4.0 domain has no objects.
    #[must_use]
    pub fn discovery(&self, query: &DiscoveryQuery) -> DiscoveryAnswer {
        let Some(domain) = self.domains.get(&query.domain).filter(|domain| domain.kind == DomainKind::ActiveDirectory) else {
            return DiscoveryAnswer::default();
        };
        DiscoveryAnswer {
            controllers: domain.controllers.iter().cloned().collect(),
            site_server: self.sites.get(&query.site).into_iter().flatten().cloned().collect(),
        }
    }

    /// Where a license server is known (TL-08).
    #[must_use]
    pub fn standing(&self, server: &ServerName) -> DirectoryStanding {
        let groups = self.domains.iter().filter(|(_, domain)| domain.license_servers.contains(server));
        let sites = self.sites.iter().filter(|(_, named)| named.contains(server));
        DirectoryStanding {
            groups: groups.map(|(name, _)| name.clone()).collect(),
            published_in: sites.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// W08-05: whether a license server is in the group of a user's domain.
    #[must_use]
    pub fn may_license(&self, server: &ServerName, user: &UserName) -> bool {
        let domain = domain_of(user).and_then(|domain| self.domains.get(&domain));
        domain.is_some_and(|domain| domain.license_servers.contains(server))
    }

    /// What a license server is told that reads a user's attributes, or tried to write them.
    #[must_use]
    pub fn license_answer(&self, server: &ServerName, user: &UserName, wrote: bool) -> UserLicenseAnswer {
        match self.users.get(user) {
            None => UserLicenseAnswer::NoSuchUser,
            Some(_) if wrote && !self.may_license(server, user) => UserLicenseAnswer::NotInGroup,
            Some(found) => UserLicenseAnswer::Stands { licensing: sets(found) },
        }
    }
}

fn row(name: &UserName, user: &User) -> UserRow {
    UserRow { name: name.clone(), administrator: user.administrator, unit: user.unit.clone(), licensing: sets(user) }
}

fn sets(user: &User) -> Vec<LicensingSet> {
    user.licensing.iter().map(|numbered| numbered.set.clone()).collect()
}
