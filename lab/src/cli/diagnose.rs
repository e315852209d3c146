//! `tsl diagnose`: the Licensing Diagnoser (TL-06, W08-15).

use shared::model::PolicyAcOn;
use shared::rulebook::listed;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chassis::data::{DataDir, DataError};
use clap::Args;
use serde::Serialize;
use shared::model::{ContactMethod, Generation, LabTime, PackId, ProductId, ServerName};
use shared::policy::modes;
use shared::wire::clearinghouse::{ActivationRecord, PackRecord, RecordOutcome};
use shared::wire::common::{ClockView, Health, Identity, NetworkView};
use shared::wire::license_server::ConfigurationReview;
use shared::wire::terminal_server::{Decision, LicenseRequest, VerdictRow};

use super::Context;
use super::history::newest;
use super::journals;
use super::lsreport::licenses;
use super::on::{OnTerminalServer, meant};
use crate::api::Api;
use crate::diagnosis::{
    Answers, Consequence, DeviceFacts, Finding, LastVisit, LicenseServerFacts, Reached, Seen, Silence, StoreFacts, Surroundings,
    TerminalServerFacts, consequence, findings,
};
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab, Place};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
Looks at a terminal server and at every license server of the lab: availability, activation, packs, policies, credentials, versions,
mode against kind of CAL, clocks, grace, ways that are cut, and what its clients do. Lists what is wrong, each with what to type for it
as it stands, or with a sentence where no command can do it. It needs an administrator's rights on each license server.

Example:  tsl diagnose
          tsl diagnose --server TS2 --json
Rules: TL-06, W08-15, AM-18, CON-25, PU-07, FT-01 to FT-25.";

/// So many of the newest decisions are looked through for visitors.
const VISITORS: usize = 1000;
/// So many of the clearinghouse's newest records are looked through for CALs that were given again.
const RECORDS: usize = 10_000;

#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    on: OnTerminalServer,
}

#[derive(Serialize)]
struct Diagnosis {
    #[serde(flatten)]
    seen: Seen,
    consequence: Option<Consequence>,
    findings: Vec<Finding>,
}

impl Diagnose {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let place = meant(context.out, &lab, Kind::TerminalServer, self.on.server.as_ref())?;
        let terminal_server = terminal_server(&lab, place).await?;
        let mut license_servers = Vec::new();
        for place in &lab.file().license_servers {
            license_servers.push(LicenseServerFacts { name: place.name.clone(), state: reached(&lab, place).await });
        }
        let surroundings = surroundings(&lab, &license_servers).await;
        let seen = Seen { terminal_server, license_servers, surroundings };
        let (consequence, findings) = (consequence(&seen), findings(&seen));
        let diagnosis = Diagnosis { seen, consequence, findings };
        context.out.show(&diagnosis, |out| show(out, &diagnosis))
    }
}

async fn clock(api: &Api) -> Option<LabTime> {
    api.get::<ClockView>("/lab/clock").await.ok().map(|clock| clock.now)
}

/// To whom a service's calls do not get through; nobody is cut off by hand where there are no lab powers.
async fn cut_off(api: &Api) -> Vec<ServerName> {
    let view = api.get::<NetworkView>("/lab/network").await.unwrap_or_default();
    view.cut_off.into_iter().map(|cut| cut.name).collect()
}

async fn terminal_server(lab: &Lab, place: &Place) -> Result<TerminalServerFacts, Failure> {
    let api = lab.admin(Kind::TerminalServer, place)?;
    let identity: Identity = lab.anyone(place)?.get("/identity").await?;
    if identity.generation == Some(Generation::WindowsNt4) {
        return Err(Failure::Usage(format!(
            "{} is Windows NT 4.0, its own license manager (NT-01): tsl nt lm and tsl nt licenses say who gets in and why",
            identity.name
        )));
    }
    let verdicts: Vec<VerdictRow> = newest(&api, "/verdicts", VISITORS, |_| true).await?;
    let request: LicenseRequest = lab.anyone(place)?.get("/license-request").await?;
    let users: BTreeSet<_> = verdicts.iter().map(|row| row.verdict.user.clone()).collect();
    Ok(TerminalServerFacts {
        identity,
        now: clock(&api).await,
        settings: api.get("/settings").await?,
        grace: api.get("/grace").await?,
        certificate: api.get("/certificate").await?,
        enrolled: api.all("/license-servers").await?,
        discovery: api.get("/discovery").await?,
        cut_off: cut_off(&api).await,
        devices: devices(lab, &verdicts, &request)?,
        users: users.into_iter().collect(),
    })
}

