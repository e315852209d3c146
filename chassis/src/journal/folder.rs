//! The files of a real data directory: folders of mode 0700, files of mode 0600.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::files::{FileError, Files};
use crate::data::DataDir;

/// A data directory as [`Files`]; keeps the files that it used last open.
pub(crate) struct Folder {
    path: PathBuf,
    open: Mutex<BTreeMap<String, Arc<File>>>,
}

impl Folder {
    pub(crate) fn new(data: &DataDir) -> Self {
        Self { path: data.path().to_owned(), open: Mutex::new(BTreeMap::new()) }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn opened(&self, name: &str) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(OpenOptions::new().read(true).write(true).open(self.at(name))?);
        if open.len() >= OPEN_FILES {
            open.pop_first();
        }
        open.insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    /// Lets go of a file, or of all files of a folder, whose name means something else from now on.
    fn forget(&self, name: &str) {
        let folder = format!("{name}/");
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|open, _| open != name && !open.starts_with(&folder));
    }

    fn made(&self, name: &str, length: u64) -> io::Result<()> {
        let path = self.at(name);
        if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            sync_folder_of(folder)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        // Zeros and not a hole: what is written over them later changes no metadata, so a flush of it is one write.
        let zeros = vec![0; PIECE];
        let mut done = 0;
        while done < length {
            let piece = usize::try_from(length - done).unwrap_or(PIECE).min(PIECE);
            file.write_all_at(zeros.get(..piece).unwrap_or(&zeros), done)?;
            done += piece as u64;
        }
        file.sync_all()?;
        sync_folder_of(&path)
    }
}

impl Files for Folder {
    fn create(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.forget(name);
        let outcome = self.made(name, length);
        if outcome.is_err() {
            // A part of a file is of no use; that it could not be removed either would say nothing new.
            let _ = fs::remove_file(self.at(name));
        }
        outcome.map_err(|error| FileError::new(name, &error))
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.opened(name).and_then(|file| file.write_all_at(bytes, offset)).map_err(|error| FileError::new(name, &error))
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        let read = || {
            let file = self.opened(name)?;
            let left = file.metadata()?.len().saturating_sub(offset);
            let mut bytes = vec![0; length.min(usize::try_from(left).unwrap_or(usize::MAX))];
            file.read_exact_at(&mut bytes, offset)?;
            Ok(bytes)
        };
        read().map_err(|error| FileError::new(name, &error))
    }

    fn length(&self, name: &str) -> Result<Option<u64>, FileError> {
        match fs::metadata(self.at(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::new(name, &error)),
        }
    }

    fn sync(&self, name: &str) -> Result<(), FileError> {
        self.opened(name).and_then(|file| file.sync_data()).map_err(|error| FileError::new(name, &error))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.forget(from);
        self.forget(to);
        let renamed = fs::rename(self.at(from), self.at(to)).and_then(|()| sync_folder_of(&self.at(to)));
        renamed.map_err(|error| FileError::new(from, &error))
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.forget(name);
        let path = self.at(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed.and_then(|()| sync_folder_of(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new(name, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FileError> {
        let read = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for item in fs::read_dir(self.at(folder))? {
                names.push(item?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names)
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            outcome => outcome.map_err(|error| FileError::new(folder, &error)),
        }
    }
}

/// A new, changed or removed name is on disk when the folder that holds it is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

const OPEN_FILES: usize = 32;
const PIECE: usize = 256 * 1024;
