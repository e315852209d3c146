//! Events to state and rows.

use super::desk::Replacement;
use super::{
    Activation, Agreement, Answer, Asked, AskedBy, Entitlement, Event, IssuedPack, LOG, Mailed, Order, PackOnRecord, Package, Refusal,
    Registration, Registry, Remembered, XpKey,
};
use crate::machine::{Machine, Moment, RowError, Rows};
use crate::model::{ContactMethod, LabTime, PackId, ProductId, Purchase, RequestId, RetailCode};
use crate::wire::desk::{Letter, OfferRequest};

impl Machine for Registry {
    const NAME: &'static str = "registry";
    type Event = Event;
    type Refusal = Refusal;

    fn apply(&mut self, event: &Event, at: LabTime, rows: &mut Rows) {
        rows.list(LOG);
        self.turned_down.note(event, at, rows);
        match event {
            Event::Founded(founding) => {
                self.founding = Some(founding.clone());
                rows.put("founding", founding);
            }
            Event::Activated { asked, activation, registration, .. } => {
                rows.list(super::ACTIVATIONS);
                self.take_activation(activation, rows);
                let registration = registration.clone().unwrap_or_else(|| Registration::of(activation));
                self.take_registration(&registration, rows);
                self.remember(asked, Answer::Activated(activation.clone()), rows);
            }
            Event::ActivationTurnedDown { asked, turned_down, .. } => {
                rows.list(super::ACTIVATIONS);
                self.remember(asked, Answer::TurnedDown(turned_down.clone()), rows);
            }
            Event::Registered { asked, registration, activation, disowns_key, former, .. } => {
                rows.list(super::ACTIVATIONS);
                if *disowns_key {
                    self.disown_key(&registration.product_id, rows);
                }
                if let Some(former) = former {
                    self.take_registration(former, rows);
                }
                if let Some(activation) = activation {
                    self.take_activation(activation, rows);
                }
                self.take_registration(registration, rows);
                self.remember(asked, Answer::Registered { registration: registration.clone(), activation: activation.clone() }, rows);
            }
            Event::Deactivated { asked, registration, .. } => {
                rows.list(super::ACTIVATIONS);
                self.take_registration(registration, rows);
                self.remember(asked, Answer::Deactivated { number: registration.number }, rows);
            }
            Event::DeactivationTurnedDown { asked, turned_down, .. } => {
                self.remember(asked, Answer::TurnedDown(turned_down.clone()), rows);
            }
            Event::PackReplaced { asked, order, lost, why, pack } => {
                rows.list(super::PACKS);
                self.replace(order, lost, why, pack, rows);
                self.keep_pack(order, pack, rows);
                self.remember(asked, Answer::Pack(pack.clone()), rows);
            }
            Event::PackIssued { asked, order, pack } => {
                rows.list(super::PACKS);
                self.draw(order, pack, rows);
                self.keep_pack(order, pack, rows);
                self.remember(asked, Answer::Pack(pack.clone()), rows);
            }
            Event::PackTurnedDown { asked, turned_down, .. } => {
                rows.list(super::PACKS);
                self.remember(asked, Answer::TurnedDown(turned_down.clone()), rows);
            }
            Event::CodeSold { code, package } => {
                let package = Package { code: code.clone(), holds: *package, used: None };
                rows.put(code_row(code), &package);
                self.codes.insert(code.clone(), package);
            }
            Event::XpSold { keys, at } => {
                for key in keys {
                    self.put_xp_key(XpKey { key: key.clone(), bought_at: *at, traded: false }, rows);
                }
            }
            Event::OfferTaken { request, offer, tokens } => self.take_offer(request, offer, tokens, at, rows),
            Event::OfferTurnedDown { .. } => {}
            Event::TurnedDownCounted { counted } => self.turned_down.note_counted(counted, at, rows),
            Event::AgreementSigned { purchase, entitlements, transitional } => {
                let bought = entitlements.iter().map(|entitled| Entitlement { entitled: *entitled, drawn: 0, until: None });
                let given =
                    super::offer::line(*transitional).map(|(entitled, until)| Entitlement { entitled, drawn: 0, until: Some(until) });
                let lines = bought.chain(given).collect();
                self.put_agreement(purchase.clone(), lines, rows);
            }
        }
    }

    fn next_due(&self) -> Option<LabTime> {
        None
    }

