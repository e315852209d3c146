//! What the common routes, the server and the ticker need from an engine, whatever machine it runs.

use futures_util::future::BoxFuture;
use shared::wire::common::{ClockChange, ClockView, JournalView};
use shared::wire::problem::Problem;

/// An engine, without the type of its machine.
pub trait LabEngine: Send + Sync {
    /// The clock and the next due moment.
    fn clock_view(&self) -> BoxFuture<'_, Result<ClockView, Problem>>;

    /// Freezes, runs, sets or advances the clock; what falls due in between has run when this returns.
    fn change_clock(&self, change: ClockChange) -> BoxFuture<'_, Result<ClockView, Problem>>;

    /// Seeds the dice.
    fn reseed(&self, seed: u64) -> BoxFuture<'_, Result<(), Problem>>;

    /// How the journal stands.
    fn journal_view(&self) -> BoxFuture<'_, Result<JournalView, Problem>>;

    /// Runs what fell due by now.
    fn tick(&self) -> BoxFuture<'_, ()>;

    /// Comes back only when the journal has failed, with the reason.
    fn failed(&self) -> BoxFuture<'_, String>;

    /// Flushes and closes the journal; everything after it is refused.
    fn close(&self) -> BoxFuture<'_, Result<(), Problem>>;
}
