//! A whole lab in one process: real services, real sockets on port 0, real disks in a folder that goes away, one moment.
//!
//! Clocks stand still unless a test moves them, so that every figure is exact. Everything goes through the services' HTTP
//! interfaces, as `tsl` and the client devices use them.

use std::path::PathBuf;

use chassis::client::Connections;
use chassis::config::ServiceConfig;
use chassis::server::Running;
use client::device::Device;
use client::session::{self, Answer, Logon, Then, Visit, Visited};
use lab::api::Api;
use lab::port::HeldPort;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::model::{
    Cal, CalKind, CallerRole, ContactMethod, DeviceName, Generation, LabTime, LicenseServerRole, Membership, Placement, Platform,
    ProductType, ProductVersion, Purchase, ReactivationReason, Registrant, RequestId, Search, ServerName, Span, UserName,
};
use shared::wire::clearinghouse::{BoughtCode, BuyCode};
use shared::wire::common::{ClockChange, ClockView, CutOff, Identity, LoggedEvent, NetworkView, Page};
use shared::wire::desk::Register;
use shared::wire::directory::{TrustDirectory, TrustService};
use shared::wire::license_server::{
    Activate, ActivationView, InstallPack, LicenseList, LicenseRow, LicenseServerStanding, NextLife, PackList, PackRow, Papers,
    PlaceLicenseServer, TrustClearinghouse, TrustTerminalServer,
};
use shared::wire::peers::{Outreach, OutreachRow, TrustPeer};
use shared::wire::terminal_server::{
    AccountChange, Connected, Denied, DiscoveryChange, DiscoveryView, GraceView, LicenseServerList, SettingsChange, TrustLicenseServer,
    TrustRoot,
};
use tempfile::TempDir;

/// The password of every account of the lab.
const PASSWORD: &str = "correct horse";

/// What kind of service stands at a place of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Clearinghouse,
    LicenseServer(Generation),
    TerminalServer(Generation),
    Directory,
}

/// One service of the lab, running or stopped.
pub struct Service {
    part: Part,
    config: ServiceConfig,
    running: Option<Running>,
    api: Api,
    anyone: Api,
    seen: LabTime,
    /// Its port, which the others know, also while it is stopped.
    _port: Option<HeldPort>,
}

