//! The rows and the entries tell the same story.

use std::sync::Arc;

use chassis::journal::{self, MemoryDisk};
use proptest::prelude::*;
use shared::wire::common::ClockChange;

use crate::counters::{Command, Counters, in_memory, moment, on_disk};
use chassis::data::DataDir;

#[derive(Clone, Debug)]
enum Step {
    Do(Command),
    Skip(u32),
    Reseed(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    prop_oneof![
        4 => (name(), 1..9u64).prop_map(|(name, by)| Step::Do(Command::Add(name, by))),
        1 => name().prop_map(|name| Step::Do(Command::Glance(name))),
        2 => (name(), 0..100_000i64).prop_map(|(name, after)| {
            Step::Do(Command::Alarm(moment("2026-01-01T12:00:00Z") + shared::model::Span::seconds(after), name))
        }),
        2 => Just(Step::Do(Command::Throw)),
        1 => name().prop_map(|name| Step::Do(Command::Forget(name))),
        1 => (0..20_000u32).prop_map(Step::Skip),
        1 => any::<u64>().prop_map(Step::Reseed),
        1 => Just(Step::Restart),
    ]
}

async fn play(steps: &[Step], restarts: bool) -> (Counters, String) {
    let disk = Arc::new(MemoryDisk::new());
    let mut engine = in_memory(&disk);
    for step in steps {
        match step {
            // A refusal is part of the story.
            Step::Do(command) => drop(engine.execute(None, command.clone(), |_, _, _| ()).await),
            Step::Skip(seconds) => drop(engine.change_clock(ClockChange::Advance { seconds: *seconds }).await.unwrap()),
            Step::Reseed(seed) => engine.reseed(*seed).await.unwrap(),
            Step::Restart if restarts => {
                drop(engine);
                engine = in_memory(&disk);
            }
            Step::Restart => {}
        }
    }
    engine.close().await.unwrap();
    let chain = engine.journal_view().chain;
    drop(engine);
    let engine = in_memory(&disk);
    let read = |counters: &Counters, _| Counters {
        sums: counters.sums.clone(),
        alarms: counters.alarms.clone(),
        rung: counters.rung.clone(),
        thrown: counters.thrown.clone(),
    };
    (engine.read(read).await.unwrap(), chain)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn restarts_change_nothing(steps in prop::collection::vec(step(), 0..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (without, with) = runtime.block_on(async { (play(&steps, false).await, play(&steps, true).await) });
        prop_assert_eq!(without, with);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_of_all_entries_gives_the_rows_that_are_stored(steps in prop::collection::vec(step(), 0..40)) {
        let home = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let engine = on_disk(home.path());
            for step in &steps {
                match step {
                    Step::Do(command) => drop(engine.execute(None, command.clone(), |_, _, _| ()).await),
                    Step::Skip(seconds) => drop(engine.change_clock(ClockChange::Advance { seconds: *seconds }).await.unwrap()),
                    Step::Reseed(seed) => engine.reseed(*seed).await.unwrap(),
                    Step::Restart => {}
                }
            }
            engine.close().await.unwrap();
        });
        let verified = journal::verify::<Counters>(&DataDir::open(home.path()).unwrap()).unwrap();
        prop_assert_eq!(verified.rows, journal::RowsFound::Same(verified.last));
    }
}
