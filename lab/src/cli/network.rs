//! The lab's network: who stands where, who reaches whom, and the directory that knows about it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use shared::model::{DomainName, LicenseServerRole, Placement, ServerName};
use shared::wire::directory::{DomainRow, LicenseServerGroup, SiteRow, UserRow};
use shared::wire::license_server::{LicenseServerStanding, PlaceLicenseServer};
use shared::wire::terminal_server::DiscoveryView;

use super::Context;
use super::on::OnLicenseServer;
use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::network::{self, NetworkFile};
use crate::out::Out;
use crate::place::{Kind, Lab};

#[derive(Subcommand, Debug)]
pub(crate) enum Network {
    /// Draw who stands where, who finds whom, and who reaches whom
    #[command(after_help = "Example:  tsl network show")]
    Show,
    /// Take the way between two services away, as a router or a firewall would
    #[command(
        after_help = "To each of the two the other is as silent as a machine that is off, until the way is mended.\n\nExample:  tsl network cut TS1 LS1\nRules: SPEC 4.3 step 4, PD-05, FT-05."
    )]
    Cut {
        /// One service
        one: ServerName,
        /// The other
        other: ServerName,
    },
    /// Give the way between two services back
    #[command(after_help = "Example:  tsl network mend TS1 LS1")]
    Mend {
        /// One service
        one: ServerName,
        /// The other
        other: ServerName,
    },
    /// Put the services of a running lab where a network file says
    #[command(
        after_help = "For a lab that `tsl up` did not build from the file, in containers for example. Services are not started by it.\n\nExample:  tsl network apply docs/networks/mixed.toml"
    )]
    Apply {
        /// The network file
        file: PathBuf,
    },
    /// Give a license server another role: who finds it, not whom it serves (DI-26)
    #[command(
        after_help = "In a workgroup every license server is one of the workgroup, whatever its role.\n\nExample:  tsl network role enterprise --server LS1\nRules: DI-23 to DI-26."
    )]
    Role {
        #[command(flatten)]
        on: OnLicenseServer,
        /// The role
        #[arg(value_enum)]
        role: Role,
    },
    /// Publish a license server in its site (event 64)
    #[command(after_help = "Example:  tsl network publish --server LS1\nRules: DI-23.")]
    Publish {
        #[command(flatten)]
        on: OnLicenseServer,
    },
    /// Take a license server from the site that it is published in
    #[command(after_help = "Example:  tsl network unpublish --server LS1")]
    Unpublish {
        #[command(flatten)]
        on: OnLicenseServer,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    /// For its own domain, found on a domain controller only
    Domain,
    /// For every domain of its site, published there
    Enterprise,
}

/// What `tsl network show --json` prints.
#[derive(Debug, Serialize)]
struct Picture {
    license_servers: Vec<LicenseServerStanding>,
    terminal_servers: Vec<DiscoveryView>,
    cut: BTreeMap<ServerName, Vec<ServerName>>,
}

impl Network {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        match self {
            Network::Show => {}
            Network::Cut { one, other } => network::change_way(&lab, &one, &other, false).await?,
            Network::Mend { one, other } => network::change_way(&lab, &one, &other, true).await?,
            Network::Apply { file } => {
                let file = NetworkFile::read(&file)?;
                for step in network::apply(&lab, &file).await? {
                    context.out.note(&format!("+ {} {}", step.server, step.what));
                }
            }
            Network::Role { on, role } => {
                let api = on.api(context)?;
                let standing: LicenseServerStanding = api.get("/network").await?;
                let role = match role {
                    Role::Domain => LicenseServerRole::Domain,
                    Role::Enterprise => LicenseServerRole::Enterprise,
                };
                let _: Value = api.put("/network", &PlaceLicenseServer { placement: standing.placement, role: Some(role) }).await?;
            }
            Network::Publish { on } => publish(&on.api(context)?, true).await?,
            Network::Unpublish { on } => publish(&on.api(context)?, false).await?,
        }
        let picture = picture(&lab).await?;
        context.out.show(&picture, |out| draw(out, &picture))
    }
}

async fn publish(api: &Api, published: bool) -> Result<(), Failure> {
    let _: Value = api.put("/publication", &json!({ "published": published })).await?;
    Ok(())
}

async fn picture(lab: &Lab) -> Result<Picture, Failure> {
    let mut picture = Picture { license_servers: Vec::new(), terminal_servers: Vec::new(), cut: BTreeMap::new() };
    for (kind, place) in lab.services() {
        let api = lab.admin(kind, place)?;
        match kind {
            Kind::LicenseServer => picture.license_servers.push(api.get("/network").await?),
            Kind::TerminalServer => picture.terminal_servers.push(api.get("/discovery").await?),
            Kind::Clearinghouse | Kind::Directory => {}
        }
        let cut = network::cuts(lab, kind, place).await?;
        picture.cut.insert(place.name.clone(), cut.into_iter().map(|cut| cut.name).collect());
    }
    Ok(picture)
}