/// How a lab is to be laid out.
pub struct Plan {
    license_servers: Vec<(&'static str, Generation)>,
    terminal_servers: Vec<(&'static str, Generation)>,
    activated: bool,
    packs: Vec<(usize, ProductVersion, ProductType, u32)>,
    enrolled: bool,
    grace_over: bool,
    lab_powers: bool,
    directory: bool,
    acquainted: bool,
    folder: Option<PathBuf>,
    beginning: LabTime,
}

/// A running lab.
pub struct TestLab {
    /// Where everything is kept; gone with the lab.
    pub dir: TempDir,
    /// The clearinghouse.
    pub clearinghouse: Service,
    /// The directory, where the lab has one.
    pub directory: Option<Service>,
    /// The license servers, in the order in which the terminal servers ask them.
    pub license_servers: Vec<Service>,
    /// The terminal servers.
    pub terminal_servers: Vec<Service>,
    now: LabTime,
    http: Connections,
}

impl Default for Plan {
    /// One 2003 license server, activated, with 20 device CALs; one 2003 terminal server whose grace is over.
    fn default() -> Self {
        Self {
            license_servers: vec![("LS1", Generation::Windows2003)],
            terminal_servers: vec![("TS1", Generation::Windows2003)],
            activated: true,
            packs: vec![(0, ProductVersion::V5_2, ProductType::Device, 20)],
            enrolled: true,
            grace_over: true,
            lab_powers: true,
            directory: false,
            acquainted: false,
            folder: None,
            beginning: beginning(),
        }
    }
}

/// The most CALs that one pack holds (AC-08).
const PACK_MAX: u32 = 9999;

impl Plan {
    /// These license servers in place of the one.
    #[must_use]
    pub fn license_servers(mut self, servers: &[(&'static str, Generation)]) -> Self {
        self.license_servers = servers.to_vec();
        self
    }

    /// These terminal servers in place of the one.
    #[must_use]
    pub fn terminal_servers(mut self, servers: &[(&'static str, Generation)]) -> Self {
        self.terminal_servers = servers.to_vec();
        self
    }

    /// No license server is activated, and so no pack is installed.
    #[must_use]
    pub fn not_activated(mut self) -> Self {
        self.activated = false;
        self.packs = Vec::new();
        self
    }

    /// These packs: which license server, version, type, number of CALs.
    #[must_use]
    pub fn packs(mut self, packs: &[(usize, ProductVersion, ProductType, u32)]) -> Self {
        self.packs = packs.to_vec();
        self
    }

    /// So many 5.2 device CALs at the first license server: a single pack, or as few as hold them.
    #[must_use]
    pub fn device_cals(self, count: u32) -> Self {
        let whole = (0..count / PACK_MAX).map(|_| PACK_MAX);
        let packs = whole.chain([count % PACK_MAX].into_iter().filter(|rest| *rest > 0));
        self.packs(&packs.map(|count| (0, ProductVersion::V5_2, ProductType::Device, count)).collect::<Vec<_>>())
    }

    /// No service knows another one yet.
    #[must_use]
    pub fn not_enrolled(mut self) -> Self {
        self.enrolled = false;
        self.activated = false;
        self.packs = Vec::new();
        self.grace_over = false;
        self
    }

    /// With a directory, which every service knows and which knows every service; it holds nothing yet.
    #[must_use]
    pub fn directory(mut self) -> Self {
        self.directory = true;
        self
    }

    /// Services started without `--lab`, which know nobody: their clocks run, and nothing is set up.
    #[must_use]
    pub fn without_lab_powers(mut self) -> Self {
        self.lab_powers = false;
        self.not_enrolled()
    }

    /// The license servers know each other too: they announce and refer (LS-07, LS-08).
    #[must_use]
    pub fn acquainted(mut self) -> Self {
        self.acquainted = true;
        self
    }

    /// Kept below this folder in place of the system's folder for temporary files, which may lie in memory.
    #[must_use]
    pub fn kept_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The lab's time begins at this moment.
    #[must_use]
    pub fn beginning_at(mut self, moment: LabTime) -> Self {
        self.beginning = moment;
        self
    }

    /// The terminal servers have not seen a client yet.
    #[must_use]
    pub fn grace_running(mut self) -> Self {
        self.grace_over = false;
        self
    }

    /// Starts the lab.
    pub async fn start(self) -> TestLab {
        TestLab::start(self).await
    }
}

/// The moment at which every lab begins.
#[must_use]
pub fn beginning() -> LabTime {
    "2026-03-02T08:00:00Z".parse().expect("a moment")
}

impl TestLab {
    async fn start(plan: Plan) -> Self {
        let dir = plan.folder.as_ref().map_or_else(TempDir::new, TempDir::new_in).expect("a folder for the lab");
        let http = lab::api::connections().expect("an HTTP client");
        let now = plan.beginning;
        let config = |name: &str| {
            let mut config = ServiceConfig::embedded(name.parse().expect("a name"), dir.path().join(name));
            config.lab = plan.lab_powers;
            config.seed = Some(7);
            // The clocks begin a little earlier, run while the services start, and are then frozen at the beginning.
            config.start_at = plan.lab_powers.then_some(now - Span::DAY);
            config
        };
        let clearinghouse = Service::start(Part::Clearinghouse, config("CH1"), &http, now).await;
        let directory = if plan.directory { Some(Service::start(Part::Directory, config("DIR1"), &http, now).await) } else { None };
        let mut license_servers = Vec::new();
        for (name, generation) in &plan.license_servers {
            license_servers.push(Service::start(Part::LicenseServer(*generation), config(name), &http, now).await);
        }
        let mut terminal_servers = Vec::new();
        for (name, generation) in &plan.terminal_servers {
            terminal_servers.push(Service::start(Part::TerminalServer(*generation), config(name), &http, now).await);
        }
        let mut lab = Self { dir, clearinghouse, directory, license_servers, terminal_servers, now, http };
        lab.set_up(&plan).await;
        lab
    }

    async fn set_up(&mut self, plan: &Plan) {
        for terminal_server in &self.terminal_servers {
            for (user, administrator) in [("anna", false), ("administrator", true)] {
                let account = AccountChange { password: PASSWORD.to_owned(), administrator };
                terminal_server.api.put::<_, ()>(&format!("/accounts/{user}"), &account).await.expect("an account");
            }
        }
        if plan.enrolled {
            self.enrol().await;
        }
        if plan.activated {
            for index in 0..self.license_servers.len() {
                self.activate(index).await;
            }
        }
        for (index, version, product_type, count) in &plan.packs {
            self.install(*index, *version, *product_type, *count).await;
        }
        if plan.acquainted {
            self.acquaint().await;
        }
        if plan.grace_over {
            self.end_grace().await;
        }
    }

    /// Everybody who has to know somebody does.
    pub async fn enrol(&self) {
        let root = self.clearinghouse.identity().await;
        for license_server in &self.license_servers {
            license_server.trust_clearinghouse(&root, &self.clearinghouse.url()).await;
        }
        for terminal_server in &self.terminal_servers {
            let pem = root.root.clone().expect("the clearinghouse has a root");
            terminal_server.api.put::<_, ()>("/root", &TrustRoot { root: pem }).await.expect("the root");
            for license_server in &self.license_servers {
                introduce(terminal_server, license_server).await;
            }
        }
        if let Some(directory) = &self.directory {
            for service in self.license_servers.iter().chain(&self.terminal_servers) {
                directory.keeps(service).await;
            }
        }
    }

    /// Every license server knows every other one, and what it has.
    pub async fn acquaint(&self) {
        for server in &self.license_servers {
            for other in self.license_servers.iter().filter(|other| other.name() != server.name()) {
                let trust = TrustPeer { key: other.identity().await.key, url: other.url() };
                server.api.put::<_, ()>(&format!("/license-servers/{}", other.name()), &trust).await.expect("enrolment");
            }
        }
        for index in 0..self.license_servers.len() {
            self.reach_out(index).await;
        }
    }

    /// A license server says at once what it owes to others, which it would say by itself within a second.
    pub async fn reach_out(&self, index: usize) -> Vec<OutreachRow> {
        let said: Outreach = self.license_servers[index].api.post("/outreach", &serde_json::json!({})).await.expect("an outreach");
        said.calls
    }

    /// Activates a license server automatically.
    pub async fn activate(&self, index: usize) -> ActivationView {
        let wanted = Activate { registrant: registrant() };
        self.license_servers[index].api.post("/activation", &wanted).await.expect("an activation")
    }

    /// Buys a retail pack and installs it.
    pub async fn install(&self, index: usize, version: ProductVersion, product_type: ProductType, quantity: u32) -> PackRow {
        let code = self.buy(version, product_type, quantity).await;
        let install = InstallPack { request: request_id(), purchase: Purchase::Retail { code: code.code }, wanted: None };
        self.license_servers[index].api.post("/packs", &install).await.expect("a pack")
    }

    /// Buys a retail code at the reseller.
    pub async fn buy(&self, version: ProductVersion, product_type: ProductType, quantity: u32) -> BoughtCode {
        self.clearinghouse.api.post("/lab/reseller/codes", &BuyCode { version, product_type, quantity }).await.expect("a code")
    }

    /// A first client begins grace, and its full term passes; its device is forgotten.
    async fn end_grace(&mut self) {
        for index in 0..self.terminal_servers.len() {
            let mut first = device("FIRST");
            self.visit(index, &mut first, Then::Cancel).await;
        }
        self.advance(Span::days(121)).await;
        for terminal_server in &self.terminal_servers {
            let grace: GraceView = terminal_server.api.get("/grace").await.expect("grace");
            assert!(!grace.running, "grace is over: {grace:?}");
        }
    }

    /// Lab time, as all services have it.
    #[must_use]
    pub fn now(&self) -> LabTime {
        self.now
    }

    /// Moves all running services on; what falls due in between happens.
    pub async fn advance(&mut self, span: Span) {
        self.go_to(self.now + span).await;
    }

    /// Moves all running services to a later moment.
    pub async fn go_to(&mut self, moment: LabTime) {
        self.now = moment;
        let first = std::iter::once(&mut self.clearinghouse).chain(&mut self.directory);
        let services = first.chain(&mut self.license_servers).chain(&mut self.terminal_servers);
        for service in services {
            service.set_clock(moment).await;
        }
    }

    /// Starts a stopped license server again, at the lab's present moment.
    pub async fn start_license_server(&mut self, index: usize) {
        let (now, http) = (self.now, self.http.clone());
        self.license_servers[index].restart(&http, now).await;
    }

    /// Upgrades a license server in place (VC-09): it stops, and goes on as a newer one.
    pub async fn upgrade_license_server(&mut self, index: usize, generation: Generation) {
        self.license_servers[index].stop().await;
        self.license_servers[index].part = Part::LicenseServer(generation);
        self.start_license_server(index).await;
    }

    /// Starts a stopped terminal server again, at the lab's present moment.
    pub async fn start_terminal_server(&mut self, index: usize) {
        let (now, http) = (self.now, self.http.clone());
        self.terminal_servers[index].restart(&http, now).await;
    }

    /// A device connects to a terminal server, and does what `then` says once the logon screen is up.
    pub async fn visit(&self, terminal_server: usize, device: &mut Device, then: Then) -> Visited {
        self.visit_as(terminal_server, device, "anna", false, then).await
    }

    /// The same as a certain user, with the client's `/admin` switch or without.
    pub async fn visit_as(&self, terminal_server: usize, device: &mut Device, user: &str, admin: bool, then: Then) -> Visited {
        let server = &self.terminal_servers[terminal_server].anyone;
        let asked = session::license_request(server.client()).await.expect("a license request");
        let visit =
            Visit { user: user.parse::<UserName>().expect("a user"), admin, now: Some(asked.at), elevated: false, mishap: None, then };
        session::connect(server.client(), &asked, device, &visit).await.expect("an answer")
    }

    /// A device connects to the first terminal server and its user logs on and off.
    pub async fn log_on(&self, device: &mut Device) -> Admitted {
        Admitted::of(self.visit(0, device, log_on()).await)
    }

    /// A device connects to the first terminal server, and the logon is cancelled.
    pub async fn connect(&self, device: &mut Device) -> Admitted {
        Admitted::of(self.visit(0, device, Then::Cancel).await)
    }

    /// A device connects to the first terminal server and is denied.
    pub async fn denied(&self, device: &mut Device) -> Denied {
        refused(self.visit(0, device, Then::Cancel).await)
    }

    /// A device that holds a permanent CAL: it logged on once, and connected again.
    pub async fn licensed(&self, name: &str) -> Device {
        let mut device = device(name);
        self.log_on(&mut device).await;
        let second = self.log_on(&mut device).await;
        assert_eq!(second.cal().kind, CalKind::Permanent, "{second:?}");
        device
    }

    /// Free and installed device CALs of a license server, all packs together.
    pub async fn pool(&self, license_server: usize) -> (u32, u32) {
        let list: PackList = self.license_servers[license_server].api.packs().await.expect("packs");
        let device = list.packs.iter().filter(|row| row.pack.product_type == ProductType::Device);
        device.fold((0, 0), |(available, total), row| (available + row.available, total + row.pack.total))
    }

    /// The records of a license server for a device name.
    pub async fn records(&self, license_server: usize, device: &str) -> Vec<LicenseRow> {
        let path = format!("/licenses?device={device}");
        let list: LicenseList = self.license_servers[license_server].api.get(&path).await.expect("licenses");
        list.licenses
    }

    /// How often a license server has logged an event.
    pub async fn license_server_events(&self, index: usize, id: u32) -> usize {
        self.license_servers[index].events(id).await
    }

    /// How often the first terminal server has logged an event.
    pub async fn terminal_server_events(&self, id: u32) -> usize {
        self.terminal_servers[0].events(id).await
    }

    /// Settles the life of the next permanent.
    pub async fn next_life(&self, license_server: usize, days: u32) {
        self.license_servers[license_server].api.post::<_, ()>("/lab/next-life", &NextLife { days }).await.expect("a next life");
    }

    /// Changes the first terminal server's settings.
    pub async fn settings(&self, change: SettingsChange) {
        self.terminal_servers[0].api.patch::<_, serde_json::Value>("/settings", &change).await.expect("settings");
    }

    /// Grace of the first terminal server.
    pub async fn grace(&self) -> GraceView {
        self.terminal_servers[0].api.get("/grace").await.expect("grace")
    }
}

/// A terminal server and a license server know each other's keys, and the terminal server asks it.
pub async fn introduce(terminal_server: &Service, license_server: &Service) {
    let (theirs, ours) = (license_server.identity().await, terminal_server.identity().await);
    let trust = TrustTerminalServer { key: ours.key };
    license_server.api.put::<_, ()>(&format!("/terminal-servers/{}", ours.name), &trust).await.expect("enrolment");
    let trust = TrustLicenseServer { key: theirs.key, url: license_server.url() };
    terminal_server.api.put::<_, ()>(&format!("/license-servers/{}", theirs.name), &trust).await.expect("enrolment");
}

impl Service {
    async fn start(part: Part, mut config: ServiceConfig, http: &Connections, now: LabTime) -> Self {
        let port = config.bind.map(|address| HeldPort::hold(address).expect("a port"));
        config.bind = port.as_ref().map(HeldPort::address);
        let running = run(part, config.clone(), false).await;
        let api = Api::new(http.clone(), &running.url(), Some(running.admin_token.clone()));
        let anyone = Api::new(http.clone(), &running.url(), None);
        let mut service = Self { part, config, running: Some(running), api, anyone, seen: now, _port: port };
        if service.config.lab {
            service.api.post::<_, ClockView>("/lab/clock", &ClockChange::Freeze).await.expect("a frozen clock");
            service.set_clock(now).await;
        }
        service
    }

    /// Stops the service cleanly; it can be started again.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.config.bind = Some(running.address);
            running.stop().await.expect("a clean stop");
        }
    }

    async fn restart(&mut self, http: &Connections, now: LabTime) {
        assert!(self.running.is_none(), "the service is running");
        // Of the same generation there is nothing to upgrade.
        let running = run(self.part, self.config.clone(), true).await;
        self.api = Api::new(http.clone(), &running.url(), Some(running.admin_token.clone()));
        self.anyone = Api::new(http.clone(), &running.url(), None);
        self.running = Some(running);
        self.set_clock(now).await;
    }

    async fn set_clock(&mut self, moment: LabTime) {
        if self.running.is_some() {
            let view: ClockView = self.api.post("/lab/clock", &ClockChange::Set { to: moment }).await.expect("a later moment");
            assert_eq!(view.now, moment);
            self.seen = moment;
        }
    }

    /// The interface for its administrator.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The interface for anyone.
    #[must_use]
    pub fn anyone(&self) -> &Api {
        &self.anyone
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        self.api.url().to_owned()
    }

    /// Its data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.config.data.clone()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> ServerName {
        self.config.name.clone().expect("a service of the lab has a name")
    }

    /// What it tells of itself.
    pub async fn identity(&self) -> Identity {
        self.anyone.get("/identity").await.expect("an identity")
    }

    /// Gives a license server its clearinghouse.
    pub async fn trust_clearinghouse(&self, clearinghouse: &Identity, url: &str) {
        let trust = TrustClearinghouse {
            name: clearinghouse.name.clone(),
            key: clearinghouse.key,
            agreement: clearinghouse.agreement,
            root: clearinghouse.root.clone().expect("the clearinghouse has a root"),
            url: url.to_owned(),
        };
        self.api.put::<_, ()>("/clearinghouse", &trust).await.expect("a clearinghouse");
    }

    /// A directory and a service know each other's keys.
    pub async fn keeps(&self, service: &Service) {
        let (ours, theirs) = (self.identity().await, service.identity().await);
        let role = match service.part {
            Part::LicenseServer(_) => CallerRole::LicenseServer,
            Part::TerminalServer(_) | Part::Clearinghouse | Part::Directory => CallerRole::TerminalServer,
        };
        self.api.put::<_, ()>(&format!("/services/{}", theirs.name), &TrustService { key: theirs.key, role }).await.expect("enrolment");
        let trust = TrustDirectory { name: ours.name, key: ours.key, url: self.url() };
        service.api.put::<_, ()>("/directory", &trust).await.expect("a directory");
    }

    /// Settles where it stands: a machine, a site, and `workgroup X`, `nt4 X` or `domain X`; a machine's name that ends in `!` is
    /// a domain controller's.
    pub async fn stands(&self, host: &str, site: &str, member_of: &str) {
        let (kind, name) = member_of.split_once(' ').expect("what kind, and its name");
        let name = name.parse().expect("a name");
        let member_of = match kind {
            "workgroup" => Membership::Workgroup { name },
            "nt4" => Membership::Nt4Domain { name },
            _ => Membership::ActiveDirectory { name },
        };
        let controller = host.ends_with('!');
        let placement = Placement {
            host: host.trim_end_matches('!').parse().expect("a machine"),
            site: site.parse().expect("a site"),
            member_of,
            controller,
        };
        match self.part {
            Part::LicenseServer(_) => {
                let role = None;
                self.api.put::<_, serde_json::Value>("/network", &PlaceLicenseServer { placement, role }).await.expect("a place");
            }
            _ => {
                self.api.put::<_, serde_json::Value>("/network", &placement).await.expect("a place");
            }
        }
    }

    /// Gives a license server another role where it stands.
    pub async fn has_role(&self, role: LicenseServerRole) {
        let standing: LicenseServerStanding = self.get("/network").await;
        let place = PlaceLicenseServer { placement: standing.placement, role: Some(role) };
        self.api.put::<_, serde_json::Value>("/network", &place).await.expect("a role");
    }

    /// Takes these services out of its reach, and gives back all others.
    pub async fn cut_off_from(&self, others: &[&Service]) {
        let mut cut_off = Vec::new();
        for other in others {
            let identity = other.identity().await;
            cut_off.push(CutOff { name: identity.name, key: identity.key });
        }
        self.api.put::<_, serde_json::Value>("/lab/network", &NetworkView { cut_off }).await.expect("a network");
    }

    /// How a terminal server comes to its license servers.
    pub async fn discovery(&self) -> DiscoveryView {
        self.get("/discovery").await
    }

    /// Lets a terminal server search, with nothing named (DI-27).
    pub async fn searches(&self) -> DiscoveryView {
        self.list_license_servers(&[]).await;
        let change = DiscoveryChange { search: Some(Search::Automatic), ..DiscoveryChange::default() };
        self.api.patch("/discovery", &change).await.expect("a search")
    }

    /// Lets a terminal server search now.
    pub async fn search_now(&self) -> DiscoveryView {
        self.api.post("/discovery", &serde_json::json!({})).await.expect("a search")
    }

    /// Settles which license servers a terminal server asks.
    pub async fn list_license_servers(&self, names: &[&str]) {
        let names = names.iter().map(|name| name.parse().expect("a name")).collect();
        self.api.put::<_, serde_json::Value>("/license-servers", &LicenseServerList { names }).await.expect("a list");
    }

    /// How often it has logged an event.
    pub async fn events(&self, id: u32) -> usize {
        let page: Page<LoggedEvent> = self.api.get(&format!("/events?id={id}&limit=1000")).await.expect("events");
        page.items.len()
    }

    /// `GET` as its administrator.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        self.api.get(path).await.expect("an answer")
    }

    /// All of a list that is kept in an order of its own, page by page, as its administrator.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Vec<T> {
        self.api.all(path).await.expect("all pages")
    }

    /// `PATCH` as its administrator.
    pub async fn patch<B: Serialize>(&self, path: &str, body: &B) {
        self.api.patch::<_, serde_json::Value>(path, body).await.expect("a change");
    }
}

async fn run(part: Part, config: ServiceConfig, upgrade: bool) -> Running {
    let started = match part {
        Part::Directory => directory::start(directory::Config::embedded(config)).await,
        Part::Clearinghouse => clearinghouse::start(clearinghouse::Config::embedded(config)).await,
        Part::LicenseServer(generation) => {
            license_server::start(license_server::Config { generation, upgrade, ..license_server::Config::embedded(config) }).await
        }
        Part::TerminalServer(generation) => {
            terminal_server::start(terminal_server::Config { generation, ..terminal_server::Config::embedded(config) }).await
        }
    };
    started.expect("a service that starts")
}

/// An accepted connection.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// What the server answered.
    pub connected: Connected,
    /// What became of the session.
    pub logon: Logon,
}

