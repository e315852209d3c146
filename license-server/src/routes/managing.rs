//! What administrators do with CALs and packs beyond installing them (W08-07 to W08-13).

use chassis::client::{CallError, Peer};
use chassis::http::{Body, Created, Method, NoContent, Path, Query, Signed};
use chassis::pages;
use shared::ledger::{self, Command, ManageCommand, Refusal, Revocation, pack_row};
use shared::model::{Pack, PackId, RequestId};
use shared::rulebook::rule;
use shared::wire::clearinghouse::MigrationRequest;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::license_server::PackRow;
use shared::wire::managing::{
    Convert, Migrate, Migrated, MigrationReason, OrderRelease, Rebuild, Rebuilt, Release, ReleaseOrder, Released, Revoke, Revoked,
};
use shared::wire::problem::{Problem, ProblemCode};

use crate::activation;
use crate::app::LicenseServer;

/// W08-07 to W08-10. A revocation over the limit is on record, with event 81, and refused to the caller.
pub(super) async fn revoke(app: LicenseServer, request: RequestId, Body(wanted): Body<Revoke>) -> Result<Revoked, Problem> {
    let number = match wanted {
        Revoke::Device { number } => number,
        Revoke::User { name } => {
            let detail = format!("the User CAL of {name} stays as it is: User CALs cannot be revoked");
            return Err(Problem::new(ProblemCode::Conflict, detail).under(&[rule::W08_09]));
        }
    };
    let done = app.execute(Some(&request), ledger::Revoke { number }, |ledger, revocation, now| match revocation {
        Revocation::Limited { next_allowed_at } => Err(next_allowed_at),
        Revocation::Revoked { cal } => {
            let (left, next_allowed_at) = ledger.revocable(cal.version, now);
            Ok(Revoked { cal, left, next_allowed_at })
        }
    });
    let limited = |at| Problem::new(ProblemCode::RevocationLimit, format!("the next CAL of this version may be revoked at {at}"));
    done.await?.map_err(|at| limited(at).under(&[rule::W08_08, rule::SD_12]))
}

/// W08-13.
pub(super) async fn convert(app: LicenseServer, Body(wanted): Body<Convert>) -> Result<Created<PackRow>, Problem> {
    let Convert { request, pack, quantity } = wanted;
    let command = ledger::Convert { request: request.clone(), pack, quantity };
    app.execute(Some(&request), command, |_, made, _| Created(pack_row(&made))).await
}

pub(super) async fn remove(app: LicenseServer, Path(pack): Path<PackId>) -> Result<NoContent, Problem> {
    app.execute(None, Command::Manage(ManageCommand::RemovePack(pack)), |_, _, _| NoContent).await
}

/// W08-12.
pub(super) async fn rebuild(app: LicenseServer, Body(wanted): Body<Rebuild>) -> Result<Rebuilt, Problem> {
    let name = app.server()?.name;
    if wanted.confirm != name {
        let detail = format!("confirm is {}, this license server is {name}: nothing was deleted", wanted.confirm);
        return Err(Problem::new(ProblemCode::Invalid, detail).under(&[rule::W08_12]));
    }
    let (packs, licenses) = app.read(|ledger, _| ledger.size()).await?;
    app.execute(None, Command::Manage(ManageCommand::Rebuild), |_, _, _| Rebuilt { packs, licenses }).await
}

pub(super) async fn damage(app: LicenseServer) -> Result<NoContent, Problem> {
    app.execute(None, Command::Manage(ManageCommand::Suspect), |_, _, _| NoContent).await
}

