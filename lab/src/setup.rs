//! The set-up of a lab: who trusts whom, activation, a pack of CALs, accounts. Done again, it changes nothing.

mod directory;
mod forgetting;
mod peers;

pub use forgetting::{Forgotten, forget};

use std::time::Duration;

use chassis::random;
use serde_json::Value;
use shared::model::PolicyAcOn;
use shared::model::{Category, Generation, ProductType, ProductVersion, Purchase, Registrant, RegistrantText, ServerName, Span, UserName};
use shared::wire::clearinghouse::{BoughtCode, BuyCode};
use shared::wire::common::Identity;
use shared::wire::license_server::{
    Activate, ActivationView, InstallPack, PackList, TerminalServerRow, TrustClearinghouse, TrustTerminalServer,
};
use shared::wire::problem::ProblemCode;
use shared::wire::terminal_server::{
    AccountChange, AccountRow, LicenseServerList, LicenseServerRow, SettingsChange, TrustLicenseServer, TrustRoot,
};
use shared::wire::workstation::{AddLicenses, AddServerCals, LicenseManagerView};

use crate::api::{Api, path_segment};
use crate::clock::{Clocks, Reading};
use crate::failure::Failure;
use crate::place::{Kind, Lab, Place};

/// What a set-up is to bring about.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Device CALs of the license server's version to buy and install on a license server that has no pack; 0 for none.
    pub cals: u32,
    /// Who activates.
    pub registrant: Registrant,
    /// Terminal servers to switch to per-user licensing (WS03-02).
    pub per_user: Vec<ServerName>,
    /// Ordinary accounts to make on every terminal server, beside `administrator`.
    pub users: Vec<UserName>,
}

/// One thing that the set-up looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// The server it concerns.
    pub server: ServerName,
    /// What is so now.
    pub what: String,
    /// Whether it took a change.
    pub changed: bool,
}

/// The account that every terminal server gets for its administrator.
///
/// # Errors
/// Never; the name is a good one.
pub fn administrator() -> Result<UserName, Failure> {
    "administrator".parse().map_err(|error| Failure::Broken(format!("{error}")))
}

/// The registrant that the lab activates itself with; the required fields of AC-11.
///
/// # Errors
/// Never; the texts are good ones.
pub fn lab_registrant() -> Result<Registrant, Failure> {
    let text = |text: &str| text.parse::<RegistrantText>().map(Some).map_err(|error| Failure::Broken(format!("{error}")));
    Ok(Registrant {
        first_name: text("Lab")?,
        last_name: text("Administrator")?,
        company: text("Licensing Lab")?,
        country: text("Austria")?,
        ..Registrant::default()
    })
}

/// Sets up a whole lab.
///
/// # Errors
/// The first step that a service refuses or does not answer.
pub async fn run(lab: &Lab, plan: &Plan) -> Result<Vec<Step>, Failure> {
    let mut steps = one_time(lab).await?;
    steps.extend(trust(lab).await?);
    for place in &lab.file().license_servers {
        let api = lab.admin(Kind::LicenseServer, place)?;
        steps.push(activate(&api, place, &plan.registrant).await?);
        steps.extend(first_pack(lab, &api, place, plan.cals).await?);
    }
    for place in &lab.file().terminal_servers {
        let api = lab.admin(Kind::TerminalServer, place)?;
        steps.extend(nt4_licenses(lab, place, plan.cals).await?);
        steps.extend(accounts(lab, &api, place, &plan.users).await?);
        if plan.per_user.contains(&place.name) {
            steps.push(license_per_user(&api, place).await?);
        }
    }
    Ok(steps)
}

/// Services that were told at their first start when lab time begins were not started in the same second; a license server whose clock is
/// behind would hold its new certificate for one that is not valid yet. Without lab powers clocks are what they are.
async fn one_time(lab: &Lab) -> Result<Vec<Step>, Failure> {
    let members: Result<Vec<_>, Failure> =
        lab.services().into_iter().map(|(kind, place)| Ok((place.name.clone(), lab.admin(kind, place)?))).collect();
    let moved = match Clocks::new(members?).agree(STARTED_TOGETHER).await {
        Err(Failure::Problem(problem)) if problem.code == ProblemCode::LabOff => return Ok(Vec::new()),
        moved => moved?,
    };
    let told =
        |reading: Reading| Step { server: reading.service, what: format!("has the others' time, {}", reading.clock.now), changed: true };
    Ok(moved.into_iter().map(told).collect())
}

