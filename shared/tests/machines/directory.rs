//! Random histories of a directory: rows and entries lead to the same state, and only members of the group write attributes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::directory::{Command, Directory, Event, Refusal, Service};
use shared::model::{CallerRole, DomainKind, LicensingSet, ProductVersion, PublicKey, ServerName, Span};
use shared::wire::directory::{DiscoveryQuery, NumberedSet, ReportScope};

use crate::run::Run;

const SERVERS: [&str; 3] = ["LS1", "LS2", "LS3"];
const USERS: [&str; 3] = ["lab\\anna", "lab\\bert", "old\\carl"];
const SITES: [&str; 2] = ["VIENNA", "GRAZ"];

fn command() -> impl Strategy<Value = Command> {
    let server = || prop::sample::select(SERVERS.to_vec()).prop_map(|name| name.parse::<ServerName>().unwrap());
    let user = || prop::sample::select(USERS.to_vec()).prop_map(|name| name.parse().unwrap());
    let domain = || prop::sample::select(vec!["LAB", "OLD", "NOWHERE"]).prop_map(|name| name.parse().unwrap());
    let members = || prop::collection::btree_set(server(), 0..3);
    let kind = prop_oneof![3 => Just(DomainKind::ActiveDirectory), 1 => Just(DomainKind::Nt4)];
    let site = || prop::sample::select(SITES.to_vec()).prop_map(|name| name.parse().unwrap());
    let set = (0_u8..6, server()).prop_map(|(number, managing_server)| NumberedSet {
        number,
        set: LicensingSet { managing_server, expires_at: beginning() + Span::days(60), version: ProductVersion::V6_0 },
    });
    prop_oneof![
        2 => (domain(), kind, members()).prop_map(|(name, kind, controllers)| Command::SetDomain { name, kind, controllers }),
        2 => (domain(), members()).prop_map(|(domain, members)| Command::SetGroup { domain, members }),
        1 => site().prop_map(Command::AddSite),
        2 => (user(), any::<bool>()).prop_map(|(name, administrator)| Command::SetUser { name, hash: "x".to_owned(), administrator, unit: None }),
        1 => user().prop_map(Command::RemoveUser),
        2 => (server(), prop::option::of(site())).prop_map(|(server, site)| Command::Publish { server, site }),
        4 => (server(), user(), prop::option::of(set)).prop_map(|(server, user, write)| Command::License { server, user, write }),
        1 => (server(), any::<[u8; 32]>()).prop_map(|(name, key)| {
            let service = Service { key: PublicKey::from_bytes(key).unwrap(), role: CallerRole::TerminalServer };
            Command::TrustService { name, service }
        }),
        1 => server().prop_map(Command::ForgetService),
    ]
}

fn beginning() -> shared::model::LabTime {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn seen(directory: &Directory) -> String {
    let site = |site: &str| directory.discovery(&DiscoveryQuery { domain: "LAB".parse().unwrap(), site: site.parse().unwrap() });
    let users = directory.users(&ReportScope::AllDomains);
    let standing = SERVERS.map(|name| directory.standing(&name.parse().unwrap()));
    format!("{:?} {:?} {:?} {:?} {users:?} {standing:?}", directory.domains(), directory.sites(), directory.services(), SITES.map(site))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Rules: W08-05, DI-23.
    #[test]
    fn whatever_is_kept_survives_a_restart_and_only_the_group_writes_attributes(commands in prop::collection::vec(command(), 1..60)) {
        let mut run: Run<Directory> = Run::new(7, beginning());
        run.execute(Command::Start("DIR1".parse().unwrap())).unwrap();
        for command in commands {
            let before = run.machine.domains();
            let wrote = match &command {
                Command::License { server, user, write: Some(_) } => Some((server.clone(), user.clone())),
                _ => None,
            };
            let events = match run.execute(command) {
                Ok(events) => events,
                Err(Refusal::OtherName(_)) => panic!("the name does not change"),
                Err(_) => continue,
            };
            if let Some((server, user)) = wrote.filter(|_| events.iter().any(|event| matches!(event, Event::UserSet { .. }))) {
                let domain = user.as_str().split('\\').next().unwrap().to_uppercase();
                let group = before.into_iter().find(|row| row.name.as_str() == domain).unwrap().license_servers;
                prop_assert!(group.contains(&server), "{server} is not in the group of {domain}");
            }
            for name in SERVERS {
                let sites: BTreeSet<_> = run.machine.standing(&name.parse().unwrap()).published_in.into_iter().collect();
                prop_assert!(sites.len() <= 1, "{name} stands in one site at the most");
            }
            prop_assert_eq!(seen(&run.loaded()), seen(&run.machine));
        }
        run.replays();
    }
}
