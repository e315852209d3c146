//! A machine on its way through a history, with its rows in memory.

use std::collections::BTreeMap;

use shared::dice::{Dice, Seed};
use shared::machine::{Decide, Machine, Moment, Rows};
use shared::model::LabTime;

pub(crate) struct Run<M> {
    pub(crate) machine: M,
    pub(crate) now: LabTime,
    entries: u64,
    rows: BTreeMap<String, Vec<u8>>,
}

impl<M: Machine> Run<M> {
    pub(crate) fn new() -> Self {
        Self { machine: M::default(), now: "2026-03-02T08:00:00Z".parse().unwrap(), entries: 0, rows: BTreeMap::new() }
    }

    pub(crate) fn take(&mut self, event: &M::Event) {
        self.entries += 1;
        let mut rows = Rows::new(self.entries);
        self.machine.apply(event, self.now, &mut rows);
        for (key, value) in rows.changed().rows {
            match value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }

    pub(crate) fn execute<C>(&mut self, command: C) -> Result<(), M::Refusal>
    where
        M: Decide<C>,
    {
        let mut dice = self.dice();
        let (_, events) = self.machine.decide(command, &mut Moment { now: self.now, dice: &mut dice })?;
        events.iter().for_each(|event| self.take(event));
        Ok(())
    }

    /// What falls due happens, each at its own moment; not without end.
    pub(crate) fn pass(&mut self, rounds: usize) {
        for _ in 0..rounds {
            let Some(due) = self.machine.next_due() else { return };
            self.now = self.now.max(due);
            let mut dice = self.dice();
            let events = self.machine.due(&mut Moment { now: self.now, dice: &mut dice });
            events.iter().for_each(|event| self.take(event));
        }
    }

    /// A machine read from the rows, as at a start.
    pub(crate) fn loaded(&self) -> M {
        let mut machine = M::default();
        for (key, value) in &self.rows {
            let read = machine.load(key, value);
            read.unwrap_or_else(|error| panic!("a row that was written cannot be read: {error}: {}", String::from_utf8_lossy(value)));
        }
        machine
    }

    fn dice(&self) -> Dice {
        Dice::new(Seed::from_number(7, M::NAME), self.entries + 1)
    }
}
