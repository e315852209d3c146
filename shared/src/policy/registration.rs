//! The life of a registration: by typed code, deactivated, activated again (AC-12, AC-13, AC-20 to AC-27).

use super::activation::{complete, end_of_registration};
use super::turned_down::{Ground, TurnedDown};
use crate::model::{AgreementKey, ContactMethod, LabTime, ProductId, ReactivationReason, Registrant, ServerName};

/// A license server for which a person asks at the clearinghouse.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: &'a ServerName,
    /// Its Product ID.
    pub product_id: &'a ProductId,
    /// Its key agreement key.
    pub agreement: AgreementKey,
    /// Who asks.
    pub registrant: &'a Registrant,
    /// Why it is activated again.
    pub reason: Option<ReactivationReason>,
    /// How the clearinghouse was reached.
    pub method: ContactMethod,
}

/// What the clearinghouse has on record about its Product ID.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The name on record.
    pub name: &'a ServerName,
    /// The key agreement key on record; none where the server never told it.
    pub agreement: Option<AgreementKey>,
    /// The registration's end.
    pub until: LabTime,
    /// Whether it was deactivated.
    pub deactivated: bool,
}

/// What a candidate gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registering {
    /// The License Server ID that it has already: what was lost on the way is read out again.
    Again,
    /// A new one, whose registration ends here: at the beginning of a day, as an id has room for no more.
    Until(LabTime),
}

/// AC-12, AC-13, AC-25: whether a person gets a License Server ID. `root` is the root's first second and end.
///
/// # Errors
/// Why it is turned down.
pub fn register(
    candidate: &Candidate<'_>,
    known: Option<&Known<'_>>,
    root: (LabTime, LabTime),
    now: LabTime,
    years: u32,
) -> Result<Registering, TurnedDown> {
    complete(candidate.registrant)?;
    let until = || end_of_registration(root, now, years).map(|end| Registering::Until(end.day_start()));
    let Some(known) = known else { return until() };
    let same_key = known.agreement.is_none_or(|key| key == candidate.agreement);
    if let Some(reason) = candidate.reason {
        if !same_key && candidate.method == ContactMethod::Web {
            let text =
                "a new key for a Product ID that is on record is not taken on this page, where anybody may come: call the clearinghouse";
            return Err(TurnedDown::new(Ground::DoubleUse, text));
        }
        return may_change_key(candidate.product_id, same_key, reason).and_then(|()| until());
    }
    if known.deactivated {
        return Err(deactivated(candidate.product_id));
    }
    if !same_key {
        let reason =
            format!("Product ID {} is registered already, with another key text; a new key takes a reason (AC-25)", candidate.product_id);
        return Err(TurnedDown::new(Ground::DoubleUse, reason));
    }
    if known.name != candidate.name {
        let reason = format!("Product ID {} is registered already, under the name {}", candidate.product_id, known.name);
        return Err(TurnedDown::new(Ground::DoubleUse, reason));
    }
    if known.until <= now {
        return Err(ended(known.name, known.until));
    }
    Ok(Registering::Again)
}

/// AC-25: a server that was set up anew, or whose key got out, has another key; every other reason leaves the key as it is.
///
/// # Errors
/// If the key is another one and the reason does not say why.
pub fn may_change_key(product_id: &ProductId, same: bool, reason: ReactivationReason) -> Result<(), TurnedDown> {
    match reason {
        ReactivationReason::Redeployed | ReactivationReason::KeyCompromised => Ok(()),
        ReactivationReason::CertificateCorrupt | ReactivationReason::RegistrationExpired | ReactivationReason::ServerUpgraded if same => {
            Ok(())
        }
        ReactivationReason::CertificateCorrupt | ReactivationReason::RegistrationExpired | ReactivationReason::ServerUpgraded => {
            let text = format!(
                "Product ID {product_id} is on record with another key; \"{}\" explains no new key: give reason 0 or 2",
                reason.words()
            );
            Err(TurnedDown::new(Ground::DoubleUse, text))
        }
    }
}

/// AC-21: deactivation goes automatically or by telephone.
///
/// # Errors
/// For the web and for fax.
pub fn may_deactivate_by(method: ContactMethod) -> Result<(), TurnedDown> {
    match method {
        ContactMethod::Automatic | ContactMethod::Telephone => Ok(()),
        ContactMethod::Web | ContactMethod::Fax => {
            let text = format!("a license server is not deactivated by {method}: use the automatic connection, or call the clearinghouse");
            Err(TurnedDown::new(Ground::WrongMethod, text))
        }
    }
}

/// AC-23: deactivating automatically takes all that activation takes, and an e-mail address.
///
/// # Errors
/// With what is missing.
pub fn may_deactivate_itself(registrant: &Registrant) -> Result<(), TurnedDown> {
    let mut missing = registrant.missing();
    if registrant.email.is_none() {
        missing.push("e-mail address");
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(TurnedDown::new(Ground::RegistrantIncomplete, format!("missing: {} (AC-23)", missing.join(", "))))
}

/// AC-24, AC-25: a deactivated server comes back with a reason only.
pub(super) fn deactivated(product_id: &ProductId) -> TurnedDown {
    let text = format!("the license server with Product ID {product_id} was deactivated: reactivate it, with one of the five reasons");
    TurnedDown::new(Ground::Deactivated, text)
}

/// AC-27: a registration that has come to its end.
pub(super) fn ended(name: &ServerName, end: LabTime) -> TurnedDown {
    TurnedDown::new(
        Ground::RegistrationEnded,
        format!("the registration of {name} ended at {end}: reactivate it, reason 3 (registration expired)"),
    )
}
