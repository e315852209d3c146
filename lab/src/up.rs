//! A whole lab in one process: three services on loopback sockets, set up, in one data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::failure::Failure;
use crate::place::LAB_FILE;

/// What a lab's data folder holds; nothing else in it is ever deleted.
const CONTENTS: [&str; 6] = ["clearinghouse", "license-server", "terminal-server", "clients", "passwords.json", LAB_FILE];

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
    std::fs::create_dir_all(data).map_err(|error| Failure::file(data, error))?;
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
