//! What the clearinghouse's representative does for a person: the same books, the same rules, typed codes for an answer.

use serde::{Deserialize, Serialize};

use super::decide::{issued, replaced};
use super::judging::{answered, digest, judge_pack};
use super::{Activation, Answer, Asked, AskedBy, DeactivateItself, Event, IssuedPack, OnPapers, Order, Refusal, Registration, Registry};
use crate::machine::Moment;
use crate::model::{AgreementKey, ContactMethod, DeviceName, Pack, PackId, ProductId, RequestId, ServerName};
use crate::policy::registration::{self, Candidate, Known, Registering};
use crate::policy::{packs, replacing};
use crate::trust::{CodeKey, Granted, KeyHolder, Period, Serial};
use crate::wire::desk::{Deactivate, IssuePack, Move, Recover, Register, Reissue};

/// A person wants a License Server ID (AC-12, AC-13). The answer is a [`Registered`].
#[derive(Clone, Debug)]
pub struct RegisterByPerson {
    /// As told.
    pub request: Register,
    /// The key in the key text.
    pub agreement: AgreementKey,
    /// What the certificate request is for, where one was shown.
    pub requested: Option<KeyHolder>,
    /// How long a registration lasts, calendar years (CE-13).
    pub years: u32,
    /// The key of the codes for that license server.
    pub codes: CodeKey,
}

/// A person's License Server ID, and the certificate beside it where one was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The registration.
    pub registration: Registration,
    /// The facts of the certificate.
    pub activation: Option<Activation>,
}

/// A person wants a pack for a license server. The answer is the pack, under a typed id.
#[derive(Clone, Debug)]
pub struct PackByPerson {
    /// Which.
    pub call: PackCall,
    /// The license server that it is for.
    pub server: ProductId,
    /// The key of the codes for that license server.
    pub codes: CodeKey,
}

/// The packs that a person may want.
#[derive(Clone, Debug)]
pub enum PackCall {
    /// One that was bought.
    Issue(IssuePack),
    /// CALs that were lost.
    Recover(Recover),
    /// The CAL of a device of Windows 2000.
    Reissue(Reissue),
    /// One of another license server.
    Move(Move),
}

/// A person wants the confirmation code of a deactivation. The answer is which of the server's activations that was.
#[derive(Clone, Debug)]
pub struct DeactivateByPerson {
    /// As told.
    pub request: Deactivate,
    /// The license server.
    pub server: ProductId,
}

/// Why a pack stands in place of another one's CALs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Replacement {
    /// They were lost with a license server's database (AC-40), or not issued when it was activated again (AC-26).
    Recovered,
    /// A device's CAL of Windows 2000 (W2K-11).
    Reissued {
        /// The device.
        device: DeviceName,
    },
    /// They go to another license server (AC-37).
    Moved,
}

/// AC-31, AC-37, AC-40, W2K-11.
pub(super) fn pack(
    registry: &Registry,
    command: PackByPerson,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let PackByPerson { call, server, codes } = command;
    match call {
        PackCall::Issue(request) => issue(registry, &request, &server, &codes, moment),
        PackCall::Recover(request) => recover(registry, &request, &server, &codes, moment),
        PackCall::Reissue(request) => reissue(registry, &request, &server, &codes, moment),
        PackCall::Move(request) => move_pack(registry, &request, &server, &codes, moment),
    }
}

