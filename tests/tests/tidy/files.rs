//! What holds for every file: a first line that says what lives there, nothing left for later, links that lead somewhere.

use std::path::Path;

use crate::sources::{self, File, demand_none};

/// Words that stand for unfinished work; written in pieces so that this file does not hold them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

/// Paths that exist on one machine only; in pieces for the same reason.
const PRIVATE_PATHS: &[&str] = &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("C:\\", "Users")];

fn text_faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut fault = |what: &str| faults.push(format!("{}:{}: {what}", file.path, index + 1));
        if UNFINISHED.iter().any(|word| line.contains(word)) {
            fault("unfinished work");
        }
        if PRIVATE_PATHS.iter().any(|path| has_absolute(line, path)) {
            fault("a path of one machine");
        }
        if line.contains(concat!("#[", "ignore]")) {
            fault("an ignored test without a reason");
        }
    }
    faults
}

/// Whether the line holds a path that starts so; `image` before it would make it a relative one.
fn has_absolute(line: &str, path: &str) -> bool {
    let goes_before = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/');
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(goes_before))
}

fn first_line_fault(file: &File) -> Option<String> {
    let first = file.text.lines().next().unwrap_or_default();
    (!first.starts_with("//! ")).then(|| format!("{}: the first line must say what lives here (//! ...)", file.path))
}

/// Links of a page that lead to no file, or to no heading of it; `read` gives a file's text by its path from the root.
fn link_faults(page: &File, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for link in links(&page.text) {
        let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
        let target = if path.is_empty() { page.path.clone() } else { resolve(&page.path, path) };
        let fault = match read(&target) {
            None => Some("leads nowhere"),
            Some(text) if !heading.is_empty() && !headings(&text).contains(&heading.to_owned()) => Some("names no heading"),
            Some(_) => None,
        };
        faults.extend(fault.map(|fault| format!("{}: {link} {fault}", page.path)));
    }
    faults
}

/// The relative links of a page, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, start) in line.match_indices("](") {
            let target = line[at + start.len()..].split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside_code ^= fence;
        !fence && !inside_code
    })
}

fn headings(text: &str) -> Vec<String> {
    prose(text).filter_map(|line| line.strip_prefix('#')).map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn resolve(page: &str, link: &str) -> String {
    let mut segments: Vec<&str> = page.split('/').collect();
    segments.pop();
    for segment in link.split('/') {
        match segment {
            ".." => drop(segments.pop()),
            "." | "" => {}
            name => segments.push(name),
        }
    }
    segments.join("/")
}

fn read_from_root(path: &str) -> Option<String> {
    let full = sources::root().join(Path::new(path));
    if full.is_dir() { Some(String::new()) } else { std::fs::read_to_string(full).ok() }
}

#[test]
fn rust_files_say_first_what_lives_there() {
    demand_none("first lines", &sources::rust().iter().filter_map(first_line_fault).collect::<Vec<_>>());
}

#[test]
fn files_hold_no_unfinished_work_and_no_path_of_one_machine() {
    demand_none("files", &sources::all().iter().flat_map(text_faults).collect::<Vec<_>>());
}

#[test]
fn links_of_pages_lead_somewhere() {
    let pages = sources::all().into_iter().filter(|file| file.path.ends_with(".md"));
    demand_none("links", &pages.flat_map(|page| link_faults(&page, read_from_root)).collect::<Vec<_>>());
}

#[test]
fn unfinished_work_private_paths_and_silent_ignores_are_faults() {
    let text =
        format!("fine\n// {}: later\nin {}me\n./image{1}fine\n#{}\n#[ignore = \"why\"]\n", UNFINISHED[0], PRIVATE_PATHS[0], "[ignore]");
    assert_eq!(
        text_faults(&File::new("x.rs", &text)),
        ["x.rs:2: unfinished work", "x.rs:3: a path of one machine", "x.rs:5: an ignored test without a reason"]
    );
}

#[test]
fn a_file_without_a_first_line_doc_is_a_fault() {
    assert!(first_line_fault(&File::new("x.rs", "use std::fmt;")).is_some());
    assert!(first_line_fault(&File::new("x.rs", "")).is_some());
    assert!(first_line_fault(&File::new("x.rs", "//! Moments.\n")).is_none());
}

#[test]
fn links_are_followed_from_the_page_that_holds_them() {
    let page = File::new(
        "docs/labs/01.md",
        "[a](../RULES.md) [b](02.md \"title\") [c](../../README.md#the-tour) [d](#here-it-is) [e](https://example.org/x)\n\
         # Here it is!\n`[f](gone.md)`\n```\n[g](gone.md)\n```\n[h](#there)\n",
    );
    let read = |path: &str| match path {
        "docs/RULES.md" => Some(String::new()),
        "README.md" => Some("## The tour\n".to_owned()),
        "docs/labs/01.md" => Some(page.text.clone()),
        _ => None,
    };
    assert_eq!(link_faults(&page, read), ["docs/labs/01.md: 02.md leads nowhere", "docs/labs/01.md: #there names no heading"]);
}

/// Seed and beginning count at the first start of a compose lab only; and both tools are named.
#[test]
fn the_readme_s_compose_blocks_can_be_typed_one_after_the_other() {
    let readme = sources::all().into_iter().find(|file| file.path == "README.md").expect("the README");
    let section = readme.text.split("## The compose lab\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("its section");
    assert!(section.contains("docker compose up") && section.contains("docker-compose 1.29"), "both tools");
    let commands: Vec<&str> = section.lines().filter(|line| line.starts_with("docker compose") || line.starts_with("export")).collect();
    let starts = commands.iter().enumerate().filter(|(_, line)| line.starts_with("docker compose up"));
    for (place, line) in starts.skip(1) {
        let before = &commands[..place];
        let gone = before.iter().rposition(|line| line.contains("down --volumes"));
        let begun = before.iter().rposition(|line| line.starts_with("docker compose up"));
        assert!(gone > begun, "{line}: what was begun before is still there");
    }
    assert!(!section.lines().any(|line| line.starts_with("TSL_")), "a variable for one line makes the next one find changed services");
}
