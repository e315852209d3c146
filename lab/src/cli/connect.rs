//! `tsl connect`: client devices visit a terminal server, one or many, once or day after day.

use shared::rulebook::RuleId;
use std::collections::BTreeMap;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use shared::model::{DeviceName, LabTime, Platform, ServerName, Span, UserName};
use shared::wire::common::ClockView;
use shared::wire::terminal_server::{Connected, LicenseRequest, LicenseStatus};

use super::Context;
use super::accounts::Secret;
use super::on::meant;
use super::time::{awake, clocks};
use super::words::{status_words, steps};
use crate::api::Api;
use crate::clients::Clients;
use crate::failure::Failure;
use crate::out::{Out, Tint};
use crate::place::{Kind, Lab, Place};
use client::device::{Device, device_names};
use client::session::{self, Answer, Logon, Mishap, Then, Visit, Visited};

/// So many devices connect at once.
const AT_ONCE: usize = 16;

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
A device presents one license from its store, or asks for a new one; the terminal server decides;
only then comes the logon, which validates a temporary license. So a device gets a temporary at its
first visit and a permanent at its second.

Example:  tsl connect PC01                      first visit: a temporary (PD-01)
          tsl connect PC01                      second visit: a permanent (PD-06)
          tsl connect PC02 --cancel             nobody logs on: not validated, no upgrade (PD-08)
          tsl connect PC01..PC19 --daily 88     19 devices, every day for 88 days
          tsl connect PC01 --admin              the client's /admin switch (PD-24)
Rules: PD-01 to PD-25, PU-01 to PU-09, SD-01. `tsl trace PC01` explains a decision.
Exit code 3: somebody was denied.";

#[derive(Args, Debug)]
pub(crate) struct Connect {
    /// Devices: PC01, or a range PC01..PC19, or several of both
    #[arg(required = true, value_name = "DEVICE|RANGE")]
    devices: Vec<String>,
    /// The account (student; with --admin administrator)
    #[arg(long, env = "TSL_USER", value_name = "NAME")]
    user: Option<UserName>,
    #[command(flatten)]
    secret: Secret,
    /// The terminal server (the first one if left out)
    #[arg(long, value_name = "NAME")]
    server: Option<ServerName>,
    /// Connect with the client's /admin switch
    #[arg(long)]
    admin: bool,
    /// The client program runs elevated: from Vista on only then a deleted store is made anew (ST-07)
    #[arg(long)]
    elevated: bool,
    /// Let something go wrong with the client's licensing message: malformed (259), network (262), abandon (263), encryption (264)
    #[arg(long, value_enum, value_name = "WHAT")]
    mishap: Option<MishapName>,
    /// Close the logon screen instead of logging on
    #[arg(long, conflicts_with_all = ["stay", "no_logon"])]
    cancel: bool,
    /// Stay logged on instead of logging off again
    #[arg(long, conflicts_with = "no_logon")]
    stay: bool,
    /// Leave the logon screen up; it closes after ten lab minutes
    #[arg(long)]
    no_logon: bool,
    /// N times: a day passes, then every device connects
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    daily: Option<u32>,
    /// The operating system of devices that are new
    #[arg(long, value_name = "NAME")]
    platform: Option<Platform>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum MishapName {
    /// The message says that it is something else: 259
    Malformed,
    /// The connection breaks in the middle: 262
    Network,
    /// The client gives up: 263
    Abandon,
    /// The message's check does not match: 264
    Encryption,
}

/// Everything that the visits of one call share.
struct Round {
    server: Api,
    asked: LicenseRequest,
    clients: Clients,
    visit: Visit,
}

#[derive(Serialize)]
struct Outcome {
    device: DeviceName,
    #[serde(flatten)]
    visited: Visited,
}

/// What a day, or all days, came to.
#[derive(Clone, Debug, Default, Serialize)]
struct Tally {
    connections: u64,
    accepted: u64,
    denied: u64,
    failed_logons: u64,
    /// New licenses.
    new: u64,
    /// Licenses upgraded or renewed.
    upgraded: u64,
    /// Decisions by rule.
    rules: BTreeMap<RuleId, u64>,
}

#[derive(Serialize)]
struct Day {
    day: u32,
    at: Option<LabTime>,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct Days {
    #[serde(flatten)]
    total: Tally,
    days: Vec<Day>,
    denials: Vec<DayDenial>,
}

#[derive(Serialize)]
struct DayDenial {
    day: u32,
    device: DeviceName,
    rule: Option<RuleId>,
    code: Option<u16>,
    event: Option<u32>,
    text: String,
}

impl Connect {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let place = meant(context.out, &lab, Kind::TerminalServer, self.server.as_ref())?;
        let server = lab.anyone(place)?;
        let mut names = Vec::new();
        for text in &self.devices {
            names.extend(device_names(text)?);
        }
        names.sort();
        names.dedup();
        let mut round = Round {
            asked: session::license_request(server.client()).await?,
            clients: lab.clients(),
            visit: self.visit(&lab, now(&lab, place).await)?,
            server,
        };
        let found: Result<Vec<Device>, _> = names.iter().map(|name| round.clients.find_or_new(name, self.platform)).collect();
        match self.daily {
            None => once(context, &round, found?).await,
            Some(days) => daily(context, &lab, place, &mut round, found?, days).await,
        }
    }

