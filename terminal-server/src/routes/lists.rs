//! What can be read: sessions, verdicts, events, grace.

use chassis::engine::Entry;
use chassis::http::Query;
use chassis::pages;
use shared::node::{Event, Refusal};
use shared::wire::common::{EventQuery, ListQuery, LoggedEvent, Page, Sorted, SortedQuery};
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{GraceView, SessionQuery, SessionRow, VerdictCount, VerdictRow};

use crate::app::TerminalServer;

/// The open sessions come first, by the entries that opened them, then the ended ones, by those that ended them; a session that ends
/// while somebody turns the pages may stand on two of them. One whose entry is not on disk yet is marked as recent.
///
/// A `before` that is [`OPENED`] or more goes on among the open ones, a lesser one among the ended ones.
pub(super) async fn sessions(app: TerminalServer, Query(query): Query<SessionQuery>) -> Result<Page<SessionRow>, Problem> {
    let limit = pages::limit(query.limit);
    let only_open = query.open.unwrap_or_default();
    let list = |limit: usize, before| ListQuery { limit: u32::try_from(limit).ok(), before };
    if let Some(before) = query.before.filter(|before| *before < OPENED) {
        if only_open {
            return Ok(Page { items: Vec::new(), next: None });
        }
        return pages::list(app.engine(), "sessions", list(limit, Some(before)), ended).await;
    }
    let before = query.before.map(|before| before - OPENED);
    let at_hand = app.peek(|node, _| node.sessions_at_hand(before, limit, only_open))?;
    let on_disk = app.engine().flushed();
    let last = at_hand.last().map(|(entry, _)| OPENED + entry);
    let mut items: Vec<SessionRow> = at_hand.into_iter().map(|(entry, session)| SessionRow { session, recent: entry > on_disk }).collect();
    if items.len() >= limit {
        return Ok(Page { items, next: last });
    }
    if only_open {
        return Ok(Page { items, next: None });
    }
    let page = pages::list(app.engine(), "sessions", list(limit - items.len(), None), ended).await?;
    items.extend(page.items);
    Ok(Page { items, next: page.next })
}

/// Where the numbers of open sessions begin in `before` and `next`: above every entry's, and below what JSON numbers hold exactly.
const OPENED: u64 = 1 << 52;

fn ended(entry: &Entry<Event>) -> Option<SessionRow> {
    match &entry.event {
        Event::SessionEnded { session } => Some(SessionRow { session: session.clone(), recent: false }),
        _ => None,
    }
}

pub(super) async fn verdicts(app: TerminalServer, Query(query): Query<ListQuery>) -> Result<Page<VerdictRow>, Problem> {
    let generation = app.server()?.generation;
    pages::list(app.engine(), "verdicts", query, |entry| match &entry.event {
        Event::Judged { verdict, .. } => Some(VerdictRow { entry: entry.seq, at: entry.at, verdict: verdict.clone().shown(generation) }),
        _ => None,
    })
    .await
}

pub(super) async fn verdict_counts(app: TerminalServer, Query(query): Query<SortedQuery>) -> Result<Sorted<VerdictCount>, Problem> {
    Ok(pages::sorted(&query, app.read(|node, _| node.verdict_counts()).await?, |row| row.rule.to_string()))
}

pub(super) async fn events(app: TerminalServer, Query(query): Query<EventQuery>) -> Result<Page<LoggedEvent>, Problem> {
    pages::events(app.engine(), query, |event| match event {
        Event::Logged(record) | Event::GraceNotice { record } => Some(record),
        _ => None,
    })
    .await
}

/// GR-10.
pub(super) async fn grace(app: TerminalServer) -> Result<GraceView, Problem> {
    let view = app.read(|node, now| node.grace_view(now)).await?;
    view.ok_or_else(|| Refusal::NotStarted.problem())
}
