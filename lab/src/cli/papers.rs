//! The papers of a purchase: bought at the reseller's desk, and what they install.

use std::path::PathBuf;

use chassis::random;
use clap::{Args, Subcommand};
use shared::model::code::in_fives;
use shared::model::{
    AgreementNumber, AuthorizationNumber, EnrollmentNumber, OpenLicenseNumber, ParseError, ProductType, ProductVersion, Purchase,
    RequestId, RetailCode, VolumeProgram,
};
use shared::wire::clearinghouse::{AgreementProgram, BoughtCode, BoughtXp, BuyCode, BuyXp, SignAgreement, SignedAgreement, Wanted};
use shared::wire::license_server::{InstallPack, PackRow};

use super::Context;
use super::on::OnLicenseServer;
use super::words::purchase_words;
use crate::api::Api;
use crate::failure::Failure;
use crate::place::Kind;

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
                    purchase_words(&signed.purchase),
                    wanted.quantity,
                    wanted.version,
                    wanted.product_type
                );
                context.out.show(&signed, |out| out.line(&text))
            }
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct How {
    #[command(flatten)]
    pub(super) on: OnLicenseServer,
    /// Repeat this id to ask again after a lost answer: nothing is installed twice
    #[arg(long, value_name = "ID")]
    pub(super) request: Option<RequestId>,
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
    #[command(
        after_help = "Example:  tsl install volume enterprise 1234567 AB12CD34EF56GH7 --quantity 500 --type user\nRules: AC-06, AC-08."
    )]
    Volume {
        /// The program
        #[arg(value_enum)]
        program: Volume,
        /// The enrollment number: 7 digits
        enrollment: EnrollmentNumber,
        /// The authorization number beside it: 15 letters and digits
        authorization: AuthorizationNumber,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        how: How,
    },
    /// Under Open Value, Multi-Year Open or Open Subscription
    #[command(after_help = "Example:  tsl install other 1234567 AB12CD34EF56GH7 --quantity 30\nRules: AC-07, AC-08.")]
    Other {
        /// The agreement number: 7 digits
        agreement: AgreementNumber,
        /// The authorization number beside it: 15 letters and digits
        authorization: AuthorizationNumber,
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
            Install::Volume { program, enrollment, authorization, order, how } => {
                (Purchase::Volume { agreement: program.into(), enrollment, authorization }, Some(order.wanted()), how)
            }
            Install::Other { agreement, authorization, order, how } => {
                (Purchase::Other { agreement, authorization }, Some(order.wanted()), how)
            }
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
