//! The root, the record of activations and packs, the event log (AC-42).

use chassis::http::{Pem, Query};
use chassis::pages;
use shared::model::LogRecord;
use shared::registry::{ACTIVATIONS, LOG, PACKS};
use shared::wire::clearinghouse::{ActivationRecord, PackRecord, TurnedDownRow};
use shared::wire::common::{EventQuery, ListQuery, LoggedEvent, Page, Sorted, SortedQuery};
use shared::wire::problem::Problem;

use crate::desk::Desk;

/// The root certificate.
pub(crate) async fn root(desk: Desk) -> Result<Pem, Problem> {
    Ok(Pem(desk.root().certificate().pem()))
}

/// What was asked of activation.
pub(crate) async fn activations(desk: Desk, Query(query): Query<ListQuery>) -> Result<Page<ActivationRecord>, Problem> {
    pages::list(desk.engine(), ACTIVATIONS, query, |entry| entry.event.activation_record(entry.seq, entry.at)).await
}

/// What was asked of packs.
pub(crate) async fn packs(desk: Desk, Query(query): Query<ListQuery>) -> Result<Page<PackRecord>, Problem> {
    pages::list(desk.engine(), PACKS, query, |entry| entry.event.pack_record(entry.seq, entry.at)).await
}

/// AC-42: how often what was turned down, that included which does not stand on the record one by one.
pub(crate) async fn turned_down(desk: Desk, Query(query): Query<SortedQuery>) -> Result<Sorted<TurnedDownRow>, Problem> {
    desk.count_turned_down().await?;
    let rows = desk.engine().read(|registry, _| registry.turned_down()).await.map_err(|failed| failed.problem())?;
    Ok(pages::placed(&query, rows))
}

/// The event log.
pub(crate) async fn events(desk: Desk, Query(query): Query<EventQuery>) -> Result<Page<LoggedEvent>, Problem> {
    let fits = |record: &LogRecord| {
        let source = query.source.as_ref().is_none_or(|source| source.eq_ignore_ascii_case(&record.source));
        source && query.id.is_none_or(|id| id == record.id)
    };
    let page = ListQuery { limit: query.limit, before: query.before };
    let shown = |record: LogRecord, entry, at| fits(&record).then_some(LoggedEvent { entry, at, record });
    pages::list(desk.engine(), LOG, page, |entry| shown(entry.event.log_record(), entry.seq, entry.at)).await
}
