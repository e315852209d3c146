//! `tsl sim`: whole labs in one thread each, from a seed, with everything that goes wrong between services.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

use chassis::clock::Clock;
use clap::Args;
use serde::Serialize;
use simulation::{Act, Failed, Outcome, Plan, Size, Summary, run_and_keep, run_many, shorten};

use super::Context;
use crate::failure::Failure;
use crate::out::{Out, Tint};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
A seed is a lab of its own: a clearinghouse, license servers and terminal servers of any generation, devices, administrators.
Messages are lost, delayed, doubled and reordered, services are killed between two steps, machines lose their power in the middle of a
flush, disks fill up, clocks jump. After every step the licenses are counted, and once everything is quiet nothing that was answered may
be missing. The same seed gives the same run, byte for byte. One seed in 500 has thousands of devices.

Example:  tsl sim --seeds 1000
          tsl sim --seed 17              one seed, and what happened in it
          tsl sim --seeds 500 --seed 9000
Where a seed fails it is made as short as it can be, and its acts are listed.";

#[derive(Args, Debug)]
pub(crate) struct Sim {
    /// How many seeds are carried through [default: 100, or 1 where --seed is given]
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first of them [default: 1]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many at once [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    at_once: Option<usize>,
    /// Write what happened at each machine into a folder: an entry of its journal a line (with --seed alone)
    #[arg(long, value_name = "FOLDER", requires = "seed", conflicts_with = "seeds")]
    journals: Option<PathBuf>,
    /// Leave a failing seed as long as it is
    #[arg(long)]
    as_it_is: bool,
}

/// What is told of many seeds.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    summary: Summary,
    lab_years: f64,
    seconds: f64,
    /// The acts of the failing seed, as few as it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortest: Option<Vec<Act>>,
}

impl Sim {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let first = self.seed.unwrap_or(1);
        match self.seeds {
            None if self.seed.is_some() => one(context.out, first, self.as_it_is, self.journals.as_deref()),
            seeds => self.many(context.out, first, seeds.unwrap_or(100)),
        }
    }

    fn many(&self, out: Out, first: u64, seeds: u64) -> Result<(), Failure> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (clock, bar) = (Clock::new(), out.progress(seeds, "seeds"));
        let began = clock.host();
        let summary = run_many(first, seeds, self.at_once.unwrap_or(cores), |done| bar.at(done)).map_err(broken)?;
        drop(bar);
        let seconds = seconds_of(clock.host().millis_since(began));
        let shortest = summary.failed.as_ref().filter(|_| !self.as_it_is).map(|failed| shortest(out, failed)).transpose()?;
        let told = Told { lab_years: years(summary.lab_seconds), seconds, shortest: shortest.map(|plan| plan.acts), summary };
        out.show(&told, |out| print(out, &told))?;
        match &told.summary.failed {
            Some(failed) => Err(found(failed)),
            None => Ok(()),
        }
    }
}

/// One seed, with all that came about in it.
fn one(out: Out, seed: u64, as_it_is: bool, journals: Option<&Path>) -> Result<(), Failure> {
    let plan = Plan::new(seed, Size::of(seed));
    let outcome: Outcome = run_and_keep(&plan, journals).map_err(broken)?;
    let failed = outcome.violation.clone().map(|violation| Failed { seed, violation });
    let shortest = failed.as_ref().filter(|_| !as_it_is).map(|failed| shortest(out, failed)).transpose()?;
    out.show(&outcome, |out| {
        out.line(&format!(
            "Seed {seed}: license servers {}; terminal servers {}; {} devices; {} acts",
            titles(&plan.license_servers),
            titles(&plan.terminal_servers),
            plan.devices,
            plan.acts.len()
        ));
        counts(out, &outcome.counts);
        out.line(&format!("{} steps, {:.1} lab years; journals {}", outcome.steps, years(outcome.lab_seconds), outcome.journals));
        if let (Some(failed), Some(plan)) = (&failed, &shortest) {
            acts(out, failed, &plan.acts);
        }
    })?;
    failed.map_or(Ok(()), |failed| Err(found(&failed)))
}

fn shortest(out: Out, failed: &Failed) -> Result<Plan, Failure> {
    let plan = Plan::new(failed.seed, Size::of(failed.seed));
    let all = plan.acts.len();
    let bar = out.progress(all as u64, "making it shorter");
    shorten(&plan, failed.violation.invariant, |left| bar.at((all - left) as u64)).map_err(broken)
}

fn print(out: Out, told: &Told) {
    let Summary { seeds, large, steps, failed, .. } = &told.summary;
    counts(out, &told.summary.counts);
    let pace = |amount: f64| if told.seconds > 0.0 { amount / told.seconds } else { 0.0 };
    out.line(&format!(
        "{seeds} seeds ({large} large), {steps} steps, {:.0} lab years in {:.0} s: {:.0} steps and {:.1} lab years a second",
        told.lab_years,
        told.seconds,
        pace(f64_of(*steps)),
        pace(told.lab_years)
    ));
    match (failed, &told.shortest) {
        (None, _) => out.tinted_line("Every invariant held at every step.", Tint::Good),
        (Some(failed), shortest) => acts(out, failed, shortest.as_deref().unwrap_or_default()),
    }
}

fn acts(out: Out, failed: &Failed, acts: &[Act]) {
    out.tinted_line(&format!("Seed {} fails at step {}: {}", failed.seed, failed.violation.step, failed.violation.invariant), Tint::Bad);
    out.line(&failed.violation.what);
    let rows = acts.iter().map(|act| vec![act.number.to_string(), act.after_ms.to_string(), format!("{:?}", act.deed)]);
    out.table(&["Act", "After ms", "What happens"], rows.collect(), "");
}

fn counts(out: Out, counts: &BTreeMap<String, u64>) {
    out.table(
        &["What", "How often"],
        counts.iter().map(|(what, count)| vec![what.clone(), count.to_string()]).collect(),
        "Nothing happened.",
    );
}

fn titles(generations: &[shared::model::Generation]) -> String {
    generations.iter().map(|generation| generation.title()).collect::<Vec<_>>().join(", ")
}

fn found(failed: &Failed) -> Failure {
    Failure::Broken(format!(
        "seed {} does not hold: {}; see it again with tsl sim --seed {}",
        failed.seed, failed.violation.invariant, failed.seed
    ))
}

fn broken(error: std::io::Error) -> Failure {
    Failure::Broken(format!("a simulated lab needs a folder for temporary files: {error}"))
}

fn years(seconds: u64) -> f64 {
    f64_of(seconds) / (365.25 * 86_400.0)
}

fn seconds_of(millis: i64) -> f64 {
    f64_of(u64::try_from(millis).unwrap_or(0)) / 1000.0
}

/// Exact up to 2^53, which no count here comes near.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn f64_of(count: u64) -> f64 {
    count as f64
}