/// Sites, in them workgroups and domains, in them machines with what runs on them; then who reaches whom.
fn draw(out: Out, picture: &Picture) {
    let mut sites: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>> = BTreeMap::new();
    let mut put = |placement: &Placement, what: String| {
        let controller = if placement.controller { " (domain controller)" } else { "" };
        let domains = sites.entry(placement.site.to_string()).or_default();
        let machines = domains.entry(placement.member_of.to_string()).or_default();
        machines.entry(format!("{}{controller}", placement.host)).or_default().push(what);
    };
    for server in &picture.license_servers {
        let role = match server.role {
            LicenseServerRole::Enterprise => "enterprise",
            LicenseServerRole::Domain => "domain",
        };
        let published = server.published_in.as_ref().map_or_else(String::new, |_| ", published".to_owned());
        put(&server.placement, format!("{}: license server {}, role {role}{published}", server.name, server.generation));
    }
    for server in &picture.terminal_servers {
        let asked: Vec<_> = server.asked.iter().map(ServerName::as_str).collect();
        let asks = if asked.is_empty() { "asks nobody".to_owned() } else { format!("asks {}", asked.join(", then ")) };
        put(&server.placement, format!("{}: terminal server {}, {asks}", server.server, server.generation));
    }
    for (site, domains) in &sites {
        out.line(&format!("site {site}"));
        for (domain, machines) in domains {
            out.line(&format!("  {domain}"));
            for (machine, services) in machines {
                out.line(&format!("    {machine}"));
                for service in services {
                    out.line(&format!("      {service}"));
                }
            }
        }
    }
    out.line("");
    let columns: Vec<&ServerName> = picture.license_servers.iter().map(|server| &server.name).collect();
    let header: Vec<&str> = std::iter::once("reaches").chain(columns.iter().map(|name| name.as_str())).collect();
    let rows = picture.cut.iter().map(|(name, cut)| {
        let cell = |column: &&ServerName| {
            let word = if *column == name {
                "-"
            } else if cut.contains(column) {
                "cut"
            } else {
                "yes"
            };
            word.to_owned()
        };
        std::iter::once(name.to_string()).chain(columns.iter().map(cell)).collect()
    });
    out.table(&header, rows.collect(), "");
}

#[derive(Subcommand, Debug)]
pub(crate) enum Directory {
    /// List the domains with their controllers and their groups "Terminal Server License Servers"
    #[command(after_help = "Example:  tsl directory domains")]
    Domains,
    /// List the sites and what is published in them
    #[command(after_help = "Example:  tsl directory sites\nRules: DI-03, DI-23.")]
    Sites,
    /// List the users with their licensing attributes
    #[command(after_help = "Example:  tsl directory users\nRules: W08-04.")]
    Users,
    /// Change who is in a domain's group "Terminal Server License Servers"
    #[command(subcommand, after_help = "Example:  tsl directory group add LS1 --domain LAB\nRules: W08-05.")]
    Group(Group),
}

#[derive(Subcommand, Debug)]
pub(crate) enum Group {
    /// Add a license server
    Add {
        /// The license server
        server: ServerName,
        /// The domain
        #[arg(long, value_name = "NAME")]
        domain: DomainName,
    },
    /// Remove a license server
    Remove {
        /// The license server
        server: ServerName,
        /// The domain
        #[arg(long, value_name = "NAME")]
        domain: DomainName,
    },
}

impl Directory {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let api = lab.admin(Kind::Directory, lab.directory()?)?;
        match self {
            Directory::Domains => domains(context, &api).await,
            Directory::Sites => {
                let rows: Vec<SiteRow> = api.all("/sites").await?;
                context.out.show(&rows, |out| {
                    let cells = rows.iter().map(|row| vec![row.name.to_string(), joined(&row.site_server)]);
                    out.table(&["site", "TS-Enterprise-License-Server names"], cells.collect(), "there is no site");
                })
            }
            Directory::Users => users(context, &api).await,
            Directory::Group(change) => {
                let (Group::Add { server, domain } | Group::Remove { server, domain }) = &change;
                let rows: Vec<DomainRow> = api.all("/domains").await?;
                let found = rows.into_iter().find(|row| row.name == *domain);
                let mut members =
                    found.ok_or_else(|| Failure::Usage(format!("there is no domain {domain}; see tsl directory domains")))?.license_servers;
                members.retain(|member| member != server);
                if matches!(change, Group::Add { .. }) {
                    members.push(server.clone());
                }
                let path = format!("/domains/{}/license-servers", path_segment(domain.as_str()));
                let _: Value = api.put(&path, &LicenseServerGroup { members }).await?;
                domains(context, &api).await
            }
        }
    }
}

async fn domains(context: &Context, api: &Api) -> Result<(), Failure> {
    let rows: Vec<DomainRow> = api.all("/domains").await?;
    context.out.show(&rows, |out| {
        let cells = rows.iter().map(|row| {
            let kind = match row.kind {
                shared::model::DomainKind::Nt4 => "NT 4.0",
                shared::model::DomainKind::ActiveDirectory => "Active Directory",
            };
            vec![row.name.to_string(), kind.to_owned(), joined(&row.controllers), joined(&row.license_servers)]
        });
        out.table(&["domain", "kind", "controllers", "Terminal Server License Servers"], cells.collect(), "there is no domain");
    })
}

async fn users(context: &Context, api: &Api) -> Result<(), Failure> {
    let rows: Vec<UserRow> = api.all("/users").await?;
    context.out.show(&rows, |out| {
        let cells = rows.iter().map(|row| {
            let sets: Vec<_> =
                row.licensing.iter().map(|set| format!("{} until {} from {}", set.version, set.expires_at, set.managing_server)).collect();
            let unit = row.unit.as_ref().map_or_else(String::new, ToString::to_string);
            let administrator = if row.administrator { "administrator" } else { "" };
            vec![row.name.to_string(), unit, administrator.to_owned(), sets.join("; ")]
        });
        out.table(&["user", "unit", "", "licensing attributes (W08-04)"], cells.collect(), "there is no user");
    })
}

fn joined(names: &[ServerName]) -> String {
    names.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", ")
}