/// AC-12, AC-13, AC-25.
pub(super) fn register(
    registry: &Registry,
    command: RegisterByPerson,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<Registered>, Vec<Event>), Refusal> {
    let RegisterByPerson { request, agreement, requested, years, codes } = command;
    let root = registry.founding().ok_or(Refusal::NotFounded)?.period;
    let asked = asked(agreement, &request.request, &request);
    if let Some(before) = answered(registry, &asked, Answer::registered)? {
        return Ok((before, Vec::new()));
    }
    if let Some(requested) = &requested {
        requested_by(requested, &request)?;
    }
    let known = registry.registration(&request.product_id);
    let former = registry.holder_of(&request.name, &request.product_id);
    let candidate = Candidate {
        name: &request.name,
        product_id: &request.product_id,
        agreement,
        registrant: &request.registrant,
        reason: request.reason,
        method: request.method,
        key: requested.as_ref().map(|requested| requested.key),
        has_papers: registry.has_bought(&request.product_id, &request.papers),
        shows_papers: !request.papers.is_empty(),
        holder_of_name: former.map(|former| (&former.product_id, registry.has_bought(&former.product_id, &request.papers))),
    };
    let signs = registry.activation(&request.product_id).map(|activation| activation.key);
    let on_record = known.map(|known| Known {
        name: &known.name,
        agreement: known.agreement,
        key: signs,
        until: known.until,
        deactivated: known.deactivated,
    });
    let registering = registration::register(&candidate, on_record.as_ref(), (root.from, root.until), moment.now, years);
    let (number, until) = match (registering, known) {
        (Ok(Registering::Again), Some(known)) => (known.number, known.until),
        (Ok(Registering::Until(until)), Some(known)) => (known.number.saturating_add(1), until),
        (Ok(Registering::Until(until)), None) => (1, until),
        // Again is only ever said of what is known.
        (Ok(Registering::Again), None) => return Err(Refusal::NotFounded),
        (Err(turned_down), _) => {
            let (name, product_id, registrant) = (request.name.clone(), request.product_id.clone(), request.registrant.clone());
            let event = Event::ActivationTurnedDown { asked, name, product_id, registrant, turned_down: turned_down.clone() };
            return Ok((Err(turned_down), vec![event]));
        }
    };
    let id = codes.license_server_id(Granted { number, until }).ok_or(Refusal::NoNumber)?;
    let registration = Registration {
        name: request.name.clone(),
        product_id: request.product_id.clone(),
        number,
        method: request.method,
        agreement: Some(agreement),
        until,
        deactivated: false,
        id: Some(id),
    };
    let disowns_key = on_record.is_some_and(|known| registration::disowns_key(&candidate, &known));
    let former = former.map(|former| Registration { deactivated: true, ..former.clone() });
    let activation = requested.map(|holder| certified(registry, holder, &registration, moment));
    let answer = Registered { registration: registration.clone(), activation: activation.clone() };
    let event = Event::Registered { asked, registrant: request.registrant.clone(), registration, activation, disowns_key, former };
    Ok((Ok(answer), vec![event]))
}

fn requested_by(requested: &KeyHolder, request: &Register) -> Result<(), Refusal> {
    if requested.name != request.name {
        return Err(Refusal::RequestedOtherwise("name"));
    }
    if requested.product_id != request.product_id {
        return Err(Refusal::RequestedOtherwise("Product ID"));
    }
    Ok(())
}

/// CE-15: the certificate beside the id; the one on record where it is for the same key and the same registration.
fn certified(registry: &Registry, holder: KeyHolder, registration: &Registration, moment: &mut Moment<'_>) -> Activation {
    let same = |known: &&Activation| known.key == holder.key && known.period.until == registration.until;
    if let Some(known) = registry.activation(&holder.product_id).filter(same) {
        return known.clone();
    }
    let (serial, period) = (Serial::from_random(moment.dice.bytes()), Period { from: moment.now, until: registration.until });
    Activation { name: holder.name, product_id: holder.product_id, key: holder.key, serial, period }
}

/// AC-31 by page or telephone: the same papers, the same record, a typed id.
fn issue(
    registry: &Registry,
    request: &IssuePack,
    server: &ProductId,
    codes: &CodeKey,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let registration = active(registry, server, moment)?;
    let asked = asked_for(registration, &request.request, request)?;
    if let Some(before) = answered(registry, &asked, Answer::pack)? {
        return Ok((before, Vec::new()));
    }
    packs::check_form(&request.purchase, request.wanted.map(|wanted| wanted.quantity)).map_err(Refusal::Invalid)?;
    let order = Order { wanted: request.wanted, ..order(registration, &request.purchase, request.method) };
    let holds = judge_pack(registry, server, &request.purchase, request.wanted, None, moment.now);
    let typed = |holds: crate::wire::clearinghouse::Wanted, moment: &mut Moment<'_>| {
        let kind = request.purchase.pack_kind();
        typed_pack(
            registry,
            codes,
            Pack { id: unnamed(), kind, version: holds.version, product_type: holds.product_type, total: holds.quantity },
            moment,
        )
    };
    let granted = match holds {
        Ok((_, Some(used))) => Ok(used),
        Ok((holds, None)) => Ok(IssuedPack { product_id: server.clone(), pack: typed(holds, moment)?, issued_at: moment.now }),
        Err(turned_down) => Err(turned_down),
    };
    Ok(issued(granted, asked, order))
}

