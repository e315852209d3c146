//! The lab's time and its luck.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::model::{LabTime, ServerName, Span};
use shared::wire::common::{ClockChange, SeedChange};
use shared::wire::license_server::NextLife;

use super::Context;
use crate::clock::{Clocks, Reading, parse_span};
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab};

#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Only this server's clock: skew (all clocks if left out)
    #[arg(long, alias = "service", value_name = "NAME")]
    server: Option<ServerName>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Clock {
    /// Show every clock, and when something happens next by itself
    #[command(after_help = "Example:  tsl clock show")]
    Show(Which),
    /// Let time stand still
    #[command(after_help = "Example:  tsl clock freeze")]
    Freeze(Which),
    /// Let time run
    #[command(after_help = "Example:  tsl clock run")]
    Run(Which),
    /// Move time on by a span: 89d, 12h, 1d12h30m, 45s
    #[command(after_help = "Example:  tsl clock advance 89d\nOn the way everything falls due at its own moment, on all services in order.")]
    Advance {
        /// The span
        #[arg(value_parser = parse_span)]
        span: Span,
        #[command(flatten)]
        which: Which,
    },
    /// Move time on to a moment
    #[command(after_help = "Example:  tsl clock set 2026-12-24T20:00:00Z")]
    Set {
        /// The moment, UTC
        moment: LabTime,
        #[command(flatten)]
        which: Which,
    },
}

/// The clocks of a lab's services, all or one.
pub(crate) fn clocks(lab: &Lab, service: Option<&ServerName>) -> Result<Clocks, Failure> {
    let members: Result<Vec<_>, Failure> =
        lab.chosen(service)?.into_iter().map(|(kind, place)| Ok((place.name.clone(), lab.admin(kind, place)?))).collect();
    Ok(Clocks::new(members?))
}

/// Those of the clocks whose services answer; the person is told which do not.
pub(crate) async fn awake(out: Out, clocks: Clocks) -> Result<Clocks, Failure> {
    let (awake, asleep) = clocks.awake().await?;
    for service in asleep {
        out.note(&format!("{service} is down: its clock catches up when it is started (tsl service start {service})"));
    }
    Ok(awake)
}

impl Clock {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let which = match &self {
            Clock::Show(which) | Clock::Freeze(which) | Clock::Run(which) => which,
            Clock::Advance { which, .. } | Clock::Set { which, .. } => which,
        };
        let clocks = awake(context.out, clocks(&lab, which.server.as_ref())?).await?;
        let readings = match self {
            Clock::Show(_) => clocks.read().await?,
            Clock::Freeze(_) => clocks.change(ClockChange::Freeze).await?,
            Clock::Run(_) => clocks.change(ClockChange::Run).await?,
            Clock::Advance { span, .. } => {
                let bar = context.out.progress(seconds(span), "time");
                clocks.advance(span, |passed| bar.at(seconds(passed))).await?
            }
            Clock::Set { moment, .. } => {
                let bar = context.out.progress(0, "time");
                clocks.set(moment, |passed| bar.at(seconds(passed))).await?
            }
        };
        show(context, &readings)
    }
}

fn seconds(span: Span) -> u64 {
    u64::try_from(span.as_seconds()).unwrap_or(0)
}

fn show(context: &Context, readings: &[Reading]) -> Result<(), Failure> {
    context.out.show(&readings, |out| {
        let rows = readings.iter().map(|reading| {
            let state = if reading.clock.frozen { "frozen" } else { "running" };
            let due = reading.clock.next_due.map_or_else(|| "nothing planned".to_owned(), |due| due.to_string());
            vec![reading.service.to_string(), reading.clock.now.to_string(), state.to_owned(), due]
        });
        out.table(&["service", "lab time", "clock", "next due"], rows.collect(), "this lab has no services");
    })
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("throw").required(true).multiple(true))]
pub(crate) struct Dice {
    /// Every later throw follows from this number
    #[arg(long, value_name = "N", group = "throw")]
    seed: Option<u64>,
    /// The life of the next permanent CAL, days from 52 to 89
    #[arg(long, value_name = "DAYS", group = "throw", value_parser = clap::value_parser!(u32).range(52..=89))]
    next_life: Option<u32>,
    /// Only this server's dice (with --next-life: this license server's)
    #[arg(long, alias = "service", value_name = "NAME")]
    server: Option<ServerName>,
}

impl Dice {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let mut said = Vec::new();
        if let Some(seed) = self.seed {
            for (kind, place) in lab.chosen(self.server.as_ref())? {
                let _: Value = lab.admin(kind, place)?.post("/lab/dice", &SeedChange { seed }).await?;
                said.push(format!("{} throws from seed {seed}", place.name));
            }
        }
        if let Some(days) = self.next_life {
            let place = lab.license_server(self.server.as_ref())?;
            let _: Value = lab.admin(Kind::LicenseServer, place)?.post("/lab/next-life", &NextLife { days }).await?;
            said.push(format!("the next permanent CAL of {} lives {days} days", place.name));
        }
        context.out.show(&json!({ "seed": self.seed, "next_life_days": self.next_life }), |out| out.line(&said.join("\n")))
    }
}
