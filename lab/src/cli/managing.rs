//! What an administrator of license servers does beyond installing packs: revoke, convert, remove, migrate, rebuild, and see what
//! the license servers tell each other.

use chassis::random;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::model::{DeviceName, Generation, PackId, ProductId, RequestId, ServerName, UserName};
use shared::wire::license_server::{LicenseList, LicenseQuery, PackRow, Standing};
use shared::wire::managing::{
    Convert as ConvertBody, Migrate as MigrateBody, Migrated, MigrationReason, OrderRelease, Rebuild, Rebuilt, ReleaseOrder,
};
use shared::wire::managing::{Revoke as RevokeBody, Revoked};
use shared::wire::peers::{Outreach, PeerRow};

use super::Context;
use super::on::OnLicenseServer;
use super::words::purchase_of;
use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::out::Out;

/// What `tsl revoke --help` adds.
pub(crate) const REVOKE_HELP: &str = "\
The CAL is free for another device at once; its record says \"revoked\" up to its end. The device notices nothing: its copy works
until then, and renews only by drawing a CAL anew (SD-11). Windows 2000 and 2003 have no such tool: wait for the sweep (RC-06).
Of each version a fifth of the installed Device CALs, and at least one, may stand revoked at a time; one more is refused with
event 81 and the date from which it goes again. User CALs cannot be revoked.
Four things that are often mixed up: a sweep takes ended CALs back by itself, a revocation takes one back before its end, recovery
of a pack gets a lost license server's CALs from the clearinghouse, and a reissue replaces a single CAL by telephone (CON-12).

Example:  tsl revoke PC01
          tsl revoke --number 12 --server LS2
Rules: W08-07 to W08-10, SD-11, SD-12, CON-12, CON-13 (tsl settings set revoke-2008-only on --server LS1).";

/// What `tsl convert --help` adds.
pub(crate) const CONVERT_HELP: &str = "\
Free CALs of one pack become a new pack of the other type and the same version; 2008 and later only.

Example:  tsl packs                                    the pack ids
          tsl convert BCDFG... --quantity 10
Rules: W08-13.";

/// What `tsl migrate --help` adds.
pub(crate) const MIGRATE_HELP: &str = "\
The packs of another license server move to this one, which must be an activated Windows Server 2008 R2 and know the other (tsl trust).
--reason replaced: the source is told to remove them, before they are installed here; with the same --request again nothing is lost
  when an answer was.
--reason not-functioning: nobody is told. Name what the source was, with its Product ID; event 93 is logged. Should it ever run
  again it still serves its CALs: remove them there (tsl packs remove), or you license every device twice.
All CALs arrive free; what devices hold of them works up to its end.

Example:  tsl migrate OLD --reason replaced --server NEW
          tsl migrate OLD --reason not-functioning --generation windows-2003 --product-id 12345-678-1234567-12345 --server NEW
Rules: W08-11, FT-17.";

/// What `tsl rebuild-database --help` adds.
pub(crate) const REBUILD_HELP: &str = "\
Deletes every installed pack and every license on record; activation, settings and enrolments stay. Install the CALs anew from the
purchase papers afterwards. Event 4100 in the log is the reason to think of it: the database may be damaged.
There is no way back, so the license server's own name has to be typed.

Example:  tsl rebuild-database --confirm LS1
Rules: W08-12, FT-13.";

/// What `tsl peers --help` adds.
pub(crate) const PEERS_HELP: &str = "\
License servers that know each other announce their CALs when packs are added, removed or exhausted (events 7, 8 and 15 where that
fails); one whose pool is empty refers to one that announced free CALs and passes its license through; a CAL that moved to another
server is given back to its issuer (event 16 where that fails; tried again at the next sweep and start). `tsl trust` introduces all
license servers of a lab to each other.

Example:  tsl peers list
          tsl peers announce --server LS2
Rules: LS-07, LS-08, LS-10, RN-04, SD-19.";

