//! How entries, rows and marks are written: keys, JSON, and the chained SHA-256.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use shared::dice::Seed;
use shared::model::{LabTime, RequestId, hex};
use shared::wire::common::CutOff;

use crate::clock::ClockState;

/// One entry as it stands in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored<E, L = String> {
    pub(crate) seq: u64,
    pub(crate) at: LabTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<RequestId>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub(crate) lists: Vec<L>,
    pub(crate) event: Happening<E>,
}

/// What an entry tells of: the machine, or the lab around it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Happening<E> {
    Machine(E),
    Lab(LabEvent),
}

/// What happens to a service's dice, clock and network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum LabEvent {
    /// The dice follow from this seed from now on.
    Seeded { seed: SeedHex },
    /// The clock goes this way from now on.
    Clock { state: ClockState },
    /// These services are out of reach from now on.
    Network { cut_off: Vec<CutOff> },
}

impl LabEvent {
    /// The row that this event changes.
    pub(crate) fn row(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        match self {
            LabEvent::Seeded { seed } => (SEED_ROW.to_vec(), Some(json(seed))),
            LabEvent::Clock { state } => (CLOCK_ROW.to_vec(), Some(json(state))),
            LabEvent::Network { cut_off } => (NETWORK_ROW.to_vec(), Some(json(cut_off))),
        }
    }
}

/// The chained SHA-256 of an entry: over the one before and this entry's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain([u8; 32]);

impl Chain {
    /// What stands before the first entry.
    pub(crate) const START: Chain = Chain([0; 32]);

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The chain after an entry of these bytes.
    pub(crate) fn next(self, entry: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(entry);
        Self(hash.finalize().into())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bytes_of_hex(&String::deserialize(deserializer)?).map(Self).ok_or_else(|| D::Error::custom("not 64 hex digits"))
    }
}

/// A seed, written as hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeedHex(pub(crate) Seed);

impl Serialize for SeedHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0.0))
    }
}

impl<'de> Deserialize<'de> for SeedHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = bytes_of_hex(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not 64 hex digits"))?;
        Ok(Self(Seed(bytes)))
    }
}

/// A place in the journal: an entry's number and its chain. Number 0 stands before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) seq: u64,
    pub(crate) chain: Chain,
}

impl Mark {
    pub(crate) const START: Mark = Mark { seq: 0, chain: Chain::START };

    /// The place after one more entry.
    pub(crate) fn next(self, entry: &[u8]) -> Self {
        Self { seq: self.seq + 1, chain: self.chain.next(entry) }
    }
}

/// The value that an entry is stored as: its chain, then its JSON.
pub(crate) fn sealed(chain: Chain, entry: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(32 + entry.len());
    value.extend_from_slice(&chain.0);
    value.extend_from_slice(entry);
    value
}

/// The two halves of a stored entry.
pub(crate) fn unsealed(value: &[u8]) -> Option<(Chain, &[u8])> {
    value.split_first_chunk::<32>().map(|(chain, entry)| (Chain(*chain), entry))
}

/// The key of an entry.
pub(crate) fn entry_key(seq: u64) -> Vec<u8> {
    format!("e/{seq:020}").into_bytes()
}

/// The entry number at the end of a key.
pub(crate) fn seq_of(key: &[u8]) -> Option<u64> {
    let digits = key.get(key.len().checked_sub(20)?..)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The key that puts an entry on a list.
pub(crate) fn list_key(list: &str, seq: u64) -> Vec<u8> {
    format!("l/{list}/{seq:020}").into_bytes()
}

/// The key of a machine's row.
pub(crate) fn row_key(key: &str) -> Vec<u8> {
    format!("r/{key}").into_bytes()
}

/// JSON of one of our own types.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    // Our own types have string keys and no fallible serializers; if one ever breaks that, the empty value is refused when
    // it is read, not silently accepted.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Reads JSON, or says what was wrong with `what`.
pub(crate) fn parsed<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what} cannot be read: {error}"))
}

/// 32 bytes from 64 hex digits.
pub(crate) fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

pub(crate) const ENTRIES: (&[u8], &[u8]) = (b"e/", b"e0");
pub(crate) const LISTS: (&[u8], &[u8]) = (b"l/", b"l0");
pub(crate) const ROWS: (&[u8], &[u8]) = (b"r/", b"r0");
pub(crate) const BASE_ROW: &[u8] = b"m/base";
pub(crate) const CHECKPOINT_ROW: &[u8] = b"m/checkpoint";
pub(crate) const CLOCK_ROW: &[u8] = b"m/clock";
pub(crate) const FORMAT_ROW: &[u8] = b"m/format";
pub(crate) const NETWORK_ROW: &[u8] = b"m/network";
pub(crate) const SEED_ROW: &[u8] = b"m/seed";
/// The layout that this code writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// What kind of journal this is: the value of the format row and the head of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format {
    pub(crate) journal: String,
    pub(crate) format: u32,
}
