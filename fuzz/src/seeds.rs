//! The seeds of every target: a few real values each, made here, so that they are the present form of what they are.

use std::fmt::Write as _;

use chassis::clock::Clock;
use chassis::data::DataDir;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal;
use serde_json::{Value, json};
use shared::directory::{self, Directory};
use shared::ledger::{Asked, Inquire, Ledger};
use shared::machine::{Decide, Machine};
use shared::model::{
    Cal, CalId, CalKind, CallerRole, DomainKind, Generation, HardwareId, LabTime, Origin, Pack, PackKind, Platform, ProductType,
    ProductVersion, RequestId, RetailCode,
};
use shared::node::{self, Node};
use shared::registry::{self, Registry};
use shared::trust::{certificate_request, key_text, seal_pack};
use shared::wire::license_server::Inquiry;
use shared::wire::terminal_server::SettingsChange;

use crate::segments::{history, run};
use crate::tokens::issued_at;
use crate::world::{World, license_server_id, product, world};
use crate::{backups, bodies, events, imports};

/// A seed: its target, its name, and what it is.
pub(crate) type Seed = (&'static str, &'static str, Vec<u8>);

/// All seeds.
///
/// # Panics
/// Where one is not taken by what it is a seed of: it would lead nowhere.
#[must_use]
pub(crate) fn all() -> Vec<Seed> {
    let world = world();
    let mut seeds = certificates(world);
    seeds.extend(tokens(world));
    seeds.extend(codes(world));
    seeds.extend(requests());
    seeds.extend(journals());
    seeds.extend(networks());
    seeds.push(("backup", "seed-a-temporary", backup(world)));
    seeds
}

fn certificates(world: &World) -> Vec<Seed> {
    let request = certificate_request(&world.key, &world.activated.holder().name, &product()).unwrap();
    let der = request.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, der).unwrap();
    vec![
        ("certificate", "seed-root.pem", world.root.certificate().pem().into()),
        ("certificate", "seed-root.der", world.root.certificate().der().to_vec()),
        ("certificate", "seed-activated.der", world.activated.certificate().der().to_vec()),
        ("certificate", "seed-itself.der", world.itself.certificate().der().to_vec()),
        ("certificate_request", "seed.pem", request.into()),
        ("certificate_request", "seed.der", der),
    ]
}

fn tokens(world: &World) -> Vec<Seed> {
    let license = |kind, seal: usize| world.seals[seal].seal_license(&cal(world, kind)).unwrap();
    let pack = seal_pack(&pack(world), &product(), issued_at(), world.root.name(), &world.root_key).unwrap();
    let contents = |token: &str| {
        let part = token.split('.').nth(1).unwrap();
        String::from_utf8(base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, part).unwrap()).unwrap()
    };
    let permanent = license(CalKind::Permanent, 0);
    let activated = json!({ "alg": "EdDSA", "typ": "tsl-license+jwt", "x5c": ["ACTIVATED"] });
    let by_code = json!({ "alg": "EdDSA", "typ": "tsl-license+jwt", "x5c": ["ITSELF"], "lsid": license_server_id(&world.codes) });
    let of_pack = json!({ "alg": "EdDSA", "typ": "tsl-pack+jwt", "kid": world.root_key.public().thumbprint() });
    let parts = |header: &Value, token: &str| format!("{header}\n{}", contents(token)).into_bytes();
    vec![
        ("token", "seed-permanent", permanent.clone().into()),
        ("token", "seed-temporary", license(CalKind::Temporary, 1).into()),
        ("token", "seed-by-code", license(CalKind::Permanent, 2).into()),
        ("token", "seed-pack", pack.clone().into()),
        ("token", "seed-parts-permanent", parts(&activated, &permanent)),
        ("token", "seed-parts-by-code", parts(&by_code, &permanent)),
        ("token", "seed-parts-pack", parts(&of_pack, &pack)),
    ]
}

fn codes(world: &World) -> Vec<Seed> {
    let agreement = shared::model::AgreementKey::from_bytes([6; 32]);
    vec![
        ("typed_code", "seed-license-server-id", license_server_id(&world.codes).in_fives().into()),
        ("typed_code", "seed-key-pack-id", pack(world).id.as_str().into()),
        ("typed_code", "seed-retail", shared::model::code::in_fives(RetailCode::from_random([8; 25]).as_str()).into()),
        ("typed_code", "seed-confirmation", world.codes.confirmation(1).unwrap().in_fives().to_lowercase().into()),
        ("typed_code", "seed-key-text", key_text(&agreement, &product()).into()),
        ("typed_code", "seed-key", agreement.to_string().into()),
        ("typed_code", "seed-product-id", product().to_string().into()),
        ("typed_code", "seed-hardware-id", HardwareId::new(1, [9; 16]).to_string().into()),
        ("typed_code", "seed-moment", issued_at().to_string().into()),
        ("typed_code", "seed-user", b"NORTH\\anna".to_vec()),
        ("typed_code", "seed-facts", vec![0, 1, 0x4E, 0x20, 1, 2, 0, 0, 20, 0, 7, 33, 5]),
    ]
}

