//! How terminal servers come to their license servers: `tsl discover`, `tsl registry`, `tsl lsview`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use shared::model::{Intervals, LabTime, LicenseServerRole, Search, ServerName, Span};
use shared::wire::common::ClockView;
use shared::wire::license_server::LicenseServerStanding;
use shared::wire::terminal_server::{DiscoveryChange, DiscoveryView, LicenseServerList};

use super::Context;
use super::on::OnTerminalServer;
use crate::api::Api;
use crate::clock::parse_span;
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab, Place};

#[derive(Args, Debug)]
pub(crate) struct Discover {
    #[command(flatten)]
    on: OnTerminalServer,
    /// Show rule by rule why each license server was found or not
    #[arg(long)]
    trace: bool,
    /// Only show what the last search found, without a new one
    #[arg(long)]
    last: bool,
    /// From now on: search as the generation does, or ask only whom registry and policy name (DI-27)
    #[arg(long, value_enum, value_name = "HOW")]
    search: Option<How>,
    /// The license servers that group policy names, comma separated; - for none
    #[arg(long, value_name = "NAMES")]
    policy: Option<String>,
    /// How often to search again: after a find, after none, after a find in the site (DI-07, DI-08), such as 2h,15m,1h
    #[arg(long, value_name = "SPANS", value_delimiter = ',', num_args = 3, value_parser = parse_span)]
    intervals: Option<Vec<Span>>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    /// As the generation does
    Automatic,
    /// Only named servers
    Named,
}

impl Discover {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        let change = self.change()?;
        if change != DiscoveryChange::default() {
            let _: Value = api.patch("/discovery", &change).await?;
        }
        let view: DiscoveryView = match self.last {
            true => api.get("/discovery").await?,
            false => api.post("/discovery", &serde_json::json!({})).await?,
        };
        context.out.show(&view, |out| print(out, &view, self.trace))
    }

    fn change(&self) -> Result<DiscoveryChange, Failure> {
        let search = self.search.map(|how| match how {
            How::Automatic => Search::Automatic,
            How::Named => Search::Named,
        });
        let policy = self.policy.as_deref().map(names).transpose()?;
        let intervals = match self.intervals.as_deref() {
            Some([found, none, site]) => {
                Some(Intervals { domain_found_s: seconds(*found)?, none_found_s: seconds(*none)?, site_found_s: seconds(*site)? })
            }
            Some(_) | None => None,
        };
        Ok(DiscoveryChange { search, intervals, policy })
    }
}

fn names(text: &str) -> Result<Vec<ServerName>, Failure> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "-");
    names.map(|name| name.parse().map_err(|error| Failure::Usage(format!("{error}")))).collect()
}

fn seconds(span: Span) -> Result<u32, Failure> {
    let seconds = u32::try_from(span.as_seconds()).ok().filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| Failure::Usage("an interval is at least a second".to_owned()))
}

fn print(out: Out, view: &DiscoveryView, trace: bool) {
    out.line(&format!("{} ({}): {}", view.server, view.generation.title(), view.placement));
    let how = match view.search {
        Search::Automatic => "searches",
        Search::Named => "asks only whom it was told (DI-27)",
    };
    let ways: Vec<_> = view.ways.iter().map(|way| way.words()).collect();
    out.line(&format!("it {how}; ways in order: {}", if ways.is_empty() { "none".to_owned() } else { ways.join(", ") }));
    let rows = view.found.iter().enumerate().map(|(index, found)| {
        let place = if index == 0 { "asked first" } else { "remembered" };
        vec![(index + 1).to_string(), found.name.to_string(), found.way.words().to_owned(), place.to_owned()]
    });
    out.table(&["", "license server", "found by", "note"], rows.collect(), "no license server was found");
    let again = view.next_search_at.map_or_else(String::new, |next| format!("; again at {next}"));
    if let Some(at) = view.searched_at {
        out.line(&format!("searched at {at}{again}"));
    }
    if trace {
        for step in &view.trace {
            out.line(&format!("  {:<7} {}", step.rule, step.facts));
        }
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Registry {
    /// Show whom the registry of each terminal server names, in its generation's own form
    #[command(after_help = "Example:  tsl registry show")]
    Show,
    /// Name license servers in a terminal server's registry
    #[command(
        after_help = "2000 has room for one name (DefaultLicenseServer, DI-01), 2003 and later have a subkey for each (LicenseServers, DI-22).\n\nExample:  tsl registry set --server TS1 LS1 LS2\nRules: DI-01, DI-20 to DI-22, DI-30."
    )]
    Set {
        #[command(flatten)]
        on: OnTerminalServer,
        /// License servers, first to be asked first
        #[arg(required = true)]
        names: Vec<ServerName>,
    },
    /// Take all names out of a terminal server's registry
    #[command(after_help = "Example:  tsl registry clear --server TS1")]
    Clear {
        #[command(flatten)]
        on: OnTerminalServer,
    },
}

