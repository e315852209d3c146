//! `tsl switches`: where the sources disagree, what the lab takes, and what it is set to.

use clap::Args;
use serde_json::{Map, Value, json};
use shared::model::{Generation, ServerName};
use shared::policy::switches::{Holder, SWITCHES, Switch};
use shared::wire::common::Identity;

use super::Context;
use crate::failure::Failure;
use crate::place::Kind;

/// The help that follows the switches of the command.
pub(crate) const HELP: &str = "\
The documents that this lab is built from contradict one another here and there. For each such point the lab has a default, and a
setting for the other side; change one with tsl settings set NAME VALUE.

Example:  tsl switches
          tsl settings set grace-end ls_located && tsl switches
Rules: CON-01 to CON-25; docs/RULES.md lists every contradiction, those without a switch too.";

#[derive(Args, Debug)]
pub(crate) struct Switches {
    /// The terminal server whose settings are shown (the first if left out)
    #[arg(long, value_name = "NAME")]
    terminal_server: Option<ServerName>,
    /// The license server whose settings are shown (the first if left out)
    #[arg(long, value_name = "NAME")]
    license_server: Option<ServerName>,
}

impl Switches {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let places = [
            (Holder::TerminalServer, Kind::TerminalServer, lab.terminal_server(self.terminal_server.as_ref())?),
            (Holder::LicenseServer, Kind::LicenseServer, lab.license_server(self.license_server.as_ref())?),
        ];
        let mut found = Vec::new();
        for (holder, kind, place) in places {
            let api = lab.admin(kind, place)?;
            let mut settings: Map<String, Value> = api.get("/settings").await?;
            let identity: Identity = api.get("/identity").await?;
            if identity.generation == Some(Generation::WindowsNt4) {
                // A server of NT 4.0 has none of the later ones' switches.
                settings = api.get("/nt/settings").await?;
            }
            found.push((holder, place.name.clone(), settings));
        }
        let rows: Vec<Row> = SWITCHES.iter().filter_map(|switch| Row::of(switch, &found)).collect();
        context.out.show(&rows.iter().map(Row::json).collect::<Vec<_>>(), |out| {
            for row in &rows {
                let Switch { id, setting, default, reading, others, .. } = row.switch;
                out.line(&format!("{id}  {} on {}: {}", setting.replace('_', "-"), row.server, row.value));
                out.line(&format!("    {default}: {reading}"));
                out.line(&format!("    {others}"));
            }
        })
    }
}

struct Row {
    switch: &'static Switch,
    server: ServerName,
    value: String,
}

impl Row {
    /// A switch as it is set; none where the server is of a generation without it.
    fn of(switch: &'static Switch, found: &[(Holder, ServerName, Map<String, Value>)]) -> Option<Self> {
        let (_, server, settings) = found.iter().find(|(holder, ..)| *holder == switch.holder)?;
        let value = match settings.get(switch.setting)? {
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(Self { switch, server: server.clone(), value })
    }

    fn json(&self) -> Value {
        let Switch { id, setting, default, reading, others, .. } = self.switch;
        json!({
            "id": id, "setting": setting, "server": self.server, "value": self.value, "default": default, "reading": reading, "others": others,
        })
    }
}