fn requests() -> Vec<Seed> {
    let (request, key) = ("0123456789abcdef", world().key.public());
    let papers = json!({ "program": "open", "license": "12345678", "authorization": "ABCDE12345FGHIJ" });
    let seeds = [
        (
            "seed-connect",
            json!({ "request": request, "device": "PC01", "user": "anna", "hardware_id": "01".repeat(20), "platform": "windows-98", "license": null }),
        ),
        ("seed-inquiry", json!(inquiry())),
        ("seed-mark", json!({ "request": request, "cal": "07".repeat(16), "hardware_id": "01".repeat(20) })),
        ("seed-logon", json!({ "user": "anna", "password": "correct horse" })),
        ("seed-clock", json!({ "action": "advance", "seconds": 86400 })),
        ("seed-settings", json!({ "accept": "enrolled", "policy_ac_on": 2 })),
        (
            "seed-pack",
            json!({ "request": request, "server_version": "5.2", "purchase": papers, "wanted": { "version": "5.2", "product_type": "device", "quantity": 20 } }),
        ),
        (
            "seed-activate",
            json!({ "registrant": { "first_name": "Ada", "last_name": "Lovelace", "company": "Engines", "country": "Austria" } }),
        ),
        ("seed-trust", json!({ "key": key, "url": "http://127.0.0.1:7802" })),
        (
            "seed-placement",
            json!({ "host": "DC1", "site": "VIENNA", "member_of": { "kind": "active-directory", "name": "NORTH" }, "controller": true }),
        ),
        ("seed-restore", json!({ "part": "end", "records": 3 })),
        (
            "seed-agreement",
            json!({ "program": { "program": "open" }, "entitlements": [{ "version": "6.0", "product_type": "user", "quantity": 5 }] }),
        ),
    ];
    let seeds = seeds.into_iter().map(|(name, body)| (name, serde_json::to_vec(&body).unwrap()));
    let useful = seeds.inspect(|(name, body)| assert!(bodies::taken_by(body) > 0, "no route takes {name}"));
    useful.map(|(name, body)| ("http_body", name, body)).collect()
}

fn inquiry() -> Inquiry {
    Inquiry {
        request: RequestId::from_random([1; 16]),
        version: ProductVersion::V5_2,
        generation: Generation::Windows2003,
        platform: Platform::Windows98,
        device: "PC01".parse().unwrap(),
        user: "anna".parse().unwrap(),
        hardware_id: HardwareId::new(1, [9; 16]),
        presented: None,
        temporary_only: false,
    }
}

fn inquire() -> Inquire {
    let terminal_server = "TS1".parse().unwrap();
    Inquire(Box::new(Asked { inquiry: inquiry(), terminal_server, presented: None, referred_by: None, elsewhere: Vec::new() }))
}

fn journals() -> Vec<Seed> {
    let world = world();
    let (name, key) = ("LS1".parse::<shared::model::ServerName>().unwrap(), world.key.public());
    let ledger = exported::<Ledger, _>(history());
    let registry = exported::<Registry, _>(vec![registry::Command::Found {
        name: world.root.name().clone(),
        key: world.root_key.public(),
        root_years: 30,
    }]);
    let node = exported::<Node, _>(vec![
        node::Command::Start(node::Server { name: "TS1".parse().unwrap(), generation: Generation::Windows2003 }),
        node::Command::TrustLicenseServer { name: name.clone(), enrolled: node::Enrolled { key, url: "http://127.0.0.1:7802".to_owned() } },
        node::Command::ChangeSettings(SettingsChange { application_mode: Some(true), ..SettingsChange::default() }),
        node::Command::Stop,
    ]);
    let domain = "NORTH".parse::<shared::model::DomainName>().unwrap();
    let directory = exported::<Directory, _>(vec![
        directory::Command::Start("DIR1".parse().unwrap()),
        directory::Command::TrustService { name: name.clone(), service: directory::Service { key, role: CallerRole::LicenseServer } },
        directory::Command::AddSite("VIENNA".parse().unwrap()),
        directory::Command::SetDomain {
            name: domain.clone(),
            kind: DomainKind::ActiveDirectory,
            controllers: ["DC1".parse().unwrap()].into(),
        },
        directory::Command::SetGroup { domain, members: [name].into() },
        directory::Command::SetUser { name: "north\\anna".parse().unwrap(), hash: "$argon2".to_owned(), administrator: false, unit: None },
    ]);
    let mut seeds = vec![("journal_import", "seed-export", ledger.clone().into_bytes())];
    for (name, export, count) in [
        ("ledger", &ledger, events_of::<Ledger>(&ledger)),
        ("registry", &registry, events_of::<Registry>(&registry)),
        ("node", &node, events_of::<Node>(&node)),
        ("directory", &directory, events_of::<Directory>(&directory)),
    ] {
        let entries = entries(export);
        let came = match name {
            "ledger" => imports::import::<Ledger>(&imports::export(name, &entries)),
            "registry" => imports::import::<Registry>(&imports::export(name, &entries)),
            "node" => imports::import::<Node>(&imports::export(name, &entries)),
            _ => imports::import::<Directory>(&imports::export(name, &entries)),
        };
        assert_eq!(came, Some(entries.len() as u64), "{name}");
        let (import, event) = match name {
            "ledger" => ("seed-ledger", "seed-ledger-events"),
            "registry" => ("seed-registry", "seed-registry-events"),
            "node" => ("seed-node", "seed-node-events"),
            _ => ("seed-directory", "seed-directory-events"),
        };
        seeds.push(("journal_import", import, format!("{name}\n{}\n", entries.join("\n")).into_bytes()));
        seeds.push(("journal_event", event, count.into_bytes()));
    }
    seeds.push(("journal_segment", "seed-no-change", vec![0]));
    seeds.push(("journal_segment", "seed-without-rows", vec![1, 0x40, 0x02, 0]));
    seeds.push(("journal_segment", "seed-forged", vec![4, 0x40, 0x00, 1, 0x08, 0x02, 1]));
    seeds.push(("journal_segment", "seed-power-cut", vec![8, 0x40, 0x03, 0x20]));
    seeds
}

