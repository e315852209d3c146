//! Commands to events.

use super::desk::{self, Replacement};
use super::judging::{answered, digest, judge_pack};
use super::{
    Activate, Activation, Answer, Asked, AskedBy, BuyCode, BuyXp, Command, DeactivateItself, Event, Founding, IssuePack, IssuedPack,
    Migrate, OnPapers, Order, Refusal, Registration, Registry, SignAgreement, TakeOffer,
};
use crate::dice::Dice;
use crate::machine::{Decide, Moment};
use crate::model::{AuthorizationNumber, ContactMethod, Pack, PackId, PublicKey, Purchase, RetailCode, ServerName};
use crate::policy::activation::{Activating, Applicant, OnRecord, activate, years_after};
use crate::policy::{packs, replacing};
use crate::trust::{self, Period, Serial};
use crate::wire::clearinghouse::{AgreementProgram, Wanted};

/// What the command leads to.
impl Decide<Command> for Registry {
    type Answer = ();

    fn decide(&self, command: Command, moment: &mut Moment<'_>) -> Result<((), Vec<Event>), Refusal> {
        let events = match command {
            Command::Found { name, key, root_years } => found(self, name, key, root_years, moment)?,
            Command::CountTurnedDown(counted) if counted.is_empty() => Vec::new(),
            Command::CountTurnedDown(counted) => vec![Event::TurnedDownCounted { counted }],
        };
        Ok(((), events))
    }
}

/// Commands that are granted or turned down: what is turned down is written down within bounds (AC-42).
macro_rules! on_papers {
    ($($command:ty => $answer:ty, $decide:path;)*) => {$(
        impl Decide<$command> for Registry {
            type Answer = OnPapers<$answer>;

            fn decide(&self, command: $command, moment: &mut Moment<'_>) -> Result<(OnPapers<$answer>, Vec<Event>), Refusal> {
                let (answer, events) = $decide(self, command, moment)?;
                Ok((answer, super::refused::within_bounds(self, events, moment.now)?))
            }
        }
    )*};
}

on_papers! {
    Activate => Activation, decide_activation;
    IssuePack => IssuedPack, decide_pack;
    Migrate => IssuedPack, decide_migration;
    DeactivateItself => u16, desk::deactivate_itself;
    desk::RegisterByPerson => desk::Registered, desk::register;
    desk::PackByPerson => IssuedPack, desk::pack;
    desk::DeactivateByPerson => u16, desk::deactivate;
    TakeOffer => (), super::offer::take;
}

impl Decide<BuyCode> for Registry {
    type Answer = RetailCode;

    fn decide(&self, BuyCode(package): BuyCode, moment: &mut Moment<'_>) -> Result<(RetailCode, Vec<Event>), Refusal> {
        check_quantity(&package)?;
        let fresh = |code: &RetailCode| !self.codes.contains_key(code);
        let code = (0..TRIES).map(|_| RetailCode::from_random(moment.dice.bytes())).find(fresh).ok_or(Refusal::NoNumber)?;
        Ok((code.clone(), vec![Event::CodeSold { code, package }]))
    }
}

impl Decide<SignAgreement> for Registry {
    type Answer = Purchase;

    fn decide(&self, command: SignAgreement, moment: &mut Moment<'_>) -> Result<(Purchase, Vec<Event>), Refusal> {
        let SignAgreement { program, entitlements, xp_professional } = command;
        let transitional = super::offer::transitional(xp_professional, moment.now)?;
        check_entitlements(&entitlements)?;
        let fresh = |purchase: &Purchase| !self.agreements.contains_key(purchase);
        let purchase = (0..TRIES).filter_map(|_| papers(program, moment.dice)).find(fresh).ok_or(Refusal::NoNumber)?;
        Ok((purchase.clone(), vec![Event::AgreementSigned { purchase, entitlements, transitional }]))
    }
}

impl Decide<BuyXp> for Registry {
    type Answer = Vec<RetailCode>;

