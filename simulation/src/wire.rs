//! The wires between the machines: what is sent lies here until the world takes it up.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chassis::transport::{Answer, Message, NoAnswer, Transport};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum From {
    /// A machine, by its number.
    Machine(usize),
    /// A device on a visit, or an administrator's desk, by the errand.
    Errand(usize),
}

/// A message that was sent.
pub(crate) struct Sent {
    pub(crate) from: From,
    pub(crate) message: Message,
    /// Only its first half was sent.
    pub(crate) broken: bool,
    pub(crate) tell: oneshot::Sender<Result<Answer, NoAnswer>>,
}

/// What was sent and not yet taken up, in order.
#[derive(Clone, Default)]
pub(crate) struct Post(Arc<Mutex<Vec<Sent>>>);

impl Post {
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One party's end of the wires.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) from: From,
    pub(crate) post: Post,
}

impl Wire {
    fn give(&self, message: Message, broken: bool) -> BoxFuture<'static, Result<Answer, NoAnswer>> {
        let (tell, told) = oneshot::channel();
        self.post.0.lock().unwrap_or_else(PoisonError::into_inner).push(Sent { from: self.from, message, broken, tell });
        async { told.await.unwrap_or_else(|_| Err(NoAnswer("the wire is gone".to_owned()))) }.boxed()
    }
}

impl Transport for Wire {
    fn send(&self, message: Message) -> BoxFuture<'static, Result<Answer, NoAnswer>> {
        self.give(message, false)
    }

    fn break_off(&self, message: Message) -> BoxFuture<'static, Result<(), NoAnswer>> {
        let broken = self.give(message, true);
        async { broken.await.map(drop) }.boxed()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wire").field("from", &self.from).finish_non_exhaustive()
    }
}