    fn visit(&self, lab: &Lab, now: Option<LabTime>) -> Result<Visit, Failure> {
        let usual = if self.admin { "administrator" } else { "student" };
        let user = match &self.user {
            Some(user) => user.clone(),
            None => usual.parse().map_err(|error| Failure::Broken(format!("{error}")))?,
        };
        let then = if self.cancel {
            Then::Cancel
        } else if self.no_logon {
            Then::Wait
        } else {
            let password = self.secret.read()?.map_or_else(|| lab.password(&user), Ok)?;
            Then::LogOn { password, stay: self.stay }
        };
        let mishap = self.mishap.map(|mishap| match mishap {
            MishapName::Malformed => Mishap::Malformed,
            MishapName::Network => Mishap::Network,
            MishapName::Abandon => Mishap::Abandon,
            MishapName::Encryption => Mishap::Encryption,
        });
        Ok(Visit { user, admin: self.admin, now, elevated: self.elevated, mishap, then })
    }
}

/// The terminal server's lab time, where its administrator is at hand and it is a lab: the clock on a device's wall.
async fn now(lab: &Lab, place: &Place) -> Option<LabTime> {
    let clock: ClockView = lab.admin(Kind::TerminalServer, place).ok()?.get("/lab/clock").await.ok()?;
    Some(clock.now)
}

impl Round {
    /// All devices connect, some at once; each is saved when its store has changed.
    async fn all(&self, devices: Vec<Device>, save: bool) -> Result<Vec<(Device, Outcome)>, Failure> {
        let visits = devices.into_iter().map(|mut device| async move {
            let before = device.licensing.clone();
            let visited = session::connect(self.server.client(), &self.asked, &mut device, &self.visit).await;
            if save || device.licensing != before || visited.is_err() {
                self.clients.save(&device)?;
            }
            let outcome = Outcome { device: device.name.clone(), visited: visited? };
            Ok((device, outcome))
        });
        let done: Vec<Result<_, Failure>> = stream::iter(visits).buffered(AT_ONCE).collect().await;
        done.into_iter().collect()
    }
}

async fn once(context: &Context, round: &Round, devices: Vec<Device>) -> Result<(), Failure> {
    let outcomes: Vec<Outcome> = round.all(devices, true).await?.into_iter().map(|(_, outcome)| outcome).collect();
    let tally = Tally::of(&outcomes);
    context.out.show(&outcomes, |out| match outcomes.as_slice() {
        [only] => narrate(out, only),
        many => {
            let header = ["device", "result", "presented", "holds now", "until", "rule", "session"];
            out.table(&header, many.iter().map(outcome_row).collect(), "nobody connected");
            out.line(&tally.to_string());
        }
    })?;
    // For a script the outcome has said why the logon failed; a problem after it would be a second document.
    if context.out.json { tally.exit() } else { tally.verdict(&outcomes) }
}

async fn daily(context: &Context, lab: &Lab, place: &Place, round: &mut Round, mut devices: Vec<Device>, days: u32) -> Result<(), Failure> {
    let clocks = awake(context.out, clocks(lab, None)?).await?;
    let bar = context.out.progress(u64::from(days), "days");
    let mut report = Days { total: Tally::default(), days: Vec::new(), denials: Vec::new() };
    for day in 1..=days {
        let readings = clocks.advance(Span::DAY, |_| ()).await?;
        round.visit.now = readings.iter().find(|reading| reading.service == place.name).map(|reading| reading.clock.now);
        let (back, outcomes): (Vec<_>, Vec<_>) = round.all(devices, day == days).await?.into_iter().unzip();
        devices = back;
        let tally = Tally::of(&outcomes);
        report.denials.extend(outcomes.iter().filter_map(|outcome| outcome.denial(day)));
        report.total.add(&tally);
        report.days.push(Day { day, at: round.visit.now, tally });
        bar.at(u64::from(day));
    }
    drop(bar);
    context.out.show(&report, |out| show_days(out, &report))?;
    report.total.exit()
}

fn show_days(out: Out, report: &Days) {
    let eventful = report.days.iter().filter(|day| day.tally.new + day.tally.upgraded + day.tally.denied > 0);
    let rows = eventful.map(|day| {
        let tally = &day.tally;
        let at = day.at.map_or_else(String::new, |at| at.to_string());
        let numbers = [tally.accepted, tally.new, tally.upgraded, tally.denied].map(|number| number.to_string());
        [vec![day.day.to_string(), at], numbers.to_vec(), vec![tally.rules_text()]].concat()
    });
    let header = ["day", "lab time", "accepted", "new", "upgraded or renewed", "denied", "rules"];
    out.table(&header, rows.collect(), "nothing but accepts of licenses that are good as they are");
    for denial in &report.denials {
        let code = denial.code.map_or_else(String::new, |code| format!(" {code}"));
        out.line(&format!(
            "day {}: {} denied{code} by {}: {}",
            denial.day,
            denial.device,
            denial.rule.map_or("no rule", RuleId::as_str),
            denial.text
        ));
    }
    out.line(&format!("{} days: {}", report.days.len(), report.total));
}

impl Outcome {
    fn denial(&self, day: u32) -> Option<DayDenial> {
        let Answer::Denied { problem } = &self.visited.verdict else { return None };
        let denial = problem.denial.as_deref();
        Some(DayDenial {
            day,
            device: self.device.clone(),
            rule: denial.map(|denial| denial.rule),
            code: denial.and_then(|denial| denial.code),
            event: denial.and_then(|denial| denial.event),
            text: denial.map_or_else(|| problem.detail.clone(), |denial| denial.text.clone()),
        })
    }
}

impl Tally {
    fn of(outcomes: &[Outcome]) -> Self {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.connections += 1;
            let rule = match &outcome.visited.verdict {
                Answer::Accepted { connected, logon, .. } => {
                    tally.accepted += 1;
                    tally.new += u64::from(connected.status == LicenseStatus::New);
                    tally.upgraded += u64::from(connected.status == LicenseStatus::Upgraded);
                    tally.failed_logons += u64::from(matches!(logon, Logon::Failed { .. }));
                    Some(connected.rule)
                }
                Answer::Denied { problem } => {
                    tally.denied += 1;
                    problem.denial.as_ref().map(|denial| denial.rule)
                }
            };
            if let Some(rule) = rule {
                *tally.rules.entry(rule).or_default() += 1;
            }
        }
        tally
    }

