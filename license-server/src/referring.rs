//! Asks another license server in this one's place when the pool is empty (LS-07).

use chassis::client::{CallError, Peer};
use chassis::http::Method;
use shared::ledger::{Asked, Elsewhere, Ledger, PassThrough};
use shared::model::ServerName;
use shared::wire::license_server::InquiryAnswer;
use shared::wire::peers::Referral;
use shared::wire::problem::Problem;

use crate::app::LicenseServer;
use crate::sealing::believed;

/// Refers a request for which the own pool has nothing, to one server after the other, holding no lock meanwhile. A license that comes
/// is passed through; where none comes, `asked` knows who was asked, and is decided here.
pub(crate) async fn refer(app: &LicenseServer, asked: &mut Asked) -> Result<Option<InquiryAnswer>, Problem> {
    let candidates = app.peek(|ledger, now| ledger.referral(asked, now))?;
    let mut before = vec![app.server()?.name];
    for (name, peer) in candidates {
        let referral = Referral { terminal_server: asked.terminal_server.clone(), inquiry: asked.inquiry.clone(), asked: before.clone() };
        let peer = Peer { url: peer.url, key: peer.key };
        let called = app.peers().call(&peer, &asked.inquiry.request, Method::Post, "/referrals", &referral).await;
        match understand(app, asked, &name, called) {
            Ok(answer) => return pass_through(app, asked, answer).await.map(Some),
            Err(elsewhere) => asked.elsewhere.push(elsewhere),
        }
        before.push(name);
    }
    Ok(None)
}

/// What a referral came to: a license that verifies and is what was asked for, or nothing.
fn understand(
    app: &LicenseServer,
    asked: &Asked,
    server: &ServerName,
    called: Result<InquiryAnswer, CallError>,
) -> Result<InquiryAnswer, Elsewhere> {
    let silent = |reason: String| Elsewhere { server: server.clone(), said: Err(reason) };
    match called.map_err(|error| silent(error.to_string()))? {
        InquiryAnswer::Declined { reason, .. } => Err(Elsewhere { server: server.clone(), said: Ok(reason) }),
        InquiryAnswer::TooOld { version } => Err(silent(format!("it is {version}, too old"))),
        InquiryAnswer::Issued { token, cal, how, rules, activated } => {
            let known = || app.peek(|ledger, _| believed(ledger)).unwrap_or_default();
            if app.sealing().genuine(&token, known).as_ref() != Some(&cal) || !Ledger::is_asked_for(asked, &cal) {
                return Err(silent("its license does not verify, or is for something else".to_owned()));
            }
            Ok(InquiryAnswer::Issued { token, cal, how, rules, activated })
        }
    }
}

async fn pass_through(app: &LicenseServer, asked: &Asked, answer: InquiryAnswer) -> Result<InquiryAnswer, Problem> {
    let InquiryAnswer::Issued { token, cal, how, rules: theirs, activated } = answer else { return Ok(answer) };
    let command = PassThrough { asked: Box::new(asked.clone()), cal: cal.clone() };
    let own = app.execute(Some(&asked.inquiry.request), command, |_, rules, _| rules).await?;
    Ok(InquiryAnswer::Issued { token, cal, how, rules: own.into_iter().chain(theirs).collect(), activated })
}