fn exported<M: Machine + Decide<C>, C: Send>(commands: Vec<C>) -> String
where
    M::Refusal: std::fmt::Debug,
{
    let home = tempfile::tempdir().unwrap();
    let data = DataDir::open(home.path()).unwrap();
    let start_at = Some("2026-03-02T08:00:00Z".parse::<LabTime>().unwrap());
    let options = EngineOptions { seed: Some(7), start_at, frozen: true, ..EngineOptions::default() };
    run(async {
        let engine = Engine::<M>::open(&data, Clock::new(), options).unwrap();
        for command in commands {
            engine.execute(None, command, |_, _, _| ()).await.unwrap();
        }
        engine.close().await.unwrap();
    });
    let mut out = Vec::new();
    journal::export::<M>(&data, &mut out, None).unwrap();
    String::from_utf8(out).unwrap()
}

fn entries(export: &str) -> Vec<&str> {
    export.lines().filter_map(|line| line.split_once(",\"entry\":")?.1.strip_suffix('}')).collect()
}

/// The machine's own events in an export, one a line.
fn events_of<M: Machine>(export: &str) -> String {
    let mut text = String::new();
    for entry in entries(export) {
        let entry: Value = serde_json::from_str(entry).unwrap();
        if let Some(event) = entry["event"].get("machine") {
            writeln!(text, "{event}").unwrap();
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    assert!(!lines.is_empty() && events::taken::<M>(&lines) == lines.len(), "{}: {text}", M::NAME);
    text
}

fn networks() -> Vec<Seed> {
    vec![
        ("network_file", "seed-mixed.toml", include_bytes!("../../docs/networks/mixed.toml").to_vec()),
        ("network_file", "seed-users.toml", include_bytes!("../../docs/networks/users.toml").to_vec()),
    ]
}

fn backup(world: &World) -> Vec<u8> {
    let mut run = crate::run::Run::<Ledger>::new();
    for command in history() {
        run.execute(command).unwrap();
    }
    run.execute(inquire()).unwrap();
    let facts = run.machine.backup(world.key.public(), run.now).unwrap();
    let mut text = serde_json::to_string(&facts).unwrap();
    for record in run.machine.records_after(0, 10) {
        write!(text, "\n{}", serde_json::to_string(&record).unwrap()).unwrap();
    }
    assert_eq!(backups::restored(&text.lines().collect::<Vec<_>>()), Some(1));
    text.into_bytes()
}

/// A CAL of the license server's.
fn cal(world: &World, kind: CalKind) -> Cal {
    Cal {
        id: CalId::from_random([7; 16]),
        kind,
        version: ProductVersion::V5_2,
        issuer: world.activated.holder().name.clone(),
        device: "PC01".parse().unwrap(),
        user: "anna".parse().unwrap(),
        hardware_id: HardwareId::new(1, [9; 16]),
        issued_at: issued_at(),
        expires_at: "2027-01-23T14:00:00Z".parse().unwrap(),
        origin: match kind {
            CalKind::Permanent => Origin::Pack(pack(world).id),
            CalKind::Temporary => Origin::Minted,
        },
    }
}

/// A pack for the license server.
fn pack(world: &World) -> Pack {
    let (kind, version, product_type, total) = (PackKind::Retail, ProductVersion::V5_2, ProductType::Device, 20);
    let id = world.codes.key_pack_id(kind, version, product_type, total, 1).unwrap();
    Pack { id, kind, version, product_type, total }
}
