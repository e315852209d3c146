//! By which ways each generation comes to its license servers, and when it looks again (SPEC section 6).

use shared::model::{DomainName, FoundServer, Generation, Membership, Placement, Search, ServerName, Span, Way};
use shared::policy::discovery::{INTERVALS, again_after, registry_names, takes_policy, ways};

fn in_domain() -> Placement {
    let name: DomainName = "LAB".parse().unwrap();
    Placement { member_of: Membership::ActiveDirectory { name }, ..in_workgroup() }
}

fn in_workgroup() -> Placement {
    Placement::usual(&"TS1".parse().unwrap())
}

/// Rules: DI-01 to DI-05, DI-20, DI-21, DI-28, W08-14.
#[test]
fn every_generation_has_its_own_ways_in_its_own_order() {
    use Way::{Broadcast, DomainController, Policy, Registry, SameMachine, Site};
    let table: [(Generation, &[Way], &[Way]); 6] = [
        (Generation::WindowsNt4, &[], &[]),
        (Generation::Windows2000Sp2, &[Registry, DomainController, Site], &[Registry, Broadcast]),
        (Generation::Windows2000Sp3, &[Registry, DomainController, Site], &[Registry, Broadcast]),
        (Generation::Windows2003, &[Policy, Registry, SameMachine, Site, DomainController], &[Policy, Registry, SameMachine, Broadcast]),
        (Generation::Windows2008, &[Policy, Registry, SameMachine, DomainController, Site], &[Policy, Registry, SameMachine, Broadcast]),
        (Generation::Windows2008R2, &[Policy, Registry], &[Policy, Registry]),
    ];
    for (generation, domain, workgroup) in table {
        assert_eq!(ways(generation, Search::Automatic, &in_domain()), domain, "{generation}");
        assert_eq!(ways(generation, Search::Automatic, &in_workgroup()), workgroup, "{generation}");
        let named: Vec<Way> = domain.iter().copied().filter(|way| matches!(way, Policy | Registry)).collect();
        assert_eq!(ways(generation, Search::Named, &in_domain()), named, "{generation}: what is named is all (DI-27)");
        assert_eq!(takes_policy(generation), named.contains(&Policy), "{generation}");
    }
}

/// Rules: DI-01, DI-22, DI-30.
#[test]
fn the_registry_of_2000_has_room_for_one_name() {
    let list: Vec<ServerName> = ["LS1", "LS2"].map(|name| name.parse().unwrap()).to_vec();
    assert_eq!(registry_names(Generation::Windows2000Sp3, &list), &list[..1]);
    assert_eq!(registry_names(Generation::Windows2003, &list), &list[..]);
    assert!(registry_names(Generation::Windows2000Sp2, &[]).is_empty());
}

/// Rules: DI-07, DI-08, OQ-2.
#[test]
fn a_search_is_repeated_after_two_hours_one_hour_or_a_quarter() {
    let found = |way| [FoundServer { name: "LS1".parse().unwrap(), way }];
    let table = [(Way::DomainController, 7200), (Way::Broadcast, 7200), (Way::Registry, 7200), (Way::Site, 3600)];
    for (way, seconds) in table {
        assert_eq!(again_after(&found(way), &INTERVALS), Span::seconds(seconds), "{way:?}");
    }
    assert_eq!(again_after(&[], &INTERVALS), Span::seconds(900));
}