/// AC-22: by telephone, and with nothing else to show than the server's id: the code is of use at that server only.
pub(super) fn deactivate(
    registry: &Registry,
    command: DeactivateByPerson,
    _: &mut Moment<'_>,
) -> Result<(OnPapers<u16>, Vec<Event>), Refusal> {
    let DeactivateByPerson { request, server } = command;
    let registration = registered(registry, &server)?;
    let asked = asked_for(registration, &request.request, &request)?;
    deactivated(registry, registration, asked, request.method, registration::may_deactivate_by(request.method))
}

/// AC-23.
pub(super) fn deactivate_itself(
    registry: &Registry,
    command: DeactivateItself,
    _: &mut Moment<'_>,
) -> Result<(OnPapers<u16>, Vec<Event>), Refusal> {
    let DeactivateItself { caller, request } = command;
    let asked = Asked { key: AskedBy::Service(caller), request: request.request.clone(), digest: digest(&request) };
    if let Some(before) = answered(registry, &asked, Answer::deactivated)? {
        return Ok((before, Vec::new()));
    }
    let unknown = || Refusal::NotActivated("no license server is activated here with this key".to_owned());
    let registration = registered(registry, registry.by_key.get(&caller).ok_or_else(unknown)?)?;
    deactivated(registry, registration, asked, ContactMethod::Automatic, registration::may_deactivate_itself(&request.registrant))
}

fn deactivated(
    registry: &Registry,
    registration: &Registration,
    asked: Asked,
    method: ContactMethod,
    allowed: OnPapers<()>,
) -> Result<(OnPapers<u16>, Vec<Event>), Refusal> {
    if let Some(before) = answered(registry, &asked, Answer::deactivated)? {
        return Ok((before, Vec::new()));
    }
    let event = match allowed.clone() {
        Ok(()) => Event::Deactivated { asked, registration: Registration { deactivated: true, ..registration.clone() }, method },
        Err(turned_down) => Event::DeactivationTurnedDown { asked, product_id: registration.product_id.clone(), turned_down },
    };
    Ok((allowed.map(|()| registration.number), vec![event]))
}

/// AC-26, AC-40, AC-48: "recover pack".
fn recover(
    registry: &Registry,
    request: &Recover,
    server: &ProductId,
    codes: &CodeKey,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let again = Again::of(registry, server, &request.pack, moment)?;
    let allowed = replacing::check_papers(&request.purchase, &again.record.purchase)
        .and_then(|()| replacing::check_owner(again.owner, &again.registration.name))
        .and_then(|()| replacing::check_lost(again.record.issued.pack.total, again.record.recovered, request.quantity));
    let asked = asked_for(again.registration, &request.request, request)?;
    let order = order(again.registration, &request.purchase, request.method);
    again.given(Gift { asked, order, quantity: request.quantity, why: Replacement::Recovered }, allowed, codes, moment)
}

/// W2K-10, W2K-11: "reissue".
fn reissue(
    registry: &Registry,
    request: &Reissue,
    server: &ProductId,
    codes: &CodeKey,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let again = Again::of(registry, server, &request.pack, moment)?;
    let before = registry.reissued.contains(&(server.clone(), request.device.clone()));
    let allowed = replacing::check_owner(again.owner, &again.registration.name)
        .and_then(|()| replacing::check_reissue(again.record.issued.pack.version, &request.device, before));
    let asked = asked_for(again.registration, &request.request, request)?;
    let order = order(again.registration, &again.record.purchase, request.method);
    let why = Replacement::Reissued { device: request.device.clone() };
    again.given(Gift { asked, order, quantity: 1, why }, allowed, codes, moment)
}

/// AC-37.
fn move_pack(
    registry: &Registry,
    request: &Move,
    server: &ProductId,
    codes: &CodeKey,
    moment: &mut Moment<'_>,
) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
    let again = Again::of(registry, server, &request.pack, moment)?;
    let allowed = replacing::check_papers(&request.purchase, &again.record.purchase)
        .and_then(|()| replacing::check_move(again.owner, &again.registration.name, again.record.moved));
    let asked = asked_for(again.registration, &request.request, request)?;
    let order = order(again.registration, &request.purchase, request.method);
    let quantity = again.record.issued.pack.total.saturating_sub(again.record.recovered);
    again.given(Gift { asked, order, quantity, why: Replacement::Moved }, allowed, codes, moment)
}

