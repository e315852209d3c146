//! What a buyer's papers entitle to (AC-04 to AC-08, AC-32, AC-33, AC-36).

use super::turned_down::{Ground, TurnedDown};
use crate::model::code::{CodeKind, read_groups};
use crate::model::{ProductId, ProductType, ProductVersion, Purchase};

/// AC-08: whether a number of CALs can be asked for, or be in a package, at all.
#[must_use]
pub fn is_quantity(quantity: u32) -> bool {
    (1..=9999).contains(&quantity)
}

/// AC-08: version, type and quantity are said with every purchase but a retail code, which says them itself.
///
/// # Errors
/// What is said too much or too little.
pub fn check_form(purchase: &Purchase, quantity: Option<u32>) -> Result<(), String> {
    match (purchase, quantity) {
        (Purchase::Retail { .. }, None) => Ok(()),
        (Purchase::Retail { .. }, Some(_)) => Err("a retail code says itself what it is for: leave 'wanted' out".to_owned()),
        (Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. }, None) => {
            Err("'wanted' is missing: product version, product type and quantity are asked with every agreement".to_owned())
        }
        (Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. }, Some(quantity)) if is_quantity(quantity) => Ok(()),
        (Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. }, Some(quantity)) => {
            Err(format!("'wanted.quantity' is {quantity}; it is {QUANTITIES}"))
        }
    }
}

/// AC-36, VC-08: no pack is bound to a license server that could not hold it.
///
/// # Errors
/// If the license server is older than the CALs.
pub fn check_version(pack: ProductVersion, server: ProductVersion) -> Result<(), TurnedDown> {
    if pack <= server {
        return Ok(());
    }
    let reason = format!("a license server of version {server} cannot hold CALs of version {pack} (message number 0x13A7)");
    Err(TurnedDown::new(Ground::VersionTooNew, reason))
}

/// AC-33: a retail code works at one license server, and there again and again for the same pack, until CALs of that pack were
/// given again in another one (AC-37, AC-40).
///
/// # Errors
/// If another license server has used it, or what it bought was given again.
pub fn check_code(used_by: Option<&ProductId>, given_again: bool, asking: &ProductId) -> Result<(), TurnedDown> {
    let reason = match used_by {
        Some(other) if other != asking => {
            "another license server has used this retail code; call the clearinghouse with the purchase papers"
        }
        Some(_) if given_again => "CALs of this retail code were recovered or moved: install the pack that was given in their place",
        Some(_) | None => return Ok(()),
    };
    Err(TurnedDown::new(Ground::CodeUsed, reason))
}

/// AC-32: an agreement gives no more than it entitles to.
///
/// # Errors
/// With the number that is left.
pub fn check_entitlement(
    version: ProductVersion,
    product_type: ProductType,
    entitled: u32,
    drawn: u32,
    wanted: u32,
) -> Result<(), TurnedDown> {
    let left = entitled.saturating_sub(drawn);
    if wanted <= left {
        return Ok(());
    }
    let reason = match entitled {
        0 => format!("the agreement entitles to no {product_type} CALs of version {version}"),
        _ => {
            format!("{wanted} {product_type} CALs of version {version} were asked for; {left} of {entitled} are left under this agreement")
        }
    };
    Err(TurnedDown::new(Ground::NotEntitled, reason))
}

/// AC-04, AC-17, AC-44, AC-45: papers that nobody sold, or a code that is mistyped.
#[must_use]
pub fn unknown(purchase: &Purchase) -> TurnedDown {
    // Which of the two numbers is wrong is not said: whoever holds the papers sees it, and nobody else is to learn that a number exists.
    let numbered = |what: &str, number: &str| {
        let reason = format!(
            "no {what} {number} with this authorization number is known here; lost numbers are found by the reseller, not by the clearinghouse"
        );
        TurnedDown::new(Ground::AgreementUnknown, reason)
    };
    match purchase {
        Purchase::Retail { code } if let Err(mistyped) = read_groups(CodeKind::Retail, code.as_str()) => {
            TurnedDown::new(Ground::CodeMistyped, mistyped.to_string())
        }
        Purchase::Retail { .. } => {
            TurnedDown::new(Ground::CodeUnknown, "no package with this retail code was sold; CALs are bought from a reseller")
        }
        Purchase::Open { license, .. } => numbered("Open License", license.as_str()),
        Purchase::Volume { enrollment, .. } => numbered("enrollment of that program", enrollment.as_str()),
        Purchase::Other { agreement, .. } => numbered("agreement", agreement.as_str()),
    }
}

/// AC-08: the range of [`is_quantity`] in words.
pub const QUANTITIES: &str = "1 to 9999";
