//! Looking after a lab as a whole: wait, status, set-up, trust, reset.

use std::path::PathBuf;
use std::time::Duration;

use chassis::clock::Clock;
use clap::Args;
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::json;
use shared::model::{Generation, LabTime, ServerName, UserName};
use shared::wire::common::{ClockView, Health, Identity, Page};
use shared::wire::directory::{DomainRow, SiteRow};
use shared::wire::license_server::{ActivationView, PackList};
use shared::wire::terminal_server::{GraceView, LicenseServerRow, SessionRow};
use shared::wire::workstation::{LicenseManagerView, LicensingServiceView};

use super::Context;
use super::sure::sure;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::{DATA_FOLDER, Kind, Lab, LabFile, Place};
use crate::setup::{self, Plan, Step};

#[derive(Args, Debug)]
pub(crate) struct Wait {
    /// Give up after this many seconds
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=86_400))]
    seconds: i64,
}

#[derive(Args, Debug)]
pub(crate) struct Reset {
    /// The data folder to empty
    #[arg(long, default_value = DATA_FOLDER, value_name = "FOLDER")]
    data: PathBuf,
    /// Do it without being asked again
    #[arg(long)]
    yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Setup {
    /// Device CALs to buy and install on a license server that has no pack yet
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=9999))]
    cals: u32,
    /// Terminal servers to license per user (PolicyAcOn = 4)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    per_user: Vec<ServerName>,
    /// Ordinary accounts to make on every terminal server, beside administrator
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "student")]
    users: Vec<UserName>,
    /// Make the accounts and nothing else: nobody is introduced, activated or stocked, as with `tsl up --bare`
    #[arg(long, conflicts_with_all = ["cals", "per_user"])]
    bare: bool,
}

