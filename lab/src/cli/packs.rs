//! The license server's administrator: its packs, who holds what, its security group; the clearinghouse's record.

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use shared::model::{CalKind, DeviceName, HardwareId, RegistrantText, ServerName};
use shared::rulebook::listed;
use shared::wire::clearinghouse::{ActivationRecord, PackRecord, RecordOutcome, Sort, TurnedDownRow};
use shared::wire::common::{ListQuery, Page};
use shared::wire::license_server::{LicenseList, LicenseQuery, LicenseRow, PackRow, PutBack, SecurityGroup, Standing, TemporaryCount};

use super::Context;
use super::on::{OnLicenseServer, Told};
use super::words::purchase_words;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::Kind;

/// A row of the list: a pack, or the temporaries of a version.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Pack(PackRow),
    Temporaries(TemporaryCount),
}

/// `tsl packs`.
pub(super) async fn list(context: &Context, on: &OnLicenseServer) -> Result<(), Failure> {
    let asked = on.each(context)?;
    let told = asked.ask(async |api| api.packs().await).await?;
    let (mut packs, mut temporaries, mut put_back) = (Vec::new(), Vec::new(), Vec::new());
    for Told { server, said } in told {
        put_back.extend(said.put_back.map(|said| Told { server: server.clone(), said }));
        packs.extend(said.packs.into_iter().map(|row| Told { server: server.clone(), said: Line::Pack(row) }));
        temporaries.extend(said.temporaries.into_iter().map(|count| Told { server: server.clone(), said: Line::Temporaries(count) }));
    }
    context.out.show(&json!({ "packs": packs, "temporaries": temporaries, "put_back": put_back }), |out| {
        let header = ["kind", "version", "type", "total", "issued", "available", "installed", "pack id"];
        let mut lines: Vec<_> = packs.into_iter().chain(temporaries).collect();
        lines.sort_by(|one, other| one.server.cmp(&other.server));
        asked.table(&header, &lines, line, "no pack is installed; buy one with: tsl buy code --quantity 20");
        for Told { server, said } in &put_back {
            let PutBack { count, at, until } = said;
            out.line(&format!(
                "{count} CALs of {server} are free by the restore of {at} that devices hold too, the last one until {until} (AM-16)"
            ));
        }
    })
}

fn line(line: &Line) -> Vec<String> {
    match line {
        Line::Pack(row) => pack_row(row),
        Line::Temporaries(count) => {
            let [kind, of, total] = ["temporary", "device", "unlimited"].map(str::to_owned);
            vec![kind, count.version.to_string(), of, total.clone(), count.issued.to_string(), total, String::new(), String::new()]
        }
    }
}

fn pack_row(row: &PackRow) -> Vec<String> {
    let pack = &row.pack;
    let numbers = [pack.total, row.issued, row.available].map(|number| number.to_string());
    let [total, issued, mut available] = numbers;
    if row.withheld > 0 {
        available = format!("{available} ({} withheld)", row.withheld);
    }
    let (kind, version, of) = (pack.kind.to_string(), pack.version.to_string(), pack.product_type.to_string());
    vec![kind, version, of, total, issued, available, row.installed_at.to_string(), pack.id.to_string()]
}

#[derive(Args, Debug)]
pub(crate) struct Licenses {
    #[command(flatten)]
    on: OnLicenseServer,
    /// Only this device
    #[arg(long, value_name = "NAME")]
    device: Option<DeviceName>,
    /// Only this hardware id
    #[arg(long, value_name = "HEX")]
    hardware_id: Option<HardwareId>,
    /// Only temporary or only permanent ones
    #[arg(long, value_enum)]
    kind: Option<KindName>,
    /// At most this many
    #[arg(long, default_value_t = 1000, value_name = "N")]
    limit: usize,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum KindName {
    /// Made freely for a first connection
    Temporary,
    /// Drawn from a pack
    Permanent,
}

impl Licenses {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = self.on.each(context)?;
        let kind = self.kind.map(|kind| match kind {
            KindName::Temporary => CalKind::Temporary,
            KindName::Permanent => CalKind::Permanent,
        });
        let query = LicenseQuery { device: self.device, hardware_id: self.hardware_id, kind, after: None, limit: Some(1000) };
        let limit = self.limit;
        let told = asked.ask(async |api| first_pages(api, query.clone(), limit).await).await?;
        let mut rows: Vec<Told<LicenseRow>> = told.into_iter().flat_map(Told::one_by_one).collect();
        rows.truncate(limit);
        context.out.show(&rows, |_| {
            let header = ["no", "device", "user", "kind", "version", "standing", "since", "until", "issuer"];
            asked.table(&header, &rows, license_row, "nobody holds a license that fits");
        })
    }
}

