//! Activation and packs: what the license server asks of its clearinghouse.

use chassis::http::Method;
use shared::ledger::{ActivationCommand, Clearinghouse, Command, ManageCommand, NewCertificate};
use shared::model::{ContactMethod, Pack, ReactivationReason, Registrant, RequestId};
use shared::trust::{self, Certificate, Root, ServerCertificate};
use shared::wire::clearinghouse::{ActivationAnswer, ActivationRequest, PackAnswer, PackRequest};
use shared::wire::desk::AutomaticDeactivation;
use shared::wire::license_server::InstallPack;
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::{LicenseServer, call_problem, peer};

/// AC-10, AC-14, AC-25: asks for a certificate for this server's own key, checks it and keeps it.
pub(crate) async fn activate(
    app: &LicenseServer,
    request: RequestId,
    registrant: Registrant,
    reason: Option<ReactivationReason>,
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
        reason,
    };
    let called = app.client().call(&peer(&clearinghouse), &request, Method::Post, "/activations", &asked).await;
    let answer: ActivationAnswer = called.map_err(call_problem)?;
    let certificate = check(app, &clearinghouse, &answer.certificate)?;
    let command = ActivationCommand::Keep { certificate, number: answer.number, reason };
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await
}

/// AC-23: tells the clearinghouse, then stops licensing.
pub(crate) async fn deactivate(app: &LicenseServer, request: RequestId, registrant: Registrant) -> Result<(), Problem> {
    let clearinghouse = app.clearinghouse()?;
    let asked = AutomaticDeactivation { request: request.clone(), registrant };
    let called = app.client().call::<()>(&peer(&clearinghouse), &request, Method::Post, "/deactivations", &asked).await;
    called.map_err(call_problem)?;
    let command = ActivationCommand::Deactivate(ContactMethod::Automatic);
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await
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

/// AC-30 to AC-33: asks for the pack that was bought, and installs it. The same request again does nothing twice.
pub(crate) async fn install(app: &LicenseServer, install: InstallPack) -> Result<Pack, Problem> {
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
    let called = app.client().call(&peer(&clearinghouse), &install.request, Method::Post, "/packs", &asked).await;
    let answer: PackAnswer = match called {
        Ok(answer) => answer,
        Err(error) => return Err(turned_down(app, call_problem(error)).await?),
    };
    let pack = trust::open_pack(&answer.token, &clearinghouse.key, &server.product_id);
    let pack = pack.map_err(|flaw| Problem::new(ProblemCode::PackUntrusted, flaw.to_string()).under(&["AC-30"]))?;
    let command = Command::InstallPack { request: install.request.clone(), pack: pack.clone() };
    app.execute(Some(&install.request), command, |_, _, _| ()).await?;
    Ok(pack)
}
