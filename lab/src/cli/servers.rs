//! The license servers that a terminal server asks, and in which order.

use clap::Subcommand;
use serde_json::Value;
use shared::model::ServerName;
use shared::wire::terminal_server::{LicenseServerList, LicenseServerRow};

use super::Context;
use super::on::OnTerminalServer;
use crate::api::path_segment;
use crate::failure::Failure;

#[derive(Subcommand, Debug)]
pub(crate) enum Servers {
    /// List them in the order in which they are asked
    #[command(after_help = "Example:  tsl servers list")]
    List {
        #[command(flatten)]
        on: OnTerminalServer,
    },
    /// Say which enrolled servers are asked, and in which order
    #[command(
        after_help = "Example:  tsl servers order LS2 LS1\n          tsl servers order --none      as if none were known\nRules: SPEC 4.3 step 4, SD-02."
    )]
    Order {
        #[command(flatten)]
        on: OnTerminalServer,
        /// Names of enrolled license servers, first to be asked first
        #[arg(required_unless_present = "none")]
        names: Vec<ServerName>,
        /// Ask none
        #[arg(long, conflicts_with = "names")]
        none: bool,
    },
    /// Forget a license server: its key, its address, its place on the list. What it issued goes on counting, unless its key got out
    #[command(
        after_help = "Example:  tsl servers forget LS2\n          tsl servers forget LS2 --leaked\n          tsl trust            enrols what is missing again\nRules: AM-15."
    )]
    Forget {
        #[command(flatten)]
        on: OnTerminalServer,
        /// The license server
        name: ServerName,
        /// Its key got out: nothing that was signed with it counts here any more
        #[arg(long)]
        leaked: bool,
    },
}

impl Servers {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = match &self {
            Servers::List { on } | Servers::Order { on, .. } | Servers::Forget { on, .. } => on.api(context)?,
        };
        match self {
            Servers::List { .. } => {}
            Servers::Order { names, .. } => {
                let _: Value = api.put("/license-servers", &LicenseServerList { names }).await?;
            }
            Servers::Forget { name, leaked, .. } => {
                let query = if leaked { "?leaked=true" } else { "" };
                api.delete(&format!("/license-servers/{}{query}", path_segment(name.as_str()))).await?;
            }
        }
        let rows: Vec<LicenseServerRow> = api.all("/license-servers").await?;
        context.out.show(&rows, |out| {
            let table = rows.iter().map(|row| {
                let place = match (row.current, row.listed, row.found) {
                    (true, true, _) | (true, false, None) => "asked first".to_owned(),
                    (true, false, Some(way)) => format!("asked first, found by {}", way.words()),
                    (false, true, _) => "asked".to_owned(),
                    (false, false, Some(way)) => format!("remembered, found by {}", way.words()),
                    (false, false, None) => "known, not asked".to_owned(),
                };
                let silent = row.silent_until.map_or_else(String::new, |until| format!("silent; asked last until {until}"));
                let thumbprint = row.key.thumbprint();
                let short = thumbprint.get(..16).unwrap_or_default().to_owned();
                vec![row.name.to_string(), row.url.clone(), place, silent, short]
            });
            let header = ["license server", "address", "place", "note", "key thumbprint"];
            out.table(&header, table.collect(), "no license server is enrolled; do it with: tsl trust");
        })
    }
}
