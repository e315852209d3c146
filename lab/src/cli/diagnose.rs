//! `tsl diagnose`: the Licensing Diagnoser (TL-06, W08-15).

use clap::Args;
use serde::Serialize;
use shared::model::{Generation, LabTime, ServerName};
use shared::wire::common::{ClockView, NetworkView};
use shared::wire::problem::ProblemCode;
use shared::wire::terminal_server::VerdictRow;

use super::Context;
use super::history::newest;
use super::lsreport::licenses;
use super::on::OnTerminalServer;
use crate::api::Api;
use crate::diagnosis::{Answers, Finding, LicenseServerFacts, Reached, TerminalServerFacts, Visitor, findings};
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab, Place};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
Looks at a terminal server and at every license server of the lab: availability, activation, packs, policies, credentials, versions,
mode against kind of CAL, clocks, grace, and what its clients do. Lists the problems with a suggested cure for each. It needs an
administrator's rights on each license server.

Example:  tsl diagnose
          tsl diagnose --server TS2 --json
Rules: TL-06, W08-15, CON-25, PU-07, FT-01 to FT-19.";

/// So many of the newest decisions are looked through for visitors.
const VISITORS: usize = 1000;

#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    on: OnTerminalServer,
}

#[derive(Serialize)]
struct Diagnosis {
    terminal_server: TerminalServerFacts,
    license_servers: Vec<LicenseServerFacts>,
    findings: Vec<Finding>,
}

impl Diagnose {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let place = lab.terminal_server(self.on.server.as_ref())?;
        let terminal_server = terminal_server(&lab, place).await?;
        let mut license_servers = Vec::new();
        for place in &lab.file().license_servers {
            let state = match answers(&lab, place).await {
                Ok(answers) => Reached::Answered(Box::new(answers)),
                // AM-18: whoever is turned away has reached it.
                Err(Failure::Problem(problem)) if problem.code == ProblemCode::Unauthenticated => Reached::NotAdministrator,
                Err(failure) => Reached::Silent { why: short(&failure) },
            };
            license_servers.push(LicenseServerFacts { name: place.name.clone(), state });
        }
        let findings = findings(&terminal_server, &license_servers);
        let diagnosis = Diagnosis { terminal_server, license_servers, findings };
        context.out.show(&diagnosis, |out| show(out, &diagnosis))
    }
}

/// An address that does not answer says enough; what the system said about it differs from machine to machine.
fn short(failure: &Failure) -> String {
    match failure {
        Failure::Silent { .. } => "it does not answer".to_owned(),
        other => other.to_string(),
    }
}

async fn clock(api: &Api) -> Option<LabTime> {
    api.get::<ClockView>("/lab/clock").await.ok().map(|clock| clock.now)
}

/// The services that no call of this one gets through to; none where it has no lab powers, since then no way can be cut.
async fn cut_off(api: &Api) -> Vec<ServerName> {
    let view = api.get::<NetworkView>("/lab/network").await;
    view.map(|view| view.cut_off.into_iter().map(|cut| cut.name).collect()).unwrap_or_default()
}

/// A license that begins in the future is denied like a damaged one, and is none: two clocks differ (OQ-10).
fn visitor(row: VerdictRow) -> Visitor {
    let verdict = row.verdict;
    let too_early = verdict.rule == "PD-22" && verdict.trace.iter().any(|step| step.facts.contains("OQ-10"));
    let rule = if too_early { "OQ-10".to_owned() } else { verdict.rule };
    Visitor { device: verdict.device, hardware_id: verdict.hardware_id, rule }
}

async fn terminal_server(lab: &Lab, place: &Place) -> Result<TerminalServerFacts, Failure> {
    let api = lab.admin(Kind::TerminalServer, place)?;
    let verdicts: Vec<VerdictRow> = newest(&api, "/verdicts", VISITORS, |_| true).await?;
    let visitors: Vec<Visitor> = verdicts.into_iter().map(visitor).collect();
    Ok(TerminalServerFacts {
        identity: lab.anyone(place)?.get("/identity").await?,
        now: clock(&api).await,
        settings: api.get("/settings").await?,
        grace: api.get("/grace").await?,
        certificate: api.get("/certificate").await?,
        enrolled: api.all("/license-servers").await?,
        discovery: api.get("/discovery").await?,
        visitors,
        cut_off: cut_off(&api).await,
    })
}

async fn answers(lab: &Lab, place: &Place) -> Result<Answers, Failure> {
    let api = lab.admin(Kind::LicenseServer, place)?;
    Ok(Answers {
        identity: lab.anyone(place)?.get("/identity").await?,
        now: clock(&api).await,
        activation: api.get("/activation").await?,
        packs: api.packs().await?,
        settings: api.get("/settings").await?,
        group: api.get("/security-group").await?,
        enrolled: api.all("/terminal-servers").await?,
        review: api.get("/configuration-review").await?,
        licenses: licenses(&api, None).await?,
        cut_off: cut_off(&api).await,
    })
}

fn show(out: Out, diagnosis: &Diagnosis) {
    let server = &diagnosis.terminal_server;
    let identity = &server.identity;
    let mode = match (server.settings.application_mode, server.settings.policy_ac_on) {
        (false, _) => "remote administration".to_owned(),
        (true, 2) => "per device".to_owned(),
        (true, 4) => "per user".to_owned(),
        (true, 5) if identity.generation.is_some_and(|generation| generation >= Generation::Windows2008) => "mode not chosen".to_owned(),
        (true, other) => format!("no mode (PolicyAcOn = {other})"),
    };
    let grace = match (server.grace.running, server.grace.began_at) {
        (true, None) => "grace has not begun".to_owned(),
        (true, Some(_)) => format!("grace: {} days left", server.grace.days_left),
        (false, _) => "grace is over".to_owned(),
    };
    let generation = identity.generation.map_or("", shared::model::Generation::title);
    out.line(&format!("{}: {generation}, {mode}, {grace}\n", identity.name));
    let rows = diagnosis.license_servers.iter().map(|facts| {
        let asked = server.discovery.asked.iter().position(|name| *name == facts.name);
        let asked = asked.map_or_else(|| "not asked".to_owned(), |place| format!("asked as number {}", place + 1));
        match &facts.state {
            Reached::NotAdministrator => vec![facts.name.to_string(), asked, "not open to you".to_owned(), String::new()],
            Reached::Silent { why } => vec![facts.name.to_string(), asked, why.clone(), String::new()],
            Reached::Answered(answers) => {
                let state = if answers.activation.status == 0 { "activated" } else { "not activated" };
                let packs = answers.packs.packs.iter().map(|row| {
                    let pack = &row.pack;
                    format!("{} {} CALs: {} of {} free", pack.version, pack.product_type, row.available, pack.total)
                });
                vec![facts.name.to_string(), asked, state.to_owned(), packs.collect::<Vec<_>>().join("; ")]
            }
        }
    });
    out.table(&["license server", "place", "state", "CALs"], rows.collect(), "this lab has no license server");
    match diagnosis.findings.len() {
        0 => out.line("\nno problem found"),
        1 => out.line("\n1 problem:"),
        many => out.line(&format!("\n{many} problems:")),
    }
    for (number, finding) in (1..).zip(&diagnosis.findings) {
        out.line(&format!("  {number}  {} ({})\n     cure: {}", finding.problem, finding.rules, finding.cure));
    }
}
