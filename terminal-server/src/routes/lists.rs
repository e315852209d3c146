//! What can be read: sessions, verdicts, events, grace.

use chassis::engine::Entry;
use chassis::http::Query;
use chassis::pages;
use shared::node::{Event, Refusal};
use shared::wire::common::{EventQuery, ListQuery, LoggedEvent, Page};
use shared::wire::problem::Problem;
use shared::wire::terminal_server::{GraceView, SessionRow, VerdictCount, VerdictRow};

use crate::app::TerminalServer;

/// The open sessions stand on the first page only; a session whose entry is not on disk yet is marked as recent.
pub(super) async fn sessions(app: TerminalServer, Query(query): Query<ListQuery>) -> Result<Page<SessionRow>, Problem> {
    let open = if query.before.is_none() { app.peek(|node, _| node.open_sessions())? } else { Vec::new() };
    let on_disk = app.engine().flushed();
    let mut page = pages::list(app.engine(), "sessions", query, ended).await?;
    let open = open.into_iter().map(|open| SessionRow { session: open.session, recent: open.entry > on_disk });
    page.items.splice(0..0, open);
    Ok(page)
}

fn ended(entry: &Entry<Event>) -> Option<SessionRow> {
    match &entry.event {
        Event::SessionEnded { session } => Some(SessionRow { session: session.clone(), recent: false }),
        _ => None,
    }
}

pub(super) async fn verdicts(app: TerminalServer, Query(query): Query<ListQuery>) -> Result<Page<VerdictRow>, Problem> {
    pages::list(app.engine(), "verdicts", query, |entry| match &entry.event {
        Event::Judged { verdict, .. } => Some(VerdictRow { entry: entry.seq, at: entry.at, verdict: verdict.clone() }),
        _ => None,
    })
    .await
}

pub(super) async fn verdict_counts(app: TerminalServer) -> Result<Vec<VerdictCount>, Problem> {
    app.read(|node, _| node.verdict_counts()).await
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
