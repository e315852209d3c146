//! The scratch files `JETn.TMP` of the licensing service (NT-46 to NT-50): real files in `system32` of the data directory.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use shared::model::HardwareId;
use shared::wire::workstation::{ScratchDeleted, ScratchFile};

use super::below;

/// The folder `system32` of a data directory.
pub(super) struct ScratchFolder(PathBuf);

/// The files that the running service has open, and the licenses that wait in the first of them. They are removed when this goes
/// away, which a killed process never comes to.
pub(super) struct Scratch {
    files: Vec<(PathBuf, File)>,
    waiting: BTreeMap<HardwareId, String>,
}

impl ScratchFolder {
    pub(super) fn new(data: &Path) -> Self {
        Self(below(data, "system32"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// NT-46: seven files under the first free block of seven numbers.
    pub(super) fn open_block(&self) -> io::Result<Scratch> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let block = first_free_block(|number| self.0.join(name(number)).exists());
        let Some(numbers) = block else {
            return Err(io::Error::other("too many scratch files; delete old ones (tsl nt scratch --delete)"));
        };
        let mut scratch = Scratch { files: Vec::new(), waiting: BTreeMap::new() };
        for number in numbers {
            let path = self.0.join(name(number));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            scratch.files.push((path, file));
        }
        Ok(scratch)
    }

    /// All scratch files by number; those of `open` are in use.
    pub(super) fn list(&self, open: Option<&Scratch>) -> io::Result<Vec<ScratchFile>> {
        let mut files = Vec::new();
        for number in self.numbers()? {
            let path = self.0.join(name(number));
            let licenses = open.filter(|scratch| scratch.is_first(&path)).map_or(0, |scratch| scratch.waiting.len());
            files.push(ScratchFile {
                name: name(number),
                open: open.is_some_and(|scratch| scratch.has(&path)),
                bytes: fs::metadata(&path)?.len(),
                licenses: u32::try_from(licenses).unwrap_or(u32::MAX),
            });
        }
        Ok(files)
    }

    /// NT-49: closed files vanish, open ones refuse.
    pub(super) fn delete(&self, open: Option<&Scratch>) -> io::Result<ScratchDeleted> {
        let mut outcome = ScratchDeleted { deleted: Vec::new(), refused: Vec::new() };
        for number in self.numbers()? {
            let path = self.0.join(name(number));
            if open.is_some_and(|scratch| scratch.has(&path)) {
                outcome.refused.push(name(number));
            } else {
                fs::remove_file(&path)?;
                outcome.deleted.push(name(number));
            }
        }
        Ok(outcome)
    }

    fn numbers(&self) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(entry?.file_name().to_str().and_then(number_of));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

impl Scratch {
    /// Puts a license in the first file.
    pub(super) fn keep(&mut self, hardware_id: HardwareId, token: &str) -> io::Result<()> {
        self.waiting.insert(hardware_id, token.to_owned());
        self.write()
    }

    /// Takes a license out of it.
    pub(super) fn drop_license(&mut self, hardware_id: HardwareId) -> io::Result<()> {
        if self.waiting.remove(&hardware_id).is_none() {
            return Ok(());
        }
        self.write()
    }

    /// NT-48: lets go of the files and leaves them where they are.
    pub(super) fn abandon(mut self) {
        self.files.clear();
    }

    fn write(&mut self) -> io::Result<()> {
        let Some((_, file)) = self.files.first_mut() else { return Ok(()) };
        let lines: String = self.waiting.iter().map(|(hardware_id, token)| format!("{hardware_id} {token}\n")).collect();
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(lines.as_bytes())
    }

    fn has(&self, path: &Path) -> bool {
        self.files.iter().any(|(open, _)| open == path)
    }

    fn is_first(&self, path: &Path) -> bool {
        self.files.first().is_some_and(|(open, _)| open == path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for (path, _) in &self.files {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!(file.path = %path.display(), error.reason = %error, "a scratch file stays behind");
            }
        }
    }
}

/// NT-46: the first seven numbers in a row, beginning with 1, 8, 15 and so on, of which none is taken.
fn first_free_block(taken: impl Fn(u32) -> bool) -> Option<std::ops::RangeInclusive<u32>> {
    let blocks = (0..BLOCKS_MAX).map(|block| block * BLOCK + 1..=(block + 1) * BLOCK);
    blocks.into_iter().find(|block| block.clone().all(|number| !taken(number)))
}

fn name(number: u32) -> String {
    format!("JET{number}.TMP")
}

fn number_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("JET")?.strip_suffix(".TMP")?;
    let number = digits.parse().ok()?;
    (self::name(number) == name).then_some(number)
}

const BLOCK: u32 = 7;
const BLOCKS_MAX: u32 = 1000;
