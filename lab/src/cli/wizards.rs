//! What the wizards ask, in their order: installing CALs (TL-09), and installing and activating a license server (TL-10, AC-47).

use std::io::{self, BufRead as _};
use std::path::Path;
use std::str::FromStr;

use chassis::random;
use clap::Args;
use serde_json::Value;
use shared::model::code::CodeKind;
use shared::model::{LicenseServerId, LicenseServerRole, PackId, ParseError, Purchase, Registrant, ServerName, VolumeProgram};
use shared::wire::clearinghouse::Wanted;
use shared::wire::license_server::{ActivateById, ActivationView, InstallKeyPack, LicenseServerStanding, PackRow, PlaceLicenseServer};

use super::Context;
use super::on::meant;
use super::papers::{install, show_installed};
use super::words::typed_code;
use crate::api::Api;
use crate::failure::Failure;
use crate::out::Out;
use crate::place::Kind;
use crate::setup;

/// The help of `tsl install`.
pub(crate) const INSTALL_HELP: &str = "\
Without a subcommand it asks what the wizard asks, in its order: the server, the installation method and required information of its
properties, then the license program, its numbers, and version, type and quantity. Answers may be piped in, a line each.

Example:  tsl install
          tsl install retail 4AMQH-4AMQ5-4AMQR-4AMQC-4AMQY
          tsl install --key-pack-id 222AN-...      by web or telephone (AC-03)
          tsl install open 12345678 AB12CD34EF56GH7 --quantity 25 --version 5.2 --type device
Rules: AC-30 to AC-34, TL-09. A code works once; the same command again after a lost answer installs nothing twice (--request).";

/// The help of `tsl setup-wizard`.
pub(crate) const SETUP_HELP: &str = "\
Asks what the set-up of the component asks: Add or Remove Programs, Add/Remove Windows Components, Terminal Server Licensing; for
whom the server is (its role); then it offers activation, which is recommended and can be declined and done later (tsl activate).

Example:  tsl setup-wizard
          printf '%s\\n' yes enterprise no | tsl setup-wizard --server LS1
Rules: TL-10, AC-47, LS-03 (until activation there are temporary licenses only), AC-11.";

#[derive(Args, Debug)]
pub(crate) struct SetupWizard {
    /// The license server (the first one if left out)
    #[arg(long, value_name = "NAME")]
    server: Option<ServerName>,
}

/// The wizard of Install Licenses.
pub(super) async fn install_wizard(context: &Context) -> Result<(), Failure> {
    let (lab, ask) = (context.lab()?, Questions { out: context.out });
    let usual = lab.license_server(None)?.name.to_string();
    let name: ServerName = ask.typed("Terminal Server Licensing: license server", &usual)?;
    let place = lab.license_server(Some(&name))?;
    let api = lab.admin(Kind::LicenseServer, place)?;
    let method = ask.method()?;
    let view: ActivationView = api.get("/activation").await?;
    if view.status != 0 {
        context.out.note("Properties, Required Information: this server is not activated; CALs are installed after that (AC-30)");
        activation(&ask, &api, &name, method).await?;
    }
    context.out.note("Action, Install Licenses");
    if method != "automatic" {
        let key_pack_id = ask.code::<PackId>("License key pack ID", CodeKind::KeyPackId)?;
        let body = InstallKeyPack { request: random::request_id(), key_pack_id };
        return show_installed(context, &api.post::<_, PackRow>("/packs/ids", &body).await?);
    }
    let programs = ["retail", "open", "select", "enterprise", "campus", "school", "services-provider", "other"];
    let program = ask.one_of("License program", &programs)?;
    let purchase = match program {
        "retail" => Purchase::Retail { code: ask.typed("License code", "")? },
        "open" => Purchase::Open { license: ask.typed("License number", "")?, authorization: ask.typed("Authorization number", "")? },
        "other" => Purchase::Other { agreement: ask.typed("Agreement number", "")?, authorization: ask.typed("Authorization number", "")? },
        volume => Purchase::Volume {
            agreement: volume_program(volume),
            enrollment: ask.typed("Enrollment number", "")?,
            authorization: ask.typed("Authorization number", "")?,
        },
    };
    let wanted = if program == "retail" { None } else { Some(wanted(&ask)?) };
    install(context, &api, None, purchase, wanted).await
}

fn volume_program(name: &str) -> VolumeProgram {
    match name {
        "select" => VolumeProgram::Select,
        "campus" => VolumeProgram::Campus,
        "school" => VolumeProgram::School,
        "services-provider" => VolumeProgram::ServicesProvider,
        _ => VolumeProgram::Enterprise,
    }
}

/// AC-08: what every purchase but a retail code also says.
fn wanted(ask: &Questions) -> Result<Wanted, Failure> {
    use shared::model::ProductType::{Device, User};
    let version = ask.typed("Product version", "5.2")?;
    let product_type = if ask.one_of("License type", &["device", "user"])? == "user" { User } else { Device };
    Ok(Wanted { version, product_type, quantity: ask.typed("Quantity", "")? })
}