    fn decide(&self, BuyXp { count }: BuyXp, moment: &mut Moment<'_>) -> Result<(Vec<RetailCode>, Vec<Event>), Refusal> {
        super::offer::buy(self, count, moment)
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

fn decide_activation(
    registry: &Registry,
    wanted: Activate,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<Activation>, Vec<Event>), Refusal> {
    let root = registry.founding().ok_or(Refusal::NotFounded)?.period;
    let Activate { caller, request, requested, owned, certificate_years } = wanted;
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if let Some(before) = answered(registry, &asked, Answer::activation)? {
        return Ok((before, Vec::new()));
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
    let (activation, registration) = match (activating, known) {
        (Ok(Activating::Again), Some(known)) => (known.clone(), registration.cloned()),
        // Again is only ever said of what is known.
        (Ok(Activating::Again), None) => return Err(Refusal::NotFounded),
        (Ok(Activating::Until(until)), _) => {
            let activation = fresh(until);
            let registration = registered(&activation);
            (activation, Some(registration))
        }
        (Err(turned_down), _) => {
            let event = Event::ActivationTurnedDown { asked, name, product_id, registrant, turned_down: turned_down.clone() };
            return Ok((Err(turned_down), vec![event]));
        }
    };
    Ok((Ok(activation.clone()), vec![Event::Activated { asked, registrant, activation, registration }]))
}

fn decide_pack(registry: &Registry, command: IssuePack, moment: &mut Moment<'_>) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let IssuePack { caller, request } = command;
    let not_activated = || Refusal::NotActivated("no license server is activated here with this key; activate it first".to_owned());
    let activation = registry.activated(&caller).ok_or_else(not_activated)?;
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if let Some(before) = answered(registry, &asked, Answer::pack)? {
        return Ok((before, Vec::new()));
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
    let granted = judged.map(|(holds, used)| {
        used.unwrap_or_else(|| {
            let pack = Pack {
                id: PackId::from_random(moment.dice.bytes()),
                kind: order.purchase.pack_kind(),
                version: holds.version,
                product_type: holds.product_type,
                total: holds.quantity,
            };
            IssuedPack { product_id: order.product_id.clone(), pack, issued_at: moment.now }
        })
    });
    Ok(issued(granted, asked, order))
}

/// AC-33, AC-42: the pack, or why not, and the event of either.
pub(super) fn issued(granted: OnPapers<IssuedPack>, asked: Asked, order: Order) -> (OnPapers<IssuedPack>, Vec<Event>) {
    let event = match granted.clone() {
        Ok(pack) => Event::PackIssued { asked, order, pack },
        Err(turned_down) => Event::PackTurnedDown { asked, order, turned_down },
    };
    (granted, vec![event])
}

/// The same for a pack in place of another one's CALs.
pub(super) fn replaced(
    granted: OnPapers<IssuedPack>,
    asked: Asked,
    order: Order,
    lost: PackId,
    why: Replacement,
) -> (OnPapers<IssuedPack>, Vec<Event>) {
    let event = match granted.clone() {
        Ok(pack) => Event::PackReplaced { asked, order, lost, why, pack },
        Err(turned_down) => Event::PackTurnedDown { asked, order, turned_down },
    };
    (granted, vec![event])
}

/// AM-17, AC-37, AC-48: what a license server that no longer functions had is issued anew, against the papers, and once.
fn decide_migration(registry: &Registry, command: Migrate, moment: &mut Moment<'_>) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let Migrate { caller, request } = command;
    let not_activated = || Refusal::NotActivated("no license server is activated here with this key; activate it first".to_owned());
    let product_id = registry.activated(&caller).ok_or_else(not_activated)?.product_id.clone();
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if let Some(before) = answered(registry, &asked, Answer::pack)? {
        return Ok((before, Vec::new()));
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
    let granted = allowed.map(|()| {
        let pack = Pack { id: PackId::from_random(moment.dice.bytes()), total, ..lost.clone() };
        IssuedPack { product_id, pack, issued_at: moment.now }
    });
    Ok(replaced(granted, asked, order, lost.id.clone(), Replacement::Moved))
}

fn check_entitlements(entitlements: &[Wanted]) -> Result<(), Refusal> {
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
    Ok(())
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
