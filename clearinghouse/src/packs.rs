//! `POST /packs` and `POST /migrations` (AC-31 to AC-33, AM-17).

use chassis::http::{Body, Signed};
use shared::machine::Decide;
use shared::model::{PublicKey, RequestId};
use shared::registry::{AskedBy, IssuePack, IssuedPack, Migrate, OnPapers, Registry};
use shared::trust::seal_pack;
use shared::wire::clearinghouse::{MigrationRequest, PackAnswer, PackRequest};
use shared::wire::problem::Problem;

use crate::desk::{Asker, Desk, failed};
use crate::guesses::{Caller, number_of};

/// Issues a pack to the caller. The same request gets the same token, to the byte, and draws nothing again.
pub(crate) async fn issue(desk: Desk, signed: Signed, Body(request): Body<PackRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    let number = number_of(&request.purchase);
    sealed(&desk, caller, &id, &number, IssuePack { caller, request }).await
}

/// AM-17: issues the pack of a license server that no longer functions to the caller, against its papers.
pub(crate) async fn migrate(desk: Desk, signed: Signed, Body(request): Body<MigrationRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    let number = number_of(&request.purchase);
    sealed(&desk, caller, &id, &number, Migrate { caller, request }).await
}

async fn sealed<C: Send>(desk: &Desk, caller: PublicKey, id: &RequestId, number: &str, command: C) -> Result<PackAnswer, Problem>
where
    Registry: Decide<C, Answer = OnPapers<IssuedPack>>,
{
    let asker = Asker { caller: Caller::Service(caller), key: AskedBy::Service(caller), request: id, number: Some(number) };
    let issued = desk.answer(asker, command).await?;
    let sealed = seal_pack(&issued.pack, &issued.product_id, issued.issued_at, desk.root().name(), &desk.key());
    Ok(PackAnswer { token: sealed.map_err(|error| failed(&error))? })
}