#[derive(Args, Debug)]
pub(crate) struct Revoke {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The device whose permanent CAL is revoked
    #[arg(required_unless_present_any = ["number", "user"], conflicts_with_all = ["number", "user"])]
    device: Option<DeviceName>,
    /// The license by its number, as `tsl licenses` shows it
    #[arg(long, value_name = "N", conflicts_with = "user")]
    number: Option<u64>,
    /// A user's CAL: refused, to show that it cannot be done (W08-09)
    #[arg(long, value_name = "USER")]
    user: Option<UserName>,
}

impl Revoke {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        let body = match (self.number, self.user, self.device) {
            (Some(number), ..) => RevokeBody::Device { number },
            (None, Some(name), _) => RevokeBody::User { name },
            (None, None, Some(device)) => RevokeBody::Device { number: active_license(&api, device).await? },
            (None, None, None) => return Err(Failure::Usage("name a device, or give --number".to_owned())),
        };
        let revoked: Revoked = api.post("/revocations", &body).await?;
        context.out.show(&revoked, |out| {
            let cal = &revoked.cal;
            out.line(&format!(
                "the {} CAL of {} is revoked and free again; its copy works until {}",
                cal.version, cal.device, cal.expires_at
            ));
            match revoked.next_allowed_at {
                Some(at) => out.line(&format!("the next one of version {} may be revoked at {at}", cal.version)),
                None => out.line(&format!("{} more of version {} may be revoked now", revoked.left, cal.version)),
            }
        })
    }
}

async fn active_license(api: &Api, device: DeviceName) -> Result<u64, Failure> {
    let query = LicenseQuery { device: Some(device.clone()), limit: Some(1000), ..LicenseQuery::default() };
    let list: LicenseList = api.list("/licenses", &query).await?;
    let active: Vec<u64> = list.licenses.iter().filter(|row| row.standing == Standing::Active).map(|row| row.number).collect();
    match active.as_slice() {
        [number] => Ok(*number),
        [] => Err(Failure::Usage(format!("{device} holds no permanent CAL of this license server"))),
        several => Err(Failure::Usage(format!("{device} holds several CALs {several:?}: give one with --number"))),
    }
}

#[derive(Args, Debug)]
pub(crate) struct Convert {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The pack that the CALs come from
    pack: PackId,
    /// How many; they must be free
    #[arg(long, value_name = "N")]
    quantity: u32,
}

impl Convert {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let body = ConvertBody { request: random::request_id(), pack: self.pack, quantity: self.quantity };
        let made: PackRow = self.on.api(context)?.post("/conversions", &body).await?;
        context.out.show(&made, |out| {
            let pack = &made.pack;
            out.line(&format!("{} CALs are now a pack of {} CALs of version {}: {}", pack.total, pack.product_type, pack.version, pack.id));
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct Packs {
    #[command(flatten)]
    on: OnLicenseServer,
    #[command(subcommand)]
    action: Option<PacksAction>,
}

#[derive(Subcommand, Debug)]
enum PacksAction {
    /// Remove a pack; devices keep what they hold up to its end
    #[command(
        after_help = "Example:  tsl packs remove BCDFG... --server LS2\nRules: LS-08 (the others are told), W08-11 (the second step of a migration from a server that is alive after all)."
    )]
    Remove {
        #[command(flatten)]
        on: OnLicenseServer,
        /// The pack
        pack: PackId,
    },
    /// Order that CALs may leave for another license server, once: the first step of a migration
    #[command(
        after_help = "Example:  tsl packs release BCDFG... --to LSNEW --server LSOLD\n          tsl migrate LSOLD --reason replaced --server LSNEW\nRules: AM-17, W08-11."
    )]
    Release {
        #[command(flatten)]
        on: OnLicenseServer,
        /// The pack
        pack: PackId,
        /// The license server that may take them over
        #[arg(long, value_name = "NAME")]
        to: ServerName,
        /// How many of its CALs (all of them if left out)
        #[arg(long, value_name = "N")]
        quantity: Option<u32>,
    },
    /// List the orders that nobody has made use of yet
    #[command(after_help = "Example:  tsl packs orders --server LSOLD\nRule: AM-17.")]
    Orders {
        #[command(flatten)]
        on: OnLicenseServer,
        /// Take the order for this pack back
        #[arg(long, value_name = "PACK")]
        withdraw: Option<PackId>,
    },
}

