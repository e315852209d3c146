//! The reseller desk, lab only: whoever wants CALs buys them here and never from the clearinghouse (AC-45).

use chassis::http::{Body, Created};
use shared::model::RequestId;
use shared::registry;
use shared::wire::clearinghouse::{BoughtCode, BoughtXp, BuyCode, BuyXp, SignAgreement, SignedAgreement, Wanted};
use shared::wire::problem::Problem;

use crate::desk::Desk;

/// Sells a retail package (AC-04).
pub(crate) async fn buy(desk: Desk, request: RequestId, Body(asked): Body<BuyCode>) -> Result<Created<BoughtCode>, Problem> {
    let package = Wanted { version: asked.version, product_type: asked.product_type, quantity: asked.quantity };
    desk.execute(&request, registry::BuyCode(package)).await.map(|code| Created(BoughtCode { code }))
}

/// Sells Windows XP Professional (WS03-10).
pub(crate) async fn buy_xp(desk: Desk, request: RequestId, Body(asked): Body<BuyXp>) -> Result<Created<BoughtXp>, Problem> {
    desk.execute(&request, registry::BuyXp { count: asked.count }).await.map(|keys| Created(BoughtXp { keys }))
}

/// Signs an agreement (AC-05 to AC-07).
pub(crate) async fn sign(desk: Desk, request: RequestId, Body(asked): Body<SignAgreement>) -> Result<Created<SignedAgreement>, Problem> {
    let SignAgreement { program, entitlements, xp_professional } = asked;
    let command = registry::SignAgreement { program, entitlements, xp_professional };
    desk.execute(&request, command).await.map(|purchase| Created(SignedAgreement { purchase }))
}
