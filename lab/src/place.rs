//! Where a lab is: its services' addresses, the files with their tokens, and the folders beside them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chassis::client::Connections;
pub use chassis::config::Kind;
use serde::{Deserialize, Serialize};
use shared::model::{ServerName, UserName};

use crate::api::{self, Api};
use crate::clients::Clients;
use crate::failure::Failure;
use crate::passwords::Passwords;

/// The folder that `tsl up` keeps its lab in unless told.
pub const DATA_FOLDER: &str = "tsl-data";
/// The file in it that says where the lab is.
pub const LAB_FILE: &str = "lab.json";

/// What `lab.json` says. Relative paths count from the file's own folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabFile {
    /// The process that runs the lab; none where it runs in several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The lab's data folder; none where the services keep their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The clearinghouse; none where `tsl` cannot reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearinghouse: Option<Place>,
    /// The directory; none where the lab is a workgroup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Place>,
    /// The license servers, in the order in which terminal servers are to ask them.
    #[serde(default)]
    pub license_servers: Vec<Place>,
    /// The terminal servers; the first is meant where none is named.
    #[serde(default)]
    pub terminal_servers: Vec<Place>,
    /// The file with the passwords of the accounts that the set-up made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passwords_file: Option<PathBuf>,
    /// The folder of the simulated devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<PathBuf>,
}

/// Where one service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its name.
    pub name: ServerName,
    /// Its address as `tsl` reaches it: `http://host:port`.
    pub url: String,
    /// Its address as other services reach it, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_url: Option<String>,
    /// The file with its administrator's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

/// The addresses that a person gives instead of a lab file. The environment's lists are `NAME=value`, comma separated.
///
/// All but the first are left out of every command's help and explained once, in that of `tsl` itself.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Addresses {
    /// The file that says where the lab is; `tsl up` writes it
    #[arg(long = "lab", env = "TSL_LAB_FILE", value_name = "FILE", global = true)]
    pub lab_file: Option<PathBuf>,
    /// The clearinghouse's address, [NAME=]http://host:port
    #[arg(long, env = "TSL_CLEARINGHOUSE", value_name = "[NAME=]URL", global = true, hide = true)]
    pub clearinghouse: Option<String>,
    /// The file with the clearinghouse's administrator token (or TSL_CLEARINGHOUSE_TOKEN)
    #[arg(long, env = "TSL_CLEARINGHOUSE_TOKEN_FILE", value_name = "FILE", global = true, hide = true)]
    pub clearinghouse_token_file: Option<String>,
    /// The clearinghouse's address as license servers reach it, where that differs
    #[arg(long, env = "TSL_CLEARINGHOUSE_PEER_URL", value_name = "URL", global = true, hide = true)]
    pub clearinghouse_peer_url: Option<String>,
    /// The directory's address, [NAME=]http://host:port
    #[arg(long, env = "TSL_DIRECTORY", value_name = "[NAME=]URL", global = true, hide = true)]
    pub directory: Option<String>,
    /// The file with the directory's administrator token (or TSL_DIRECTORY_TOKEN)
    #[arg(long, env = "TSL_DIRECTORY_TOKEN_FILE", value_name = "FILE", global = true, hide = true)]
    pub directory_token_file: Option<String>,
    /// The directory's address as the other services reach it, where that differs
    #[arg(long, env = "TSL_DIRECTORY_PEER_URL", value_name = "URL", global = true, hide = true)]
    pub directory_peer_url: Option<String>,
    /// License servers' addresses, [NAME=]http://host:port, comma separated
    #[arg(long, env = "TSL_LICENSE_SERVER", value_name = "[NAME=]URL", global = true, hide = true)]
    pub license_server: Option<String>,
    /// The files with the license servers' administrator tokens, [NAME=]FILE (or TSL_LICENSE_SERVER_TOKEN)
    #[arg(long, env = "TSL_LICENSE_SERVER_TOKEN_FILE", value_name = "[NAME=]FILE", global = true, hide = true)]
    pub license_server_token_file: Option<String>,
    /// License servers' addresses as terminal servers reach them, where that differs, [NAME=]URL
    #[arg(long, env = "TSL_LICENSE_SERVER_PEER_URL", value_name = "[NAME=]URL", global = true, hide = true)]
    pub license_server_peer_url: Option<String>,
    /// Terminal servers' addresses, [NAME=]http://host:port, comma separated
    #[arg(long, env = "TSL_TERMINAL_SERVER", value_name = "[NAME=]URL", global = true, hide = true)]
    pub terminal_server: Option<String>,
    /// The files with the terminal servers' administrator tokens, [NAME=]FILE (or TSL_TERMINAL_SERVER_TOKEN)
    #[arg(long, env = "TSL_TERMINAL_SERVER_TOKEN_FILE", value_name = "[NAME=]FILE", global = true, hide = true)]
    pub terminal_server_token_file: Option<String>,
    /// The folder of the simulated devices
    #[arg(long = "clients", env = "TSL_CLIENTS", value_name = "FOLDER", global = true, hide = true)]
    pub clients: Option<PathBuf>,
    /// The file with the passwords of the lab's accounts
    #[arg(long, env = "TSL_PASSWORDS_FILE", value_name = "FILE", global = true, hide = true)]
    pub passwords_file: Option<PathBuf>,
}

