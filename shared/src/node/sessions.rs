//! How sessions end, and what is open.
//!
//! With the service all of them end at once, however many there are. That is one event, [`Event::RunEnded`]; each session's own end
//! is written down afterwards, some at a time ([`Command::EndLeftOver`](super::Command::EndLeftOver)), while the next run already serves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Event, Node, OpenSession};
use crate::machine::{RowError, Rows};
use crate::model::LabTime;
use crate::wire::terminal_server::{Ending, Session, SessionState};

/// How many ends of left-over sessions one command writes down.
pub const LEFT_OVER_AT_ONCE: usize = 500;

/// Sessions of earlier runs whose ends are not written down yet.
#[derive(Debug, Default)]
pub(super) struct LeftOver {
    /// By the entry that opened each.
    sessions: BTreeMap<u64, OpenSession>,
    /// When those runs ended, oldest first: a row.
    runs: Vec<RunEnd>,
}

/// The end of a run: sessions that were opened by an entry before this one ended with it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct RunEnd {
    before: u64,
    at: LabTime,
}

/// All sessions that are open end with the service.
pub(super) fn end_all(node: &Node) -> Vec<Event> {
    if node.open.is_empty() { Vec::new() } else { vec![Event::RunEnded] }
}

/// The ends of the left-over sessions that were opened first.
pub(super) fn end_left_over(node: &Node) -> Vec<Event> {
    let oldest = node.left_over.sessions.values().take(LEFT_OVER_AT_ONCE);
    oldest.map(|open| Event::SessionEnded { session: node.left_over.ended(open) }).collect()
}

/// The end of one session.
pub(super) fn ended(open: &OpenSession, how: Ending, at: LabTime) -> Event {
    Event::SessionEnded { session: as_ended(open, how, at) }
}

fn as_ended(open: &OpenSession, how: Ending, at: LabTime) -> Session {
    Session { state: SessionState::Ended { at, how }, ..open.session.clone() }
}

impl Node {
    /// Sessions that are open, newest first, and after them those that ended with an earlier run and are not on the list of ended
    /// ones yet: at most `limit`, of those opened by an entry before `before`. With each the entry that opened it.
    #[must_use]
    pub fn sessions_at_hand(&self, before: Option<u64>, limit: usize, only_open: bool) -> Vec<(u64, Session)> {
        let end = before.unwrap_or(u64::MAX);
        let open = self.by_entry.range(..end).rev().filter_map(|(entry, id)| self.open.get(id).map(|open| (*entry, open.session.clone())));
        let left = self.left_over.sessions.range(..end).rev().filter(|_| !only_open);
        open.chain(left.map(|(entry, open)| (*entry, self.left_over.ended(open)))).take(limit).collect()
    }

    /// How many sessions ended with an earlier run and are not on the list of ended ones yet.
    #[must_use]
    pub fn left_over(&self) -> usize {
        self.left_over.sessions.len()
    }

    /// Takes the end of a run in: nothing is open any more.
    pub(super) fn end_run(&mut self, at: LabTime, rows: &mut Rows) {
        let moved = self.open.drain().map(|(_, open)| (open.entry, open));
        self.left_over.sessions.extend(moved);
        self.by_entry.clear();
        self.waiting.clear();
        (self.administrative, self.anonymous) = (0, 0);
        self.left_over.runs.push(RunEnd { before: rows.entry(), at });
        rows.put(RUNS_ROW, &self.left_over.runs);
    }
}

impl LeftOver {
    /// A left-over session as it ended.
    fn ended(&self, open: &OpenSession) -> Session {
        // The first run that ended after it was opened; there is one, or it would not be left over.
        let end = self.runs.iter().find(|run| run.before > open.entry).map_or(open.session.opened_at, |run| run.at);
        as_ended(open, Ending::ServiceStopped, end)
    }

    /// Whether a session that this entry opened ended with a run.
    pub(super) fn covers(&self, entry: u64) -> bool {
        self.runs.last().is_some_and(|run| entry < run.before)
    }

    pub(super) fn keep(&mut self, open: OpenSession) {
        self.sessions.insert(open.entry, open);
    }

    /// Takes the end of one of them in: they come in the order in which they were opened.
    pub(super) fn remove(&mut self, session: &Session, rows: &mut Rows) {
        if self.sessions.first_key_value().is_some_and(|(_, first)| first.session.id == session.id) {
            self.sessions.pop_first();
        } else {
            self.sessions.retain(|_, open| open.session.id != session.id);
        }
        if self.sessions.is_empty() && !self.runs.is_empty() {
            self.runs.clear();
            rows.remove(RUNS_ROW);
        }
    }

    /// Its row stands before those of the sessions, whose keys come later.
    pub(super) fn load(&mut self, value: &[u8]) -> Result<(), RowError> {
        self.runs = RowError::parse(RUNS_ROW, value)?;
        Ok(())
    }
}

const RUNS_ROW: &str = "ended-runs";