/// How far apart the services of one lab may have been started.
const STARTED_TOGETHER: Span = Span::seconds(600);

/// WS03-02: switches a terminal server to licensing per user.
pub(crate) async fn license_per_user(api: &Api, place: &Place) -> Result<Step, Failure> {
    let change = SettingsChange { policy_ac_on: Some(PolicyAcOn::PER_USER), ..SettingsChange::default() };
    let _: Value = api.patch("/settings", &change).await?;
    Ok(step(place, "licenses per user (PolicyAcOn = 4)", true))
}

/// Whom a service is told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// Everybody in the lab.
    Everybody,
    /// Those that it knows already; whom an administrator took away stays away.
    Known,
}

/// Settles who knows whose key: the clearinghouse's at license servers, those of all license servers at each other, and each terminal
/// server's and license server's at the other.
///
/// # Errors
/// As [`run`].
pub async fn trust(lab: &Lab) -> Result<Vec<Step>, Failure> {
    introduce(lab, Whom::Everybody).await
}

/// Tells every service where those are now that it knows: free ports are others at every start.
///
/// # Errors
/// As [`run`].
pub async fn readdress(lab: &Lab) -> Result<(), Failure> {
    introduce(lab, Whom::Known).await.map(drop)
}

async fn introduce(lab: &Lab, whom: Whom) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let root = match lab.clearinghouse() {
        Ok(place) => Some((place, identity(lab, place).await?)),
        Err(_) => None,
    };
    for place in &lab.file().license_servers {
        if let Some((clearinghouse, identity)) = &root {
            steps.extend(trust_clearinghouse(lab, place, clearinghouse, identity, whom).await?);
        }
    }
    steps.extend(peers::enrol(lab, whom).await?);
    let root = root.and_then(|(_, identity)| identity.root);
    for place in &lab.file().terminal_servers {
        if is_nt4(&identity(lab, place).await?) {
            steps.push(step(place, "is its own license manager and asks no license server (NT-01)", false));
            continue;
        }
        steps.extend(enrol(lab, place, root.as_deref(), whom).await?);
    }
    steps.extend(directory::introduce(lab, whom).await?);
    Ok(steps)
}

async fn trust_clearinghouse(
    lab: &Lab,
    place: &Place,
    clearinghouse: &Place,
    identity: &Identity,
    whom: Whom,
) -> Result<Option<Step>, Failure> {
    let own: Identity = lab.anyone(place)?.get("/identity").await?;
    if whom == Whom::Known && own.root_fingerprint != identity.root_fingerprint {
        return Ok(None);
    }
    let Some(root) = identity.root.clone() else {
        return Err(Failure::Broken(format!("{} shows no root certificate at /identity", clearinghouse.name)));
    };
    let fingerprint = identity.root_fingerprint.clone().unwrap_or_default();
    let body = TrustClearinghouse {
        name: identity.name.clone(),
        key: identity.key,
        agreement: identity.agreement,
        root,
        url: clearinghouse.peer_url().to_owned(),
    };
    let _: Value = lab.admin(Kind::LicenseServer, place)?.put("/clearinghouse", &body).await?;
    let what = format!("belongs to {}, root {}", identity.name, shorten(&fingerprint));
    Ok(Some(step(place, &what, own.root_fingerprint != identity.root_fingerprint)))
}

