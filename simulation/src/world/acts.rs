//! What a plan does to the world: errands are begun, things go wrong and are mended, services end and start again.

use chassis::client::ClientError;
use chassis::transport::NoAnswer;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::{Event, Invariant, LOOK_AFTER_MS, World};
use crate::disk::Trouble;
use crate::errands::{Errand, People};
use crate::plan::{Act, Deed};
use crate::tasks::Owner;
use crate::wire::{From, Wire};

/// A trouble that comes to its end.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    DiskFull(usize),
    DiskSlow(usize),
    Cut(usize, usize),
    Storm,
}

/// How a run of a service ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The process is gone, the machine is not.
    Killed,
    /// The machine lost its power; the rows are there afterwards, or are not.
    PowerCut { rows: bool },
}

/// An errand that was begun.
pub(super) struct ErrandUnderWay {
    pub(super) device: Option<usize>,
    /// The client goes away after so many more messages.
    pub(super) leaves_after: Option<u8>,
}

impl World {
    pub(super) fn start(&mut self, machine: usize) {
        let seed = self.plan.seed;
        let Some(here) = self.machines.get_mut(machine) else { return };
        let starting = here.start(seed);
        let run = here.run;
        self.count("starts");
        self.tasks.begin(Owner::Run { machine, run }, starting);
        self.after(1000, Event::Tick { machine, run });
        self.after(LOOK_AFTER_MS, Event::LookAfter { machine, run });
    }

    /// A run of a service ends without a word; its machine starts another one after a while.
    pub(super) fn end(&mut self, machine: usize, how: End) {
        let Some(here) = self.machines.get_mut(machine) else { return };
        let Some(up) = here.up.take() else { return };
        let run = here.run;
        here.killed_in = None;
        self.power_after.remove(&machine);
        self.tasks.drop_of(Owner::Run { machine, run });
        drop(up);
        self.take_up();
        let number = self.outcome.steps;
        let mut dice = self.chance.stream(&format!("power {machine} {number}"));
        self.count(if how == End::Killed { "kills" } else { "power cuts" });
        let Some(here) = self.machines.get(machine) else { return };
        match how {
            End::Killed => here.disk.after_kill(),
            End::PowerCut { rows } => here.disk.after_power_cut(&mut || dice.once_in(2), rows),
        }
        // Whoever waits for an answer of it sees the connection break.
        let broken: Vec<u64> = self.flights.iter().filter(|(_, flight)| flight.to == machine).map(|(number, _)| *number).collect();
        for flight in broken {
            self.after(1, Event::Answered { flight, answer: Err(NoAnswer("connection reset".to_owned())) });
        }
        let usual = self.throw("down", number) % 5000;
        let down = self.machines.get_mut(machine).and_then(|here| here.down_ms.take()).unwrap_or(usual);
        self.after(down, Event::Start { machine });
    }

    pub(super) fn act(&mut self, act: Act) {
        let Act { number, deed, .. } = act;
        match deed {
            Deed::Visit { device, terminal_server, admin, then, leaves_after } => {
                let Some(home) = self.devices.get(device).cloned().filter(|_| self.out.insert(device)) else { return };
                let visit = move |people: People| async move { people.visit(terminal_server, home, admin, then).await }.boxed_local();
                self.errand(Some(device), leaves_after, visit);
            }
            Deed::Install { license_server, version, product_type, quantity } => {
                self.errand(None, None, move |people| {
                    async move { people.install(license_server, version, product_type, quantity).await }.boxed_local()
                });
            }
            Deed::Activate(index) => self.errand(None, None, move |people| async move { people.activate(index).await }.boxed_local()),
            Deed::Reactivate(index) => self.errand(None, None, move |people| async move { people.reactivate(index).await }.boxed_local()),
            Deed::Deactivate(index) => self.errand(None, None, move |people| async move { people.deactivate(index).await }.boxed_local()),
            Deed::Revoke(index) => self.errand(None, None, move |people| async move { people.revoke(index).await }.boxed_local()),
            Deed::Convert(index) => self.errand(None, None, move |people| async move { people.convert(index).await }.boxed_local()),
            Deed::Migrate { from, to } => {
                self.errand(None, None, move |people| async move { people.migrate(from, to).await }.boxed_local())
            }
            Deed::Mode { terminal_server, policy_ac_on } => {
                self.errand(None, None, move |people| async move { people.mode(terminal_server, policy_ac_on).await }.boxed_local());
            }
            Deed::Elapse { hours } => {
                self.elapse(u64::from(hours) * 3_600_000);
            }
            Deed::Restart(machine) => self.close(machine),
            Deed::Outage(machine) => {
                if let Some(here) = self.machines.get_mut(machine) {
                    here.down_ms = Some(20_000 + self.chance.throw("outage", number) % 60_000);
                }
                self.end(machine, End::Killed);
            }
            Deed::Kill { machine, after_steps } => {
                if let Some(here) = self.machines.get_mut(machine) {
                    here.killed_in = Some(after_steps);
                }
            }
            Deed::PowerCut { machine, after_operations, rows } => {
                if let Some(here) = self.machines.get(machine).filter(|here| here.up.is_some()) {
                    here.disk.give(Some(Trouble::PowerGoesIn(after_operations)));
                    self.power_after.insert(machine, rows);
                }
            }
            Deed::FlushFails(machine) => self.trouble(machine, Trouble::FlushFails),
            Deed::DiskFull(machine) => {
                self.trouble(machine, Trouble::Full);
                self.ends("full", number, Ends::DiskFull(machine));
            }
            Deed::DiskSlow(machine) => {
                if let Some(here) = self.machines.get_mut(machine) {
                    here.slow = true;
                }
                self.ends("slow", number, Ends::DiskSlow(machine));
            }
            Deed::Cut { from, to } => {
                self.cuts.insert((from, to));
                self.ends("cut", number, Ends::Cut(from, to));
            }
            Deed::Storm => {
                self.storm = true;
                self.ends("storm", number, Ends::Storm);
            }
            Deed::Skew { machine, minutes } => {
                if let Some(here) = self.machines.get_mut(machine) {
                    here.skew_ms += i64::from(minutes) * 60_000;
                }
                self.turn_to(self.now);
            }
        }
    }

