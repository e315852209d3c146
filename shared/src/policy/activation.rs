//! Who is activated, and for how long (AC-11, AC-14, AC-27, AC-42, CE-13).

use super::registration;
use super::turned_down::{Ground, TurnedDown};
use crate::model::{AgreementKey, LabTime, ProductId, PublicKey, ReactivationReason, Registrant, ServerName};

/// A license server that asks for its activation.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// Its name.
    pub name: &'a ServerName,
    /// Its Product ID.
    pub product_id: &'a ProductId,
    /// Its key.
    pub key: PublicKey,
    /// Who activates it.
    pub registrant: &'a Registrant,
    /// Whether the key on record has signed that the Product ID goes to this one.
    pub handed_over: bool,
    /// The key agreement key that it has proved to be its own.
    pub owned: Option<AgreementKey>,
}

/// What the clearinghouse has on record about an applicant.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnRecord<'a> {
    /// The activation of its Product ID: name, key and end.
    pub activation: Option<(&'a ServerName, PublicKey, LabTime)>,
    /// The Product ID that its key stands for.
    pub product_of_key: Option<&'a ProductId>,
    /// Whether it was deactivated.
    pub deactivated: bool,
    /// The key agreement key of its registration.
    pub agreement: Option<AgreementKey>,
    /// Another Product ID that has its name and was not deactivated.
    pub holder_of_name: Option<&'a ProductId>,
}

/// What an applicant gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activating {
    /// The certificate that it has already: a lost answer is given again.
    Again,
    /// A new certificate up to this end.
    Until(LabTime),
}

/// AC-11, AC-14, AC-42: whether an applicant is activated. `root` is the root's first second and end.
///
/// # Errors
/// Why it is turned down.
pub fn activate(
    applicant: &Applicant<'_>,
    record: &OnRecord<'_>,
    reason: Option<ReactivationReason>,
    root: (LabTime, LabTime),
    now: LabTime,
    certificate_years: u32,
) -> Result<Activating, TurnedDown> {
    complete(applicant.registrant)?;
    match (record.activation, reason) {
        (Some((_, key, _)), Some(reason)) => registration::may_change_key_itself(applicant, key, reason)?,
        (Some((_, key, _)), None) if record.deactivated && key == applicant.key => {
            return Err(registration::deactivated(applicant.product_id));
        }
        (Some((name, key, end)), None) => return known(applicant, name, key, end, now),
        (None, _) => owns_registration(applicant, record)?,
    }
    if let Some(other) = record.product_of_key.filter(|other| *other != applicant.product_id) {
        let reason = format!("this key already stands for Product ID {other}; a license server makes a key of its own");
        return Err(TurnedDown::new(Ground::DoubleUse, reason));
    }
    if let Some(holder) = record.holder_of_name {
        return Err(registration::name_taken(applicant.name, holder));
    }
    Ok(Activating::Until(end_of_registration(root, now, certificate_years)?))
}

/// CE-13: the end of a registration that begins now, inside the root's time.
pub(super) fn end_of_registration((from, until): (LabTime, LabTime), now: LabTime, certificate_years: u32) -> Result<LabTime, TurnedDown> {
    if now < from || until <= now {
        return Err(TurnedDown::new(Ground::RootEnded, format!("the clearinghouse's root holds from {from} to {until}; found a new lab")));
    }
    Ok(years_after(now, certificate_years).min(until))
}

/// The moment this many calendar years later; 29 February becomes 28 February where there is none. Never after year 9999.
#[must_use]
pub fn years_after(from: LabTime, years: u32) -> LabTime {
    let date = from.calendar();
    let year = i32::try_from(years).ok().and_then(|years| date.year().checked_add(years)).filter(|year| *year <= 9999);
    let later = year.and_then(|year| date.replace_year(year).or_else(|_| date.replace_day(28)?.replace_year(year)).ok());
    later.map_or(LabTime::from_unix(i64::MAX), |later| LabTime::from_unix(later.unix_timestamp()))
}

/// AC-11: what activation requires of the registrant.
pub(super) fn complete(registrant: &Registrant) -> Result<(), TurnedDown> {
    let missing = registrant.missing();
    if missing.is_empty() {
        return Ok(());
    }
    Err(TurnedDown::new(Ground::RegistrantIncomplete, format!("missing: {}", missing.join(", "))))
}

/// AM-15, CE-15: a server that a person registered before is known by its key agreement key alone, which anybody can read; so it
/// proves that this one is its own.
fn owns_registration(applicant: &Applicant<'_>, record: &OnRecord<'_>) -> Result<(), TurnedDown> {
    if record.agreement.is_none_or(|agreement| applicant.owned == Some(agreement)) {
        return Ok(());
    }
    let text = format!(
        "Product ID {} was registered by web or telephone with another key text, or with none that this request proves to be its own: \
         call the clearinghouse",
        applicant.product_id
    );
    Err(TurnedDown::new(Ground::KeyUnproved, text))
}

/// AC-42: the record is used to refuse double use. Another key or name is a reactivation, which is another request.
fn known(applicant: &Applicant<'_>, name: &ServerName, key: PublicKey, end: LabTime, now: LabTime) -> Result<Activating, TurnedDown> {
    let product_id = applicant.product_id;
    if key != applicant.key {
        let reason = format!("Product ID {product_id} is activated already, with another key (thumbprint {})", key.thumbprint());
        return Err(TurnedDown::new(Ground::DoubleUse, reason));
    }
    if name != applicant.name {
        return Err(TurnedDown::new(Ground::DoubleUse, format!("Product ID {product_id} is activated already, under the name {name}")));
    }
    if end <= now {
        return Err(registration::ended(name, end));
    }
    Ok(Activating::Again)
}
