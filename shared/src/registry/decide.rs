//! Commands to events.

use super::desk::Replacement;
use super::judging::{digest, is_answered, judge_pack};
use super::{Activate, Activation, Asked, AskedBy, Command, Event, Founding, IssuedPack, Order, Refusal, Registration, Registry};
use crate::dice::Dice;
use crate::machine::Moment;
use crate::model::{AuthorizationNumber, ContactMethod, Pack, PackId, PublicKey, Purchase, RetailCode, ServerName};
use crate::policy::activation::{Activating, Applicant, OnRecord, activate, years_after};
use crate::policy::{packs, replacing};
use crate::trust::{self, Period, Serial};
use crate::wire::clearinghouse::{AgreementProgram, MigrationRequest, PackRequest, Wanted};

/// What the command leads to.
pub(super) fn decide(registry: &Registry, command: Command, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let events = decided(registry, command, moment)?;
    super::refused::within_bounds(registry, events, moment.now)
}

fn decided(registry: &Registry, command: Command, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Found { name, key, root_years } => found(registry, name, key, root_years, moment),
        Command::Activate(wanted) => decide_activation(registry, *wanted, moment),
        Command::IssuePack { caller, request } => decide_pack(registry, caller, request, moment),
        Command::Migrate { caller, request } => decide_migration(registry, caller, &request, moment),
        Command::Desk { call, codes } => super::desk::decide(registry, *call, &codes, moment),
        Command::Deactivate { caller, request } => super::desk::deactivate_itself(registry, caller, &request),
        Command::BuyCode(package) => buy_code(registry, package, moment.dice),
        Command::SignAgreement { program, entitlements, xp_professional } => {
            let transitional = super::offer::transitional(xp_professional, moment.now)?;
            sign_agreement(registry, program, entitlements, transitional, moment.dice)
        }
        Command::BuyXp { count } => super::offer::buy(registry, count, moment),
        Command::TakeOffer(offer) => Ok(super::offer::take(registry, offer, moment)),
        Command::CountTurnedDown(counted) if counted.is_empty() => Ok(Vec::new()),
        Command::CountTurnedDown(counted) => Ok(vec![Event::TurnedDownCounted { counted }]),
    }
}

/// Once: the facts of the root. Every later start must be by the same clearinghouse.
fn found(registry: &Registry, name: ServerName, key: PublicKey, root_years: u32, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    if let Some(founding) = registry.founding() {
        let same = founding.name == name && founding.key == key;
        let otherwise = || Refusal::FoundedOtherwise { name: founding.name.clone(), thumbprint: founding.key.thumbprint() };
        return if same { Ok(Vec::new()) } else { Err(otherwise()) };
    }
    let period = Period { from: moment.now, until: years_after(moment.now, root_years) };
    if period.until <= period.from {
        return Err(Refusal::NoTimeLeft(root_years));
    }
    Ok(vec![Event::Founded(Founding { name, key, serial: Serial::from_random(moment.dice.bytes()), period })])
}

