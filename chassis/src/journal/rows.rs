//! The rows that entries lead to, written behind: what a start reads in place of the whole history.
//!
//! They follow from the entries, so losing them loses time and nothing else. A row of their own, `m/rows`, names the last entry
//! that they contain, how many they are, and a sum over all of them: rows that are not exactly what was written are not
//! believed, and made anew from the entries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::entry::{Mark, json, parsed};

/// A key and its new value; none removes it.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// Rows that changed, by their keys: the new value, or none for a removed one.
pub(crate) type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// An ordered store of keys and values with atomic groups.
pub trait RowStore: Send + Sync + 'static {
    /// Shows `each` all keys with their values, in order, until it says `false`.
    fn scan(&self, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), RowsError>;

    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError>;

    /// Makes all changes or none. Each key is named once.
    fn write(&self, changes: Vec<Change>) -> Result<(), RowsError>;
}

/// What a store of rows said when it could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowsError(pub String);

/// How many rows there are, and the sum over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    count: u64,
    sum: u128,
}

impl Total {
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(weight(key, value));
    }

    fn take(&mut self, key: &[u8], value: &[u8]) {
        self.count = self.count.saturating_sub(1);
        self.sum = self.sum.wrapping_sub(weight(key, value));
    }
}

/// What the rows say of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    through: Mark,
    count: u64,
    sum: Sum,
}

/// A sum as hex digits: JSON has no numbers of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Sum(u128);

impl From<Sum> for String {
    fn from(sum: Sum) -> Self {
        format!("{:032x}", sum.0)
    }
}

impl TryFrom<String> for Sum {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

/// A store of rows with its total.
pub(crate) struct RowsBehind {
    store: Arc<dyn RowStore>,
    total: Mutex<Total>,
}

impl RowsBehind {
    /// Goes on with a store that holds exactly what `total` says.
    pub(crate) fn new(store: Arc<dyn RowStore>, total: Total) -> Self {
        Self { store, total: Mutex::new(total) }
    }

    /// Writes what changed, and that the rows contain all entries up to `through` now.
    pub(crate) fn write(&self, changed: Changed, through: Mark) -> Result<(), RowsError> {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = *total;
        for (key, value) in &changed {
            if let Some(old) = self.store.get(key)? {
                after.take(key, &old);
            }
            if let Some(new) = value {
                after.add(key, new);
            }
        }
        let said = Said { through, count: after.count, sum: Sum(after.sum) };
        let changes = changed.into_iter().chain([(ROWS_ROW.to_vec(), Some(json(&said)))]).collect();
        self.store.write(changes)?;
        *total = after;
        Ok(())
    }

    /// All rows, in order.
    pub(crate) fn all(&self) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, RowsError> {
        let mut rows = BTreeMap::new();
        self.store.scan(&mut |key, value| {
            if key != ROWS_ROW {
                rows.insert(key.to_vec(), value.to_vec());
            }
            true
        })?;
        Ok(rows)
    }
}

/// Shows `each` row, and says up to which entry the rows go; none where nothing was written yet. An error where they are not
/// exactly what was written.
pub(crate) fn read_rows(
    store: &dyn RowStore,
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
) -> Result<Option<(Mark, Total)>, String> {
    let (mut total, mut said, mut trouble) = (Total::default(), None, None);
    let scanned = store.scan(&mut |key, value| {
        let read = if key == ROWS_ROW {
            parsed::<Said>("m/rows", value).map(|read| said = Some(read))
        } else {
            total.add(key, value);
            each(key, value)
        };
        trouble = read.err();
        trouble.is_none()
    });
    scanned.map_err(|error| error.0)?;
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    match said {
        None if total == Total::default() => Ok(None),
        None => Err("they do not say which entries they contain".to_owned()),
        Some(said) if (said.count, said.sum.0) == (total.count, total.sum) => Ok(Some((said.through, total))),
        Some(said) => Err(format!("they are not what was written: {} rows of {}, or one of them was changed", total.count, said.count)),
    }
}

/// What a row adds to the sum: 128 bits of its SHA-256.
fn weight(key: &[u8], value: &[u8]) -> u128 {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(value);
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk::<16>().map_or(0, |half| u128::from_le_bytes(*half))
}

/// What the rows say of themselves stands here.
const ROWS_ROW: &[u8] = b"m/rows";
