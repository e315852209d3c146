//! What a person asks, by telephone, by fax or on a page: typed codes for an answer (AC-12, AC-13, AC-22, AC-31, AC-37, AC-40).

use chassis::http::{Body, NoContent, Signed};
use shared::model::code::{CodeKind, read_groups};
use shared::model::{RequestId, ServerRef};
use shared::registry::desk::{DeactivateByPerson, PackByPerson, PackCall, RegisterByPerson};
use shared::registry::{AskedBy, DeactivateItself, Registration};
use shared::rulebook::rule;
use shared::trust::{CodeFlaw, read_key_text, read_request};
use shared::wire::desk::{
    AutomaticDeactivation, Confirmed, Deactivate, IssuePack, Move, Recover, Register, Registered, Reissue, TypedPack,
};
use shared::wire::problem::{Problem, ProblemCode};

use crate::activations::certificate_pem;
use crate::desk::{Asker, Desk};
use crate::guesses::{Caller, number_of};

/// AC-12, AC-13.
pub(crate) async fn register(desk: Desk, Body(request): Body<Register>) -> Result<Registered, Problem> {
    register_for(&desk, Caller::Representative, request).await
}

/// The same for whoever asks.
pub(crate) async fn register_for(desk: &Desk, visitor: Caller, request: Register) -> Result<Registered, Problem> {
    let agreement = read_key_text(&request.key_text, &request.product_id).map_err(|flaw| code_problem(&flaw))?;
    let improper = |detail: String| Problem::new(ProblemCode::Invalid, detail).under(&[rule::AC_11]);
    let requested = request.certificate_request.as_deref().map(read_request).transpose();
    let requested = requested.map_err(|error| improper(format!("certificate_request: {error}")))?;
    let (id, product_id, years) = (request.request.clone(), request.product_id.clone(), desk.certificate_years());
    let caller = AskedBy::Person(agreement);
    let codes = desk.codes(&product_id, &agreement)?;
    let command = RegisterByPerson { request, agreement, requested, years, codes };
    let told = desk.answer(Asker { caller: visitor, key: caller, request: &id, number: None }, command).await?;
    let registration = told.registration;
    Ok(Registered {
        license_server_id: registration.id.ok_or_else(|| lost("License Server ID"))?,
        number: registration.number,
        until: registration.until,
        certificate: told.activation.as_ref().map(|activation| certificate_pem(desk, activation)).transpose()?,
    })
}

/// AC-31.
pub(crate) async fn issue(desk: Desk, Body(request): Body<IssuePack>) -> Result<TypedPack, Problem> {
    issue_for(&desk, Caller::Representative, request).await
}

/// The same for whoever asks. A server that is not on record is a wrong number too.
pub(crate) async fn issue_for(desk: &Desk, visitor: Caller, request: IssuePack) -> Result<TypedPack, Problem> {
    let (id, number) = (request.request.clone(), number_of(&request.purchase));
    let unknown = |found: &Result<Registration, Problem>| found.as_ref().is_err_and(|problem| problem.code == ProblemCode::NotActivated);
    let server = desk.patiently(visitor, None, find(desk, &request.server), unknown).await?;
    typed(desk, (visitor, Some(&number)), &id, &server, PackCall::Issue(request)).await
}

/// AC-40, AC-48.
pub(crate) async fn recover(desk: Desk, Body(request): Body<Recover>) -> Result<TypedPack, Problem> {
    let (id, server) = (request.request.clone(), find(&desk, &request.server).await?);
    typed(&desk, REPRESENTATIVE, &id, &server, PackCall::Recover(request)).await
}

/// W2K-11.
pub(crate) async fn reissue(desk: Desk, Body(request): Body<Reissue>) -> Result<TypedPack, Problem> {
    let (id, server) = (request.request.clone(), find(&desk, &request.server).await?);
    typed(&desk, REPRESENTATIVE, &id, &server, PackCall::Reissue(request)).await
}

/// AC-37.
pub(crate) async fn move_pack(desk: Desk, Body(request): Body<Move>) -> Result<TypedPack, Problem> {
    let (id, server) = (request.request.clone(), find(&desk, &request.server).await?);
    typed(&desk, REPRESENTATIVE, &id, &server, PackCall::Move(request)).await
}

/// AC-22. The code is made from the number of the activation, so a lost one can be read out again.
pub(crate) async fn deactivate(desk: Desk, Body(request): Body<Deactivate>) -> Result<Confirmed, Problem> {
    let (id, server) = (request.request.clone(), find(&desk, &request.server).await?);
    let (caller, codes) = keys(&desk, &server)?;
    let asker = Asker { caller: Caller::Representative, key: caller, request: &id, number: None };
    let number = desk.answer(asker, DeactivateByPerson { request, server: server.product_id.clone() }).await?;
    Ok(Confirmed { confirmation_code: codes.confirmation(number).ok_or_else(|| lost("confirmation code"))? })
}

/// AC-23.
pub(crate) async fn deactivate_itself(
    desk: Desk,
    signed: Signed,
    Body(request): Body<AutomaticDeactivation>,
) -> Result<NoContent, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    let asker = Asker { caller: Caller::Service(caller), key: AskedBy::Service(caller), request: &id, number: None };
    desk.answer(asker, DeactivateItself { caller, request }).await.map(|_| NoContent)
}

/// The license server that a person names; a mistyped id is told by its groups before it is looked for.
pub(crate) async fn find(desk: &Desk, server: &ServerRef) -> Result<Registration, Problem> {
    if let ServerRef::Id(id) = server {
        read_groups(CodeKind::LicenseServerId, id.as_str()).map_err(|mistyped| code_problem(&mistyped.into()))?;
    }
    let found = desk.engine().read(|registry, _| registry.server_called(server).cloned()).await.map_err(|failed| failed.problem())?;
    let unknown =
        || Problem::new(ProblemCode::NotActivated, format!("no license server is registered here as {server}")).under(&[rule::AC_42]);
    found.ok_or_else(unknown)
}

async fn typed(
    desk: &Desk,
    (visitor, number): (Caller, Option<&str>),
    id: &RequestId,
    server: &Registration,
    call: PackCall,
) -> Result<TypedPack, Problem> {
    let (key, codes) = keys(desk, server)?;
    let asker = Asker { caller: visitor, key, request: id, number };
    let pack = desk.answer(asker, PackByPerson { call, server: server.product_id.clone(), codes }).await?.pack;
    Ok(TypedPack { key_pack_id: pack.id.clone(), pack })
}

/// By which key the record knows a person who asks for this server, and the key of its codes.
fn keys(desk: &Desk, server: &Registration) -> Result<(AskedBy, shared::trust::CodeKey), Problem> {
    let without = || {
        let detail = format!("{} has not told its key text; register it with it first", server.name);
        Problem::new(ProblemCode::NotActivated, detail)
    };
    let agreement = server.agreement.ok_or_else(without)?;
    Ok((AskedBy::Person(agreement), desk.codes(&server.product_id, &agreement)?))
}

/// A code that is not right, as a problem.
pub(crate) fn code_problem(flaw: &CodeFlaw) -> Problem {
    Problem::new(ProblemCode::CodeRefused, flaw.to_string()).under(&[rule::AC_17])
}

fn lost(what: &str) -> Problem {
    Problem::new(ProblemCode::Internal, format!("the {what} could not be made"))
}

const REPRESENTATIVE: (Caller, Option<&str>) = (Caller::Representative, None);
