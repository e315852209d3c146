//! Bodies that every service answers with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AgreementKey, Generation, LabTime, ProductId, ProductVersion, PublicKey, ServerName};
pub use crate::model::{Level, LogRecord};

/// `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Always `ok`; a service that is not does not answer 200.
    pub status: String,
    /// The service's kind: `clearinghouse`, `license-server`, `terminal-server`.
    pub service: String,
    /// Its name.
    pub name: ServerName,
    /// Its version.
    pub version: String,
}

/// `GET /identity`: what an administrator compares before trusting a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The service's kind: `clearinghouse`, `license-server`, `terminal-server`.
    pub service: String,
    /// Its name.
    pub name: ServerName,
    /// Its public key.
    pub key: PublicKey,
    /// SHA-256 of the key, hex.
    pub thumbprint: String,
    /// Its generation; a clearinghouse has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// The product version of its generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_version: Option<ProductVersion>,
    /// A license server's Product ID (AC-01).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The lab's root certificate, PEM, where the service knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The service's key agreement key, under which typed codes are made; a terminal server has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementKey>,
    /// SHA-256 of the root certificate's DER, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_fingerprint: Option<String>,
}

/// A record of an event log, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedEvent {
    /// Its journal entry.
    pub entry: u64,
    /// When, lab time.
    pub at: LabTime,
    /// The record.
    #[serde(flatten)]
    pub record: LogRecord,
}

/// A page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give this as `before` to see older ones; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// What the query of a list may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// At most this many items, 1 to 1000; 100 unless told.
    pub limit: Option<u32>,
    /// Only items of journal entries before this one.
    pub before: Option<u64>,
}

/// A page of a list that is kept in an order of its own: by name, say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sorted<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give this as `after` to see those that follow; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What the query of such a list may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SortedQuery {
    /// At most this many items, 1 to 1000; 100 unless told.
    pub limit: Option<u32>,
    /// The `next` of a page, to see what follows it.
    pub after: Option<String>,
}

/// The query of an event log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// At most this many items, 1 to 1000; 100 unless told.
    pub limit: Option<u32>,
    /// Only items of journal entries before this one.
    pub before: Option<u64>,
    /// Only events with this id.
    pub id: Option<u32>,
    /// Only events of this source, in any case.
    pub source: Option<String>,
}

/// `GET /lab/clock`: a service's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockView {
    /// Lab time now.
    pub now: LabTime,
    /// Whether it stands still.
    pub frozen: bool,
    /// The next moment at which something happens by itself; none if nothing is planned.
    pub next_due: Option<LabTime>,
}

/// `POST /lab/clock`: what to do with a service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ClockChange {
    /// Let it stand still.
    #[serde(deserialize_with = "super::nothing_more")]
    Freeze,
    /// Let it run.
    #[serde(deserialize_with = "super::nothing_more")]
    Run,
    /// Move it to a later moment; it keeps running or standing.
    Set {
        /// The moment.
        to: LabTime,
    },
    /// Move it on by this many seconds.
    Advance {
        /// Whole seconds, 0 or more.
        seconds: u32,
    },
}

/// `POST /lab/dice`: the dice of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedChange {
    /// The number that every later throw follows from.
    pub seed: u64,
}

/// `GET /lab/network` and `PUT /lab/network`: the services that this one cannot reach, though they are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkView {
    /// Everybody to whom no call of this service gets through: as if there were no way.
    pub cut_off: Vec<CutOff>,
}

/// A service out of reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutOff {
    /// Its name.
    pub name: ServerName,
    /// Its public key, by which a call to it is known.
    pub key: PublicKey,
}

/// `GET /journal`: how the journal of a service stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalView {
    /// The number of the last entry on disk; 0 when there is none.
    pub head: u64,
    /// The chained SHA-256 of that entry, hex.
    pub chain: String,
    /// The first entry that is still kept.
    pub first: u64,
}
