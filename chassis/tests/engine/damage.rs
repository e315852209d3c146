//! A damaged journal is told with what to do, and mended where it can be; never a panic, never a hang, nothing lost in silence.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use chassis::data::DataDir;
use chassis::engine::{Engine, OpenError};
use chassis::journal::{self, Files as _, MemoryDisk, RowsFound};

use crate::counters::{Command, Counters, add, copy, in_memory, on_disk, run, still, sum};

const SEGMENT: &str = "journal/00000000000000000001.entries";

fn opened(disk: &Arc<MemoryDisk>) -> Result<Engine<Counters>, OpenError> {
    Engine::open_on(disk, Clock::new(), still())
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

fn damage(outcome: Result<Engine<Counters>, OpenError>) -> String {
    match outcome {
        Err(error @ (OpenError::Damaged { .. } | OpenError::Gone { .. })) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage was not seen"),
    }
}

/// Takes away what says that the rows contain everything, so that entries have to be replayed.
fn without_rows(disk: &MemoryDisk) {
    disk.edit_rows(std::collections::BTreeMap::clear);
}

/// Where in the segment the text of an entry stands.
fn place_of(disk: &MemoryDisk, text: &str) -> usize {
    let bytes = disk.read_at(SEGMENT, 0, usize::MAX).unwrap();
    bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_changed_entry_is_found_at_the_start() {
    let disk = ten_entries().await;
    without_rows(&disk);
    let at = place_of(&disk, "\"seq\":5,");
    disk.edit(SEGMENT, |bytes| bytes[at + 6] = b'6');
    let text = damage(opened(&disk));
    assert!(text.contains("entry 5 is damaged") && text.contains("journal repair"), "{text}");
}

/// What an old entry led to is in the rows, so a start does not need it: it costs the answers that show it.
#[tokio::test]
async fn a_damaged_old_entry_costs_its_answer_and_names_itself() {
    let disk = ten_entries().await;
    let at = place_of(&disk, "\"seq\":5,");
    disk.edit(SEGMENT, |bytes| bytes[at + 6] = b'6');
    let engine = opened(&disk).unwrap();
    assert_eq!(sum(&engine, "x").await, Some(8));
    let error = engine.list("all", None, 10, |_| true).await.unwrap_err();
    assert_eq!(error, chassis::engine::ListError::Damaged(5));
    assert!(error.to_string().contains("entry 5") && error.to_string().contains("before=5"), "{error}");
    assert_eq!(engine.list("all", None, 5, |_| true).await.unwrap().items.len(), 5);
    assert_eq!(engine.list("all", Some(5), 10, |_| true).await.unwrap().items.len(), 2);
    assert_eq!(add(&engine, "x", 1).await, 9, "the service goes on");
}

#[tokio::test]
async fn a_journal_that_ends_before_its_head_is_damaged() {
    let disk = ten_entries().await;
    let at = place_of(&disk, "\"seq\":10,") - 65;
    disk.edit(SEGMENT, |bytes| bytes[at..].fill(0));
    without_rows(&disk);
    let text = damage(opened(&disk));
    assert!(text.contains("ends with entry 9") && text.contains("entry 10"), "{text}");
}

#[tokio::test]
async fn a_journal_that_ends_before_its_rows_is_damaged() {
    let disk = ten_entries().await;
    let at = place_of(&disk, "\"seq\":10,") - 65;
    disk.edit(SEGMENT, |bytes| bytes[at..].fill(0));
    disk.remove("head").unwrap();
    let text = damage(opened(&disk));
    assert!(text.contains("ends with entry 9") && text.contains("entry 10"), "{text}");
}

#[tokio::test]
async fn a_journal_that_is_gone_is_never_begun_anew_in_silence() {
    let disk = ten_entries().await;
    disk.remove("journal").unwrap();
    assert!(damage(opened(&disk)).contains("entry 10 was on disk before"));
    disk.remove("head").unwrap();
    assert!(damage(opened(&disk)).contains("journal-kind"));
    assert_eq!(disk.list("journal").unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn rows_that_were_changed_or_lost_are_made_anew() {
    let disk = ten_entries().await;
    disk.edit_rows(|rows| drop(rows.insert(b"r/sum/x".to_vec(), b"7".to_vec())));
    assert_eq!(sum(&opened(&disk).unwrap(), "x").await, Some(8), "a changed row is not believed");
    disk.edit_rows(|rows| drop(rows.remove(b"r/sum/x".as_slice())));
    assert_eq!(sum(&opened(&disk).unwrap(), "x").await, Some(8), "a lost row is missed");
    disk.edit_rows(|rows| drop(rows.insert(b"r/sum/x".to_vec(), b"{".to_vec())));
    assert_eq!(sum(&opened(&disk).unwrap(), "x").await, Some(8));
    without_rows(&disk);
    assert_eq!(sum(&opened(&disk).unwrap(), "x").await, Some(8));
}

#[tokio::test]
async fn rows_of_another_history_are_not_believed() {
    let disk = ten_entries().await;
    let other = Arc::new(MemoryDisk::new());
    let engine = in_memory(&other);
    for _ in 0..5 {
        add(&engine, "x", 100).await;
    }
    engine.close().await.unwrap();
    drop(engine);
    let mut theirs = std::collections::BTreeMap::new();
    other.edit_rows(|rows| theirs.clone_from(rows));
    disk.edit_rows(|rows| *rows = theirs);
    assert_eq!(sum(&opened(&disk).unwrap(), "x").await, Some(8));
}

/// A lab on a real disk, and what is done to copies of it.
struct Bench {
    home: tempfile::TempDir,
    whole: PathBuf,
    last: u64,
    turn: u32,
}

impl Bench {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let whole = home.path().join("whole");
        let engine = on_disk(&whole);
        for at in 0..100 {
            add(&engine, &format!("name-{}", at % 20), at).await;
            run(&engine, Command::Throw).await;
        }
        engine.close().await.unwrap();
        Self { home, whole, last: engine.flushed(), turn: 0 }
    }

    fn copy(&mut self, edit: impl FnOnce(&Path)) -> PathBuf {
        self.turn += 1;
        let image = self.home.path().join(format!("copy-{}", self.turn));
        copy(&self.whole, &image);
        edit(&image);
        image
    }
}

fn data(path: &Path) -> DataDir {
    DataDir::open(path).unwrap().with_patience(Duration::from_secs(5))
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Up to where a file holds anything but zeros.
fn used(path: &Path) -> usize {
    fs::read(path).unwrap().iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

/// A start either has everything, or says what is wrong; then a repair has everything that it does not call lost.
async fn holds(path: &Path, last: u64, what: &str) -> bool {
    let started = Engine::<Counters>::open(&data(path), Clock::new(), still());
    if let Ok(engine) = started {
        assert_eq!(engine.flushed(), last, "{what}: entries were lost without a word");
        assert_eq!(sum(&engine, "name-19").await, Some(19 + 39 + 59 + 79 + 99), "{what}");
        return true;
    }
    let said = started.err().unwrap().to_string();
    assert!(said.contains("journal repair") || said.contains("Put the folder"), "{what}: {said}");
    false
}

async fn mended(path: &Path, last: u64, what: &str) {
    let repaired = journal::repair::<Counters>(&data(path)).unwrap_or_else(|error| panic!("{what}: {error}"));
    if repaired.lost.is_empty() {
        assert_eq!(repaired.last, last, "{what}: {repaired}");
    }
    let engine = Engine::<Counters>::open(&data(path), Clock::new(), still()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(engine.flushed(), repaired.last, "{what}");
    if repaired.last == last {
        assert_eq!(sum(&engine, "name-19").await, Some(19 + 39 + 59 + 79 + 99), "{what}");
    }
    engine.close().await.unwrap();
    drop(engine);
    journal::verify::<Counters>(&data(path)).unwrap_or_else(|error| panic!("{what}: {error}"));
}

/// One byte is always put right: in a header, a frame's head, a length, a checksum, a chain or an entry.
#[tokio::test]
async fn a_flipped_byte_anywhere_is_told_or_harmless_and_always_mended_without_a_loss() {
    let mut bench = Bench::new().await;
    let end = used(&bench.whole.join(SEGMENT));
    let mut told = 0;
    for turn in 0..48 {
        let place = if turn < 16 { turn * 33 } else { 512 + (end - 512) * (turn - 16) / 32 + turn % 7 };
        let what = format!("byte {place}");
        let with_rows = turn % 2 == 0;
        let image = bench.copy(|image| {
            edit(&image.join(SEGMENT), |bytes| bytes[place] ^= 0x55);
            if !with_rows {
                fs::remove_dir_all(image.join("journal/rows")).unwrap();
            }
        });
        if !holds(&image, bench.last, &what).await {
            told += 1;
        }
        mended(&image, bench.last, &what).await;
        let engine = Engine::<Counters>::open(&data(&image), Clock::new(), still()).unwrap();
        assert_eq!(engine.flushed(), bench.last, "{what}");
        assert_eq!(engine.list("all", None, 1000, |_| true).await.unwrap().items.len() as u64, bench.last - 2, "{what}");
    }
    assert!(told > 10, "only {told} were told");
}

#[tokio::test]
async fn a_torn_sector_costs_what_it_held_and_the_rest_stays() {
    let mut bench = Bench::new().await;
    let end = used(&bench.whole.join(SEGMENT));
    for (turn, with_rows) in [(0, true), (1, true), (2, false), (3, false)] {
        let place = end * (turn + 1) / 5;
        let image = bench.copy(|image| {
            edit(&image.join(SEGMENT), |bytes| bytes[place..place + 512].fill(0xA5));
            if !with_rows {
                fs::remove_dir_all(image.join("journal/rows")).unwrap();
            }
        });
        let what = format!("512 bytes at {place}");
        holds(&image, bench.last, &what).await;
        let repaired = journal::repair::<Counters>(&data(&image)).unwrap();
        assert!(!repaired.lost.is_empty(), "{what}: {repaired}");
        assert!(image.join(repaired.before.as_deref().unwrap()).join("00000000000000000001.entries").exists());
        let engine = Engine::<Counters>::open(&data(&image), Clock::new(), still()).unwrap();
        if with_rows {
            // Rows tell what the lost entries had led to.
            assert_eq!((engine.flushed(), sum(&engine, "name-19").await), (bench.last, Some(295)), "{what}");
        } else {
            assert!(engine.flushed() < bench.last, "{what}");
        }
    }
}

#[tokio::test]
async fn every_removal_is_noticed_or_harmless() {
    let mut bench = Bench::new().await;
    for (name, harmless) in
        [("journal/rows", true), ("head", true), ("journal-kind", true), ("journal/spare", true), (SEGMENT, false), ("journal", false)]
    {
        let image = bench.copy(|image| {
            let path = image.join(name);
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { drop(fs::remove_file(path)) }
        });
        assert_eq!(holds(&image, bench.last, name).await, harmless, "{name}");
        if harmless {
            mended(&image, bench.last, name).await;
        }
    }
    for (name, garbage) in
        [("head", b"garbage".as_slice()), ("journal/rows/conf", b"garbage"), ("journal/rows/db", b"garbage"), ("journal-kind", b"garbage")]
    {
        let image = bench.copy(|image| fs::write(image.join(name), garbage).unwrap());
        assert!(holds(&image, bench.last, name).await, "{name} is of no use for a start");
        mended(&image, bench.last, name).await;
    }
}

/// Whatever happens to sled's files costs a little time at the next start.
#[tokio::test]
async fn flips_in_the_rows_are_found_and_cost_nothing() {
    let mut bench = Bench::new().await;
    let end = used(&bench.whole.join("journal/rows/db"));
    for turn in 0..24 {
        let place = end * turn / 24 + 13;
        let image = bench.copy(|image| edit(&image.join("journal/rows/db"), |bytes| bytes[place.min(end - 1)] ^= 0x55));
        assert!(holds(&image, bench.last, &format!("byte {place} of the rows")).await);
        let verified = journal::verify::<Counters>(&data(&image)).unwrap();
        assert_eq!(verified.rows, RowsFound::Same(bench.last), "they were made anew");
    }
}

#[tokio::test]
async fn without_the_head_file_a_broken_end_is_not_taken_for_an_unfinished_one() {
    let mut bench = Bench::new().await;
    let end = used(&bench.whole.join(SEGMENT));
    let image = bench.copy(|image| {
        edit(&image.join(SEGMENT), |bytes| bytes[end - 3..].fill(0));
        fs::remove_file(image.join("head")).unwrap();
        fs::remove_dir_all(image.join("journal/rows")).unwrap();
    });
    assert!(!holds(&image, bench.last, "a cut end").await);
    let repaired = journal::repair::<Counters>(&data(&image)).unwrap();
    assert_eq!((repaired.last, repaired.lost.len()), (bench.last - 1, 1), "{repaired}");
}

/// A directory is never advised to be emptied, whatever is wrong with it.
#[tokio::test]
async fn each_cause_has_its_own_message() {
    let mut bench = Bench::new().await;
    let said = |path: &Path| Engine::<Counters>::open(&data(path), Clock::new(), still()).err().map(|error| error.to_string());
    let old = bench.home.path().join("old");
    fs::create_dir_all(old.join("journal")).unwrap();
    fs::write(old.join("journal/db"), b"x").unwrap();
    assert!(said(&old).unwrap().contains("format 1"));
    let folder = bench.copy(|image| {
        fs::remove_file(image.join("head")).unwrap();
        fs::create_dir(image.join("head")).unwrap();
    });
    let text = said(&folder).unwrap();
    assert!(text.contains("head") && !text.contains("damaged") && !text.contains("empty"), "{text}");
}
