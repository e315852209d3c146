//! What a service is told at its start, by switches or by the environment.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use shared::model::{LabTime, ServerName};

/// The kinds of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Activates license servers and issues packs.
    Clearinghouse,
    /// Issues CALs.
    LicenseServer,
    /// Admits clients.
    TerminalServer,
    /// Knows the domains: sites, controllers, users, groups, published license servers.
    Directory,
}

impl Kind {
    /// The kind as answers and logs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Clearinghouse => "clearinghouse",
            Kind::LicenseServer => "license-server",
            Kind::TerminalServer => "terminal-server",
            Kind::Directory => "directory",
        }
    }

    /// What the journal of a service of this kind is called.
    pub(crate) fn journal(self) -> &'static str {
        match self {
            Kind::Clearinghouse => "registry",
            Kind::LicenseServer => "ledger",
            Kind::TerminalServer => "node",
            Kind::Directory => "directory",
        }
    }

    /// The loopback address that a service of this kind listens on unless told.
    #[must_use]
    pub fn default_bind(self) -> SocketAddr {
        let port = match self {
            Kind::Clearinghouse => 7801,
            Kind::LicenseServer => 7802,
            Kind::TerminalServer => 7803,
            Kind::Directory => 7800,
        };
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    }

    fn default_name(self) -> &'static str {
        match self {
            Kind::Clearinghouse => "CH1",
            Kind::LicenseServer => "LS1",
            Kind::TerminalServer => "TS1",
            Kind::Directory => "DIR1",
        }
    }
}

/// What every service is told at its start.
#[derive(Clone, Debug, clap::Args)]
pub struct ServiceConfig {
    /// The server's name [default: CH1, LS1, TS1 or DIR1]
    #[arg(long, env = "TSL_NAME", global = true)]
    pub name: Option<ServerName>,
    /// Address and port to listen on [default: 127.0.0.1:7801 clearinghouse, :7802 license server, :7803 terminal server, :7800 directory]
    #[arg(long, env = "TSL_BIND", value_name = "ADDRESS:PORT", global = true)]
    pub bind: Option<SocketAddr>,
    /// A further host name under which the service is asked, without the port; may be given several times [loopback's names, the address
    /// listened on and the service's own name are known]
    #[arg(long = "host", env = "TSL_HOSTS", value_name = "HOST", value_delimiter = ',', value_parser = host_name, global = true)]
    pub hosts: Vec<String>,
    /// The directory that holds journal, key and token; made if it is not there
    #[arg(long, env = "TSL_DATA", value_name = "DIRECTORY", default_value = "./data", global = true)]
    pub data: PathBuf,
    /// The file with the administrator's token, made at the first start [default: admin-token in the data directory]
    #[arg(long, env = "TSL_ADMIN_TOKEN_FILE", value_name = "FILE", global = true)]
    pub admin_token_file: Option<PathBuf>,
    /// Allow lab powers: moving time, seeding dice, selling codes
    #[arg(long, env = "TSL_LAB", value_parser = BoolishValueParser::new(), global = true)]
    pub lab: bool,
    /// Seed the dice at the first start, so that a lab can be repeated; random unless told
    #[arg(long, env = "TSL_SEED", global = true)]
    pub seed: Option<u64>,
    /// With --lab: let the clock begin at this moment at the first start, such as 2003-04-24T08:00:00Z
    #[arg(long, env = "TSL_START_AT", value_name = "MOMENT", requires = "lab", global = true)]
    pub start_at: Option<LabTime>,
    /// Threads that answer requests [default: 2, or 1 where there is one core]
    #[arg(long, env = "TSL_WORKERS", global = true)]
    pub workers: Option<usize>,
    /// The switch that changes the port, as a message about a taken port names it.
    #[arg(skip = "--bind")]
    pub bind_switch: &'static str,
}

/// A host name or address, as it stands in a URL.
fn host_name(text: &str) -> Result<String, String> {
    let named = text.trim();
    let good = named.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:[]".contains(letter));
    let with_port = named.rsplit_once(':').is_some_and(|(name, _)| !name.contains(':'));
    if good && !with_port {
        return Ok(named.to_owned());
    }
    Err("a host is given by its name or address alone, without http://, port or path, such as license-server or lab.example".to_owned())
}

impl ServiceConfig {
    /// Listening on a free loopback port, keeping data in `data`, without lab powers: for services inside another program.
    #[must_use]
    pub fn embedded(name: ServerName, data: PathBuf) -> Self {
        let bind = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        Self {
            name: Some(name),
            bind,
            hosts: Vec::new(),
            data,
            admin_token_file: None,
            lab: false,
            seed: None,
            start_at: None,
            workers: None,
            bind_switch: "--bind",
        }
    }

    /// The address to listen on.
    #[must_use]
    pub fn bind(&self, kind: Kind) -> SocketAddr {
        self.bind.unwrap_or_else(|| kind.default_bind())
    }

    /// The service's name; an error only if our own default were no name.
    pub fn name(&self, kind: Kind) -> Result<ServerName, shared::model::ParseError> {
        self.name.clone().map_or_else(|| kind.default_name().parse(), Ok)
    }

    /// How many threads answer requests.
    #[must_use]
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(2);
        self.workers.unwrap_or_else(cores).clamp(1, 64)
    }
}
