//! A whole lab in one process: its services on loopback sockets, set up, in one data folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use chassis::config::ServiceConfig;
use chassis::server::{Running, ServiceError, StartError};
use futures_util::future::{pending, select_all};
use shared::model::{Generation, ServerName, UserName};

use crate::beginning::{Asked, Beginning, Mark, Reached, SET_UP};
use crate::control::{Action, Control, Order, Reply};
use crate::failure::Failure;
use crate::network::{self, NetworkFile};
use crate::place::{Kind, LAB_FILE, Lab, LabFile, Place};
use crate::port::HeldPort;
use crate::setup::{self, Plan, Step};

/// How a lab is to be started.
#[derive(Clone, Debug)]
pub struct Up {
    /// The data folder.
    pub data: PathBuf,
    /// The clearinghouse's port; every further service takes the next one. 0 takes free ones. Each start may choose anew.
    pub first_port: u16,
    /// What the lab is to be: a new one begins so, one that is there already must have begun so.
    pub asked: Asked,
}

/// A lab that runs in this process.
#[derive(Debug)]
pub struct RunningLab {
    /// Where it is.
    pub lab: Lab,
    /// What the set-up did; empty at a later start.
    pub steps: Vec<Step>,
    /// The file that says where it is.
    pub lab_file: PathBuf,
    /// What it was begun with, at this start or at an earlier one.
    pub began: Beginning,
    services: Vec<Member>,
    control: Control,
}

/// A service of the lab, which its administrator may stop and start by itself.
#[derive(Debug)]
struct Member {
    name: ServerName,
    plan: ServicePlan,
    running: Option<Running>,
    /// Its port, which the others know, also while it is stopped.
    _port: Option<HeldPort>,
}

/// What it takes to start a service, and to start it again where it was.
#[derive(Clone, Debug)]
struct ServicePlan {
    kind: Kind,
    generation: Generation,
    config: ServiceConfig,
}

/// What a lab's data folder holds; nothing else in it is ever deleted.
const CONTENTS: [&str; 14] = [
    "clearinghouse",
    "license-server",
    "terminal-server",
    "directory",
    // What `tsl service reinstall` set aside.
    "clearinghouse.old",
    "license-server.old",
    "terminal-server.old",
    "directory.old",
    "hosts",
    "clients",
    "passwords.json",
    NETWORK,
    SET_UP,
    LAB_FILE,
];

/// What somebody may have put into the folder before there was a lab in it: devices and passwords of a lab elsewhere.
const BROUGHT: [&str; 2] = ["clients", "passwords.json"];

/// The copy of the network file that a lab was built from, so that it is built the same at a later start.
const NETWORK: &str = "network.toml";

/// The file whose lock keeps other labs out of a data folder.
const LOCK: &str = "lock";

