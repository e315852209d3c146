//! The world: one thread in which everything happens that a plan says, and nothing else.

mod acts;
mod ending;
mod outcome;
mod traffic;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io;
use std::path::Path;
use std::rc::Rc;

use chassis::transport::{Answer, Message, NoAnswer};
use client::device::Device;
use futures_util::FutureExt as _;
use shared::ledger::Ledger;
use shared::model::Platform;

use crate::chance::Chance;
use crate::check;
use crate::errands::{People, Place};
use crate::machine::{Kind, Machine};
use crate::plan::Plan;
use crate::tasks::{Owner, Tasks};
use crate::wire::{From, Post, Wire};

use acts::{End, Ends, ErrandUnderWay};
use traffic::{Answers, Flight};

pub use outcome::{Invariant, Outcome, Violation};

/// Something that will happen.
enum Event {
    Act(usize),
    Arrives { flight: Option<u64>, to: usize, message: Message },
    Answered { flight: u64, answer: Result<Answer, NoAnswer> },
    Late { flight: u64 },
    Flush { machine: usize, run: u32 },
    Tick { machine: usize, run: u32 },
    LookAfter { machine: usize, run: u32 },
    Start { machine: usize },
    Ends(Ends),
    Leaves { errand: usize },
}

pub(crate) struct World {
    plan: Plan,
    chance: Chance,
    /// Milliseconds since the world began.
    now: u64,
    /// By how much the clocks of all machines were put forward since.
    ahead_ms: u64,
    events: BinaryHeap<Reverse<(u64, u64)>>,
    what: BTreeMap<u64, Event>,
    next_event: u64,
    machines: Vec<Machine>,
    devices: Vec<Rc<RefCell<Device>>>,
    /// Devices that are on a visit.
    out: BTreeSet<usize>,
    tasks: Tasks,
    post: Post,
    flights: BTreeMap<u64, Flight>,
    next_flight: u64,
    answers: Answers,
    closed: Rc<RefCell<Vec<(usize, u32)>>>,
    people: People,
    cuts: BTreeSet<(usize, usize)>,
    storm: bool,
    /// Nothing goes wrong any more.
    quiet: bool,
    errands: Vec<ErrandUnderWay>,
    outcome: Outcome,
    power_after: BTreeMap<usize, bool>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(plan: &Plan) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let post = Post::default();
        let mut machines = Vec::new();
        let kinds = std::iter::once(("CH", Kind::Clearinghouse))
            .chain(plan.license_servers.iter().map(|generation| ("LS", Kind::LicenseServer(*generation))))
            .chain(plan.terminal_servers.iter().map(|generation| ("TS", Kind::TerminalServer(*generation))));
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, (letters, kind)) in kinds.enumerate() {
            let number = numbers.entry(letters).or_default();
            *number += 1;
            let name = format!("{letters}{number}");
            let own = folder.path().join(&name);
            std::fs::create_dir(&own)?;
            let name = name.parse().map_err(std::io::Error::other)?;
            machines.push(Machine::new(name, kind, own, Wire { from: From::Machine(index), post: post.clone() }));
        }
        let places = machines.iter().enumerate().map(|(index, machine)| Place {
            name: machine.name.clone(),
            url: format!("http://machine{index}"),
            token: machine.token.clone(),
        });
        let people = People {
            wire: Wire { from: From::Errand(0), post: post.clone() },
            places: Rc::new(places.collect()),
            license_servers: plan.license_servers.len(),
            seen: Rc::default(),
        };
        let chance = Chance::new(plan.seed);
        let mut dice = chance.stream("devices");
        let mut devices = Vec::new();
        for number in 0..plan.devices {
            let platform = PLATFORMS.get(dice.below(PLATFORMS.len())).copied().unwrap_or(Platform::Windows2000);
            let name = format!("PC{number:04}").parse().map_err(std::io::Error::other)?;
            devices.push(Rc::new(RefCell::new(Device::new(name, platform))));
        }
        let outcome = Outcome { steps: 0, lab_seconds: 0, counts: BTreeMap::new(), journals: String::new(), violation: None };
        Ok(Self {
            plan: plan.clone(),
            chance,
            now: 0,
            ahead_ms: 0,
            events: BinaryHeap::new(),
            what: BTreeMap::new(),
            next_event: 0,
            machines,
            devices,
            out: BTreeSet::new(),
            tasks: Tasks::default(),
            post,
            flights: BTreeMap::new(),
            next_flight: 0,
            answers: Rc::default(),
            closed: Rc::default(),
            people,
            cuts: BTreeSet::new(),
            storm: false,
            quiet: true,
            errands: Vec::new(),
            outcome,
            power_after: BTreeMap::new(),
            _folder: folder,
        })
    }

    /// Carries the plan through, waits until all is quiet, and looks at what is there.
    pub(crate) fn run(mut self, journals: Option<&Path>) -> io::Result<Outcome> {
        self.turn_to(0);
        for machine in 0..self.machines.len() {
            self.start(machine);
        }
        self.go_on(BOOT_MS);
        self.errand(None, None, |people| async move { people.introduce().await }.boxed_local());
        self.go_on(INTRODUCTION_MS);
        self.quiet = false;
        let mut at = self.now;
        for index in 0..self.plan.acts.len() {
            at += self.plan.acts.get(index).map_or(0, |act| act.after_ms);
            self.at(at, Event::Act(index));
        }
        self.go_on(at.saturating_sub(self.now) + 1);
        self.calm_down();
        self.at_the_end();
        self.outcome.lab_seconds = (self.now + self.ahead_ms) / 1000;
        self.outcome.journals = self.fingerprint();
        self.counts_at_the_end();
        journals.map_or(Ok(()), |folder| self.write_down(folder))?;
        Ok(self.outcome)
    }

    fn at(&mut self, when: u64, event: Event) {
        self.next_event += 1;
        self.events.push(Reverse((when.max(self.now), self.next_event)));
        self.what.insert(self.next_event, event);
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.at(self.now + ms, event);
    }

    /// Lets so much time pass, at the least.
    fn go_on(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.outcome.violation.is_none() {
            self.work();
            let Some(Reverse((when, number))) =
                self.events.peek().copied().filter(|Reverse((when, _))| *when <= until || *when <= self.now)
            else {
                break;
            };
            self.events.pop();
            self.turn_to(when);
            if let Some(event) = self.what.remove(&number) {
                self.outcome.steps += 1;
                self.happen(event);
            }
        }
        self.turn_to(until);
    }

    fn turn_to(&mut self, when: u64) {
        self.now = self.now.max(when);
        let millis = BEGINNING_MS + i64::try_from(self.now + self.ahead_ms).unwrap_or(i64::MAX / 2);
        self.machines.iter().for_each(|machine| machine.tell_time(millis));
    }

    /// Steps everything that can go on, in an order of the plan's chance.
    fn work(&mut self) {
        while self.outcome.violation.is_none() {
            let ready = self.tasks.ready();
            if ready == 0 {
                break;
            }
            let which = self.throw("turn", self.outcome.steps) % ready as u64;
            self.outcome.steps += 1;
            let stepped = self.tasks.step(usize::try_from(which).unwrap_or(0));
            self.take_up();
            if let Some((Owner::Run { machine, run }, _)) = stepped {
                self.stepped(machine, run);
            }
            if let Some((Owner::Errand(errand), true)) = stepped {
                self.errand_ended(errand);
            }
        }
    }

    /// What follows a step of a service.
    fn stepped(&mut self, machine: usize, run: u32) {
        let Some(here) = self.machines.get_mut(machine).filter(|here| here.run == run) else { return };
        if let Some(error) = here.start_failed() {
            if here.disk.has_failed() {
                self.end(machine, End::Killed);
            } else {
                let name = here.name.clone();
                self.violated(Invariant::ServicesStart, format!("{name} did not start: {error}"));
            }
            return;
        }
        let open = here.engine().is_some_and(|engine| engine.lab().has_open());
        if open && !here.flush_is_coming {
            here.flush_is_coming = true;
            let (slow, number) = (here.slow, self.outcome.steps);
            let ms = if slow { 50 + self.throw("slow flush", number) % 3000 } else { self.throw("flush", number) % 4 };
            self.after(ms, Event::Flush { machine, run });
        }
        let Some(here) = self.machines.get_mut(machine) else { return };
        if here.disk.has_failed() && here.engine().is_some() {
            let rows = self.power_after.remove(&machine);
            self.end(machine, rows.map_or(End::Killed, |rows| End::PowerCut { rows }));
            return;
        }
        match &mut here.killed_in {
            Some(0) => {
                here.killed_in = None;
                self.end(machine, End::Killed);
                return;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.look_at(machine);
    }

    /// Holds the invariants of every step against a machine that has gone on.
    fn look_at(&mut self, machine: usize) {
        let Some(here) = self.machines.get_mut(machine) else { return };
        let Some(engine) = here.engine().and_then(|engine| engine.of::<Ledger>()) else { return };
        let last = engine.last();
        // Looking costs as much as there are records: where there are many, now and then.
        let every = if self.plan.devices > 100 { 199 } else { 1 };
        if last < here.checked + every {
            return;
        }
        let found = engine.peek(check::ledger).ok().flatten();
        here.checked = last;
        if let Some((invariant, what)) = found {
            let name = here.name.clone();
            self.violated(invariant, format!("{name}: {what}"));
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Act(index) => {
                if let Some(act) = self.plan.acts.get(index).copied() {
                    self.act(act);
                }
            }
            Event::Arrives { flight, to, message } => self.arrive(flight, to, message),
            Event::Answered { flight, answer } => {
                if let Some(flight) = self.flights.remove(&flight) {
                    let _ = flight.tell.send(answer);
                }
            }
            Event::Late { flight } => {
                if let Some(flight) = self.flights.remove(&flight) {
                    let waited = flight.late_after_ms;
                    let _ = flight.tell.send(Err(NoAnswer(format!("no answer by {waited} ms"))));
                }
            }
            Event::Flush { machine, run } => self.flush(machine, run),
            Event::Tick { machine, run } => self.tick(machine, run),
            Event::LookAfter { machine, run } => {
                if let Some(here) = self.machines.get(machine).filter(|here| here.run == run) {
                    if let Some(engine) = here.engine() {
                        engine.lab().look_after();
                    }
                    self.stepped(machine, run);
                    self.after(LOOK_AFTER_MS, Event::LookAfter { machine, run });
                }
            }
            Event::Start { machine } => {
                if self.machines.get(machine).is_some_and(|here| here.up.is_none()) {
                    self.start(machine);
                }
            }
            Event::Ends(ends) => self.trouble_ends(ends),
            Event::Leaves { errand } => {
                self.tasks.drop_of(Owner::Errand(errand));
                self.errand_ended(errand);
            }
        }
    }

    fn flush(&mut self, machine: usize, run: u32) {
        let Some(here) = self.machines.get_mut(machine).filter(|here| here.run == run) else { return };
        here.flush_is_coming = false;
        if let Some(engine) = here.engine() {
            engine.lab().flush();
        }
        self.stepped(machine, run);
    }

    fn tick(&mut self, machine: usize, run: u32) {
        let Some(here) = self.machines.get(machine).filter(|here| here.run == run) else { return };
        if let (Some(standing), Some(up)) = (here.standing(), &here.up) {
            let owner = Owner::Run { machine, run };
            self.tasks.begin(owner, standing.tick().boxed_local());
            if !std::mem::replace(&mut *up.beside.borrow_mut(), true) {
                let (round, busy) = (standing.beside(), up.beside.clone());
                let beside = async move {
                    round.await;
                    *busy.borrow_mut() = false;
                };
                self.tasks.begin(owner, beside.boxed_local());
            }
        }
        let jitter = self.throw("tick", self.outcome.steps) % 500;
        self.after(TICK_MS + jitter, Event::Tick { machine, run });
    }

    fn count(&mut self, what: &'static str) {
        *self.outcome.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn throw(&self, what: &str, number: u64) -> u64 {
        self.chance.throw(what, number)
    }

    fn violated(&mut self, invariant: Invariant, what: String) {
        let step = self.outcome.steps;
        self.outcome.violation.get_or_insert(Violation { invariant, what, step });
    }
}

/// 2026-03-02T08:00:00Z.
const BEGINNING_MS: i64 = 1_772_438_400_000;
const BOOT_MS: u64 = 3000;
const INTRODUCTION_MS: u64 = 60_000;
const TICK_MS: u64 = 5000;
const LOOK_AFTER_MS: u64 = 7000;
/// What devices run.
const PLATFORMS: [Platform; 6] = [
    Platform::Windows98,
    Platform::WindowsNt4,
    Platform::Windows2000,
    Platform::WindowsXpProfessional,
    Platform::WindowsVista,
    Platform::Other,
];
