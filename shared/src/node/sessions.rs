//! How sessions end.

use super::{Event, Node, OpenSession};
use crate::model::LabTime;
use crate::wire::terminal_server::{Ending, Session, SessionState};

/// All sessions that are open end with the service, in the order in which they were opened.
pub(super) fn end_all(node: &Node, now: LabTime) -> Vec<Event> {
    let mut open: Vec<&OpenSession> = node.open.values().collect();
    open.sort_by_key(|open| open.entry);
    open.into_iter().map(|open| ended(open, Ending::ServiceStopped, now)).collect()
}

/// The end of one session.
pub(super) fn ended(open: &OpenSession, how: Ending, at: LabTime) -> Event {
    Event::SessionEnded { session: Session { state: SessionState::Ended { at, how }, ..open.session.clone() } }
}
