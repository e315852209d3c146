//! The license server's administrator: activation, buying and installing CALs, who holds what.

use std::path::PathBuf;

use chassis::random;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::model::code::{CodeKind, in_fives};
use shared::model::{
    AgreementNumber, AuthorizationNumber, CalKind, DeviceName, EnrollmentNumber, HardwareId, OpenLicenseNumber, PackId, ParseError,
    ProductType, ProductVersion, Purchase, RegistrantText, RequestId, RetailCode, ServerName, VolumeProgram,
};
use shared::wire::clearinghouse::{
    ActivationRecord, AgreementProgram, BoughtCode, BoughtXp, BuyCode, BuyXp, PackRecord, RecordOutcome, SignAgreement, SignedAgreement,
    Wanted,
};
use shared::wire::common::{ListQuery, Page};
use shared::wire::license_server::{
    InstallKeyPack, InstallPack, LicenseList, LicenseQuery, LicenseRow, PackList, PackRow, SecurityGroup, Standing,
};

use super::Context;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::Kind;

#[derive(Args, Debug)]
pub(crate) struct OnLicenseServer {
    /// The license server (the first one if left out)
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<ServerName>,
}

impl OnLicenseServer {
    pub(crate) fn api(&self, context: &Context) -> Result<Api, Failure> {
        let lab = context.lab()?;
        lab.admin(Kind::LicenseServer, lab.license_server(self.server.as_ref())?)
    }

