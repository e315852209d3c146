//! Product Support (AC-35, AC-43, AC-44, AC-46).

use shared::model::code::{CodeKind, as_typed, read_groups};

use super::Dialogue;
use crate::failure::Failure;

/// One call, from greeting to goodbye.
///
/// # Errors
/// If the caller hangs up.
pub fn call(dialogue: &mut Dialogue) -> Result<(), Failure> {
    dialogue.say("Product Support, good day.");
    let matters = [
        "Activate a license server",
        "Install client access licenses",
        "Valid licenses are installed, and nobody can connect or gets one",
        "The license server refuses a License Server ID or a key pack ID",
        "Installing licenses over the Internet fails",
        "A retail code is refused because it was activated before",
        "I have lost an agreement or authorization number",
    ];
    let answer = match dialogue.choose("What can I do for you? The number, please:", &matters)? {
        1 | 2 => "We do not activate and we do not install. The clearinghouse does: tsl phone clearinghouse (AC-43)",
        3 => {
            dialogue.say("Let us look at it together, in this order (AC-35):");
            dialogue.say("  is the license server activated, and are CALs free?     tsl activate --show; tsl packs");
            dialogue.say("  do type and version fit the terminal server's mode?     tsl mode; tsl packs");
            dialogue.say("  does the terminal server ask this license server?       tsl servers list");
            dialogue.say("  is it barred by the security group?                     tsl group");
            dialogue.say("  what do the event logs say, and why the last denial?    tsl events; tsl trace DEVICE");
            "Call again with what they say."
        }
        4 => {
            refused_code(dialogue)?;
            "If every group is right, the ID was issued to another license server: the clearinghouse issues one for yours (AC-17)."
        }
        5 | 6 => "The clearinghouse looks after that: tsl phone clearinghouse (AC-46)",
        _ => "We cannot find it. The reseller where the product was bought can: tsl phone reseller (AC-44)",
    };
    dialogue.say(answer);
    dialogue.say("Thank you for calling. Goodbye.");
    Ok(())
}

/// AC-35: an error on typing an ID; the check characters tell which group it is, without any book.
fn refused_code(dialogue: &Dialogue) -> Result<(), Failure> {
    let kind = match dialogue.choose("Which ID? The number, please:", &["License Server ID", "license key pack ID"])? {
        1 => CodeKind::LicenseServerId,
        _ => CodeKind::KeyPackId,
    };
    let heard = dialogue.ask("Read it to me as you typed it, please: seven groups of five.")?;
    match read_groups(kind, &as_typed(&heard)) {
        Ok(_) => dialogue.say("Every group of it is right."),
        Err(mistyped) => dialogue.say(&format!("I see: {mistyped}. Compare it with what you wrote down.")),
    }
    Ok(())
}
