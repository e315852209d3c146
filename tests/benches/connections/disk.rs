//! How often the disk takes 4 KiB for good.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::Measured;

/// Appends and flushes, one after the other, for `time`.
pub(crate) fn measure(folder: &Path, time: Duration) -> Measured {
    let folder = tempfile::TempDir::new_in(folder).expect("a folder");
    let mut file = File::create(folder.path().join("appended")).expect("a file");
    let block = [0x5a; 4096];
    let began = Instant::now();
    let mut latencies = Vec::new();
    while began.elapsed() < time {
        let before = Instant::now();
        file.write_all(&block).expect("room on the disk");
        file.sync_data().expect("a flush");
        latencies.push(before.elapsed());
    }
    Measured::of(latencies, began.elapsed())
}
