//! A whole lab in one process: its services on loopback sockets, set up, in one data folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use chassis::config::ServiceConfig;
use chassis::server::{Running, ServiceError, StartError};
use futures_util::future::{pending, select_all};
use shared::model::{Generation, LabTime, ServerName, UserName};

use crate::control::{Action, Control, Order, Reply};
use crate::failure::Failure;
use crate::network::{self, NetworkFile};
use crate::place::{Kind, LAB_FILE, Lab, LabFile, Place};
use crate::setup::{self, Plan, Step};

/// How a lab is to be started.
#[derive(Clone, Debug)]
pub struct Up {
    /// The data folder.
    pub data: PathBuf,
    /// The clearinghouse's port; the license server and the terminal server take the next two. 0 takes free ones.
    pub first_port: u16,
    /// The seed of all dice, at the first start.
    pub seed: Option<u64>,
    /// The moment at which the clocks begin, at the first start.
    pub start_at: Option<LabTime>,
    /// What license server and terminal server are; beside a terminal server of Windows NT 4.0 the license server is Windows 2003's.
    pub generation: Generation,
    /// Device CALs to begin with.
    pub cals: u32,
    /// Ordinary accounts to begin with.
    pub users: Vec<UserName>,
    /// Services that know nothing of one another: nobody trusts, nothing is activated, there are accounts only.
    pub bare: bool,
    /// A network to build in place of one license server and one terminal server: the file that says it.
    pub network: Option<PathBuf>,
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
    /// What its terminal server is.
    pub generation: Generation,
    services: Vec<Member>,
    control: Control,
}

/// A service of the lab, which its administrator may stop and start by itself.
#[derive(Debug)]
struct Member {
    name: ServerName,
    plan: ServicePlan,
    running: Option<Running>,
}

/// What it takes to start a service, and to start it again where it was.
#[derive(Clone, Debug)]
struct ServicePlan {
    kind: Kind,
    generation: Generation,
    config: ServiceConfig,
}

/// The file that says how far a lab's first start came.
const SET_UP: &str = "set-up";
/// It has begun, in a folder that held nothing of a lab; where it failed, the next start begins anew.
const BEGUN: &str = "begun";
/// It is done, and the services were left strangers to one another.
const BARE: &str = "bare";
/// It is done: later starts leave the lab as its administrator wants it.
const DONE: &str = "done";

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

/// The copy of the network file that a lab was built from, so that it is built the same at a later start.
const NETWORK: &str = "network.toml";

/// The hold on a data folder: while it lives, no other lab runs there.
#[derive(Debug)]
pub struct Hold {
    _lock: File,
}

/// Takes hold of a data folder, which is made if need be.
///
/// # Errors
/// A folder that a running lab holds already, or that cannot be written.
pub fn hold(data: &Path) -> Result<Hold, Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(|error| Failure::file(data, error))?;
    let path = data.join("lock");
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
    Ok(Hold { _lock: lock })
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
    for name in CONTENTS {
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

/// Starts the services, sets the lab up if it is new, and says in its lab file where it is.
///
/// Whoever calls holds the data folder.
///
/// # Errors
/// A taken port, a data folder that cannot be used, or a set-up step that failed; nothing runs then.
pub async fn start(up: &Up) -> Result<RunningLab, Failure> {
    let lab_file = up.data.join(LAB_FILE);
    // What an earlier lab left there would send `tsl wait` to a lab that is not set up yet.
    let _ = std::fs::remove_file(&lab_file);
    let mut services = Vec::new();
    match begin(up, &mut services).await {
        Ok((lab, steps)) => {
            let control = Control::listen(&up.data)?;
            lab.file().write(&lab_file)?;
            Ok(RunningLab { lab, steps, lab_file, generation: up.generation, services, control })
        }
        Err(failure) => {
            // The first failure says more than what a stop could add.
            let _ = stop_all(services).await;
            Err(failure)
        }
    }
}

/// Whether the lab was set up once. What a first start left that failed or was broken off is deleted: its services would begin
/// at different moments.
fn is_set_up(data: &Path) -> Result<bool, Failure> {
    let mark = data.join(SET_UP);
    match std::fs::read_to_string(&mark) {
        Ok(text) if text != BEGUN => return Ok(true),
        Ok(_) => empty(data)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Failure::file(&mark, error)),
    }
    if !CONTENTS.iter().any(|name| data.join(name).exists()) {
        std::fs::write(&mark, BEGUN).map_err(|error| Failure::file(&mark, error))?;
    }
    Ok(false)
}

