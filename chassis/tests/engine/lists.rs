//! Lists of entries, and the pruning of old ones.

use std::sync::Arc;

use chassis::clock::Clock;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal::MemoryDisk;

use crate::counters::{Counters, Event, add, in_memory, still, sum};

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

#[tokio::test]
async fn old_entries_are_pruned_and_the_state_stays() {
    let disk = Arc::new(MemoryDisk::new());
    let options = EngineOptions { keep_entries: Some(10), ..still() };
    let open = || Engine::<Counters>::open_on(Arc::<MemoryDisk>::clone(&disk), Clock::new(), options).unwrap();
    let engine = open();
    for _ in 0..50 {
        add(&engine, "x", 1).await;
    }
    let view = engine.journal_view();
    assert_eq!((view.head, view.first), (52, 43));
    let listed = engine.list("all", None, 100, |_| true).await.unwrap();
    assert_eq!(listed.items.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (43..=52).rev().collect::<Vec<_>>());
    drop(engine);
    let engine = open();
    assert_eq!(sum(&engine, "x").await, Some(50));
    assert_eq!(engine.journal_view().first, 43);
    assert_eq!(add(&engine, "x", 1).await, 51);
}
