//! A page performed from its first command to its last, for somebody who watches or for a test.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::page::{self, PageError, Part, Printed, Seen, Shell, Step};

/// What a performance shows, in order.
#[derive(Clone, Debug)]
pub enum Beat<'a> {
    /// Prose.
    Text(&'a [String]),
    /// The lab that the page asks for: what follows `tsl up`.
    Lab(&'a [String]),
    /// A command that comes now.
    Command(&'a Step),
    /// What it printed.
    Printed(&'a Printed),
}

/// Performs a page: shows every beat, runs every command, and stops where the lab says something else. Says how many commands ran.
///
/// # Errors
/// A page that cannot be read as one, a command that printed or returned something else, or a watcher who has seen enough.
pub fn perform(text: &str, shell: &Shell, mut watch: impl FnMut(Beat<'_>) -> Result<(), Failure>) -> Result<usize, Failure> {
    let (mut ran, mut seen) = (0, Seen::default());
    for part in page::parts(text).map_err(differs)? {
        match part {
            Part::Text(lines) => watch(Beat::Text(&lines))?,
            Part::Lab(words) => watch(Beat::Lab(&words))?,
            Part::Step(step) => {
                let step = seen.fill(&step);
                watch(Beat::Command(&step))?;
                let printed = shell.perform(&step.command, &step.typed);
                watch(Beat::Printed(&printed))?;
                page::check(&step, &printed).map_err(differs)?;
                seen.learn(&step, &printed);
                ran += 1;
            }
        }
    }
    Ok(ran)
}

fn differs(error: PageError) -> Failure {
    Failure::Broken(error.to_string())
}

/// A folder in which this very program is found as `tsl`, for the time of a performance.
#[derive(Debug)]
pub struct OwnProgram {
    folder: PathBuf,
}

impl OwnProgram {
    /// Makes it.
    ///
    /// # Errors
    /// A folder for temporary files that cannot be written.
    pub fn new() -> Result<Self, Failure> {
        let own: [u8; 8] = chassis::random::bytes();
        let folder = std::env::temp_dir().join(format!("tsl-play-{}", shared::model::hex(&own)));
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, error))?;
        let made = Self { folder };
        let program = std::env::current_exe().map_err(|error| Failure::Broken(format!("this program cannot be found: {error}")))?;
        let link = made.folder.join("tsl");
        std::os::unix::fs::symlink(program, &link).map_err(|error| Failure::file(&link, error))?;
        Ok(made)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for OwnProgram {
    fn drop(&mut self) {
        // A folder of one link in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
