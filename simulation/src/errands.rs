//! What people do: devices that visit, administrators that work. Each errand is a task that may be dropped at any step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use chassis::client::{Client, ClientError};
use chassis::random;
use client::device::Device;
use client::session::{self, Answer, Then, Visit};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::model::{
    Cal, CalKind, ContactMethod, LabTime, PackId, PolicyAcOn, ProductType, ProductVersion, Purchase, ReactivationReason, Registrant,
    RetailCode, ServerName,
};
use shared::wire::clearinghouse::{BoughtCode, BuyCode};
use shared::wire::common::Identity;
use shared::wire::license_server::{
    Activate, Deactivate, InstallPack, LicenseList, PackList, PackRow, Reactivate, TrustClearinghouse, TrustTerminalServer,
};
use shared::wire::managing::{Convert, Migrate, MigrationReason, OrderRelease, Revoke};
use shared::wire::peers::TrustPeer;
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{AccountChange, Denied, SettingsChange, TrustLicenseServer, TrustRoot};

use crate::plan::Follow;
use crate::wire::Wire;
use crate::world::Invariant;

/// The password of every account.
const PASSWORD: &str = "correct horse";

/// How often a person tries again where nobody answers.
const TRIES: usize = 3;

/// A service as people know it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) name: ServerName,
    pub(crate) url: String,
    /// The administrator's token, once the service has one.
    pub(crate) token: Rc<RefCell<Option<String>>>,
}

/// What people were told, and must find true.
#[derive(Default)]
pub(crate) struct Seen {
    /// Licenses that devices were given, each with the lab time at the terminal server that handed it out.
    pub(crate) granted: Vec<(Cal, LabTime)>,
    /// Packs that license servers said they had installed.
    pub(crate) installed: Vec<(usize, PackId)>,
    /// Codes with which an installation was refused, the first time that they were shown.
    pub(crate) refused: Vec<(usize, RetailCode)>,
    /// What was said and could not be.
    pub(crate) wrong: Vec<(Invariant, String)>,
    /// How often what came about.
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

impl Seen {
    /// Something came about.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// Everybody who is not a machine.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) wire: Wire,
    pub(crate) places: Rc<Vec<Place>>,
    /// How many of the places are license servers; they stand behind the clearinghouse, and the terminal servers behind them.
    pub(crate) license_servers: usize,
    pub(crate) seen: Rc<RefCell<Seen>>,
}

/// Why an errand came to nothing: for the administrator to see, and no fault of anybody.
pub(crate) type Errand<T = ()> = Result<T, ClientError>;

impl People {
    fn client(&self, place: &Place, administrator: bool) -> Client {
        let token = administrator.then(|| place.token.borrow().clone().unwrap_or_default());
        Client::new(Arc::new(self.wire.clone()), &place.url, token)
    }

    fn at(&self, machine: usize) -> Client {
        self.places
            .get(machine)
            .map_or_else(|| Client::new(Arc::new(self.wire.clone()), "http://nowhere", None), |place| self.client(place, true))
    }

    fn license_server(&self, index: usize) -> Client {
        self.at(1 + index)
    }

    fn terminal_server(&self, index: usize) -> Client {
        self.at(1 + self.license_servers + index)
    }

    /// Everybody who has to know somebody does, before anything goes wrong.
    pub(crate) async fn introduce(&self) -> Errand {
        let clearinghouse: Identity = self.at(0).get("/identity").await?;
        let mut identities: Vec<Identity> = Vec::new();
        for machine in 0..self.places.len() {
            identities.push(self.at(machine).get("/identity").await?);
        }
        let url_of = |machine: usize| self.places.get(machine).map(|place| place.url.clone()).unwrap_or_default();
        let root = clearinghouse.root.clone().unwrap_or_default();
        for (index, identity) in identities.iter().enumerate().skip(1) {
            let api = self.at(index);
            let is_license_server = index <= self.license_servers;
            if is_license_server {
                let trust = TrustClearinghouse {
                    name: clearinghouse.name.clone(),
                    key: clearinghouse.key,
                    agreement: clearinghouse.agreement,
                    root: root.clone(),
                    url: url_of(0),
                };
                let _: Value = api.put("/clearinghouse", &trust).await?;
                for (other, peer) in identities.iter().enumerate().skip(1).take(self.license_servers).filter(|(other, _)| *other != index) {
                    let trust = TrustPeer { key: peer.key, url: url_of(other) };
                    let _: Value = api.put(&format!("/license-servers/{}", peer.name), &trust).await?;
                }
                let _: Value = api.post("/activation", &Activate { registrant: registrant() }).await?;
                continue;
            }
            for (user, administrator) in [("anna", false), ("administrator", true)] {
                let account = AccountChange { password: PASSWORD.to_owned(), administrator };
                let _: Value = api.put(&format!("/accounts/{user}"), &account).await?;
            }
            let trusted: Result<Value, ClientError> = api.put("/root", &TrustRoot { root: root.clone() }).await;
            if refused(&trusted) {
                // A server that is its own license manager asks nobody.
                continue;
            }
            trusted?;
            for (other, peer) in identities.iter().enumerate().skip(1).take(self.license_servers) {
                let theirs = TrustTerminalServer { key: identity.key };
                let _: Value = self.at(other).put(&format!("/terminal-servers/{}", identity.name), &theirs).await?;
                let ours = TrustLicenseServer { key: peer.key, url: url_of(other) };
                let trusted: Result<Value, ClientError> = api.put(&format!("/license-servers/{}", peer.name), &ours).await;
                if !refused(&trusted) {
                    trusted?;
                }
            }
        }
        Ok(())
    }

