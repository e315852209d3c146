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
    /// Only this server's, be it a terminal server or a license server (all of them if left out)
    #[arg(long, value_name = "NAME")]
    server: Option<ServerName>,
}

impl Switches {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut found = Vec::new();
        for (kind, place) in lab.chosen(self.server.as_ref())? {
            let holder = match kind {
                Kind::TerminalServer => Holder::TerminalServer,
                Kind::LicenseServer => Holder::LicenseServer,
                Kind::Clearinghouse | Kind::Directory => continue,
            };
            let api = lab.admin(kind, place)?;
            let mut settings: Map<String, Value> = api.get("/settings").await?;
            let identity: Identity = api.get("/identity").await?;
            if identity.generation == Some(Generation::WindowsNt4) {
                // A server of NT 4.0 has none of the later ones' switches.
                settings = api.get("/nt/settings").await?;
            }
            found.push((holder, place.name.clone(), settings));
        }
        let rows: Vec<Row> = SWITCHES.iter().flat_map(|switch| found.iter().filter_map(|of| Row::of(switch, of))).collect();
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
    fn of(switch: &'static Switch, (holder, server, settings): &(Holder, ServerName, Map<String, Value>)) -> Option<Self> {
        if *holder != switch.holder {
            return None;
        }
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