/// A lab that was found: ready to be asked.
#[derive(Debug)]
pub struct Lab {
    file: LabFile,
    source: String,
    http: OnceLock<Connections>,
}

impl LabFile {
    /// Reads a lab file; its relative paths become paths from here.
    ///
    /// # Errors
    /// A file that cannot be read, or is not a lab file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
        let mut file: LabFile = serde_json::from_slice(&text)
            .map_err(|error| Failure::file(path, format!("not a lab file ({error}); `tsl up` writes a good one")))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let places =
            file.clearinghouse.iter_mut().chain(&mut file.directory).chain(&mut file.license_servers).chain(&mut file.terminal_servers);
        let token_files = places.filter_map(|place| place.token_file.as_mut());
        let others = [&mut file.data, &mut file.passwords_file, &mut file.clients];
        for path in token_files.chain(others.into_iter().flatten()) {
            *path = folder.join(&*path);
        }
        Ok(file)
    }

    /// Writes the file as a whole, readable by its owner only.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| Failure::file(path, error))?;
        crate::clients::write_atomically(path, &json).map_err(|error| Failure::file(path, error))
    }
}

impl Lab {
    /// The lab that this file's content describes; `source` says where it was found.
    #[must_use]
    pub fn new(file: LabFile, source: impl Into<String>) -> Self {
        Self { file, source: source.into(), http: OnceLock::new() }
    }

    /// Finds the lab: addresses that were given, else the lab file that was named, else `./tsl-data/lab.json`.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read, or no lab anywhere.
    pub fn find(addresses: &Addresses) -> Result<Self, Failure> {
        let (mut file, source) = if addresses.any() {
            (addresses.lab_file()?, "the addresses given".to_owned())
        } else {
            let path = addresses.lab_file.clone().unwrap_or_else(|| Path::new(DATA_FOLDER).join(LAB_FILE));
            if !path.exists() {
                return Err(Failure::Usage(format!(
                    "no lab found: {} does not exist; start one with `tsl up`, or say where it is with --lab FILE or the TSL_ variables",
                    path.display()
                )));
            }
            (LabFile::read(&path)?, path.display().to_string())
        };
        if addresses.clients.is_some() {
            file.clients.clone_from(&addresses.clients);
        }
        if addresses.passwords_file.is_some() {
            file.passwords_file.clone_from(&addresses.passwords_file);
        }
        Ok(Self::new(file, source))
    }

    /// What the lab file says.
    #[must_use]
    pub fn file(&self) -> &LabFile {
        &self.file
    }

    /// Where the lab was found.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The simulated devices.
    #[must_use]
    pub fn clients(&self) -> Clients {
        let folder = self.file.clients.clone().or_else(|| self.file.data.as_ref().map(|data| data.join("clients")));
        Clients::new(folder.unwrap_or_else(|| Path::new(DATA_FOLDER).join("clients")))
    }

    /// The passwords of the lab's accounts.
    #[must_use]
    pub fn passwords(&self) -> Passwords {
        let file = self.file.passwords_file.clone().or_else(|| self.file.data.as_ref().map(|data| data.join("passwords.json")));
        Passwords::new(file.unwrap_or_else(|| Path::new(DATA_FOLDER).join("passwords.json")))
    }

    /// The password of an account: from `TSL_PASSWORD`, or from the lab's file of passwords.
    ///
    /// # Errors
    /// No password anywhere.
    pub fn password(&self, user: &UserName) -> Result<String, Failure> {
        if let Ok(password) = std::env::var("TSL_PASSWORD") {
            return Ok(password);
        }
        self.passwords().read()?.get(user).cloned().ok_or_else(|| {
            Failure::Usage(format!(
                "no password for {user}: set TSL_PASSWORD, or give --password-file, or put it into {}",
                self.passwords().path().display()
            ))
        })
    }

    /// All services in their order: clearinghouse, directory, license servers, terminal servers.
    #[must_use]
    pub fn services(&self) -> Vec<(Kind, &Place)> {
        let clearinghouse = self.file.clearinghouse.iter().map(|place| (Kind::Clearinghouse, place));
        let license_servers = self.file.license_servers.iter().map(|place| (Kind::LicenseServer, place));
        let terminal_servers = self.file.terminal_servers.iter().map(|place| (Kind::TerminalServer, place));
        let directory = self.file.directory.iter().map(|place| (Kind::Directory, place));
        clearinghouse.chain(directory).chain(license_servers).chain(terminal_servers).collect()
    }

