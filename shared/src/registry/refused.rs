//! What was turned down, kept within bounds (AC-42): whoever asks without end must not fill the record.
//!
//! The first [`DETAILED_AN_HOUR`] of a sort in each lab hour stand in the journal one by one. What goes beyond is answered
//! alike and writes nothing; the service counts it and hands the counts in from time to time ([`Event::TurnedDownCounted`]). The
//! answers of the newest [`ANSWERS_KEPT`] are kept, so that a request asked again hears the same; an older one is judged anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AskedBy, Event, Refusal, Registry};
use crate::machine::{RowError, Rows};
use crate::model::{LabTime, RequestId};
use crate::policy::turned_down::{Ground, TurnedDown};
use crate::wire::clearinghouse::{Sort, TurnedDownRow};

/// How many of a sort are written down one by one in a lab hour.
pub const DETAILED_AN_HOUR: u32 = 50;
/// How many answers of turned-down requests are kept.
pub const ANSWERS_KEPT: usize = 1000;

/// Requests of one sort that were turned down on one ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What was asked.
    pub sort: Sort,
    /// Why not.
    pub ground: Ground,
    /// How many.
    pub count: u64,
}

/// What the registry knows of turned-down requests beside their entries.
#[derive(Debug, Default)]
pub(super) struct TurnedDownOnRecord {
    counts: Vec<Tally>,
    /// Sorts that were written down in this lab hour, and how many of each.
    hour: i64,
    detailed: BTreeMap<Sort, u32>,
    /// Whose answers are kept, by the entry that gave them.
    answers: BTreeMap<u64, (AskedBy, RequestId)>,
}

/// A row: how often, in all, and when last.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Tally {
    #[serde(flatten)]
    counted: Counted,
    last_at: LabTime,
}

/// The row beside it: how much was written down in an hour.
#[derive(Serialize, Deserialize)]
struct Detailed {
    hour: i64,
    detailed: BTreeMap<Sort, u32>,
}

/// AC-42: what is turned down goes on the record while there is room in this lab hour; beyond it is only counted.
pub(super) fn within_bounds(registry: &Registry, events: Vec<Event>, now: LabTime) -> Result<Vec<Event>, Refusal> {
    match events.as_slice() {
        [event] if let Some((sort, turned_down)) = event.turned_down() => {
            if registry.turned_down.has_room(sort, now) {
                return Ok(events);
            }
            Err(Refusal::TurnedDown { sort, turned_down: turned_down.clone() })
        }
        _ => Ok(events),
    }
}

impl Event {
    /// What was turned down, and why, where the event is that.
    fn turned_down(&self) -> Option<(Sort, &TurnedDown)> {
        match self {
            Event::ActivationTurnedDown { turned_down, .. } => Some((Sort::Activation, turned_down)),
            Event::DeactivationTurnedDown { turned_down, .. } => Some((Sort::Deactivation, turned_down)),
            Event::PackTurnedDown { turned_down, .. } => Some((Sort::Pack, turned_down)),
            Event::OfferTurnedDown { turned_down, .. } => Some((Sort::Offer, turned_down)),
            Event::Founded(_)
            | Event::Activated { .. }
            | Event::Registered { .. }
            | Event::Deactivated { .. }
            | Event::PackReplaced { .. }
            | Event::PackIssued { .. }
            | Event::CodeSold { .. }
            | Event::AgreementSigned { .. }
            | Event::XpSold { .. }
            | Event::OfferTaken { .. }
            | Event::TurnedDownCounted { .. } => None,
        }
    }
}

impl Registry {
    /// What was turned down in all, by sort and ground.
    #[must_use]
    pub fn turned_down(&self) -> Vec<TurnedDownRow> {
        let row = |tally: &Tally| TurnedDownRow {
            sort: tally.counted.sort,
            rules: tally.counted.ground.rules().iter().map(|rule| (*rule).to_owned()).collect(),
            ground: tally.counted.ground.words().to_owned(),
            count: tally.counted.count,
            last_at: tally.last_at,
        };
        self.turned_down.counts.iter().map(row).collect()
    }
}

impl TurnedDownOnRecord {
    fn has_room(&self, sort: Sort, now: LabTime) -> bool {
        let here = if self.hour == hour_of(now) { self.detailed.get(&sort).copied().unwrap_or_default() } else { 0 };
        here < DETAILED_AN_HOUR
    }

    /// Takes in what stands in an entry of its own.
    pub(super) fn note(&mut self, event: &Event, at: LabTime, rows: &mut Rows) {
        let Some((sort, turned_down)) = event.turned_down() else { return };
        if self.hour != hour_of(at) {
            self.hour = hour_of(at);
            self.detailed.clear();
        }
        *self.detailed.entry(sort).or_default() += 1;
        rows.put("turned-down-hour", &Detailed { hour: self.hour, detailed: self.detailed.clone() });
        self.count(Counted { sort, ground: turned_down.ground, count: 1 }, at);
        self.write(rows);
    }

    /// Takes in what was only counted.
    pub(super) fn note_counted(&mut self, counted: &[Counted], at: LabTime, rows: &mut Rows) {
        for some in counted {
            self.count(*some, at);
        }
        self.write(rows);
    }

    fn count(&mut self, more: Counted, at: LabTime) {
        let same = |tally: &&mut Tally| tally.counted.sort == more.sort && tally.counted.ground == more.ground;
        if let Some(tally) = self.counts.iter_mut().find(same) {
            tally.counted.count = tally.counted.count.saturating_add(more.count);
            tally.last_at = at;
        } else {
            // One for each sort and ground, which are few.
            self.counts.push(Tally { counted: more, last_at: at });
        }
    }

    fn write(&self, rows: &mut Rows) {
        rows.put("turned-down", &self.counts);
    }

    /// Notes whose answer entry `entry` gave; gives back whose is to be forgotten for it.
    pub(super) fn keep_answer(&mut self, entry: u64, whose: (AskedBy, RequestId)) -> Option<(AskedBy, RequestId)> {
        self.answers.insert(entry, whose);
        if self.answers.len() <= ANSWERS_KEPT { None } else { self.answers.pop_first().map(|(_, oldest)| oldest) }
    }

    pub(super) fn load(&mut self, value: &[u8]) -> Result<(), RowError> {
        self.counts = RowError::parse("turned-down", value)?;
        Ok(())
    }

    pub(super) fn load_hour(&mut self, value: &[u8]) -> Result<(), RowError> {
        let Detailed { hour, detailed } = RowError::parse("turned-down-hour", value)?;
        (self.hour, self.detailed) = (hour, detailed);
        Ok(())
    }
}

fn hour_of(moment: LabTime) -> i64 {
    moment.unix().div_euclid(3600)
}
