//! `tsl licmgr`: the Terminal Server Licensing window as text: servers, their activation, packs, holders (TL-01).

use clap::Args;
use serde::Serialize;
use shared::model::{CalKind, ServerName};
use shared::wire::common::Identity;
use shared::wire::license_server::{ActivationView, LicenseRow, PackList, PackRow};

use super::Context;
use super::lsreport::licenses;
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab, Place};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
The tree of the Terminal Server Licensing tool: all servers, each with its activation mark, its packs below. Opening a pack lists
machine, issue date and expiry. The tool's actions are commands here: Activate Server is tsl activate, Install Licenses tsl install.

Example:  tsl licmgr                             the tree
          tsl licmgr --server LS1 --open 1       who holds CALs of its first pack
          tsl licmgr --server LS1 --open temporary
Rules: TL-01, LS-06, LS-09 (an ended CAL is counted until the sweep).";

#[derive(Args, Debug)]
pub(crate) struct LicMgr {
    /// Only this license server
    #[arg(long, value_name = "NAME")]
    server: Option<ServerName>,
    /// Open a pack: its number in the tree, the beginning of its id, or `temporary`
    #[arg(long, value_name = "PACK", requires = "server")]
    open: Option<String>,
}

#[derive(Serialize)]
struct Server {
    name: ServerName,
    #[serde(flatten)]
    state: State,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum State {
    Reached { identity: Box<Identity>, activation: Box<ActivationView>, packs: PackList },
    NotReached { why: String },
}

impl LicMgr {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut servers = Vec::new();
        let places: Vec<&Place> = match &self.server {
            Some(name) => vec![lab.license_server(Some(name))?],
            None => lab.file().license_servers.iter().collect(),
        };
        for place in places {
            let state = look(&lab, place).await.unwrap_or_else(|failure| State::NotReached { why: failure.to_string() });
            servers.push(Server { name: place.name.clone(), state });
        }
        match (&self.open, self.server.as_ref(), servers.first()) {
            (Some(pack), Some(name), Some(server)) => open(context, &lab, name, server, pack).await,
            (None, Some(_), Some(server)) => context.out.show(&servers, |out| {
                tree(out, &servers);
                properties(out, server);
            }),
            _ => context.out.show(&servers, |out| tree(out, &servers)),
        }
    }
}

async fn look(lab: &Lab, place: &Place) -> Result<State, Failure> {
    let api = lab.admin(Kind::LicenseServer, place)?;
    let identity: Identity = lab.anyone(place)?.get("/identity").await?;
    let activation: ActivationView = api.get("/activation").await?;
    Ok(State::Reached { identity: Box::new(identity), activation: Box::new(activation), packs: api.packs().await? })
}

fn tree(out: Out, servers: &[Server]) {
    out.line("All servers");
    for server in servers {
        let (identity, activation, packs) = match &server.state {
            State::NotReached { why } => {
                out.line(&format!("  [?] {}: cannot be reached: {why}", server.name));
                continue;
            }
            State::Reached { identity, activation, packs } => (identity, activation, packs),
        };
        let (mark, state) = if activation.status == 0 { ("+", "activated") } else { ("x", "not activated") };
        let generation = identity.generation.map_or("", shared::model::Generation::title);
        out.line(&format!("  [{mark}] {}: {state}, {generation}, Product ID {}", server.name, activation.product_id));
        for (number, row) in (1..).zip(&packs.packs) {
            out.line(&format!(
                "      {number}  {}: total {}, available {}, issued {}",
                pack_name(row),
                row.pack.total,
                row.available,
                row.issued
            ));
        }
        for count in &packs.temporaries {
            let name = format!("temporary {} device CALs", count.version);
            out.line(&format!("      -  {name}: total unlimited, available unlimited, issued {}", count.issued));
        }
        if packs.packs.is_empty() && packs.temporaries.is_empty() {
            out.line("      no CALs installed, none issued");
        }
    }
}

/// View, Properties: license server ID, installation method, connection, required information.
fn properties(out: Out, server: &Server) {
    let State::Reached { activation, .. } = &server.state else { return };
    out.line("Properties");
    let id =
        activation.license_server_id.as_ref().map_or_else(|| "none, activated automatically or not yet".to_owned(), ToString::to_string);
    let method = match (activation.status, &activation.license_server_id) {
        (0, Some(_)) => "web browser or telephone",
        (_, _) => "automatic connection (recommended)",
    };
    let since = activation.activated_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let until = activation.ends_at.map_or_else(String::new, |at| format!(", certificate until {at}"));
    out.line(&format!("  License Server ID:    {id}\n  Installation method:  {method}\n  Activated:            {since}{until}"));
    out.line("  Required information: kept by the clearinghouse with the activation; see tsl records");
    if let Some(prompt) = &activation.prompt {
        out.line(&format!("  To do:                {prompt}"));
    }
}

fn pack_name(row: &PackRow) -> String {
    format!("{} {} {} CALs", row.pack.kind, row.pack.version, row.pack.product_type)
}

async fn open(context: &Context, lab: &Lab, name: &ServerName, server: &Server, pack: &str) -> Result<(), Failure> {
    let packs = match &server.state {
        State::NotReached { why } => return Err(Failure::Broken(why.clone())),
        State::Reached { packs, .. } => packs,
    };
    let api = lab.admin(Kind::LicenseServer, lab.license_server(Some(name))?)?;
    let (title, rows) = if pack.eq_ignore_ascii_case("temporary") {
        ("temporary device CALs".to_owned(), licenses(&api, Some(CalKind::Temporary)).await?)
    } else {
        let chosen = (1..).zip(&packs.packs).find(|(number, row): &(usize, &PackRow)| {
            *pack == number.to_string() || (pack.len() > 2 && row.pack.id.as_str().starts_with(&pack.to_uppercase()))
        });
        let (_, chosen) = chosen.ok_or_else(|| Failure::Usage(format!("{name} has no pack {pack}; see tsl licmgr --server {name}")))?;
        let mut rows: Vec<LicenseRow> = licenses(&api, Some(CalKind::Permanent)).await?;
        rows.retain(|row| row.cal.pack() == Some(&chosen.pack.id));
        (pack_name(chosen), rows)
    };
    context.out.show(&rows, |out| {
        out.line(&format!("{name}: {title}"));
        let table = rows.iter().map(|row| vec![row.cal.device.to_string(), row.cal.issued_at.to_string(), row.cal.expires_at.to_string()]);
        out.table(&["machine", "issued", "expires"], table.collect(), "nobody holds one");
    })
}
