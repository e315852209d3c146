//! Windows NT 4.0: License Manager, the licensing service and the machine around it.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use shared::model::{CalKind, Category, CountingMode, DeviceName, ServerName, UserName};
use shared::wire::workstation::{
    AddLicenses, AddServerCals, ConsoleLogon, ConsoleView, CryptographyChange, LicenseManagerView, LicensingServiceView, OpenShare,
    ScratchDeleted, ScratchFile, ServiceAction, ServiceChange, Shutdown, ShutdownFrom, WorkstationLicenses, WorkstationRecord,
    WorkstationSettingsChange,
};

use super::Context;
use super::on::meant;
use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::out::Out;
use crate::place::Kind;

/// The help that follows the list of commands.
pub(crate) const HELP: &str = "\
A connection takes two licenses there (NT-01): a server CAL, which License Manager counts and
without which nobody gets in (tsl nt lm), and a workstation license, which the licensing service
hands out and only reports (tsl nt licenses). Why a workstation license: a session is in effect an
NT Workstation that is delivered to the client (NT-07). No license server is asked, and there is no
grace.

Example:  tsl up --generation windows-nt4       then, in a second terminal:
          tsl connect OLD01 --platform windows-95 && tsl nt licenses
Rules: NT-01 to NT-53, CON-03 to CON-05, CON-16, TL-02.";

