//! Answered means on disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chassis::journal::MemoryDisk;
use shared::model::RequestId;

use crate::counters::{Command, NothingToForget, add, copy, in_memory, on, on_disk, run, sum};
use crate::watched::Watched;

#[tokio::test]
async fn what_was_answered_is_on_disk_whatever_comes_after() {
    let home = tempfile::tempdir().unwrap();
    let (live, crashed) = (home.path().join("live"), home.path().join("crashed"));
    let engine = on_disk(&live);
    for turn in 1..=5 {
        assert_eq!(add(&engine, "cals", 1).await, turn);
        let image = crashed.join(turn.to_string());
        copy(&live, &image);
        assert_eq!(sum(&on_disk(&image), "cals").await, Some(turn));
    }
    drop(engine);
    assert_eq!(sum(&on_disk(&live), "cals").await, Some(5));
}

#[tokio::test]
async fn a_closed_journal_takes_no_more_commands() {
    let home = tempfile::tempdir().unwrap();
    let engine = on_disk(home.path());
    add(&engine, "cals", 2).await;
    engine.close().await.unwrap();
    assert!(engine.execute(None, Command::Repeat, |_, _, _| ()).await.is_err());
    assert!(home.path().join("head").exists());
    drop(engine);
    assert_eq!(sum(&on_disk(home.path()), "cals").await, Some(2));
}

#[tokio::test]
async fn a_refusal_writes_nothing() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    let before = engine.flushed();
    let error = engine.execute(None, Command::Forget("x".to_owned()), |_, _, _| ()).await.unwrap_err();
    assert!(matches!(error, chassis::engine::ExecuteError::Refused(NothingToForget)));
    assert_eq!(engine.flushed(), before);
}

#[tokio::test]
async fn an_entry_knows_the_request_that_led_to_it() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    let request: RequestId = "11111111-2222-4333-8444-555555555555".parse().unwrap();
    engine.execute(Some(&request), Command::Add("x".to_owned(), 1), |_, _, _| ()).await.unwrap();
    let listed = engine.list("all", None, 10, |_| true).await.unwrap();
    assert_eq!(listed.items[0].request, Some(request));
}

#[tokio::test]
async fn sixty_four_who_wait_at_once_share_their_flushes() {
    let gate = Arc::new(Watched::default());
    let engine = on(&gate);
    let before = gate.flushes.load(Ordering::SeqCst);
    gate.shut(true);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            tokio::spawn({
                let engine = engine.clone();
                async move { add(&engine, "x", 1).await }
            })
        })
        .collect();
    // Every task has put its event into a group before the store is let go.
    while engine.peek(|counters, _| counters.sums.get("x").copied()).unwrap() != Some(64) {
        tokio::task::yield_now().await;
    }
    assert!(tasks.iter().all(|task| !task.is_finished()));
    gate.shut(false);
    let mut seen = Vec::new();
    for task in tasks {
        seen.push(task.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=64).collect::<Vec<_>>());
    assert!(gate.flushes.load(Ordering::SeqCst) - before <= 2);
}

#[tokio::test]
async fn only_what_changes_no_count_is_answered_before_its_flush() {
    let gate = Arc::new(Watched::default());
    let engine = on(&gate);
    gate.shut(true);
    run(&engine, Command::Glance("x".to_owned())).await;
    let waiting = [
        tokio::spawn({
            let engine = engine.clone();
            async move { run(&engine, Command::Repeat).await }
        }),
        tokio::spawn({
            let engine = engine.clone();
            async move {
                add(&engine, "x", 1).await;
            }
        }),
        tokio::spawn({
            let engine = engine.clone();
            async move { engine.read(|_, _| ()).await.unwrap() }
        }),
    ];
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.iter().all(|task| !task.is_finished()), "an answer left before the disk had what it shows");
    gate.shut(false);
    for task in waiting {
        task.await.unwrap();
    }
}

/// Whatever had been answered is there after a loss of power that takes all that was not flushed, the rows and the head file too.
#[tokio::test]
async fn what_was_answered_outlives_a_power_cut_at_any_moment() {
    let disk = Arc::new(MemoryDisk::new());
    let engine = in_memory(&disk);
    for turn in 1..=40 {
        assert_eq!(add(&engine, "cals", 1).await, turn);
        assert_eq!(sum(&in_memory(&Arc::new(disk.after_power_cut())), "cals").await, Some(turn));
    }
}

/// A group that was written and not flushed was not answered: a start leaves it out where it is there in part, and goes on.
#[tokio::test]
async fn a_group_that_was_cut_off_is_left_out() {
    let (before, image) = written_and_not_flushed().await;
    let (old, new) = (written(&before), written(&image));
    let end = new.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let begin = old.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in (begin + 1..end).step_by(7) {
        let torn = Arc::new(image.image());
        torn.edit(SEGMENT, |bytes| bytes[cut..].fill(0));
        let again = in_memory(&torn);
        assert_eq!(sum(&again, "x").await, Some(1), "cut at {cut}");
        assert_eq!(add(&again, "x", 1).await, 2);
        drop(again);
        assert_eq!(sum(&in_memory(&torn), "x").await, Some(2));
    }
}

/// A killed process leaves what it wrote in the files, and perhaps not on the device. A start that goes on from it has brought it there
/// before anybody is answered: found by the simulation.
#[tokio::test]
async fn what_a_start_goes_on_from_outlives_a_power_cut_right_after_it() {
    let (_, image) = written_and_not_flushed().await;
    let killed = Arc::new(image);
    let again = in_memory(&killed);
    assert_eq!(sum(&again, "x").await, Some(2), "the whole group is there");
    assert_eq!(sum(&in_memory(&Arc::new(killed.after_power_cut())), "x").await, Some(2));
}

const SEGMENT: &str = "journal/00000000000000000001.entries";

fn written(disk: &MemoryDisk) -> Vec<u8> {
    chassis::journal::Files::read_at(disk, SEGMENT, 0, usize::MAX).unwrap()
}

/// A disk before a group is written, and when it is written and not flushed.
async fn written_and_not_flushed() -> (MemoryDisk, MemoryDisk) {
    let disk = Arc::new(MemoryDisk::new());
    let gate = Watched::over(&disk);
    let engine = on(&gate);
    add(&engine, "x", 1).await;
    let before = disk.image();
    gate.shut(true);
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { add(&engine, "x", 1).await }
    });
    while written(&disk.image()) == written(&before) {
        tokio::task::yield_now().await;
    }
    let image = disk.image();
    gate.shut(false);
    waiting.await.unwrap();
    (before, image)
}