    fn add(&mut self, other: &Tally) {
        self.connections += other.connections;
        self.accepted += other.accepted;
        self.denied += other.denied;
        self.failed_logons += other.failed_logons;
        self.new += other.new;
        self.upgraded += other.upgraded;
        for (rule, count) in &other.rules {
            *self.rules.entry(*rule).or_default() += count;
        }
    }

    fn rules_text(&self) -> String {
        self.rules.iter().map(|(rule, count)| format!("{rule} x{count}")).collect::<Vec<_>>().join(", ")
    }

    /// One visit that failed at the logon is that problem; many are counted.
    fn verdict(&self, outcomes: &[Outcome]) -> Result<(), Failure> {
        if let [Outcome { visited: Visited { verdict: Answer::Accepted { logon: Logon::Failed { problem }, .. }, .. }, .. }] = outcomes {
            return Err(Failure::Problem(problem.clone()));
        }
        self.exit()
    }

    fn exit(&self) -> Result<(), Failure> {
        match (self.denied, self.failed_logons) {
            (0, 0) => Ok(()),
            (0, failed) => Err(Failure::Usage(format!("{failed} logons failed: check user name and password"))),
            (denied, _) => Err(Failure::Denied(usize::try_from(denied).unwrap_or(usize::MAX))),
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} connections: {} accepted, {} denied; {} new licenses, {} upgraded or renewed; {}",
            self.connections,
            self.accepted,
            self.denied,
            self.new,
            self.upgraded,
            self.rules_text()
        )
    }
}

