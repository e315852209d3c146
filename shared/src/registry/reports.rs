//! What can be read from the registry and its record (AC-42).

use super::{Activation, Answer, AskedBy, Event, Founding, Registration, Registry};
use crate::model::{
    ContactMethod, LabTime, Level, LogRecord, Pack, PackId, ProductId, PublicKey, Purchase, RegistrantText, RequestId, RetailCode,
    ServerName, ServerRef,
};
use crate::policy::turned_down::TurnedDown;
use crate::wire::clearinghouse::{ActivationRecord, PackRecord, RecordOutcome, Standing, StandingQuery};
use crate::wire::desk::Letter;

impl Registry {
    /// The facts of the root; none before the first start is over.
    #[must_use]
    pub fn founding(&self) -> Option<&Founding> {
        self.founding.as_ref()
    }

    /// The activation of a Product ID.
    #[must_use]
    pub fn activation(&self, product_id: &ProductId) -> Option<&Activation> {
        self.activations.get(product_id)
    }

    /// A pack as it was issued.
    #[must_use]
    pub fn issued_pack(&self, id: &PackId) -> Option<&Pack> {
        self.packs.get(id).map(|on_record| &on_record.issued.pack)
    }

    /// Every pack that was issued and has not gone to another license server, in no order.
    pub fn issued_packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.values().filter(|on_record| !on_record.moved).map(|on_record| &on_record.issued.pack)
    }

    /// The pack that was issued for a retail code.
    #[must_use]
    pub fn pack_of(&self, code: &RetailCode) -> Option<PackId> {
        self.codes.get(code)?.used.as_ref().map(|issued| issued.pack.id.clone())
    }

    /// The answer given to a request of this caller; none before it was decided, or where it was improper.
    #[must_use]
    pub fn answer(&self, caller: AskedBy, request: &RequestId) -> Option<&Answer> {
        self.answers.get(&(caller, request.clone())).map(|known| &known.answer)
    }

    /// The license server with this Product ID on the books.
    #[must_use]
    pub fn registration(&self, product_id: &ProductId) -> Option<&Registration> {
        self.registrations.get(product_id)
    }

    /// The license server that a person names.
    #[must_use]
    pub fn server_called(&self, server: &ServerRef) -> Option<&Registration> {
        match server {
            ServerRef::Id(id) => self.by_id.get(id).and_then(|product_id| self.registration(product_id)),
            ServerRef::Product(product_id) => self.registration(product_id),
        }
    }

    /// AM-15: the license server that has this name, where another Product ID is not deactivated under it.
    #[must_use]
    pub fn holder_of(&self, name: &ServerName, asking: &ProductId) -> Option<&Registration> {
        let of_name = self.by_name.get(name).into_iter().flatten().filter(|product_id| *product_id != asking);
        of_name.filter_map(|product_id| self.registration(product_id)).find(|registration| !registration.deactivated)
    }

    /// AM-15: how whoever signs with `key` stands here under a Product ID, so that a server whose Product ID went to another key
    /// learns of it. A person who registers a server tells its key agreement key only, so whoever has that one then (`owns_agreement`)
    /// is that server, whatever it signs with.
    #[must_use]
    pub fn standing(&self, query: &StandingQuery, key: &PublicKey, owns_agreement: bool) -> Standing {
        let Some(registration) = self.registration(&query.product_id) else { return Standing::Unknown };
        let number = registration.number;
        let by_person = registration.method != ContactMethod::Automatic;
        let signs = self.activation(&query.product_id).is_none_or(|activation| activation.key == *key) || (by_person && owns_agreement);
        let agrees = registration.agreement.is_none_or(|agreement| agreement == query.agreement);
        match (signs && agrees, registration.deactivated) {
            (false, _) => Standing::OtherKey { number },
            (true, true) => Standing::Deactivated { number },
            (true, false) => Standing::Activated { number },
        }
    }

    /// AC-48: whether these are papers of a pack that was issued to this Product ID; nothing need be shown where none was.
    #[must_use]
    pub fn has_bought(&self, product_id: &ProductId, papers: &[Purchase]) -> bool {
        let mut bought = self.packs.values().filter(|record| record.issued.product_id == *product_id).peekable();
        bought.peek().is_none() || bought.any(|record| papers.contains(&record.purchase))
    }

    /// The letters that were sent to an address for this product key, oldest first: whoever traded it in has read it off a sticker, and an
    /// address alone is known to many.
    #[must_use]
    pub fn letters(&self, to: &RegistrantText, key: &RetailCode) -> Vec<Letter> {
        let sent = self.mail.get(to).into_iter().flatten();
        sent.filter(|mailed| mailed.keys.contains(key)).map(|mailed| mailed.letter.clone()).collect()
    }

    /// The license server that was activated with this key.
    #[must_use]
    pub fn activated(&self, key: &PublicKey) -> Option<&Activation> {
        self.by_key.get(key).and_then(|product_id| self.activation(product_id))
    }

    /// The license server that was activated with the key of this thumbprint.
    #[must_use]
    pub fn caller(&self, thumbprint: &str) -> Option<&Activation> {
        self.by_thumbprint.get(thumbprint).and_then(|product_id| self.activation(product_id))
    }
}