/// W08-11, AM-17. A source that is alive removes what its administrator ordered first, under the request's own id: when an answer is
/// lost, the same request again brings the same packs, so that none is lost and none is there twice. Of one that no longer functions
/// the clearinghouse issues a pack anew, against its papers.
pub(super) async fn migrate(app: LicenseServer, Body(wanted): Body<Migrate>) -> Result<Migrated, Problem> {
    app.peek(|ledger, now| ledger.may_take_over(now))?.map_err(|refusal| refusal.problem())?;
    let alive = wanted.reason == MigrationReason::Replaced;
    let replaces = wanted.pack.clone().filter(|_| !alive);
    let packs = match wanted.reason {
        MigrationReason::Replaced => ask_source(&app, &wanted).await?,
        MigrationReason::NotFunctioning => vec![activation::migrate(&app, &wanted.request, replaced(&app, &wanted)?).await?],
    };
    let ids: Vec<PackId> = packs.iter().map(|pack| pack.id.clone()).collect();
    let request = wanted.request;
    let command = ManageCommand::TakeOver { request: request.clone(), from: wanted.source, packs, replaces };
    let rows = app.execute(Some(&request), Command::Manage(command), |ledger, _, _| {
        ids.iter().filter_map(|id| ledger.pack_row(id)).collect::<Vec<_>>()
    });
    Ok(Migrated { packs: rows.await?, removed_at_source: alive })
}

async fn ask_source(app: &LicenseServer, wanted: &Migrate) -> Result<Vec<Pack>, Problem> {
    let peer = app.peek(|ledger, _| ledger.peer(&wanted.source).cloned())?;
    let peer = peer.ok_or_else(|| Refusal::NoSuchServer(wanted.source.clone()).problem())?;
    let peer = Peer { url: peer.url, key: peer.key };
    let release = Release { request: wanted.request.clone(), up_to: app.server()?.version() };
    let released = app.peers().call::<Released>(&peer, &wanted.request, Method::Post, "/releases", &release).await;
    released.map(|released| released.packs).map_err(|error| match error {
        CallError::Problem(problem) => problem,
        CallError::Silence(reason) => Problem::new(ProblemCode::Unreachable, format!("{}: {reason}", wanted.source)),
    })
}

/// What is asked of the clearinghouse for a source that no longer functions. Whoever migrates from it has to know what it was.
fn replaced(app: &LicenseServer, wanted: &Migrate) -> Result<MigrationRequest, Problem> {
    let known = app.peek(|ledger, _| ledger.announced(&wanted.source).cloned())?;
    let known = known.ok_or_else(|| {
        Problem::new(ProblemCode::NotFound, format!("{} is not enrolled here, or has never announced its packs", wanted.source))
    })?;
    if wanted.generation != Some(known.generation) || wanted.product_id.as_ref() != Some(&known.product_id) {
        let detail =
            format!("generation and product_id are not those of {}; a source that no longer functions is named by both", wanted.source);
        return Err(Problem::new(ProblemCode::Invalid, detail).under(&[rule::W08_11]));
    }
    let (Some(pack), Some(purchase)) = (wanted.pack.clone(), wanted.purchase.clone()) else {
        let detail = "pack and purchase: a source that no longer functions gives no order, so the clearinghouse issues a pack of it anew, \
                      against the papers that it was bought with";
        return Err(Problem::new(ProblemCode::Invalid, detail).under(&[rule::AM_17, rule::AC_48]));
    };
    let server_version = app.server()?.version();
    Ok(MigrationRequest { request: wanted.request.clone(), server_version, source: known.product_id, pack, purchase })
}

/// AM-17.
pub(super) async fn order_release(app: LicenseServer, Body(wanted): Body<OrderRelease>) -> Result<Vec<ReleaseOrder>, Problem> {
    let command = Command::Manage(ManageCommand::OrderRelease(wanted));
    app.execute(None, command, |ledger, _, _| ledger.release_orders()).await
}

/// AM-17.
pub(super) async fn release_orders(app: LicenseServer, Query(query): Query<SortedQuery>) -> Result<Sorted<ReleaseOrder>, Problem> {
    Ok(pages::placed(&query, app.read(|ledger, _| ledger.release_orders()).await?))
}

/// AM-17.
pub(super) async fn withdraw_order(app: LicenseServer, Path(pack): Path<PackId>) -> Result<NoContent, Problem> {
    app.execute(None, Command::Manage(ManageCommand::WithdrawOrder(pack)), |_, _, _| NoContent).await
}

/// W08-11, AM-17: another license server takes over what this one's administrator has ordered for it.
pub(super) async fn release(app: LicenseServer, signed: Signed, Body(wanted): Body<Release>) -> Result<Released, Problem> {
    let Release { request, up_to } = wanted;
    let command = ledger::Release { request: request.clone(), to: signed.name, up_to };
    app.execute(Some(&request), command, |_, packs, _| Released { packs }).await
}
