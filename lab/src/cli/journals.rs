//! `tsl journal`: how the services' journals stand, and looking after those of services that are stopped.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use chassis::data::DataDir;
use chassis::journal::{self, Exported, Imported, Repaired, RowsFound, Verified};
use clap::{Args, Subcommand};
use serde_json::json;
use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::model::ServerName;
use shared::node::Node;
use shared::registry::Registry;

use super::Context;
use super::history::Journal;
use crate::failure::Failure;
use crate::place::Kind;

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
Each entry carries the checksum of the one before. A service of `tsl up` that is stopped can be looked after here; one in a container
with its own program: license-server journal verify, repair, export, import.

Example:  tsl journal
          tsl service stop LS1 && tsl journal verify LS1 && tsl journal export LS1 ls1.journal
          tsl journal import LS1 ls1.journal        the old journal is set aside, not deleted
          tsl journal repair LS1                    mends on a copy what can be mended, and says what is lost
Rules: FT-13, W08-12 (a database that may be damaged).";

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Journals {
    #[command(subcommand)]
    care: Option<Care>,
    #[command(flatten)]
    show: Journal,
}

#[derive(Subcommand, Debug)]
enum Care {
    /// Check every entry, and every row against the entries
    Verify {
        /// The service, which must be stopped
        service: ServerName,
    },
    /// Mend what is damaged, on a copy, and say what is lost
    Repair {
        /// The service, which must be stopped
        service: ServerName,
    },
    /// Write what is whole into a file, a line an entry
    Export {
        /// The service, which must be stopped
        service: ServerName,
        /// The file to write
        file: PathBuf,
        /// The last entry to write: imported, that is the service as it was then
        #[arg(long, value_name = "ENTRY")]
        until: Option<u64>,
    },
    /// Begin a new journal from an export; the old one is set aside
    Import {
        /// The service, which must be stopped
        service: ServerName,
        /// The file that was exported
        file: PathBuf,
    },
    /// Damage the journal, for a lesson: a bad sector in its middle, and the rows beside it gone
    Damage {
        /// The service, which must be stopped
        service: ServerName,
    },
}

impl Journals {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Some(care) = self.care else { return self.show.run(context).await };
        let (Care::Verify { service }
        | Care::Repair { service }
        | Care::Export { service, .. }
        | Care::Import { service, .. }
        | Care::Damage { service }) = &care;
        let (kind, folder) = home(context, service)?;
        match &care {
            Care::Verify { .. } => {
                let verified = verify(kind, &open(&folder)?)?;
                let value = json!({
                    "first": verified.first,
                    "last": verified.last,
                    "chain": verified.chain,
                    "rows": match &verified.rows {
                        RowsFound::Same(_) => "same",
                        RowsFound::None => "none",
                        RowsFound::Unusable(_) => "unusable",
                    },
                    "unfinished_bytes": verified.unfinished,
                    "notes": verified.notes,
                });
                context.out.show(&value, |out| out.line(&verified.to_string()))
            }
            Care::Repair { .. } => {
                let repaired = repair(kind, &open(&folder)?)?;
                let value = json!({
                    "last": repaired.last,
                    "mended": repaired.mended,
                    "lost": repaired.lost,
                    "before": repaired.before,
                });
                context.out.show(&value, |out| out.line(&repaired.to_string()))
            }
            Care::Export { file, until, .. } => {
                let target = File::create(file).map_err(|error| Failure::file(file, error))?;
                let exported = export(kind, &open(&folder)?, target, *until)?;
                let end = exported
                    .damage
                    .as_ref()
                    .map_or_else(String::new, |damage| format!("; it ends there, since the journal is damaged: {damage}"));
                let text = format!("exported {} entries to {}{end}", exported.entries, file.display());
                context.out.show(&json!({ "entries": exported.entries, "damage": exported.damage }), |out| out.line(&text))
            }
            Care::Import { file, .. } => {
                let source = BufReader::new(File::open(file).map_err(|error| Failure::file(file, error))?);
                let data = open(&folder)?;
                set_aside(&folder)?;
                let imported = import(kind, &data, source)?;
                let text = format!("imported {} entries; the old journal is set aside as journal.damaged", imported.entries);
                context.out.show(&json!({ "entries": imported.entries, "chain": imported.chain }), |out| out.line(&text))
            }
            Care::Damage { .. } => {
                let _hold = open(&folder)?;
                damage(&last_segment(&folder)?)?;
                // Else the next start would go on from them, since they tell what the damaged entry had led to.
                let rows = folder.join("journal").join("rows");
                std::fs::remove_dir_all(&rows).or_else(ignore_missing).map_err(|error| Failure::file(&rows, error))?;
                context.out.show(&json!({ "damaged": service }), |out| {
                    out.line(&format!("a piece in the middle of {service}'s journal is overwritten, and its rows are gone"))
                })
            }
        }
    }
}