impl Registry {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        match self {
            Registry::Show => {}
            Registry::Set { on, names } => name_servers(&on.api(context)?, names).await?,
            Registry::Clear { on } => name_servers(&on.api(context)?, Vec::new()).await?,
        }
        let mut views: Vec<DiscoveryView> = Vec::new();
        for place in &lab.file().terminal_servers {
            views.push(lab.admin(Kind::TerminalServer, place)?.get("/discovery").await?);
        }
        context.out.show(&views, |out| {
            let rows = views.iter().map(|view| {
                let names: Vec<_> = view.registry.names.iter().map(ServerName::as_str).collect();
                vec![view.server.to_string(), view.registry.form.clone(), names.join(", ")]
            });
            out.table(&["terminal server", "in its registry", "names"], rows.collect(), "this lab has no terminal server");
        })
    }
}

/// DI-30: one name in 2000, and for the others as many as one likes.
async fn name_servers(api: &Api, names: Vec<ServerName>) -> Result<(), Failure> {
    let view: DiscoveryView = api.get("/discovery").await?;
    let room = shared::policy::discovery::registry_names(view.generation, &names).len();
    if room < names.len() {
        return Err(Failure::Usage(format!("{} has room for {room} name: {} (DI-01, DI-30)", view.server, view.registry.form)));
    }
    let _: Value = api.put("/license-servers", &LicenseServerList { names }).await?;
    Ok(())
}

#[derive(Args, Debug)]
pub(crate) struct Lsview {
    /// Write each poll to this file too
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Poll again and again with this span of host time between, until Ctrl-C; the kit's tool used five minutes
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    every: Option<Span>,
    /// End after this many polls
    #[arg(long, value_name = "N", requires = "every")]
    polls: Option<u32>,
}

/// A license server as lsview shows it (TL-03).
#[derive(Clone, Debug, Serialize)]
struct Seen {
    name: ServerName,
    /// Enterprise or Domain; a workgroup's shows as Domain.
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    /// Lab time; none where it never answered.
    last_seen: Option<LabTime>,
    answers: bool,
    /// It answers, but not to whoever is no administrator of it (AM-18).
    not_administrator: bool,
}

impl Lsview {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut seen: Vec<Seen> = lab
            .file()
            .license_servers
            .iter()
            .map(|place| Seen { name: place.name.clone(), kind: None, last_seen: None, answers: false, not_administrator: false })
            .collect();
        let mut polls = 0_u32;
        loop {
            // The light of the kit's tool: yellow while it polls, green when it is done.
            context.out.note("light: yellow (polling)");
            for (row, place) in seen.iter_mut().zip(&lab.file().license_servers) {
                poll(&lab, place, row).await;
            }
            context.out.note("light: green (done)");
            context.out.show(&seen, |out| table(out, &seen))?;
            if let Some(file) = &self.log {
                write_log(file, &seen)?;
            }
            polls += 1;
            let Some(every) = self.every.filter(|_| self.polls.is_none_or(|most| polls < most)) else { return Ok(()) };
            tokio::time::sleep(Duration::from_secs(u64::try_from(every.as_seconds()).unwrap_or(0))).await;
        }
    }
}

async fn poll(lab: &Lab, place: &Place, row: &mut Seen) {
    let asked = async {
        let api: Api = lab.admin(Kind::LicenseServer, place)?;
        let standing: LicenseServerStanding = api.get("/network").await?;
        let clock: ClockView = api.get("/lab/clock").await?;
        Ok::<_, Failure>((standing, clock))
    };
    let asked = asked.await;
    row.not_administrator = asked.as_ref().is_err_and(Failure::is_not_administrator);
    match asked {
        Ok((standing, clock)) => {
            row.kind = Some(match standing.role {
                LicenseServerRole::Enterprise => "Enterprise",
                LicenseServerRole::Domain => "Domain",
            });
            row.last_seen = Some(clock.now);
            row.answers = true;
        }
        Err(_) => row.answers = false,
    }
}

fn table(out: Out, seen: &[Seen]) {
    out.table(&["license server", "type", "last seen", "state"], seen.iter().map(cells).collect(), "no license server is known");
}

fn cells(row: &Seen) -> Vec<String> {
    let last = row.last_seen.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let state = match (row.answers, row.not_administrator) {
        (true, _) => "answers",
        (false, true) => "you are no administrator of it",
        (false, false) => "silent",
    };
    vec![row.name.to_string(), row.kind.unwrap_or("unknown").to_owned(), last, state.to_owned()]
}

fn write_log(file: &Path, seen: &[Seen]) -> Result<(), Failure> {
    let mut text = String::new();
    for row in seen {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", cells(row).join("\t"));
    }
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
    opened.and_then(|mut log| log.write_all(text.as_bytes())).map_err(|error| Failure::file(file, error))
}
