//! What terminal servers ask.

use chassis::http::{Body, Signed};
use shared::ledger::{Asked, Inquire, Mark, Outcome};
use shared::model::Placement;
use shared::wire::license_server::{self as wire, Contact, Inquiry, InquiryAnswer, MarkAnswer};
use shared::wire::peers::KnownServers;
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::LicenseServer;
use crate::referring;
use crate::sealing::{believed, root_of};

/// LS-01 to LS-07, LS-09, LS-12, LS-14, RN-02.
pub(super) async fn inquire(app: LicenseServer, signed: Signed, Body(inquiry): Body<Inquiry>) -> Result<InquiryAnswer, Problem> {
    let known = || app.peek(|ledger, _| believed(ledger)).unwrap_or_default();
    let presented = inquiry.presented.as_deref().and_then(|token| app.sealing().genuine(token, known));
    let mut asked = Asked { inquiry, terminal_server: signed.name, presented, referred_by: None, elsewhere: Vec::new() };
    if let Some(passed) = referring::refer(&app, &mut asked).await? {
        return Ok(passed);
    }
    answer(&app, asked).await
}

/// Decides a request here, and signs what comes of it.
pub(super) async fn answer(app: &LicenseServer, asked: Asked) -> Result<InquiryAnswer, Problem> {
    let request = asked.inquiry.request.clone();
    let decided = app.execute(Some(&request), Inquire(Box::new(asked)), |ledger, outcome, now| {
        let certificate = match &outcome {
            Outcome::License { certificate, .. } => ledger.certificate(*certificate).cloned(),
            Outcome::Declined { .. } | Outcome::TooOld => None,
        };
        (outcome, certificate, ledger.is_activated(now))
    });
    let (outcome, certificate, activated) = decided.await?;
    match outcome {
        Outcome::License { cal, how, rules, .. } => {
            let gone = || Problem::new(ProblemCode::Internal, "the license was issued under a certificate that is not on record");
            // Signed outside the lock: the record is on disk, and the same record always gives the same token.
            let root = || app.peek(|ledger, _| root_of(ledger)).ok().flatten();
            let token = app.sealing().seal(&cal, &certificate.ok_or_else(gone)?, root)?;
            Ok(InquiryAnswer::Issued { token, cal, how, rules, activated })
        }
        Outcome::Declined { reason, rules } => Ok(InquiryAnswer::Declined { reason, rules, activated }),
        Outcome::TooOld => Ok(InquiryAnswer::TooOld { version: app.server()?.version() }),
    }
}

/// LS-13, SD-16.
pub(super) async fn mark(app: LicenseServer, signed: Signed, Body(mark): Body<wire::Mark>) -> Result<MarkAnswer, Problem> {
    let wire::Mark { request, cal, hardware_id } = mark;
    app.execute(Some(&request), Mark { cal, hardware_id, terminal_server: signed.name }, |_, answer, _| answer).await
}

/// AM-15: a terminal server takes the permanents of those too.
pub(super) async fn known_servers(app: LicenseServer, _: Signed) -> Result<KnownServers, Problem> {
    Ok(KnownServers { servers: app.read(|ledger, _| ledger.known_servers()).await? })
}

/// PU-02, GR-11. The security group does not bar this: a refusing server still counts as within reach (SD-16).
pub(super) async fn contact(app: LicenseServer, _: Signed) -> Result<Contact, Problem> {
    let server = app.server()?;
    let (activated, role, placement) = app.read(|ledger, now| (ledger.is_activated(now), ledger.role(), ledger.placement())).await?;
    let placement = placement.unwrap_or_else(|| Placement::usual(&server.name));
    Ok(Contact { name: server.name.clone(), version: server.version(), activated, role, placement })
}
