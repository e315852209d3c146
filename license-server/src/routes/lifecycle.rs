//! What administrators ask about the life of an activation: typed codes, deactivation, reactivation, backup, restore.

use chassis::http::{Body, Created, NoContent, Query};
use shared::ledger::{ActivationCommand, Command};
use shared::model::{ContactMethod, RequestId};
use shared::policy::registration;
use shared::rulebook::RuleId;
use shared::rulebook::rule;
use shared::wire::license_server::{
    ActivateById, ActivationView, BackupPage, BackupQuery, BringCertificate, Deactivate, InstallKeyPack, PackRow, Papers, Reactivate,
    ReplaceKey, RestorePart,
};
use shared::wire::problem::{Problem, ProblemCode};

use super::administration;
use crate::app::LicenseServer;
use crate::{activation, backup, codes};

/// AC-12, AC-13.
pub(super) async fn papers(app: LicenseServer) -> Result<Papers, Problem> {
    codes::papers(&app)
}

/// AC-12, AC-13, AC-17, AC-25.
pub(super) async fn activate_by_id(
    app: LicenseServer,
    request: RequestId,
    Body(wanted): Body<ActivateById>,
) -> Result<ActivationView, Problem> {
    codes::activate(&app, &request, wanted.license_server_id, wanted.reason).await?;
    administration::activation(app).await
}

/// CE-15.
pub(super) async fn bring_certificate(
    app: LicenseServer,
    request: RequestId,
    Body(wanted): Body<BringCertificate>,
) -> Result<ActivationView, Problem> {
    let certificate = activation::check(&app, &app.clearinghouse()?, &wanted.certificate)?;
    let command = ActivationCommand::BringCertificate(certificate);
    app.execute(Some(&request), Command::Activation(Box::new(command)), |_, _, _| ()).await?;
    administration::activation(app).await
}

/// AC-25, AC-26. A key that got out proves nothing, so reason 2 goes by telephone (AM-15).
pub(super) async fn reactivate(app: LicenseServer, request: RequestId, Body(wanted): Body<Reactivate>) -> Result<ActivationView, Problem> {
    if app.read(|ledger, _| ledger.activation_number()).await? == 0 {
        return Err(shared::ledger::Refusal::NeverActivated.problem());
    }
    if wanted.reason == shared::model::ReactivationReason::KeyCompromised {
        let detail = "reason 2 goes by telephone only, since a key that got out proves nothing: make a new key (tsl reactivate --reason 2 \
                      --new-key), call the clearinghouse with the papers of the purchase (tsl phone clearinghouse), and type what it reads \
                      out (tsl reactivate --reason 2 --id)";
        return Err(Problem::new(ProblemCode::ActivationRefused, detail).under(&[rule::AM_15, rule::AC_25]));
    }
    let (request, signature) = match wanted.succession {
        Some(succession) => (succession.request, Some(succession.signature)),
        None => (request, None),
    };
    activation::activate(&app, request, wanted.registrant, Some(wanted.reason), signature).await?;
    administration::activation(app).await
}

/// AC-25 reason 2, FT-23: the step before a reactivation by page or telephone.
pub(super) async fn replace_key(app: LicenseServer, Body(wanted): Body<ReplaceKey>) -> Result<Papers, Problem> {
    if !wanted.compromised {
        return Err(Problem::new(ProblemCode::Invalid, "compromised: a key is replaced only where it got out").under(&[rule::AC_25]));
    }
    if !key_was_replaced(&app).await? {
        replace_key_of(&app).await?;
    }
    codes::papers(&app)
}

/// Whether the key is a new one already that waits for its activation: asked again, it is not replaced a second time.
async fn key_was_replaced(app: &LicenseServer) -> Result<bool, Problem> {
    app.read(|ledger, now| {
        ledger.life().keys_below > 0 && ledger.life().retired_below == ledger.life().keys_below && !ledger.is_activated(now)
    })
    .await
}

async fn replace_key_of(app: &LicenseServer) -> Result<(), Problem> {
    let made = app.identity().replace_key();
    made.map_err(|error| Problem::new(ProblemCode::Internal, format!("the new key could not be kept: {error}")))?;
    app.adopt_key().await
}

/// AC-21 to AC-24.
pub(super) async fn deactivate(app: LicenseServer, request: RequestId, Body(wanted): Body<Deactivate>) -> Result<ActivationView, Problem> {
    let refuse = |detail: &str, rule: RuleId| Problem::new(ProblemCode::DeactivationRefused, detail).under(&[rule]);
    registration::may_deactivate_by(wanted.method).map_err(|no| refuse(&no.reason, rule::AC_21))?;
    match (wanted.method, wanted.registrant, wanted.confirmation_code) {
        (ContactMethod::Telephone, None, Some(code)) => codes::deactivate(&app, &request, &code).await?,
        (ContactMethod::Telephone, _, _) => {
            return Err(refuse(
                "by telephone it takes the confirmation code of the clearinghouse's representative, and nothing else",
                rule::AC_22,
            ));
        }
        (_, Some(registrant), None) => {
            registration::may_deactivate_itself(&registrant)
                .map_err(|no| Problem::new(ProblemCode::RegistrantIncomplete, no.reason).under(&[rule::AC_23]))?;
            activation::deactivate(&app, request, registrant).await?;
        }
        (_, _, _) => return Err(refuse("automatically it takes names, company, country and an e-mail address, and no code", rule::AC_23)),
    }
    administration::activation(app).await
}

/// AC-03, AC-30, AC-33, AC-36.
pub(super) async fn install_by_id(app: LicenseServer, Body(wanted): Body<InstallKeyPack>) -> Result<Created<PackRow>, Problem> {
    codes::install(&app, wanted).await.map(Created)
}

/// AC-38.
pub(super) async fn backup(app: LicenseServer, Query(query): Query<BackupQuery>) -> Result<BackupPage, Problem> {
    backup::page(&app, query.after).await
}

/// AC-39, AC-40.
pub(super) async fn restore(app: LicenseServer, Body(part): Body<RestorePart>) -> Result<NoContent, Problem> {
    backup::restore(&app, part).await.map(|()| NoContent)
}