async fn first_pages(api: &Api, mut query: LicenseQuery, limit: usize) -> Result<Vec<LicenseRow>, Failure> {
    let mut rows: Vec<LicenseRow> = Vec::new();
    loop {
        let page: LicenseList = api.list("/licenses", &query).await?;
        rows.extend(page.licenses);
        query.after = page.next;
        if query.after.is_none() || rows.len() >= limit {
            return Ok(rows);
        }
    }
}

fn license_row(row: &LicenseRow) -> Vec<String> {
    let cal = &row.cal;
    let standing = match row.standing {
        Standing::NotValidated => "not validated",
        Standing::Validated => "validated",
        Standing::Closed => "closed by an upgrade",
        Standing::Active => "active",
        Standing::Expired => "expired",
        Standing::Revoked => "revoked",
    };
    let (number, device, user) = (row.number.to_string(), cal.device.to_string(), cal.user.to_string());
    let (kind, version, standing) = (cal.kind.to_string(), cal.version.to_string(), standing.to_owned());
    vec![
        number,
        device,
        user,
        kind,
        version,
        standing,
        row.first_issued_at.to_string(),
        cal.expires_at.end_in_words(),
        cal.issuer.to_string(),
    ]
}

#[derive(Args, Debug)]
pub(crate) struct Group {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The members that the group is to have; none to show it
    members: Vec<ServerName>,
    /// Leave nobody in the group
    #[arg(long, conflicts_with = "members")]
    empty: bool,
}

impl Group {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        if self.empty || !self.members.is_empty() {
            let body = SecurityGroup { members: self.members, in_force: None };
            let _: Value = api.put("/security-group", &body).await?;
        }
        let group: SecurityGroup = api.get("/security-group").await?;
        let names = |names: &[ServerName]| names.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", ");
        context.out.show(&json!(group), |out| {
            out.line(&format!("members: {}", names(&group.members)));
            if let Some(in_force) = &group.in_force {
                out.line(&format!("in force since the service started: {}", names(in_force)));
            }
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Records {
    /// At most this many of each kind, newest first
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Records {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let api = lab.admin(Kind::Clearinghouse, lab.clearinghouse()?)?;
        let query = ListQuery { limit: Some(self.limit), before: None };
        let activations: Page<ActivationRecord> = api.list("/activations", &query).await?;
        let packs: Page<PackRecord> = api.list("/packs", &query).await?;
        let turned_down: Vec<TurnedDownRow> = api.all("/turned-down").await?;
        let all = json!({ "activations": activations.items, "packs": packs.items, "turned_down": turned_down });
        context.out.show(&all, |out| {
            let rows = activations.items.iter().map(|row| {
                let company = row.registrant.company.as_ref().map_or("", RegistrantText::as_str).to_owned();
                let until = row.ends_at.map_or_else(String::new, |ends| ends.to_string());
                vec![row.at.to_string(), row.name.to_string(), row.product_id.to_string(), company, until, outcome_words(&row.outcome)]
            });
            let header = ["when", "license server", "Product ID", "company", "certificate until", "outcome"];
            out.table(&header, rows.collect(), "nobody asked for an activation yet");
            let rows = packs.items.iter().map(|row| {
                let pack = row
                    .pack
                    .as_ref()
                    .map_or_else(String::new, |pack| format!("{} {} CALs {}", pack.total, pack.product_type, pack.version));
                vec![row.at.to_string(), row.name.to_string(), purchase_words(&row.purchase), pack, outcome_words(&row.outcome)]
            });
            out.line("");
            out.table(&["when", "license server", "shown", "pack", "outcome"], rows.collect(), "nobody asked for a pack yet");
            // Also those beyond what stands on the record one by one.
            let rows: Vec<_> = turned_down.iter().map(counted_row).collect();
            if !rows.is_empty() {
                out.line("");
                out.table(&["turned down", "why", "how often", "last"], rows, "");
            }
        })
    }
}

fn counted_row(row: &TurnedDownRow) -> Vec<String> {
    let sort = match row.sort {
        Sort::Activation => "activation",
        Sort::Deactivation => "deactivation",
        Sort::Pack => "pack",
        Sort::Offer => "offer",
    };
    let why = format!("{} ({})", row.ground, listed(&row.rules));
    vec![sort.to_owned(), why, row.count.to_string(), row.last_at.to_string()]
}

fn outcome_words(outcome: &RecordOutcome) -> String {
    match outcome {
        RecordOutcome::Granted => "granted".to_owned(),
        RecordOutcome::Refused { reason, rules } => format!("refused: {reason} ({})", listed(rules)),
    }
}
