//! Moments and spans of lab time: whole seconds, UTC (SPEC 0.3).

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ParseError;
use super::text::as_json_string;

/// A second of lab time, written as RFC 3339 in UTC: `2026-11-23T14:00:00Z`.
///
/// Years 0001 to 9999, so that every moment has a text form and fits a certificate.
///
/// ```
/// use shared::model::{LabTime, Span};
///
/// let installed: LabTime = "2026-11-23T14:00:00Z".parse()?;
/// let grace_ends = installed + Span::days(120);
/// assert_eq!(grace_ends.to_string(), "2027-03-23T14:00:00Z");
/// assert_eq!(grace_ends - installed, Span::days(120));
/// assert_eq!(LabTime::NEVER + Span::DAY, LabTime::NEVER, "what has no end gets none by waiting");
/// # Ok::<(), shared::model::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabTime(i64);

/// A length of lab time in whole seconds; a day is 86,400 of them. May be negative as a difference.
///
/// ```
/// use shared::model::Span;
///
/// assert_eq!(Span::days(1), Span::seconds(86_400));
/// assert_eq!(Span::seconds(86_401).days_begun(), 2, "a begun day counts, as in \"2 days left\"");
/// assert_eq!(Span::seconds(-5).days_begun(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

impl LabTime {
    /// The last moment that can be written: the end of what has no end.
    pub const NEVER: LabTime = LabTime(LAST);

    /// The moment as the end of something: `never` for what has no end.
    #[must_use]
    pub fn end_in_words(self) -> String {
        if self == Self::NEVER { "never".to_owned() } else { self.to_string() }
    }

    /// The moment this many seconds after 1970-01-01T00:00:00Z, held inside the years 0001 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self::at_unix(seconds)
    }

    /// The same for constants.
    #[must_use]
    pub const fn at_unix(seconds: i64) -> Self {
        if seconds < FIRST {
            return Self(FIRST);
        }
        if seconds > LAST {
            return Self(LAST);
        }
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The first second of this moment's UTC day.
    #[must_use]
    pub fn day_start(self) -> Self {
        Self(self.0 - self.0.rem_euclid(Span::DAY.0))
    }

    /// The same moment as a calendar date, for certificates.
    #[must_use]
    pub fn calendar(self) -> OffsetDateTime {
        // Cannot fail: every LabTime lies inside the years that OffsetDateTime knows.
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl Span {
    /// One day.
    pub const DAY: Span = Span(86_400);
    /// One minute.
    pub const MINUTE: Span = Span(60);

    /// This many whole days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(days as i64 * Self::DAY.0)
    }

    /// This many seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The length in seconds.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// How many days were begun: 1 second is 1 day, 86,400 seconds are 1 day, 86,401 are 2; nothing or less is 0.
    #[must_use]
    pub fn days_begun(self) -> i64 {
        (self.0.max(0) + Self::DAY.0 - 1) / Self::DAY.0
    }
}

impl Add<Span> for LabTime {
    type Output = LabTime;

    fn add(self, span: Span) -> LabTime {
        LabTime::from_unix(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for LabTime {
    type Output = LabTime;

    fn sub(self, span: Span) -> LabTime {
        LabTime::from_unix(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Span;

    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for LabTime {
    type Output = Span;

    fn sub(self, other: LabTime) -> Span {
        Span(self.0 - other.0)
    }
}

impl fmt::Display for LabTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.calendar();
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            date.hour(),
            date.minute(),
            date.second()
        )
    }
}

impl FromStr for LabTime {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::new("moment", text, "an RFC 3339 moment such as 2026-11-23T14:00:00Z");
        let date = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| error())?;
        let seconds = date.unix_timestamp();
        if (FIRST..=LAST).contains(&seconds) { Ok(Self(seconds)) } else { Err(error()) }
    }
}

as_json_string!(LabTime, "A second of lab time, RFC 3339, UTC.");
