//! Answered means on disk.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use chassis::journal::disk::{Change, Order};
use chassis::journal::{Disk, DiskError, MemoryDisk};
use shared::model::RequestId;

use crate::counters::{Command, NothingToForget, add, copy, in_memory, on, on_disk, run, sum};

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

/// A store that stands still until it is let go, and counts its groups.
struct Gate {
    disk: MemoryDisk,
    groups: AtomicUsize,
    shut: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn new() -> Self {
        Self { disk: MemoryDisk::new(), groups: AtomicUsize::new(0), shut: Mutex::new(false), opened: Condvar::new() }
    }

    fn shut(&self, shut: bool) {
        *self.shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }
}

impl Disk for Gate {
    fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        drop(self.opened.wait_while(self.shut.lock().unwrap(), |shut| *shut).unwrap());
        self.groups.fetch_add(1, Ordering::SeqCst);
        self.disk.commit(changes)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.get(key)
    }

    fn scan(&self, from: &[u8], before: &[u8], order: Order, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), DiskError> {
        self.disk.scan(from, before, order, each)
    }

    fn head(&self) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.head()
    }

    fn set_head(&self, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.set_head(bytes)
    }
}

#[tokio::test]
async fn sixty_four_who_wait_at_once_share_their_flushes() {
    let gate = Arc::new(Gate::new());
    let engine = on(Arc::<Gate>::clone(&gate));
    let before = gate.groups.load(Ordering::SeqCst);
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
    assert!(gate.groups.load(Ordering::SeqCst) - before <= 2);
}

#[tokio::test]
async fn only_what_changes_no_count_is_answered_before_its_flush() {
    let gate = Arc::new(Gate::new());
    let engine = on(Arc::<Gate>::clone(&gate));
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
