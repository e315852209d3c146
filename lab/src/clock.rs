//! The lab's clocks, moved together: what falls due in between happens at its own moment, on every service in order.

use futures_util::future::try_join_all;
use serde::Serialize;
use shared::model::{LabTime, ServerName, Span};
use shared::wire::common::{ClockChange, ClockView};

use crate::api::Api;
use crate::failure::Failure;

/// The clocks of some services.
#[derive(Clone, Debug)]
pub struct Clocks {
    members: Vec<(ServerName, Api)>,
}

/// One service's clock.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// The service.
    pub service: ServerName,
    /// Its clock.
    #[serde(flatten)]
    pub clock: ClockView,
}

/// A journey is given up after this many stops: something plans its next moment too close to the last.
const MOST_STOPS: u32 = 100_000;

impl Clocks {
    /// The clocks of these services; each [`Api`] is its administrator's.
    #[must_use]
    pub fn new(members: Vec<(ServerName, Api)>) -> Self {
        Self { members }
    }

    /// Only the clocks of services that answer, and the names of those that do not: one that was stopped has no clock to move.
    ///
    /// # Errors
    /// None of them answers.
    pub async fn awake(self) -> Result<(Self, Vec<ServerName>), Failure> {
        let (mut members, mut asleep, mut last) = (Vec::new(), Vec::new(), None);
        for (service, api) in self.members {
            match api.get::<ClockView>("/lab/clock").await {
                Err(failure @ Failure::Silent { .. }) => {
                    asleep.push(service);
                    last = Some(failure);
                }
                // Another failure is told by what comes next.
                Ok(_) | Err(_) => members.push((service, api)),
            }
        }
        match last {
            Some(failure) if members.is_empty() => Err(failure),
            Some(_) | None => Ok((Self { members }, asleep)),
        }
    }

    /// What the clocks say.
    ///
    /// # Errors
    /// A service that does not answer, or has its lab powers off.
    pub async fn read(&self) -> Result<Vec<Reading>, Failure> {
        let read = |(service, api): &(ServerName, Api)| {
            let (service, api) = (service.clone(), api.clone());
            async move { Ok(Reading { service, clock: api.get("/lab/clock").await? }) }
        };
        try_join_all(self.members.iter().map(read)).await
    }

    /// Freezes all clocks, or lets them run.
    ///
    /// # Errors
    /// As [`Clocks::read`].
    pub async fn change(&self, change: ClockChange) -> Result<Vec<Reading>, Failure> {
        let changed = |(service, api): &(ServerName, Api)| {
            let (service, api) = (service.clone(), api.clone());
            async move { Ok(Reading { service, clock: api.post("/lab/clock", &change).await? }) }
        };
        try_join_all(self.members.iter().map(changed)).await
    }

    /// Moves every clock on by the same span; skew between them stays. `passed` hears how much of it lies behind.
    ///
    /// # Errors
    /// As [`Clocks::read`].
    pub async fn advance(&self, by: Span, passed: impl Fn(Span)) -> Result<Vec<Reading>, Failure> {
        let start = self.read().await?;
        let origins: Vec<LabTime> = start.iter().map(|reading| reading.clock.now).collect();
        self.travel(start, &origins, by, passed).await
    }

    /// Moves every clock that is behind `to` forward to it.
    ///
    /// # Errors
    /// As [`Clocks::read`]; a moment that has passed on all of them is refused by them.
    pub async fn set(&self, to: LabTime, passed: impl Fn(Span)) -> Result<Vec<Reading>, Failure> {
        let start = self.read().await?;
        let Some(earliest) = start.iter().map(|reading| reading.clock.now).min() else { return Ok(start) };
        if start.iter().all(|reading| reading.clock.now > to) {
            return self.change(ClockChange::Set { to }).await;
        }
        let origins = vec![earliest; start.len()];
        self.travel(start, &origins, to - earliest, passed).await
    }

    /// Brings clocks that are a little behind up to the furthest, and says which; none where one is further behind than `most`, which
    /// somebody has meant so.
    ///
    /// # Errors
    /// As [`Clocks::read`].
    pub async fn agree(&self, most: Span) -> Result<Vec<Reading>, Failure> {
        let readings = self.read().await?;
        let Some(latest) = readings.iter().map(|reading| reading.clock.now).max() else { return Ok(Vec::new()) };
        if readings.iter().any(|reading| latest - reading.clock.now > most) {
            return Ok(Vec::new());
        }
        let behind = self.members.iter().zip(readings).filter(|(_, reading)| reading.clock.now < latest);
        try_join_all(behind.map(|((_, api), reading)| moved(api, reading, latest))).await
    }

