//! `POST /activations` (AC-10, AC-11, AC-14).

use chassis::http::{Body, Signed};
use shared::model::{AgreementKey, ProductId, PublicKey, RequestId};
use shared::registry::{Activate, Activation, AskedBy, Registry};
use shared::rulebook::rule;
use shared::trust::{make_activation_certificate, read_request};
use shared::wire::clearinghouse::{ActivationAnswer, ActivationRequest, Standing, StandingQuery};
use shared::wire::problem::{Problem, ProblemCode};

use crate::desk::{Asker, Desk, failed};
use crate::guesses::Caller;

/// Activates the caller. The same request gets the same certificate, to the byte.
pub(crate) async fn activate(desk: Desk, signed: Signed, Body(request): Body<ActivationRequest>) -> Result<ActivationAnswer, Problem> {
    let improper = |detail: String| Problem::new(ProblemCode::Invalid, detail).under(&[rule::AC_11]);
    let requested = read_request(&request.certificate_request).map_err(|error| improper(format!("certificate_request: {error}")))?;
    if signed.name != request.name {
        return Err(improper(format!("name: the call is signed as {}, the request is for {}", signed.name, request.name)));
    }
    let (caller, id) = (signed.key, request.request.clone());
    let owned = request.agreement.filter(|agreement| {
        let shown = request.ownership.as_deref();
        owns(&desk, &caller, (&request.request, &request.product_id), agreement, shown)
    });
    let command = Activate { caller, request, requested, owned, certificate_years: desk.certificate_years() };
    let asker = Asker { caller: Caller::Service(caller), key: AskedBy::Service(caller), request: &id, number: None };
    let activation = desk.answer(asker, command).await?;
    certificate(&desk, &activation).await
}

/// AM-15: whether the key agreement key that a request about a Product ID tells proves to be the caller's.
fn owns(
    desk: &Desk,
    caller: &PublicKey,
    (request, product_id): (&RequestId, &ProductId),
    agreement: &AgreementKey,
    shown: Option<&str>,
) -> bool {
    let codes = shown.and_then(|shown| Some((desk.codes(product_id, agreement).ok()?, shown)));
    codes.is_some_and(|(codes, shown)| codes.shows_ownership(shown, caller, request))
}

/// AM-15: how the caller stands here; whoever signs may ask, since nobody learns more than what /identity of a server tells.
pub(crate) async fn standing(desk: Desk, signed: Signed, Body(query): Body<StandingQuery>) -> Result<Standing, Problem> {
    let owns = owns(&desk, &signed.key, (&query.request, &query.product_id), &query.agreement, query.ownership.as_deref());
    desk.engine().read(|registry, _| registry.standing(&query, &signed.key, owns)).await.map_err(|failed| failed.problem())
}

async fn certificate(desk: &Desk, activation: &Activation) -> Result<ActivationAnswer, Problem> {
    let known = |registry: &Registry| registry.registration(&activation.product_id).map_or(1, |known| known.number);
    let number = desk.engine().read(|registry, _| known(registry)).await.map_err(|failed| failed.problem())?;
    Ok(ActivationAnswer { certificate: certificate_pem(desk, activation)?, root: desk.root().certificate().pem(), number })
}

/// The certificate of these facts, PEM.
pub(crate) fn certificate_pem(desk: &Desk, activation: &Activation) -> Result<String, Problem> {
    let (root, key) = (desk.root(), desk.root_key());
    let made = make_activation_certificate(root, key, &activation.holder(), activation.serial, activation.period);
    Ok(made.map_err(|error| failed(&error))?.pem())
}
