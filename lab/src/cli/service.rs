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
    /// Set the service's machine up anew: a new installation in the place of the old one, whose data is set aside
    #[command(
        after_help = "Nobody knows the new installation: let the others forget the old one, introduce it, activate it, restore what was saved.\n\nExample:  tsl service reinstall LS1 && tsl forget LS1 && tsl trust        then: tsl activate, tsl restore or tsl install\n          tsl service reinstall TS1 && tsl forget TS1 && tsl setup        its accounts as well\n          tsl service reinstall DIR1 && tsl forget DIR1 && tsl trust      then: tsl network apply FILE\nRules: FT-14, AC-38, AC-40."
    )]
    Reinstall(Which),
    /// Stop a service and start it again
    #[command(
        after_help = "Example:  tsl group TS1 && tsl service restart LS1\nRules: LS-01 (the security group counts from the next start), FT-12, FT-15."
    )]
    Restart(Which),
}

impl Service {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let lab = context.lab()?;
        if let Service::Reinstall(which) = self {
            return reinstall(context, &lab, &which.name).await;
        }
        let (Service::Stop(which) | Service::Start(which) | Service::Restart(which) | Service::Reinstall(which)) = &self;
        let action = match &self {
            Service::Stop(_) => Action::Stop,
            Service::Start(_) => Action::Start,
            Service::Restart(_) | Service::Reinstall(_) => Action::Restart,
        };
        let done = tell(&lab, &which.name, action).await?;
        context.out.show(&json!({ "service": which.name, "action": action }), |out| out.line(&done))
    }
}

/// Tells the lab's process; a service that starts catches up with the lab's time.
async fn tell(lab: &Lab, name: &ServerName, action: Action) -> Result<String, Failure> {
    let (kind, place) = chosen(lab, name)?;
    let data = lab.file().data.clone().ok_or_else(|| {
        Failure::Usage(format!(
            "{name} runs on its own, not under `tsl up`: stop and start it where it runs, such as with docker compose stop or start"
        ))
    })?;
    let done = control::ask(&data, &Order { service: name.clone(), action }).await?;
    if action != Action::Stop {
        catch_up(lab, kind, place).await?;
    }
    Ok(done)
}

fn chosen<'a>(lab: &'a Lab, name: &ServerName) -> Result<(Kind, &'a Place), Failure> {
    lab.chosen(Some(name))?.into_iter().next().ok_or_else(|| Failure::Usage(format!("{name} is not in this lab")))
}

/// FT-14: the old installation's data stands beside the new one's, under a name that no service looks at.
async fn reinstall(context: &Context, lab: &Lab, name: &ServerName) -> Result<(), Failure> {
    let (kind, place) = chosen(lab, name)?;
    let next = match kind {
        Kind::Clearinghouse => {
            return Err(Failure::Usage(format!(
                "{name} is the clearinghouse: a new one has another root, under which no certificate and no license of this lab is genuine; \
                 begin a new lab instead (tsl up --fresh)"
            )));
        }
        Kind::LicenseServer => format!("tsl forget {name}, tsl trust; then activate it (tsl activate), and restore or install its CALs"),
        Kind::TerminalServer => format!("tsl forget {name}, tsl setup (accounts too); its settings and its mode are those of a new server"),
        Kind::Directory => format!("tsl forget {name}, tsl trust; then fill it: tsl network apply FILE"),
    };
    let folder = place.token_file.as_ref().and_then(|file| file.parent()).filter(|_| lab.file().data.is_some());
    let folder = folder.ok_or_else(|| Failure::Usage(format!("{name} does not run under `tsl up`: set it up anew where it runs")))?;
    tell(lab, name, Action::Stop).await?;
    let old = folder.with_added_extension("old");
    if old.exists() {
        std::fs::remove_dir_all(&old).map_err(|error| Failure::file(&old, error))?;
    }
    std::fs::rename(folder, &old).map_err(|error| Failure::file(folder, error))?;
    tell(lab, name, Action::Start).await?;
    context.out.show(&json!({ "service": name, "reinstalled": true, "next": next }), |out| {
        out.line(&format!("{name} is a new installation that nobody knows; the old one's data is set aside\nnext: {next}"));
    })
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
