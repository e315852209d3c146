//! A disk that fails ends the matter.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chassis::engine::ExecuteError;
use chassis::journal::MemoryDisk;

use crate::counters::{Command, add, in_memory, on, sum};
use crate::watched::Watched;

#[tokio::test]
async fn a_failed_flush_is_told_to_every_waiter_and_nothing_is_shown_any_more() {
    let memory = Arc::new(MemoryDisk::new());
    let disk = Watched::over(&memory);
    let engine = on(&disk);
    add(&engine, "x", 1).await;
    disk.full.store(true, Ordering::SeqCst);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.execute(None, Command::Add("x".to_owned(), 1), |_, _, _| ()).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Err(ExecuteError::Failed(_))));
    }
    assert!(engine.failed().await.to_string().contains("no space left on device"));
    assert!(engine.read(|_, _| ()).await.is_err());
    assert!(engine.peek(|_, _| ()).is_err());
    assert!(engine.list("all", None, 1, |_| true).await.is_err());
    assert!(engine.clock_view().await.is_err());
    assert!(engine.close().await.is_err());
    drop(engine);
    assert_eq!(sum(&in_memory(&memory), "x").await, Some(1));
}

/// Rows are no part of an answer: without them the service goes on, and its next start replays what they lack.
#[tokio::test]
async fn rows_that_cannot_be_written_cost_nothing() {
    let memory = Arc::new(MemoryDisk::new());
    let disk = Watched::over(&memory);
    let engine = on(&disk);
    add(&engine, "x", 1).await;
    disk.rows_broken.store(true, Ordering::SeqCst);
    for turn in 2..=20 {
        assert_eq!(add(&engine, "x", 1).await, turn);
    }
    engine.close().await.unwrap();
    drop(engine);
    assert_eq!(sum(&in_memory(&memory), "x").await, Some(20));
}
