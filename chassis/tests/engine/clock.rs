//! Lab time: kept, frozen, skipped, forward only; and the dice.

use std::sync::Arc;

use chassis::clock::{Clock, ClockState, HostTime};
use chassis::engine::{ClockError, Engine, EngineOptions};
use chassis::journal::MemoryDisk;
use shared::wire::common::ClockChange;

use crate::counters::{Command, Counters, add, in_memory, moment, on_disk, run, still};

#[tokio::test]
async fn what_falls_due_in_a_skip_happens_in_order_at_its_own_moments() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    for (at, name) in [("2026-01-03T00:00:00Z", "later"), ("2026-01-02T00:00:00Z", "b"), ("2026-01-02T00:00:00Z", "a")] {
        run(&engine, Command::Alarm(moment(at), name.to_owned())).await;
    }
    assert_eq!(engine.next_due(), Some(moment("2026-01-02T00:00:00Z")));
    let view = engine.change_clock(ClockChange::Set { to: moment("2026-01-04T00:00:00Z") }).await.unwrap();
    assert_eq!((view.now, view.frozen, view.next_due), (moment("2026-01-04T00:00:00Z"), true, None));
    let rung = engine.read(|counters, _| counters.rung.values().map(|rung| (rung.name.clone(), rung.at)).collect::<Vec<_>>());
    let expected = [("a", "2026-01-02T00:00:00Z"), ("b", "2026-01-02T00:00:00Z"), ("later", "2026-01-03T00:00:00Z")];
    assert_eq!(rung.await.unwrap(), expected.map(|(name, at)| (name.to_owned(), moment(at))));
}

#[tokio::test]
async fn a_frozen_clock_stands_still_over_a_restart_and_goes_on_from_there() {
    let home = tempfile::tempdir().unwrap();
    let engine = on_disk(home.path());
    engine.change_clock(ClockChange::Advance { seconds: 86_400 }).await.unwrap();
    engine.close().await.unwrap();
    drop(engine);
    let engine = on_disk(home.path());
    let view = engine.clock_view().await.unwrap();
    assert_eq!((view.now, view.frozen), (moment("2026-01-02T12:00:00Z"), true));
    assert!(!engine.change_clock(ClockChange::Run).await.unwrap().frozen);
    assert!(engine.clock_view().await.unwrap().now >= moment("2026-01-02T12:00:00Z"));
}

#[tokio::test]
async fn a_running_clock_keeps_its_offset_over_a_restart() {
    let disk = Arc::new(MemoryDisk::new());
    let options = EngineOptions { frozen: false, ..still() };
    let engine = Engine::<Counters>::open_on(&disk, Clock::new(), options).unwrap();
    engine.change_clock(ClockChange::Set { to: moment("2040-05-01T00:00:00Z") }).await.unwrap();
    drop(engine);
    let view = in_memory(&disk).clock_view().await.unwrap();
    assert!(!view.frozen);
    assert!(view.now >= moment("2040-05-01T00:00:00Z") && view.now < moment("2040-05-01T01:00:00Z"), "{}", view.now);
}

/// The time of a stop is taken up where it can be believed; else lab time goes on from its last moment, for good.
#[tokio::test]
async fn a_host_clock_that_jumped_moves_no_lab_time() {
    let day = 86_400;
    for (jump, taken_up) in [(20 * day, true), (-3600, false), (20 * 365 * day, false), (-20 * 365 * day, false), (31 * day, false)] {
        let disk = Arc::new(MemoryDisk::new());
        let options = EngineOptions { frozen: false, start_at: None, ..still() };
        let made =
            |seconds: i64| Clock::made_at(HostTime::from_millis((1_800_000_000 + seconds) * 1000), ClockState::Running { offset_ms: 0 });
        let start = |seconds| Engine::<Counters>::open_on(&disk, made(seconds), options).unwrap();
        let engine = start(0);
        add(&engine, "x", 1).await;
        let before = engine.clock_view().await.unwrap().now;
        engine.close().await.unwrap();
        drop(engine);
        let engine = start(jump);
        let passed = (engine.clock_view().await.unwrap().now - before).as_seconds();
        let expected = if taken_up { jump } else { 0 };
        assert!((expected..expected + 60).contains(&passed), "a jump of {jump} s moved lab time by {passed} s");
        add(&engine, "x", 1).await;
        engine.close().await.unwrap();
        drop(engine);
        // From then on the host's clock is believed again.
        let engine = start(jump + 2 * day);
        let after = (engine.clock_view().await.unwrap().now - before).as_seconds();
        // Of the second in which it stopped a part is lost.
        assert!((expected + 2 * day - 1..expected + 2 * day + 60).contains(&after), "after a jump of {jump} s: {after}");
    }
}

#[tokio::test]
async fn lab_time_does_not_move_backwards() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    let before = engine.flushed();
    let error = engine.change_clock(ClockChange::Set { to: moment("2025-12-31T00:00:00Z") }).await.unwrap_err();
    assert!(matches!(error, ClockError::TimeBackwards { .. }));
    assert_eq!(engine.flushed(), before);
    assert_eq!(engine.clock_view().await.unwrap().now, moment("2026-01-01T12:00:00Z"));
}

#[tokio::test]
async fn a_clock_told_what_it_does_already_writes_nothing() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    let before = engine.flushed();
    engine.change_clock(ClockChange::Freeze).await.unwrap();
    engine.change_clock(ClockChange::Advance { seconds: 0 }).await.unwrap();
    assert_eq!(engine.flushed(), before);
}

#[tokio::test]
async fn what_fell_due_while_the_service_was_down_runs_before_the_first_command() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = in_memory(&disk);
    run(&engine, Command::Alarm(moment("2026-01-01T12:00:05Z"), "a".to_owned())).await;
    let skipped = engine.change_clock(ClockChange::Run).await.unwrap();
    assert!(!skipped.frozen);
    drop(engine);
    // The clock's row is the whole truth about lab time: set on by ten seconds, as if the service had been down so long.
    let engine = in_memory(&disk);
    engine.change_clock(ClockChange::Advance { seconds: 10 }).await.unwrap();
    engine.tick().await;
    add(&engine, "x", 1).await;
    let rung = engine.read(|counters, _| counters.rung.values().next().map(|rung| rung.at)).await.unwrap();
    assert_eq!(rung, Some(moment("2026-01-01T12:00:05Z")));
}

#[tokio::test]
async fn the_same_seed_throws_the_same_over_a_restart() {
    let throws = async |restarts: bool| {
        let disk = Arc::new(MemoryDisk::new());
        let mut engine = in_memory(&disk);
        for _ in 0..5 {
            run(&engine, Command::Throw).await;
            if restarts {
                drop(engine);
                engine = in_memory(&disk);
            }
        }
        engine.reseed(99).await.unwrap();
        run(&engine, Command::Throw).await;
        drop(engine);
        let engine = in_memory(&disk);
        run(&engine, Command::Throw).await;
        engine.read(|counters, _| counters.thrown.clone()).await.unwrap()
    };
    let once = throws(false).await;
    assert_eq!(once, throws(true).await);
    assert_eq!(once.len(), 7);
}
