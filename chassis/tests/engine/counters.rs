//! A toy machine: named counters, tokens thrown by the dice, and alarms that ring by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::data::DataDir;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal::{Files, MemoryDisk, RowStore};
use serde::{Deserialize, Serialize};
use shared::machine::{Decide, Machine, Moment, RowError, Rows};
use shared::model::LabTime;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) sums: BTreeMap<String, u64>,
    pub(crate) alarms: BTreeSet<(LabTime, String)>,
    pub(crate) rung: BTreeMap<u64, Rung>,
    pub(crate) thrown: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rung {
    pub(crate) name: String,
    pub(crate) at: LabTime,
}

#[derive(Clone, Debug)]
pub(crate) enum Command {
    Add(String, u64),
    Glance(String),
    Alarm(LabTime, String),
    Throw,
    Forget(String),
    Repeat,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    Added { name: String, by: u64 },
    Glanced { name: String },
    AlarmSet { at: LabTime, name: String },
    Rang { due: LabTime, name: String },
    Thrown { number: u32 },
    Forgotten { name: String },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NothingToForget;

impl Decide<Command> for Counters {
    type Answer = ();

    fn decide(&self, command: Command, moment: &mut Moment<'_>) -> Result<((), Vec<Event>), NothingToForget> {
        match command {
            Command::Add(name, by) => Ok(((), vec![Event::Added { name, by }])),
            Command::Glance(name) => Ok(((), vec![Event::Glanced { name }])),
            Command::Alarm(at, name) => Ok(((), vec![Event::AlarmSet { at, name }])),
            Command::Throw => Ok(((), vec![Event::Thrown { number: moment.dice.between(1, 1_000_000) }])),
            Command::Forget(name) if self.sums.contains_key(&name) => Ok(((), vec![Event::Forgotten { name }])),
            Command::Forget(_) => Err(NothingToForget),
            Command::Repeat => Ok(((), Vec::new())),
        }
    }
}

impl Machine for Counters {
    const NAME: &'static str = "counters";
    type Event = Event;
    type Refusal = NothingToForget;

    fn apply(&mut self, event: &Event, at: LabTime, rows: &mut Rows) {
        rows.list("all");
        match event {
            Event::Added { name, by } => {
                let sum = self.sums.entry(name.clone()).or_default();
                *sum += by;
                rows.put(format!("sum/{name}"), sum);
            }
            Event::Glanced { .. } => {}
            Event::AlarmSet { at, name } => {
                self.alarms.insert((*at, name.clone()));
                rows.put(format!("alarm/{at}/{name}"), &(at, name));
            }
            Event::Rang { due, name } => {
                rows.list("rung");
                self.alarms.remove(&(*due, name.clone()));
                rows.remove(format!("alarm/{due}/{name}"));
                let rung = Rung { name: name.clone(), at };
                rows.put(format!("rung/{:020}", rows.entry()), &rung);
                self.rung.insert(rows.entry(), rung);
            }
            Event::Thrown { number } => {
                rows.put(format!("thrown/{:010}", self.thrown.len()), number);
                self.thrown.push(*number);
            }
            Event::Forgotten { name } => {
                self.sums.remove(name);
                rows.remove(format!("sum/{name}"));
            }
        }
    }

    fn may_answer_early(event: &Event) -> bool {
        matches!(event, Event::Glanced { .. })
    }

    fn next_due(&self) -> Option<LabTime> {
        self.alarms.first().map(|(at, _)| *at)
    }

    fn due(&self, moment: &mut Moment<'_>) -> Vec<Event> {
        let due = |(at, name): &(LabTime, String)| (*at <= moment.now).then(|| Event::Rang { due: *at, name: name.clone() });
        self.alarms.first().and_then(due).into_iter().collect()
    }

    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        match key.split_once('/') {
            Some(("sum", name)) => {
                self.sums.insert(name.to_owned(), RowError::parse(key, value)?);
            }
            Some(("alarm", _)) => {
                self.alarms.insert(RowError::parse(key, value)?);
            }
            Some(("rung", entry)) => {
                let entry = entry.parse().map_err(|error| RowError::new(key, error))?;
                self.rung.insert(entry, RowError::parse(key, value)?);
            }
            Some(("thrown", _)) => self.thrown.push(RowError::parse(key, value)?),
            _ => return Err(RowError::new(key, "unknown")),
        }
        Ok(())
    }
}

pub(crate) fn moment(text: &str) -> LabTime {
    text.parse().unwrap()
}

/// Options of a lab that stands still at noon of 2026-01-01.
pub(crate) fn still() -> EngineOptions {
    EngineOptions { seed: Some(7), start_at: Some(moment("2026-01-01T12:00:00Z")), frozen: true, ..EngineOptions::default() }
}

pub(crate) fn on_disk(path: &Path) -> Engine<Counters> {
    Engine::open(&DataDir::open(path).unwrap(), Clock::new(), still()).unwrap()
}

pub(crate) fn in_memory(disk: &Arc<MemoryDisk>) -> Engine<Counters> {
    on(disk)
}

pub(crate) fn on<D: Files + RowStore>(disk: &Arc<D>) -> Engine<Counters> {
    Engine::open_on(disk, Clock::new(), still()).unwrap()
}

pub(crate) async fn add(engine: &Engine<Counters>, name: &str, by: u64) -> u64 {
    let command = Command::Add(name.to_owned(), by);
    engine.execute(None, command, |counters, _, _| counters.sums[name]).await.unwrap()
}

pub(crate) async fn run(engine: &Engine<Counters>, command: Command) {
    engine.execute(None, command, |_, _, _| ()).await.unwrap();
}

pub(crate) async fn sum(engine: &Engine<Counters>, name: &str) -> Option<u64> {
    engine.read(|counters, _| counters.sums.get(name).copied()).await.unwrap()
}

/// Copies a data directory as it is now: what a crash at this moment would leave.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}
