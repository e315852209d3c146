//! What is under way, in one thread: futures that are stepped when something they wait for has come.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::LocalBoxFuture;

/// Whose a task is: it is gone with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The run of a service on a machine.
    Run {
        /// The machine.
        machine: usize,
        /// Which of its runs.
        run: u32,
    },
    /// A device's visit, or an administrator's errand.
    Errand(usize),
}

/// Everything that is under way.
#[derive(Default)]
pub(crate) struct Tasks {
    tasks: BTreeMap<u64, Task>,
    next: u64,
    ready: Arc<Ready>,
}

struct Task {
    owner: Owner,
    future: LocalBoxFuture<'static, ()>,
    waker: Waker,
}

/// The tasks that can go on.
#[derive(Default)]
struct Ready(Mutex<Vec<u64>>);

struct Wakes {
    task: u64,
    ready: Arc<Ready>,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&self.task) {
            ready.push(self.task);
        }
    }
}

impl Tasks {
    /// Takes something up; it is ready at once.
    pub(crate) fn begin(&mut self, owner: Owner, future: LocalBoxFuture<'static, ()>) {
        self.next += 1;
        let waker = Waker::from(Arc::new(Wakes { task: self.next, ready: Arc::clone(&self.ready) }));
        waker.wake_by_ref();
        self.tasks.insert(self.next, Task { owner, future, waker });
    }

    /// How many tasks can go on.
    pub(crate) fn ready(&self) -> usize {
        self.ready.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Steps one of those that can go on, the one at place `which`; says whose it was and whether it has come to its end. None where
    /// it is gone.
    pub(crate) fn step(&mut self, which: usize) -> Option<(Owner, bool)> {
        let task = {
            let mut ready = self.ready.0.lock().unwrap_or_else(PoisonError::into_inner);
            if which >= ready.len() {
                return None;
            }
            ready.remove(which)
        };
        let running = self.tasks.get_mut(&task)?;
        let owner = running.owner;
        let waker = running.waker.clone();
        let ended = Pin::new(&mut running.future).poll(&mut Context::from_waker(&waker)) == Poll::Ready(());
        if ended {
            self.tasks.remove(&task);
        }
        Some((owner, ended))
    }

    /// Everything of an owner is gone, wherever it stood.
    pub(crate) fn drop_of(&mut self, owner: Owner) {
        // Taken out first: what ends may wake others.
        let gone: Vec<Task> = self.tasks.extract_if(.., |_, task| task.owner == owner).map(|(_, task)| task).collect();
        drop(gone);
    }

    /// Whose tasks are under way.
    pub(crate) fn owners(&self) -> impl Iterator<Item = Owner> {
        self.tasks.values().map(|task| task.owner)
    }
}
