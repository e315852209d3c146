//! Activation and packs: what the license server asks of its clearinghouse.

use chassis::http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ledger::{ActivationCommand, Clearinghouse, Command, InstallPack, ManageCommand, NewCertificate, pack_row};
use shared::model::{ContactMethod, Pack, ReactivationReason, Registrant, RequestId};
use shared::rulebook::rule;
use shared::trust::{self, Certificate, Root, ServerCertificate};
use shared::wire::clearinghouse::{
    ActivationAnswer, ActivationRequest, MigrationRequest, PackAnswer, PackRequest, Standing, StandingQuery,
};
use shared::wire::desk::AutomaticDeactivation;
use shared::wire::license_server::{self as wire, PackRow};
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::{LicenseServer, call_problem, peer};

/// AC-10, AC-14, AC-25: asks for a certificate for this server's own key, checks it and keeps it.
pub(crate) async fn activate(
    app: &LicenseServer,
    request: RequestId,
    registrant: Registrant,
    reason: Option<ReactivationReason>,
    succession: Option<String>,
) -> Result<(), Problem> {
    let clearinghouse = app.clearinghouse()?;
    let server = app.server()?;
    let certificate_request = certificate_request(app)?;
    let asked = ActivationRequest {
        request: request.clone(),
        name: server.name.clone(),
        product_id: server.product_id.clone(),
        registrant,
        certificate_request,
        agreement: Some(app.agreement().public()),
        ownership: ownership(app, &clearinghouse, &request)?,
        reason,
        succession,
    };
    let answer: ActivationAnswer = call(app, &clearinghouse, &request, "/activations", &asked).await?;
    let certificate = check(app, &clearinghouse, &answer.certificate)?;
    let command = ActivationCommand::Keep { certificate, number: answer.number, reason };
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await
}

/// AC-23: tells the clearinghouse, then stops licensing.
pub(crate) async fn deactivate(app: &LicenseServer, request: RequestId, registrant: Registrant) -> Result<(), Problem> {
    let clearinghouse = app.clearinghouse()?;
    let asked = AutomaticDeactivation { request: request.clone(), registrant };
    call::<()>(app, &clearinghouse, &request, "/deactivations", &asked).await?;
    let command = ActivationCommand::Deactivate(ContactMethod::Automatic);
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await
}

/// Asks the clearinghouse. Where it does not answer as asked, it is asked how this server stands there: a call of a server whose
/// Product ID went to another key is not even understood (AM-15).
async fn call<T: DeserializeOwned>(
    app: &LicenseServer,
    clearinghouse: &Clearinghouse,
    request: &RequestId,
    path: &str,
    asked: &impl Serialize,
) -> Result<T, Problem> {
    match app.client().call(&peer(clearinghouse), request, Method::Post, path, asked).await {
        Ok(answer) => Ok(answer),
        Err(error) => Err(learn_standing(app).await?.unwrap_or_else(|| call_problem(error))),
    }
}

/// AM-15: asks the clearinghouse how this server stands there, where it believes itself activated. What speaks against that is written
/// down, and is the problem that comes back; silence changes nothing.
pub(crate) async fn learn_standing(app: &LicenseServer) -> Result<Option<Problem>, Problem> {
    let (known, activated) = app.peek(|ledger, now| (ledger.clearinghouse().cloned(), ledger.is_activated(now)))?;
    let Some(clearinghouse) = known.filter(|_| activated) else { return Ok(None) };
    let request = chassis::random::request_id();
    let ownership = ownership(app, &clearinghouse, &request)?;
    let asked =
        StandingQuery { request: request.clone(), product_id: app.server()?.product_id, agreement: app.agreement().public(), ownership };
    let called = app.client().call(&peer(&clearinghouse), &request, Method::Post, "/standing", &asked).await;
    let (other_key, detail) = match called {
        Err(_) | Ok(Standing::Unknown | Standing::Activated { .. }) => return Ok(None),
        Ok(Standing::Deactivated { .. }) => (false, "the clearinghouse has this license server on its books as deactivated: reactivate it"),
        Ok(Standing::OtherKey { .. }) => (
            true,
            "the clearinghouse has this license server's Product ID on its books under another key; if nobody here arranged that, call it \
             with the papers of the purchase (tsl phone clearinghouse)",
        ),
    };
    let command = ActivationCommand::Disown { other_key };
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await?;
    Ok(Some(Problem::new(ProblemCode::NotActivated, detail).under(&[rule::AM_15])))
}

