//! `POST /packs` and `POST /migrations` (AC-31 to AC-33, AM-17).

use chassis::http::{Body, Signed};
use shared::model::{PublicKey, RequestId};
use shared::registry::{Answer, AskedBy, Command, problem_of};
use shared::trust::seal_pack;
use shared::wire::clearinghouse::{MigrationRequest, PackAnswer, PackRequest};
use shared::wire::problem::{Problem, ProblemCode};

use crate::desk::{Asker, Desk, failed};
use crate::guesses::{Caller, number_of};

/// Issues a pack to the caller. The same request gets the same token, to the byte, and draws nothing again.
pub(crate) async fn issue(desk: Desk, signed: Signed, Body(request): Body<PackRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    let number = number_of(&request.purchase);
    answer(&desk, caller, &id, &number, Command::IssuePack { caller, request }).await
}

/// AM-17: issues the pack of a license server that no longer functions to the caller, against its papers.
pub(crate) async fn migrate(desk: Desk, signed: Signed, Body(request): Body<MigrationRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    let number = number_of(&request.purchase);
    answer(&desk, caller, &id, &number, Command::Migrate { caller, request }).await
}

async fn answer(desk: &Desk, caller: PublicKey, id: &RequestId, number: &str, command: Command) -> Result<PackAnswer, Problem> {
    let asker = Asker { caller: Caller::Service(caller), key: AskedBy::Service(caller), request: id, number: Some(number) };
    let answered = desk.answer(asker, command).await?;
    match answered {
        Some(Answer::Pack(issued)) => {
            let sealed = seal_pack(&issued.pack, &issued.product_id, issued.issued_at, desk.root().name(), &desk.key());
            Ok(PackAnswer { token: sealed.map_err(|error| failed(&error))? })
        }
        Some(Answer::TurnedDown(turned_down)) => Err(problem_of(&turned_down)),
        Some(Answer::Activated(_) | Answer::Registered { .. } | Answer::Deactivated { .. }) => {
            Err(Problem::new(ProblemCode::RequestReused, format!("request id {id} was used for something else")))
        }
        None => Err(Problem::new(ProblemCode::Internal, "the pack request has no answer on record")),
    }
}
