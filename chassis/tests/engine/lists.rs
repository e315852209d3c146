//! Lists of entries, and the pruning of old ones.

use std::sync::Arc;

use chassis::clock::Clock;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal::MemoryDisk;

use crate::counters::{Command, Counters, Event, add, in_memory, moment, run, still, sum};

#[tokio::test]
async fn a_list_is_paged_newest_first_without_gaps() {
    let engine = in_memory(&Arc::new(MemoryDisk::new()));
    for by in 1..=25 {
        add(&engine, if by % 2 == 0 { "even" } else { "odd" }, by).await;
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = engine.list("all", before, 10, |_| true).await.unwrap();
        assert!(page.items.len() <= 10);
        seen.extend(page.items.iter().map(|entry| entry.seq));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (3..=27).rev().collect::<Vec<_>>());
    let even = engine.list("all", None, 5, |entry| matches!(&entry.event, Event::Added { name, .. } if name == "even"));
    assert_eq!(even.await.unwrap().items.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [26, 24, 22, 20, 18]);
    assert_eq!(engine.list("rung", None, 5, |_| true).await.unwrap().items, []);
}

/// Files of entries go as a whole, so at least as many are kept as were asked for, and not many more.
#[tokio::test]
async fn old_entries_are_pruned_and_the_state_stays() {
    let disk = Arc::new(MemoryDisk::new());
    let options = EngineOptions { keep_entries: Some(100), ..still() };
    let open = || Engine::<Counters>::open_on(&disk, Clock::new(), options).unwrap();
    let engine = open();
    for turn in 0..1500 {
        engine.execute(None, Command::Add(format!("x{}", turn % 7), 1), |_, _, _| ()).await.unwrap();
    }
    engine.close().await.unwrap();
    let view = engine.journal_view();
    assert_eq!(view.head, 1502);
    assert!(view.first > 900 && view.first <= 1402, "first {}", view.first);
    drop(engine);
    let engine = open();
    let listed = engine.list("all", None, 1000, |_| true).await.unwrap();
    let first = engine.journal_view().first;
    assert_eq!(listed.items.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (first..=1502).rev().collect::<Vec<_>>());
    assert_eq!(sum(&engine, "x0").await, Some(215));
    assert_eq!(add(&engine, "x0", 1).await, 216);
    drop(engine);
    // What the pruned entries led to is known without the rows too.
    let without_rows = Arc::new(disk.after_power_cut());
    let engine = Engine::<Counters>::open_on(&without_rows, Clock::new(), options).unwrap();
    assert_eq!((sum(&engine, "x0").await, sum(&engine, "x6").await), (Some(216), Some(214)));
}

/// A list goes through many files, whatever else lies between its entries.
#[tokio::test]
async fn a_list_is_read_across_files() {
    let disk = Arc::new(MemoryDisk::new());
    let options = EngineOptions { keep_entries: Some(1_000_000), ..still() };
    let engine = Engine::<Counters>::open_on(&disk, Clock::new(), options).unwrap();
    let mut rang = Vec::new();
    for turn in 0..60u32 {
        run(&engine, Command::Alarm(moment("2026-01-01T12:00:00Z") + shared::model::Span::seconds(i64::from(turn)), "a".repeat(3000)))
            .await;
        for _ in 0..40 {
            run(&engine, Command::Add("y".repeat(2000), 1)).await;
        }
        rang.push(turn);
    }
    engine.change_clock(shared::wire::common::ClockChange::Advance { seconds: 100 }).await.unwrap();
    let (mut seen, mut before) = (0, None);
    loop {
        let page = engine.list("rung", before, 7, |_| true).await.unwrap();
        seen += page.items.len();
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, rang.len());
    let files = chassis::journal::Files::list(disk.as_ref(), "journal").unwrap();
    assert!(files.iter().filter(|name| name.ends_with(".entries")).count() > 1, "{files:?}");
}
