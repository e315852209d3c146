//! The store of a service: one sled tree, and the head file beside it. The only file that knows sled.
//!
//! sled 0.34.7 panics on some damage, so every call is caught here; its `flush` hands pages to the kernel without a device
//! flush, so `sync_data` on the same file follows it.

use std::cell::Cell;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::disk::{Change, Disk, DiskError, Order};
use crate::data::DataDir;

/// A sled store in `journal/` of a data directory.
pub(crate) struct SledDisk {
    db: sled::Db,
    file: File,
    blobs: PathBuf,
    has_blobs: AtomicBool,
    data: DataDir,
}

impl SledDisk {
    /// Opens the store, or makes it. May hang on a damaged one: to be called under a time limit.
    pub(crate) fn open(data: &DataDir) -> Result<Self, DiskError> {
        caught(|| {
            let path = data.path().join("journal");
            let db = open_when_free(&path)?;
            let file = File::open(path.join("db")).map_err(|error| DiskError(format!("journal/db: {error}")))?;
            let blobs = path.join("blobs");
            let has_blobs = fs::read_dir(&blobs).is_ok_and(|mut files| files.next().is_some());
            Ok(Self { db, file, blobs, has_blobs: AtomicBool::new(has_blobs), data: data.clone() })
        })
    }

    /// sled puts large values into files of their own, which neither its flush nor that of the one file covers.
    fn flush_blobs(&self) -> std::io::Result<()> {
        for blob in fs::read_dir(&self.blobs)? {
            match File::open(blob?.path()) {
                Ok(file) => file.sync_data()?,
                // sled removed it in the meantime.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        File::open(&self.blobs)?.sync_all()
    }
}

impl Disk for SledDisk {
    fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        caught(|| {
            let mut batch = sled::Batch::default();
            for (key, value) in changes {
                match value {
                    Some(value) => {
                        if value.len() > BLOB_BYTES {
                            self.has_blobs.store(true, Ordering::Relaxed);
                        }
                        batch.insert(key, value);
                    }
                    None => batch.remove(key),
                }
            }
            self.db.apply_batch(batch).map_err(spoken)?;
            self.db.flush().map_err(spoken)?;
            self.file.sync_data().map_err(spoken)?;
            if self.has_blobs.load(Ordering::Relaxed) {
                self.flush_blobs().map_err(spoken)?;
            }
            Ok(())
        })
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        caught(|| Ok(self.db.get(key).map_err(spoken)?.map(|value| value.to_vec())))
    }

    fn scan(&self, from: &[u8], before: &[u8], order: Order, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), DiskError> {
        if from >= before {
            return Ok(());
        }
        caught(|| {
            let mut range = self.db.range(from..before);
            let mut next = || match order {
                Order::Rising => range.next(),
                Order::Falling => range.next_back(),
            };
            while let Some(item) = next() {
                let (key, value) = item.map_err(spoken)?;
                if !each(&key, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn head(&self) -> Result<Option<Vec<u8>>, DiskError> {
        match fs::read(self.data.path().join(HEAD_FILE)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(spoken(error)),
        }
    }

    fn set_head(&self, bytes: &[u8]) -> Result<(), DiskError> {
        self.data.replace(HEAD_FILE, bytes).map_err(spoken)
    }
}

/// Runs `work` and makes an error of a panic, without the panic's usual print.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, DiskError>) -> Result<T, DiskError> {
    keep_caught_panics_quiet();
    let before = QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(DiskError(format!("the store gave up: {}", text.unwrap_or("no reason given"))))
    })
}

/// sled lets go of its file a moment after its last handle; the data directory's own lock keeps strangers out.
fn open_when_free(path: &std::path::Path) -> Result<sled::Db, DiskError> {
    let open = || sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None).open();
    for _ in 0..OPEN_TRIES {
        match open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => std::thread::sleep(OPEN_PAUSE),
            outcome => return outcome.map_err(spoken),
        }
    }
    open().map_err(spoken)
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

fn spoken(error: impl std::fmt::Display) -> DiskError {
    DiskError(error.to_string())
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

const HEAD_FILE: &str = "head";
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Well below the size from which sled makes a file of its own of a value (a quarter of its segment of 512 KiB).
const BLOB_BYTES: usize = 16 * 1024;
const OPEN_TRIES: u32 = 100;
const OPEN_PAUSE: Duration = Duration::from_millis(20);
