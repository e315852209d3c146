//! The file of a license server's backup: a first line, the facts, a record a line, and a last line with the digest of all before.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::model::{ServerName, hex};

use crate::failure::Failure;

/// The first line of a backup.
#[derive(Serialize, Deserialize)]
struct Head {
    backup_of: String,
    format: u32,
}

/// The last line of a backup: what came before it, as it has to be.
#[derive(Serialize, Deserialize)]
struct Tail {
    records: u64,
    sha256: String,
}

/// How many records the lines of a backup hold: all of them but the first, the one with the facts, and the last.
///
/// # Errors
/// What shows that it is not whole, or not what was written.
pub fn whole(lines: impl Iterator<Item = io::Result<String>>) -> Result<u64, String> {
    let bad = |why: &str| format!("{why}; it is no whole backup of a license server");
    let (mut digest, mut count, mut first, mut before) = (Sha256::new(), 0u64, None::<String>, None::<String>);
    for line in lines {
        let line = line.map_err(|error| error.to_string())?;
        if let Some(before) = before.replace(line) {
            digest.update(before.as_bytes());
            digest.update(b"\n");
            count += 1;
            first.get_or_insert(before);
        }
    }
    let tail: Tail = before.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| bad("its last line is missing"))?;
    if tail.sha256 != hex(&digest.finalize()) || count != tail.records.saturating_add(2) {
        return Err(bad("its digest does not fit"));
    }
    let head: Head = first.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| bad("its first line is another"))?;
    if head.format == FORMAT { Ok(tail.records) } else { Err(bad("it is of another format")) }
}

/// Writes lines and keeps their digest; the file is whole or has no last line.
pub(crate) struct Lines<'a> {
    path: &'a Path,
    file: BufWriter<File>,
    digest: Sha256,
}

impl<'a> Lines<'a> {
    /// Begins the backup of a license server.
    pub(crate) fn create(path: &'a Path, server: &ServerName) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| Failure::file(path, error))?;
        let mut lines = Self { path, file: BufWriter::new(file), digest: Sha256::new() };
        lines.write(&Head { backup_of: server.to_string(), format: FORMAT })?;
        Ok(lines)
    }

    /// Writes the facts, or a record.
    pub(crate) fn write(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_string(value).map_err(|error| Failure::file(self.path, error))?;
        line.push('\n');
        self.digest.update(&line);
        self.file.write_all(line.as_bytes()).map_err(|error| Failure::file(self.path, error))
    }

    /// Writes the last line; says the digest. All of it is on disk then.
    pub(crate) fn finish(mut self, records: u64) -> Result<String, Failure> {
        let sha256 = hex(&std::mem::take(&mut self.digest).finalize());
        self.write(&Tail { records, sha256: sha256.clone() })?;
        let file = self.file.into_inner().map_err(|error| Failure::file(self.path, error))?;
        file.sync_all().map_err(|error| Failure::file(self.path, error))?;
        Ok(sha256)
    }
}

/// The layout of a backup file.
const FORMAT: u32 = 1;