impl Wait {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let clock = Clock::new();
        let started = clock.host();
        loop {
            let missing = match context.lab() {
                Ok(lab) => silent_services(&lab).await?,
                // `tsl up` writes its file last; until then there is nothing to ask.
                Err(failure) => vec![failure.to_string()],
            };
            if missing.is_empty() {
                return context.out.show(&json!({ "ready": true }), |out| out.line("the lab is ready"));
            }
            if clock.host().millis_since(started) >= self.seconds.saturating_mul(1000) {
                return Err(Failure::Broken(format!("after {} s: {}", self.seconds, missing.join("; "))));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn silent_services(lab: &Lab) -> Result<Vec<String>, Failure> {
    let asked = lab.services().into_iter().map(|(kind, place)| async move {
        let health = lab.anyone(place)?.get::<Health>("/health").await;
        let token_there = place.token_file.as_ref().is_none_or(|file| file.exists());
        Ok(match health {
            Ok(health) if health.service == kind.name() && token_there => None,
            Ok(health) if health.service != kind.name() => Some(format!("{} is a {}", place.url, health.service)),
            Ok(_) => Some(format!("the token file of {} is not there", place.name)),
            Err(failure) => Some(failure.to_string()),
        })
    });
    let answers: Result<Vec<_>, Failure> = join_all(asked).await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}

impl Reset {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        if !self.data.exists() {
            return context.out.show(&json!({ "emptied": false }), |out| out.line("there is nothing to empty"));
        }
        crate::up::require_down(&self.data)?;
        let folder = self.data.display();
        sure(
            &format!("this deletes the lab in {folder}: every license, journal and key"),
            self.yes,
            &format!("tsl reset --data {folder} --yes"),
        )?;
        crate::up::empty(&self.data)?;
        let text = format!("{} is empty; `tsl up` starts a new lab in it", self.data.display());
        context.out.show(&json!({ "emptied": true }), |out| out.line(&text))
    }
}

impl Setup {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        if self.bare {
            return show_steps(context, &setup::all_accounts(&lab, &self.users).await?);
        }
        let plan = Plan { cals: self.cals, registrant: setup::lab_registrant()?, per_user: self.per_user, users: self.users };
        let steps = setup::run(&lab, &plan).await?;
        show_steps(context, &steps)
    }
}

/// `tsl trust`.
pub(crate) async fn trust(context: &Context) -> Result<(), Failure> {
    let steps = setup::trust(&context.lab()?).await?;
    show_steps(context, &steps)
}

/// `tsl forget`.
pub(crate) async fn forget(context: &Context, name: &ServerName, leaked: bool) -> Result<(), Failure> {
    let forgotten = setup::forget(&context.lab()?, name, leaked).await?;
    context.out.show(&forgotten.steps, |out| {
        if forgotten.steps.is_empty() {
            out.line(&format!("nobody knows {name}, and it knows nobody"));
        }
        forgotten.steps.iter().for_each(|step| out.line(&format!("+ {} {}", step.server, step.what)));
    })?;
    if forgotten.silent.is_empty() {
        return Ok(());
    }
    let silent: Vec<_> = forgotten.silent.iter().map(ServerName::as_str).collect();
    Err(Failure::Broken(format!("{} did not answer and may know {name} still; say this again when they do", silent.join(", "))))
}

/// `tsl root`.
pub(crate) async fn root(context: &Context) -> Result<(), Failure> {
    let lab = context.lab()?;
    let identity = setup::identity(&lab, lab.clearinghouse()?).await?;
    let Some(root) = &identity.root else {
        return Err(Failure::Broken(format!("{} shows no root certificate", identity.name)));
    };
    let value = json!({ "root": root, "fingerprint": identity.root_fingerprint });
    context.out.show(&value, |out| out.line(root.trim_end()))
}

fn show_steps(context: &Context, steps: &[Step]) -> Result<(), Failure> {
    context.out.show(&steps, |out| {
        for step in steps {
            out.line(&format!("{} {} {}", if step.changed { "+" } else { "=" }, step.server, step.what));
        }
    })
}

#[derive(Serialize)]
struct Status {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    services: Vec<ServiceStatus>,
}

#[derive(Serialize)]
struct ServiceStatus {
    name: ServerName,
    kind: &'static str,
    url: String,
    up: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lab_time: Option<LabTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_frozen: Option<bool>,
    facts: Vec<String>,
}

/// `tsl status`.
pub(crate) async fn status(context: &Context) -> Result<(), Failure> {
    let lab = context.lab()?;
    let services = join_all(lab.services().into_iter().map(|(kind, place)| service_status(&lab, kind, place))).await;
    let LabFile { pid, .. } = lab.file();
    let down = services.iter().filter(|service| !service.up).count();
    let status = Status { source: lab.source().to_owned(), pid: *pid, services };
    context.out.show(&status, |out| {
        let rows = status.services.iter().map(|service| {
            let clock = service.lab_time.map_or_else(String::new, |now| now.to_string());
            let frozen = if service.clock_frozen == Some(true) { " (frozen)" } else { "" };
            let state = if service.up { "up" } else { "down" };
            vec![
                service.name.to_string(),
                service.kind.to_owned(),
                service.url.clone(),
                state.to_owned(),
                format!("{clock}{frozen}"),
                service.facts.join("; "),
            ]
        });
        out.table(&["server", "kind", "address", "state", "lab time", "what it says"], rows.collect(), "this lab has no services");
    })?;
    if down == 0 { Ok(()) } else { Err(Failure::Broken(format!("{down} of the services did not answer"))) }
}

async fn service_status(lab: &Lab, kind: Kind, place: &Place) -> ServiceStatus {
    let health = match lab.anyone(place) {
        Ok(api) => api.get::<Health>("/health").await,
        Err(failure) => Err(failure),
    };
    let (mut clock, mut facts) = (None, Vec::new());
    match (&health, lab.admin(kind, place)) {
        (Ok(_), Ok(api)) => {
            clock = api.get::<ClockView>("/lab/clock").await.ok();
            facts = facts_of(kind, &api).await.unwrap_or_else(|failure| vec![failure.to_string()]);
        }
        (Ok(_), Err(failure)) => facts.push(failure.to_string()),
        (Err(failure), _) => facts.push(failure.to_string()),
    }
    ServiceStatus {
        name: place.name.clone(),
        kind: kind.name(),
        url: place.url.clone(),
        up: health.is_ok(),
        version: health.ok().map(|health| health.version),
        lab_time: clock.as_ref().map(|clock| clock.now),
        clock_frozen: clock.map(|clock| clock.frozen),
        facts,
    }
}

async fn facts_of(kind: Kind, api: &Api) -> Result<Vec<String>, Failure> {
    match kind {
        Kind::Clearinghouse => Ok(Vec::new()),
        Kind::Directory => {
            let domains: Vec<DomainRow> = api.all("/domains").await?;
            let sites: Vec<SiteRow> = api.all("/sites").await?;
            let names: Vec<_> = domains.iter().map(|domain| domain.name.as_str()).collect();
            Ok(vec![format!("domains: {}", names.join(", ")), format!("{} sites", sites.len())])
        }
        Kind::LicenseServer => {
            let activation: ActivationView = api.get("/activation").await?;
            let list: PackList = api.packs().await?;
            let state = if activation.status == 0 { "activated" } else { "not activated" };
            let packs = list.packs.iter().map(|row| {
                let pack = &row.pack;
                format!("{} {} CALs: {} of {} free", pack.version, pack.product_type, row.available, pack.total)
            });
            Ok(std::iter::once(state.to_owned()).chain(packs).collect())
        }
        Kind::TerminalServer => {
            if api.get::<Identity>("/identity").await?.generation == Some(Generation::WindowsNt4) {
                return facts_of_nt4(api).await;
            }
            let grace: GraceView = api.get("/grace").await?;
            let servers: Vec<LicenseServerRow> = api.all("/license-servers").await?;
            let sessions: Page<SessionRow> = api.get("/sessions?open=true&limit=1000").await?;
            let more = if sessions.next.is_some() { "more than " } else { "" };
            let open = sessions.items.len();
            let grace = if grace.running { format!("grace: {} days left", grace.days_left) } else { "grace is over".to_owned() };
            let asks: Vec<_> = servers.iter().filter(|row| row.listed || row.found.is_some()).map(|row| row.name.as_str()).collect();
            let asks = if asks.is_empty() { "asks no license server".to_owned() } else { format!("asks {}", asks.join(", ")) };
            Ok(vec![grace, asks, format!("{more}{open} open sessions")])
        }
    }
}

/// A server that is its own license manager asks nobody and knows no grace (NT-01).
async fn facts_of_nt4(api: &Api) -> Result<Vec<String>, Failure> {
    let manager: LicenseManagerView = api.get("/nt/license-manager").await?;
    let service: LicensingServiceView = api.get("/nt/service").await?;
    let state = if service.running { "running" } else { "stopped" };
    Ok(vec![
        "Windows NT 4.0".to_owned(),
        format!("{}: {} of {} server CALs in use", manager.mode.title(), manager.in_use, manager.bought),
        format!("licensing service {state}"),
    ])
}