#[derive(Args, Debug)]
pub(crate) struct Nt {
    /// The terminal server (the first one if left out)
    #[arg(long, value_name = "NAME", global = true)]
    server: Option<ServerName>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List workstation licenses by category: total, issued
    #[command(
        after_help = "A client with NT 4.0 is an existing workstation and uses nothing up (NT-02), NT 3.5x takes an upgrade\n(NT-03), every other client a full license (NT-04). Where none is left it gets a temporary of 60 days\n(CON-03: one article says 90), which it keeps to its end whatever is added (CON-05), and then another,\nfor ever (CON-04).\n\nExample:  tsl nt licenses\nRules: NT-02 to NT-05, NT-10, NT-30 to NT-33, TL-02."
    )]
    Licenses,
    /// List which device has which workstation license
    #[command(
        after_help = "Example:  tsl nt records\nRules: NT-50 (in the scratch file until the logon), NT-52 (each identity takes one)."
    )]
    Records,
    /// Add full or upgrade licenses
    #[command(after_help = "Example:  tsl nt add full 20\nRules: NT-11 (this does not help who is denied: see tsl nt lm add), NT-31.")]
    Add {
        /// full or upgrade
        category: Bought,
        /// How many
        #[arg(value_parser = clap::value_parser!(u32).range(1..=9999))]
        count: u32,
    },
    /// License Manager: server CALs bought and in use, for sessions and shares together
    #[command(
        after_help = "Who is logged on at the console has a CAL that License Manager does not show (NT-17, NT-18). The lab\nhas both modes, as NT Server does; one vendor's paper knows Per Seat only, and the license terms may\nhave meant no more (CON-16; tsl nt settings per-seat-only on).\n\nExample:  tsl nt lm\n          tsl nt lm add 5\n          tsl nt lm per-seat\nRules: NT-11 to NT-18, CON-16."
    )]
    Lm {
        #[command(subcommand)]
        change: Option<Lm>,
    },
    /// Show who is at the console, or let somebody log on or off there
    #[command(
        after_help = "Example:  tsl nt console on\n          tsl nt console off\nRules: NT-17, NT-18, NT-19 (the console is open to administrators when RDP is not)."
    )]
    Console {
        /// on or off; none to show it
        #[arg(value_enum)]
        turn: Option<Turn>,
        /// The account
        #[arg(long, default_value = "administrator", value_name = "NAME")]
        user: UserName,
    },
    /// Open a device's file and print connection, or close it
    #[command(
        after_help = "Example:  tsl nt share PC05 --user anna\n          tsl nt share PC05 --close\nRules: NT-16 (one counter), NT-12 (event 201 names the user and the SMB server)."
    )]
    Share {
        /// The device
        device: DeviceName,
        /// The user
        #[arg(long, default_value = "student", value_name = "NAME")]
        user: UserName,
        /// Close it
        #[arg(long, conflicts_with = "user")]
        close: bool,
    },
    /// Start or stop the licensing service, or show how it is
    #[command(
        after_help = "Example:  tsl nt service stop && tsl connect PC09      let in, and not tracked\n          tsl nt service start\nRules: NT-20, NT-41, NT-42, NT-51."
    )]
    Service {
        /// start or stop; status to show it
        #[arg(value_enum, default_value = "status")]
        action: Action,
    },
    /// Put a blank database in place; the service must be stopped
    #[command(
        after_help = "The database is the file lserver/hydra.mdb in the server's data directory. Damage it, and the\nservice does not start.\n\nExample:  tsl nt service stop && tsl nt blank-database && tsl nt service start\nRules: NT-40, NT-41 (the cure), NT-43."
    )]
    BlankDatabase,
    /// List the scratch files JETn.TMP, or delete them
    #[command(
        after_help = "They are real files in system32 of the server's data directory.\n\nExample:  tsl nt scratch\n          tsl nt scratch --delete      closed ones vanish, open ones refuse\nRules: NT-46 to NT-50, NT-53."
    )]
    Scratch {
        /// Delete JET*.TMP
        #[arg(long)]
        delete: bool,
    },
    /// Shut the machine down and let it come up again: sessions, shares and the console end
    #[command(
        after_help = "Example:  tsl nt shutdown                     at the console: the services are told\n          tsl nt shutdown --from-session      at once: the scratch files stay, nothing else is lost\nRules: NT-15 (Per Seat comes into force), NT-47, NT-48, NT-53."
    )]
    Shutdown {
        /// From inside a terminal session
        #[arg(long)]
        from_session: bool,
    },
    /// Let the power fail and come back
    #[command(after_help = "Example:  tsl nt power-cut && tsl nt scratch\nRules: NT-48.")]
    PowerCut,
    /// Put the machine's cryptography out of order, or in order again
    #[command(
        after_help = "Example:  tsl nt cryptography broken && tsl connect PC01      the server may be too busy\n          tsl nt cryptography sound\nRules: NT-42."
    )]
    Cryptography {
        /// broken or sound
        #[arg(value_enum)]
        state: Cryptography,
    },
    /// Show the settings of Windows NT 4.0, or change one
    #[command(
        after_help = "data-source             the ODBC System DSN; anything but \"Hydra License\" keeps the service from\n                        starting (NT-40, NT-41)\nservice-pack            3 to 6; before 5 the service does not start on 2000-02-29 (NT-51)\nprofile-needs-license   on: a domain user without a normal license gets no terminal-server profile;\n                        one article says so, another that a temporary is enough (NT-21)\ntemporaries-of-90-days  on: temporaries last as KB245607 says; KB187629 says 60 (CON-03)\nper-seat-only           on: License Manager counts Per Seat, whatever was chosen, as a vendor's paper says (CON-16)\n\nExample:  tsl nt settings\n          tsl nt settings service-pack 4"
    )]
    Settings {
        /// Its name
        #[arg(requires = "value")]
        name: Option<String>,
        /// on, off, a number, or a text
        value: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
enum Lm {
    /// Add server CALs
    Add {
        /// How many
        #[arg(value_parser = clap::value_parser!(u32).range(1..=9999))]
        count: u32,
    },
    /// Switch to Per Seat at the next start: no way back, and the Per Server count is lost
    PerSeat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bought {
    /// For clients that are no NT workstation
    Full,
    /// For clients with NT 3.5x
    Upgrade,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Turn {
    /// Log on
    On,
    /// Log off
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    /// Start it
    Start,
    /// Stop it
    Stop,
    /// Show it
    Status,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Cryptography {
    /// Out of order
    Broken,
    /// In order
    Sound,
}

impl Nt {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let api = lab.admin(Kind::TerminalServer, meant(context.out, &lab, Kind::TerminalServer, self.server.as_ref())?)?;
        let out = context.out;
        match self.command {
            Command::Licenses => show_licenses(out, &api.get("/nt/licenses").await?),
            Command::Records => show_records(out, &api.all::<WorkstationRecord>("/nt/records").await?),
            Command::Add { category, count } => {
                let category = match category {
                    Bought::Full => Category::Full,
                    Bought::Upgrade => Category::Upgrade,
                };
                show_licenses(out, &api.post("/nt/licenses", &AddLicenses { category, count }).await?)
            }
            Command::Lm { change } => license_manager(out, &api, change).await,
            Command::Console { turn, user } => console(out, &api, turn, user).await,
            Command::Share { device, user, close } => share(out, &api, &device, user, close).await,
            Command::Service { action } => service(out, &api, action).await,
            Command::BlankDatabase => {
                api.act("/nt/database/blank").await?;
                out.show(&json!({ "blank": true }), |out| {
                    out.line("a blank hydra.mdb is in place; the licensing service takes it at its next start");
                })
            }
            Command::Scratch { delete } => scratch(out, &api, delete).await,
            Command::Shutdown { from_session } => {
                let from = if from_session { ShutdownFrom::Session } else { ShutdownFrom::Console };
                show_service(out, &api.post("/nt/shutdown", &Shutdown { from }).await?, "the machine was down and is up again; ")
            }
            Command::PowerCut => {
                api.act("/lab/nt/power-cut").await?;
                show_service(out, &api.get("/nt/service").await?, "the power is back; ")
            }
            Command::Cryptography { state } => {
                let mismatch = matches!(state, Cryptography::Broken);
                let view = api.post("/lab/nt/cryptography", &CryptographyChange { mismatch }).await?;
                show_service(out, &view, if mismatch { "cryptography out of order; " } else { "cryptography in order; " })
            }
            Command::Settings { name, value } => settings(out, &api, name.zip(value)).await,
        }
    }
}

fn show_licenses(out: Out, licenses: &WorkstationLicenses) -> Result<(), Failure> {
    out.show(licenses, |out| {
        let rows = licenses.rows.iter().map(|row| {
            let total = match (row.total, row.temporary) {
                (Some(total), _) => total.to_string(),
                (None, false) => "unlimited".to_owned(),
                (None, true) => "as needed".to_owned(),
            };
            vec![row.title.clone(), total, row.issued.to_string()]
        });
        out.table(&["category", "total", "issued"], rows.collect(), "");
        if licenses.waiting > 0 {
            out.line(&format!("{} of them wait in the scratch file for their device's logon (NT-50)", licenses.waiting));
        }
        if !licenses.running {
            out.line("the licensing service is stopped: this is what its database held last, and nobody is tracked now (NT-20)");
        }
    })
}

fn show_records(out: Out, records: &Vec<WorkstationRecord>) -> Result<(), Failure> {
    out.show(records, |out| {
        let rows = records.iter().map(|record| {
            let kind = match record.kind {
                CalKind::Temporary => "temporary",
                CalKind::Permanent => "normal",
            };
            let place = if record.in_database { "hydra.mdb" } else { "scratch file" };
            let (device, category) = (record.device.to_string(), record.category.title().to_owned());
            let (from, hardware) = (record.issued_at.to_string(), record.hardware_id.to_string());
            vec![device, category, kind.to_owned(), from, record.expires_at.end_in_words(), place.to_owned(), hardware]
        });
        let header = ["device", "category", "kind", "from", "until", "where", "hardware id"];
        out.table(&header, rows.collect(), "no device has a workstation license yet");
    })
}

async fn license_manager(out: Out, api: &Api, change: Option<Lm>) -> Result<(), Failure> {
    match change {
        Some(Lm::Add { count }) => {
            let _: Value = api.post("/nt/license-manager/cals", &AddServerCals { count }).await?;
        }
        Some(Lm::PerSeat) => api.act("/nt/license-manager/per-seat").await?,
        None => {}
    }
    let view: LicenseManagerView = api.get("/nt/license-manager").await?;
    out.show(&view, |out| {
        let shares = view.shares.len();
        out.line(&format!(
            "{}: {} server CALs bought, {} in use ({} sessions, {shares} shares)",
            view.mode.title(),
            view.bought,
            view.in_use,
            view.sessions
        ));
        for share in &view.shares {
            out.line(&format!("  share: {} as {} since {}", share.device, share.user, share.since));
        }
        if view.mode == CountingMode::PerServer && view.bought == 0 {
            out.line("nobody gets in over RDP: buy some with `tsl nt lm add 5` (NT-11)");
        }
        if view.per_seat_at_next_start {
            out.line("Per Seat from the next start of the machine on: tsl nt shutdown (NT-15)");
        }
    })
}

async fn console(out: Out, api: &Api, turn: Option<Turn>, user: UserName) -> Result<(), Failure> {
    match turn {
        Some(Turn::On) => {
            let _: Value = api.put("/nt/console", &ConsoleLogon { user }).await?;
        }
        Some(Turn::Off) => api.delete("/nt/console").await?,
        None => {}
    }
    let view: ConsoleView = api.get("/nt/console").await?;
    out.show(&view, |out| match &view.session {
        Some(session) => out.line(&format!(
            "{} is logged on at the console since {}: one CAL, which License Manager does not show (NT-17)",
            session.user, session.since
        )),
        None => out.line("nobody is logged on at the console"),
    })
}

async fn share(out: Out, api: &Api, device: &DeviceName, user: UserName, close: bool) -> Result<(), Failure> {
    let path = format!("/nt/shares/{}", path_segment(device.as_str()));
    let said = if close {
        api.delete(&path).await?;
        format!("{device} has closed its connection")
    } else {
        let said = format!("{device} is connected as {user}");
        let _: Value = api.put(&path, &OpenShare { user }).await?;
        said
    };
    let view: LicenseManagerView = api.get("/nt/license-manager").await?;
    out.show(&view, |out| out.line(&format!("{said}; {} of {} server CALs in use", view.in_use, view.bought)))
}

/// A service that was to start and did not is a failure, and its reason stands in the event log.
async fn service(out: Out, api: &Api, action: Action) -> Result<(), Failure> {
    let change = |action| async move { api.post::<_, LicensingServiceView>("/nt/service", &ServiceChange { action }).await };
    let view = match action {
        Action::Start => change(ServiceAction::Start).await?,
        Action::Stop => change(ServiceAction::Stop).await?,
        Action::Status => return show_service(out, &api.get("/nt/service").await?, ""),
    };
    show_service(out, &view, "")?;
    match (action, view.running, view.failure) {
        (Action::Start, false, failure) => {
            let why = failure.map_or_else(String::new, |failure| format!(" ({}): {}", failure.rule, failure.reason));
            Err(Failure::Broken(format!("the licensing service did not start{why}; see tsl events --id 7024")))
        }
        (Action::Start | Action::Stop | Action::Status, _, _) => Ok(()),
    }
}

fn show_service(out: Out, view: &LicensingServiceView, before: &str) -> Result<(), Failure> {
    out.show(view, |out| {
        let state = if view.running { "running" } else { "stopped: clients come in and are not tracked (NT-20)" };
        out.line(&format!("{before}the licensing service is {state}"));
        if let Some(failure) = &view.failure {
            out.line(&format!("its last start failed ({}): {}", failure.rule, failure.reason));
        }
    })
}

async fn scratch(out: Out, api: &Api, delete: bool) -> Result<(), Failure> {
    if delete {
        let done: ScratchDeleted = api.take_away("/nt/scratch").await?;
        return out.show(&done, |out| {
            let refused = if done.refused.is_empty() { "none".to_owned() } else { done.refused.join(", ") };
            out.line(&format!("deleted {}; in use and refused: {refused}", done.deleted.len()));
        });
    }
    let files: Vec<ScratchFile> = api.all("/nt/scratch").await?;
    out.show(&files, |out| {
        let rows = files.iter().map(|file| {
            let state = if file.open { "open" } else { "left over" };
            vec![file.name.clone(), state.to_owned(), file.bytes.to_string(), file.licenses.to_string()]
        });
        let empty = "no scratch files: the licensing service is stopped, and left none behind";
        out.table(&["file", "state", "bytes", "licenses that wait for a logon"], rows.collect(), empty);
    })
}

async fn settings(out: Out, api: &Api, change: Option<(String, String)>) -> Result<(), Failure> {
    if let Some((name, value)) = change {
        let typed = match (name.as_str(), value.as_str()) {
            ("data-source", text) => Value::from(text),
            (_, "on" | "true" | "yes") => Value::Bool(true),
            (_, "off" | "false" | "no") => Value::Bool(false),
            (_, other) => other.parse::<u32>().map_or_else(|_| Value::from(other), Value::from),
        };
        let wrong = |error: serde_json::Error| Failure::Usage(format!("{name} {value}: {error}; see tsl nt settings --help"));
        let change: WorkstationSettingsChange = serde_json::from_value(json!({ name.replace('-', "_"): typed })).map_err(wrong)?;
        let _: Value = api.patch("/nt/settings", &change).await?;
    }
    let settings: Map<String, Value> = api.get("/nt/settings").await?;
    out.show(&settings, |out| {
        let plain = |value: &Value| match value {
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            Value::String(text) => text.clone(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        };
        let rows = settings.iter().map(|(name, value)| vec![name.replace('_', "-"), plain(value)]);
        out.table(&["setting", "value"], rows.collect(), "");
    })
}
