//! Many seeds, one after the other on every core.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use serde::Serialize;

use crate::plan::{Plan, Size};
use crate::world::{Outcome, Violation};

/// What many seeds came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// How many seeds were carried through, failing ones too.
    pub seeds: u64,
    /// How many of them were large.
    pub large: u64,
    /// Steps of all of them.
    pub steps: u64,
    /// Lab time of all of them, in seconds.
    pub lab_seconds: u64,
    /// How often what came about.
    pub counts: BTreeMap<String, u64>,
    /// The first seed that failed, and how.
    pub failed: Option<Failed>,
}

/// A seed that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub violation: Violation,
}

impl Summary {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.large += u64::from(Size::of(seed) == Size::Large);
        self.steps += outcome.steps;
        self.lab_seconds += outcome.lab_seconds;
        for (what, count) in outcome.counts {
            *self.counts.entry(what).or_default() += count;
        }
        if let Some(violation) = outcome.violation {
            let earlier = self.failed.as_ref().is_some_and(|failed| failed.seed < seed);
            if !earlier {
                self.failed = Some(Failed { seed, violation });
            }
        }
    }
}

/// Carries `count` seeds through from `first` on, `at_once` at a time, and stops at the first that fails. `said` hears how many are
/// done.
///
/// # Errors
/// Where no folder can be made for what stands beside the journals.
pub fn run_many(first: u64, count: u64, at_once: usize, mut said: impl FnMut(u64)) -> io::Result<Summary> {
    let (next, stop) = (Arc::new(AtomicU64::new(first)), Arc::new(AtomicBool::new(false)));
    let (tell, told) = mpsc::channel();
    let mut summary = Summary::default();
    thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            let (next, stop, tell) = (Arc::clone(&next), Arc::clone(&stop), tell.clone());
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let ends = seed >= first.saturating_add(count);
                    if ends || tell.send((seed, crate::run(&Plan::new(seed, Size::of(seed))))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        for (seed, outcome) in told {
            let outcome = outcome.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            if outcome.violation.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
            summary.add(seed, outcome);
            said(summary.seeds);
        }
        Ok(summary)
    })
}