impl Admitted {
    /// The accept in a visit; a denial fails the test with its trace.
    #[must_use]
    pub fn of(visited: Visited) -> Self {
        match visited.verdict {
            Answer::Accepted { connected, logon, .. } => Self { connected: *connected, logon },
            Answer::Denied { problem } => panic!("denied: {problem} {:#?}", problem.denial),
        }
    }

    /// The CAL that came with it.
    #[must_use]
    pub fn cal(&self) -> &Cal {
        &self.connected.license.as_ref().unwrap_or_else(|| panic!("no license came: {:#?}", self.connected)).cal
    }

    /// Whether a rule stands in the trace.
    #[must_use]
    pub fn fired(&self, rule: &str) -> bool {
        self.connected.trace.iter().any(|step| step.rule == rule)
    }
}

/// The denial in a visit; an accept fails the test with its trace.
#[must_use]
pub fn refused(visited: Visited) -> Denied {
    match visited.verdict {
        Answer::Denied { problem } => *problem.denial.expect("a denial says why"),
        Answer::Accepted { connected, .. } => panic!("accepted: {connected:#?}"),
    }
}

/// A Windows 98 device that has never connected anywhere.
#[must_use]
pub fn device(name: &str) -> Device {
    Device::new(name.parse::<DeviceName>().expect("a device name"), Platform::Windows98)
}