    /// A device visits a terminal server.
    pub(crate) async fn visit(&self, terminal_server: usize, home: Rc<RefCell<Device>>, admin: bool, then: Follow) -> Errand {
        let place = 1 + self.license_servers + terminal_server;
        let Some(place) = self.places.get(place) else { return Ok(()) };
        let server = self.client(place, false);
        let device = home.borrow().clone();
        let mut visitor = Visitor { device, home };
        let asked = session::license_request(&server).await?;
        let then = match then {
            Follow::LogOn { right, stays } => Then::LogOn { password: if right { PASSWORD } else { "wrong" }.to_owned(), stay: stays },
            Follow::Cancel => Then::Cancel,
            Follow::Wait => Then::Wait,
        };
        let Ok(user) = if admin { "administrator" } else { "anna" }.parse() else { return Ok(()) };
        let visit = Visit { user, admin, now: Some(asked.at), elevated: true, mishap: None, then };
        let visited = session::connect(&server, &asked, &mut visitor.device, &visit).await?;
        let mut seen = self.seen.borrow_mut();
        match visited.verdict {
            Answer::Accepted { connected, .. } => {
                seen.count("admitted");
                match connected.license.as_ref().map(|license| license.cal.kind) {
                    Some(CalKind::Temporary) => seen.count("temporaries"),
                    Some(CalKind::Permanent) => seen.count("permanents"),
                    None => {}
                }
                let at = connected.at;
                seen.granted.extend(connected.license.map(|license| (license.cal, at)));
            }
            Answer::Denied { problem } => {
                seen.count("denied");
                let wrong = wrong_denial(&problem).map(|what| format!("{}: {what}: {problem:?}", place.name));
                seen.wrong.extend(wrong.map(|what| (Invariant::DenialsHaveRules, what)));
            }
        }
        Ok(())
    }

    /// Buys a pack and installs it; the same request again where nobody answers.
    pub(crate) async fn install(&self, index: usize, version: ProductVersion, product_type: ProductType, quantity: u32) -> Errand {
        let bought: BoughtCode = self.at(0).post("/lab/reseller/codes", &BuyCode { version, product_type, quantity }).await?;
        let code = bought.code.clone();
        let install = InstallPack { request: random::request_id(), purchase: Purchase::Retail { code: code.clone() }, wanted: None };
        let mut first = true;
        for _ in 0..TRIES {
            match self.license_server(index).post::<PackRow>("/packs", &install).await {
                Ok(row) => {
                    self.done("packs installed");
                    self.seen.borrow_mut().installed.push((index, row.pack.id.clone()));
                    return self.install_again(index, &install, &row).await;
                }
                Err(ClientError::Problem(problem)) if !problem_is_failure(&problem) => {
                    if first {
                        self.seen.borrow_mut().refused.push((index, code));
                    }
                    return Ok(());
                }
                Err(_) => first = false,
            }
        }
        Ok(())
    }

    /// Whoever is not sure asks again: nothing is installed twice.
    async fn install_again(&self, index: usize, install: &InstallPack, first: &PackRow) -> Errand {
        let again: PackRow = self.license_server(index).post("/packs", install).await?;
        if again.pack.id != first.pack.id {
            let what = format!("request {} installed pack {} and then pack {}", install.request, first.pack.id, again.pack.id);
            self.seen.borrow_mut().wrong.push((Invariant::DoneOnce, what));
        }
        Ok(())
    }

    pub(crate) async fn activate(&self, index: usize) -> Errand {
        self.license_server(index)
            .post::<Value>("/activation", &Activate { registrant: registrant() })
            .await
            .map(|_| self.done("activations"))
    }

    pub(crate) async fn reactivate(&self, index: usize) -> Errand {
        let reason = ReactivationReason::CertificateCorrupt;
        let wanted = Reactivate { reason, registrant: registrant(), succession: None };
        self.license_server(index).post::<Value>("/reactivation", &wanted).await.map(|_| self.done("reactivations"))
    }

    pub(crate) async fn deactivate(&self, index: usize) -> Errand {
        let wanted = Deactivate { method: ContactMethod::Automatic, registrant: Some(registrant()), confirmation_code: None };
        self.license_server(index).post::<Value>("/deactivation", &wanted).await.map(|_| self.done("deactivations"))
    }

