//! The offer to owners of Windows XP Professional: free CALs of 2003, by agreement or for product keys (WS03-10, WS03-14).

use super::{Event, OnPapers, Refusal, Registry, TakeOffer};
use crate::machine::Moment;
use crate::model::{LabTime, ProductType, ProductVersion, RetailCode};
use crate::policy::offer;
use crate::wire::clearinghouse::Wanted;

/// What a license token is good for.
pub(super) const TOKEN: Wanted = Wanted { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity: 1 };

/// WS03-10: the CALs that licenses under an agreement give; none for those bought too late.
pub(super) fn transitional(xp_professional: u32, now: LabTime) -> Result<u32, Refusal> {
    if xp_professional > 9999 {
        return Err(Refusal::Invalid(format!("'xp_professional' is {xp_professional}; it is 0 to 9999")));
    }
    Ok(if offer::covers(now) { xp_professional } else { 0 })
}

/// The line of an agreement that they make, and until when it can be drawn.
pub(super) fn line(transitional: u32) -> Option<(Wanted, LabTime)> {
    (transitional > 0).then_some((Wanted { quantity: transitional, ..TOKEN }, offer::ENDS))
}

pub(super) fn buy(registry: &Registry, count: u32, moment: &mut Moment<'_>) -> Result<(Vec<RetailCode>, Vec<Event>), Refusal> {
    if !(1..=100).contains(&count) {
        return Err(Refusal::Invalid(format!("'count' is {count}; it is 1 to 100")));
    }
    let keys: Vec<RetailCode> = (0..count).map(|_| RetailCode::from_random(moment.dice.bytes())).collect();
    let fresh = keys.iter().all(|key| !registry.xp_keys.contains_key(key));
    if fresh { Ok((keys.clone(), vec![Event::XpSold { keys, at: moment.now }])) } else { Err(Refusal::NoNumber) }
}

/// WS03-14: a token for each key, by e-mail.
pub(super) fn take(
    registry: &Registry,
    TakeOffer(asked): TakeOffer,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<()>, Vec<Event>), Refusal> {
    if registry.offers.contains_key(&asked.request) {
        return Ok((Ok(()), Vec::new()));
    }
    let mut judged = offer::check_open(moment.now);
    for (key, place) in asked.keys.iter().zip(1..) {
        let known = registry.xp_keys.get(key).map(|xp| (xp.bought_at, xp.traded));
        judged = judged.and_then(|()| offer::check_key(place, known));
        judged = judged.and_then(|()| offer::check_named_once(place, asked.keys.iter().take(place - 1).any(|other| other == key)));
    }
    let event = match judged.clone() {
        Ok(()) => {
            let tokens = asked.keys.iter().map(|_| RetailCode::from_random(moment.dice.bytes())).collect();
            Event::OfferTaken { request: asked.request.clone(), offer: asked, tokens }
        }
        Err(turned_down) => Event::OfferTurnedDown { offer: asked, turned_down },
    };
    Ok((judged, vec![event]))
}
