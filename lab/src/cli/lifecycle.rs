//! The life of a license server: activation by every method, deactivation, reactivation, backup, restore.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use chassis::random;
use clap::Args;
use serde_json::{Value, json};
use shared::model::code::{CodeKind, in_fives};
use shared::model::{ConfirmationCode, ContactMethod, LicenseServerId, ReactivationReason, Registrant, RegistrantText};
use shared::trust::{SigningKey, make_succession};
use shared::wire::common::Identity;
use shared::wire::license_server::{
    Activate as ActivateBody, ActivateById, ActivationView, BackupPage, BackupQuery, BringCertificate, Deactivate as DeactivateBody,
    Papers, Reactivate as ReactivateBody, ReplaceKey, RestorePart, Succession,
};

use super::Context;
use super::on::OnLicenseServer;
use super::words::typed_code;
use crate::api::Api;
use crate::backup::{self, Lines};
use crate::failure::Failure;

/// What a form asks of a person (AC-11).
#[derive(Args, Clone, Debug)]
pub(crate) struct Person {
    /// First name (required to activate)
    #[arg(long, value_name = "TEXT")]
    first_name: Option<RegistrantText>,
    /// Last name (required to activate)
    #[arg(long, value_name = "TEXT")]
    last_name: Option<RegistrantText>,
    /// Company (required to activate)
    #[arg(long, value_name = "TEXT")]
    company: Option<RegistrantText>,
    /// Country or region (required to activate)
    #[arg(long, value_name = "TEXT")]
    country: Option<RegistrantText>,
    /// E-mail address (required to deactivate)
    #[arg(long, value_name = "TEXT")]
    email: Option<RegistrantText>,
    /// Organizational unit
    #[arg(long, value_name = "TEXT")]
    unit: Option<RegistrantText>,
    /// Street address
    #[arg(long, value_name = "TEXT")]
    address: Option<RegistrantText>,
    /// City
    #[arg(long, value_name = "TEXT")]
    city: Option<RegistrantText>,
    /// State or province
    #[arg(long, value_name = "TEXT")]
    state: Option<RegistrantText>,
    /// Postal code
    #[arg(long, value_name = "TEXT")]
    postal_code: Option<RegistrantText>,
}

#[derive(Args, Debug)]
pub(crate) struct Activate {
    #[command(flatten)]
    on: OnLicenseServer,
    #[command(flatten)]
    person: Person,
    /// Only show how activation stands
    #[arg(long)]
    show: bool,
    /// Only show what the clearinghouse is told by web or telephone: Product ID, key text, certificate request
    #[arg(long, conflicts_with = "show")]
    papers: bool,
    /// The License Server ID that the clearinghouse's page showed or its representative read out (AC-12, AC-13)
    #[arg(long, value_name = "35 CHARACTERS", conflicts_with_all = ["show", "papers"])]
    id: Option<String>,
    /// The certificate that the clearinghouse's page offered beside the ID (CE-15)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["show", "papers", "id"])]
    certificate: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Deactivate {
    #[command(flatten)]
    on: OnLicenseServer,
    #[command(flatten)]
    person: Person,
    /// The confirmation code of a telephone call: four groups of five (AC-22)
    #[arg(long, value_name = "20 CHARACTERS")]
    code: Option<String>,
    /// How: automatic, telephone, web or fax (the last two are refused)
    #[arg(long, value_enum)]
    method: Option<MethodName>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum MethodName {
    /// The license server asks by itself
    Automatic,
    /// With a confirmation code
    Telephone,
    /// Refused (AC-21)
    Web,
    /// Refused (AC-21)
    Fax,
}

#[derive(Args, Debug)]
pub(crate) struct Reactivate {
    #[command(flatten)]
    on: OnLicenseServer,
    #[command(flatten)]
    person: Person,
    /// Why: 0 redeployed, 1 certificate-corrupt, 2 key-compromised, 3 registration-expired, 4 server-upgraded
    #[arg(long, value_name = "REASON")]
    reason: ReactivationReason,
    /// The License Server ID that the clearinghouse's page showed or its representative read out
    #[arg(long, value_name = "35 CHARACTERS")]
    id: Option<String>,
    /// Make a new key and show the papers for the telephone: for reason 2, before asking for an ID
    #[arg(long, conflicts_with_all = ["id", "old_key"])]
    new_key: bool,
    /// The key.pem of the installation before, where this one has another key: for reason 0 (it stays here, and only signs)
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    old_key: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Backup {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The file to write
    file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Restore {
    #[command(flatten)]
    on: OnLicenseServer,
    /// The file that `tsl backup` wrote
    file: PathBuf,
}

impl Person {
    fn registrant(self) -> Registrant {
        Registrant {
            first_name: self.first_name,
            last_name: self.last_name,
            company: self.company,
            country: self.country,
            email: self.email,
            unit: self.unit,
            address: self.address,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
        }
    }
}

impl Activate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        if self.papers {
            return show_papers(context, &api.get("/activation/papers").await?);
        }
        if let Some(id) = &self.id {
            let license_server_id: LicenseServerId = typed_code(CodeKind::LicenseServerId, id)?;
            let _: Value = api.post("/activation/id", &ActivateById { license_server_id, reason: None }).await?;
        } else if let Some(file) = &self.certificate {
            let certificate = std::fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
            let _: Value = api.put("/activation/certificate", &BringCertificate { certificate }).await?;
        } else if !self.show {
            let _: Value = api.post("/activation", &ActivateBody { registrant: self.person.registrant() }).await?;
        }
        show_activation(context, &api).await
    }
}

impl Deactivate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        let confirmation_code =
            self.code.as_deref().map(|code| typed_code::<ConfirmationCode>(CodeKind::Confirmation, code)).transpose()?;
        let method = match (self.method, &confirmation_code) {
            (Some(MethodName::Automatic), _) | (None, None) => ContactMethod::Automatic,
            (Some(MethodName::Telephone), _) | (None, Some(_)) => ContactMethod::Telephone,
            (Some(MethodName::Web), _) => ContactMethod::Web,
            (Some(MethodName::Fax), _) => ContactMethod::Fax,
        };
        let registrant = (confirmation_code.is_none()).then(|| self.person.registrant());
        let _: Value = api.post("/deactivation", &DeactivateBody { method, registrant, confirmation_code }).await?;
        show_activation(context, &api).await
    }
}