async fn enrol(lab: &Lab, place: &Place, root: Option<&str>, whom: Whom) -> Result<Vec<Step>, Failure> {
    let (own, api) = (identity(lab, place).await?, lab.admin(Kind::TerminalServer, place)?);
    let known: Vec<LicenseServerRow> = api.all("/license-servers").await?;
    let mut steps = Vec::new();
    if let Some(root) = root.filter(|_| whom == Whom::Everybody) {
        let _: Value = api.put("/root", &TrustRoot { root: root.to_owned() }).await?;
        steps.push(step(place, "knows the lab's root", own.root.is_none()));
    }
    // An order that the administrator has settled stays; only servers that are new here join it, at its end.
    let mut names: Vec<ServerName> = known.iter().filter(|row| row.listed).map(|row| row.name.clone()).collect();
    let listed = names.len();
    for server in &lab.file().license_servers {
        let theirs = identity(lab, server).await?;
        if whom == Whom::Known {
            if known.iter().any(|row| row.name == theirs.name && row.key == theirs.key && row.url != server.peer_url()) {
                tell_license_server(&api, &theirs, server).await?;
            }
            continue;
        }
        let there = lab.admin(Kind::LicenseServer, server)?;
        let rows: Vec<TerminalServerRow> = there.all("/terminal-servers").await?;
        let here = known.iter().any(|row| row.name == theirs.name && row.key == theirs.key && row.url == server.peer_url());
        let both = here && rows.iter().any(|row| row.name == own.name && row.key == own.key);
        if !both {
            let path = format!("/terminal-servers/{}", path_segment(own.name.as_str()));
            let _: Value = there.put(&path, &TrustTerminalServer { key: own.key }).await?;
            tell_license_server(&api, &theirs, server).await?;
        }
        let what = format!("and {} know each other: {} and {}", theirs.name, shorten(&own.thumbprint), shorten(&theirs.thumbprint));
        steps.push(step(place, &what, !both));
        if !known.iter().any(|row| row.name == theirs.name) {
            names.push(theirs.name);
        }
    }
    if names.len() > listed {
        let what = format!("asks {}", names.iter().map(ServerName::as_str).collect::<Vec<_>>().join(", then "));
        let _: Value = api.put("/license-servers", &LicenseServerList { names }).await?;
        steps.push(step(place, &what, true));
    }
    Ok(steps)
}

async fn tell_license_server(terminal_server: &Api, theirs: &Identity, place: &Place) -> Result<(), Failure> {
    let path = format!("/license-servers/{}", path_segment(theirs.name.as_str()));
    let body = TrustLicenseServer { key: theirs.key, url: place.peer_url().to_owned() };
    let _: Value = terminal_server.put(&path, &body).await?;
    Ok(())
}

/// Activates a license server that is not activated yet (AC-10).
///
/// # Errors
/// As [`run`].
pub async fn activate(api: &Api, place: &Place, registrant: &Registrant) -> Result<Step, Failure> {
    let view: ActivationView = api.get("/activation").await?;
    if view.status != 0 {
        let _: Value = api.post("/activation", &Activate { registrant: registrant.clone() }).await?;
        begun(api).await?;
    }
    Ok(step(place, "is activated", view.status != 0))
}

/// Activates a license server for this registrant.
///
/// # Errors
/// What the clearinghouse or the license server says against it.
pub async fn activate_as(api: &Api, registrant: Registrant) -> Result<ActivationView, Failure> {
    let _: Value = api.post("/activation", &Activate { registrant }).await?;
    begun(api).await
}

/// The activation once its certificate has begun: the clock of a license server that was started a moment after its clearinghouse
/// runs a moment behind.
async fn begun(api: &Api) -> Result<ActivationView, Failure> {
    for _ in 0..BEGINNINGS_MAX {
        let view: ActivationView = api.get("/activation").await?;
        if view.status == 0 {
            return Ok(view);
        }
        tokio::time::sleep(BEGINNING).await;
    }
    api.get("/activation").await
}

async fn first_pack(lab: &Lab, api: &Api, place: &Place, cals: u32) -> Result<Option<Step>, Failure> {
    let list: PackList = api.packs().await?;
    if cals == 0 {
        return Ok(None);
    }
    if !list.packs.is_empty() {
        return Ok(Some(step(place, "has CALs already, so none were bought; more come with: tsl install", false)));
    }
    install(lab, api, place, ProductType::Device, cals).await.map(Some)
}