impl SetupWizard {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (lab, ask) = (context.lab()?, Questions { out: context.out });
        let place = meant(context.out, &lab, Kind::LicenseServer, self.server.as_ref())?;
        let api = lab.admin(Kind::LicenseServer, place)?;
        context.out.note("Add or Remove Programs, Add/Remove Windows Components, Terminal Server Licensing");
        if !ask.yes(&format!("Install Terminal Server Licensing on {}?", place.name))? {
            return context.out.show(&serde_json::json!({ "installed": false }), |out| out.line("nothing was installed"));
        }
        for step in setup::trust(&lab).await?.iter().filter(|step| step.changed) {
            context.out.note(&format!("+ {} {}", step.server, step.what));
        }
        let role = ask.one_of("Make this license server available to", &["enterprise", "domain"])?;
        let chosen = if role == "domain" { LicenseServerRole::Domain } else { LicenseServerRole::Enterprise };
        let standing: LicenseServerStanding = api.get("/network").await?;
        let _: Value = api.put("/network", &PlaceLicenseServer { placement: standing.placement, role: Some(chosen) }).await?;
        let view: ActivationView = api.get("/activation").await?;
        let activated = if view.status == 0 {
            context.out.note("this server is activated already");
            true
        } else if ask.yes("Activate the license server now? (highly recommended)")? {
            let method = ask.method()?;
            activation(&ask, &api, &place.name, method).await?;
            true
        } else {
            false
        };
        let later = if activated { "activated" } else { "not activated: temporary licenses only until tsl activate (LS-03)" };
        let value = serde_json::json!({ "installed": true, "server": place.name, "role": role, "activated": activated });
        context.out.show(&value, |out| out.line(&format!("{} is installed, role {role}, {later}", place.name)))
    }
}

/// The wizard's pages with the required and the optional information (AC-11), or the one that takes the License Server ID (AC-12).
async fn activation(ask: &Questions, api: &Api, name: &ServerName, method: &str) -> Result<(), Failure> {
    if method != "automatic" {
        let license_server_id = ask.code::<LicenseServerId>("License Server ID", CodeKind::LicenseServerId)?;
        let _: Value = api.post("/activation/id", &ActivateById { license_server_id, reason: None }).await?;
        ask.out.note(&format!("{name} is activated"));
        return Ok(());
    }
    let mut registrant = Registrant {
        first_name: Some(ask.typed("First name", "")?),
        last_name: Some(ask.typed("Last name", "")?),
        company: Some(ask.typed("Company", "")?),
        country: Some(ask.typed("Country or region", "")?),
        ..Registrant::default()
    };
    registrant.email = ask.optional("E-mail (may be left out)")?;
    let view = setup::activate_as(api, registrant).await?;
    ask.out.note(&format!("{name} is activated, Product ID {}", view.product_id));
    Ok(())
}

/// A person, or a pipe, that answers.
struct Questions {
    out: Out,
}

impl Questions {
    /// Installation method: with the last two the numbers come from the clearinghouse's page, or are heard on the telephone.
    fn method(&self) -> Result<&'static str, Failure> {
        self.one_of("Properties, Installation Method: automatic (recommended), web or telephone", &["automatic", "web", "telephone"])
    }

    /// A code that a person types; a mistake is named by its group.
    fn code<T: FromStr<Err = ParseError>>(&self, question: &str, kind: CodeKind) -> Result<T, Failure> {
        typed_code(kind, &self.line(question, "")?)
    }

    fn line(&self, question: &str, usual: &str) -> Result<String, Failure> {
        let hint = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        self.out.note(&format!("{question}{hint}:"));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).map_err(|error| Failure::file(Path::new("standard input"), error))?;
        match (read, line.trim()) {
            (0, _) => Err(Failure::Usage(format!("no answer to: {question}; nothing was changed by it"))),
            (_, "") => Ok(usual.to_owned()),
            (_, answer) => Ok(answer.to_owned()),
        }
    }

    fn typed<T: FromStr>(&self, question: &str, usual: &str) -> Result<T, Failure>
    where
        T::Err: std::fmt::Display,
    {
        self.line(question, usual)?.parse().map_err(|error: T::Err| Failure::Usage(format!("{question}: {error}")))
    }

    fn optional<T: FromStr>(&self, question: &str) -> Result<Option<T>, Failure>
    where
        T::Err: std::fmt::Display,
    {
        let line = self.line(question, "")?;
        if line.is_empty() {
            Ok(None)
        } else {
            line.parse().map(Some).map_err(|error: T::Err| Failure::Usage(format!("{question}: {error}")))
        }
    }

    /// One of several words, the first unless told.
    fn one_of<'a>(&self, question: &str, words: &[&'a str]) -> Result<&'a str, Failure> {
        let usual = words.first().copied().unwrap_or_default();
        let line = self.line(question, usual)?.to_lowercase();
        let found = words.iter().copied().find(|word| *word == line);
        found.ok_or_else(|| Failure::Usage(format!("{question}: {line} is none of {}", words.join(", "))))
    }

    fn yes(&self, question: &str) -> Result<bool, Failure> {
        Ok(self.one_of(question, &["yes", "no"])? == "yes")
    }
}
