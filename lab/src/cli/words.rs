//! Words that several commands show or take: a decision's status, a trace, the papers of a purchase, a typed code.

use shared::model::code::{CodeKind, as_typed, in_fives, read_groups};
use shared::model::{ParseError, Purchase, Span, VolumeProgram};
use shared::wire::terminal_server::{LicenseStatus, TraceStep};

use crate::failure::Failure;
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

/// A span as a person says it: its largest unit and the next smaller one.
pub(crate) fn span_words(span: Span) -> String {
    const UNITS: [(i64, &str); 5] = [(365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = span.as_seconds().max(0);
    let mut parts = Vec::new();
    for (seconds, unit) in UNITS {
        let count = rest / seconds;
        rest %= seconds;
        if count > 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join(" ") }
}

/// A trace as a numbered list.
pub(crate) fn steps(out: Out, trace: &[TraceStep]) {
    let width = trace.iter().map(|step| step.rule.len()).max().unwrap_or(0);
    for (number, step) in trace.iter().enumerate() {
        out.line(&format!("{:>3}  {:width$}  {}", number + 1, step.rule, step.facts));
    }
}

/// A code as a person typed it: hyphens, blanks and small letters are forgiven, mistyped groups are named.
pub(crate) fn typed_code<T: std::str::FromStr<Err = ParseError>>(kind: CodeKind, text: &str) -> Result<T, Failure> {
    let bare = as_typed(text);
    read_groups(kind, &bare).map_err(|mistyped| Failure::Usage(format!("{mistyped} (AC-17)")))?;
    bare.parse().map_err(|error| Failure::Usage(format!("{error}")))
}

/// The papers of a purchase as `tsl install` takes them.
/// A purchase as `tsl install` takes it.
pub(crate) fn purchase_words(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("retail {}", in_fives(code.as_str())),
        Purchase::Open { license, authorization } => format!("open {license} {authorization}"),
        Purchase::Volume { agreement, enrollment } => {
            let program = match agreement {
                VolumeProgram::Select => "select",
                VolumeProgram::Enterprise => "enterprise",
                VolumeProgram::Campus => "campus",
                VolumeProgram::School => "school",
                VolumeProgram::ServicesProvider => "services-provider",
            };
            format!("volume {program} {enrollment}")
        }
        Purchase::Other { agreement } => format!("other {agreement}"),
    }
}