/// AM-15: proof that the key agreement key is this server's own; none where the clearinghouse has told none.
fn ownership(app: &LicenseServer, clearinghouse: &Clearinghouse, request: &RequestId) -> Result<Option<String>, Problem> {
    let Some(theirs) = clearinghouse.agreement else { return Ok(None) };
    let codes = app.agreement().codes_from(&theirs, &app.server()?.product_id);
    let codes = codes.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))?;
    Ok(Some(codes.ownership(&app.identity().public_key(), request)))
}

/// A certificate request for this server's key.
pub(crate) fn certificate_request(app: &LicenseServer) -> Result<String, Problem> {
    let server = app.server()?;
    let made = trust::certificate_request(&app.identity().key(), &server.name, &server.product_id);
    made.map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))
}

/// The certificate must be this server's own, under the root that it was given at set-up.
pub(crate) fn check(app: &LicenseServer, clearinghouse: &Clearinghouse, pem: &str) -> Result<NewCertificate, Problem> {
    let wrong =
        |reason: String| Problem::new(ProblemCode::ActivationRefused, format!("the clearinghouse's certificate is not usable: {reason}"));
    let root = Root::parse_pem(&clearinghouse.root).map_err(|error| wrong(error.to_string()))?;
    let certificate = Certificate::from_pem(pem).map_err(|error| wrong(error.to_string()))?;
    let certificate = ServerCertificate::under_root(&root, certificate).map_err(|error| wrong(error.to_string()))?;
    if certificate.holder().key != app.identity().public_key() || certificate.holder().name != *app.identity().name() {
        return Err(wrong("the certificate is for another server".to_owned()));
    }
    let period = certificate.period();
    Ok(NewCertificate { pem: certificate.certificate().pem(), from: period.from, until: period.until })
}

/// AC-36, W2K-15: a pack that this server is too old for leaves event 41 in its log.
pub(crate) async fn turned_down(app: &LicenseServer, problem: Problem) -> Result<Problem, Problem> {
    if problem.code == ProblemCode::PackVersion {
        let command = Command::Manage(ManageCommand::NoteWrongVersion(problem.detail.clone()));
        app.execute(None, command, |_, _, _| ()).await?;
    }
    Ok(problem)
}

/// AM-17, AC-37: has the clearinghouse issue the pack of another license server anew, for this one.
pub(crate) async fn migrate(app: &LicenseServer, request: &RequestId, asked: MigrationRequest) -> Result<Pack, Problem> {
    let clearinghouse = app.clearinghouse()?;
    let answer: PackAnswer = match call(app, &clearinghouse, request, "/migrations", &asked).await {
        Ok(answer) => answer,
        Err(problem) => return Err(turned_down(app, problem).await?),
    };
    let pack = trust::open_pack(&answer.token, &clearinghouse.key, &app.server()?.product_id);
    pack.map_err(|flaw| Problem::new(ProblemCode::PackUntrusted, flaw.to_string()).under(&[rule::AC_30]))
}

/// AC-30 to AC-33: asks for the pack that was bought, and installs it. The same request again does nothing twice.
pub(crate) async fn install(app: &LicenseServer, install: wire::InstallPack) -> Result<PackRow, Problem> {
    let clearinghouse = app.clearinghouse()?;
    let server = app.server()?;
    let activated = app.read(|ledger, now| ledger.is_activated(now)).await?;
    if !activated {
        return Err(shared::ledger::Refusal::NotActivated.problem());
    }
    let asked = PackRequest {
        request: install.request.clone(),
        server_version: server.version(),
        purchase: install.purchase,
        wanted: install.wanted,
    };
    let answer: PackAnswer = match call(app, &clearinghouse, &install.request, "/packs", &asked).await {
        Ok(answer) => answer,
        Err(problem) => return Err(turned_down(app, problem).await?),
    };
    let pack = trust::open_pack(&answer.token, &clearinghouse.key, &server.product_id);
    let pack = pack.map_err(|flaw| Problem::new(ProblemCode::PackUntrusted, flaw.to_string()).under(&[rule::AC_30]))?;
    let command = InstallPack { request: install.request.clone(), pack };
    app.execute(Some(&install.request), command, |_, installed, _| pack_row(&installed)).await
}
