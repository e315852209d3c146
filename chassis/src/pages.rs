//! Pages of journal lists, newest first: event logs and whatever else a machine lists.

use shared::machine::Machine;
use shared::model::LogRecord;
use shared::wire::common::{EventQuery, ListQuery, LoggedEvent, Page, Sorted, SortedQuery};
use shared::wire::problem::Problem;

use crate::engine::{Engine, Entry};

/// How many items a page has unless told, and at the most.
const DEFAULT: u32 = 100;
const MOST: u32 = 1000;

/// How many items a page has that was asked for with this limit.
#[must_use]
pub fn limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(DEFAULT).clamp(1, MOST) as usize
}

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

/// A page of a list that is in the order of `key`.
pub fn sorted<T>(query: &SortedQuery, rows: impl IntoIterator<Item = T>, key: impl Fn(&T) -> String) -> Sorted<T> {
    let limit = limit(query.limit);
    let mut rows = rows.into_iter().filter(|row| query.after.as_ref().is_none_or(|after| key(row) > *after));
    let items: Vec<T> = rows.by_ref().take(limit).collect();
    let next = items.last().map(&key).filter(|_| rows.next().is_some());
    Sorted { items, next }
}

/// A page of a list that has no such order, by the places in it.
pub fn placed<T>(query: &SortedQuery, rows: impl IntoIterator<Item = T>) -> Sorted<T> {
    // Figures of one width stand in the order of their numbers.
    let place = |place: usize| format!("{place:09}");
    let Sorted { items, next } = sorted(query, rows.into_iter().enumerate(), |(at, _)| place(*at));
    Sorted { items: items.into_iter().map(|(_, row)| row).collect(), next }
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
    let limit = limit(query.limit);
    let listed = engine.list(name, query.before, limit, |entry| shown(entry).is_some()).await.map_err(|failed| failed.problem())?;
    Ok(Page { items: listed.items.iter().filter_map(shown).collect(), next: listed.next })
}
