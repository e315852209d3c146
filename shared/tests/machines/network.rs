//! Random histories of a terminal server in its network: searches, placements, names.

use proptest::prelude::*;
use shared::model::{
    Answered, Generation, Intervals, LicenseServerRole, Membership, Placement, ProductVersion, PublicKey, Search, ServerName, Span, Way,
};
use shared::node::{Command, Enrolled, NetworkCommand, Node, Server};
use shared::policy::discovery::{FromDirectory, Known, Next};
use shared::wire::terminal_server::DiscoveryChange;

use crate::run::Run;

const SERVERS: [&str; 4] = ["LS1", "LS2", "LS3", "LS4"];
const HOSTS: [&str; 3] = ["DC1", "M1", "M2"];

fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

fn placement() -> impl Strategy<Value = Placement> {
    let site = prop::sample::select(vec!["VIENNA", "GRAZ"]);
    (prop::sample::select(HOSTS.to_vec()), site, 0..3).prop_map(|(host, site, kind)| Placement {
        host: name(host),
        site: site.parse().unwrap(),
        member_of: match kind {
            0 => Membership::Workgroup { name: "SHOP".parse().unwrap() },
            1 => Membership::Nt4Domain { name: "OLD".parse().unwrap() },
            _ => Membership::ActiveDirectory { name: "LAB".parse().unwrap() },
        },
        controller: host == "DC1",
    })
}

fn known() -> impl Strategy<Value = Known> {
    let names = || prop::sample::subsequence(SERVERS.to_vec(), 0..=4).prop_map(|names| names.into_iter().map(name).collect::<Vec<_>>());
    let answer = (placement(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(placement, enterprise, old, silent)| {
        let version = if old { ProductVersion::V5_0 } else { ProductVersion::V5_2 };
        let role = if enterprise { LicenseServerRole::Enterprise } else { LicenseServerRole::Domain };
        if silent { Err("it is off".to_owned()) } else { Ok(Answered { version, activated: true, role, placement }) }
    });
    let directory = prop::option::weighted(0.8, names()).prop_map(|site_server| {
        site_server.map(|site_server| FromDirectory { controllers: vec![name("DC1")], site_server }).ok_or_else(|| "it is off".to_owned())
    });
    (directory, prop::collection::vec(answer, 4)).prop_map(|(directory, answers)| Known {
        directory: Some(directory),
        answers: SERVERS.map(name).into_iter().zip(answers).collect(),
    })
}

fn command() -> impl Strategy<Value = Command> {
    let names = prop::sample::subsequence(SERVERS.to_vec(), 0..=2).prop_shuffle();
    let search = prop_oneof![Just(Search::Named), Just(Search::Automatic)];
    let intervals = (1_u32..9000, 1_u32..9000, 1_u32..9000).prop_map(|(domain_found_s, none_found_s, site_found_s)| Intervals {
        domain_found_s,
        none_found_s,
        site_found_s,
    });
    prop_oneof![
        6 => known().prop_map(|known| Command::Network(NetworkCommand::Searched(Box::new(known)))),
        2 => placement().prop_map(|placement| Command::Network(NetworkCommand::Place(placement))),
        2 => (search, prop::option::of(intervals)).prop_map(|(search, intervals)| {
            Command::Network(NetworkCommand::Configure(DiscoveryChange { search: Some(search), intervals, policy: None }))
        }),
        2 => names.prop_map(|names| Command::ListLicenseServers(names.into_iter().map(name).collect())),
        1 => prop::sample::select(SERVERS.to_vec()).prop_map(|server| Command::ForgetLicenseServer { name: name(server), leaked: false }),
        1 => prop::sample::select(SERVERS.to_vec()).prop_map(|server| Command::TrustLicenseServer {
            name: name(server),
            enrolled: Enrolled { key: PublicKey::from_bytes([1; 32]).unwrap(), url: "http://127.0.0.1:1".to_owned() },
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Rules: DI-04, DI-07, DI-09, SD-02.
    #[test]
    fn whoever_is_asked_is_enrolled_and_what_was_found_survives_a_restart(
        generation in prop::sample::select(vec![Generation::Windows2000Sp3, Generation::Windows2003, Generation::Windows2008]),
        commands in prop::collection::vec((command(), 0_i64..20_000), 1..50),
    ) {
        let mut run: Run<Node> = Run::new(7, "2026-03-02T08:00:00Z".parse().unwrap());
        run.execute(Command::Start(Server { name: name("TS1"), generation })).unwrap();
        for server in SERVERS {
            let enrolled = Enrolled { key: PublicKey::from_bytes([1; 32]).unwrap(), url: "http://127.0.0.1:1".to_owned() };
            run.execute(Command::TrustLicenseServer { name: name(server), enrolled }).unwrap();
        }
        for (command, seconds) in commands {
            run.pass(Span::seconds(seconds));
            let searched = matches!(command, Command::Network(NetworkCommand::Searched(_)));
            if run.execute(command).is_err() {
                continue;
            }
            let node = &run.machine;
            let view = node.discovery_view().unwrap();
            for asked in &view.asked {
                prop_assert!(node.license_server(asked).is_some(), "{asked} is asked and not enrolled");
            }
            let domains: Vec<bool> = view.found.iter().map(|found| found.way == Way::DomainController).collect();
            prop_assert!(domains.windows(2).all(|pair| pair[0] || !pair[1] || generation != Generation::Windows2000Sp3), "DI-04: {view:?}");
            let rows = node.license_server_rows(run.now);
            let current = rows.iter().find(|row| row.current).map(|row| &row.name);
            prop_assert_eq!(current.is_some(), !view.asked.is_empty(), "{:?}", view.asked);
            if searched && view.search == Search::Automatic {
                let next = view.next_search_at.unwrap();
                prop_assert!(next > run.now && !node.search_due(run.now) && node.search_due(next), "{view:?}");
            }
            prop_assert_eq!(&run.loaded().discovery_view().unwrap(), &view);
            prop_assert_eq!(run.loaded().license_server_rows(run.now), rows);
            let nobody = Known {
                directory: Some(Err("it is off".to_owned())),
                answers: SERVERS.map(|server| (name(server), Err("it is off".to_owned()))).into(),
            };
            prop_assert_eq!(node.search_step(&nobody, &mut Vec::new()), Next::Done(Vec::new()));
        }
        run.replays();
    }
}
