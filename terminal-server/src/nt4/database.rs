//! `lserver/hydra.mdb`: the file that stands for the licensing service's database (NT-40, NT-41, NT-43).
//!
//! It holds a magic line, the database's id and a checksum of both. The records themselves are in the journal, under that id.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use shared::model::{DatabaseId, hex};
use shared::policy::nt4::starting::DatabaseFile;

use super::below;

/// The folder `lserver` of a data directory.
pub(super) struct DatabaseFolder(PathBuf);

impl DatabaseFolder {
    pub(super) fn new(data: &Path) -> Self {
        Self(below(data, "lserver"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What stands where the database should be.
    pub(super) fn look(&self) -> DatabaseFile {
        match self.text() {
            Ok(text) => read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => DatabaseFile::Missing,
            Err(error) => DatabaseFile::Damaged { reason: error.to_string() },
        }
    }

    /// Puts a blank file in place: whole, or not at all.
    pub(super) fn write_blank(&self, id: DatabaseId) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let (fresh, path) = (self.0.join("hydra.new"), self.0.join(FILE));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(contents(id).as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(&self.0)?.sync_all()
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.0.join(FILE))?.take(LIMIT).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn contents(id: DatabaseId) -> String {
    let head = format!("{MAGIC}\nid {id}\n");
    let sum = hex(&Sha256::digest(head.as_bytes()));
    format!("{head}sha256 {sum}\n")
}

fn read(bytes: &[u8]) -> DatabaseFile {
    let damaged = |reason: &str| DatabaseFile::Damaged { reason: reason.to_owned() };
    let Ok(text) = std::str::from_utf8(bytes) else { return damaged("it is no database of the licensing service") };
    if !text.starts_with(MAGIC) {
        return damaged("it is no database of the licensing service");
    }
    let id = text.lines().nth(1).and_then(|line| line.strip_prefix("id ")).and_then(|id| id.parse::<DatabaseId>().ok());
    match id {
        Some(id) if contents(id) == text => DatabaseFile::Sound(id),
        Some(_) | None => damaged("it is cut off, or was changed"),
    }
}

const FILE: &str = "hydra.mdb";
const MAGIC: &str = "Terminal Server Licensing Lab: hydra.mdb, format 1";
/// Much longer than the file ever is.
const LIMIT: u64 = 4096;