impl Event {
    /// The row of the record of activations that this event is.
    #[must_use]
    pub fn activation_record(&self, entry: u64, at: LabTime) -> Option<ActivationRecord> {
        match self {
            Event::Registered { registrant, registration, activation, asked, .. } => Some(ActivationRecord {
                entry,
                at,
                name: registration.name.clone(),
                product_id: registration.product_id.clone(),
                registrant: registrant.clone(),
                method: registration.method,
                thumbprint: activation.as_ref().map_or_else(|| asked.key.thumbprint(), |activation| activation.key.thumbprint()),
                serial: activation.as_ref().map(|activation| activation.serial.to_string()),
                ends_at: Some(registration.until),
                outcome: RecordOutcome::Granted,
            }),
            Event::Activated { registrant, activation, .. } => Some(ActivationRecord {
                entry,
                at,
                method: ContactMethod::Automatic,
                name: activation.name.clone(),
                product_id: activation.product_id.clone(),
                registrant: registrant.clone(),
                thumbprint: activation.key.thumbprint(),
                serial: Some(activation.serial.to_string()),
                ends_at: Some(activation.period.until),
                outcome: RecordOutcome::Granted,
            }),
            Event::ActivationTurnedDown { asked, name, product_id, registrant, turned_down } => Some(ActivationRecord {
                entry,
                at,
                name: name.clone(),
                product_id: product_id.clone(),
                registrant: registrant.clone(),
                method: ContactMethod::Automatic,
                thumbprint: asked.key.thumbprint(),
                serial: None,
                ends_at: None,
                outcome: refused(turned_down),
            }),
            Event::Founded(_)
            | Event::Deactivated { .. }
            | Event::DeactivationTurnedDown { .. }
            | Event::PackReplaced { .. }
            | Event::PackIssued { .. }
            | Event::PackTurnedDown { .. }
            | Event::CodeSold { .. }
            | Event::XpSold { .. }
            | Event::OfferTaken { .. }
            | Event::OfferTurnedDown { .. }
            | Event::TurnedDownCounted { .. }
            | Event::AgreementSigned { .. } => None,
        }
    }

    /// The row of the record of packs that this event is.
    #[must_use]
    pub fn pack_record(&self, entry: u64, at: LabTime) -> Option<PackRecord> {
        let (order, pack, outcome) = match self {
            Event::PackIssued { order, pack, .. } | Event::PackReplaced { order, pack, .. } => {
                (order, Some(pack.pack.clone()), RecordOutcome::Granted)
            }
            Event::PackTurnedDown { order, turned_down, .. } => (order, None, refused(turned_down)),
            Event::Founded(_)
            | Event::Activated { .. }
            | Event::Registered { .. }
            | Event::Deactivated { .. }
            | Event::DeactivationTurnedDown { .. }
            | Event::ActivationTurnedDown { .. }
            | Event::CodeSold { .. }
            | Event::XpSold { .. }
            | Event::OfferTaken { .. }
            | Event::OfferTurnedDown { .. }
            | Event::TurnedDownCounted { .. }
            | Event::AgreementSigned { .. } => return None,
        };
        Some(PackRecord {
            entry,
            at,
            name: order.name.clone(),
            product_id: order.product_id.clone(),
            method: order.method,
            purchase: order.purchase.clone(),
            wanted: order.wanted,
            pack,
            outcome,
        })
    }