    pub(super) fn trouble(&mut self, machine: usize, trouble: Trouble) {
        if let Some(here) = self.machines.get(machine).filter(|here| here.up.is_some()) {
            here.disk.give(Some(trouble));
        }
    }

    pub(super) fn ends(&mut self, what: &str, number: u64, ends: Ends) {
        let ms = 1000 + self.throw(what, number) % 20_000;
        self.after(ms, Event::Ends(ends));
    }

    pub(super) fn trouble_ends(&mut self, ends: Ends) {
        match ends {
            Ends::DiskFull(machine) => {
                if let Some(here) = self.machines.get(machine).filter(|_| !self.power_after.contains_key(&machine)) {
                    here.disk.give(None);
                }
            }
            Ends::DiskSlow(machine) => {
                if let Some(here) = self.machines.get_mut(machine) {
                    here.slow = false;
                }
            }
            Ends::Cut(from, to) => {
                self.cuts.remove(&(from, to));
            }
            Ends::Storm => self.storm = false,
        }
    }

    /// A service is told to stop, in order.
    pub(super) fn close(&mut self, machine: usize) {
        let Some(here) = self.machines.get(machine) else { return };
        let (Some(up), run, closed) = (&here.up, here.run, self.closed.clone()) else { return };
        let engine = up.engine.clone();
        let closing = async move {
            if let Some(engine) = engine.get() {
                // What it says is not asked for: the machine is started again in any case.
                let _ = engine.lab().close().await;
            }
            closed.borrow_mut().push((machine, run));
        };
        self.tasks.begin(Owner::Run { machine, run }, closing.boxed_local());
    }

    /// Every clock is put forward.
    pub(super) fn elapse(&mut self, ms: u64) {
        self.ahead_ms += ms;
        self.turn_to(self.now);
        self.tick_all();
    }

    pub(super) fn tick_all(&mut self) {
        for machine in 0..self.machines.len() {
            let run = self.machines.get(machine).map_or(0, |here| here.run);
            let ms = self.throw("all tick", self.outcome.steps + machine as u64) % 50;
            self.after(ms, Event::Tick { machine, run });
        }
    }

    pub(super) fn errand(
        &mut self,
        device: Option<usize>,
        leaves_after: Option<u8>,
        errand: impl FnOnce(People) -> LocalBoxFuture<'static, Errand>,
    ) {
        let number = self.errands.len();
        let wire = Wire { from: From::Errand(number), post: self.post.clone() };
        let errand = errand(People { wire, ..self.people.clone() });
        self.errands.push(ErrandUnderWay { device, leaves_after });
        let seen = self.people.seen.clone();
        let (is_setup, name) = (self.quiet, number);
        let under_way = async move {
            let ended = errand.await;
            let mut seen = seen.borrow_mut();
            match ended {
                Ok(()) => {}
                Err(error) if is_setup => seen.wrong.push((Invariant::LabsAreSetUp, format!("errand {name}: {error}"))),
                Err(ClientError::Problem(_)) => seen.count("errands refused"),
                Err(_) => seen.count("errands unanswered"),
            }
        };
        self.tasks.begin(Owner::Errand(number), under_way.boxed_local());
    }

    pub(super) fn errand_ended(&mut self, errand: usize) {
        let device = self.errands.get(errand).and_then(|errand| errand.device);
        if let Some(device) = device {
            self.out.remove(&device);
        }
        let wrong = self.people.seen.borrow_mut().wrong.pop();
        if let Some((invariant, what)) = wrong {
            self.violated(invariant, what);
        }
    }
}