impl Reactivate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let api = self.on.api(context)?;
        if self.new_key {
            return show_papers(context, &api.post("/activation/key", &ReplaceKey { compromised: true }).await?);
        }
        let reason = self.reason;
        let _: Value = match &self.id {
            Some(id) => {
                let license_server_id: LicenseServerId = typed_code(CodeKind::LicenseServerId, id)?;
                api.post("/activation/id", &ActivateById { license_server_id, reason: Some(reason) }).await?
            }
            None => {
                let succession = match &self.old_key {
                    Some(file) => Some(succession(&api, file).await?),
                    None => None,
                };
                api.post("/reactivation", &ReactivateBody { reason, registrant: self.person.registrant(), succession }).await?
            }
        };
        show_activation(context, &api).await
    }
}

/// AM-15: the old key's word for the new one. The key never leaves this machine.
async fn succession(api: &Api, file: &Path) -> Result<Succession, Failure> {
    let pem = std::fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
    let old = SigningKey::from_pkcs8_pem(&pem).map_err(|error| Failure::file(file, error))?;
    let (papers, identity): (Papers, Identity) = (api.get("/activation/papers").await?, api.get("/identity").await?);
    let request = random::request_id();
    let signature = make_succession(&old, &papers.product_id, &identity.key, &request).map_err(|error| Failure::file(file, error))?;
    Ok(Succession { request, signature })
}

async fn show_activation(context: &Context, api: &Api) -> Result<(), Failure> {
    let view: ActivationView = api.get("/activation").await?;
    context.out.show(&view, |out| {
        let state = if view.status == 0 { "activated (status 0)" } else { "not activated (status 1)" };
        let since = view.activated_at.map_or_else(String::new, |at| format!(", since {at}"));
        let what = if view.license_server_id.is_some() { "registration" } else { "certificate" };
        let until = view.ends_at.map_or_else(String::new, |at| format!(", {what} ends {at}"));
        out.line(&format!("{state}{since}{until}\nProduct ID {}", view.product_id));
        if let Some(id) = &view.license_server_id {
            out.line(&format!("License Server ID {}", id.in_fives()));
        }
        if let Some(prompt) = &view.prompt {
            out.line(&format!("to do: {prompt}"));
        }
    })
}

fn show_papers(context: &Context, papers: &Papers) -> Result<(), Failure> {
    context.out.show(papers, |out| {
        out.line(&format!("name        {}\nProduct ID  {}\nkey text    {}", papers.name, papers.product_id, in_fives(&papers.key_text)));
        out.line("\nFor the page only, where a certificate is wanted as a file beside the ID:");
        out.line(papers.certificate_request.trim_end());
    })
}

impl Backup {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (api, server) = (self.on.api(context)?, self.on.name(context)?);
        let mut lines = Lines::create(&self.file, &server)?;
        let (mut query, mut records) = (BackupQuery::default(), 0u64);
        loop {
            let page: BackupPage = api.list("/backup", &query).await?;
            if let Some(facts) = &page.facts {
                lines.write(facts)?;
            }
            for record in &page.records {
                lines.write(record)?;
                records += 1;
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        let sha256 = lines.finish(records)?;
        let value = json!({ "file": self.file, "licenses": records, "sha256": sha256 });
        context.out.show(&value, |out| out.line(&format!("{records} licenses of {server} in {}\nsha256 {sha256}", self.file.display())))
    }
}

impl Restore {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (api, server) = (self.on.api(context)?, self.on.name(context)?);
        // Read twice: nothing is sent before the whole file has proved to be what was written.
        let records = backup::whole(self.lines()?).map_err(|why| Failure::file(&self.file, why))?;
        let mut lines = self.lines()?.skip(1);
        let facts = parsed(&self.file, lines.next())?;
        let _: Value = api.post("/restore", &RestorePart::Begin { facts }).await?;
        let mut left = records;
        while left > 0 {
            let count = left.min(PIECE);
            let mut piece = Vec::new();
            for _ in 0..count {
                piece.push(parsed(&self.file, lines.next())?);
            }
            let _: Value = api.post("/restore", &RestorePart::Records { records: piece }).await?;
            left -= count;
        }
        let _: Value = api.post("/restore", &RestorePart::End { records }).await?;
        let value = json!({ "server": server, "licenses": records });
        context.out.show(&value, |out| {
            out.line(&format!("{records} licenses are back on {server}; see: tsl packs, tsl events --server {server}"));
        })
    }

    fn lines(&self) -> Result<std::io::Lines<BufReader<File>>, Failure> {
        Ok(BufReader::new(File::open(&self.file).map_err(|error| Failure::file(&self.file, error))?).lines())
    }
}

fn parsed(file: &Path, line: Option<std::io::Result<String>>) -> Result<Value, Failure> {
    let line = line.and_then(Result::ok).ok_or_else(|| Failure::file(file, "it ends too early"))?;
    serde_json::from_str(&line).map_err(|error| Failure::file(file, error))
}

/// Records of one request: well below the size that a body may have.
const PIECE: u64 = 50;
