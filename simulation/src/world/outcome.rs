//! What a run came to, and what must hold in it.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// How many steps it took: tasks that were stepped, messages that arrived, flushes, faults.
    pub steps: u64,
    /// How much time passed in the world.
    pub lab_seconds: u64,
    /// How often what came about: connections admitted and denied, packs installed, messages lost, services started, ...
    pub counts: BTreeMap<String, u64>,
    /// A fingerprint of every journal: the same seed gives the same one.
    pub journals: String,
    /// What did not hold.
    pub violation: Option<Violation>,
}

/// Something that should have held and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which invariant it was.
    pub invariant: Invariant,
    /// What was found.
    pub what: String,
    /// After how many steps.
    pub step: u64,
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// Issued <= installed for each pack over all servers, and each CAL on record is counted once.
    NeverOverIssued,
    /// At most one live permanent for a device and a version on one license server.
    OnePermanent,
    /// Nothing that was answered is lost.
    NothingLost,
    /// Nothing that was refused is kept.
    NothingKept,
    /// Every report is what the journal leads to.
    ReportsAgree,
    /// A denial has a rule that holds.
    DenialsHaveRules,
    /// A request that is repeated is carried out once, and answered the same.
    DoneOnce,
    /// A conversation comes to its end.
    ProtocolsEnd,
    /// After the faults have stopped, everything that is owed arrives.
    DebtsArePaid,
    /// A service starts on whatever a crash left.
    ServicesStart,
    /// Before anything goes wrong a lab can be set up.
    LabsAreSetUp,
}

impl std::fmt::Display for Invariant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Invariant::NeverOverIssued => "never over-issued",
            Invariant::OnePermanent => "one live permanent for a device",
            Invariant::NothingLost => "nothing answered is lost",
            Invariant::NothingKept => "nothing refused is kept",
            Invariant::ReportsAgree => "reports are what the journal leads to",
            Invariant::DenialsHaveRules => "a denial has a rule that holds",
            Invariant::DoneOnce => "a request that is repeated is carried out once",
            Invariant::ProtocolsEnd => "a conversation comes to its end",
            Invariant::DebtsArePaid => "what is owed arrives",
            Invariant::ServicesStart => "a service starts on what a crash left",
            Invariant::LabsAreSetUp => "a lab can be set up",
        })
    }
}