    pub(crate) async fn packs(self, context: &Context) -> Result<(), Failure> {
        let list: PackList = self.api(context)?.get("/packs").await?;
        context.out.show(&list, |out| {
            let packs = list.packs.iter().map(pack_row);
            let temporaries = list.temporaries.iter().map(|count| {
                let texts = ["temporary", "device", "unlimited"].map(str::to_owned);
                let [kind, of, total] = texts;
                vec![kind, count.version.to_string(), of, total.clone(), count.issued.to_string(), total, String::new(), String::new()]
            });
            let header = ["kind", "version", "type", "total", "issued", "available", "installed", "pack id"];
            out.table(&header, packs.chain(temporaries).collect(), "no pack is installed; buy one with: tsl buy code --quantity 20");
        })
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

/// The line of an order: what every purchase but a retail code must say (AC-08).
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Order {
    /// How many CALs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9999))]
    quantity: u32,
    /// Product version: 5.2 (Windows Server 2003) or 5.0 (Windows 2000)
    #[arg(long, default_value = "5.2")]
    version: ProductVersion,
    /// Device or user CALs
    #[arg(long = "type", value_enum, default_value = "device")]
    product_type: TypeName,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TypeName {
    /// One device, any user
    Device,
    /// One user, any device
    User,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Program {
    /// Open License
    Open,
    /// Select License
    Select,
    /// Enterprise Agreement
    Enterprise,
    /// Campus Agreement
    Campus,
    /// School Agreement
    School,
    /// Services Provider License Agreement
    ServicesProvider,
    /// Open Value, Multi-Year Open, Open Subscription
    Other,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Volume {
    /// Select License
    Select,
    /// Enterprise Agreement
    Enterprise,
    /// Campus Agreement
    Campus,
    /// School Agreement
    School,
    /// Services Provider License Agreement
    ServicesProvider,
}

impl Order {
    fn wanted(self) -> Wanted {
        let product_type = match self.product_type {
            TypeName::Device => ProductType::Device,
            TypeName::User => ProductType::User,
        };
        Wanted { version: self.version, product_type, quantity: self.quantity }
    }
}

impl From<Volume> for VolumeProgram {
    fn from(volume: Volume) -> Self {
        match volume {
            Volume::Select => VolumeProgram::Select,
            Volume::Enterprise => VolumeProgram::Enterprise,
            Volume::Campus => VolumeProgram::Campus,
            Volume::School => VolumeProgram::School,
            Volume::ServicesProvider => VolumeProgram::ServicesProvider,
        }
    }
}

impl From<Program> for AgreementProgram {
    fn from(program: Program) -> Self {
        let volume = |agreement| AgreementProgram::Volume { agreement };
        match program {
            Program::Open => AgreementProgram::Open,
            Program::Select => volume(VolumeProgram::Select),
            Program::Enterprise => volume(VolumeProgram::Enterprise),
            Program::Campus => volume(VolumeProgram::Campus),
            Program::School => volume(VolumeProgram::School),
            Program::ServicesProvider => volume(VolumeProgram::ServicesProvider),
            Program::Other => AgreementProgram::Other,
        }
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Buy {
    /// A retail package: one code, one pack, once
    #[command(
        after_help = "Example:  tsl buy code --quantity 20\n          tsl buy code --quantity 20 --save code.txt; tsl install retail @code.txt\nRule: AC-04."
    )]
    Code {
        #[command(flatten)]
        order: Order,
        /// Write the code into this file as well, for `tsl install retail @FILE`
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// An agreement that entitles to a number of CALs
    #[command(
        after_help = "Example:  tsl buy agreement open --quantity 25\n          tsl buy agreement enterprise --quantity 500 --type user\nRules: AC-05 to AC-07."
    )]
    Agreement {
        /// The program
        #[arg(value_enum)]
        program: Program,
        #[command(flatten)]
        order: Order,
        /// Licenses of Windows XP Professional owned under it: before 2003-04-24 each gives a free CAL of 2003 (WS03-10)
        #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=9999))]
        xp: u32,
    },
    /// Windows XP Professional, retail or with a computer: product keys for the transition offer
    #[command(after_help = "Example:  tsl buy xp --count 3\nRules: WS03-10, WS03-14. Trade them on the clearinghouse's page: /web/xp")]
    Xp {
        /// How many
        #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
        count: u32,
    },
}

impl Buy {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let desk = lab.admin(Kind::Clearinghouse, lab.clearinghouse()?)?;
        match self {
            Buy::Code { order, save } => {
                let Wanted { version, product_type, quantity } = order.wanted();
                let bought: BoughtCode = desk.post("/lab/reseller/codes", &BuyCode { version, product_type, quantity }).await?;
                let code = in_fives(bought.code.as_str());
                // What was bought is told even where it cannot be written down.
                let saved =
                    save.map_or(Ok(()), |file| std::fs::write(&file, format!("{code}\n")).map_err(|error| Failure::file(&file, error)));
                let text = format!("{code}  for {quantity} {product_type} CALs {version}\ninstall it with: tsl install retail {code}");
                context.out.show(&bought, |out| out.line(&text)).and(saved)
            }
            Buy::Xp { count } => {
                let bought: BoughtXp = desk.post("/lab/reseller/xp-keys", &BuyXp { count }).await?;
                let keys: Vec<String> = bought.keys.iter().map(|key| in_fives(key.as_str())).collect();
                context.out.show(&bought, |out| out.line(&keys.join("\n")))
            }
            Buy::Agreement { program, order, xp } => {
                let wanted = order.wanted();
                let body = SignAgreement { program: program.into(), entitlements: vec![wanted], xp_professional: xp };
                let signed: SignedAgreement = desk.post("/lab/reseller/agreements", &body).await?;
                let text = format!(
                    "entitled to {} {} CALs {}\ninstall them with: tsl install {} --quantity {} --version {} --type {}",
                    wanted.quantity,
                    wanted.product_type,
                    wanted.version,
                    words(&signed.purchase),
                    wanted.quantity,
                    wanted.version,
                    wanted.product_type
                );
                context.out.show(&signed, |out| out.line(&text))
            }
        }
    }
}

/// A purchase as `tsl install` takes it.
pub(crate) fn words(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("retail {}", in_fives(code.as_str())),
        Purchase::Open { license, authorization } => format!("open {license} {authorization}"),
        Purchase::Volume { agreement, enrollment } => {
            let program = match agreement {
                VolumeProgram::Select => "select",
                VolumeProgram::Enterprise => "enterprise",
                VolumeProgram::Campus => "campus",
                VolumeProgram::School => "school",
                VolumeProgram::ServicesProvider => "services-provider",
            };
            format!("volume {program} {enrollment}")
        }
        Purchase::Other { agreement } => format!("other {agreement}"),
    }
}

#[derive(Args, Debug)]
pub(crate) struct How {
    #[command(flatten)]
    on: OnLicenseServer,
    /// Repeat this id to ask again after a lost answer: nothing is installed twice
    #[arg(long, value_name = "ID")]
    request: Option<RequestId>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Install {
    /// With the code of a retail package; the code says itself what it is for
    #[command(after_help = "Example:  tsl install retail 4AMQH-4AMQ5-4AMQR-4AMQC-4AMQY\nRules: AC-04, AC-33.")]
    Retail {
        /// The code, with or without hyphens; @FILE reads it from a file
        #[arg(value_name = "CODE|@FILE", value_parser = retail_code)]
        code: RetailCode,
        #[command(flatten)]
        how: How,
    },
    /// Under an Open License
    #[command(after_help = "Example:  tsl install open 12345678 AB12CD34EF56GH7 --quantity 25\nRules: AC-05, AC-08.")]
    Open {
        /// The license number: 8 digits
        license: OpenLicenseNumber,
        /// The authorization number: 15 letters and digits
        authorization: AuthorizationNumber,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        how: How,
    },
    /// Under a volume program
    #[command(after_help = "Example:  tsl install volume enterprise 1234567 --quantity 500 --type user\nRules: AC-06, AC-08.")]
    Volume {
        /// The program
        #[arg(value_enum)]
        program: Volume,
        /// The enrollment number: 7 digits
        enrollment: EnrollmentNumber,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        how: How,
    },
    /// Under Open Value, Multi-Year Open or Open Subscription
    #[command(after_help = "Example:  tsl install other 1234567 --quantity 30\nRules: AC-07, AC-08.")]
    Other {
        /// The agreement number: 7 digits
        agreement: AgreementNumber,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        how: How,
    },
}

/// A retail code as typed, or from the first line of a file.
fn retail_code(typed: &str) -> Result<RetailCode, String> {
    let Some(file) = typed.strip_prefix('@') else { return typed.parse().map_err(|error: ParseError| error.to_string()) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    text.lines().next().unwrap_or_default().trim().parse().map_err(|error: ParseError| format!("{file}: {error}"))
}

/// `tsl install`: with papers, or by a typed id.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct InstallArgs {
    /// The license key pack ID that the clearinghouse's page showed or its representative read out (AC-03)
    #[arg(long, value_name = "35 CHARACTERS")]
    key_pack_id: Option<String>,
    #[command(flatten)]
    how: How,
    #[command(subcommand)]
    papers: Option<Install>,
}

impl InstallArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match (self.papers, self.key_pack_id) {
            (Some(papers), _) => papers.run(context).await,
            (None, Some(typed)) => {
                let key_pack_id = super::lifecycle::typed::<PackId>(CodeKind::KeyPackId, &typed)?;
                let request = self.how.request.unwrap_or_else(random::request_id);
                let row: PackRow = self.how.on.api(context)?.post("/packs/ids", &InstallKeyPack { request, key_pack_id }).await?;
                show_installed(context, &row)
            }
            (None, None) => super::wizards::install_wizard(context).await,
        }
    }
}

pub(crate) fn show_installed(context: &Context, installed: &PackRow) -> Result<(), Failure> {
    context.out.show(installed, |out| {
        let pack = &installed.pack;
        out.line(&format!(
            "installed: {} {} CALs {} ({}), {} of them free\npack id {}",
            pack.total, pack.product_type, pack.version, pack.kind, installed.available, pack.id
        ));
    })
}

impl Install {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (purchase, wanted, how) = match self {
            Install::Retail { code, how } => (Purchase::Retail { code }, None, how),
            Install::Open { license, authorization, order, how } => (Purchase::Open { license, authorization }, Some(order.wanted()), how),
            Install::Volume { program, enrollment, order, how } => {
                (Purchase::Volume { agreement: program.into(), enrollment }, Some(order.wanted()), how)
            }
            Install::Other { agreement, order, how } => (Purchase::Other { agreement }, Some(order.wanted()), how),
        };
        let api = how.on.api(context)?;
        install(context, &api, how.request, purchase, wanted).await
    }
}

