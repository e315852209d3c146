//! The reseller desk, lab only: whoever wants CALs buys them here and never from the clearinghouse (AC-45).

use chassis::http::{Body, Created};
use shared::model::{Purchase, RequestId, RetailCode};
use shared::registry::{Command, Event};
use shared::wire::clearinghouse::{BoughtCode, BoughtXp, BuyCode, BuyXp, SignAgreement, SignedAgreement, Wanted};
use shared::wire::problem::{Problem, ProblemCode};

use crate::desk::Desk;

/// Sells a retail package (AC-04).
pub(crate) async fn buy(desk: Desk, request: RequestId, Body(asked): Body<BuyCode>) -> Result<Created<BoughtCode>, Problem> {
    let package = Wanted { version: asked.version, product_type: asked.product_type, quantity: asked.quantity };
    let code: Option<RetailCode> = sell(&desk, &request, Command::BuyCode(package), |event| match event {
        Event::CodeSold { code, .. } => Some(code.clone()),
        _ => None,
    })
    .await?;
    code.map(|code| Created(BoughtCode { code })).ok_or_else(nothing_sold)
}

/// Sells Windows XP Professional (WS03-10).
pub(crate) async fn buy_xp(desk: Desk, request: RequestId, Body(asked): Body<BuyXp>) -> Result<Created<BoughtXp>, Problem> {
    let keys = sell(&desk, &request, Command::BuyXp { count: asked.count }, |event| match event {
        Event::XpSold { keys, .. } => Some(keys.clone()),
        _ => None,
    });
    keys.await?.map(|keys| Created(BoughtXp { keys })).ok_or_else(nothing_sold)
}

/// Signs an agreement (AC-05 to AC-07).
pub(crate) async fn sign(desk: Desk, request: RequestId, Body(asked): Body<SignAgreement>) -> Result<Created<SignedAgreement>, Problem> {
    let SignAgreement { program, entitlements, xp_professional } = asked;
    let command = Command::SignAgreement { program, entitlements, xp_professional };
    let purchase: Option<Purchase> = sell(&desk, &request, command, |event| match event {
        Event::AgreementSigned { purchase, .. } => Some(purchase.clone()),
        _ => None,
    })
    .await?;
    purchase.map(|purchase| Created(SignedAgreement { purchase })).ok_or_else(nothing_sold)
}

async fn sell<T: Send>(
    desk: &Desk,
    request: &RequestId,
    command: Command,
    papers: impl Fn(&Event) -> Option<T> + Send,
) -> Result<Option<T>, Problem> {
    desk.execute(request, command, |_, events| events.iter().find_map(papers)).await
}

fn nothing_sold() -> Problem {
    Problem::new(ProblemCode::Internal, "the reseller desk sold something without papers")
}
