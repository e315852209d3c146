//! The one printer of `tsl`: tables and sentences for people, JSON for scripts, progress for whoever waits at a terminal.

use std::io::{self, Write as _};
use std::time::Duration;

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// Where a command's results go.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// JSON for scripts instead of tables for people.
    pub json: bool,
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
        self.line(&json);
        Ok(())
    }

    /// One line, or several, on standard output.
    pub fn line(self, text: &str) {
        // A reader that went away (`tsl … | head`) is no failure of the command.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// One line, or several, for the person and not for the pipe.
    pub fn note(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// A table; `none` is said where it has no rows.
    pub fn table(self, header: &[&str], rows: Vec<Vec<String>>, none: &str) {
        if rows.is_empty() {
            self.line(none);
            return;
        }
        let mut table = Table::new();
        table.load_style(STYLE).set_header(header.to_vec()).add_rows(rows);
        if let Some((_, columns)) = console::Term::stdout().size_checked() {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
        }
        self.line(&table.trim_fmt());
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
