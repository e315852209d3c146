//! Export and import.

use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chassis::clock::Clock;
use chassis::data::DataDir;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal::{self, OpenError};
use shared::model::PublicKey;
use shared::wire::common::{ClockChange, CutOff};

use crate::counters::{Command, Counters, add, moment, on_disk, run, still, sum};

/// A buffer that the exporting thread fills.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn exported(path: &Path) -> String {
    let buffer = Buffer::default();
    let exported = journal::export::<Counters>(&DataDir::open(path).unwrap(), buffer.clone(), None).unwrap();
    assert_eq!(exported.damage, None);
    String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
}

fn import(path: &Path, text: &str) -> Result<journal::Imported, OpenError> {
    journal::import::<Counters>(&DataDir::open(path).unwrap(), Cursor::new(text.to_owned()))
}

fn key() -> PublicKey {
    chassis::identity::Identity::temporary(chassis::config::Kind::LicenseServer, "LS1".parse().unwrap()).unwrap().public_key()
}

async fn filled(path: &Path, keep_entries: Option<u64>) {
    let options = EngineOptions { keep_entries, ..still() };
    let engine = Engine::<Counters>::open(&DataDir::open(path).unwrap(), Clock::new(), options).unwrap();
    for _ in 0..400 {
        add(&engine, "x", 1).await;
        run(&engine, Command::Throw).await;
    }
    engine.cut_off(vec![CutOff { name: "LS1".parse().unwrap(), key: key() }]).await.unwrap();
    run(&engine, Command::Alarm(moment("2027-01-01T00:00:00Z"), "a".to_owned())).await;
    engine.close().await.unwrap();
}

#[tokio::test]
async fn an_exported_journal_comes_back_the_same() {
    for keep_entries in [None, Some(100)] {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        filled(&from, keep_entries).await;
        let text = exported(&from);
        assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        let imported = import(&to, &text).unwrap();
        assert!(if keep_entries.is_some() { imported.entries < 700 } else { imported.entries == 804 }, "{}", imported.entries);
        assert_eq!(exported(&to), text);
        let verified = journal::verify::<Counters>(&DataDir::open(&to).unwrap()).unwrap();
        assert_eq!((verified.last, verified.first), (804, 805 - imported.entries));
        let engine = on_disk(&to);
        assert_eq!(sum(&engine, "x").await, Some(400));
        assert_eq!(engine.next_due(), Some(moment("2027-01-01T00:00:00Z")));
        assert_eq!(engine.network().cut_off().len(), 1, "a cut way is a part of the state like any other");
    }
}

/// The way back from a clock that ran away: everything up to an entry, in a new directory.
#[tokio::test]
async fn an_export_up_to_an_entry_is_the_service_as_it_was_then() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    let engine = on_disk(&from);
    for _ in 0..5 {
        add(&engine, "x", 1).await;
    }
    let good = engine.flushed();
    engine.change_clock(ClockChange::Set { to: moment("2046-01-01T00:00:00Z") }).await.unwrap();
    add(&engine, "x", 100).await;
    engine.close().await.unwrap();
    drop(engine);
    let buffer = Buffer::default();
    let exported = journal::export::<Counters>(&DataDir::open(&from).unwrap(), buffer.clone(), Some(good)).unwrap();
    assert_eq!((exported.last, exported.damage), (good, None));
    import(&to, &String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()).unwrap();
    let engine = on_disk(&to);
    assert_eq!(sum(&engine, "x").await, Some(5));
    assert_eq!(engine.clock_view().await.unwrap().now, moment("2026-01-01T12:00:00Z"));
    let text = journal::export::<Counters>(&DataDir::open(&from).unwrap(), Buffer::default(), Some(99)).unwrap_err().to_string();
    assert!(text.contains("there is no entry 99"), "{text}");
}

#[tokio::test]
async fn a_changed_or_cut_export_is_not_taken() {
    let home = tempfile::tempdir().unwrap();
    let from = home.path().join("from");
    filled(&from, None).await;
    let text = exported(&from);
    let cut = text.lines().take(10).collect::<Vec<_>>().join("\n");
    let without_one = text.lines().enumerate().filter(|(at, _)| *at != 7).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let changed = text.replacen("\"by\":1", "\"by\":9", 1);
    for (name, bad) in [("cut", cut), ("gap", without_one), ("changed", changed), ("other", text.replacen("counters", "ledger", 1))] {
        let to = home.path().join(name);
        assert!(import(&to, &bad).is_err(), "{name}");
        assert!(journal::verify::<Counters>(&DataDir::open(&to).unwrap()).is_ok_and(|verified| verified.last == 0), "{name}");
        assert!(!to.join("journal").exists() && !to.join("journal-incoming").exists(), "{name} left something behind");
    }
}

#[tokio::test]
async fn an_import_never_goes_over_a_journal() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), None).await;
    let text = exported(home.path());
    assert!(matches!(import(home.path(), &text), Err(OpenError::NotEmpty(_))));
}
