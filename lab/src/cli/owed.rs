//! `tsl owed`: what an organisation owes on paper for what its terminal servers did (WS03-13, PU-08).

use shared::policy::modes::{self, Mode};
use shared::rulebook::{RuleId, listed, rule};
use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;
use shared::model::{HardwareId, ProductType, ServerName, UserName};
use shared::policy::per_user;
use shared::wire::license_server::PackList;
use shared::wire::terminal_server::{SessionRow, Settings};

use super::Context;
use super::history::newest;
use crate::failure::Failure;
use crate::place::{Kind, Lab};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
A terminal server owes on paper: a server license for each copy (the terminal server function is included), a Windows CAL and a
terminal server CAL for each device or user that has a Windows session. Counted are distinct devices where the mode is per device,
distinct users where it is per user (PU-08); sessions of remote administration owe nothing, and at a server with an External
Connector (tsl settings set external-connector on) that one license covers everybody. Nothing enforces a User CAL (PU-07).

Example:  tsl owed
Rules: WS03-09, WS03-11, WS03-13, PU-07, PU-08, CON-25, WS03-12.";

#[derive(Args, Debug)]
pub(crate) struct Owed {}

#[derive(Serialize)]
struct Line {
    what: String,
    owed: usize,
    owned: String,
    note: String,
}

#[derive(Default)]
struct Seen {
    devices: BTreeSet<HardwareId>,
    users: BTreeSet<UserName>,
    per_user: Vec<ServerName>,
    /// One of the per-user servers takes no Device CALs for its users (CON-25).
    device_cals_per_device_only: bool,
    connectors: usize,
}

impl Owed {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let seen = seen(&lab).await?;
        let (device_cals, user_cals) = installed(&lab).await?;
        let both = seen.devices.len() + seen.users.len();
        let servers = lab.file().terminal_servers.len();
        let strict = seen.device_cals_per_device_only;
        let lacking = per_user::lacking_user_cals(seen.users.len() as u64, user_cals, device_cals, strict);
        let lines = vec![
            line("server licenses, the terminal server function included", servers, "on paper".to_owned(), &[rule::WS03_13]),
            line("Windows CALs", both, "on paper".to_owned(), &[rule::WS03_13]),
            line("terminal server CALs for devices", seen.devices.len(), format!("{device_cals} installed"), &[rule::WS03_11]),
            line(
                "terminal server CALs for users",
                seen.users.len(),
                format!("{user_cals} installed, not tracked"),
                &[rule::PU_07, rule::PU_08],
            ),
            line("External Connectors, for everybody at their servers", seen.connectors, "on paper".to_owned(), &[rule::WS03_12]),
        ];
        context.out.show(&lines, |out| {
            let rows = lines.iter().map(|line| vec![line.what.clone(), line.owed.to_string(), line.owned.clone(), line.note.clone()]);
            out.table(&["what", "owed", "owned", "rule"], rows.collect(), "");
            if !seen.users.is_empty() && device_cals > 0 {
                let names = seen.per_user.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", ");
                let (also, lacking) = (if strict { "do not count" } else { "count as well" }, lacking);
                out.line(&format!("{names}: per user; Device CALs {also}, so {lacking} User CALs are lacking (CON-25, see tsl switches)"));
            }
        })
    }
}

fn line(what: &str, owed: usize, owned: String, rules: &[RuleId]) -> Line {
    Line { what: what.to_owned(), owed, owned, note: listed(rules) }
}

async fn seen(lab: &Lab) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    for place in &lab.file().terminal_servers {
        let api = lab.admin(Kind::TerminalServer, place)?;
        let settings: Settings = api.get("/settings").await?;
        if settings.external_connector {
            // WS03-08, WS03-12: one license for all outsiders at this server, however many they are.
            seen.connectors += 1;
            continue;
        }
        let per_user = modes::mode(settings.policy_ac_on) == Mode::PerUser;
        if per_user {
            seen.per_user.push(place.name.clone());
            seen.device_cals_per_device_only |= settings.device_cals_per_device_only;
        }
        let sessions: Vec<SessionRow> = newest(&api, "/sessions", usize::MAX, |row: &SessionRow| !row.session.administrative).await?;
        for row in sessions {
            if per_user {
                seen.users.insert(row.session.user);
            } else {
                seen.devices.insert(row.session.hardware_id);
            }
        }
    }
    Ok(seen)
}

async fn installed(lab: &Lab) -> Result<(u64, u64), Failure> {
    let (mut devices, mut users) = (0, 0);
    for place in &lab.file().license_servers {
        let list: PackList = lab.admin(Kind::LicenseServer, place)?.packs().await?;
        for row in list.packs {
            match row.pack.product_type {
                ProductType::User => users += u64::from(row.pack.total),
                ProductType::Device => devices += u64::from(row.pack.total),
            }
        }
    }
    Ok((devices, users))
}
