//! What a license server writes into its event log.

use super::{Asked, Event, Ledger};
use crate::model::{Level, LogRecord, TraceStep};
use crate::policy::denials;
use crate::rulebook::rule;

/// A record as an event.
pub(super) fn log(record: LogRecord) -> Event {
    Event::Logged(record)
}

/// A record about the service itself.
pub(super) fn service_event(id: u32, text: &str) -> Event {
    log(denials::log(denials::TERM_SERV_LICENSING, id, Level::Information, text))
}

/// LS-12, SD-06: a permanent was asked for and none is free: 21, or 22 where no pack of the version exists.
pub(super) fn pool_event(ledger: &Ledger, asked: &Asked, rules: &mut Vec<TraceStep>) -> Event {
    let version = asked.inquiry.version;
    let (id, record) = if ledger.has_pack_for(version) {
        (21, denials::pool_empty(version, &asked.terminal_server))
    } else {
        (22, denials::no_pack(version, &asked.terminal_server))
    };
    rules.push(TraceStep::new(rule::LS_12, format!("event {id} logged")));
    log(record)
}
