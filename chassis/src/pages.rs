//! Pages of journal lists, newest first: event logs and whatever else a machine lists.

use shared::machine::Machine;
use shared::model::LogRecord;
use shared::wire::common::{EventQuery, ListQuery, LoggedEvent, Page};
use shared::wire::problem::Problem;

use crate::engine::{Engine, Entry};

/// How many items a page has unless told, and at the most.
const DEFAULT: u32 = 100;
const MOST: u32 = 1000;

/// A page of the event log, filtered by id and source.
///
/// # Errors
/// If the journal has failed.
pub async fn events<M: Machine>(
    engine: &Engine<M>,
    query: EventQuery,
    record: impl Fn(&M::Event) -> Option<&LogRecord> + Send + Sync,
) -> Result<Page<LoggedEvent>, Problem> {
    let fits = |found: &LogRecord| {
        query.id.is_none_or(|id| id == found.id) && query.source.as_ref().is_none_or(|source| source.eq_ignore_ascii_case(&found.source))
    };
    let shown = |entry: &Entry<M::Event>| {
        let found = record(&entry.event).filter(|found| fits(found))?;
        Some(LoggedEvent { entry: entry.seq, at: entry.at, record: found.clone() })
    };
    list(engine, "log", ListQuery { limit: query.limit, before: query.before }, shown).await
}

/// A page of the named list; what `shown` leaves out does not count to the limit.
///
/// # Errors
/// If the journal has failed.
pub async fn list<M: Machine, T>(
    engine: &Engine<M>,
    name: &'static str,
    query: ListQuery,
    shown: impl Fn(&Entry<M::Event>) -> Option<T> + Send + Sync,
) -> Result<Page<T>, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT).clamp(1, MOST) as usize;
    let listed = engine.list(name, query.before, limit, |entry| shown(entry).is_some()).await.map_err(|failed| failed.problem())?;
    Ok(Page { items: listed.items.iter().filter_map(shown).collect(), next: listed.next })
}
