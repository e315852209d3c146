//! The one printer of `tsl`: tables and sentences for people, JSON for scripts, progress for whoever waits at a terminal.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// Where a command's results go.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// JSON for scripts instead of tables for people.
    pub json: bool,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// A heading.
    Heading,
}

/// Whether a JSON document has been written: there is never a second one.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether a JSON document has been written.
#[must_use]
pub fn has_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

impl Out {
    /// With `--json` the value, else what `text` says.
    ///
    /// # Errors
    /// A value that cannot be written as JSON.
    pub fn show(self, value: &impl Serialize, text: impl FnOnce(Out)) -> Result<(), Failure> {
        if !self.json {
            text(self);
            return Ok(());
        }
        let json = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::Broken(format!("the result cannot be written as JSON: {error}")))?;
        SHOWN.store(true, Ordering::Relaxed);
        self.raw(&json);
        Ok(())
    }

    /// One line, or several, on standard output; broken at blanks where a terminal is narrower.
    pub fn line(self, text: &str) {
        self.raw(&fitted(text, false));
    }

    /// The same in a colour.
    pub fn tinted_line(self, text: &str, tint: Tint) {
        let lines: Vec<String> = fitted(text, false).lines().map(|line| self.tinted(line, tint, false)).collect();
        self.raw(&lines.join("\n"));
    }

    fn raw(self, text: &str) {
        // A reader that went away (`tsl … | head`) is no failure of the command.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// One line, or several, for the person and not for the pipe.
    pub fn note(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", fitted(text, true));
    }

    /// The text in a colour, where whoever reads it sees colours: at a terminal, and not with `NO_COLOR`.
    #[must_use]
    pub fn tinted(self, text: &str, tint: Tint, on_errors: bool) -> String {
        if self.json || !colours(on_errors) {
            return text.to_owned();
        }
        let code = match tint {
            Tint::Good => "32",
            Tint::Bad => "31",
            Tint::Heading => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A table; `none` is said where it has no rows. Where a terminal is too narrow for its longest words side by side, each row stands as a
    /// list of what is in it: nobody can copy an id that is broken in four.
    pub fn table(self, header: &[&str], rows: Vec<Vec<String>>, none: &str) {
        if rows.is_empty() {
            self.line(none);
            return;
        }
        let least = least_widths(header, &rows);
        let narrow = width().filter(|columns| least.iter().map(|width| width + 3).sum::<usize>() > columns + 1);
        if let Some(columns) = narrow {
            return self.lists(header, &rows, columns);
        }
        let mut table = Table::new();
        table.load_style(STYLE).set_header(header.to_vec()).add_rows(rows);
        if let Some(columns) = width() {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(columns).unwrap_or(u16::MAX));
            let least =
                least.into_iter().map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(u16::try_from(width + 2).unwrap_or(u16::MAX))));
            table.set_constraints(least);
        }
        let text = table.trim_fmt();
        let (head, rest) = text.split_once(RULED).map_or(("", text.as_str()), |(head, _)| text.split_at(head.len()));
        let head: Vec<String> = head.lines().map(|line| self.tinted(line, Tint::Heading, false)).collect();
        let head = if head.is_empty() { String::new() } else { format!("{}\n", head.join("\n")) };
        self.raw(&format!("{head}{rest}"));
    }

    /// A table's rows one below the other: the first cell, and under it the others by the names of their columns.
    fn lists(self, header: &[&str], rows: &[Vec<String>], columns: usize) {
        let names = header.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for row in rows {
            let mut cells = header.iter().zip(row);
            if let Some((name, cell)) = cells.next() {
                let first = wrapped(format!("{name} {cell}").trim(), columns, 2);
                self.raw(&first.lines().map(|line| self.tinted(line, Tint::Heading, false)).collect::<Vec<_>>().join("\n"));
            }
            for (name, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
                for line in cell.lines() {
                    self.raw(&wrapped(&format!("  {name:<names$}  {line}"), columns, names + 4));
                }
            }
        }
    }

    /// A bar that shows itself at a terminal once two seconds have passed.
    #[must_use]
    pub fn progress(self, length: u64, what: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} ({eta})") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Progress { bar, at_terminal: !self.json && console::Term::stderr().is_term() }
    }
}

/// How wide each column has to be so that no word of it is broken.
fn least_widths(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest = |text: &str| text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let mut least: Vec<usize> = header.iter().map(|name| longest(name)).collect();
    for row in rows {
        for (width, cell) in least.iter_mut().zip(row) {
            *width = (*width).max(longest(cell));
        }
    }
    least
}

/// How wide what is printed may be: as the terminal, or as `TSL_WIDTH` says; none where nobody reads it line by line.
#[must_use]
pub fn width() -> Option<usize> {
    width_of(&console::Term::stdout())
}

fn width_of(terminal: &console::Term) -> Option<usize> {
    let told = std::env::var("TSL_WIDTH").ok().and_then(|text| text.parse::<usize>().ok());
    told.or_else(|| terminal.size_checked().map(|(_, columns)| usize::from(columns))).filter(|columns| *columns >= NARROWEST)
}

/// Colours are for terminals; `NO_COLOR` turns them off, `CLICOLOR_FORCE` on for a recording.
fn colours(on_errors: bool) -> bool {
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0");
    let terminal = if on_errors { console::Term::stderr() } else { console::Term::stdout() };
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !set("NO_COLOR") && (set("CLICOLOR_FORCE") || (terminal.is_term() && !dumb))
}

/// The text with lines that are too long for the terminal broken at blanks, each part below the beginning of its text.
#[must_use]
pub fn fitted(text: &str, on_errors: bool) -> String {
    let terminal = if on_errors { console::Term::stderr() } else { console::Term::stdout() };
    let Some(columns) = width_of(&terminal) else { return text.to_owned() };
    let hanging = |line: &str| (line.len() - line.trim_start().len() + 2).min(columns / 2);
    text.split('\n').map(|line| wrapped(line, columns, hanging(line))).collect::<Vec<_>>().join("\n")
}

/// One line broken at blanks; all parts but the first are indented. A word that is too long stays whole.
#[must_use]
pub fn wrapped(line: &str, columns: usize, hanging: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start().len();
    let (mut parts, mut part) = (Vec::new(), line.get(..indent).unwrap_or_default().to_owned());
    let mut has_words = false;
    for word in line.trim_start().split(' ') {
        if has_words && part.chars().count() + 1 + word.chars().count() > columns {
            parts.push(std::mem::replace(&mut part, " ".repeat(hanging)).trim_end().to_owned());
            has_words = false;
        }
        if has_words {
            part.push(' ');
        }
        part.push_str(word);
        has_words = true;
    }
    parts.push(part);
    parts.join("\n")
}

/// No terminal is narrower: what says so is not asked.
const NARROWEST: usize = 20;
/// With what the line under a table's header begins.
const RULED: char = '─';

/// A line under the header, and nothing else: rows stay close together.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A bar for whoever waits.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    at_terminal: bool,
}

impl Progress {
    /// This much is done.
    pub fn at(&self, position: u64) {
        if self.at_terminal && self.bar.is_hidden() && self.bar.elapsed() > Duration::from_secs(2) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
