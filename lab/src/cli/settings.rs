//! Modes, grace and switches of the servers.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::model::PolicyAcOn;
use shared::model::{Generation, ServerName, Span};
use shared::policy::modes::{self, Mode as Licensing};
use shared::wire::common::Identity;
use shared::wire::license_server::LedgerSettingsChange;
use shared::wire::terminal_server::{GraceView, Settings as TerminalSettings, SettingsChange};

use super::Context;
use super::on::{OnTerminalServer, meant};
use super::words::span_words;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::Kind;

#[derive(Args, Debug)]
pub(crate) struct Grace {
    #[command(flatten)]
    on: OnTerminalServer,
}

impl Grace {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let told = asked
            .ask(async |api| {
                not_on_nt4(api, "no grace", "tsl nt lm says who gets in").await?;
                api.get::<GraceView>("/grace").await
            })
            .await?;
        asked.show(&told, |out, view| {
            match (view.running, view.began_at, view.ends_at) {
                (true, None, _) => out.line("grace begins with the first client (GR-02)"),
                (true, Some(began), Some(ends)) => out.line(&format!("{} days left: began {began}, ends {ends}", view.days_left)),
                (true, Some(began), None) => out.line(&format!("{} days left: began {began}", view.days_left)),
                (false, _, _) => out.line("grace is over: a client needs a license now"),
            }
            if let Some(ended) = &view.ended {
                out.line(&format!("ended early at {} by {}", ended.at, ended.rule));
            }
            out.line(&format!(
                "policy grace_end = {}; marker LicensingGracePeriodEnded {}",
                word(&view.policy),
                if view.marker { "set" } else { "not set" }
            ));
        })
    }
}

/// A server of Windows NT 4.0 is its own license manager (NT-01).
async fn not_on_nt4(api: &Api, what: &str, instead: &str) -> Result<(), Failure> {
    let identity: Identity = api.get("/identity").await?;
    match identity.generation {
        Some(Generation::WindowsNt4) => Err(Failure::Usage(format!("{} is Windows NT 4.0 and has {what}; {instead}", identity.name))),
        Some(_) | None => Ok(()),
    }
}

/// A value of a closed list as JSON writes it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[derive(Args, Debug)]
pub(crate) struct Mode {
    #[command(flatten)]
    on: OnTerminalServer,
    /// The mode; none to show it
    #[arg(value_enum)]
    mode: Option<ModeName>,
    /// The registry value itself: 2, 4, or anything else for temporaries only (WS03-02)
    #[arg(long, value_name = "N", conflicts_with = "mode")]
    policy_ac_on: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    /// A CAL for each device
    PerDevice,
    /// Only asks whether a license server can be reached
    PerUser,
    /// Two sessions for administrators, no licenses
    RemoteAdministration,
    /// As a server of 2008 or later is before anybody chose (W08-03)
    NotChosen,
}

impl Mode {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let licensed = |policy| SettingsChange { application_mode: Some(true), policy_ac_on: Some(policy), ..SettingsChange::default() };
        let change = match (self.mode, self.policy_ac_on) {
            (Some(ModeName::PerDevice), _) => Some(licensed(PolicyAcOn::PER_DEVICE)),
            (Some(ModeName::PerUser), _) => Some(licensed(PolicyAcOn::PER_USER)),
            (Some(ModeName::NotChosen), _) => Some(licensed(PolicyAcOn::NOT_CHOSEN)),
            (Some(ModeName::RemoteAdministration), _) => {
                Some(SettingsChange { application_mode: Some(false), ..SettingsChange::default() })
            }
            (None, Some(policy)) => Some(licensed(PolicyAcOn::new(policy))),
            (None, None) => None,
        };
        let asked = match change {
            // All are shown, and one is changed.
            None => self.on.each(context)?,
            Some(change) => {
                let api = self.on.api(context)?;
                not_on_nt4(&api, "no such mode", "tsl nt lm shows Per Server or Per Seat").await?;
                let _: Value = api.patch("/settings", &change).await?;
                let identity: Identity = api.get("/identity").await?;
                OnTerminalServer { server: Some(identity.name) }.each(context)?
            }
        };
        let told = asked.ask(async |api| mode(api).await).await?;
        asked.show(&told, |out, view| out.line(&format!("{} (PolicyAcOn = {})", view.mode, view.policy_ac_on)))
    }
}

/// How a terminal server licenses.
#[derive(Debug, Serialize)]
struct ModeView {
    mode: &'static str,
    application_mode: bool,
    policy_ac_on: PolicyAcOn,
}

