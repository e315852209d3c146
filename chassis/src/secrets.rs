//! The keys of a simulated machine, in place of files of a data directory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The secrets of a machine by file name; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Secrets {
    /// Reads a secret, or makes and keeps it.
    pub(crate) fn get_or_make<E>(&self, name: &str, make: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<Vec<u8>, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept.get(name) {
            return Ok(bytes.clone());
        }
        let made = make()?;
        kept.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    /// Puts another secret in place of the one that is there.
    pub(crate) fn exchange(&self, name: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes);
    }
}
