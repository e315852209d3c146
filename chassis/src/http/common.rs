//! The routes that every service has.

use std::sync::Arc;

use serde_json::Value;
use shared::wire::common::{ClockChange, ClockView, Health, Identity, JournalView, NetworkView, SeedChange};
use shared::wire::problem::{Problem, ProblemCode};

use super::{Access, App, Asked, Body, Extract, NoContent, Operation, Routes};

/// What the table knows about the service by itself.
pub(crate) struct Facts {
    pub(crate) health: Health,
    pub(crate) openapi: Value,
}

/// Adds the routes that every service has.
pub(super) fn add<S: App>(routes: &mut Routes<S>) {
    routes.get("/health", Access::Anyone, "Whether the service works.", health);
    routes.get("/openapi.json", Access::Anyone, "This description.", openapi);
    routes.get("/identity", Access::Anyone, "Name, key and kind of this service, to be compared before it is trusted.", identity);
    routes.get("/journal", Access::Administrator, "How the journal stands.", journal);
    routes.get("/lab/clock", Access::Lab, "The service's clock.", clock);
    routes
        .post("/lab/clock", Access::Lab, "Freeze, run, set or advance the service's clock.", change_clock)
        .problems(&[ProblemCode::TimeBackwards]);
    routes.get("/lab/network", Access::Lab, "The services that this one cannot reach, though they are there.", network);
    routes.put("/lab/network", Access::Lab, "Settle which services are out of reach: calls to them come to nothing.", change_network);
    routes.post("/lab/dice", Access::Lab, "Seed the service's dice: every later throw follows from the number.", seed);
}

async fn network<S: App>(app: S) -> Result<NetworkView, Problem> {
    Ok(app.engine().network_view())
}

async fn change_network<S: App>(app: S, Body(network): Body<NetworkView>) -> Result<NetworkView, Problem> {
    app.engine().cut_off(network).await?;
    Ok(app.engine().network_view())
}

async fn health<S: App>(app: S, facts: Arc<Facts>) -> Result<Health, Problem> {
    // A service whose journal has failed says so here.
    app.engine().journal_view().await.map(|_| facts.health.clone())
}

async fn openapi<S: App>(_: S, facts: Arc<Facts>) -> Result<Value, Problem> {
    Ok(facts.openapi.clone())
}

async fn identity<S: App>(app: S) -> Result<Identity, Problem> {
    app.identity().await
}

async fn journal<S: App>(app: S) -> Result<JournalView, Problem> {
    app.engine().journal_view().await
}

async fn clock<S: App>(app: S) -> Result<ClockView, Problem> {
    app.engine().clock_view().await
}

async fn change_clock<S: App>(app: S, Body(change): Body<ClockChange>) -> Result<ClockView, Problem> {
    match change {
        ClockChange::Set { .. } | ClockChange::Advance { .. } => app.settle().await,
        ClockChange::Freeze | ClockChange::Run => {}
    }
    let view = app.engine().change_clock(change).await?;
    app.keep_up().await;
    Ok(view)
}

async fn seed<S: App>(app: S, Body(change): Body<SeedChange>) -> Result<NoContent, Problem> {
    app.engine().reseed(change.seed).await.map(|()| NoContent)
}

impl Extract for Arc<Facts> {
    fn describe(_: &mut Operation<'_>) {}

    fn extract(asked: &Asked) -> Result<Self, Problem> {
        Ok(asked.facts.clone())
    }
}