/// Who came, newest first; what is in their stores is known of the lab's own devices only.
fn devices(lab: &Lab, verdicts: &[VerdictRow], request: &LicenseRequest) -> Result<Vec<DeviceFacts>, Failure> {
    let denied = |decision: &Decision| match decision {
        Decision::Accepted { .. } => None,
        Decision::Denied { reason, .. } => Some(*reason),
    };
    let clients = lab.clients();
    let mut devices: Vec<DeviceFacts> = Vec::new();
    for row in verdicts {
        let verdict = &row.verdict;
        let denied = denied(&verdict.decision);
        if let Some(known) = devices.iter_mut().find(|known| known.name == verdict.device) {
            known.admitted += usize::from(denied.is_none());
            continue;
        }
        let own = clients.find(&verdict.device)?;
        let hardware_id = match &own {
            Some(device) => device.licensing.hardware.map(|key| key.id),
            None => Some(verdict.hardware_id),
        };
        let store = own.map(|device| StoreFacts {
            forgets: device.memory == client::device::Memory::Nothing,
            licenses: device.licensing.store.values().filter_map(client::device::StoredLicense::read).collect(),
            presents: device.present(request, request.at).map(|(slot, license)| (slot, license.read())),
        });
        let last = LastVisit { at: row.at, denied };
        devices.push(DeviceFacts { name: verdict.device.clone(), hardware_id, admitted: usize::from(denied.is_none()), last, store });
    }
    Ok(devices)
}

async fn reached(lab: &Lab, place: &Place) -> Reached {
    match answers(lab, place).await {
        Ok(answers) => Reached::Answered(Box::new(answers)),
        // Without a token to ask with nothing was asked.
        Err(failure) if failure.is_not_administrator() => Reached::NotAdministrator {
            why: match failure {
                Failure::Problem(problem) => problem.detail,
                Failure::Usage(why) | Failure::Broken(why) => why,
                Failure::Silent { .. } | Failure::Denied(_) => failure.to_string(),
            },
        },
        Err(Failure::Silent { .. }) => Reached::Silent { why: silence(lab, place) },
        Err(failure) => Reached::Silent { why: Silence::NoAnswer { why: failure.to_string() } },
    }
}

/// Why a service is silent, as far as its data folder tells where that is here.
fn silence(lab: &Lab, place: &Place) -> Silence {
    // What the system said about an address differs from machine to machine.
    let nothing = |why: &str| Silence::NoAnswer { why: why.to_owned() };
    let folder = place.token_file.as_deref().and_then(Path::parent).filter(|_| lab.file().data.is_some());
    let Some(folder) = folder else { return nothing("there is nobody at its address") };
    let data = match DataDir::open(folder) {
        Ok(data) => data,
        Err(DataError::InUse { .. }) => return nothing("it runs, and does not answer"),
        Err(error) => return nothing(&error.to_string()),
    };
    let (key, known) = (folder.join("key.pem"), folder.join("keys-known"));
    if !key.exists() && known.exists() {
        return Silence::KeyGone { key: key.display().to_string(), known: known.display().to_string() };
    }
    match journals::verify(Kind::LicenseServer, &data) {
        Ok(_) => Silence::Stopped,
        Err(failure) => Silence::Damaged { damage: failure.to_string() },
    }
}

async fn answers(lab: &Lab, place: &Place) -> Result<Answers, Failure> {
    let api = lab.admin(Kind::LicenseServer, place)?;
    // It asks the directory, so that what follows is as things stand now.
    let _: ConfigurationReview = api.get("/configuration-review").await?;
    Ok(Answers {
        identity: lab.anyone(place)?.get("/identity").await?,
        now: clock(&api).await,
        activation: api.get("/activation").await?,
        packs: api.packs().await?,
        settings: api.get("/settings").await?,
        group: api.get("/security-group").await?,
        enrolled: api.all("/terminal-servers").await?,
        standing: api.get("/network").await?,
        licenses: licenses(&api, None).await?,
        cut_off: cut_off(&api).await,
    })
}

async fn surroundings(lab: &Lab, license_servers: &[LicenseServerFacts]) -> Surroundings {
    let file = lab.file();
    let directory = match &file.directory {
        None => None,
        Some(place) => {
            let healthy = match lab.anyone(place) {
                Ok(api) => api.get::<Health>("/health").await.is_ok(),
                Err(_) => false,
            };
            Some((place.name.clone(), healthy))
        }
    };
    Surroundings {
        under_up: file.data.is_some(),
        clearinghouse: file.clearinghouse.as_ref().map(|place| place.name.clone()),
        directory,
        registered: registered(lab).await.unwrap_or_default(),
        given_again: given_again(lab, license_servers).await.ok(),
    }
}

/// Whom the clearinghouse has activated, by its newest records.
async fn registered(lab: &Lab) -> Result<BTreeMap<ServerName, BTreeSet<ProductId>>, Failure> {
    let api = lab.admin(Kind::Clearinghouse, lab.clearinghouse()?)?;
    let granted = |record: &ActivationRecord| matches!(record.outcome, RecordOutcome::Granted);
    let records: Vec<ActivationRecord> = newest(&api, "/activations", RECORDS, granted).await?;
    let mut registered: BTreeMap<ServerName, BTreeSet<ProductId>> = BTreeMap::new();
    for record in records {
        registered.entry(record.name).or_default().insert(record.product_id);
    }
    Ok(registered)
}

