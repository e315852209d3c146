//! What automatic requests and a person's calls are judged by alike: whether they were answered before, and what papers yield.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::desk::Registered;
use super::{Activation, Answer, Asked, IssuedPack, OnPapers, PackOnRecord, Refusal, Registry};
use crate::model::{LabTime, ProductId, ProductVersion, Purchase, hex};
use crate::policy::packs;
use crate::policy::turned_down::TurnedDown;
use crate::wire::clearinghouse::Wanted;

/// AC-32: what this very request was answered with before. `granted` takes the answer that such a request gets where it is granted.
pub(super) fn answered<T>(
    registry: &Registry,
    asked: &Asked,
    granted: impl FnOnce(&Answer) -> Option<T>,
) -> Result<Option<OnPapers<T>>, Refusal> {
    let Some(known) = registry.answers.get(&(asked.key, asked.request.clone())) else { return Ok(None) };
    let reused = || Refusal::RequestReused(known.asked.request.clone());
    match &known.answer {
        _ if known.asked.digest != asked.digest => Err(reused()),
        Answer::TurnedDown(turned_down) => Ok(Some(Err(turned_down.clone()))),
        answer => granted(answer).map(|granted| Some(Ok(granted))).ok_or_else(reused),
    }
}

impl Answer {
    pub(super) fn activation(&self) -> Option<Activation> {
        if let Answer::Activated(activation) = self { Some(activation.clone()) } else { None }
    }

    pub(super) fn pack(&self) -> Option<IssuedPack> {
        if let Answer::Pack(pack) = self { Some(pack.clone()) } else { None }
    }

    pub(super) fn registered(&self) -> Option<Registered> {
        let Answer::Registered { registration, activation } = self else { return None };
        Some(Registered { registration: registration.clone(), activation: activation.clone() })
    }

    pub(super) fn deactivated(&self) -> Option<u16> {
        if let Answer::Deactivated { number } = self { Some(*number) } else { None }
    }
}

/// SHA-256 of a request in its normal form, hex.
pub(super) fn digest(request: &impl Serialize) -> String {
    // Requests are plain structures of strings and numbers, which always serialize; were one ever not to, its digest would
    // still differ from every real one.
    hex(&Sha256::digest(serde_json::to_vec(request).unwrap_or_default()))
}

/// What these papers yield for this license server: CALs for a new pack, or for a used retail code the same pack as before.
pub(super) fn judge_pack(
    registry: &Registry,
    product_id: &ProductId,
    purchase: &Purchase,
    wanted: Option<Wanted>,
    server_version: Option<ProductVersion>,
    now: LabTime,
) -> Result<(Wanted, Option<IssuedPack>), TurnedDown> {
    let unknown = || packs::unknown(purchase);
    let fits = |version| server_version.map_or(Ok(()), |server| packs::check_version(version, server));
    match (purchase, wanted) {
        (Purchase::Retail { code }, _) => {
            let package = registry.codes.get(code).ok_or_else(unknown)?;
            let used = package.used.as_ref();
            let given_again = used.and_then(|used| registry.packs.get(&used.pack.id)).is_some_and(PackOnRecord::is_given_again);
            packs::check_code(used.map(|used| &used.product_id), given_again, product_id)?;
            fits(package.holds.version)?;
            Ok((package.holds, package.used.clone()))
        }
        (Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. }, Some(wanted)) => {
            let entitlements = registry.agreements.get(purchase).ok_or_else(unknown)?;
            fits(wanted.version)?;
            let same =
                |line: &&super::Entitlement| line.entitled.version == wanted.version && line.entitled.product_type == wanted.product_type;
            let holds = |line: &&super::Entitlement| line.until.is_none_or(|until| now < until);
            let lines = || entitlements.iter().filter(same);
            if lines().next().is_some() && lines().all(|line| !holds(&line)) {
                return Err(crate::policy::offer::ended());
            }
            let (entitled, drawn) = lines().filter(holds).fold((0u32, 0u32), |(entitled, drawn), line| {
                (entitled.saturating_add(line.entitled.quantity), drawn.saturating_add(line.drawn))
            });
            packs::check_entitlement(wanted.version, wanted.product_type, entitled, drawn, wanted.quantity)?;
            Ok((wanted, None))
        }
        // The form was checked before: an agreement without 'wanted' does not come here.
        (Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. }, None) => Err(unknown()),
    }
}
