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
    let width = trace.iter().map(|step| step.rule.as_str().len()).max().unwrap_or(0);
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

/// The papers of a purchase in the words of [`purchase_words`].
pub(crate) fn purchase_of(words: &[String]) -> Result<Purchase, Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let wrong = |error: ParseError| Failure::Usage(error.to_string());
    match words.as_slice() {
        ["retail", code] => Ok(Purchase::Retail { code: typed_code(CodeKind::Retail, code)? }),
        ["open", license, authorization] => {
            Ok(Purchase::Open { license: license.parse().map_err(wrong)?, authorization: as_typed(authorization).parse().map_err(wrong)? })
        }
        ["volume", program, enrollment, authorization] => {
            let known = PROGRAMS.into_iter().find(|(_, word)| word == program).map(|(program, _)| program);
            let unknown = || Failure::Usage(format!("{program}: select, enterprise, campus, school or services-provider"));
            let agreement = known.ok_or_else(unknown)?;
            let (enrollment, authorization) = (enrollment.parse().map_err(wrong)?, as_typed(authorization).parse().map_err(wrong)?);
            Ok(Purchase::Volume { agreement, enrollment, authorization })
        }
        ["other", agreement, authorization] => Ok(Purchase::Other {
            agreement: agreement.parse().map_err(wrong)?,
            authorization: as_typed(authorization).parse().map_err(wrong)?,
        }),
        _ => {
            Err(Failure::Usage("papers: retail CODE, open NUMBER NUMBER, volume PROGRAM NUMBER NUMBER, or other NUMBER NUMBER".to_owned()))
        }
    }
}

/// A purchase as `tsl install` takes it.
pub(crate) fn purchase_words(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("retail {}", in_fives(code.as_str())),
        Purchase::Open { license, authorization } => format!("open {license} {authorization}"),
        Purchase::Volume { agreement, enrollment, authorization } => {
            let program = PROGRAMS.into_iter().find(|(program, _)| program == agreement).map_or("", |(_, word)| word);
            format!("volume {program} {enrollment} {authorization}")
        }
        Purchase::Other { agreement, authorization } => format!("other {agreement} {authorization}"),
    }
}

/// The volume programs and the words for them.
const PROGRAMS: [(VolumeProgram, &str); 5] = [
    (VolumeProgram::Select, "select"),
    (VolumeProgram::Enterprise, "enterprise"),
    (VolumeProgram::Campus, "campus"),
    (VolumeProgram::School, "school"),
    (VolumeProgram::ServicesProvider, "services-provider"),
];