/// A service's kind and data folder, where the lab keeps them on this machine.
fn home(context: &Context, service: &ServerName) -> Result<(Kind, PathBuf), Failure> {
    let lab = context.lab()?;
    let (kind, place) =
        lab.chosen(Some(service))?.into_iter().next().ok_or_else(|| Failure::Usage(format!("{service} is not in this lab")))?;
    let folder = place.token_file.as_ref().and_then(|file| file.parent()).filter(|_| lab.file().data.is_some());
    let folder = folder.ok_or_else(|| {
        Failure::Usage(format!(
            "{service} does not run under `tsl up`; look after its journal where it runs: {} journal --help",
            kind.name()
        ))
    })?;
    Ok((kind, folder.to_owned()))
}

fn open(folder: &Path) -> Result<DataDir, Failure> {
    DataDir::open(folder).map_err(|error| Failure::Broken(format!("{error} (tsl service stop)")))
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}

/// Whether a service's journal is whole.
pub(super) fn verify(kind: Kind, data: &DataDir) -> Result<Verified, Failure> {
    match kind {
        Kind::Clearinghouse => journal::verify::<Registry>(data),
        Kind::LicenseServer => journal::verify::<Ledger>(data),
        Kind::TerminalServer => journal::verify::<Node>(data),
        Kind::Directory => journal::verify::<Directory>(data),
    }
    .map_err(broken)
}

fn repair(kind: Kind, data: &DataDir) -> Result<Repaired, Failure> {
    match kind {
        Kind::Clearinghouse => journal::repair::<Registry>(data),
        Kind::LicenseServer => journal::repair::<Ledger>(data),
        Kind::TerminalServer => journal::repair::<Node>(data),
        Kind::Directory => journal::repair::<Directory>(data),
    }
    .map_err(broken)
}

fn export(kind: Kind, data: &DataDir, out: File, until: Option<u64>) -> Result<Exported, Failure> {
    match kind {
        Kind::Clearinghouse => journal::export::<Registry>(data, out, until),
        Kind::LicenseServer => journal::export::<Ledger>(data, out, until),
        Kind::TerminalServer => journal::export::<Node>(data, out, until),
        Kind::Directory => journal::export::<Directory>(data, out, until),
    }
    .map_err(broken)
}

fn import(kind: Kind, data: &DataDir, input: BufReader<File>) -> Result<Imported, Failure> {
    match kind {
        Kind::Clearinghouse => journal::import::<Registry>(data, input),
        Kind::LicenseServer => journal::import::<Ledger>(data, input),
        Kind::TerminalServer => journal::import::<Node>(data, input),
        Kind::Directory => journal::import::<Directory>(data, input),
    }
    .map_err(broken)
}

/// The journal and the file that says how far it had come, under names that no service looks at.
fn set_aside(folder: &Path) -> Result<(), Failure> {
    for name in ["journal", "head"] {
        let (from, to) = (folder.join(name), folder.join(format!("{name}.damaged")));
        if to.is_dir() {
            std::fs::remove_dir_all(&to).map_err(|error| Failure::file(&to, error))?;
        }
        match std::fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::file(&from, error)),
        }
    }
    Ok(())
}

/// The file of entries that is written to.
fn last_segment(folder: &Path) -> Result<PathBuf, Failure> {
    let journal = folder.join("journal");
    let listed = std::fs::read_dir(&journal).map_err(|error| Failure::file(&journal, error))?;
    let files = listed.flatten().map(|item| item.path()).filter(|path| path.extension().is_some_and(|ending| ending == "entries"));
    files.max().ok_or_else(|| Failure::Broken(format!("{} holds no entries to damage", journal.display())))
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Overwrites the middle of what the file holds, as a bad sector would.
fn damage(path: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::file(path, error);
    let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    let middle = u64::try_from(end / 2).unwrap_or(0);
    file.seek(SeekFrom::Start(middle)).map_err(failed)?;
    file.write_all(&[0xA5; 64]).and_then(|()| file.sync_all()).map_err(failed)
}
