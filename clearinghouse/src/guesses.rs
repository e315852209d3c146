//! Guessing made slow: who has shown numbers that the record does not know waits before the next ones are looked at.
//!
//! Five are looked at as fast as they come, and one a minute from then on, of each caller and of each number. A caller is known by
//! its key, or by its address where it has none. Whoever guesses locks nobody else out: at a number that others guess at, only
//! callers wait that have shown wrong numbers themselves.
//!
//! It goes by the host's time, which a lab cannot skip, and stands in memory only: a restart forgives what a restart takes.

use shared::rulebook::rule;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chassis::clock::HostTime;
use shared::model::{PublicKey, Purchase};
use shared::wire::problem::{Problem, ProblemCode};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A service that signs its calls.
    Service(PublicKey),
    /// Somebody at a page, who proves nothing.
    Visitor(IpAddr),
    /// The clearinghouse's own representative, who never waits.
    Representative,
}

/// Who has to wait, and at which numbers. Each list has a limit; above it, whoever would wait least is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    callers: Waits<Caller>,
    numbers: Waits<String>,
}

/// For each, how it stands.
#[derive(Debug)]
struct Waits<K>(HashMap<K, Standing>);

/// How somebody stands with wrong numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    /// When all of them are forgiven, in milliseconds of the host's time.
    forgiven_at: i64,
    /// How many are being looked at.
    under_way: usize,
}

/// Numbers that are being looked at.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    guesses: &'a Guesses,
    caller: Caller,
    number: Option<&'a str>,
}

impl Guesses {
    /// Begins to look at a caller's numbers.
    ///
    /// # Errors
    /// `slow-down`, with the seconds to wait.
    pub(crate) fn begin<'a>(&'a self, caller: Caller, number: Option<&'a str>, now: HostTime) -> Result<Look<'a>, Problem> {
        let now = now.millis();
        let mut lists = self.lists();
        let own = lists.callers.wait(&caller, now);
        let of_number = number.map_or(0, |number| lists.numbers.wait(number, now));
        let wait = match caller {
            Caller::Representative => 0,
            Caller::Service(_) | Caller::Visitor(_) if lists.callers.is_clean(&caller, now) => own,
            Caller::Service(_) | Caller::Visitor(_) => own.max(of_number),
        };
        if wait == 0 {
            lists.callers.of(caller, now).under_way += 1;
            return Ok(Look { guesses: self, caller, number });
        }
        let seconds = u32::try_from(wait.div_euclid(1000) + 1).unwrap_or(u32::MAX);
        let whom = if own > 0 { "shown from here" } else { "shown for this agreement or code, and one of them from here" };
        let detail = format!("too many wrong numbers were {whom}: the next are looked at in {seconds} seconds");
        Err(Problem::new(ProblemCode::SlowDown, detail).under(&[rule::AC_42]).retry_after(seconds))
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look<'_> {
    /// They were not what the record knows.
    pub(crate) fn was_wrong(self, now: HostTime) {
        if self.caller == Caller::Representative {
            return;
        }
        let mut lists = self.guesses.lists();
        lists.callers.note(self.caller, now.millis());
        if let Some(number) = self.number {
            lists.numbers.note(number.to_owned(), now.millis());
        }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.guesses.lists().callers.looked(&self.caller);
    }
}

impl<K> Default for Waits<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Waits<K> {
    /// How many milliseconds to wait; a host clock that was set back makes nobody wait longer than all tries cost. Many at once are no way
    /// round: who has shown a wrong number has as many under way as it has tries, anybody else a good deal more.
    fn wait<Q: Hash + Eq + ?Sized>(&self, who: &Q, now: i64) -> i64
    where
        K: Borrow<Q>,
    {
        let Some(standing) = self.0.get(who) else { return 0 };
        let forgiven_at = standing.forgiven_at.min(now.saturating_add(AT_ONCE * PAUSE_MS));
        let wait = forgiven_at.saturating_sub((AT_ONCE - 1) * PAUSE_MS).saturating_sub(now).max(0);
        let under_way_max = if forgiven_at <= now { UNDER_WAY_MAX } else { UNDER_WAY_OF_GUESSERS };
        if wait == 0 && standing.under_way >= under_way_max { 1 } else { wait }
    }

    fn is_clean(&self, who: &K, now: i64) -> bool {
        self.0.get(who).is_none_or(|standing| standing.forgiven_at <= now)
    }

    /// How this one stands; where the list is full, whoever would wait least is forgotten.
    fn of(&mut self, who: K, now: i64) -> &mut Standing {
        if !self.0.contains_key(&who) && self.0.len() >= KEPT_MAX {
            self.0.retain(|_, standing| standing.forgiven_at > now || standing.under_way > 0);
            let least = self.0.iter().min_by_key(|(_, standing)| (standing.under_way, standing.forgiven_at)).map(|(who, _)| who.clone());
            if let Some(least) = least.filter(|_| self.0.len() >= KEPT_MAX) {
                self.0.remove(&least);
            }
        }
        self.0.entry(who).or_default()
    }