/// Installs what was bought, and says what is there now.
pub(crate) async fn install(
    context: &Context,
    api: &Api,
    request: Option<RequestId>,
    purchase: Purchase,
    wanted: Option<Wanted>,
) -> Result<(), Failure> {
    let request = request.unwrap_or_else(random::request_id);
    let body = InstallPack { request: request.clone(), purchase, wanted };
    let installed: PackRow = match api.post("/packs", &body).await {
        Ok(row) => row,
        Err(failure @ Failure::Silent { .. }) => {
            context.out.note(&format!("no answer; the same command with --request {request} asks again without installing twice"));
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    show_installed(context, &installed)
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
        let api = self.on.api(context)?;
        let kind = self.kind.map(|kind| match kind {
            KindName::Temporary => CalKind::Temporary,
            KindName::Permanent => CalKind::Permanent,
        });
        let mut query = LicenseQuery { device: self.device, hardware_id: self.hardware_id, kind, after: None, limit: Some(1000) };
        let mut rows: Vec<LicenseRow> = Vec::new();
        loop {
            let page: LicenseList = api.list("/licenses", &query).await?;
            rows.extend(page.licenses);
            query.after = page.next;
            if query.after.is_none() || rows.len() >= self.limit {
                break;
            }
        }
        rows.truncate(self.limit);
        context.out.show(&rows, |out| {
            let header = ["no", "device", "user", "kind", "version", "standing", "since", "until", "issuer"];
            out.table(&header, rows.iter().map(license_row).collect(), "nobody holds a license that fits");
        })
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
        context.out.show(&json!({ "activations": activations.items, "packs": packs.items }), |out| {
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
                vec![row.at.to_string(), row.name.to_string(), words(&row.purchase), pack, outcome_words(&row.outcome)]
            });
            out.line("");
            out.table(&["when", "license server", "shown", "pack", "outcome"], rows.collect(), "nobody asked for a pack yet");
        })
    }
}

fn outcome_words(outcome: &RecordOutcome) -> String {
    match outcome {
        RecordOutcome::Granted => "granted".to_owned(),
        RecordOutcome::Refused { reason, rules } => format!("refused: {reason} ({})", rules.join(", ")),
    }
}