    /// The services that a command is for: all, or the one that was named.
    ///
    /// # Errors
    /// A name that this lab does not have.
    pub fn chosen(&self, name: Option<&ServerName>) -> Result<Vec<(Kind, &Place)>, Failure> {
        let all = self.services();
        let Some(name) = name else { return Ok(all) };
        let chosen: Vec<_> = all.iter().copied().filter(|(_, place)| place.name == *name).collect();
        if chosen.is_empty() { Err(self.unknown(name, &all)) } else { Ok(chosen) }
    }

    /// The clearinghouse.
    ///
    /// # Errors
    /// A lab whose clearinghouse is out of reach.
    pub fn clearinghouse(&self) -> Result<&Place, Failure> {
        self.file.clearinghouse.as_ref().ok_or_else(|| self.without("clearinghouse", "TSL_CLEARINGHOUSE"))
    }

    /// The directory.
    ///
    /// # Errors
    /// A lab that has none: a workgroup.
    pub fn directory(&self) -> Result<&Place, Failure> {
        self.file.directory.as_ref().ok_or_else(|| {
            let how = "a lab of domains comes from a network file: tsl up --network FILE";
            Failure::Usage(format!("{} names no directory; set TSL_DIRECTORY to its address ({how})", self.source))
        })
    }

    /// The license server of this name, or the first.
    ///
    /// # Errors
    /// None such.
    pub fn license_server(&self, name: Option<&ServerName>) -> Result<&Place, Failure> {
        self.one(Kind::LicenseServer, name, "license server", "TSL_LICENSE_SERVER")
    }

    /// The terminal server of this name, or the first.
    ///
    /// # Errors
    /// None such.
    pub fn terminal_server(&self, name: Option<&ServerName>) -> Result<&Place, Failure> {
        self.one(Kind::TerminalServer, name, "terminal server", "TSL_TERMINAL_SERVER")
    }

    /// A service, for its administrator.
    ///
    /// # Errors
    /// No token, or one that cannot be read.
    pub fn admin(&self, kind: Kind, place: &Place) -> Result<Api, Failure> {
        let token = self.token(kind, place)?.ok_or_else(|| {
            Failure::Usage(format!(
                "no administrator's token for {}: give its file with {}_FILE or the token itself in {}",
                place.name,
                token_variable(kind),
                token_variable(kind)
            ))
        })?;
        Ok(Api::new(self.http()?, &place.url, Some(token)))
    }

    /// A service, for anyone.
    ///
    /// # Errors
    /// A machine on which no client can be made.
    pub fn anyone(&self, place: &Place) -> Result<Api, Failure> {
        Ok(Api::new(self.http()?, &place.url, None))
    }

    fn token(&self, kind: Kind, place: &Place) -> Result<Option<String>, Failure> {
        if let Some(path) = &place.token_file {
            let text =
                std::fs::read_to_string(path).map_err(|error| Failure::file(path, format!("the token of {}: {error}", place.name)))?;
            return Ok(Some(text.trim().to_owned()));
        }
        let given = std::env::var(token_variable(kind)).unwrap_or_default();
        Ok(pick(&given, &place.name))
    }

    fn http(&self) -> Result<Connections, Failure> {
        if let Some(client) = self.http.get() {
            return Ok(client.clone());
        }
        let client = api::connections()?;
        Ok(self.http.get_or_init(|| client).clone())
    }

    fn one(&self, kind: Kind, name: Option<&ServerName>, what: &str, variable: &str) -> Result<&Place, Failure> {
        let all: Vec<_> = self.services().into_iter().filter(|(of, _)| *of == kind).collect();
        match name {
            Some(name) => {
                all.iter().find(|(_, place)| place.name == *name).map(|(_, place)| *place).ok_or_else(|| self.unknown(name, &all))
            }
            None => all.first().map(|(_, place)| *place).ok_or_else(|| self.without(what, variable)),
        }
    }

    fn unknown(&self, name: &ServerName, known: &[(Kind, &Place)]) -> Failure {
        let names: Vec<_> = known.iter().map(|(_, place)| place.name.as_str()).collect();
        Failure::Usage(format!("{name} is not a server of this kind in {}; there are: {}", self.source, names.join(", ")))
    }

    fn without(&self, what: &str, variable: &str) -> Failure {
        Failure::Usage(format!("{} names no {what}; set {variable} to its address", self.source))
    }
}

impl Place {
    /// Its address as other services reach it.
    #[must_use]
    pub fn peer_url(&self) -> &str {
        self.peer_url.as_deref().unwrap_or(&self.url)
    }
}