    fn due(&self, _: &mut Moment<'_>) -> Vec<Event> {
        Vec::new()
    }

    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        match key.split_once('/').map_or(key, |(kind, _)| kind) {
            "founding" => self.founding = Some(RowError::parse(key, value)?),
            "activation" => {
                let activation: Activation = RowError::parse(key, value)?;
                // A row of its own follows, but for what was activated before there were any.
                self.index_registration(Registration::of(&activation));
                self.index(activation);
            }
            "registration" => self.index_registration(RowError::parse(key, value)?),
            "pack" => {
                let record: PackOnRecord = RowError::parse(key, value)?;
                self.packs.insert(record.issued.pack.id.clone(), record);
            }
            "reissued" => {
                self.reissued.insert(RowError::parse(key, value)?);
            }
            "xp" => {
                let xp: XpKey = RowError::parse(key, value)?;
                self.xp_keys.insert(xp.key.clone(), xp);
            }
            "mail" => {
                let mailed: Mailed = RowError::parse(key, value)?;
                self.mail.entry(mailed.letter.to.clone()).or_default().push(mailed);
            }
            "offer" => {
                let (request, tokens): (RequestId, Vec<RetailCode>) = RowError::parse(key, value)?;
                self.offers.insert(request, tokens);
            }
            "code" => {
                let package: Package = RowError::parse(key, value)?;
                self.codes.insert(package.code.clone(), package);
            }
            "agreement" => {
                let agreement: Agreement = RowError::parse(key, value)?;
                self.agreements.insert(agreement.purchase, agreement.entitlements);
            }
            "answer" => {
                let known: Remembered = RowError::parse(key, value)?;
                if matches!(known.answer, Answer::TurnedDown(_)) {
                    self.turned_down.keep_answer(known.entry, (known.asked.key, known.asked.request.clone()));
                }
                self.answers.insert((known.asked.key, known.asked.request.clone()), known);
            }
            "turned-down" => self.turned_down.load(value)?,
            "turned-down-hour" => self.turned_down.load_hour(value)?,
            _ => return Err(RowError::new(key, "a registry has no such row")),
        }
        Ok(())
    }
}

impl Registry {
    fn take_activation(&mut self, activation: &Activation, rows: &mut Rows) {
        if self.activations.get(&activation.product_id) == Some(activation) {
            return;
        }
        rows.put(format!("activation/{}", activation.product_id), activation);
        self.index(activation.clone());
    }

    /// AM-15: a key that is out of its owner's hands stands for nothing any more.
    fn disown_key(&mut self, product_id: &ProductId, rows: &mut Rows) {
        if let Some(activation) = self.activations.remove(product_id) {
            self.by_key.remove(&activation.key);
            self.by_thumbprint.remove(&activation.key.thumbprint());
            rows.remove(format!("activation/{product_id}"));
        }
    }

    fn index(&mut self, activation: Activation) {
        if let Some(before) = self.activations.get(&activation.product_id).filter(|before| before.key != activation.key) {
            self.by_key.remove(&before.key);
            self.by_thumbprint.remove(&before.key.thumbprint());
        }
        self.by_key.insert(activation.key, activation.product_id.clone());
        self.by_thumbprint.insert(activation.key.thumbprint(), activation.product_id.clone());
        self.activations.insert(activation.product_id.clone(), activation);
    }

    fn take_registration(&mut self, registration: &Registration, rows: &mut Rows) {
        rows.put(format!("registration/{}", registration.product_id), registration);
        self.index_registration(registration.clone());
    }

    fn index_registration(&mut self, registration: Registration) {
        if let Some(before) = self.registrations.get(&registration.product_id)
            && let Some(of_name) = self.by_name.get_mut(&before.name)
        {
            of_name.remove(&registration.product_id);
        }
        self.by_name.entry(registration.name.clone()).or_default().insert(registration.product_id.clone());
        if let Some(id) = &registration.id {
            self.by_id.insert(id.clone(), registration.product_id.clone());
        }
        self.registrations.insert(registration.product_id.clone(), registration);
    }

    /// A pack that was given again stays as it is on record.
    fn keep_pack(&mut self, order: &Order, pack: &IssuedPack, rows: &mut Rows) {
        if self.packs.contains_key(&pack.pack.id) {
            return;
        }
        let record = PackOnRecord { issued: pack.clone(), purchase: order.purchase.clone(), recovered: 0, moved: false };
        rows.put(format!("pack/{}", pack.pack.id), &record);
        self.packs.insert(pack.pack.id.clone(), record);
    }

