//! Events as a foreign journal may hold them: no order of them makes a machine fail, or write what it cannot read at its next start.

use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::machine::Machine;
use shared::node::Node;
use shared::registry::Registry;

use crate::lines::lines;
use crate::run::Run;

/// An event a line; a machine takes those in that are its own.
pub fn journal_event(data: &[u8]) {
    if let Some(lines) = lines(data) {
        taken::<Registry>(&lines);
        taken::<Ledger>(&lines);
        taken::<Node>(&lines);
        taken::<Directory>(&lines);
    }
}

/// Takes the events in; says how many are this machine's.
pub(crate) fn taken<M: Machine>(lines: &[&str]) -> usize {
    let mut run = Run::<M>::new();
    let mut count = 0;
    for event in lines.iter().filter_map(|line| serde_json::from_str::<M::Event>(line).ok()) {
        let written = serde_json::to_string(&event).expect("an event can be written");
        let again: M::Event = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
        assert_eq!(serde_json::to_string(&again).expect("an event can be written"), written);
        run.take(&event);
        count += 1;
    }
    if count > 0 {
        assert_eq!(run.loaded().next_due(), run.machine.next_due(), "a start makes of the rows what was there before it");
        run.pass(ROUNDS);
        let _ = run.loaded();
    }
    count
}

const ROUNDS: usize = 20;
