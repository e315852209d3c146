//! The harness that runs a page's commands: what it reads, what fits, what a difference looks like.

use std::path::Path;

use lab::page::{Printed, Shell, Step, check, line_matches, run, steps};

fn step(line: usize, command: &str, expected: &[&str], exit: i32) -> Step {
    Step { line, command: command.to_owned(), typed: Vec::new(), expected: expected.iter().map(|line| (*line).to_owned()).collect(), exit }
}

fn printed(text: &str, exit: i32) -> Printed {
    Printed { text: text.to_owned(), exit }
}

fn fits(expected: &[&str], text: &str) -> bool {
    check(&step(1, "x", expected, 0), &printed(text, 0)).is_ok()
}

#[test]
fn console_blocks_become_steps_and_other_blocks_do_not() {
    let page = "# Title\n\n```console\n$ tsl status\nup  \n\n$ tsl connect PC01 \\\n>   --user ada\ndenied\n\n[exit 3]\n```\n\n\
                ```console by-hand\n$ tsl up\n```\n```rust\n$ no\n```\n```console\n$ true\n```\n";
    assert_eq!(
        steps(page).unwrap(),
        [step(4, "tsl status", &["up"], 0), step(7, "tsl connect PC01   --user ada", &["denied"], 3), step(21, "true", &[], 0)]
    );
}

#[test]
fn a_page_that_cannot_be_read_names_the_line() {
    assert_eq!(
        steps("```console\noutput\n```").unwrap_err().to_string(),
        "line 2: output without a command; begin the block with '$ command'"
    );
    assert_eq!(steps("a\n```console\n$ x").unwrap_err().to_string(), "line 2: this block is not closed; end it with ```");
    let broken_off = steps("```console\n$ x \\\noutput\n```").unwrap_err();
    assert_eq!(broken_off.to_string(), "line 3: the command above goes on: this line must begin with '> '");
}

#[test]
fn dots_inside_a_line_stand_for_any_text() {
    assert!(line_matches("pool ... of 20", "pool 19 of 20"));
    assert!(line_matches("...", ""));
    assert!(line_matches("at ..., by ... .", "at 8, by hand ."));
    assert!(line_matches("ends ...", "ends 2026-11-23"));
    assert!(!line_matches("pool ... of 20", "pool 19 of 200"));
    assert!(!line_matches("aa...aa", "aaa"));
    assert!(!line_matches("plain", "plainer"));
}

#[test]
fn dots_alone_stand_for_any_lines() {
    assert!(fits(&["first", "...", "last"], "first\nlast\n"));
    assert!(fits(&["first", "...", "last"], "first\nlast\nmore\nlast\n\n"));
    assert!(fits(&["..."], ""));
    assert!(fits(&["...", "a", "...", "b"], "x\na\ny\na\nb"));
    assert!(!fits(&["first", "...", "last"], "first\nlast\nmore"));
    assert!(!fits(&["first"], "first\nsecond"));
    assert!(!fits(&[], "something"));
    assert!(!fits(&["something"], ""));
}

#[test]
fn a_difference_shows_both_sides() {
    let error = check(&step(7, "tsl packs", &["name", "...", "end", "gone"], 0), &printed("name\nx\nnew\nend\nlate", 0)).unwrap_err();
    assert_eq!(error.line, 7);
    assert_eq!(error.reason, "$ tsl packs\nprints something else (- page, + lab):\n  name\n  ...\n  end\n- gone\n+ late\n");
}

#[test]
fn an_exit_code_counts_like_the_text() {
    let error = check(&step(1, "tsl connect", &["denied"], 3), &printed("denied\n", 1)).unwrap_err();
    assert_eq!(error.to_string(), "line 1: $ tsl connect\nexit code: the page says 3, the lab says 1");
}

#[test]
fn a_page_is_run_in_order_up_to_the_first_difference() {
    let mut ran = Vec::new();
    let page = "```console\n$ one\n1\n$ two\n3\n$ three\n```\n";
    let error = run(page, |step| {
        ran.push(step.command.clone());
        printed(if step.command == "one" { "1" } else { "2" }, 0)
    })
    .unwrap_err();
    assert_eq!(error.line, 4);
    assert_eq!(ran, ["one", "two"]);
}

#[test]
fn a_shell_performs_commands_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::new(folder.path(), Path::new("/nowhere")).with("WHO", "ada");
    let page = "```console\n$ echo \"$WHO\" > note; cat note\nada\n$ echo wrong >&2; exit 3\nwrong\n[exit 3]\n$ ls\nnote\n```\n";
    assert_eq!(run(page, |step| shell.perform(&step.command, &step.typed)), Ok(3));
}

#[test]
fn what_is_typed_into_a_command_stands_where_it_is_asked_for() {
    let page = "```console\n$ cat\nhello\n> one\n...\n> two\n$ cat \\\n>  -u\n> three\n```";
    let steps = steps(page).unwrap();
    assert_eq!(
        (steps[0].typed.as_slice(), steps[0].expected.as_slice()),
        (&["one".to_owned(), "two".to_owned()][..], &["hello".to_owned(), "...".to_owned()][..])
    );
    assert_eq!((steps[1].command.as_str(), steps[1].typed.as_slice()), ("cat  -u", &["three".to_owned()][..]));
    let shell = Shell::new(".", Path::new("."));
    assert_eq!(shell.perform("cat", &steps[0].typed).text, "one\ntwo\n");
}

#[test]
fn a_text_that_has_a_name_is_used_again() {
    let page = "```console\n$ a\ncode {code} for ...\nid {the-id}\n$ b {code}\n> {the-id}\n{ not a name } {code}\n```";
    let mut commands = Vec::new();
    let ran = run(page, |step| {
        commands.push((step.command.clone(), step.typed.clone()));
        printed(if step.command == "a" { "code X-1 for you\nid 42\n" } else { "{ not a name } X-1\n" }, 0)
    });
    assert_eq!(ran, Ok(2));
    assert_eq!(commands[1], ("b X-1".to_owned(), vec!["42".to_owned()]));
    assert!(run(page, |step| printed(if step.command == "a" { "code X-1 for you\nid 42\n" } else { "{ not a name } X-2\n" }, 0)).is_err());
}
