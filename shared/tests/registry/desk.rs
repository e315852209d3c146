//! A clearinghouse without its socket and its disk: every command runs on a registry that was just loaded from its rows.

use std::collections::BTreeMap;

use shared::dice::{Dice, Seed};
use shared::machine::{Changed, Decide, Machine, Moment, Rows};
use shared::model::{
    LabTime, ProductId, ProductType, ProductVersion, PublicKey, Purchase, Registrant, RequestId, RetailCode, ServerName, Span,
};
use shared::registry::{Activate, Answer, AskedBy, BuyCode, Command, Event, IssuePack, Refusal, Registry, SignAgreement};
use shared::trust::KeyHolder;
use shared::wire::clearinghouse::{ActivationRequest, AgreementProgram, PackRequest, Wanted};

pub(crate) fn at(text: &str) -> LabTime {
    text.parse().unwrap()
}

pub(crate) fn key(byte: u8) -> PublicKey {
    PublicKey::from_bytes([byte; 32]).unwrap()
}

pub(crate) fn product(byte: u8) -> ProductId {
    ProductId::from_random([byte; 20])
}

pub(crate) fn request(text: &str) -> RequestId {
    format!("request-{text}").parse().unwrap()
}

pub(crate) fn server(byte: u8) -> ServerName {
    format!("LS{byte}").parse().unwrap()
}

pub(crate) fn registrant() -> Registrant {
    let line = |text: &str| Some(text.parse().unwrap());
    Registrant {
        first_name: line("Ada"),
        last_name: line("Berg"),
        company: line("Contoso"),
        country: line("Iceland"),
        ..Registrant::default()
    }
}

pub(crate) fn devices(quantity: u32) -> Wanted {
    Wanted { version: ProductVersion::V5_2, product_type: ProductType::Device, quantity }
}

pub(crate) struct Desk {
    pub(crate) rows: BTreeMap<String, Vec<u8>>,
    pub(crate) journal: Vec<Event>,
    pub(crate) lists: Vec<Vec<&'static str>>,
    pub(crate) now: LabTime,
}

impl Desk {
    pub(crate) fn founded() -> Self {
        let now = at("2026-11-23T14:00:00Z");
        let mut desk = Self { rows: BTreeMap::new(), journal: Vec::new(), lists: Vec::new(), now };
        desk.run(Command::Found { name: "CH1".parse().unwrap(), key: key(1), root_years: 30 }).unwrap();
        desk
    }

    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        for (key, value) in &self.rows {
            registry.load(key, value).unwrap();
        }
        registry
    }

    pub(crate) fn run<C>(&mut self, command: C) -> Result<<Registry as Decide<C>>::Answer, Refusal>
    where
        Registry: Decide<C>,
    {
        let mut registry = self.registry();
        let entry = self.journal.len() as u64 + 1;
        let (answer, events) =
            registry.decide(command, &mut Moment { now: self.now, dice: &mut Dice::new(Seed::from_number(7, "registry"), entry) })?;
        for event in &events {
            let mut rows = Rows::new(self.journal.len() as u64 + 1);
            registry.apply(event, self.now, &mut rows);
            let Changed { rows: changes, lists } = rows.changed();
            for (key, value) in changes {
                match value {
                    Some(value) => self.rows.insert(key, value),
                    None => self.rows.remove(&key),
                };
            }
            let text = serde_json::to_string(event).unwrap();
            assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), event, "the journal gives back what it took");
            self.journal.push(event.clone());
            self.lists.push(lists);
        }
        Ok(answer)
    }

    pub(crate) fn later(&mut self, days: u32) {
        self.now = self.now + Span::days(days);
    }

    pub(crate) fn activation_request(byte: u8, id: &str) -> Activate {
        let holder = KeyHolder { name: server(byte), product_id: product(byte), key: key(byte) };
        let request = ActivationRequest {
            request: request(id),
            name: holder.name.clone(),
            product_id: holder.product_id.clone(),
            registrant: registrant(),
            certificate_request: format!("made by {byte}"),
            agreement: None,
            ownership: None,
            reason: None,
            succession: None,
        };
        Activate { caller: holder.key, request, requested: holder, owned: None, certificate_years: 10 }
    }

    pub(crate) fn activate(&mut self, wanted: Activate) -> Result<Answer, Refusal> {
        let (caller, id) = (wanted.caller, wanted.request.request.clone());
        let answer = self.run(wanted)?.map_or_else(Answer::TurnedDown, Answer::Activated);
        assert_eq!(self.registry().answer(AskedBy::Service(caller), &id), Some(&answer), "what was answered is on record");
        Ok(answer)
    }

    pub(crate) fn activated(&mut self, byte: u8) {
        let answer = self.activate(Self::activation_request(byte, &format!("activate-{byte}"))).unwrap();
        assert!(matches!(answer, Answer::Activated(_)), "{answer:?}");
    }

    pub(crate) fn pack(&mut self, byte: u8, id: &str, purchase: &Purchase, wanted: Option<Wanted>) -> Result<Answer, Refusal> {
        self.pack_for(byte, id, purchase, wanted, ProductVersion::V5_2)
    }

    pub(crate) fn pack_for(
        &mut self,
        byte: u8,
        id: &str,
        purchase: &Purchase,
        wanted: Option<Wanted>,
        server_version: ProductVersion,
    ) -> Result<Answer, Refusal> {
        let request = PackRequest { request: request(id), purchase: purchase.clone(), wanted, server_version };
        let (caller, id) = (key(byte), request.request.clone());
        let answer = self.run(IssuePack { caller, request })?.map_or_else(Answer::TurnedDown, Answer::Pack);
        assert_eq!(self.registry().answer(AskedBy::Service(caller), &id), Some(&answer), "what was answered is on record");
        Ok(answer)
    }

    pub(crate) fn buy(&mut self, package: Wanted) -> Purchase {
        Purchase::Retail { code: self.run(BuyCode(package)).unwrap() }
    }

    pub(crate) fn sign(&mut self, program: AgreementProgram, entitlements: Vec<Wanted>) -> Purchase {
        self.run(SignAgreement { program, entitlements, xp_professional: 0 }).unwrap()
    }
}

pub(crate) fn unsold() -> Purchase {
    Purchase::Retail { code: RetailCode::from_random([9; 25]) }
}
