//! Users and their licenses: the per-user report, the people of a 2003 server, and the review of a license server's configuration.

use shared::rulebook::listed;
use std::collections::BTreeSet;

use clap::Args;
use shared::model::{DomainName, UnitName};
use shared::wire::common::Page;
use shared::wire::directory::ReportScope;
use shared::wire::license_server::{Availability, ConfigurationReview, PerUserReport};
use shared::wire::terminal_server::PersonRow;

use super::Context;
use super::on::{OnLicenseServer, OnTerminalServer, Told};
use crate::failure::Failure;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    on: OnLicenseServer,
    /// Only users of this domain
    #[arg(long, value_name = "NAME")]
    domain: Option<DomainName>,
    /// Only users of this organisational unit of the domain
    #[arg(long, value_name = "NAME", requires = "domain")]
    unit: Option<UnitName>,
    /// Show the reports that were kept on the license server, newest first, and make none
    #[arg(long, conflicts_with_all = ["domain", "unit"])]
    kept: bool,
}

impl Report {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        if self.kept {
            let told = asked.ask(async |api| Ok(api.get::<Page<PerUserReport>>("/per-user-reports").await?.items)).await?;
            let reports: Vec<Told<PerUserReport>> = told.into_iter().flat_map(Told::one_by_one).collect();
            return context.out.show(&reports, |out| reports.iter().for_each(|report| print(out, report)));
        }
        let scope = match (self.domain, self.unit) {
            (Some(domain), Some(unit)) => ReportScope::Unit { domain, unit },
            (Some(domain), None) => ReportScope::Domain { domain },
            (None, _) => ReportScope::AllDomains,
        };
        let told = asked.ask(async |api| api.post::<_, PerUserReport>("/per-user-reports", &scope).await).await?;
        match told.as_slice() {
            [report] if !asked.several() => context.out.show(report, |out| print(out, report)),
            all => context.out.show(&all, |out| all.iter().for_each(|report| print(out, report))),
        }
    }
}

fn print(out: Out, told: &Told<PerUserReport>) {
    let Told { server, said: report } = told;
    let scope = match &report.scope {
        ReportScope::Domain { domain } => format!("domain {domain}"),
        ReportScope::Unit { domain, unit } => format!("unit {unit} of {domain}"),
        ReportScope::AllDomains => "all trusted domains".to_owned(),
    };
    out.line(&format!("per-user report of {server}, {}, {scope}", report.at));
    let users = report.users.iter().map(|row| {
        vec![
            row.user.to_string(),
            row.version.to_string(),
            "per user".to_owned(),
            row.expires_at.to_string(),
            row.managing_server.to_string(),
        ]
    });
    out.table(&["user", "version", "type", "expires", "issued by"], users.collect(), "no user holds a license");
    let summary = report.summary.iter().map(|row| {
        let availability = match row.availability {
            Availability::Available => "Available",
            Availability::Limited => "Limited",
            Availability::None => "None",
            Availability::NotTracking => "Not Tracking",
        };
        vec![row.version.to_string(), row.installed.to_string(), row.issued.to_string(), availability.to_owned()]
    });
    out.table(&["version", "installed", "issued", "availability"], summary.collect(), "no user CALs are installed");
    if !report.failures.is_empty() {
        let failures = report.failures.iter().map(|row| vec![row.user.to_string(), row.at.to_string(), row.reason.clone()]);
        out.table(&["not recorded", "at", "why"], failures.collect(), "");
    }
}

#[derive(Args, Debug)]
pub(crate) struct People {
    #[command(flatten)]
    on: OnTerminalServer,
}

impl People {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let told = asked.ask(async |api| api.all::<PersonRow>("/people").await).await?;
        let rows: Vec<Told<PersonRow>> = told.into_iter().flat_map(Told::one_by_one).collect();
        context.out.show(&rows, |out| {
            let cells =
                |row: &PersonRow| vec![row.user.to_string(), row.first_at.to_string(), row.last_at.to_string(), row.logons.to_string()];
            asked.table(&["user", "first logon", "last logon", "logons"], &rows, cells, "nobody has worked here in Per User mode");
            // Whoever worked on two servers is one person.
            let people: BTreeSet<_> = rows.iter().map(|row| &row.said.user).collect();
            out.line(&format!("User CALs owed: {} (people, not sessions; not tracked, nothing enforces it)", people.len()));
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Review {
    #[command(flatten)]
    on: OnLicenseServer,
}

impl Review {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let told = asked.ask(async |api| api.get::<ConfigurationReview>("/configuration-review").await).await?;
        asked.show(&told, |out, review| {
            let cells = review.findings.iter().map(|finding| {
                let mark = if finding.good { "ok" } else { "!!" };
                vec![mark.to_owned(), finding.check.clone(), finding.found.clone(), finding.cure.clone(), listed(&finding.rules)]
            });
            out.table(&["", "looked at", "found", "what to do", "rules"], cells.collect(), "nothing to look at");
        })
    }
}
