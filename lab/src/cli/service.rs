//! `tsl service`: the services of a lab of `tsl up`, stopped and started one by one.

use clap::{Args, Subcommand};
use serde_json::json;
use shared::model::{LabTime, ServerName};
use shared::wire::common::{ClockChange, ClockView};

use super::Context;
use crate::control::{self, Action, Order};
use crate::failure::Failure;
use crate::place::{Kind, Lab, Place};

#[derive(Args, Debug)]
pub(crate) struct Which {
    /// The service: LS1, TS1, CH1
    name: ServerName,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Service {
    /// Stop a service: it ends cleanly, the lab goes on without it
    #[command(after_help = "Example:  tsl service stop LS1 && tsl connect PC01\nRules: PD-05, PD-09, PD-12 (no license server answers).")]
    Stop(Which),
    /// Start a stopped service on its data; its clock catches up with the others
    #[command(after_help = "Example:  tsl service start LS1")]
    Start(Which),
    /// Stop a service and start it again
    #[command(
        after_help = "Example:  tsl group TS1 && tsl service restart LS1\nRules: LS-01 (the security group counts from the next start), FT-12, FT-15."
    )]
    Restart(Which),
}

impl Service {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        let (which, action) = match self {
            Service::Stop(which) => (which, Action::Stop),
            Service::Start(which) => (which, Action::Start),
            Service::Restart(which) => (which, Action::Restart),
        };
        let (kind, place) = lab
            .chosen(Some(&which.name))?
            .into_iter()
            .next()
            .ok_or_else(|| Failure::Usage(format!("{} is not in this lab", which.name)))?;
        let data = lab.file().data.clone().ok_or_else(|| {
            Failure::Usage(format!(
                "{} runs on its own, not under `tsl up`: stop and start it where it runs, such as with docker compose stop or start",
                which.name
            ))
        })?;
        let done = control::ask(&data, &Order { service: which.name.clone(), action }).await?;
        if action != Action::Stop {
            catch_up(&lab, kind, place).await?;
        }
        context.out.show(&json!({ "service": which.name, "action": action }), |out| out.line(&done))
    }
}

/// Lab time went on while the service was down: its clock is set to the latest of the others', and stands still if theirs do.
async fn catch_up(lab: &Lab, kind: Kind, place: &Place) -> Result<(), Failure> {
    let own = lab.admin(kind, place)?;
    let mut latest: Option<(LabTime, bool)> = None;
    for (kind, other) in lab.services().into_iter().filter(|(_, other)| other.name != place.name) {
        // Another service may be down as well.
        if let Ok(clock) = lab.admin(kind, other)?.get::<ClockView>("/lab/clock").await {
            latest = latest.max(Some((clock.now, clock.frozen)));
        }
    }
    let Some((now, frozen)) = latest else { return Ok(()) };
    let clock: ClockView = own.get("/lab/clock").await?;
    if clock.now < now {
        let _: ClockView = own.post("/lab/clock", &ClockChange::Set { to: now }).await?;
    }
    if frozen != clock.frozen {
        let change = if frozen { ClockChange::Freeze } else { ClockChange::Run };
        let _: ClockView = own.post("/lab/clock", &change).await?;
    }
    Ok(())
}