/// The hold on a data folder: while it lives, no other lab runs there.
#[derive(Debug)]
pub struct Hold {
    _lock: File,
    data: PathBuf,
    /// The folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Hold {
    /// Lets go of the folder. Where no lab is in it, what the hold itself made is taken away again.
    pub fn release(self) {
        if holds_a_lab(&self.data) {
            return;
        }
        // Whatever cannot be removed holds something of somebody else's.
        let _ = std::fs::remove_file(self.data.join(LOCK));
        for folder in &self.made {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Takes hold of a data folder, which is made if need be.
///
/// # Errors
/// A folder that a running lab holds already, or that cannot be written.
pub fn hold(data: &Path) -> Result<Hold, Failure> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let made = data.ancestors().take_while(missing).map(Path::to_owned).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(|error| Failure::file(data, error))?;
    let path = data.join(LOCK);
    let mut lock =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(|error| Failure::file(&path, error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Who holds it is a courtesy; that it is held is what counts.
            let _ = lock.read_to_string(&mut pid);
            return Err(Failure::Usage(format!(
                "a lab is running in {} already (process {}); use it, stop it with Ctrl-C, or choose another folder with --data",
                data.display(),
                pid.trim()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(Failure::file(&path, error)),
    }
    let written = lock.set_len(0).and_then(|()| lock.write_all(std::process::id().to_string().as_bytes()));
    written.map_err(|error| Failure::file(&path, error))?;
    Ok(Hold { _lock: lock, data: data.to_owned(), made })
}

/// Sees to it that no lab runs in a data folder.
///
/// # Errors
/// As [`hold`].
pub fn require_down(data: &Path) -> Result<(), Failure> {
    hold(data).map(drop)
}

/// Empties a data folder: what a lab keeps there, and nothing else.
///
/// # Errors
/// What cannot be deleted.
pub fn empty(data: &Path) -> Result<(), Failure> {
    empty_but(data, &[])
}

fn empty_but(data: &Path, kept: &[&str]) -> Result<(), Failure> {
    for name in CONTENTS.iter().filter(|name| !kept.contains(name)) {
        let path = data.join(name);
        let deleted = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match deleted {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::file(&path, error)),
        }
    }
    Ok(())
}

/// Whether emptying this folder would take a lab away from somebody: one that was set up, or data that no `tsl up` vouches for.
#[must_use]
pub fn holds_a_lab(data: &Path) -> bool {
    CONTENTS.iter().filter(|name| !BROUGHT.contains(name) && **name != LAB_FILE).any(|name| data.join(name).exists())
}

/// Looks at everything that would make a start fail and can be known before anything is made or deleted: the network file, the lab that
/// the folder holds already (with `anew` it will be gone by then), and whether the ports are free.
///
/// # Errors
/// What is in the way, and what to do about it.
pub fn check(up: &Up, anew: bool) -> Result<(), Failure> {
    let given = up.asked.network.as_deref().map(NetworkFile::read).transpose()?;
    let (began, network) = match Mark::read(&up.data)? {
        Some(mark) if mark.reached == Reached::Done && !anew => {
            let kept = kept_network(&up.data)?;
            mark.began.require(&up.asked, given.as_ref(), kept.as_ref(), &up.data)?;
            (mark.began, kept)
        }
        Some(_) | None => (Beginning::of(&up.asked), given),
    };
    for plan in service_plans(up, &began, network.as_ref())? {
        // A port that another program has would be found only after half of the services had made their data.
        hold_port(&plan.config)?;
    }
    Ok(())
}

fn hold_port(config: &ServiceConfig) -> Result<Option<HeldPort>, Failure> {
    let Some(address) = config.bind else { return Ok(None) };
    HeldPort::hold(address).map(Some).map_err(|error| {
        let switch = config.bind_switch;
        let taken = error.kind() == std::io::ErrorKind::AddrInUse;
        let why = if taken { StartError::Taken { address, switch } } else { StartError::Listen { address, error, switch } };
        Failure::Broken(why.to_string())
    })
}

/// Starts the services, sets the lab up if it is new, and says in its lab file where it is. Comes back with nothing where `told` did
/// first.
///
/// Whoever calls holds the data folder. A start that fails, or is told to end, leaves nothing running; and where the folder held no lab
/// before, nothing of one afterwards.
///
/// # Errors
/// What [`check`] says, a data folder that cannot be used, or a set-up step that failed.
pub async fn start(up: &Up, told: impl Future<Output = ()>) -> Result<Option<RunningLab>, Failure> {
    check(up, false)?;
    let control = Control::listen(&up.data)?;
    let lab_file = up.data.join(LAB_FILE);
    // What an earlier lab left there would send `tsl wait` to a lab that is not set up yet.
    let _ = std::fs::remove_file(&lab_file);
    let found = Found::look(up)?;
    let mut services = Vec::new();
    let started = match launch(up, &found, &mut services).await {
        // Services start in a moment each and are not broken off in the middle of it; their set-up is.
        Ok(lab) => tokio::select! {
            set_up = set_up(up, &found, &lab) => set_up.and_then(|steps| {
                lab.file().write(&lab_file)?;
                Ok(Some((lab, steps)))
            }),
            () = told => Ok(None),
        },
        Err(failure) => Err(failure),
    };
    if let Ok(Some((lab, steps))) = started {
        return Ok(Some(RunningLab { lab, steps, lab_file, began: found.began, services, control }));
    }
    // The first failure says more than what could be added while everything is taken back.
    let _ = stop_all(services).await;
    if found.is_new {
        let _ = empty_but(&up.data, &found.before);
    }
    started.map(|_| None)
}

/// What a start finds in its data folder.
struct Found {
    /// What the lab is, or is to be.
    began: Beginning,
    network: Option<NetworkFile>,
    /// Whether there is no lab yet.
    is_new: bool,
    /// What was in the folder before.
    before: Vec<&'static str>,
}

impl Found {
    /// Looks, and marks a folder without a lab as begun. What a first start left that was killed is deleted: its services would begin at
    /// different moments.
    fn look(up: &Up) -> Result<Self, Failure> {
        match Mark::read(&up.data)? {
            Some(mark) if mark.reached == Reached::Done => {
                let network = kept_network(&up.data)?;
                return Ok(Self { began: mark.began, network, is_new: false, before: Vec::new() });
            }
            Some(_) => empty_but(&up.data, &BROUGHT)?,
            None if holds_a_lab(&up.data) => {
                return Err(Failure::Usage(format!(
                    "{} holds data of services that no `tsl up` began; choose another folder with --data",
                    up.data.display()
                )));
            }
            None => {}
        }
        let before = BROUGHT.into_iter().filter(|name| up.data.join(name).exists()).collect();
        let began = Beginning::of(&up.asked);
        Mark { reached: Reached::Begun, began: began.clone() }.write(&up.data)?;
        let network = up.asked.network.as_deref().map(|path| take_network(&up.data, path)).transpose()?;
        Ok(Self { began, network, is_new: true, before })
    }
}

/// The network that the folder's lab was built from.
fn kept_network(data: &Path) -> Result<Option<NetworkFile>, Failure> {
    let kept = data.join(NETWORK);
    kept.exists().then(|| NetworkFile::read(&kept)).transpose()
}

/// Keeps a copy of the network file in the lab's folder.
fn take_network(data: &Path, path: &Path) -> Result<NetworkFile, Failure> {
    let kept = data.join(NETWORK);
    let text = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
    std::fs::write(&kept, text).map_err(|error| Failure::file(&kept, error))?;
    NetworkFile::read(path)
}

async fn launch(up: &Up, found: &Found, services: &mut Vec<Member>) -> Result<Lab, Failure> {
    // The clearinghouse comes last: the clock of each new service begins at the given moment when that service starts, and what the
    // clearinghouse certifies must not lie in the future of a license server.
    for plan in service_plans(up, &found.began, found.network.as_ref())?.into_iter().rev() {
        services.push(Member::start(plan).await?);
    }
    services.reverse();
    let data = std::path::absolute(&up.data).map_err(|error| Failure::file(&up.data, error))?;
    Ok(Lab::new(lab_file(&data, services), data.join(LAB_FILE).display().to_string()))
}

/// The first set-up of a new lab; at a later start only what free ports, which are others each time, make necessary.
async fn set_up(up: &Up, found: &Found, lab: &Lab) -> Result<Vec<Step>, Failure> {
    let Beginning { users, bare, .. } = &found.began;
    if !found.is_new {
        setup::readdress(lab).await?;
        return Ok(Vec::new());
    }
    let steps = match &found.network {
        None if *bare => setup::all_accounts(lab, users).await?,
        None => {
            let (cals, users) = (found.began.cals, users.clone());
            setup::run(lab, &Plan { cals, registrant: setup::lab_registrant()?, per_user: Vec::new(), users }).await?
        }
        Some(network) => build(users, lab, network).await?,
    };
    Mark { reached: Reached::Done, began: found.began.clone() }.write(&up.data)?;
    Ok(steps)
}

/// The services of the usual lab, or of a network: each listens on the next port and keeps a folder of its own.
fn service_plans(up: &Up, began: &Beginning, network: Option<&NetworkFile>) -> Result<Vec<ServicePlan>, Failure> {
    let mut plans: Vec<ServicePlan> = Vec::new();
    let mut add = |kind: Kind, generation: Generation, name: &str, folder: &str| {
        let place = u16::try_from(plans.len()).unwrap_or(u16::MAX);
        plans.push(ServicePlan { kind, generation, config: service(up, began, name, folder, place)? });
        Ok::<(), Failure>(())
    };
    let generation = began.generation;
    add(Kind::Clearinghouse, generation, "CH1", "clearinghouse")?;
    let Some(network) = network else {
        add(Kind::LicenseServer, license_server_of(generation), "LS1", "license-server")?;
        add(Kind::TerminalServer, generation, "TS1", "terminal-server")?;
        return Ok(plans);
    };
    if network.has_directory() {
        add(Kind::Directory, generation, "DIR1", "directory")?;
    }
    for (_, part) in network.license_servers() {
        add(Kind::LicenseServer, part.generation, part.name.as_str(), &format!("hosts/{}", part.name))?;
    }
    for (_, part) in network.terminal_servers() {
        add(Kind::TerminalServer, part.generation, part.name.as_str(), &format!("hosts/{}", part.name))?;
    }
    Ok(plans)
}

/// The first start of a network: who trusts whom, activation, CALs, accounts, modes, places.
async fn build(users: &[UserName], lab: &Lab, network: &NetworkFile) -> Result<Vec<Step>, Failure> {
    let mut steps = setup::trust(lab).await?;
    steps.extend(network::stock(lab, network).await?);
    for (_, part) in network.terminal_servers() {
        let place = lab.terminal_server(Some(&part.name))?;
        let api = lab.admin(Kind::TerminalServer, place)?;
        steps.extend(setup::accounts(lab, &api, place, users).await?);
        if part.per_user {
            steps.push(setup::license_per_user(&api, place).await?);
        }
    }
    steps.extend(network::apply(lab, network).await?);
    Ok(steps)
}

/// Windows NT 4.0 has no license server; the lab's plays Windows Server 2003 beside it.
fn license_server_of(generation: Generation) -> Generation {
    match generation {
        Generation::WindowsNt4 => Generation::Windows2003,
        Generation::Windows2000Sp2
        | Generation::Windows2000Sp3
        | Generation::Windows2003
        | Generation::Windows2008
        | Generation::Windows2008R2 => generation,
    }
}

fn service(up: &Up, began: &Beginning, name: &str, folder: &str, place: u16) -> Result<ServiceConfig, Failure> {
    let port = match up.first_port {
        0 => 0,
        first => first
            .checked_add(place)
            .ok_or_else(|| Failure::Usage(format!("--ports: {first} is too high, since every service takes the next port in a row")))?,
    };
    let name = name.parse().map_err(|error| Failure::Broken(format!("{error}")))?;
    Ok(ServiceConfig {
        bind: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        lab: true,
        seed: began.seed,
        start_at: began.start_at,
        bind_switch: "--ports N (0 takes free ones)",
        ..ServiceConfig::embedded(name, up.data.join(folder))
    })
}

/// Absolute paths, so that the file says the same wherever it is read from.
fn lab_file(data: &Path, services: &[Member]) -> LabFile {
    let places = |kind: Kind| {
        let running = services.iter().filter(move |member| member.plan.kind == kind).filter_map(|member| member.running.as_ref());
        running.map(|running| Place {
            name: running.name.clone(),
            url: running.url(),
            peer_url: None,
            token_file: Some(running.admin_token_path.clone()),
        })
    };
    LabFile {
        pid: Some(std::process::id()),
        data: Some(data.to_owned()),
        clearinghouse: places(Kind::Clearinghouse).next(),
        directory: places(Kind::Directory).next(),
        license_servers: places(Kind::LicenseServer).collect(),
        terminal_servers: places(Kind::TerminalServer).collect(),
        passwords_file: Some(data.join("passwords.json")),
        clients: Some(data.join("clients")),
    }
}

impl ServicePlan {
    async fn start(&self) -> Result<Running, Failure> {
        let config = self.config.clone();
        let started = match self.kind {
            Kind::Clearinghouse => clearinghouse::start(clearinghouse::Config::embedded(config)).await,
            Kind::Directory => directory::start(directory::Config::embedded(config)).await,
            Kind::LicenseServer => {
                let mut config = license_server::Config::embedded(config);
                config.generation = self.generation;
                license_server::start(config).await
            }
            Kind::TerminalServer => {
                let mut config = terminal_server::Config::embedded(config);
                config.generation = self.generation;
                terminal_server::start(config).await
            }
        };
        started.map_err(|error: StartError| Failure::Broken(error.to_string()))
    }
}

impl Member {
    async fn start(mut plan: ServicePlan) -> Result<Self, Failure> {
        let port = hold_port(&plan.config)?;
        plan.config.bind = port.as_ref().map(HeldPort::address).or(plan.config.bind);
        let running = plan.start().await?;
        // The others know the port that it has now.
        plan.config.bind = Some(running.address);
        Ok(Self { name: running.name.clone(), plan, running: Some(running), _port: port })
    }

    async fn obey(&mut self, action: Action) -> Result<String, Failure> {
        let name = self.name.clone();
        if matches!(action, Action::Stop | Action::Restart) {
            match self.running.take() {
                Some(running) => running.stop().await.map_err(|error| Failure::Broken(error.to_string()))?,
                None if action == Action::Restart => {}
                None => return Ok(format!("{name} was stopped already")),
            }
        }
        if matches!(action, Action::Start | Action::Restart) {
            if self.running.is_some() {
                return Ok(format!("{name} is running already"));
            }
            self.running = Some(self.plan.start().await?);
        }
        Ok(match action {
            Action::Stop => format!("{name} has stopped"),
            Action::Start => format!("{name} is running"),
            Action::Restart => format!("{name} has stopped and is running again"),
        })
    }
}

impl RunningLab {
    /// Does what comes over the control socket; comes back when one of the services cannot go on.
    pub async fn finished(&mut self) -> ServiceError {
        loop {
            let Self { services, control, .. } = self;
            let waiting = tokio::select! {
                failure = first_failure(services) => return failure,
                waiting = control.next() => waiting,
            };
            let reply = match self.obey(&waiting.order).await {
                Ok(done) => Reply::Done(done),
                Err(failure) => Reply::Failed(failure.to_string()),
            };
            waiting.reply(&reply).await;
        }
    }

    async fn obey(&mut self, order: &Order) -> Result<String, Failure> {
        let member = self.services.iter_mut().find(|member| member.name == order.service);
        let member = member.ok_or_else(|| Failure::Usage(format!("{} is not a service of this lab", order.service)))?;
        member.obey(order.action).await
    }

    /// Stops the services, the terminal server first, and takes the lab file away.
    ///
    /// # Errors
    /// The first service that did not end well.
    pub async fn stop(self) -> Result<(), Failure> {
        // A lab file that stays behind only means that `tsl status` shows services that are down.
        let _ = std::fs::remove_file(&self.lab_file);
        stop_all(self.services).await
    }
}

async fn first_failure(services: &mut [Member]) -> ServiceError {
    let running = services.iter_mut().filter_map(|member| member.running.as_mut());
    let ends: Vec<_> = running.map(|running| Box::pin(running.finished())).collect();
    if ends.is_empty() {
        return pending().await;
    }
    select_all(ends).await.0
}

async fn stop_all(services: Vec<Member>) -> Result<(), Failure> {
    let mut ended = Ok(());
    for running in services.into_iter().rev().filter_map(|member| member.running) {
        let stopped = running.stop().await.map_err(|error| Failure::Broken(error.to_string()));
        ended = ended.and(stopped);
    }
    ended
}
