//! Words for what several commands show: a decision's status, a trace.

use shared::wire::terminal_server::{LicenseStatus, TraceStep};

use crate::out::Out;

/// What an accepted client was told, in words.
pub(crate) fn status_words(status: LicenseStatus) -> &'static str {
    match status {
        LicenseStatus::ValidClient => "good as it is",
        LicenseStatus::New => "new license",
        LicenseStatus::Upgraded => "upgraded or renewed",
        LicenseStatus::HandedBack => "same license handed back",
        LicenseStatus::NotExamined => "licenses not examined",
    }
}

/// A trace as a numbered list.
pub(crate) fn steps(out: Out, trace: &[TraceStep]) {
    let width = trace.iter().map(|step| step.rule.len()).max().unwrap_or(0);
    for (number, step) in trace.iter().enumerate() {
        out.line(&format!("{:>3}  {:width$}  {}", number + 1, step.rule, step.facts));
    }
}