fn outcome_row(outcome: &Outcome) -> Vec<String> {
    let device = outcome.device.to_string();
    let presented = presented_words(&outcome.visited);
    match &outcome.visited.verdict {
        Answer::Accepted { connected, logon, .. } => {
            let cal = connected.license.as_ref().map(|granted| &granted.cal);
            let cal = cal.or_else(|| outcome.visited.presented.as_ref().and_then(|presented| presented.cal.as_ref()));
            let holds = cal.map_or_else(|| "nothing".to_owned(), |cal| format!("{} {}", cal.kind, cal.version));
            let until = cal.map_or_else(String::new, |cal| cal.expires_at.end_in_words());
            vec![device, status_words(connected.status).to_owned(), presented, holds, until, connected.rule.to_string(), logon_words(logon)]
        }
        Answer::Denied { problem } => {
            let denial = problem.denial.as_ref();
            let code = denial.and_then(|denial| denial.code).map_or_else(String::new, |code| format!(" {code}"));
            let rule = denial.map(|denial| denial.rule.to_string()).unwrap_or_default();
            vec![device, format!("denied{code}"), presented, String::new(), String::new(), rule, String::new()]
        }
    }
}

fn presented_words(visited: &Visited) -> String {
    match &visited.presented {
        None => "new license please".to_owned(),
        Some(presented) => match &presented.cal {
            Some(cal) => format!("{} {} until {}", cal.kind, cal.version, cal.expires_at.end_in_words()),
            None => "a license that cannot be read".to_owned(),
        },
    }
}

fn logon_words(logon: &Logon) -> String {
    match logon {
        Logon::LoggedOn { stays: true, .. } => "logged on".to_owned(),
        Logon::LoggedOn { stays: false, .. } => "logged on and off".to_owned(),
        Logon::Failed { problem } => problem.title.clone(),
        Logon::Cancelled => "cancelled".to_owned(),
        Logon::Waiting => "waiting for logon".to_owned(),
    }
}

fn narrate(out: Out, outcome: &Outcome) {
    let presented = presented_words(&outcome.visited);
    out.line(&format!("{} presents: {presented}", outcome.device));
    match &outcome.visited.verdict {
        Answer::Accepted { connected, stored, logon } => {
            steps(out, &connected.trace);
            let how = status_words(connected.status);
            out.tinted_line(&format!("accepted by {} at {}, {how} ({})", connected.server, connected.at, connected.rule), Tint::Good);
            narrate_license(out, connected, stored.map(|slot| slot.to_string()));
            if let Some(warning) = &connected.warning {
                out.line(&format!("! {warning}"));
            }
            if let Logon::LoggedOn { answer, .. } = logon {
                steps(out, &answer.trace);
            }
            out.line(&format!("{}; session {}", logon_words(logon), connected.session));
        }
        Answer::Denied { problem } => {
            let Some(denial) = &problem.denial else {
                out.line(&format!("denied: {}", problem.detail));
                return;
            };
            steps(out, &denial.trace);
            let code = denial.code.map_or_else(String::new, |code| format!(" with code {code}"));
            let event = denial.event.map_or_else(String::new, |event| format!(", event {event} in the server's log"));
            out.tinted_line(&format!("denied{code} by {}{event}", denial.rule), Tint::Bad);
            out.line(&format!("the client shows: {}", denial.text));
        }
    }
}

fn narrate_license(out: Out, connected: &Connected, slot: Option<String>) {
    let (Some(granted), Some(slot)) = (&connected.license, slot) else { return };
    let cal = &granted.cal;
    out.line(&format!("stored in {slot}: {} {} from {}, until {}", cal.kind, cal.version, cal.issuer, cal.expires_at.end_in_words()));
}