fn decide_activation(registry: &Registry, wanted: Activate, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let root = registry.founding().ok_or(Refusal::NotFounded)?.period;
    let Activate { caller, request, requested, owned, certificate_years } = wanted;
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if is_answered(registry, &asked)? {
        return Ok(Vec::new());
    }
    if requested.key != caller {
        return Err(Refusal::RequestedOtherwise("key"));
    }
    if requested.name != request.name {
        return Err(Refusal::RequestedOtherwise("name"));
    }
    if requested.product_id != request.product_id {
        return Err(Refusal::RequestedOtherwise("Product ID"));
    }
    let known = registry.activation(&request.product_id);
    let handed_over = known
        .zip(request.succession.as_deref())
        .is_some_and(|(known, signature)| trust::succession_holds(signature, &known.key, &request.product_id, &caller, &request.request));
    let (name, product_id, registrant) = (request.name, request.product_id, request.registrant);
    let registration = registry.registration(&product_id);
    let record = OnRecord {
        activation: known.map(|known| (&known.name, known.key, known.period.until)),
        product_of_key: registry.by_key.get(&caller),
        deactivated: registration.is_some_and(|registration| registration.deactivated),
        agreement: registration.and_then(|registration| registration.agreement),
        holder_of_name: registry.holder_of(&name, &product_id).map(|holder| &holder.product_id),
    };
    let applicant = Applicant { name: &name, product_id: &product_id, key: caller, registrant: &registrant, handed_over, owned };
    let activating = activate(&applicant, &record, request.reason, (root.from, root.until), moment.now, certificate_years);
    // A server that a person registered before gets its certificate for the same activation (CE-15).
    let number = match (registration, request.reason) {
        (Some(registration), None) => registration.number,
        (Some(registration), Some(_)) => registration.number.saturating_add(1),
        (None, _) => 1,
    };
    let agreement = request.agreement.or(registration.and_then(|registration| registration.agreement));
    let registered = |activation: &Activation| Registration {
        name: activation.name.clone(),
        product_id: activation.product_id.clone(),
        number,
        method: ContactMethod::Automatic,
        agreement,
        until: activation.period.until,
        deactivated: false,
        id: None,
    };
    let mut fresh = |until| {
        let serial = Serial::from_random(moment.dice.bytes());
        Activation { name: name.clone(), product_id: product_id.clone(), key: caller, serial, period: Period { from: moment.now, until } }
    };
    Ok(vec![match (activating, known) {
        (Ok(Activating::Again), Some(known)) => {
            Event::Activated { asked, registrant, activation: known.clone(), registration: registration.cloned() }
        }
        // Again is only ever said of what is known.
        (Ok(Activating::Again), None) => return Err(Refusal::NotFounded),
        (Ok(Activating::Until(until)), _) => {
            let activation = fresh(until);
            Event::Activated { asked, registration: Some(registered(&activation)), activation, registrant }
        }
        (Err(turned_down), _) => Event::ActivationTurnedDown { asked, name, product_id, registrant, turned_down },
    }])
}

fn decide_pack(registry: &Registry, caller: PublicKey, request: PackRequest, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let not_activated = || Refusal::NotActivated("no license server is activated here with this key; activate it first".to_owned());
    let activation = registry.activated(&caller).ok_or_else(not_activated)?;
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if is_answered(registry, &asked)? {
        return Ok(Vec::new());
    }
    if !activation.period.holds_at(moment.now) {
        let reason = format!("the activation of {} ended at {}; packs need one that holds", activation.name, activation.period.until);
        return Err(Refusal::NotActivated(reason));
    }
    packs::check_form(&request.purchase, request.wanted.map(|wanted| wanted.quantity)).map_err(Refusal::Invalid)?;
    if registry.registration(&activation.product_id).is_some_and(|registration| registration.deactivated) {
        return Err(Refusal::NotActivated(format!("{} was deactivated; reactivate it first", activation.name)));
    }
    let version = Some(request.server_version);
    let judged = judge_pack(registry, &activation.product_id, &request.purchase, request.wanted, version, moment.now);
    let (name, product_id) = (activation.name.clone(), activation.product_id.clone());
    let order = Order { name, product_id, purchase: request.purchase, wanted: request.wanted, method: ContactMethod::Automatic };
    Ok(vec![match judged {
        Ok((_, Some(used))) => Event::PackIssued { asked, order, pack: used },
        Ok((holds, None)) => {
            let pack = Pack {
                id: PackId::from_random(moment.dice.bytes()),
                kind: order.purchase.pack_kind(),
                version: holds.version,
                product_type: holds.product_type,
                total: holds.quantity,
            };
            let pack = IssuedPack { product_id: order.product_id.clone(), pack, issued_at: moment.now };
            Event::PackIssued { asked, order, pack }
        }
        Err(turned_down) => Event::PackTurnedDown { asked, order, turned_down },
    }])
}

