//! Runs a machine as an engine does, with its rows and its journal in memory.

use std::collections::BTreeMap;

use shared::dice::{Dice, Seed};
use shared::machine::{Decide, Decided, Machine, Moment, Rows};
use shared::model::{LabTime, Span};

/// The rows of a machine.
pub(crate) type Stored = BTreeMap<String, Vec<u8>>;

/// A machine on its way through a history.
pub(crate) struct Run<M: Machine> {
    pub(crate) machine: M,
    pub(crate) now: LabTime,
    pub(crate) journal: Vec<(LabTime, M::Event)>,
    stored: Stored,
    seed: Seed,
}

impl<M: Machine> Run<M> {
    pub(crate) fn new(seed: u64, now: LabTime) -> Self {
        Self { machine: M::default(), now, journal: Vec::new(), stored: Stored::new(), seed: Seed::from_number(seed, M::NAME) }
    }

    /// What a command leads to, which is taken in.
    pub(crate) fn execute<C>(&mut self, command: C) -> Result<Vec<M::Event>, M::Refusal>
    where
        M: Decide<C>,
    {
        self.answer(command).map(|(_, events)| events)
    }

    /// The same, with the answer.
    pub(crate) fn answer<C>(&mut self, command: C) -> Decided<M, M::Answer>
    where
        M: Decide<C>,
    {
        let (answer, events) = self.would(&self.machine, command)?;
        events.iter().for_each(|event| self.append(event.clone(), self.now));
        Ok((answer, events))
    }

    /// What a command would lead to at some machine at this place of the journal.
    pub(crate) fn would<C>(&self, machine: &M, command: C) -> Decided<M, M::Answer>
    where
        M: Decide<C>,
    {
        let mut dice = Dice::new(self.seed, self.journal.len() as u64 + 1);
        machine.decide(command, &mut Moment { now: self.now, dice: &mut dice })
    }

    /// Lab time moves on; what falls due happens at its own moments.
    pub(crate) fn pass(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(due) = self.machine.next_due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let mut dice = Dice::new(self.seed, self.journal.len() as u64 + 1);
            let events = self.machine.due(&mut Moment { now: self.now, dice: &mut dice });
            events.into_iter().for_each(|event| self.append(event, self.now));
            assert!(self.machine.next_due().is_none_or(|next| next > due), "what fell due at {due} falls due again");
        }
        self.now = until;
    }

    /// A machine read from the rows, as at a start.
    pub(crate) fn loaded(&self) -> M {
        let mut machine = M::default();
        self.stored.iter().for_each(|(key, value)| machine.load(key, value).unwrap());
        machine
    }

    /// The events in their written form, one a line.
    pub(crate) fn transcript(&self) -> Vec<String> {
        self.journal.iter().map(|(at, event)| format!("{at} {}", serde_json::to_string(event).unwrap())).collect()
    }

    /// The events alone, written and read again, lead to the same rows.
    pub(crate) fn replays(&self) {
        let (mut machine, mut stored) = (M::default(), Stored::new());
        for (index, (at, event)) in self.journal.iter().enumerate() {
            let event: M::Event = serde_json::from_slice(&serde_json::to_vec(event).unwrap()).unwrap();
            take(&mut machine, &mut stored, index as u64 + 1, &event, *at);
        }
        assert_eq!(stored, self.stored);
    }

    fn append(&mut self, event: M::Event, at: LabTime) {
        take(&mut self.machine, &mut self.stored, self.journal.len() as u64 + 1, &event, at);
        self.journal.push((at, event));
    }
}

fn take<M: Machine>(machine: &mut M, stored: &mut Stored, entry: u64, event: &M::Event, at: LabTime) {
    let mut rows = Rows::new(entry);
    machine.apply(event, at, &mut rows);
    for (key, value) in rows.changed().rows {
        match value {
            Some(value) => stored.insert(key, value),
            None => stored.remove(&key),
        };
    }
}