async fn begin(up: &Up, services: &mut Vec<Member>) -> Result<(Lab, Vec<Step>), Failure> {
    let set_up = is_set_up(&up.data)?;
    let was_bare = std::fs::read_to_string(up.data.join(SET_UP)).is_ok_and(|text| text == BARE);
    let network = network_of(up)?;
    // The clearinghouse comes last: the clock of each new service begins at the given moment when that service starts, and what the
    // clearinghouse certifies must not lie in the future of a license server.
    for plan in service_plans(up, network.as_ref())?.into_iter().rev() {
        services.push(Member::start(plan).await?);
    }
    services.reverse();
    let data = std::path::absolute(&up.data).map_err(|error| Failure::file(&up.data, error))?;
    let lab = Lab::new(lab_file(&data, services), data.join(LAB_FILE).display().to_string());
    if set_up {
        // Free ports are others at every start, so the services are told where each of them is now.
        if !was_bare {
            setup::trust(&lab).await?;
        }
        return Ok((lab, Vec::new()));
    }
    let steps = match &network {
        None if up.bare => setup::all_accounts(&lab, &up.users).await?,
        None => {
            let plan = Plan { cals: up.cals, registrant: setup::lab_registrant()?, per_user: Vec::new(), users: up.users.clone() };
            setup::run(&lab, &plan).await?
        }
        Some(network) => build(up, &lab, network).await?,
    };
    let mark = up.data.join(SET_UP);
    std::fs::write(&mark, if up.bare { BARE } else { DONE }).map_err(|error| Failure::file(&mark, error))?;
    Ok((lab, steps))
}

/// The network that the folder's lab was built from, or the one that it is to be built from.
fn network_of(up: &Up) -> Result<Option<NetworkFile>, Failure> {
    let kept = up.data.join(NETWORK);
    match &up.network {
        None if kept.exists() => NetworkFile::read(&kept).map(Some),
        None => Ok(None),
        Some(path) => {
            let network = NetworkFile::read(path)?;
            if kept.exists() && NetworkFile::read(&kept)? != network {
                return Err(Failure::Usage(format!(
                    "{} holds a lab of another network; begin anew with --fresh, or choose another folder with --data",
                    up.data.display()
                )));
            }
            let text = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
            std::fs::write(&kept, text).map_err(|error| Failure::file(&kept, error))?;
            Ok(Some(network))
        }
    }
}

/// The services of the usual lab, or of a network: each listens on the next port and keeps a folder of its own.
fn service_plans(up: &Up, network: Option<&NetworkFile>) -> Result<Vec<ServicePlan>, Failure> {
    let mut plans: Vec<ServicePlan> = Vec::new();
    let mut add = |kind: Kind, generation: Generation, name: &str, folder: &str| {
        let place = u16::try_from(plans.len()).unwrap_or(u16::MAX);
        plans.push(ServicePlan { kind, generation, config: service(up, name, folder, place)? });
        Ok::<(), Failure>(())
    };
    add(Kind::Clearinghouse, up.generation, "CH1", "clearinghouse")?;
    let Some(network) = network else {
        add(Kind::LicenseServer, license_server_of(up.generation), "LS1", "license-server")?;
        add(Kind::TerminalServer, up.generation, "TS1", "terminal-server")?;
        return Ok(plans);
    };
    if network.has_directory() {
        add(Kind::Directory, up.generation, "DIR1", "directory")?;
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
async fn build(up: &Up, lab: &Lab, network: &NetworkFile) -> Result<Vec<Step>, Failure> {
    let mut steps = setup::trust(lab).await?;
    steps.extend(network::stock(lab, network).await?);
    for (_, part) in network.terminal_servers() {
        let place = lab.terminal_server(Some(&part.name))?;
        let api = lab.admin(Kind::TerminalServer, place)?;
        steps.extend(setup::accounts(lab, &api, place, &up.users).await?);
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

fn service(up: &Up, name: &str, folder: &str, place: u16) -> Result<ServiceConfig, Failure> {
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
        seed: up.seed,
        start_at: up.start_at,
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
        let running = plan.start().await?;
        // The others know the port that it has now.
        plan.config.bind = Some(running.address);
        Ok(Self { name: running.name.clone(), plan, running: Some(running) })
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