impl Packs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => super::packs::list(context, &self.on).await,
            Some(PacksAction::Remove { on, pack }) => {
                on.api(context)?.delete(&format!("/packs/{pack}")).await?;
                context.out.show(&json!({ "removed": pack }), |out| out.line(&format!("pack {pack} is removed")))
            }
            Some(PacksAction::Release { on, pack, to, quantity }) => {
                let orders = on.api(context)?.post("/release-orders", &OrderRelease { pack, quantity, to }).await?;
                show_orders(context, &orders)
            }
            Some(PacksAction::Orders { on, withdraw }) => {
                let api = on.api(context)?;
                if let Some(pack) = withdraw {
                    api.delete(&format!("/release-orders/{pack}")).await?;
                }
                show_orders(context, &api.all("/release-orders").await?)
            }
        }
    }
}

fn show_orders(context: &Context, orders: &Vec<ReleaseOrder>) -> Result<(), Failure> {
    context.out.show(orders, |out| {
        let row = |order: &ReleaseOrder| vec![order.to.to_string(), order.quantity.to_string(), order.pack.to_string()];
        out.table(&["may go to", "CALs", "of the pack"], orders.iter().map(row).collect(), "no CAL may leave: tsl packs release");
    })
}

#[derive(Args, Debug)]
pub(crate) struct Migrate {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The license server that the packs come from
    source: ServerName,
    /// Why they move
    #[arg(long, value_enum, value_name = "REASON")]
    reason: Reason,
    /// What the source ran, where it no longer functions
    #[arg(long, value_name = "GENERATION")]
    generation: Option<Generation>,
    /// The source's Product ID, where it no longer functions
    #[arg(long, value_name = "ID")]
    product_id: Option<ProductId>,
    /// The pack that the clearinghouse is to issue anew, where the source no longer functions
    #[arg(long, value_name = "PACK")]
    pack: Option<PackId>,
    /// The papers that it was bought with, as tsl records shows them: retail CODE, open NUMBER NUMBER, volume PROGRAM NUMBER NUMBER, other NUMBER NUMBER
    #[arg(long, value_name = "PAPERS", num_args = 2..=4)]
    papers: Vec<String>,
    /// The request of a migration whose answer was lost
    #[arg(long, value_name = "ID")]
    request: Option<RequestId>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Reason {
    /// The source is being replaced: it removes its packs
    Replaced,
    /// The source no longer functions: nobody is told
    NotFunctioning,
}

impl Migrate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let request = self.request.unwrap_or_else(random::request_id);
        let reason = match self.reason {
            Reason::Replaced => MigrationReason::Replaced,
            Reason::NotFunctioning => MigrationReason::NotFunctioning,
        };
        let source = self.source.clone();
        let purchase = if self.papers.is_empty() { None } else { Some(purchase_of(&self.papers)?) };
        let (generation, product_id, pack) = (self.generation, self.product_id, self.pack);
        let body = MigrateBody { request: request.clone(), source, reason, generation, product_id, pack, purchase };
        let api = self.on.api(context)?;
        let migrated: Migrated = api.post("/migrations", &body).await.inspect_err(|_| {
            context.out.note(&format!("if the answer was lost, repeat this migration with --request {request}"));
        })?;
        context.out.show(&migrated, |out| {
            let cals: u32 = migrated.packs.iter().map(|row| row.pack.total).sum();
            out.line(&format!("{} packs with {cals} CALs came from {}", migrated.packs.len(), self.source));
            if !migrated.removed_at_source {
                out.line(&format!("{} was not told: should it run again, remove them there (tsl packs remove)", self.source));
            }
        })
    }
}

