//! What an entry holds: JSON with a number, and the SHA-256 that is chained to the entry before.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use shared::dice::Seed;
use shared::model::{LabTime, RequestId, hex};
use shared::wire::common::CutOff;

use crate::clock::ClockState;

/// One entry as it is written.
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
    /// The clock goes this way from now on, and shows this moment.
    Clock { state: ClockState, shows: LabTime },
    /// These services are out of reach from now on.
    Network { cut_off: Vec<CutOff> },
    /// Here stood an entry that was damaged beyond repair; what it led to is known from elsewhere.
    Lost,
}

impl LabEvent {
    /// The row that this event changes.
    pub(crate) fn row(&self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        match self {
            LabEvent::Seeded { seed } => Some((SEED_ROW.to_vec(), Some(json(seed)))),
            LabEvent::Clock { state, .. } => Some((CLOCK_ROW.to_vec(), Some(json(state)))),
            LabEvent::Network { cut_off } => Some((NETWORK_ROW.to_vec(), Some(json(cut_off)))),
            LabEvent::Lost => None,
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

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
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

/// The row key of a machine's row.
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

pub(crate) const CLOCK_ROW: &[u8] = b"m/clock";
pub(crate) const NETWORK_ROW: &[u8] = b"m/network";
pub(crate) const SEED_ROW: &[u8] = b"m/seed";
/// How an entry's bytes are to be read: JSON, and the shapes of the events. A segment's header says it. 2 has verdicts with the reason of a
/// denial.
pub(crate) const CODEC: u32 = 2;
/// The layout of the files that this code writes and reads. 1 was one sled store for entries and rows.
pub(crate) const FORMAT: u32 = 2;

/// What kind of journal this is: the head of an export, and the data directory's own note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format {
    pub(crate) journal: String,
    pub(crate) format: u32,
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a {} journal of format {}", self.journal, self.format)
    }
}
