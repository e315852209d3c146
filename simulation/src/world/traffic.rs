//! Messages on their way, and what becomes of them there.

use std::cell::RefCell;
use std::rc::Rc;

use chassis::transport::{Answer, Message, NoAnswer};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::acts::End;
use super::{Event, World};
use crate::tasks::Owner;
use crate::wire::{From, Sent};

/// A message on its way, or its answer.
pub(super) struct Flight {
    pub(super) tell: oneshot::Sender<Result<Answer, NoAnswer>>,
    pub(super) from: From,
    pub(super) to: usize,
    pub(super) late_after_ms: u64,
}

/// Answers of services to messages that are on their way.
pub(super) type Answers = Rc<RefCell<Vec<(u64, Result<Answer, NoAnswer>)>>>;

impl World {
    /// Takes up what was sent, what was answered and which services have closed.
    pub(super) fn take_up(&mut self) {
        for sent in self.post.take() {
            self.send(sent);
        }
        let answers = std::mem::take(&mut *self.answers.borrow_mut());
        for (flight, answer) in answers {
            self.send_back(flight, answer);
        }
        let closed = std::mem::take(&mut *self.closed.borrow_mut());
        for (machine, run) in closed {
            if self.machines.get(machine).is_some_and(|here| here.run == run) {
                self.end(machine, End::Killed);
            }
        }
    }

    pub(super) fn send(&mut self, sent: Sent) {
        let Sent { from, message, broken, tell } = sent;
        self.count("messages");
        let leaving = self.leaving(from);
        let to = self.machine_at(&message.url);
        self.next_flight += 1;
        let flight = self.next_flight;
        let patience = u64::try_from(message.patience.as_millis()).unwrap_or(u64::MAX);
        let late_after_ms = self.now + patience;
        if let Some(errand) = leaving {
            let ms = self.throw("leaves", flight) % 100;
            self.after(ms, Event::Leaves { errand });
        }
        if broken {
            let _ = tell.send(Ok(Answer { status: 0, body: Vec::new() }));
            return;
        }
        let Some(to) = to else {
            let _ = tell.send(Err(NoAnswer("no such machine".to_owned())));
            return;
        };
        self.flights.insert(flight, Flight { tell, from, to, late_after_ms });
        self.after(patience, Event::Late { flight });
        if self.is_cut(from, to) || self.is_lost("message lost", flight) {
            self.count("messages lost");
            return;
        }
        let delay = self.delay("message", flight);
        if self.doubles(from, flight) {
            self.count("messages doubled");
            let again = delay + self.throw("double", flight) % 2000;
            self.after(again, Event::Arrives { flight: None, to, message: message.clone() });
        }
        self.after(delay, Event::Arrives { flight: Some(flight), to, message });
    }

    pub(super) fn send_back(&mut self, flight: u64, answer: Result<Answer, NoAnswer>) {
        let Some(under_way) = self.flights.get(&flight) else { return };
        let (from, to) = (under_way.from, under_way.to);
        let back = if let From::Machine(from) = from { self.cuts.contains(&(to, from)) } else { false };
        if back || self.is_lost("answer lost", flight) {
            self.count("messages lost");
            return;
        }
        let delay = self.delay("answer", flight);
        self.after(delay, Event::Answered { flight, answer });
    }

    pub(super) fn arrive(&mut self, flight: Option<u64>, to: usize, message: Message) {
        let Some(here) = self.machines.get(to) else { return };
        let Some(standing) = here.standing() else {
            if let Some(flight) = flight.and_then(|flight| self.flights.remove(&flight)) {
                let _ = flight.tell.send(Err(NoAnswer("connection refused".to_owned())));
            }
            return;
        };
        let (taken, answers) = (standing.take(message), self.answers.clone());
        let answering = async move {
            let answer = taken.await;
            if let Some(flight) = flight {
                answers.borrow_mut().push((flight, answer));
            }
        };
        self.tasks.begin(Owner::Run { machine: to, run: here.run }, answering.boxed_local());
    }

    /// The errand whose client goes away soon after what it has just sent.
    pub(super) fn leaving(&mut self, from: From) -> Option<usize> {
        let From::Errand(number) = from else { return None };
        let errand = self.errands.get_mut(number)?;
        let left = errand.leaves_after?;
        errand.leaves_after = left.checked_sub(1);
        (left == 0).then_some(number)
    }

    pub(super) fn machine_at(&self, url: &str) -> Option<usize> {
        let number: usize = url.strip_prefix("http://machine")?.parse().ok()?;
        (number < self.machines.len()).then_some(number)
    }

    pub(super) fn is_cut(&self, from: From, to: usize) -> bool {
        if let From::Machine(from) = from { self.cuts.contains(&(from, to)) } else { false }
    }

    pub(super) fn is_lost(&self, what: &str, flight: u64) -> bool {
        let once_in = if self.storm { 5 } else { 60 };
        !self.quiet && self.throw(what, flight).is_multiple_of(once_in)
    }

    /// What an administrator sends is never doubled on its way: he would not know himself what he had asked for. He asks again of
    /// his own accord where nobody answers.
    pub(super) fn doubles(&self, from: From, flight: u64) -> bool {
        let is_administrator =
            matches!(from, From::Errand(number) if self.errands.get(number).is_some_and(|errand| errand.device.is_none()));
        if is_administrator {
            return false;
        }
        let once_in = if self.storm { 4 } else { 30 };
        !self.quiet && self.throw("doubles", flight).is_multiple_of(once_in)
    }

    pub(super) fn delay(&self, what: &str, flight: u64) -> u64 {
        let throw = self.throw(what, flight);
        match (self.quiet, self.storm) {
            (true, _) => 1 + throw % 3,
            (false, false) => 1 + throw % if throw.is_multiple_of(20) { 900 } else { 20 },
            (false, true) => 1 + throw % 3000,
        }
    }
}