    /// What was given again of a pack is not given a second time.
    fn replace(&mut self, order: &Order, lost: &PackId, why: &Replacement, pack: &IssuedPack, rows: &mut Rows) {
        if let Replacement::Reissued { device } = why {
            let once = (order.product_id.clone(), device.clone());
            rows.put(format!("reissued/{}/{device}", order.product_id), &once);
            self.reissued.insert(once);
            return;
        }
        if let Some(record) = self.packs.get_mut(lost) {
            record.recovered = record.recovered.saturating_add(pack.pack.total);
            record.moved |= *why == Replacement::Moved;
            rows.put(format!("pack/{lost}"), record);
        }
    }

    fn put_xp_key(&mut self, xp: XpKey, rows: &mut Rows) {
        rows.put(format!("xp/{}", xp.key), &xp);
        self.xp_keys.insert(xp.key.clone(), xp);
    }

    /// WS03-14: the keys are used up, the tokens are good like retail codes, and a letter says so.
    fn take_offer(&mut self, request: &RequestId, offer: &OfferRequest, tokens: &[RetailCode], at: LabTime, rows: &mut Rows) {
        for key in &offer.keys {
            if let Some(xp) = self.xp_keys.get(key).cloned() {
                self.put_xp_key(XpKey { traded: true, ..xp }, rows);
            }
        }
        for token in tokens {
            let package = Package { code: token.clone(), holds: super::offer::TOKEN, used: None };
            rows.put(code_row(token), &package);
            self.codes.insert(token.clone(), package);
        }
        let letter = Letter { to: offer.email.clone(), at, tokens: tokens.to_vec() };
        let mailed = Mailed { letter, keys: offer.keys.clone() };
        rows.put(format!("mail/{:020}", rows.entry()), &mailed);
        self.mail.entry(offer.email.clone()).or_default().push(mailed);
        rows.put(format!("offer/{request}"), &(request, tokens));
        self.offers.insert(request.clone(), tokens.to_vec());
    }

    /// Counts a pack against its papers; a pack given again counts nothing.
    fn draw(&mut self, order: &Order, pack: &IssuedPack, rows: &mut Rows) {
        match &order.purchase {
            Purchase::Retail { code } => {
                if let Some(package) = self.codes.get_mut(code)
                    && package.used.is_none()
                {
                    package.used = Some(pack.clone());
                    rows.put(code_row(code), package);
                }
            }
            Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. } => {
                let Some(mut lines) = self.agreements.remove(&order.purchase) else { return };
                let mut left = pack.pack.total;
                for line in &mut lines {
                    if line.entitled.version == pack.pack.version && line.entitled.product_type == pack.pack.product_type {
                        let here = left.min(line.entitled.quantity.saturating_sub(line.drawn));
                        line.drawn = line.drawn.saturating_add(here);
                        left -= here;
                    }
                }
                self.put_agreement(order.purchase.clone(), lines, rows);
            }
        }
    }

    fn put_agreement(&mut self, purchase: Purchase, entitlements: Vec<Entitlement>, rows: &mut Rows) {
        let agreement = Agreement { purchase, entitlements };
        rows.put(agreement_row(&agreement.purchase), &agreement);
        self.agreements.insert(agreement.purchase, agreement.entitlements);
    }

    fn remember(&mut self, asked: &Asked, answer: Answer, rows: &mut Rows) {
        let whose = (asked.key, asked.request.clone());
        if matches!(answer, Answer::TurnedDown(_))
            && let Some(oldest) = self.turned_down.keep_answer(rows.entry(), whose.clone())
        {
            rows.remove(answer_row(&oldest));
            self.answers.remove(&oldest);
        }
        let known = Remembered { asked: asked.clone(), answer, entry: rows.entry() };
        rows.put(answer_row(&whose), &known);
        self.answers.insert(whose, known);
    }
}

impl Registration {
    /// The registration that an automatic activation of earlier days amounts to.
    fn of(activation: &Activation) -> Self {
        Self {
            name: activation.name.clone(),
            product_id: activation.product_id.clone(),
            number: 1,
            method: ContactMethod::Automatic,
            agreement: None,
            until: activation.period.until,
            deactivated: false,
            id: None,
        }
    }
}

fn answer_row((key, request): &(AskedBy, RequestId)) -> String {
    format!("answer/{}/{request}", key.thumbprint())
}

fn code_row(code: &RetailCode) -> String {
    format!("code/{code}")
}

fn agreement_row(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("agreement/retail/{code}"),
        Purchase::Open { license, authorization } => format!("agreement/open/{license}/{authorization}"),
        Purchase::Volume { agreement, enrollment, authorization } => {
            format!("agreement/volume/{agreement:?}/{enrollment}/{authorization}")
        }
        Purchase::Other { agreement, authorization } => format!("agreement/other/{agreement}/{authorization}"),
    }
}