/// CALs that came again for those of a pack: later packs on the same papers, by telephone or fax, that are installed.
async fn given_again(lab: &Lab, license_servers: &[LicenseServerFacts]) -> Result<BTreeMap<PackId, u32>, Failure> {
    let rows = license_servers.iter().filter_map(LicenseServerFacts::answers).flat_map(|answers| &answers.packs.packs);
    let (mut installed, mut withheld) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        installed.insert(&row.pack.id);
        if row.withheld > 0 {
            withheld.insert(&row.pack.id);
        }
    }
    if withheld.is_empty() {
        return Ok(BTreeMap::new());
    }
    let api = lab.admin(Kind::Clearinghouse, lab.clearinghouse()?)?;
    let granted = |record: &PackRecord| matches!(record.outcome, RecordOutcome::Granted);
    let records: Vec<PackRecord> = newest(&api, "/packs", RECORDS, granted).await?;
    let told = |record: &PackRecord| match record.method {
        ContactMethod::Telephone | ContactMethod::Fax => true,
        ContactMethod::Automatic | ContactMethod::Web => false,
    };
    let again = |original: &PackRecord| -> u32 {
        let later = records.iter().filter(|record| record.entry > original.entry && record.purchase == original.purchase && told(record));
        later.filter_map(|record| record.pack.as_ref()).filter(|pack| installed.contains(&pack.id)).map(|pack| pack.total).sum()
    };
    let originals = records.iter().filter_map(|record| Some((record.pack.as_ref()?.id.clone(), record)));
    Ok(originals.filter(|(id, _)| withheld.contains(id)).map(|(id, record)| (id, again(record))).collect())
}

fn show(out: Out, diagnosis: &Diagnosis) {
    let server = &diagnosis.seen.terminal_server;
    let identity = &server.identity;
    let not_chosen = |value| identity.generation.is_some_and(|generation| modes::is_not_chosen(generation, value));
    let mode = match (server.settings.application_mode, server.settings.policy_ac_on) {
        (false, _) => "remote administration".to_owned(),
        (true, PolicyAcOn::PER_DEVICE) => "per device".to_owned(),
        (true, PolicyAcOn::PER_USER) => "per user".to_owned(),
        (true, other) if not_chosen(other) => "mode not chosen".to_owned(),
        (true, other) => format!("no mode (PolicyAcOn = {other})"),
    };
    let grace = match (server.grace.running, server.grace.began_at) {
        (true, None) => "grace has not begun".to_owned(),
        (true, Some(_)) => format!("grace: {} days left", server.grace.days_left),
        (false, _) => "grace is over".to_owned(),
    };
    let generation = identity.generation.map_or("", shared::model::Generation::title);
    out.line(&format!("{}: {generation}, {mode}, {grace}\n", identity.name));
    let rows = diagnosis.seen.license_servers.iter().map(|facts| {
        let asked = server.discovery.asked.iter().position(|name| *name == facts.name);
        let asked = asked.map_or_else(|| "not asked".to_owned(), |place| format!("asked as number {}", place + 1));
        match &facts.state {
            Reached::NotAdministrator { .. } => vec![facts.name.to_string(), asked, "you are no administrator".to_owned(), String::new()],
            Reached::Silent { why } => vec![facts.name.to_string(), asked, silence_in_short(why).to_owned(), String::new()],
            Reached::Answered(answers) => {
                let state = if answers.activation.status == 0 { "activated" } else { "not activated" };
                let packs = answers.packs.packs.iter().map(|row| {
                    let pack = &row.pack;
                    let withheld = if row.withheld > 0 { format!(", {} withheld", row.withheld) } else { String::new() };
                    format!("{} {} CALs: {} of {} free{withheld}", pack.version, pack.product_type, row.available, pack.total)
                });
                vec![facts.name.to_string(), asked, state.to_owned(), packs.collect::<Vec<_>>().join("; ")]
            }
        }
    });
    out.table(&["license server", "place", "state", "CALs"], rows.collect(), "this lab has no license server");
    if let Some(consequence) = &diagnosis.consequence {
        out.line(&format!("\n{} ({})", consequence.says, listed(&consequence.rules)));
    }
    match diagnosis.findings.len() {
        0 => out.line("\nno problem found"),
        1 => out.line("\n1 problem:"),
        many => out.line(&format!("\n{many} problems:")),
    }
    for (number, finding) in (1..).zip(&diagnosis.findings) {
        out.line(&format!("  {number}  {} ({})", finding.problem, listed(&finding.rules)));
        for cure in &finding.cures {
            out.line(&format!("     cure: {}", cure.says));
            cure.commands.iter().for_each(|command| out.line(&format!("       {command}")));
        }
    }
}

fn silence_in_short(why: &Silence) -> &'static str {
    match why {
        Silence::Stopped => "stopped",
        Silence::Damaged { .. } => "stopped, its journal is damaged",
        Silence::KeyGone { .. } => "stopped, its key is gone",
        Silence::NoAnswer { .. } => "it does not answer",
    }
}