/// A pack on record of which CALs are wanted again, and the license server that wants them.
struct Again<'a> {
    registry: &'a Registry,
    registration: &'a Registration,
    record: &'a super::PackOnRecord,
    /// The license server that the pack was issued to.
    owner: &'a ServerName,
}

/// CALs that are to be given again.
struct Gift {
    asked: Asked,
    order: Order,
    quantity: u32,
    why: Replacement,
}

impl<'a> Again<'a> {
    fn of(registry: &'a Registry, server: &ProductId, pack: &PackId, moment: &Moment<'_>) -> Result<Self, Refusal> {
        let registration = active(registry, server, moment)?;
        let record = registry.packs.get(pack).ok_or_else(|| Refusal::UnknownPack(pack.clone()))?;
        let owner = registry.registration(&record.issued.product_id).map_or(&registration.name, |owner| &owner.name);
        Ok(Self { registry, registration, record, owner })
    }

    /// A pack of its own stands in place of these CALs, where nothing is against it; asked again, the answer is the same.
    fn given(
        self,
        gift: Gift,
        allowed: OnPapers<()>,
        codes: &CodeKey,
        moment: &mut Moment<'_>,
    ) -> Result<(OnPapers<IssuedPack>, Vec<Event>), Refusal> {
        let Gift { asked, order, quantity, why } = gift;
        if let Some(before) = answered(self.registry, &asked, Answer::pack)? {
            return Ok((before, Vec::new()));
        }
        let lost = &self.record.issued.pack;
        let granted = match allowed {
            Ok(()) => {
                let pack = typed_pack(self.registry, codes, Pack { total: quantity, ..lost.clone() }, moment)?;
                Ok(IssuedPack { product_id: order.product_id.clone(), pack, issued_at: moment.now })
            }
            Err(turned_down) => Err(turned_down),
        };
        Ok(replaced(granted, asked, order, lost.id.clone(), why))
    }
}

/// The same pack under a typed id of its own that nobody has.
fn typed_pack(registry: &Registry, codes: &CodeKey, pack: Pack, moment: &mut Moment<'_>) -> Result<Pack, Refusal> {
    let serial = |moment: &mut Moment<'_>| u32::from_be_bytes(moment.dice.bytes());
    for _ in 0..TRIES {
        let id = codes.key_pack_id(pack.kind, pack.version, pack.product_type, pack.total, serial(moment)).ok_or(Refusal::NoNumber)?;
        if !registry.packs.contains_key(&id) {
            return Ok(Pack { id, ..pack });
        }
    }
    Err(Refusal::NoNumber)
}

fn unnamed() -> PackId {
    PackId::from_random([0; 35])
}

fn order(registration: &Registration, purchase: &crate::model::Purchase, method: ContactMethod) -> Order {
    Order { name: registration.name.clone(), product_id: registration.product_id.clone(), purchase: purchase.clone(), wanted: None, method }
}

/// Whoever asks for a person is known by the license server's key.
fn asked(agreement: AgreementKey, request: &RequestId, body: &impl Serialize) -> Asked {
    Asked { key: AskedBy::Person(agreement), request: request.clone(), digest: digest(body) }
}

fn asked_for(registration: &Registration, request: &RequestId, body: &impl Serialize) -> Result<Asked, Refusal> {
    let unknown =
        || Refusal::UnknownServer(format!("{} has told no key for typed codes; register it with its key text", registration.name));
    Ok(asked(registration.agreement.ok_or_else(unknown)?, request, body))
}

fn registered<'a>(registry: &'a Registry, server: &ProductId) -> Result<&'a Registration, Refusal> {
    let unknown = || Refusal::UnknownServer(format!("no license server with Product ID {server} is registered here"));
    registry.registration(server).ok_or_else(unknown)
}

/// AC-24, AC-30: packs are for a server whose registration holds.
pub(super) fn active<'a>(registry: &'a Registry, server: &ProductId, moment: &Moment<'_>) -> Result<&'a Registration, Refusal> {
    let registration = registered(registry, server)?;
    if registration.deactivated {
        return Err(Refusal::NotActivated(format!("{} was deactivated; reactivate it first", registration.name)));
    }
    if registration.until <= moment.now {
        let text = format!("the registration of {} ended at {}; reactivate it first (reason 3)", registration.name, registration.until);
        return Err(Refusal::NotActivated(text));
    }
    Ok(registration)
}

/// How often an unused id is looked for.
const TRIES: usize = 16;
