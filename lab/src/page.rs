//! Runs the commands of a Markdown page and compares what they print with what the page says.
//!
//! A fenced block whose info string is exactly `console` is run, block after block, from top to bottom; with further words
//! (`console by-hand`) it is only shown. A block marked `console lab` holds the `tsl up` line of the lab that the page needs. In a
//! block that is run, `$ command` is run, `> ` goes on with a command whose line ended in `\`, and the
//! lines up to the next `$` are the expected output. `...` stands for any text inside a line, and for any lines where it is
//! alone. Below other commands `> ` is what a person types into the command, in the midst of what it prints. `{name}` in the output
//! stands for a text that the page uses later: in a command, in what is typed, in other output. A last line `[exit 3]` expects that
//! exit code, otherwise it is 0. Trailing blanks do not count.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Stands for any text, or for any lines where it is alone.
const ANYTHING: &str = "...";

/// One command of a page and what it should print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The page's line of the command, from 1.
    pub line: usize,
    /// The command, continuation lines joined.
    pub command: String,
    /// What a person types into it, line by line; a command without has no input.
    pub typed: Vec<String>,
    /// The lines that it should print.
    pub expected: Vec<String>,
    /// The exit code that it should end with.
    pub exit: i32,
}

/// A piece of a page, in the order in which a reader meets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Prose, or a block that is only shown: its lines.
    Text(Vec<String>),
    /// A command to run.
    Step(Step),
    /// The command line of the lab that the page needs: what follows `tsl up`.
    Lab(Vec<String>),
}

/// What a command printed, standard output and error together, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// The exit code; -1 where a signal ended it.
    pub exit: i32,
}

/// Where a page and the lab differ, or why the page could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// The page's line, from 1.
    pub line: usize,
    /// What was wrong, over several lines where it is a difference.
    pub reason: String,
}

impl fmt::Display for PageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for PageError {}

/// Runs every step of a page through `perform`, in order, and stops at the first that differs; says how many ran.
///
/// # Errors
/// The page cannot be read, or a command printed or returned something else than it says.
pub fn run(page: &str, mut perform: impl FnMut(&Step) -> Printed) -> Result<usize, PageError> {
    let steps = steps(page)?;
    let mut seen = Seen::default();
    for step in &steps {
        let step = seen.fill(step);
        let printed = perform(&step);
        check(&step, &printed)?;
        seen.learn(&step, &printed);
    }
    Ok(steps.len())
}

/// The texts that a page has given names to so far: a code, a Product ID, whatever differs from lab to lab and is needed again.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeMap<String, String>);

impl Seen {
    /// The step with every name that is known by now replaced by its text.
    #[must_use]
    pub fn fill(&self, step: &Step) -> Step {
        let fill = |text: &String| self.0.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
        Step {
            line: step.line,
            command: fill(&step.command),
            typed: step.typed.iter().map(fill).collect(),
            expected: step.expected.iter().map(fill).collect(),
            exit: step.exit,
        }
    }

    /// Takes the texts of new names from what the step printed.
    pub fn learn(&mut self, step: &Step, printed: &Printed) {
        for pattern in &step.expected {
            let Some((before, name, after)) = named(pattern) else { continue };
            let found = printed.text.lines().map(str::trim_end).filter(|line| line_matches(&wild(pattern), line));
            if let Some(text) = found.filter_map(|line| between(line, before, after)).next() {
                self.0.insert(name.to_owned(), text.to_owned());
            }
        }
    }
}

/// The first `{name}` of a line, with what stands before and behind it.
fn named(line: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = line.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at) {
        let (before, rest) = line.split_at_checked(open)?;
        let (name, after) = rest.strip_prefix('{')?.split_once('}')?;
        if !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-') {
            return Some((before, name, after));
        }
        from = open + 1;
    }
    None
}