    /// Takes the CAL of the first device back that has one.
    pub(crate) async fn revoke(&self, index: usize) -> Errand {
        let api = self.license_server(index);
        let list: LicenseList = api.get("/licenses?limit=200").await?;
        let active = list.licenses.iter().find(|row| row.cal.kind == CalKind::Permanent);
        let Some(row) = active else { return Ok(()) };
        api.post::<Value>("/revocations", &Revoke::Device { number: row.number }).await.map(|_| self.done("revocations"))
    }

    /// Turns one free CAL of the first pack that has any into one of the other type.
    pub(crate) async fn convert(&self, index: usize) -> Errand {
        let api = self.license_server(index);
        let Some(row) = self.packs(&api).await?.into_iter().find(|row| row.available > 0) else { return Ok(()) };
        let convert = Convert { request: random::request_id(), pack: row.pack.id, quantity: 1 };
        let first: PackRow = patiently(&api, "/conversions", &convert).await?;
        self.done("conversions");
        // Whoever is not sure asks again.
        let again: PackRow = patiently(&api, "/conversions", &convert).await?;
        if again.pack.id != first.pack.id {
            let what = format!("conversion {} made pack {} and then pack {}", convert.request, first.pack.id, again.pack.id);
            self.seen.borrow_mut().wrong.push((Invariant::DoneOnce, what));
        }
        Ok(())
    }

    /// Has a license server take over a pack of another one.
    pub(crate) async fn migrate(&self, from: usize, to: usize) -> Errand {
        let (source, target) = (self.license_server(from), self.license_server(to));
        let (Some(theirs), Some(ours)) = (self.places.get(1 + from), self.places.get(1 + to)) else { return Ok(()) };
        let Some(row) = self.packs(&source).await?.into_iter().next() else { return Ok(()) };
        let order = OrderRelease { pack: row.pack.id, quantity: None, to: ours.name.clone() };
        let _: Value = source.post("/release-orders", &order).await?;
        let migrate = Migrate {
            request: random::request_id(),
            source: theirs.name.clone(),
            reason: MigrationReason::Replaced,
            generation: None,
            product_id: None,
            pack: None,
            purchase: None,
        };
        patiently(&target, "/migrations", &migrate).await.map(|_: Value| self.done("migrations"))
    }

    pub(crate) async fn mode(&self, index: usize, policy_ac_on: u32) -> Errand {
        let change = SettingsChange { policy_ac_on: Some(PolicyAcOn::new(policy_ac_on)), ..SettingsChange::default() };
        self.terminal_server(index).patch::<Value>("/settings", &change).await.map(drop)
    }

    fn done(&self, what: &'static str) {
        self.seen.borrow_mut().count(what);
    }

    async fn packs(&self, api: &Client) -> Errand<Vec<PackRow>> {
        Ok(api.get::<PackList>("/packs?limit=200").await?.packs)
    }
}

/// A device on a visit. What it holds is in its store as soon as it has it, also where the visit breaks off.
struct Visitor {
    device: Device,
    home: Rc<RefCell<Device>>,
}

impl Drop for Visitor {
    fn drop(&mut self) {
        *self.home.borrow_mut() = self.device.clone();
    }
}

/// Asks with the same request again where nobody answers.
async fn patiently<T: DeserializeOwned>(api: &Client, path: &str, body: &impl serde::Serialize) -> Errand<T> {
    for _ in 1..TRIES {
        match api.post(path, body).await {
            Err(ClientError::Unreachable { .. } | ClientError::Unreadable { .. }) => {}
            answered => return answered,
        }
    }
    api.post(path, body).await
}

fn refused<T>(answer: &Result<T, ClientError>) -> bool {
    matches!(answer, Err(ClientError::Problem(_)))
}

/// Whether a problem says that the machinery failed, so that nobody knows what became of the request.
fn problem_is_failure(problem: &Problem) -> bool {
    problem.status >= 500
}

/// What is wrong with a denial: it names a rule of the rule book, and that rule stands in its trace.
fn wrong_denial(problem: &Problem) -> Option<&'static str> {
    let Some(denial): Option<&Denied> = problem.denial.as_deref() else { return Some("a denial without its reason") };
    if shared::rulebook::find(denial.rule.as_str()).is_none() {
        return Some("a denial under a rule that no book has");
    }
    if !denial.trace.iter().any(|step| step.rule == denial.rule) {
        return Some("a denial whose trace does not say which rule made it");
    }
    if denial.text.is_empty() {
        return Some("a denial without a text");
    }
    None
}

fn registrant() -> Registrant {
    let line = |text: &str| text.parse().ok();
    Registrant {
        first_name: line("Ada"),
        last_name: line("Lovelace"),
        company: line("Analytical Engines"),
        country: line("United Kingdom"),
        email: "ada@engines.example".parse().ok(),
        ..Registrant::default()
    }
}
