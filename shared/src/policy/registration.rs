//! The life of a registration: by typed code, deactivated, activated again (AC-12, AC-13, AC-20 to AC-27).

use super::activation::{Applicant, complete, end_of_registration};
use super::turned_down::{Ground, TurnedDown};
use crate::model::{AgreementKey, ContactMethod, LabTime, ProductId, PublicKey, ReactivationReason, Registrant, ServerName};

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
    /// The signing key that a certificate is wanted for, where one is.
    pub key: Option<PublicKey>,
    /// Whether papers of what was bought for this Product ID were shown, where anything was (AC-48).
    pub has_papers: bool,
    /// Whether any papers were shown.
    pub shows_papers: bool,
    /// The Product ID that has its name and was not deactivated, and whether papers of what was bought for that one were shown.
    pub holder_of_name: Option<(&'a ProductId, bool)>,
}

impl Candidate<'_> {
    /// Somebody is on the telephone, who can be asked for papers; a page is open to anybody.
    fn speaks(&self) -> bool {
        match self.method {
            ContactMethod::Telephone => true,
            ContactMethod::Automatic | ContactMethod::Web | ContactMethod::Fax => false,
        }
    }
}

/// What the clearinghouse has on record about its Product ID.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The name on record.
    pub name: &'a ServerName,
    /// The key agreement key on record; none where the server never told it.
    pub agreement: Option<AgreementKey>,
    /// The signing key on record; none where only a person has registered the server.
    pub key: Option<PublicKey>,
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
    let Some(known) = known else { return may_take_name(candidate).and_then(|()| until()) };
    let same_key = known.agreement == Some(candidate.agreement) && candidate.key.is_none_or(|key| known.key == Some(key));
    if let Some(reason) = candidate.reason {
        let changes = !same_key || reason == ReactivationReason::KeyCompromised || known.name != candidate.name;
        may_change_key(candidate.product_id, same_key, reason)?;
        if changes {
            may_change_at_desk(candidate)?;
        }
        return may_take_name(candidate).and_then(|()| until());
    }
    if known.deactivated {
        return Err(deactivated(candidate.product_id));
    }
    if !same_key {
        let reason =
            format!("Product ID {} is registered already, with another key; a new key takes a reason (AC-25)", candidate.product_id);
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

/// AC-25, AM-15: whether the signing key on record ceases to be the license server's. A key that got out is not its own any more, and
/// one from before another key text is gone. So is that of a server which was set up anew (reason 0), where papers are shown for it.
#[must_use]
pub fn disowns_key(candidate: &Candidate<'_>, known: &Known<'_>) -> bool {
    let proved = candidate.speaks() && candidate.shows_papers && candidate.has_papers;
    let set_up_anew = candidate.reason == Some(ReactivationReason::Redeployed) && proved;
    let lost = set_up_anew || candidate.reason == Some(ReactivationReason::KeyCompromised) || known.agreement != Some(candidate.agreement);
    lost && candidate.key.is_none()
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

/// AM-15: on its own a license server changes its key with reason 0 and the old key's signature; a key that got out, or is lost,
/// proves nothing any more, so that goes by telephone.
///
/// # Errors
/// If the key is another one and nothing shows a right to it, or if it got out.
pub fn may_change_key_itself(applicant: &Applicant<'_>, known: PublicKey, reason: ReactivationReason) -> Result<(), TurnedDown> {
    let product_id = applicant.product_id;
    if reason == ReactivationReason::KeyCompromised {
        let text =
            "a key that got out proves nothing: reason 2 goes by telephone only, with the papers of the purchase (tsl phone clearinghouse)";
        return Err(TurnedDown::new(Ground::KeyUnproved, text));
    }
    let same = known == applicant.key;
    may_change_key(product_id, same, reason)?;
    if same || applicant.handed_over {
        return Ok(());
    }
    let text = format!(
        "Product ID {product_id} is on record with another key (thumbprint {}), whose signature this request lacks: give it with \
         --old-key, or call the clearinghouse with the papers of the purchase",
        known.thumbprint()
    );
    Err(TurnedDown::new(Ground::KeyUnproved, text))
}

/// AM-15, AC-48: what anybody could ask on a page is granted to somebody on the telephone, who shows papers.
fn may_change_at_desk(candidate: &Candidate<'_>) -> Result<(), TurnedDown> {
    if !candidate.speaks() {
        let text = "a new key or name for a Product ID that is on record is not taken on this page, where anybody may come: call the clearinghouse";
        return Err(TurnedDown::new(Ground::KeyUnproved, text));
    }
    if candidate.has_papers { Ok(()) } else { Err(no_papers(candidate.product_id)) }
}

/// AM-15: a name passes to another Product ID once the one that has it is deactivated, or by telephone.
fn may_take_name(candidate: &Candidate<'_>) -> Result<(), TurnedDown> {
    match candidate.holder_of_name {
        None => Ok(()),
        Some((_, true)) if candidate.speaks() => Ok(()),
        Some((holder, false)) if candidate.speaks() => Err(no_papers(holder)),
        Some((holder, _)) => Err(name_taken(candidate.name, holder)),
    }
}

/// AM-15: another license server has this name.
pub(super) fn name_taken(name: &ServerName, holder: &ProductId) -> TurnedDown {
    let text = format!(
        "the name {name} belongs to the license server with Product ID {holder}: deactivate that one first, give this one another name, \
         or call the clearinghouse with the papers of the purchase"
    );
    TurnedDown::new(Ground::NameTaken, text)
}

fn no_papers(product_id: &ProductId) -> TurnedDown {
    let text = format!("CALs were issued for Product ID {product_id}: this takes the papers of one of their purchases");
    TurnedDown::new(Ground::WrongPapers, text)
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
