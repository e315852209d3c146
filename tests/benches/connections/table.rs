//! Median and spread of all rounds, and the ratios of each round's figures to its own baselines.

use std::collections::BTreeMap;
use std::fmt;

use crate::load::Measured;

/// What was measured, by connections and kind; the rounds in order.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<(usize, &'static str), Vec<Measured>>);

impl Table {
    /// Takes one round's figures in.
    pub(crate) fn note(&mut self, what: &'static str, connections: usize, measured: Measured) {
        self.0.entry((connections, what)).or_default().push(measured);
    }

    /// The ratio to a baseline, round by round.
    fn ratio(&self, rounds: &[Measured], baseline: (usize, &'static str)) -> String {
        let base = self.0.get(&baseline).map(Vec::as_slice).unwrap_or_default();
        let ratios = rounds.iter().zip(base).map(|(measured, base)| measured.rate / base.rate);
        spread(ratios.collect(), 3)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "\n{:<28}{:>5}  {:<28}{:<22}{:<22}{:<24}x fdatasync",
            "median (lowest-highest)", "conn", "a second", "p50 ms", "p99 ms", "x hello world"
        )?;
        for ((connections, what), rounds) in &self.0 {
            let each = |figure: fn(&Measured) -> f64, digits| spread(rounds.iter().map(figure).collect(), digits);
            let (rate, p50, p99) = (each(|one| one.rate, 0), each(|one| one.p50, 2), each(|one| one.p99, 2));
            let (hello, disk) = (self.ratio(rounds, (*connections, "hello world")), self.ratio(rounds, (1, "fdatasync of 4 KiB appends")));
            writeln!(out, "{what:<28}{connections:>5}  {rate:<28}{p50:<22}{p99:<22}{hello:<24}{disk}")?;
        }
        Ok(())
    }
}

/// Median, lowest and highest.
fn spread(mut figures: Vec<f64>, digits: usize) -> String {
    figures.sort_by(f64::total_cmp);
    let (Some(low), Some(median), Some(high)) = (figures.first(), figures.get(figures.len() / 2), figures.last()) else {
        return "-".to_owned();
    };
    format!("{median:.digits$} ({low:.digits$}-{high:.digits$})")
}
