//! What the common routes, the server and the ticker need from an engine, whatever machine it runs.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::machine::Machine;
use shared::wire::common::{ClockChange, ClockView, JournalView, NetworkView};
use shared::wire::problem::{Problem, ProblemCode};

use crate::engine::{ClockError, Engine};
use crate::journal::JournalFailed;

/// An engine, without the type of its machine.
pub trait LabEngine: Send + Sync {
    /// The clock and the next due moment.
    fn clock_view(&self) -> BoxFuture<'_, Result<ClockView, Problem>>;

    /// Freezes, runs, sets or advances the clock; what falls due in between has run when this returns.
    fn change_clock(&self, change: ClockChange) -> BoxFuture<'_, Result<ClockView, Problem>>;

    /// Seeds the dice.
    fn reseed(&self, seed: u64) -> BoxFuture<'_, Result<(), Problem>>;

    /// Which services are out of reach.
    fn network_view(&self) -> NetworkView;

    /// Settles which services are out of reach.
    fn cut_off(&self, network: NetworkView) -> BoxFuture<'_, Result<(), Problem>>;

    /// How the journal stands.
    fn journal_view(&self) -> BoxFuture<'_, Result<JournalView, Problem>>;

    /// Runs what fell due by now.
    fn tick(&self) -> BoxFuture<'_, ()>;

    /// Comes back only when the journal has failed, with the reason.
    fn failed(&self) -> BoxFuture<'_, String>;

    /// Flushes and closes the journal; everything after it is refused.
    fn close(&self) -> BoxFuture<'_, Result<(), Problem>>;
}

impl<M: Machine> LabEngine for Engine<M> {
    fn clock_view(&self) -> BoxFuture<'_, Result<ClockView, Problem>> {
        async { self.clock_view().await.map_err(problem) }.boxed()
    }

    fn change_clock(&self, change: ClockChange) -> BoxFuture<'_, Result<ClockView, Problem>> {
        async move {
            self.change_clock(change).await.map_err(|error| match error {
                ClockError::TimeBackwards { .. } => Problem::new(ProblemCode::TimeBackwards, error.to_string()),
                ClockError::Failed(failed) => failed.problem(),
            })
        }
        .boxed()
    }

    fn reseed(&self, seed: u64) -> BoxFuture<'_, Result<(), Problem>> {
        async move { self.reseed(seed).await.map_err(problem) }.boxed()
    }

    fn network_view(&self) -> NetworkView {
        NetworkView { cut_off: self.network().cut_off() }
    }

    fn cut_off(&self, network: NetworkView) -> BoxFuture<'_, Result<(), Problem>> {
        async move { self.cut_off(network.cut_off).await.map_err(problem) }.boxed()
    }

    fn journal_view(&self) -> BoxFuture<'_, Result<JournalView, Problem>> {
        // Reading waits for the disk, so a journal that has failed says so here.
        async { self.read(|_, _| ()).await.map(|()| self.journal_view()).map_err(problem) }.boxed()
    }

    fn tick(&self) -> BoxFuture<'_, ()> {
        self.tick().boxed()
    }

    fn failed(&self) -> BoxFuture<'_, String> {
        async { self.failed().await.to_string() }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Problem>> {
        async { self.close().await.map_err(problem) }.boxed()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn problem(failed: JournalFailed) -> Problem {
    failed.problem()
}