    /// From stop to stop: the earliest moment that anything is due at, counted from each clock's origin, until `by` has passed.
    async fn travel(
        &self,
        mut readings: Vec<Reading>,
        origins: &[LabTime],
        by: Span,
        passed: impl Fn(Span),
    ) -> Result<Vec<Reading>, Failure> {
        let mut behind = Span::seconds(-1);
        for _ in 0..MOST_STOPS {
            let due = readings.iter().zip(origins).filter_map(|(reading, origin)| Some(reading.clock.next_due? - *origin));
            let stop = due.filter(|due| *due > behind).min().map_or(by, |due| due.min(by));
            readings = try_join_all(self.members.iter().zip(readings).zip(origins).map(|(((_, api), reading), origin)| {
                let to = *origin + stop;
                async move { moved(api, reading, to).await }
            }))
            .await?;
            passed(stop);
            if stop == by {
                return Ok(readings);
            }
            behind = stop;
        }
        Err(Failure::Broken(format!("time was moved {MOST_STOPS} times and has not arrived; ask `tsl clock show` what is due")))
    }
}

async fn moved(api: &Api, reading: Reading, to: LabTime) -> Result<Reading, Failure> {
    if to <= reading.clock.now {
        return Ok(reading);
    }
    let clock = api.post("/lab/clock", &ClockChange::Set { to }).await?;
    Ok(Reading { clock, ..reading })
}

/// A span as a person says it, by its two largest units: `11 years 5 days`, `3 days`, `2 hours 5 minutes`.
#[must_use]
pub fn span_in_words(span: Span) -> String {
    let units = [("year", 365 * 86_400), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
    let mut left = span.as_seconds().abs();
    let parts = units.map(|(name, length)| {
        let count = left / length;
        left %= length;
        (count, name)
    });
    let said = parts.into_iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count > 0);
    let said: Vec<String> = said.map(|(count, name)| format!("{count} {name}{}", if count == 1 { "" } else { "s" })).collect();
    if said.is_empty() { "0 seconds".to_owned() } else { said.join(" ") }
}

/// A span as [`parse_span`] reads it: `3d`, `1d12h30m`; `0s` for none.
#[must_use]
pub fn span_as_typed(span: Span) -> String {
    let mut left = span.as_seconds().abs();
    let mut text = String::new();
    for (letter, length) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        let count = left / length;
        left %= length;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(letter);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Reads a span as a person types it: `89d`, `12h`, `1d12h30m`, `45s`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let error = || format!("span {text:?}: whole numbers with d, h, m or s, such as 89d or 1d12h");
    let (mut seconds, mut digits) = (0_i64, String::new());
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(error()),
        };
        let number: i64 = digits.parse().map_err(|_| error())?;
        seconds = number.checked_mul(unit).and_then(|part| seconds.checked_add(part)).ok_or_else(error)?;
        digits.clear();
    }
    let whole = digits.is_empty() && !text.is_empty() && seconds <= i64::from(u32::MAX);
    if whole { Ok(Span::seconds(seconds)) } else { Err(error()) }
}

#[cfg(test)]
mod tests {
    use shared::model::Span;

    use super::{parse_span, span_as_typed, span_in_words};

    /// Rules: FT-19.
    #[test]
    fn a_span_is_said_by_its_two_largest_units_and_typed_whole() {
        for (seconds, words, typed) in [
            (0, "0 seconds", "0s"),
            (61, "1 minute 1 second", "1m1s"),
            (259_200, "3 days", "3d"),
            (-90_000, "1 day 1 hour", "1d1h"),
            (347_328_000, "11 years 5 days", "4020d"),
            (31_536_000 + 59, "1 year", "365d59s"),
        ] {
            let span = Span::seconds(seconds);
            assert_eq!((span_in_words(span).as_str(), span_as_typed(span).as_str()), (words, typed));
            assert_eq!(parse_span(typed), Ok(Span::seconds(seconds.abs())), "{typed}");
        }
    }
}
