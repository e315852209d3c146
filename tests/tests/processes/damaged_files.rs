//! Damage done to every file of every service, and every kind of removal: a start goes on with the right state, or says what is
//! wrong and is mended by what it names; what was answered is never missing without a word.
//!
//! `TSL_DRILL_PLACES=200 cargo test -p tests --test processes damaged_files` flips a byte at 200 places of each service.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use chassis::data::DataDir;
use chassis::journal;
use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::machine::Machine;
use shared::node::Node;
use shared::registry::Registry;
use tests::harness::{Plan, Service, TestLab, days, device};
use tests::size::size;

use crate::process::Process;
use crate::tally::figures;

/// What a start on a changed copy came to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It goes on with everything.
    Right,
    /// It said what is wrong; the mend that it names brought everything back.
    Mended,
    /// The mend says what is lost.
    SaidLost,
    /// It said that a key or a note has to be put back.
    PutBack,
}

struct Subject {
    kind: &'static str,
    name: String,
    whole: PathBuf,
    entries: Vec<String>,
}

/// Rules: FT-13, W08-12.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_byte_of_whatever_file_is_damaged_nothing_that_was_answered_is_missing_without_a_word() {
    let (lab, subjects) = subjects().await;
    let places = size("PLACES", 8);
    for subject in &subjects {
        let mut counts = [0; 4];
        for (number, (file, at)) in places_of(&subject.whole, places).into_iter().enumerate() {
            let copy = subject.copy(&lab, &format!("flip-{number}"));
            edit(&copy.join(&file), |bytes| bytes[at] ^= 1 << (number % 8));
            counts[subject.outcome(&copy, &format!("byte {at} of {}", file.display())) as usize] += 1;
            fs::remove_dir_all(&copy).unwrap();
        }
        figures(&format!(
            "{}: {places} flipped bits: {} starts with everything, {} mended with everything, {} said what is lost, {} asked for a file",
            subject.kind, counts[0], counts[1], counts[2], counts[3]
        ));
        assert_eq!(counts[2], 0, "one flipped bit is always put right");
    }
}

/// Rules: FT-13, W08-12.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_removed_or_cut_off_is_made_anew_or_missed() {
    let (lab, subjects) = subjects().await;
    for subject in &subjects {
        let mut removals: Vec<PathBuf> = files(&subject.whole);
        removals.extend(["journal", "journal/rows"].map(PathBuf::from));
        let mut seen = Vec::new();
        for (number, name) in removals.iter().enumerate() {
            for half in [false, true] {
                let copy = subject.copy(&lab, &format!("gone-{number}-{half}"));
                let path = copy.join(name);
                if path.is_dir() {
                    if half {
                        continue;
                    }
                    fs::remove_dir_all(&path).unwrap();
                } else if half {
                    edit(&path, |bytes| bytes.truncate(used(bytes) / 2));
                } else {
                    fs::remove_file(&path).unwrap();
                }
                let what = format!("{} {}", name.display(), if half { "cut off" } else { "removed" });
                seen.push(format!("{what}: {:?}", subject.outcome(&copy, &what)));
                let _ = fs::remove_dir_all(&copy);
            }
        }
        figures(&format!("{}: {}", subject.kind, seen.join("; ")));
    }
}

/// Four services with something on record, stopped in order.
async fn subjects() -> (TestLab, Vec<Subject>) {
    let mut lab = Plan::default().directory().start().await;
    for number in 0..12 {
        let mut device = device(&format!("PC{number:02}"));
        lab.log_on(&mut device).await;
        lab.connect(&mut device).await;
    }
    lab.advance(days(3)).await;
    lab.clearinghouse.stop().await;
    lab.license_servers[0].stop().await;
    lab.terminal_servers[0].stop().await;
    let mut subjects = vec![
        subject::<Registry>("clearinghouse", &lab.clearinghouse),
        subject::<Ledger>("license-server", &lab.license_servers[0]),
        subject::<Node>("terminal-server", &lab.terminal_servers[0]),
    ];
    if let Some(mut directory) = lab.directory.take() {
        directory.stop().await;
        subjects.push(subject::<Directory>("directory", &directory));
        lab.directory = Some(directory);
    }
    assert_eq!(subjects.len(), 4);
    (lab, subjects)
}

fn subject<M: Machine>(kind: &'static str, service: &Service) -> Subject {
    Subject {
        kind,
        name: service.name().to_string(),
        whole: service.data(),
        entries: entries::<M>(&service.data()).expect("a whole journal"),
    }
}

