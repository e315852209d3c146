//! The folder of simulated devices: one JSON file each, replaced as a whole.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use shared::model::{DeviceName, Platform};

use client::device::Device;

/// Where the simulated devices live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    folder: PathBuf,
}

/// A device's file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// The disk said no.
    #[error("{path}: {source}; check the folder of simulated devices and who owns it")]
    Disk {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a device.
    #[error("{path} is not a device file ({why}); repair it or delete it, then the device starts out new")]
    Unreadable {
        /// The file.
        path: String,
        /// Where it fails.
        why: String,
    },
}

impl Clients {
    /// The devices in this folder; it is made with the first of them.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The device of this name as it was last saved; none if there is no such device.
    ///
    /// # Errors
    /// A file that cannot be read or is not a device.
    pub fn find(&self, name: &DeviceName) -> Result<Option<Device>, ClientsError> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| ClientsError::Unreadable { path: path.display().to_string(), why: error.to_string() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(disk(&path, source)),
        }
    }

    /// The device of this name, new if there is none yet.
    ///
    /// # Errors
    /// As [`Clients::find`].
    pub fn find_or_new(&self, name: &DeviceName, platform: Option<Platform>) -> Result<Device, ClientsError> {
        let found = self.find(name)?;
        Ok(found.unwrap_or_else(|| Device::new(name.clone(), platform.unwrap_or(Platform::WindowsXpProfessional))))
    }

    /// Saves a device: the file is either the old one or the new one, never half of it.
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn save(&self, device: &Device) -> Result<(), ClientsError> {
        std::fs::create_dir_all(&self.folder).map_err(|source| disk(&self.folder, source))?;
        let path = self.path(&device.name);
        let json = serde_json::to_vec_pretty(device).map_err(|error| disk(&path, error.into()))?;
        write_atomically(&path, &json).map_err(|source| disk(&path, source))
    }

    /// The names of all devices, in order.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn names(&self) -> Result<Vec<DeviceName>, ClientsError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(disk(&self.folder, source)),
        };
        let mut names: Vec<DeviceName> =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.parse().ok()).collect();
        names.sort();
        Ok(names)
    }

    /// Takes a device away; whether there was one.
    ///
    /// # Errors
    /// A file that cannot be deleted.
    pub fn remove(&self, name: &DeviceName) -> Result<bool, ClientsError> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(disk(&path, source)),
        }
    }

    fn path(&self, name: &DeviceName) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

/// Replaces a file by a new one, readable by its owner only.
///
/// # Errors
/// What the system said.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // The process id keeps two calls apart that save the same file at once.
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(&beside, path)
}

fn disk(path: &Path, source: io::Error) -> ClientsError {
    ClientsError::Disk { path: path.display().to_string(), source }
}