/// A line with its names as wildcards.
fn wild(line: &str) -> String {
    match named(line) {
        Some((before, _, after)) => format!("{before}{ANYTHING}{}", wild(after)),
        None => line.to_owned(),
    }
}

/// The text that stands in a line between two pieces of a pattern; a word where a wildcard or nothing follows it.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let head = before.rsplit(ANYTHING).next().unwrap_or_default();
    let tail = after.split(ANYTHING).next().unwrap_or_default();
    if head.is_empty() && !before.is_empty() {
        return line.strip_suffix(tail)?.split_whitespace().next_back();
    }
    let rest = if before == head { line.strip_prefix(head)? } else { line.split_once(head)?.1 };
    let text = if tail.is_empty() { rest.split_whitespace().next()? } else { rest.split_once(tail)?.0 };
    (!text.is_empty()).then_some(text)
}

/// The steps of a page, in order.
///
/// # Errors
/// As [`parts`].
pub fn steps(page: &str) -> Result<Vec<Step>, PageError> {
    let step = |part| match part {
        Part::Step(step) => Some(step),
        Part::Text(_) | Part::Lab(_) => None,
    };
    Ok(parts(page)?.into_iter().filter_map(step).collect())
}

/// The command line of the lab that a page needs, after `tsl up`; none where the page does not say.
///
/// # Errors
/// As [`parts`].
pub fn lab_words(page: &str) -> Result<Option<Vec<String>>, PageError> {
    let lab = |part| match part {
        Part::Lab(words) => Some(words),
        Part::Text(_) | Part::Step(_) => None,
    };
    Ok(parts(page)?.into_iter().find_map(lab))
}

/// The page up to the section of this heading, which is not part of it any more.
///
/// # Errors
/// No such section; the headings that there are.
pub fn before_section(page: &str, heading: &str) -> Result<String, Vec<String>> {
    let mut headings = Vec::new();
    let mut fenced = false;
    for (index, line) in page.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let Some(title) = line.strip_prefix('#').filter(|_| !fenced) else { continue };
        let title = title.trim_start_matches('#').trim();
        if title.to_lowercase() == heading.trim().to_lowercase() {
            return Ok(page.lines().take(index).map(|line| format!("{line}\n")).collect());
        }
        headings.push(title.to_owned());
    }
    Err(headings)
}

/// A page cut into what is read and what is run.
///
/// # Errors
/// A block is not closed, starts with output, breaks off inside a command, or is marked `console lab` and is not one line `$ tsl up ...`.
pub fn parts(page: &str) -> Result<Vec<Part>, PageError> {
    let mut parts = Vec::new();
    let mut text: Vec<String> = Vec::new();
    let mut lines = page.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((opened, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            text.push(line.to_owned());
            continue;
        };
        let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| line.trim() != "```").collect();
        if page.lines().nth(opened + block.len()).is_none() {
            return Err(PageError { line: opened, reason: "this block is not closed; end it with ```".to_owned() });
        }
        match info.trim() {
            "console" => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.extend(block_steps(&block)?.into_iter().map(Part::Step));
            }
            "console lab" => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(lab_block(opened, &block)?);
            }
            _ => text.extend(block.iter().map(|(_, line)| (*line).to_owned())),
        }
    }
    parts.push(Part::Text(text));
    parts.retain(|part| !matches!(part, Part::Text(lines) if lines.iter().all(|line| line.trim().is_empty())));
    Ok(parts)
}

fn lab_block(opened: usize, block: &[(usize, &str)]) -> Result<Part, PageError> {
    let words = match block {
        [(_, line)] => line.strip_prefix("$ tsl up"),
        _ => None,
    };
    words
        .map(|words| Part::Lab(words.split_whitespace().map(str::to_owned).collect()))
        .ok_or_else(|| PageError { line: opened, reason: "a block marked `console lab` holds one line: $ tsl up ...".to_owned() })
}

