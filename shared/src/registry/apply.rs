//! Events to state and rows.

use super::{
    Activation, Agreement, Answer, Asked, Command, Entitlement, Event, IssuedPack, LOG, Order, Package, Refusal, Registry, Remembered,
};
use crate::machine::{Machine, Moment, RowError, Rows};
use crate::model::{LabTime, Purchase, RetailCode};

impl Machine for Registry {
    const NAME: &'static str = "registry";
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
        super::decide::decide(self, command, moment)
    }

    fn apply(&mut self, event: &Event, _: LabTime, rows: &mut Rows) {
        rows.list(LOG);
        match event {
            Event::Founded(founding) => {
                self.founding = Some(founding.clone());
                rows.put("founding", founding);
            }
            Event::Activated { asked, activation, .. } => {
                rows.list(super::ACTIVATIONS);
                self.take_activation(activation, rows);
                self.remember(asked, Answer::Activated(activation.clone()), rows);
            }
            Event::ActivationTurnedDown { asked, turned_down, .. } => {
                rows.list(super::ACTIVATIONS);
                self.remember(asked, Answer::TurnedDown(turned_down.clone()), rows);
            }
            Event::PackIssued { asked, order, pack } => {
                rows.list(super::PACKS);
                self.draw(order, pack, rows);
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
            Event::AgreementSigned { purchase, entitlements } => {
                let lines = entitlements.iter().map(|entitled| Entitlement { entitled: *entitled, drawn: 0 }).collect();
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
            "activation" => self.index(RowError::parse(key, value)?),
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
                self.answers.insert((known.asked.key, known.asked.request.clone()), known);
            }
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

    fn index(&mut self, activation: Activation) {
        self.by_key.insert(activation.key, activation.product_id.clone());
        self.by_thumbprint.insert(activation.key.thumbprint(), activation.product_id.clone());
        self.activations.insert(activation.product_id.clone(), activation);
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
                for line in &mut lines {
                    if line.entitled.version == pack.pack.version && line.entitled.product_type == pack.pack.product_type {
                        line.drawn = line.drawn.saturating_add(pack.pack.total);
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
        let known = Remembered { asked: asked.clone(), answer };
        rows.put(format!("answer/{}/{}", asked.key.thumbprint(), asked.request), &known);
        self.answers.insert((asked.key, asked.request.clone()), known);
    }
}

fn code_row(code: &RetailCode) -> String {
    format!("code/{code}")
}

fn agreement_row(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Retail { code } => format!("agreement/retail/{code}"),
        Purchase::Open { license, authorization } => format!("agreement/open/{license}/{authorization}"),
        Purchase::Volume { agreement, enrollment } => format!("agreement/volume/{agreement:?}/{enrollment}"),
        Purchase::Other { agreement } => format!("agreement/other/{agreement}"),
    }
}