#[derive(Args, Debug)]
pub(crate) struct RebuildDatabase {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The license server's own name, to show that it is meant
    #[arg(long, value_name = "NAME", required_unless_present = "damage")]
    confirm: Option<ServerName>,
    /// Let the database look damaged first: event 4100, for a lesson (a lab power)
    #[arg(long, conflicts_with = "confirm")]
    damage: bool,
}

impl RebuildDatabase {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        let Some(confirm) = self.confirm.filter(|_| !self.damage) else {
            api.act("/lab/database-damage").await?;
            return context.out.show(&json!({ "damaged": true }), |out| out.line("event 4100 is in the log: tsl events --id 4100"));
        };
        let rebuilt: Rebuilt = api.post("/database/rebuild", &Rebuild { confirm }).await?;
        context.out.show(&rebuilt, |out| {
            out.line(&format!("{} packs and {} licenses are deleted; install the CALs anew", rebuilt.packs, rebuilt.licenses));
        })
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Peers {
    /// List the license servers that a license server knows, and what they announced last
    #[command(after_help = "Example:  tsl peers list --server LS2\nRules: LS-08.")]
    List {
        #[command(flatten)]
        on: OnLicenseServer,
    },
    /// Tell the others at once what they would be told within a second
    #[command(after_help = "Example:  tsl peers announce --server LS2\nRules: LS-08, LS-10.")]
    Announce {
        #[command(flatten)]
        on: OnLicenseServer,
    },
    /// Forget a license server that is gone for good: it is neither told nor asked any more
    #[command(after_help = "Example:  tsl peers forget OLD\nWhat was to be given back to it is forgotten too (LS-10).")]
    Forget {
        #[command(flatten)]
        on: OnLicenseServer,
        /// Which
        name: ServerName,
    },
}

impl Peers {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Peers::List { on } => {
                let rows: Vec<PeerRow> = on.api(context)?.all("/license-servers").await?;
                context.out.show(&rows, |out| list(out, &rows))
            }
            Peers::Announce { on } => {
                let said: Outreach = on.api(context)?.post("/outreach", &Value::Object(serde_json::Map::new())).await?;
                context.out.show(&said, |out| {
                    let row = |call: &shared::wire::peers::OutreachRow| {
                        let about = match call.about {
                            shared::wire::peers::Matter::Announcement => "its CALs",
                            shared::wire::peers::Matter::Return => "a CAL to take back",
                        };
                        vec![call.server.to_string(), about.to_owned(), call.failure.clone().unwrap_or_else(|| "heard".to_owned())]
                    };
                    out.table(&["license server", "about", "outcome"], said.calls.iter().map(row).collect(), "nothing is owed to anybody");
                })
            }
            Peers::Forget { on, name } => {
                on.api(context)?.delete(&format!("/license-servers/{}", path_segment(name.as_str()))).await?;
                context.out.show(&json!({ "forgotten": name }), |out| out.line(&format!("{name} is forgotten")))
            }
        }
    }
}

fn list(out: Out, rows: &[PeerRow]) {
    let row = |row: &PeerRow| {
        let free = row.announced.as_ref().map_or_else(
            || "nothing yet".to_owned(),
            |announced| {
                let packs = announced.announcement.packs.iter();
                let texts = packs.map(|pack| format!("{} {} {}", pack.available, pack.pack.product_type, pack.pack.version));
                let text = texts.collect::<Vec<_>>().join(", ");
                if text.is_empty() { "no pack".to_owned() } else { text }
            },
        );
        let at = row.announced.as_ref().map_or_else(String::new, |announced| announced.at.to_string());
        let told = if row.told { "yes" } else { "not yet" };
        vec![row.name.to_string(), free, at, told.to_owned(), row.returns_pending.to_string()]
    };
    let header = ["license server", "announced free", "at", "was told", "to give back"];
    out.table(&header, rows.iter().map(row).collect(), "this license server knows no other one: tsl trust");
}
