//! A disk that fails ends the matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chassis::engine::ExecuteError;
use chassis::journal::disk::{Change, Order};
use chassis::journal::{Disk, DiskError, MemoryDisk};

use crate::counters::{Command, add, in_memory, on, sum};

/// A store that can be broken.
struct Fragile {
    disk: Arc<MemoryDisk>,
    broken: AtomicBool,
}

impl Disk for Fragile {
    fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(DiskError("no space left on device".to_owned()));
        }
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
async fn a_failed_flush_is_told_to_every_waiter_and_nothing_is_shown_any_more() {
    let memory = Arc::new(MemoryDisk::new());
    let disk = Arc::new(Fragile { disk: Arc::clone(&memory), broken: AtomicBool::new(false) });
    let engine = on(Arc::<Fragile>::clone(&disk));
    add(&engine, "x", 1).await;
    disk.broken.store(true, Ordering::SeqCst);
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
