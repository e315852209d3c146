//! Typed codes at the license server: what was read off a page or heard on the telephone (AC-02, AC-03, AC-12, AC-13, AC-17, AC-22).

use shared::ledger::{ActivationCommand, Command, InstallPack, pack_row};
use shared::model::{ConfirmationCode, ContactMethod, LicenseServerId, ReactivationReason, RequestId};
use shared::rulebook::rule;
use shared::trust::{CodeFlaw, CodeKey, key_text};
use shared::wire::license_server::{InstallKeyPack, PackRow, Papers};
use shared::wire::problem::{Problem, ProblemCode};

use crate::activation;
use crate::app::LicenseServer;

/// What a person tells the clearinghouse.
pub(crate) fn papers(app: &LicenseServer) -> Result<Papers, Problem> {
    let server = app.server()?;
    Ok(Papers {
        key_text: key_text(&app.agreement().public(), &server.product_id),
        certificate_request: activation::certificate_request(app)?,
        name: server.name,
        product_id: server.product_id,
    })
}

/// AC-12, AC-13, AC-17: no network path to the clearinghouse is needed, only what was given at set-up.
pub(crate) async fn activate(
    app: &LicenseServer,
    request: &RequestId,
    id: LicenseServerId,
    reason: Option<ReactivationReason>,
) -> Result<(), Problem> {
    let granted = key(app)?.open_license_server_id(&id).map_err(|flaw| refused(&flaw))?;
    let command = ActivationCommand::TakeId { id, number: granted.number, until: granted.until, reason };
    app.execute(Some(request), Command::Activation(Box::new(command)), |_, _, _| ()).await
}

/// AC-03, AC-33, AC-36: the id says itself what the pack is.
pub(crate) async fn install(app: &LicenseServer, wanted: InstallKeyPack) -> Result<PackRow, Problem> {
    let pack = key(app)?.open_key_pack_id(&wanted.key_pack_id).map_err(|flaw| refused(&flaw))?;
    let command = InstallPack { request: wanted.request.clone(), pack };
    match app.execute(Some(&wanted.request), command, |_, installed, _| pack_row(&installed)).await {
        Ok(row) => Ok(row),
        Err(problem) => Err(activation::turned_down(app, problem).await?),
    }
}

/// AC-22.
pub(crate) async fn deactivate(app: &LicenseServer, request: &RequestId, code: &ConfirmationCode) -> Result<(), Problem> {
    let number = app.read(|ledger, _| ledger.activation_number()).await?;
    key(app)?.confirms(code, number).map_err(|flaw| refused(&flaw).under(&[rule::AC_22]))?;
    let command = ActivationCommand::Deactivate(ContactMethod::Telephone);
    app.execute(Some(request), Command::Activation(Box::new(command)), |_, _, _| ()).await
}

fn key(app: &LicenseServer) -> Result<CodeKey, Problem> {
    let clearinghouse = app.clearinghouse()?;
    let without = "this license server has not been given its clearinghouse's key agreement key, so it cannot check typed codes";
    let theirs = clearinghouse.agreement.ok_or_else(|| Problem::new(ProblemCode::NotTrusted, without))?;
    let product_id = app.server()?.product_id;
    app.agreement().codes_from(&theirs, &product_id).map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))
}

fn refused(flaw: &CodeFlaw) -> Problem {
    Problem::new(ProblemCode::CodeRefused, flaw.to_string()).under(&[rule::AC_17])
}
