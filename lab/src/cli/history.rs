//! What has happened: sessions, decisions with their traces, event logs, journals.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::model::{DeviceName, LabTime, ServerName, SessionId, Span};
use shared::wire::common::{ClockView, EventQuery, JournalView, Level, LoggedEvent, Page};
use shared::wire::terminal_server::{Decision, Ending, SessionRow, SessionState, VerdictCount, VerdictRow};

use super::Context;
use super::on::{Asked, OnTerminalServer, Told};
use super::words::{status_words, steps};
use crate::api::Api;
use crate::clock::parse_span;
use crate::failure::Failure;
use crate::out::Out;

/// The largest page that a service gives.
const PAGE: usize = 1000;
/// The list of those that have not ended.
const OPEN_SESSIONS: &str = "/sessions?open=true";

#[derive(Args, Debug)]
pub(crate) struct Sessions {
    #[command(flatten)]
    on: OnTerminalServer,
    /// Only sessions that are waiting for a logon or active
    #[arg(long)]
    open: bool,
    /// Only this device's
    #[arg(long, value_name = "NAME")]
    device: Option<DeviceName>,
    /// At most this many, newest first
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

impl Sessions {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let wanted = |row: &SessionRow| self.device.as_ref().is_none_or(|device| row.session.device == *device);
        let path = if self.open { OPEN_SESSIONS } else { "/sessions" };
        let rows = newest_of(&asked, path, self.limit, wanted, |row: &SessionRow| row.session.opened_at).await?;
        context.out.show(&rows, |_| {
            let header = ["opened", "device", "user", "state", "rule", "note", "session"];
            asked.table(&header, &rows, session_row, "no session fits");
        })
    }
}

fn is_open(row: &SessionRow) -> bool {
    match row.session.state {
        SessionState::WaitingForLogon | SessionState::Active { .. } => true,
        SessionState::Ended { .. } => false,
    }
}

fn session_row(row: &SessionRow) -> Vec<String> {
    let session = &row.session;
    let state = match session.state {
        SessionState::WaitingForLogon => "waiting for logon".to_owned(),
        SessionState::Active { since } => format!("active since {since}"),
        SessionState::Ended { at, how } => format!("{} {at}", ending(how)),
    };
    let notes = [(session.admin, "/admin"), (row.recent, "recent")];
    let note: Vec<_> = notes.into_iter().filter_map(|(so, text)| so.then_some(text)).collect();
    let (opened, device, user) = (session.opened_at.to_string(), session.device.to_string(), session.user.to_string());
    vec![opened, device, user, state, session.rule.to_string(), note.join(", "), session.id.to_string()]
}

fn ending(how: Ending) -> &'static str {
    match how {
        Ending::LoggedOff => "logged off",
        Ending::LogonFailed => "logon failed",
        Ending::TooManyFailedLogons => "too many failed logons",
        Ending::LogonNotChecked => "logon not checked",
        Ending::LogonCancelled => "logon cancelled",
        Ending::NoLogon => "no logon in time",
        Ending::ServiceStopped => "ended by the service's stop",
    }
}

#[derive(Args, Debug)]
pub(crate) struct Logoff {
    #[command(flatten)]
    on: OnTerminalServer,
    /// A session's id, or a device: then all its open sessions
    #[arg(value_name = "SESSION|DEVICE")]
    which: String,
}