/// Log on with the right password, and off again.
#[must_use]
pub fn log_on() -> Then {
    Then::LogOn { password: PASSWORD.to_owned(), stay: false }
}

/// Log on with the right password, and stay.
#[must_use]
pub fn stay() -> Then {
    Then::LogOn { password: PASSWORD.to_owned(), stay: true }
}

/// Log on with a wrong password.
#[must_use]
pub fn log_on_wrongly() -> Then {
    Then::LogOn { password: "wrong".to_owned(), stay: false }
}

/// A registrant with everything that is required.
#[must_use]
pub fn registrant() -> Registrant {
    let line = |text: &str| Some(text.parse().expect("a line"));
    Registrant {
        first_name: line("Ada"),
        last_name: line("Lovelace"),
        company: line("Analytical Engines"),
        country: line("United Kingdom"),
        ..Registrant::default()
    }
}

/// What a person tells the desk of a license server, read off its papers.
#[must_use]
pub fn registration(papers: &Papers, method: ContactMethod, reason: Option<ReactivationReason>) -> Register {
    Register {
        request: request_id(),
        method,
        name: papers.name.clone(),
        product_id: papers.product_id.clone(),
        key_text: papers.key_text.clone(),
        registrant: registrant(),
        certificate_request: None,
        reason,
        papers: Vec::new(),
    }
}

/// A request id that nobody has used.
#[must_use]
pub fn request_id() -> RequestId {
    chassis::random::request_id()
}

/// A span of whole days.
#[must_use]
pub fn days(days: u32) -> Span {
    Span::days(days)
}