fn block_steps(block: &[(usize, &str)]) -> Result<Vec<Step>, PageError> {
    let mut steps: Vec<Step> = Vec::new();
    for &(line, text) in block {
        let unfinished = steps.last_mut().filter(|step| step.command.ends_with('\\') && step.expected.is_empty());
        if let Some(step) = unfinished {
            let Some(more) = text.strip_prefix("> ") else {
                return Err(PageError { line, reason: "the command above goes on: this line must begin with '> '".to_owned() });
            };
            step.command.pop();
            step.command.push_str(more.trim_end());
        } else if let Some(command) = text.strip_prefix("$ ") {
            steps.push(Step { line, command: command.trim_end().to_owned(), typed: Vec::new(), expected: Vec::new(), exit: 0 });
        } else if let (Some(typed), Some(step)) = (text.strip_prefix("> "), steps.last_mut()) {
            step.typed.push(typed.trim_end().to_owned());
        } else if let Some(step) = steps.last_mut() {
            step.expected.push(text.trim_end().to_owned());
        } else {
            return Err(PageError { line, reason: "output without a command; begin the block with '$ command'".to_owned() });
        }
    }
    for step in &mut steps {
        drop_blank_end(&mut step.expected);
        if let Some(exit) = step.expected.last().and_then(|line| exit_line(line)) {
            step.exit = exit;
            step.expected.pop();
            drop_blank_end(&mut step.expected);
        }
    }
    Ok(steps)
}

fn exit_line(line: &str) -> Option<i32> {
    line.strip_prefix("[exit ")?.strip_suffix(']')?.parse().ok()
}

fn drop_blank_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

/// Compares one step with what its command printed.
///
/// # Errors
/// Text or exit code differ; the reason shows where, `-` for the page and `+` for the lab.
pub fn check(step: &Step, printed: &Printed) -> Result<(), PageError> {
    let expected: Vec<String> = step.expected.iter().map(|line| wild(line)).collect();
    let mut actual: Vec<String> = printed.text.lines().map(|line| line.trim_end().to_owned()).collect();
    drop_blank_end(&mut actual);
    let error = |reason| Err(PageError { line: step.line, reason });
    if !lines_match(&expected, &actual) {
        return error(format!("$ {}\nprints something else (- page, + lab):\n{}", step.command, difference(&expected, &actual)));
    }
    if step.exit != printed.exit {
        return error(format!("$ {}\nexit code: the page says {}, the lab says {}", step.command, step.exit, printed.exit));
    }
    Ok(())
}

fn lines_match(expected: &[String], actual: &[String]) -> bool {
    glob_match(expected, actual, |pattern| pattern == ANYTHING, |pattern, line| line_matches(pattern, line))
}