/// Buys a retail pack of the license server's own version and installs it.
pub(crate) async fn install(lab: &Lab, api: &Api, place: &Place, product_type: ProductType, cals: u32) -> Result<Step, Failure> {
    let version = identity(lab, place).await?.product_version.unwrap_or(ProductVersion::V5_2);
    let desk = lab.admin(Kind::Clearinghouse, lab.clearinghouse()?)?;
    let wanted = BuyCode { version, product_type, quantity: cals };
    let bought: BoughtCode = desk.post("/lab/reseller/codes", &wanted).await?;
    let body = InstallPack { request: random::request_id(), purchase: Purchase::Retail { code: bought.code }, wanted: None };
    let _: Value = api.post("/packs", &body).await?;
    Ok(step(place, &format!("has a retail pack of {cals} {product_type} CALs {version}"), true))
}

/// Makes the accounts on every terminal server, and nothing else.
///
/// # Errors
/// As [`run`].
pub async fn all_accounts(lab: &Lab, users: &[UserName]) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for place in &lab.file().terminal_servers {
        steps.extend(accounts(lab, &lab.admin(Kind::TerminalServer, place)?, place, users).await?);
    }
    Ok(steps)
}

fn is_nt4(identity: &Identity) -> bool {
    identity.generation == Some(Generation::WindowsNt4)
}

/// Something to begin with for a terminal server of Windows NT 4.0 that has no server CAL yet (NT-11, NT-14); nothing for others.
async fn nt4_licenses(lab: &Lab, place: &Place, cals: u32) -> Result<Option<Step>, Failure> {
    if !is_nt4(&identity(lab, place).await?) {
        return Ok(None);
    }
    let api = lab.admin(Kind::TerminalServer, place)?;
    let manager: LicenseManagerView = api.get("/nt/license-manager").await?;
    if cals == 0 {
        return Ok(None);
    }
    if manager.bought > 0 {
        return Ok(Some(step(place, "has server CALs already, so none were added; more come with: tsl nt lm add", false)));
    }
    let _: Value = api.post("/nt/license-manager/cals", &AddServerCals { count: cals }).await?;
    let _: Value = api.post("/nt/licenses", &AddLicenses { category: Category::Full, count: cals }).await?;
    let what = format!("has {cals} server CALs ({}) and {cals} Full workstation licenses", manager.mode.title());
    Ok(Some(step(place, &what, true)))
}

/// Makes the accounts that are missing on a terminal server.
pub(crate) async fn accounts(lab: &Lab, api: &Api, place: &Place, users: &[UserName]) -> Result<Vec<Step>, Failure> {
    let known: Vec<AccountRow> = api.all("/accounts").await?;
    let administrator = administrator()?;
    let mut steps = Vec::new();
    for user in std::iter::once(&administrator).chain(users) {
        let missing = !known.iter().any(|row| row.name == *user);
        if missing {
            let password = lab.passwords().find_or_make(user)?;
            let body = AccountChange { password, administrator: *user == administrator };
            let _: Value = api.put(&format!("/accounts/{}", path_segment(user.as_str())), &body).await?;
        }
        steps.push(step(place, &format!("has the account {user}"), missing));
    }
    Ok(steps)
}

/// Who a service says it is.
///
/// # Errors
/// A service that does not answer.
pub async fn identity(lab: &Lab, place: &Place) -> Result<Identity, Failure> {
    lab.anyone(place)?.get("/identity").await
}

/// One thing that was looked at at this server.
pub(crate) fn step(place: &Place, what: &str, changed: bool) -> Step {
    Step { server: place.name.clone(), what: what.to_owned(), changed }
}

/// The first 16 digits of a fingerprint: enough to compare by eye, the whole is in `--json` lists.
fn shorten(fingerprint: &str) -> &str {
    fingerprint.get(..16).unwrap_or(fingerprint)
}

const BEGINNINGS_MAX: u32 = 40;
const BEGINNING: Duration = Duration::from_millis(50);
