//! CALs that the clearinghouse gives again: recover pack, reissue, move (AC-37, AC-40, AC-48, W2K-10, W2K-11, CON-12).

use super::turned_down::{Ground, TurnedDown};
use crate::model::{DeviceName, ProductVersion, Purchase, ServerName};

/// AC-48: whoever wants CALs again shows the papers of the purchase.
///
/// # Errors
/// If other papers are shown.
pub fn check_papers(shown: &Purchase, bought: &Purchase) -> Result<(), TurnedDown> {
    if shown == bought {
        return Ok(());
    }
    let text =
        "these are not the papers that the pack was bought with; have the purchase agreement data at hand, which should have been kept";
    Err(TurnedDown::new(Ground::WrongPapers, text))
}

/// AC-26, AC-40: no more is recovered of a pack than it can have lost.
///
/// # Errors
/// With the number that could be.
pub fn check_lost(total: u32, recovered_before: u32, lost: u32) -> Result<(), TurnedDown> {
    let left = total.saturating_sub(recovered_before);
    if (1..=left).contains(&lost) {
        return Ok(());
    }
    let text = format!("{lost} CALs cannot be recovered: the pack held {total}, and {recovered_before} of it were given again before");
    Err(TurnedDown::new(Ground::NotLost, text))
}

/// AC-37, AC-40: a pack that was issued to a license server is recovered by a server of the same name only; another server has
/// it moved.
///
/// # Errors
/// If the pack is another server's.
pub fn check_owner(owner: &ServerName, asking: &ServerName) -> Result<(), TurnedDown> {
    if owner == asking {
        return Ok(());
    }
    let text = format!("the pack was issued to {owner}, not to {asking}; CALs change their license server by a move");
    Err(TurnedDown::new(Ground::PackElsewhere, text))
}

/// AC-37: a pack is moved from one license server to another, once.
///
/// # Errors
/// If it is there already.
pub fn check_move(owner: &ServerName, target: &ServerName, moved_before: bool) -> Result<(), TurnedDown> {
    if moved_before {
        return Err(TurnedDown::new(Ground::PackElsewhere, "this pack was moved before; the pack that replaced it is the one to move"));
    }
    if owner != target {
        return Ok(());
    }
    Err(TurnedDown::new(Ground::PackElsewhere, format!("the pack is at {owner} already; what was lost there is recovered, not moved")))
}

/// W2K-10, W2K-11: a CAL of Windows 2000 is reissued once for each device; those of later systems come back by themselves.
///
/// # Errors
/// If it was done before, or need not be.
pub fn check_reissue(version: ProductVersion, device: &DeviceName, reissued_before: bool) -> Result<(), TurnedDown> {
    if version > ProductVersion::V5_0 {
        let text = format!("a CAL of version {version} is not reissued: it ends within 89 days and goes back to its pool by itself");
        return Err(TurnedDown::new(Ground::ComesBack, text));
    }
    if reissued_before {
        let text = format!("the CAL of {device} was reissued before; the license allows one permanent transfer of a device's CAL");
        return Err(TurnedDown::new(Ground::ReissuedBefore, text));
    }
    Ok(())
}