    /// The event in the clearinghouse's log. No source document names events of a clearinghouse: source and ids are the
    /// lab's own. Codes and numbers of agreements are worth money, so they are not in it.
    #[must_use]
    pub fn log_record(&self) -> LogRecord {
        let (id, level, text) = match self {
            Event::Founded(founding) => {
                (1, Level::Information, format!("The lab was founded; its root holds until {}.", founding.period.until))
            }
            Event::Activated { activation, .. } => {
                let text = format!("License server {} ({}) was activated.", activation.name, activation.product_id);
                (2, Level::Information, text)
            }
            Event::Registered { registration, .. } => {
                let Registration { name, product_id, method, .. } = registration;
                (2, Level::Information, format!("License server {name} ({product_id}) was activated by {method}."))
            }
            Event::Deactivated { registration, method, .. } => {
                let text = format!("License server {} ({}) was deactivated ({method}).", registration.name, registration.product_id);
                (8, Level::Information, text)
            }
            Event::DeactivationTurnedDown { product_id, turned_down, .. } => {
                (9, Level::Warning, format!("The deactivation of {product_id} was turned down: {}.", turned_down.reason))
            }
            Event::PackReplaced { order, why, pack, .. } => {
                let (total, kind) = (pack.pack.total, pack.pack.product_type);
                let why = match why {
                    super::desk::Replacement::Recovered => "recovered".to_owned(),
                    super::desk::Replacement::Reissued { device } => format!("reissued for {device}"),
                    super::desk::Replacement::Moved => "moved".to_owned(),
                };
                (10, Level::Information, format!("{total} {kind} CALs of version {} were {why} for {}.", pack.pack.version, order.name))
            }
            Event::ActivationTurnedDown { name, product_id, turned_down, .. } => {
                (3, Level::Warning, format!("The activation of {name} ({product_id}) was turned down: {}.", turned_down.reason))
            }
            Event::PackIssued { order, pack, .. } => {
                let (total, kind) = (pack.pack.total, pack.pack.product_type);
                let text = format!("A pack of {total} {kind} CALs of version {} was issued to {}.", pack.pack.version, order.name);
                (4, Level::Information, text)
            }
            Event::PackTurnedDown { order, turned_down, .. } => {
                (5, Level::Warning, format!("A pack for {} was turned down: {}.", order.name, turned_down.reason))
            }
            Event::CodeSold { package, .. } => {
                let text = format!("The reseller desk sold a package of {} {} CALs.", package.quantity, package.product_type);
                (6, Level::Information, text)
            }
            Event::XpSold { keys, .. } => {
                (6, Level::Information, format!("The reseller desk sold {} licenses of Windows XP Professional.", keys.len()))
            }
            Event::OfferTaken { tokens, .. } => (11, Level::Information, format!("{} license tokens were sent by e-mail.", tokens.len())),
            Event::OfferTurnedDown { turned_down, .. } => {
                (12, Level::Warning, format!("Product keys were not traded for license tokens: {}.", turned_down.reason))
            }
            Event::TurnedDownCounted { counted } => {
                let count: u64 = counted.iter().map(|some| some.count).fold(0, u64::saturating_add);
                let text = format!("{count} more requests were turned down than the record holds one by one.");
                (13, Level::Warning, text)
            }
            Event::AgreementSigned { entitlements, .. } => {
                (7, Level::Information, format!("The reseller desk signed an agreement of {} line(s).", entitlements.len()))
            }
        };
        LogRecord { source: LOG_SOURCE.to_owned(), id, level, text }
    }
}

fn refused(turned_down: &TurnedDown) -> RecordOutcome {
    let rules = turned_down.ground.rules().iter().map(|rule| (*rule).to_owned()).collect();
    RecordOutcome::Refused { reason: turned_down.reason.clone(), rules }
}

const LOG_SOURCE: &str = "Clearinghouse";