/// AM-17, AC-37, AC-48: what a license server that no longer functions had is issued anew, against the papers, and once.
fn decide_migration(
    registry: &Registry,
    caller: PublicKey,
    request: &MigrationRequest,
    moment: &mut Moment<'_>,
) -> Result<Vec<Event>, Refusal> {
    let not_activated = || Refusal::NotActivated("no license server is activated here with this key; activate it first".to_owned());
    let product_id = registry.activated(&caller).ok_or_else(not_activated)?.product_id.clone();
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(request) };
    if is_answered(registry, &asked)? {
        return Ok(Vec::new());
    }
    let registration = super::desk::active(registry, &product_id, moment)?;
    let record = registry.packs.get(&request.pack).filter(|record| record.issued.product_id == request.source);
    let record = record.ok_or_else(|| Refusal::UnknownPack(request.pack.clone()))?;
    let lost = &record.issued.pack;
    let owner = registry.registration(&request.source).map_or(&registration.name, |owner| &owner.name);
    let (name, purchase) = (registration.name.clone(), request.purchase.clone());
    let order = Order { name, product_id: product_id.clone(), purchase, wanted: None, method: ContactMethod::Automatic };
    let total = lost.total.saturating_sub(record.recovered);
    let allowed = replacing::check_papers(&request.purchase, &record.purchase)
        .and_then(|()| replacing::check_move(owner, &registration.name, record.moved))
        .and_then(|()| replacing::check_lost(lost.total, record.recovered, total))
        .and_then(|()| packs::check_version(lost.version, request.server_version));
    Ok(vec![match allowed {
        Ok(()) => {
            let pack = Pack { id: PackId::from_random(moment.dice.bytes()), total, ..lost.clone() };
            let pack = IssuedPack { product_id, pack, issued_at: moment.now };
            Event::PackReplaced { asked, order, lost: lost.id.clone(), why: Replacement::Moved, pack }
        }
        Err(turned_down) => Event::PackTurnedDown { asked, order, turned_down },
    }])
}

fn buy_code(registry: &Registry, package: Wanted, dice: &mut Dice) -> Result<Vec<Event>, Refusal> {
    check_quantity(&package)?;
    let fresh = |code: &RetailCode| !registry.codes.contains_key(code);
    let code = (0..TRIES).map(|_| RetailCode::from_random(dice.bytes())).find(fresh).ok_or(Refusal::NoNumber)?;
    Ok(vec![Event::CodeSold { code, package }])
}

fn sign_agreement(
    registry: &Registry,
    program: AgreementProgram,
    entitlements: Vec<Wanted>,
    transitional: u32,
    dice: &mut Dice,
) -> Result<Vec<Event>, Refusal> {
    if !(1..=LINES).contains(&entitlements.len()) {
        return Err(Refusal::Invalid(format!("an agreement has 1 to {LINES} entitlements, one a version and type")));
    }
    for (index, line) in entitlements.iter().enumerate() {
        check_quantity(line)?;
        let same = |other: &Wanted| other.version == line.version && other.product_type == line.product_type;
        if entitlements.iter().take(index).any(same) {
            return Err(Refusal::Invalid(format!("{} CALs of version {} stand twice in the agreement", line.product_type, line.version)));
        }
    }
    let fresh = |purchase: &Purchase| !registry.agreements.contains_key(purchase);
    let purchase = (0..TRIES).filter_map(|_| papers(program, dice)).find(fresh).ok_or(Refusal::NoNumber)?;
    Ok(vec![Event::AgreementSigned { purchase, entitlements, transitional }])
}

/// New numbers for an agreement (AC-05 to AC-07).
fn papers(program: AgreementProgram, dice: &mut Dice) -> Option<Purchase> {
    match program {
        AgreementProgram::Open => {
            let authorization = authorization(dice)?;
            Some(Purchase::Open { license: digits(8, dice).parse().ok()?, authorization })
        }
        AgreementProgram::Volume { agreement } => {
            let enrollment = digits(7, dice).parse().ok()?;
            Some(Purchase::Volume { agreement, enrollment, authorization: authorization(dice)? })
        }
        AgreementProgram::Other => {
            let agreement = digits(7, dice).parse().ok()?;
            Some(Purchase::Other { agreement, authorization: authorization(dice)? })
        }
    }
}

/// Fifteen letters and digits, 57 bits of chance.
fn authorization(dice: &mut Dice) -> Option<AuthorizationNumber> {
    RetailCode::from_random(dice.bytes()).as_str().get(..15)?.parse().ok()
}

fn digits(count: usize, dice: &mut Dice) -> String {
    (0..count).map(|_| dice.between(0, 9).to_string()).collect()
}

fn check_quantity(wanted: &Wanted) -> Result<(), Refusal> {
    if packs::is_quantity(wanted.quantity) {
        return Ok(());
    }
    Err(Refusal::Invalid(format!("'quantity' is {}; it is {}", wanted.quantity, packs::QUANTITIES)))
}

/// How often an unused number is looked for.
const TRIES: usize = 16;
/// The most lines of an agreement.
const LINES: usize = 16;
