//! A store in memory: for tests, and for labs that are simulated as a whole.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::{Change, Disk, DiskError, Order};

/// What a [`MemoryDisk`] holds.
#[derive(Clone, Debug, Default)]
struct Content {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    head: Option<Vec<u8>>,
}

/// A store that is gone with the process.
#[derive(Debug, Default)]
pub struct MemoryDisk(Mutex<Content>);

impl MemoryDisk {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A second store with the same content: what a crash at this moment would leave.
    #[must_use]
    pub fn image(&self) -> Self {
        Self(Mutex::new(self.content().clone()))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        let mut content = self.content();
        for (key, value) in changes {
            match value {
                Some(value) => content.values.insert(key, value),
                None => content.values.remove(&key),
            };
        }
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.content().values.get(key).cloned())
    }

    fn scan(&self, from: &[u8], before: &[u8], order: Order, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), DiskError> {
        if from >= before {
            return Ok(());
        }
        let content = self.content();
        let mut range = content.values.range::<[u8], _>((Bound::Included(from), Bound::Excluded(before)));
        let mut next = || match order {
            Order::Rising => range.next(),
            Order::Falling => range.next_back(),
        };
        while let Some((key, value)) = next() {
            if !each(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn head(&self) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.content().head.clone())
    }

    fn set_head(&self, bytes: &[u8]) -> Result<(), DiskError> {
        self.content().head = Some(bytes.to_vec());
        Ok(())
    }
}