/// Whether a line fits a line of a page, in which `...` stands for any text.
#[must_use]
pub fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split(ANYTHING);
    let Some(rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut middle: Vec<&str> = parts.collect();
    let Some(last) = middle.pop() else { return rest.is_empty() };
    let mut rest = rest;
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// Classic matching with wildcards: after a mismatch the latest wildcard swallows one more item.
fn glob_match<T>(patterns: &[T], items: &[T], is_wild: impl Fn(&T) -> bool, fits: impl Fn(&T, &T) -> bool) -> bool {
    let (mut at_pattern, mut at_item) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(item) = items.get(at_item) {
        match patterns.get(at_pattern) {
            Some(pattern) if is_wild(pattern) => {
                at_pattern += 1;
                retry = Some((at_pattern, at_item));
            }
            Some(pattern) if fits(pattern, item) => {
                at_pattern += 1;
                at_item += 1;
            }
            Some(_) | None => {
                let Some((after_wild, swallowed)) = retry else { return false };
                retry = Some((after_wild, swallowed + 1));
                (at_pattern, at_item) = (after_wild, swallowed + 1);
            }
        }
    }
    patterns.iter().skip(at_pattern).all(is_wild)
}

/// The lines of both sides, those that fit together once.
fn difference(expected: &[String], actual: &[String]) -> String {
    let mut text = String::new();
    let mut rest = actual;
    for (index, line) in expected.iter().enumerate() {
        if line == ANYTHING {
            text.push_str("  ...\n");
            // What the wildcard stands for is skipped up to the line that the page has next.
            let next = expected.get(index + 1).and_then(|next| rest.iter().position(|line| line_matches(next, line)));
            rest = rest.get(next.unwrap_or(0)..).unwrap_or_default();
        } else if let Some(found) = rest.iter().position(|actual| line_matches(line, actual)) {
            let (extra, from) = rest.split_at(found);
            extra.iter().for_each(|line| text.push_str(&format!("+ {line}\n")));
            from.iter().take(1).for_each(|line| text.push_str(&format!("  {line}\n")));
            rest = from.get(1..).unwrap_or_default();
        } else {
            text.push_str(&format!("- {line}\n"));
        }
    }
    rest.iter().for_each(|line| text.push_str(&format!("+ {line}\n")));
    text
}

/// Performs commands as a shell does, in one folder, with no lab but the folder's own in the environment.
#[derive(Clone, Debug)]
pub struct Shell {
    folder: PathBuf,
    program: PathBuf,
    path: String,
    variables: BTreeMap<String, String>,
}

impl Shell {
    /// A shell that works in `folder` and finds the lab's own binaries in `binaries` first.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, binaries: &Path) -> Self {
        let inherited = std::env::var("PATH").unwrap_or_default();
        Self {
            folder: folder.into(),
            program: binaries.join("tsl"),
            path: format!("{}:{inherited}", binaries.display()),
            variables: BTreeMap::new(),
        }
    }

    /// Sets an environment variable for every command.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Runs one command line to its end, standard error joined to standard output, with these lines as its input.
    ///
    /// A plain call of `tsl` needs no `sh`, which an image of containers may not have. What the command leaves running in the
    /// background must not hold its output open, or this waits for it.
    #[must_use]
    pub fn perform(&self, command: &str, typed: &[String]) -> Printed {
        let run = match plain_words(command).as_deref() {
            Some([program, arguments @ ..]) if program == "tsl" && self.program.exists() => {
                let mut call = Command::new(&self.program);
                call.args(arguments);
                self.run(call, typed)
            }
            Some(_) | None => {
                let mut shell = Command::new("sh");
                shell.args(["-c", command]);
                self.run(shell, typed)
            }
        };
        run.unwrap_or_else(|error| Printed { text: format!("it could not be started: {error}"), exit: -1 })
    }

    fn run(&self, mut command: Command, typed: &[String]) -> io::Result<Printed> {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TSL_")) {
            command.env_remove(name);
        }
        let (mut reader, writer) = io::pipe()?;
        command.current_dir(&self.folder).env("PATH", &self.path).envs(&self.variables);
        let input = if typed.is_empty() { Stdio::null() } else { Stdio::piped() };
        let mut child = command.stdin(input).stdout(writer.try_clone()?).stderr(writer).spawn()?;
        // The command holds this process's ends of the pipe as well; until they are closed the reading does not end.
        drop(command);
        if let Some(mut input) = child.stdin.take() {
            // A command that ends before it has read all of it says so itself. What a page types is far smaller than a pipe's room.
            let _ = input.write_all(typed.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes());
        }
        let mut text = Vec::new();
        reader.read_to_end(&mut text)?;
        let status = child.wait()?;
        Ok(Printed { text: String::from_utf8_lossy(&text).into_owned(), exit: status.code().unwrap_or(-1) })
    }
}

/// The words of a command line that means the same without a shell: words and single quotes only.
fn plain_words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for letter in command.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            _ if quoted => word.get_or_insert_default().push(letter),
            ' ' => words.extend(word.take()),
            _ if "|&;<>()$`\\\"*?[]#~!{}\n".contains(letter) => return None,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!quoted && !words.is_empty()).then_some(words)
}
