//! The workspace's own files, and pages that are made from them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// All text files of the workspace, sorted; no build output, no data, nothing hidden but `.ci`.
pub(crate) fn all() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// All Rust files of the workspace, sorted.
pub(crate) fn rust() -> Vec<File> {
    all().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace can be read") {
        let entry = entry.expect("a folder's entry can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if is_foreign(&name) {
            continue;
        }
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.push(File { path, text });
        }
    }
}

fn is_foreign(name: &str) -> bool {
    let hidden = name.starts_with('.') && ![".ci", ".dockerignore", ".gitignore"].contains(&name);
    hidden || ["target", "Cargo.lock"].contains(&name) || name.starts_with("tsl-data")
}

/// Compares a generated page with the file; `UPDATE_DOCS=1` writes it instead.
pub(crate) fn keep(path: &str, made: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(file.parent().expect("a page lies in a folder")).expect("the page's folder can be made");
        fs::write(&file, made).expect("the page can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    if let Some(difference) = first_difference(&kept, made) {
        panic!("{path} is stale: {difference}\nrun: UPDATE_DOCS=1 cargo test -p tests --test tidy");
    }
}

fn first_difference(kept: &str, made: &str) -> Option<String> {
    if kept == made {
        return None;
    }
    let line = kept.lines().zip(made.lines()).take_while(|(kept, made)| kept == made).count();
    let show = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    Some(format!("line {} is\n  {}\nand should be\n  {}", line + 1, show(kept), show(made)))
}

/// Fails with all faults at once.
pub(crate) fn demand_none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}: {} faults\n  {}", faults.len(), faults.join("\n  "));
}

#[test]
fn the_first_different_line_of_a_stale_page_is_shown() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n").unwrap(), "line 2 is\n  b\nand should be\n  c");
    assert_eq!(first_difference("", "a\n").unwrap(), "line 1 is\n  (nothing)\nand should be\n  a");
}

#[test]
fn build_output_and_lab_data_are_not_sources() {
    for foreign in ["target", ".git", "tsl-data", "tsl-data-2", "Cargo.lock"] {
        assert!(is_foreign(foreign), "{foreign}");
    }
    for own in [".ci", "shared", "README.md", ".gitignore"] {
        assert!(!is_foreign(own), "{own}");
    }
}
