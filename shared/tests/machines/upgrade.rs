//! A license server that is upgraded to a later system.

use std::collections::BTreeMap;

use shared::dice::{Dice, Seed};
use shared::ledger::{ActivationCommand, Command, InstallPack, Ledger, ManageCommand, NewCertificate, Refusal};
use shared::machine::{Changed, Decide, Machine, Moment, Rows};
use shared::model::{Generation, LabTime, Pack, PackId, PackKind, ProductId, ProductType, ProductVersion};

/// A ledger that is loaded anew from its rows before every command.
#[derive(Default)]
struct Server {
    rows: BTreeMap<String, Vec<u8>>,
    entries: u64,
}

impl Server {
    fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for (key, value) in &self.rows {
            ledger.load(key, value).unwrap();
        }
        ledger
    }

    fn run<C>(&mut self, command: C) -> Result<(), Refusal>
    where
        Ledger: Decide<C>,
    {
        let mut ledger = self.ledger();
        let dice = &mut Dice::new(Seed::from_number(7, "ledger"), self.entries + 1);
        let (_, events) = ledger.decide(command, &mut Moment { now: now(), dice })?;
        for event in &events {
            self.entries += 1;
            let mut rows = Rows::new(self.entries);
            ledger.apply(event, now(), &mut rows);
            let Changed { rows, .. } = rows.changed();
            for (key, value) in rows {
                match value {
                    Some(value) => self.rows.insert(key, value),
                    None => self.rows.remove(&key),
                };
            }
        }
        Ok(())
    }

    fn start(&mut self, generation: Generation) -> Result<(), Refusal> {
        let name = "LS1".parse().unwrap();
        let until = LabTime::from_unix(2_524_608_000);
        let certificate = NewCertificate { pem: "self-signed".to_owned(), from: LabTime::from_unix(0), until };
        self.run(Command::Start { name, generation, certificate, product_id: ProductId::from_random([7; 20]) })
    }
}

fn now() -> LabTime {
    "2003-06-01T08:00:00Z".parse().unwrap()
}

/// Rules: VC-09, AC-25.
#[test]
fn an_upgraded_license_server_keeps_its_packs_and_goes_on_as_the_later_system() {
    let mut server = Server::default();
    server.start(Generation::Windows2000Sp3).unwrap();
    let until = "2013-06-01T08:00:00Z".parse().unwrap();
    let certificate = NewCertificate { pem: "activation".to_owned(), from: now(), until };
    let keep = ActivationCommand::Keep { certificate: certificate.clone(), number: 1, reason: None };
    server.run(Command::Activation(Box::new(keep))).unwrap();
    let pack = |byte, version| Pack {
        id: PackId::from_random([byte; 35]),
        kind: PackKind::Retail,
        version,
        product_type: ProductType::Device,
        total: 10,
    };
    let install = |request: &str, pack| InstallPack { request: request.parse().unwrap(), pack };
    server.run(install("request-1", pack(1, ProductVersion::V5_0))).unwrap();
    assert!(server.run(install("request-2", pack(2, ProductVersion::V5_2))).is_err(), "2000 holds no pack of 2003");

    assert!(server.start(Generation::Windows2003).is_err(), "not by accident");
    server.run(Command::Manage(ManageCommand::Upgrade(Generation::Windows2003))).unwrap();
    server.start(Generation::Windows2003).unwrap();
    assert_eq!(server.ledger().server().unwrap().generation, Generation::Windows2003);
    assert!(server.ledger().is_activated(now()), "it stays activated");
    assert_eq!(server.ledger().pack_list(now()).packs.len(), 1, "its packs stay");
    server.run(install("request-2", pack(2, ProductVersion::V5_2))).unwrap();
    assert!(matches!(server.start(Generation::Windows2000Sp3), Err(Refusal::OtherServer { .. })), "there is no way back");
}