    fn note(&mut self, who: K, now: i64) {
        let standing = self.of(who, now);
        standing.forgiven_at = standing.forgiven_at.max(now).saturating_add(PAUSE_MS).min(now.saturating_add(AT_ONCE * PAUSE_MS));
    }

    fn looked(&mut self, who: &K) {
        if let Some(standing) = self.0.get_mut(who) {
            standing.under_way = standing.under_way.saturating_sub(1);
            if *standing == Standing::default() {
                self.0.remove(who);
            }
        }
    }
}

/// The number of a purchase that others could guess at too.
pub(crate) fn number_of(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("retail {code}"),
        Purchase::Open { license, .. } => format!("open {license}"),
        Purchase::Volume { agreement, enrollment, .. } => format!("{agreement:?} {enrollment}"),
        Purchase::Other { agreement, .. } => format!("other {agreement}"),
    }
}

/// How many wrong numbers are looked at without a wait.
const AT_ONCE: i64 = 5;
/// After how long one of them is forgiven.
const PAUSE_MS: i64 = 60_000;
/// How much of somebody is looked at at the same time, before the first wrong number and after it.
const UNDER_WAY_MAX: usize = 64;
const UNDER_WAY_OF_GUESSERS: usize = 4;
/// How many callers, and how many numbers, are kept.
const KEPT_MAX: usize = 10_000;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{AT_ONCE, Caller, Guesses, KEPT_MAX, PAUSE_MS, UNDER_WAY_MAX, UNDER_WAY_OF_GUESSERS};
    use chassis::clock::HostTime;
    use shared::model::PublicKey;

    fn key(number: u32) -> Caller {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Caller::Service(PublicKey::from_bytes(bytes).unwrap())
    }

    fn at(ms: i64) -> HostTime {
        HostTime::from_millis(1_000_000_000 + ms)
    }

    /// How long a caller waits that then shows what is right.
    fn waits(guesses: &Guesses, caller: Caller, number: &str, now: i64) -> Option<u32> {
        guesses.begin(caller, Some(number), at(now)).err().map(|problem| problem.retry_after_s.unwrap())
    }

    fn guess(guesses: &Guesses, caller: Caller, number: &str, now: i64) {
        guesses.begin(caller, Some(number), at(now)).unwrap().was_wrong(at(now));
    }

    /// Rules: AC-42.
    #[test]
    fn five_wrong_numbers_come_as_they_come_and_then_one_a_minute() {
        let guesses = Guesses::default();
        for number in 0..AT_ONCE {
            assert_eq!(waits(&guesses, key(1), "any", 0), None, "{number}");
            guess(&guesses, key(1), &format!("number {number}"), 0);
        }
        assert_eq!(waits(&guesses, key(1), "another", 0), Some(61));
        assert_eq!(waits(&guesses, key(1), "another", PAUSE_MS - 1), Some(1));
        assert_eq!(waits(&guesses, key(1), "another", PAUSE_MS), None);
        guess(&guesses, key(1), "one more", PAUSE_MS);
        assert_eq!(waits(&guesses, key(1), "another", PAUSE_MS), Some(61));
        assert_eq!(waits(&guesses, key(2), "another", PAUSE_MS), None, "nobody else waits");
        assert_eq!(waits(&guesses, key(1), "another", -3_600_000), Some(61), "nor does a clock that was set back make it an hour");
    }

    /// Rules: AC-42.
    #[test]
    fn a_number_that_many_guess_at_is_open_to_whoever_has_shown_no_wrong_one() {
        let guesses = Guesses::default();
        for caller in 1..=10 {
            guess(&guesses, key(caller), "Select 1234567", 0);
        }
        assert!(waits(&guesses, key(1), "Select 1234567", 0).is_some(), "one wrong number from here, and too many for this one");
        assert_eq!(waits(&guesses, key(1), "Select 7654321", 0), None);
        assert_eq!(waits(&guesses, key(99), "Select 1234567", 0), None, "the owner of the papers");
    }

    /// Rules: AC-42.
    #[test]
    fn many_at_once_are_no_way_round() {
        let guesses = Guesses::default();
        let looks: Vec<_> = (0..100).filter_map(|_| guesses.begin(key(1), None, at(0)).ok()).collect();
        assert_eq!(looks.len(), UNDER_WAY_MAX, "a crowd of right ones is let in");
        looks.into_iter().for_each(|look| look.was_wrong(at(0)));
        assert_eq!(waits(&guesses, key(1), "any", 0), Some(61));
        let looks: Vec<_> = (0..100).filter_map(|_| guesses.begin(key(1), None, at(3 * PAUSE_MS)).ok()).collect();
        assert_eq!(looks.len(), UNDER_WAY_OF_GUESSERS, "a crowd of one who guessed is not");
    }

    /// Rules: AC-42.
    #[test]
    fn a_crowd_of_callers_takes_no_more_memory_than_is_meant_for_it() {
        let guesses = Guesses::default();
        for caller in 0..u32::try_from(KEPT_MAX).unwrap() + 100 {
            guess(&guesses, key(caller), &format!("number {caller}"), 0);
        }
        let lists = guesses.0.lock().unwrap();
        assert_eq!((lists.callers.0.len(), lists.numbers.0.len()), (KEPT_MAX, KEPT_MAX));
    }
}
