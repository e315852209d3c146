//! Rows in sled: the only file that knows it.
//!
//! sled 0.34.7 panics on some damage, so every call is caught here, and may hang on some while it is opened: to be opened under
//! a time limit.

use std::cell::Cell;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use super::rows::{Change, RowStore, RowsError};
use crate::data::DataDir;

/// A sled store in `journal/rows/` of a data directory.
pub(crate) struct SledRows {
    db: sled::Db,
}

impl SledRows {
    /// Opens the store, or makes it.
    pub(crate) fn open(data: &DataDir) -> Result<Self, RowsError> {
        let path = data.path().join(ROWS_FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(spoken)?;
        caught(|| Ok(Self { db: open_when_free(&path)? }))
    }

    /// Whether there is a store.
    pub(crate) fn is_there(data: &DataDir) -> bool {
        data.path().join(ROWS_FOLDER).is_dir()
    }

    /// Puts a store that cannot be used out of the way. The rows follow from the entries, so nothing is lost with it.
    pub(crate) fn discard(data: &DataDir) -> Result<(), RowsError> {
        let (path, aside) = (data.path().join(ROWS_FOLDER), data.path().join(ASIDE));
        let moved = fs::remove_dir_all(&aside).or_else(missing_is_fine).and_then(|()| fs::rename(&path, &aside).or_else(missing_is_fine));
        moved.and_then(|()| fs::remove_dir_all(&aside).or_else(missing_is_fine)).map_err(spoken)
    }
}

impl RowStore for SledRows {
    fn scan(&self, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), RowsError> {
        caught(|| {
            for item in self.db.iter() {
                let (key, value) = item.map_err(spoken)?;
                if !each(&key, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        caught(|| Ok(self.db.get(key).map_err(spoken)?.map(|value| value.to_vec())))
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), RowsError> {
        caught(|| {
            let mut batch = sled::Batch::default();
            for (key, value) in changes {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            self.db.apply_batch(batch).map_err(spoken)?;
            self.db.flush().map(drop).map_err(spoken)
        })
    }
}

/// Runs `work` and makes an error of a panic, without the panic's usual print.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, RowsError>) -> Result<T, RowsError> {
    keep_caught_panics_quiet();
    let before = QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(RowsError(format!("the store gave up: {}", text.unwrap_or("no reason given"))))
    })
}

/// sled lets go of its file a moment after its last handle; the data directory's own lock keeps strangers out.
fn open_when_free(path: &Path) -> Result<sled::Db, RowsError> {
    let open = || sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None).open();
    for _ in 0..OPEN_TRIES {
        match open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => std::thread::sleep(OPEN_PAUSE),
            outcome => return outcome.map_err(spoken),
        }
    }
    open().map_err(spoken)
}

fn missing_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn keep_caught_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let of_sled = || std::thread::current().name().is_some_and(|name| name.starts_with("sled-"));
            if !QUIET.get() && !of_sled() {
                print(panic);
            }
        }));
    });
}

fn spoken(error: impl std::fmt::Display) -> RowsError {
    RowsError(error.to_string())
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

const ROWS_FOLDER: &str = "journal/rows";
const ASIDE: &str = "journal/rows-discarded";
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
const OPEN_TRIES: u32 = 100;
const OPEN_PAUSE: Duration = Duration::from_millis(20);
