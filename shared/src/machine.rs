//! The one pattern of the machines: `decide` on a command, `apply` the events.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dice::Dice;
use crate::model::LabTime;

/// Time and chance, brought in as data so that a whole lab replays to the same state.
pub struct Moment<'a> {
    /// The lab's present second.
    pub now: LabTime,
    /// The throws of this command.
    pub dice: &'a mut Dice,
}

/// A state machine whose whole history is its journal.
///
/// An engine runs it: lock, run what fell due, `decide`, write the events into the open group, `apply`, unlock; the group
/// is flushed; then the caller is answered.
pub trait Machine: Default + Send + Sync + 'static {
    /// What the journal of this machine is called in messages: `registry`, `ledger`, `node`.
    const NAME: &'static str;
    /// Something that happened; the journal holds these.
    type Event: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync + 'static;
    /// Why a command was improper; nothing is written for it.
    type Refusal: std::fmt::Debug + Send;

    /// Takes one event in. Must not fail, must not depend on anything but the state and the event, and must write every
    /// part of the state that it changes into `rows`: a start reads rows, not the journal.
    fn apply(&mut self, event: &Self::Event, at: LabTime, rows: &mut Rows);

    /// Whether an answer may leave before the flush that covers this event; it goes with the next group then.
    ///
    /// Only for what changes no license, no grace and no limit (an admitted holder of a valid CAL, say).
    fn may_answer_early(_event: &Self::Event) -> bool {
        false
    }

    /// The next moment at which something happens by itself.
    fn next_due(&self) -> Option<LabTime>;

    /// What happens by itself at `moment.now`, which is the moment that [`Machine::next_due`] named. The events must move
    /// `next_due` on.
    fn due(&self, moment: &mut Moment<'_>) -> Vec<Self::Event>;

    /// Takes one row of an earlier run in. The key is the one that `apply` gave; rows come in the order of their keys.
    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError>;
}

/// What a command leads to at machine `M`: its answer and what happens with it, or why it is improper.
pub type Decided<M, A> = Result<(A, Vec<<M as Machine>::Event>), <M as Machine>::Refusal>;

/// A machine that takes a kind of command, and what whoever gave it is told.
pub trait Decide<C>: Machine {
    /// What was decided.
    type Answer: Send;

    /// What the command leads to at this moment: the answer, and what happens with it. Changes nothing.
    ///
    /// # Errors
    /// Why the command is improper; nothing is written for it.
    fn decide(&self, command: C, moment: &mut Moment<'_>) -> Decided<Self, Self::Answer>;
}

/// A row that a start could not read.
#[derive(Debug, thiserror::Error)]
#[error("row {key}: {reason}")]
pub struct RowError {
    /// The row's key.
    pub key: String,
    /// What was wrong with it.
    pub reason: String,
}

impl RowError {
    /// A row error for `key`.
    pub fn new(key: &str, reason: impl std::fmt::Display) -> Self {
        Self { key: key.to_owned(), reason: reason.to_string() }
    }

    /// Parses a row's JSON value.
    pub fn parse<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, Self> {
        serde_json::from_slice(value).map_err(|error| Self::new(key, error))
    }
}

/// The rows that one event changes, and the lists that its entry belongs to.
///
/// A row is a piece of state under a key such as `cal/41`; a list is a named sequence of journal entries (`log`,
/// `verdicts`, ...) that can be paged through later without being held in memory.
#[derive(Debug)]
pub struct Rows {
    entry: u64,
    changed: Changed,
}

/// What one event changed.
#[derive(Debug, Default)]
pub struct Changed {
    /// The rows by their keys, in the order of the changes; none for a removed one.
    pub rows: Vec<(String, Option<Vec<u8>>)>,
    /// The lists that the event's entry belongs to.
    pub lists: Vec<&'static str>,
}

impl Rows {
    /// The changes of journal entry `entry`, none yet.
    #[must_use]
    pub fn new(entry: u64) -> Self {
        Self { entry, changed: Changed::default() }
    }

    /// The number of the journal entry that holds this event.
    #[must_use]
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// Writes (or overwrites) a row.
    pub fn put(&mut self, key: impl Into<String>, value: &impl Serialize) {
        // Our own state types have string keys and no fallible serializers, so this cannot fail; if a type ever breaks
        // that, the empty value is refused at the next start rather than silently accepted.
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        self.changed.rows.push((key.into(), Some(bytes)));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.changed.rows.push((key.into(), None));
    }

    /// Puts this event's entry on a list.
    pub fn list(&mut self, name: &'static str) {
        self.changed.lists.push(name);
    }

    /// The changed rows and the lists.
    #[must_use]
    pub fn changed(self) -> Changed {
        self.changed
    }
}
