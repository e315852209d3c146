//! A damaged journal is told with what to do; never a panic, never a hang.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use chassis::data::DataDir;
use chassis::engine::{Engine, OpenError};
use chassis::journal::disk::Order;
use chassis::journal::{self, Disk, MemoryDisk};

use crate::counters::{Command, Counters, add, copy, in_memory, on_disk, run, still};

fn opened(disk: &Arc<MemoryDisk>) -> Result<Engine<Counters>, OpenError> {
    Engine::open_on(Arc::<MemoryDisk>::clone(disk), Clock::new(), still())
}

async fn ten_entries() -> Arc<MemoryDisk> {
    let disk = Arc::new(MemoryDisk::new());
    let engine = in_memory(&disk);
    for _ in 0..8 {
        add(&engine, "x", 1).await;
    }
    engine.close().await.unwrap();
    disk
}

fn key(seq: u64) -> Vec<u8> {
    format!("e/{seq:020}").into_bytes()
}

fn damage(outcome: Result<Engine<Counters>, OpenError>) -> String {
    match outcome {
        Err(error @ OpenError::Damaged { .. }) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage was not seen"),
    }
}

#[tokio::test]
async fn a_changed_entry_is_found_at_the_start() {
    let disk = ten_entries().await;
    let value = disk.get(&key(5)).unwrap().unwrap();
    let text = String::from_utf8_lossy(&value[32..]).replace("\"by\":1", "\"by\":2");
    let changed = [&value[..32], text.as_bytes()].concat();
    disk.commit(vec![(key(5), Some(changed))]).unwrap();
    let text = damage(opened(&disk));
    assert!(text.contains("entry 5 was changed") && text.contains("journal import"), "{text}");
}

#[tokio::test]
async fn a_missing_entry_is_found_at_the_start() {
    let disk = ten_entries().await;
    disk.commit(vec![(key(5), None)]).unwrap();
    assert!(damage(opened(&disk)).contains("entry 5 is missing"));
}

#[tokio::test]
async fn a_journal_that_ends_before_its_head_is_damaged() {
    let disk = ten_entries().await;
    disk.commit(vec![(key(10), None)]).unwrap();
    let text = damage(opened(&disk));
    assert!(text.contains("ends with entry 9") && text.contains("entry 10"), "{text}");
}

#[tokio::test]
async fn a_journal_that_is_gone_while_its_head_is_there_is_damaged() {
    let disk = ten_entries().await;
    let mut keys = Vec::new();
    disk.scan(b"", b"z", Order::Rising, &mut |key, _| {
        keys.push((key.to_vec(), None));
        true
    })
    .unwrap();
    disk.commit(keys).unwrap();
    assert!(damage(opened(&disk)).contains("ends with entry 0"));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_damage() {
    let disk = ten_entries().await;
    disk.commit(vec![(b"r/sum/x".to_vec(), Some(b"{".to_vec()))]).unwrap();
    assert!(damage(opened(&disk)).contains("sum/x"));
}

/// Every damage either shows as an error with a cure, or did not touch what was kept; then the journal verifies.
#[tokio::test]
async fn flipped_bytes_and_cut_files_end_in_a_message() {
    let home = tempfile::tempdir().unwrap();
    let whole = home.path().join("whole");
    let engine = on_disk(&whole);
    for at in 0..200 {
        add(&engine, &format!("name-{}", at % 20), at).await;
        run(&engine, Command::Throw).await;
    }
    engine.close().await.unwrap();
    drop(engine);
    let length = std::fs::metadata(whole.join("journal/db")).unwrap().len();
    let used = used_bytes(&whole.join("journal/db"));
    let mut seen = 0;
    for turn in 0..12u64 {
        let image = home.path().join(format!("flip-{turn}"));
        copy(&whole, &image);
        change(&image.join("journal/db"), |bytes| bytes[usize::try_from(used * turn / 12 + 40).unwrap()] ^= 0x55);
        seen += u32::from(told(&image));
    }
    for (turn, kept) in [0, used / 3, used / 2, used - 100, length / 2].into_iter().enumerate() {
        let image = home.path().join(format!("cut-{turn}"));
        copy(&whole, &image);
        change(&image.join("journal/db"), |bytes| bytes.truncate(usize::try_from(kept).unwrap()));
        seen += u32::from(told(&image));
    }
    for name in ["journal/conf", "head"] {
        let image = home.path().join(format!("garbage-{}", name.replace('/', "-")));
        copy(&whole, &image);
        std::fs::write(image.join(name), b"garbage").unwrap();
        seen += u32::from(told(&image));
    }
    assert!(seen >= 8, "only {seen} damages were seen");
    assert!(!told(&whole));
}

/// Whether damage is told; a journal that opens must verify and must have lost nothing.
fn told(path: &Path) -> bool {
    let data = DataDir::open(path).unwrap().with_patience(Duration::from_secs(5));
    match journal::verify::<Counters>(&data) {
        Ok(verified) => {
            assert_eq!(verified.last, 402, "entries were lost without a word");
            false
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("damaged") && text.contains("Restore"), "{text}");
            true
        }
    }
}

fn change(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    edit(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Up to where a file holds anything but zeros.
fn used_bytes(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1)
}
