//! `POST /packs` and `POST /migrations` (AC-31 to AC-33, AM-17).

use chassis::http::{Body, Signed};
use shared::model::{PublicKey, RequestId};
use shared::registry::{Answer, Asker, Command, problem_of};
use shared::trust::seal_pack;
use shared::wire::clearinghouse::{MigrationRequest, PackAnswer, PackRequest};
use shared::wire::problem::{Problem, ProblemCode};

use crate::desk::{Desk, failed};

/// Issues a pack to the caller. The same request gets the same token, to the byte, and draws nothing again.
pub(crate) async fn issue(desk: Desk, signed: Signed, Body(request): Body<PackRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    answer(&desk, caller, &id, Command::IssuePack { caller, request }).await
}

/// AM-17: issues the pack of a license server that no longer functions to the caller, against its papers.
pub(crate) async fn migrate(desk: Desk, signed: Signed, Body(request): Body<MigrationRequest>) -> Result<PackAnswer, Problem> {
    let (caller, id) = (signed.key, request.request.clone());
    answer(&desk, caller, &id, Command::Migrate { caller, request }).await
}

async fn answer(desk: &Desk, caller: PublicKey, id: &RequestId, command: Command) -> Result<PackAnswer, Problem> {
    let answered = desk.execute(id, command, |registry, _| registry.answer(Asker::Service(caller), id).cloned()).await?;
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