impl Addresses {
    /// The same addresses as a program that is started finds them in its environment.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let all = [
            ("TSL_LAB_FILE", path(&self.lab_file)),
            ("TSL_CLEARINGHOUSE", self.clearinghouse.clone()),
            ("TSL_CLEARINGHOUSE_TOKEN_FILE", self.clearinghouse_token_file.clone()),
            ("TSL_CLEARINGHOUSE_PEER_URL", self.clearinghouse_peer_url.clone()),
            ("TSL_DIRECTORY", self.directory.clone()),
            ("TSL_DIRECTORY_TOKEN_FILE", self.directory_token_file.clone()),
            ("TSL_DIRECTORY_PEER_URL", self.directory_peer_url.clone()),
            ("TSL_LICENSE_SERVER", self.license_server.clone()),
            ("TSL_LICENSE_SERVER_TOKEN_FILE", self.license_server_token_file.clone()),
            ("TSL_LICENSE_SERVER_PEER_URL", self.license_server_peer_url.clone()),
            ("TSL_TERMINAL_SERVER", self.terminal_server.clone()),
            ("TSL_TERMINAL_SERVER_TOKEN_FILE", self.terminal_server_token_file.clone()),
            ("TSL_CLIENTS", path(&self.clients)),
            ("TSL_PASSWORDS_FILE", path(&self.passwords_file)),
        ];
        // Tokens themselves have no switch: they stand in the environment or nowhere.
        let inherited = [
            "TSL_CLEARINGHOUSE_TOKEN",
            "TSL_DIRECTORY_TOKEN",
            "TSL_LICENSE_SERVER_TOKEN",
            "TSL_TERMINAL_SERVER_TOKEN",
            "TSL_PASSWORD",
            "TSL_USER",
        ];
        let inherited = inherited.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).chain(inherited).collect()
    }

    fn any(&self) -> bool {
        self.clearinghouse.is_some() || self.license_server.is_some() || self.terminal_server.is_some()
    }

    fn lab_file(&self) -> Result<LabFile, Failure> {
        let clearinghouses = places("CH1", &self.clearinghouse, &self.clearinghouse_token_file, &self.clearinghouse_peer_url)?;
        Ok(LabFile {
            pid: None,
            data: None,
            clearinghouse: clearinghouses.into_iter().next(),
            directory: places("DIR1", &self.directory, &self.directory_token_file, &self.directory_peer_url)?.into_iter().next(),
            license_servers: places("LS1", &self.license_server, &self.license_server_token_file, &self.license_server_peer_url)?,
            terminal_servers: places("TS1", &self.terminal_server, &self.terminal_server_token_file, &None)?,
            passwords_file: None,
            clients: None,
        })
    }
}

fn places(usual: &str, urls: &Option<String>, tokens: &Option<String>, peers: &Option<String>) -> Result<Vec<Place>, Failure> {
    let (tokens, peers) = (tokens.as_deref().unwrap_or_default(), peers.as_deref().unwrap_or_default());
    let items = urls.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
    let place = |item: &str| {
        let (name, url) = named(item);
        if !url.starts_with("http://") {
            return Err(Failure::Usage(format!("address {url:?}: http://host:port, with NAME= in front where there are several")));
        }
        let name: ServerName = name.unwrap_or(usual).parse().map_err(|error| Failure::Usage(format!("{error}")))?;
        let (token_file, peer_url) = (pick(tokens, &name).map(PathBuf::from), pick(peers, &name));
        Ok(Place { url: url.trim_end_matches('/').to_owned(), name, peer_url, token_file })
    };
    items.map(place).collect()
}

/// The value for a server in a list `NAME=value,...`; a value without a name is for every server.
fn pick(list: &str, name: &ServerName) -> Option<String> {
    let items = || list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(named);
    let own = items().find(|(of, _)| of.is_some_and(|of| of.eq_ignore_ascii_case(name.as_str())));
    own.or_else(|| items().find(|(of, _)| of.is_none())).map(|(_, value)| value.to_owned())
}

/// `NAME=value` or a value alone; a path or an address is no name.
fn named(item: &str) -> (Option<&str>, &str) {
    match item.split_once('=') {
        Some((name, value)) if !name.contains(['/', ':']) => (Some(name), value),
        Some(_) | None => (None, item),
    }
}

/// The environment variable with the administrator's token of a kind of service.
fn token_variable(kind: Kind) -> &'static str {
    match kind {
        Kind::Clearinghouse => "TSL_CLEARINGHOUSE_TOKEN",
        Kind::Directory => "TSL_DIRECTORY_TOKEN",
        Kind::LicenseServer => "TSL_LICENSE_SERVER_TOKEN",
        Kind::TerminalServer => "TSL_TERMINAL_SERVER_TOKEN",
    }
}