/// The entries of a journal, a line each.
fn entries<M: Machine>(data: &Path) -> Option<Vec<String>> {
    let buffer = Buffer::default();
    let exported = journal::export::<M>(&DataDir::open(data).ok()?, buffer.clone(), None).ok()?;
    let bytes = buffer.0.lock().unwrap().get_ref().clone();
    let text = String::from_utf8(bytes).unwrap();
    exported.damage.is_none().then(|| text.lines().filter(|line| line.starts_with("{\"chain\"")).map(str::to_owned).collect())
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Cursor<Vec<u8>>>>);

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Subject {
    fn copy(&self, lab: &TestLab, name: &str) -> PathBuf {
        let copy = lab.dir.path().join(format!("{}-{name}", self.kind));
        let status = Command::new("cp").arg("-r").arg(&self.whole).arg(&copy).status().expect("cp");
        assert!(status.success());
        copy
    }

    fn outcome(&self, copy: &Path, what: &str) -> Outcome {
        let said = match self.started(copy, what) {
            Ok(said) if self.journal(copy, "verify").status.success() => {
                self.has_everything(copy, what);
                assert!(!said.contains("old entries"), "{} {what}: {said}", self.kind);
                return Outcome::Right;
            }
            // What the damaged entry led to is known, so the service goes on; it says which entry it is, and what mends it.
            Ok(said) => said,
            Err(said) => said,
        };
        if !said.contains("journal repair") {
            let named = ["key.pem", "agreement-key", "root-key.pem", "admin-token", "keys-known", "journal-kind"];
            assert!(named.iter().any(|file| said.contains(file)), "{} {what}: {said}", self.kind);
            return Outcome::PutBack;
        }
        let repair = self.journal(copy, "repair");
        let told = String::from_utf8_lossy(&repair.stderr).into_owned();
        if !repair.status.success() && told.contains("Put the folder `journal` back") {
            return Outcome::PutBack;
        }
        assert!(repair.status.success(), "{} {what}: {told}", self.kind);
        if let Err(said) = self.started(copy, what) {
            panic!("{} {what}: the mend does not mend: {told}\n{said}", self.kind);
        }
        if told.contains("\nlost: ") {
            return Outcome::SaidLost;
        }
        self.has_everything(copy, what);
        Outcome::Mended
    }

    /// What the start said: that it runs (and has been stopped again), or why it ended.
    fn started(&self, copy: &Path, what: &str) -> Result<String, String> {
        let mut process = Process::spawn(self.kind, &self.name, "127.0.0.1:0", copy);
        let ended = process.ended_or_listening();
        let said = process.said();
        assert!(!said.contains("panicked"), "{} {what}: {said}", self.kind);
        match ended {
            Some(status) => {
                assert_eq!(status.code(), Some(1), "{} {what}: {said}", self.kind);
                assert!(said.contains("error: "), "{} {what}: {said}", self.kind);
                Err(said)
            }
            None => {
                process.kill();
                Ok(said)
            }
        }
    }

    fn has_everything(&self, copy: &Path, what: &str) {
        let check = self.journal(copy, "verify");
        assert!(check.status.success(), "{} {what}: {}", self.kind, String::from_utf8_lossy(&check.stderr));
        let now = match self.kind {
            "clearinghouse" => entries::<Registry>(copy),
            "license-server" => entries::<Ledger>(copy),
            "terminal-server" => entries::<Node>(copy),
            _ => entries::<Directory>(copy),
        };
        let now = now.unwrap_or_else(|| panic!("{} {what}: it cannot be exported", self.kind));
        assert!(now.len() >= self.entries.len(), "{} {what}: {} entries of {}", self.kind, now.len(), self.entries.len());
        assert_eq!(now[..self.entries.len()], self.entries[..], "{} {what}", self.kind);
    }

    fn journal(&self, copy: &Path, care: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_service"))
            .args(["journal", care, "--data"])
            .arg(copy)
            .env("TSL_SERVICE", self.kind)
            .output()
            .expect("an end")
    }
}

/// Places spread over all files of a data directory: each header of a file of entries, and what the files hold.
fn places_of(whole: &Path, most: usize) -> Vec<(PathBuf, usize)> {
    let files: Vec<(PathBuf, usize)> = files(whole)
        .into_iter()
        .map(|file| {
            let bytes = fs::read(whole.join(&file)).unwrap();
            (file, used(&bytes))
        })
        .filter(|(_, used)| *used > 0)
        .collect();
    let entries: Vec<_> = files.iter().filter(|(file, _)| file.extension().is_some_and(|ending| ending == "entries")).collect();
    // A fixed sequence of numbers that are spread evenly.
    let spread = |number: usize, of: usize| (number * 0x9E37 + 11) % of;
    let place = |number: usize| match number % 4 {
        // Half of them where entries stand, half of these in a header.
        0 => (entries[spread(number / 4, entries.len())].0.clone(), spread(number / 4, 512)),
        1 => {
            let (file, used) = entries[spread(number / 4, entries.len())];
            (file.clone(), 512 + spread(number, used - 512))
        }
        _ => {
            let (file, used) = &files[spread(number, files.len())];
            (file.clone(), spread(number, *used))
        }
    };
    (0..most).map(place).collect()
}

/// All files of a data directory but the lock, by their paths in it.
fn files(whole: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(whole.join(&folder)).unwrap() {
            let item = item.unwrap();
            let path = folder.join(item.file_name());
            if item.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if item.file_name() != "lock" {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Up to where bytes hold anything but zeros.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}
