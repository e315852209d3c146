//! Which keys a data directory had, by their fingerprints, in the file `keys-known`: so that one that is gone or exchanged is missed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::data::{DataError, failed, replace_at};

/// The keys that a data directory had. Does not hold the directory.
#[derive(Clone, Debug)]
pub(crate) struct KnownKeys {
    folder: PathBuf,
}

/// The fingerprints of keys, by file; two while one takes the place of the other.
type Fingerprints = BTreeMap<String, Vec<String>>;

impl KnownKeys {
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Whether there was a key in a file.
    pub(crate) fn has(&self, name: &str) -> Result<bool, DataError> {
        Ok(self.read()?.contains_key(name))
    }

    /// Takes note of the key in a file by its fingerprint, or holds it against what was noted.
    pub(crate) fn recognize(&self, name: &str, fingerprint: &str) -> Result<(), DataError> {
        let mut known = self.read()?;
        match known.get(name) {
            Some(noted) if noted.iter().any(|noted| noted == fingerprint) => Ok(()),
            Some(_) => Err(DataError::KeyChanged(self.folder.join(name))),
            None => {
                known.insert(name.to_owned(), vec![fingerprint.to_owned()]);
                self.write(&known)
            }
        }
    }

    /// Puts another key into a file, in place of the one with the fingerprint `old`: after a crash it is the one or the other,
    /// and either is known.
    pub(crate) fn exchange(&self, name: &str, bytes: &[u8], old: &str, new: &str) -> Result<(), DataError> {
        let mut known = self.read()?;
        known.insert(name.to_owned(), vec![old.to_owned(), new.to_owned()]);
        self.write(&known)?;
        replace_at(&self.folder.join(name), bytes)?;
        known.insert(name.to_owned(), vec![new.to_owned()]);
        self.write(&known)
    }

    fn read(&self) -> Result<Fingerprints, DataError> {
        let path = self.folder.join(KNOWN_FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|_| DataError::Unreadable { path, reason: "does not list the keys of this directory" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Fingerprints::new()),
            Err(error) => Err(failed(&path, error)),
        }
    }

    fn write(&self, known: &Fingerprints) -> Result<(), DataError> {
        let path = self.folder.join(KNOWN_FILE);
        let text = serde_json::to_vec_pretty(known).map_err(|error| failed(&path, error.into()))?;
        replace_at(&path, &text)
    }
}

pub(crate) const KNOWN_FILE: &str = "keys-known";
