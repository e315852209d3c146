//! Transitional CALs for owners of Windows XP Professional, and when the offer began and ended (WS03-10, WS03-14).

use super::turned_down::{Ground, TurnedDown};
use crate::model::LabTime;

/// WS03-10: 2003-04-24; licenses of XP Professional owned before it give a CAL each.
pub const OWNED_BEFORE: LabTime = LabTime::at_unix(1_051_142_400);

/// WS03-10: the offer ended with 2007-06-30; this is the second after it.
pub const ENDS: LabTime = LabTime::at_unix(1_183_248_000);

/// WS03-10: whether a license of XP Professional that was bought at this moment gives a CAL.
#[must_use]
pub fn covers(bought_at: LabTime) -> bool {
    bought_at < OWNED_BEFORE
}

/// WS03-10: whether the offer can be taken now.
///
/// # Errors
/// If it has ended.
pub fn check_open(now: LabTime) -> Result<(), TurnedDown> {
    if now < ENDS { Ok(()) } else { Err(ended()) }
}

/// WS03-10: the offer is over.
#[must_use]
pub fn ended() -> TurnedDown {
    TurnedDown::new(Ground::OfferRefused, "the offer of free CALs for owners of Windows XP Professional ended on 2007-06-30")
}

/// WS03-10, WS03-14: what a product key gives.
///
/// # Errors
/// If nobody bought it, if it was bought too late, or if it was traded before.
pub fn check_key(place: usize, known: Option<(LabTime, bool)>) -> Result<(), TurnedDown> {
    let refuse = |text: String| Err(TurnedDown::new(Ground::OfferRefused, text));
    match known {
        None => {
            refuse(format!("product key {place} is not one of Windows XP Professional; see the packaging or the sticker on the computer"))
        }
        Some((_, true)) => refuse(format!("product key {place} was traded for a license token before")),
        Some((bought_at, false)) if !covers(bought_at) => {
            refuse(format!("product key {place} was bought on {bought_at}; the offer is for licenses owned before 2003-04-24"))
        }
        Some((_, false)) => Ok(()),
    }
}

/// WS03-10: one CAL for each license.
///
/// # Errors
/// If the key stands further up already.
pub fn check_named_once(place: usize, before: bool) -> Result<(), TurnedDown> {
    if before {
        return Err(TurnedDown::new(Ground::OfferRefused, format!("product key {place} stands further up already")));
    }
    Ok(())
}
