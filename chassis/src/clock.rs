//! The only `now` in the workspace: host time, and lab time as host time plus an offset, or standing still.
//!
//! Host time is asked of the machine once, when the clock is made; from then on it goes by the machine's steady clock. A host
//! clock that is set, or that jumps, while a service runs moves neither lab time nor the 60 seconds of a call.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use shared::model::LabTime;

/// A moment of the machine that the service runs on: milliseconds since 1970-01-01T00:00:00Z, by the machine's clock as it was
/// when the service started.
///
/// For the tokens of calls and for time limits; a type of its own, so that it cannot be mixed with lab time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostTime(i64);

impl HostTime {
    /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// How many milliseconds lie between this and an earlier moment; negative when the other is the later one.
    #[must_use]
    pub fn millis_since(self, earlier: HostTime) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How lab time goes; what a journal keeps of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum ClockState {
    /// Lab time is host time plus this many milliseconds, and goes on while the service is stopped.
    Running {
        /// May be negative.
        offset_ms: i64,
    },
    /// Lab time stands still.
    Frozen {
        /// Where it stands.
        at: LabTime,
    },
}

/// A clock that a service and its engine share; cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<Shared>);

/// Where host time comes from.
enum Source {
    /// The machine's time when the clock was made, and that moment on its steady clock.
    Machine(HostTime, Instant),
    /// Whoever simulates the machine says what it shows, in milliseconds.
    Told(Arc<AtomicI64>),
}

struct Shared {
    source: Source,
    state: Mutex<ClockState>,
    /// The latest second of lab time that was shown, so that a host clock set back does not carry lab time with it.
    shown: AtomicI64,
}

impl Clock {
    /// A clock whose lab time is host time.
    #[must_use]
    pub fn new() -> Self {
        Self::from_state(ClockState::Running { offset_ms: 0 })
    }

    /// A clock that goes as an earlier one did.
    #[must_use]
    pub fn from_state(state: ClockState) -> Self {
        let (at, moment) = asked_once();
        Self::by(Source::Machine(at, moment), state)
    }

    /// A clock of a machine that is simulated, and shows this many milliseconds.
    #[must_use]
    pub fn told(host_millis: Arc<AtomicI64>) -> Self {
        Self::by(Source::Told(host_millis), ClockState::Running { offset_ms: 0 })
    }

    /// A clock of a machine that shows `host` just now, whatever this one shows: how another machine, or this one with its
    /// clock set wrong, would make it.
    #[must_use]
    pub fn made_at(host: HostTime, state: ClockState) -> Self {
        Self::by(Source::Machine(host, asked().1), state)
    }

    fn by(source: Source, state: ClockState) -> Self {
        Self(Arc::new(Shared { source, state: Mutex::new(state), shown: AtomicI64::new(i64::MIN) }))
    }

    /// The machine's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks how much time has passed")]
    pub fn host(&self) -> HostTime {
        match &self.0.source {
            Source::Machine(at, moment) => HostTime(at.0.saturating_add(millis(moment.elapsed()))),
            Source::Told(host) => HostTime(host.load(Ordering::Relaxed)),
        }
    }

    /// The lab's time. Never earlier than what this clock showed before.
    #[must_use]
    pub fn lab(&self) -> LabTime {
        let seconds = match self.state() {
            ClockState::Running { offset_ms } => self.host().0.saturating_add(offset_ms).div_euclid(1000),
            ClockState::Frozen { at } => at.unix(),
        };
        LabTime::from_unix(self.0.shown.fetch_max(seconds, Ordering::Relaxed).max(seconds))
    }

    /// Whether lab time stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(self.state(), ClockState::Frozen { .. })
    }

    /// How the clock goes now, to be kept.
    #[must_use]
    pub fn state(&self) -> ClockState {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a clock that shows `at` now, and stands still or runs from there.
    #[must_use]
    pub fn state_at(&self, at: LabTime, frozen: bool) -> ClockState {
        if frozen {
            ClockState::Frozen { at }
        } else {
            ClockState::Running { offset_ms: at.unix().saturating_mul(1000).saturating_sub(self.host().0) }
        }
    }

    /// Goes on from an earlier state at a start, before anybody has asked for the lab's time: what the clock showed until
    /// now is forgotten.
    pub fn restore(&self, state: ClockState) {
        self.go(state);
        self.0.shown.store(i64::MIN, Ordering::Relaxed);
    }

    /// Goes in another way from now on. Lab time still never runs backwards.
    pub fn go(&self, state: ClockState) {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// The machine's time and the moment on its steady clock at which it was asked, once in the life of the process: services that
/// start and stop in it always agree.
fn asked_once() -> (HostTime, Instant) {
    static ASKED: OnceLock<(HostTime, Instant)> = OnceLock::new();
    *ASKED.get_or_init(asked)
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
fn asked() -> (HostTime, Instant) {
    (HostTime(millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())), Instant::now())
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Clock").field(&self.state()).finish()
    }
}
