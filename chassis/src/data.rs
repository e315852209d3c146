//! The data directory of a service: made with mode 0700, held by one process, with secrets in files of mode 0600.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use shared::model::hex;

use crate::known_keys::{KNOWN_FILE, KnownKeys};
use crate::random;

/// An open data directory. Clones share it; the directory is free for another process when the last one is gone.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
    #[expect(dead_code, reason = "holding it open is its use")]
    lock: Arc<File>,
    patience: Duration,
}

/// Why a data directory, or a file in it, could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Another process works with the directory.
    #[error("the data directory {} is in use by process {holder}: stop that process, or name another directory with --data", directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process's id, or `unknown`.
        holder: String,
    },
    /// A file or directory could not be read or written.
    #[error("{}: {error}; {}", path.display(), cure(error))]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A secret could not be made.
    #[error("{name}: could not be made: {reason}")]
    NotMade {
        /// The secret's file name.
        name: String,
        /// What went wrong.
        reason: String,
    },
    /// A key that the service had is gone.
    #[error(
        "{} is gone, though this service had a key in it: put the file back. If it is lost for good, remove {KNOWN_FILE} beside it too: \
         the service then begins with a new key, which nobody knows and which has to be enrolled and activated again",
        .0.display()
    )]
    KeyGone(PathBuf),
    /// A key is not the one that the service had.
    #[error(
        "{} holds another key than the one that this service had: put the right file back. If the new one is meant, remove {KNOWN_FILE} \
         beside it: it has to be enrolled and activated again then",
        .0.display()
    )]
    KeyChanged(PathBuf),
    /// Others can read or change a key.
    #[error(
        "{} has mode {mode:03o}, so that others on this machine can read or change it: chmod 600 it; whoever read it can speak for this service, \
         so let a new key be made if that may have happened",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A secret's file holds something else.
    #[error("{}: {reason}; restore the file, or remove it to have a new one made", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl DataDir {
    /// Opens the directory, makes it if it is not there, and holds it against other processes.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failed(path, error))?;
        let path = fs::canonicalize(path).map_err(|error| failed(path, error))?;
        let name = path.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = options.open(&name).map_err(|error| failed(&name, error))?;
        match lock_when_free(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataError::InUse { holder: holder(&mut lock), directory: path }),
            Err(TryLockError::Error(error)) => return Err(failed(&name, error)),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| write!(lock, "{}", std::process::id()))
            .map_err(|error| failed(&name, error))?;
        Ok(Self { path, lock: Arc::new(lock), patience: PATIENCE })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same directory with another limit on how long the opening of its journal may stand still before that counts as
    /// damage; 30 seconds unless told.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Reads a key, or makes it and writes it with mode 0600; it is on disk, whole, when this returns.
    ///
    /// `make`'s error is kept as text and must not hold the secret.
    ///
    /// # Errors
    /// Also where the key that the service had is gone, or others than the owner can get at it.
    pub fn secret_file<E: std::fmt::Display>(&self, name: &str, make: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<Vec<u8>, DataError> {
        let path = self.path.join(name);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.mode() & 0o077 != 0 => return Err(DataError::Open { mode: metadata.mode() & 0o777, path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.known_keys().has(name)? => return Err(DataError::KeyGone(path)),
            Ok(_) | Err(_) => {}
        }
        secret_at(&path, make)
    }

    /// Where the administrator's token lies unless told otherwise.
    #[must_use]
    pub fn token_path(&self) -> PathBuf {
        self.path.join(TOKEN_FILE)
    }

    /// The keys that this directory had.
    pub(crate) fn known_keys(&self) -> KnownKeys {
        KnownKeys::of(&self.path)
    }
}

/// The administrator's token, 64 hex digits in a file of its own (mode 0600), made at the first start.
///
/// # Errors
/// If the file cannot be read or made, or holds something else.
pub fn admin_token(path: &Path) -> Result<String, DataError> {
    let bytes = secret_at(path, || Ok::<_, std::convert::Infallible>(format!("{}\n", new_admin_token()).into_bytes()))?;
    let token = String::from_utf8(bytes).ok().map(|text| text.trim().to_owned());
    token
        .filter(|token| token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| DataError::Unreadable { path: path.to_owned(), reason: "is not a token of 64 hex digits" })
}

/// A token that nobody knows yet.
pub(crate) fn new_admin_token() -> String {
    hex(&random::bytes::<32>())
}

fn secret_at<E: std::fmt::Display>(path: &Path, make: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<Vec<u8>, DataError> {
    match fs::read(path) {
        Ok(bytes) => return Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(path, error)),
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = make().map_err(|error| DataError::NotMade { name, reason: error.to_string() })?;
    replace_at(path, &bytes)?;
    Ok(bytes)
}

pub(crate) fn replace_at(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let fresh = path.with_added_extension("new");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let write = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| failed(path, error))
}

/// What to do about an input or output error. Never that anything should be removed: what is there may be whole.
fn cure(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "the user that the service runs as may not do that: run it as the user that the directory belongs to, or give that user the directory (chown -R); nothing in it needs to be changed"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: make room on it, then start again; what is there is whole"
        }
        io::ErrorKind::FileTooLarge => {
            "files may not grow that far here: raise the limit (ulimit -f), then start again; what is there is whole"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is mounted read-only: mount it writable, or name another directory with --data"
        }
        io::ErrorKind::NotFound => {
            "the file or its directory is not there: see that --data names the right directory and that its disk is mounted"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists => {
            "there is something else in its place: see that --data names the right directory"
        }
        _ if error.raw_os_error() == Some(TOO_MANY_OPEN_FILES) => {
            "the process may not open more files: raise the limit (ulimit -n), then start again"
        }
        _ => "see that the disk works and the directory belongs to the user that the service runs as",
    }
}

/// An input or output error at `path`.
pub(crate) fn failed(path: &Path, error: io::Error) -> DataError {
    DataError::Io { path: path.to_owned(), error }
}

/// A program that another thread is just starting has a share in every open file until it runs: whoever let a directory go a moment ago
/// finds it held for as long as that takes.
fn lock_when_free(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            locked => return locked,
        }
    }
    lock.try_lock()
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.take(20).read_to_string(&mut text);
    if read.is_ok() && !text.trim().is_empty() { text.trim().to_owned() } else { "unknown".to_owned() }
}

/// EMFILE of Linux.
const TOO_MANY_OPEN_FILES: i32 = 24;
const TOKEN_FILE: &str = "admin-token";
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long a lock that is held is tried again: half a second.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(10);