impl Logoff {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        let open: Vec<SessionRow> = newest(&api, OPEN_SESSIONS, usize::MAX, is_open).await?;
        let chosen: Vec<&SessionRow> = match self.which.parse::<SessionId>() {
            Ok(id) => open.iter().filter(|row| row.session.id == id).collect(),
            Err(_) => {
                let device: DeviceName = self.which.parse().map_err(|error| Failure::Usage(format!("{error}, or a session's id")))?;
                open.iter().filter(|row| row.session.device == device).collect()
            }
        };
        if chosen.is_empty() {
            return Err(Failure::Usage(format!("{} has no open session; see `tsl sessions`", self.which)));
        }
        for row in &chosen {
            // A session that waits for its logon has nobody to log off: its logon is cancelled.
            let action = if row.session.state == SessionState::WaitingForLogon { "cancel" } else { "logoff" };
            api.act(&format!("/sessions/{}/{action}", row.session.id)).await?;
        }
        let ended: Vec<_> = chosen.iter().map(|row| row.session.id).collect();
        context.out.show(&json!({ "ended": ended }), |out| out.line(&format!("ended {} of the sessions", ended.len())))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Verdicts {
    #[command(flatten)]
    on: OnTerminalServer,
    /// Only this device's
    #[arg(long, value_name = "NAME")]
    device: Option<DeviceName>,
    /// Only denials
    #[arg(long)]
    denied: bool,
    /// How often each rule decided, since the beginning
    #[arg(long, conflicts_with_all = ["device", "denied", "limit"])]
    counts: bool,
    /// At most this many, newest first
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

impl Verdicts {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        if self.counts {
            let told = asked.ask(async |api| api.all::<VerdictCount>("/verdicts/counts").await).await?;
            let counts: Vec<Told<VerdictCount>> = told.into_iter().flat_map(Told::one_by_one).collect();
            return context.out.show(&counts, |_| {
                let row = |count: &VerdictCount| vec![count.rule.to_string(), count.count.to_string()];
                asked.table(&["rule", "decided"], &counts, row, "no connection was judged yet");
            });
        }
        let wanted = |row: &VerdictRow| {
            let denied = matches!(row.verdict.decision, Decision::Denied { .. });
            (!self.denied || denied) && self.device.as_ref().is_none_or(|device| row.verdict.device == *device)
        };
        let rows = newest_of(&asked, "/verdicts", self.limit, wanted, |row: &VerdictRow| row.at).await?;
        context.out.show(&rows, |_| {
            let row = |row: &VerdictRow| {
                let verdict = &row.verdict;
                let rules: Vec<_> = verdict.trace.iter().map(|step| step.rule.as_str()).collect();
                let (at, device, user) = (row.at.to_string(), verdict.device.to_string(), verdict.user.to_string());
                vec![at, device, user, decision(&verdict.decision), verdict.rule.to_string(), rules.join(" ")]
            };
            asked.table(&["when", "device", "user", "decision", "rule", "all rules"], &rows, row, "no decision fits");
        })
    }
}

fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Accepted { status, .. } => format!("accepted, {}", status_words(*status)),
        Decision::Denied { code, event, .. } => {
            let code = code.map_or_else(String::new, |code| format!(" {code}"));
            let event = event.map_or_else(String::new, |event| format!(", event {event}"));
            format!("denied{code}{event}")
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Trace {
    #[command(flatten)]
    on: OnTerminalServer,
    /// The device; the last connection of any if left out
    device: Option<DeviceName>,
}

impl Trace {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let wanted = |row: &VerdictRow| self.device.as_ref().is_none_or(|device| row.verdict.device == *device);
        let rows = newest_of(&asked, "/verdicts", 1, wanted, |row: &VerdictRow| row.at).await?;
        let Some(told) = rows.first() else {
            return Err(Failure::Usage("no connection of it was judged yet; see `tsl verdicts`".to_owned()));
        };
        context.out.show(told, |out| {
            let row = &told.said;
            let verdict = &row.verdict;
            let at = if asked.several() { format!("on {} at {}", told.server, row.at) } else { format!("at {}", row.at) };
            out.line(&format!("{} as {} ({}) {at}", verdict.device, verdict.user, verdict.platform));
            out.line(&format!("hardware id {}, request {}\n", verdict.hardware_id, verdict.request));
            steps(out, &verdict.trace);
            out.line(&format!("\n{}: {}", verdict.rule, decision(&verdict.decision)));
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Only this server's log (all logs if left out)
    #[arg(long, alias = "service", value_name = "NAME")]
    server: Option<ServerName>,
    /// Only events with this id
    #[arg(long, value_name = "N")]
    id: Option<u32>,
    /// Only events of this source: TermService, TermServLicensing, LicenseService, "Service Control Manager", "Application Popup"
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only events that are at least so serious
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<LevelName>,
    /// Only events since a moment, or of the last 2d, 12h, 30m
    #[arg(long, value_name = "MOMENT|SPAN", value_parser = parse_since)]
    since: Option<Since>,
    /// As a person reads them in the event viewer: one after the other
    #[arg(long)]
    full: bool,
    /// At most this many, newest first
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

#[derive(Serialize)]
struct ServiceEvent {
    service: ServerName,
    #[serde(flatten)]
    event: LoggedEvent,
}

impl Events {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut events = Vec::new();
        for (kind, place) in lab.chosen(self.server.as_ref())? {
            let read = self.read(&lab.admin(kind, place)?).await;
            match read {
                Ok(read) => events.extend(read.into_iter().map(|event| ServiceEvent { service: place.name.clone(), event })),
                // A service that was stopped keeps its log for itself; the others' are shown.
                Err(failure @ Failure::Silent { .. }) if self.server.is_none() => context.out.note(&format!("{}: {failure}", place.name)),
                Err(failure) => return Err(failure),
            }
        }
        events.sort_by_key(|row| std::cmp::Reverse((row.event.at, row.event.entry)));
        events.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        context.out.show(&events, |out| {
            if self.full {
                events.iter().for_each(|row| full(out, row));
                return;
            }
            let rows = events.iter().map(|row| {
                let record = &row.event.record;
                let level = level_word(record.level);
                let (at, service, id) = (row.event.at.to_string(), row.service.to_string(), record.id.to_string());
                vec![at, service, record.source.clone(), id, level.to_owned(), record.text.clone()]
            });
            out.table(&["when", "service", "source", "id", "level", "text"], rows.collect(), "no event fits");
        })
    }
}

impl Events {
    /// The newest events of a service that are wanted, page by page until there are enough or they are too old.
    async fn read(&self, api: &Api) -> Result<Vec<LoggedEvent>, Failure> {
        let since = match self.since {
            None => None,
            Some(Since::Moment(moment)) => Some(moment),
            Some(Since::Span(span)) => Some(api.get::<ClockView>("/lab/clock").await?.now - span),
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let mut query = EventQuery { limit: Some(1000), before: None, id: self.id, source: self.source.clone() };
        let mut events: Vec<LoggedEvent> = Vec::new();
        loop {
            let page: Page<LoggedEvent> = api.list("/events", &query).await?;
            let too_old = page.items.last().is_some_and(|event| since.is_some_and(|since| event.at < since));
            events.extend(page.items.into_iter().filter(|event| self.wants(event, since)));
            query.before = page.next;
            if query.before.is_none() || too_old || events.len() >= limit {
                events.truncate(limit);
                return Ok(events);
            }
        }
    }

    fn wants(&self, event: &LoggedEvent, since: Option<LabTime>) -> bool {
        let serious = self.level.is_none_or(|least| rank(event.record.level) >= least.rank());
        serious && since.is_none_or(|since| since <= event.at)
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LevelName {
    /// Everything
    Information,
    /// Warnings and errors
    Warning,
    /// Errors
    Error,
}

impl LevelName {
    fn rank(self) -> u8 {
        match self {
            LevelName::Information => 0,
            LevelName::Warning => 1,
            LevelName::Error => 2,
        }
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Information => 0,
        Level::Warning => 1,
        Level::Error => 2,
    }
}

#[derive(Clone, Copy, Debug)]
enum Since {
    Moment(LabTime),
    Span(Span),
}

fn parse_since(text: &str) -> Result<Since, String> {
    match text.parse::<LabTime>() {
        Ok(moment) => Ok(Since::Moment(moment)),
        Err(_) => parse_span(text).map(Since::Span).map_err(|error| format!("{error}; or a moment such as 2026-03-02T08:00:00Z")),
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Information => "information",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// One event as the event viewer's window shows it.
fn full(out: Out, row: &ServiceEvent) {
    let record = &row.event.record;
    out.line(&format!("Event Type:   {}\nEvent Source: {}\nEvent ID:     {}", level_word(record.level), record.source, record.id));
    out.line(&format!("Date, Time:   {}\nComputer:     {}\nDescription:\n  {}\n", row.event.at, row.service, record.text));
}

#[derive(Args, Debug)]
pub(crate) struct Journal {
    /// Only this server's (all if left out)
    #[arg(long, alias = "service", value_name = "NAME")]
    server: Option<ServerName>,
}

#[derive(Serialize)]
struct ServiceJournal {
    service: ServerName,
    #[serde(flatten)]
    journal: JournalView,
}

impl Journal {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut journals = Vec::new();
        for (kind, place) in lab.chosen(self.server.as_ref())? {
            let journal: JournalView = lab.admin(kind, place)?.get("/journal").await?;
            journals.push(ServiceJournal { service: place.name.clone(), journal });
        }
        context.out.show(&journals, |out| {
            let rows = journals.iter().map(|row| {
                let journal = &row.journal;
                vec![row.service.to_string(), journal.first.to_string(), journal.head.to_string(), journal.chain.clone()]
            });
            out.table(&["service", "first entry", "last entry", "chained SHA-256 of the last"], rows.collect(), "no services");
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Openapi {
    /// The server
    #[arg(long, alias = "service", value_name = "NAME")]
    server: ServerName,
}

impl Openapi {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        for (_, place) in lab.chosen(Some(&self.server))? {
            let description: Value = lab.anyone(place)?.get("/openapi.json").await?;
            Out { json: true }.show(&description, |_| ())?;
        }
        Ok(())
    }
}

/// The newest rows that are wanted of all who are asked, newest first.
async fn newest_of<T: DeserializeOwned>(
    asked: &Asked,
    path: &str,
    limit: usize,
    wanted: impl Fn(&T) -> bool,
    at: impl Fn(&T) -> LabTime,
) -> Result<Vec<Told<T>>, Failure> {
    let told = asked.ask(async |api| newest(api, path, limit, &wanted).await).await?;
    let mut rows: Vec<Told<T>> = told.into_iter().flat_map(Told::one_by_one).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(at(&row.said)));
    rows.truncate(limit);
    Ok(rows)
}

/// The newest rows of a list that are wanted, page by page until there are enough.
pub(crate) async fn newest<T: DeserializeOwned>(
    api: &Api,
    path: &str,
    limit: usize,
    wanted: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Failure> {
    let mut rows = Vec::new();
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut page = format!("{path}{joint}limit={PAGE}");
    loop {
        let Page { items, next } = api.get::<Page<T>>(&page).await?;
        rows.extend(items.into_iter().filter(&wanted));
        let Some(next) = next.filter(|_| rows.len() < limit) else {
            rows.truncate(limit);
            return Ok(rows);
        };
        page = format!("{path}{joint}limit={PAGE}&before={next}");
    }
}