async fn mode(api: &Api) -> Result<ModeView, Failure> {
    not_on_nt4(api, "no such mode", "tsl nt lm shows Per Server or Per Seat").await?;
    let settings: TerminalSettings = api.get("/settings").await?;
    let identity: Identity = api.get("/identity").await?;
    let not_chosen = |value| identity.generation.is_some_and(|generation| modes::is_not_chosen(generation, value));
    let mode = match (settings.application_mode, modes::mode(settings.policy_ac_on)) {
        (false, _) => "remote-administration",
        (true, Licensing::PerDevice) => "per-device",
        (true, Licensing::PerUser) => "per-user",
        (true, Licensing::TemporariesOnly) if not_chosen(settings.policy_ac_on) => "not-chosen",
        (true, Licensing::TemporariesOnly) => "temporaries-only",
    };
    Ok(ModeView { mode, application_mode: settings.application_mode, policy_ac_on: settings.policy_ac_on })
}

#[derive(Subcommand, Debug)]
pub(crate) enum Settings {
    /// Show the settings
    #[command(after_help = "Example:  tsl settings get --server LS1")]
    Get {
        /// The terminal server or license server (the first terminal server if left out)
        #[arg(long, value_name = "NAME")]
        server: Option<ServerName>,
    },
    /// Change one
    #[command(
        after_help = "Terminal server: application-mode, policy-ac-on, grace-start (first_connection, services_enabled), grace-end (first_permanent,\nls_located, ls_activated_located), accept (enrolled, chain), lenient-invalid, per-user-requires-activated, per-user-temporaries, unactivated-stops-server,\ndomain-role-by-name-only, device-cals-per-device-only, internet-connector (2000), external-connector (2003 on), not-before-tolerance-s, expiry-popup-days.\nLicense server: prevent-license-upgrade, security-group-policy, unvalidated-expired-denied, temporary-for-want-only, sweep-at-s.\nWhere the sources disagree about one, tsl switches shows both sides.\n\nExample:  tsl settings set lenient-invalid on\n          tsl settings set sweep-at-s 72000 --server LS1\nRules: GR-11, AM-15, CON-22, PU-06, OQ-10, OQ-5; PL-01, LS-01, OQ-3, LS-09."
    )]
    Set {
        /// Its name
        name: String,
        /// on, off, a number, or a word
        value: String,
        /// The terminal server or license server (the first terminal server if left out)
        #[arg(long, value_name = "NAME")]
        server: Option<ServerName>,
    },
}

impl Settings {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let (Settings::Get { server } | Settings::Set { server, .. }) = &self;
        let (kind, place) = match server {
            Some(name) => lab.chosen(Some(name))?.into_iter().next().ok_or_else(|| Failure::Usage(format!("{name} is not in this lab")))?,
            None => (Kind::TerminalServer, meant(context.out, &lab, Kind::TerminalServer, None)?),
        };
        let api = lab.admin(kind, place)?;
        if let Settings::Set { name, value, .. } = &self {
            set(&api, kind, name, value).await?;
        }
        let settings: Map<String, Value> = api.get("/settings").await?;
        context.out.show(&settings, |out| {
            let rows = settings.iter().map(|(name, value)| vec![name.replace('_', "-"), plain(value), in_words(name, value)]);
            out.table(&["setting", "value", ""], rows.collect(), "this service has no settings");
        })
    }
}

async fn set(api: &Api, kind: Kind, name: &str, value: &str) -> Result<(), Failure> {
    let change = json!({ name.replace('-', "_"): typed(value) });
    // Read as the type that the route takes, so that a wrong name or value is explained here, with the names that there are.
    let wrong = |error: serde_json::Error| Failure::Usage(format!("{name} {value}: {error}; see tsl settings set --help"));
    let _: Value = match kind {
        Kind::LicenseServer => api.patch("/settings", &serde_json::from_value::<LedgerSettingsChange>(change).map_err(wrong)?).await?,
        Kind::TerminalServer => api.patch("/settings", &serde_json::from_value::<SettingsChange>(change).map_err(wrong)?).await?,
        Kind::Clearinghouse | Kind::Directory => return Err(Failure::Usage(format!("a {} has no settings", kind.name()))),
    };
    Ok(())
}

fn typed(value: &str) -> Value {
    match value {
        "on" | "true" | "yes" => Value::Bool(true),
        "off" | "false" | "no" => Value::Bool(false),
        other => other.parse::<u32>().map_or_else(|_| Value::String(other.to_owned()), Value::from),
    }
}

/// Seconds as a person says them: a time of day, or a span.
fn in_words(name: &str, value: &Value) -> String {
    let Some(seconds) = value.as_i64().filter(|_| name.ends_with("_s")) else { return String::new() };
    if name.ends_with("_at_s") {
        return format!("at {:02}:{:02}:{:02} every day", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    span_words(Span::seconds(seconds))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
