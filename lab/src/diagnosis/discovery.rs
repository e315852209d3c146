//! Whether the terminal server comes to a license server: who is named, who is found, and which ways are cut (SPEC section 6).

use shared::rulebook::rule;
use std::collections::BTreeSet;

use shared::model::{LicenseServerRole, Membership, Search, ServerName, Way};
use shared::policy::discovery as ways;

use super::facts::Answers;
use super::remedy::{Cure, Finding, Remedy};
use super::{Seen, typed};

pub(super) fn findings(seen: &Seen) -> Vec<Finding> {
    let mut found: Vec<Finding> = cut_ways(seen).into_iter().map(|(one, other)| cut(one, other)).collect();
    found.extend(policy(seen));
    if seen.license_servers.is_empty() {
        found.push(nobody(seen));
    }
    found.extend(
        seen.answered().filter(|(name, answers)| !seen.is_cut(name, answers)).filter_map(|(name, answers)| unfound(seen, name, answers)),
    );
    found.extend(too_old(seen));
    found
}

/// FT-01: a lab in which nobody knows of a license server.
fn nobody(seen: &Seen) -> Finding {
    let name = &seen.terminal_server.identity.name;
    Finding::new(
        &[rule::FT_01, rule::FT_05],
        format!("no license server of {name} is in sight here"),
        Cure::by_hand(
            Remedy::LocateLicenseServer,
            "say where one is (TSL_LICENSE_SERVER=LS1=http://host:7802, and TSL_LICENSE_SERVER_TOKEN_FILE); where there is none, install one",
        ),
    )
}

/// The ways that are cut: of the terminal server, and of the license servers; each once.
fn cut_ways(seen: &Seen) -> BTreeSet<(&ServerName, &ServerName)> {
    let own = &seen.terminal_server.identity.name;
    let from_own = seen.terminal_server.cut_off.iter().map(|other| (own, other));
    let from_others = seen.answered().flat_map(|(name, answers)| answers.cut_off.iter().map(move |other| (name, other)));
    // Other terminal servers have a diagnosis of their own.
    let known = |name: &ServerName| {
        let directory = seen.surroundings.directory.as_ref().is_some_and(|(directory, _)| directory == name);
        name == own
            || directory
            || seen.license_servers.iter().any(|facts| facts.name == *name)
            || seen.surroundings.clearinghouse.as_ref() == Some(name)
    };
    // Each pair is told once, whichever of the two says it.
    let first = |one: &ServerName, other: &ServerName| one == own || (other != own && one < other);
    let known = from_own.chain(from_others).filter(|(_, other)| known(other));
    known.map(|(one, other)| if first(one, other) { (one, other) } else { (other, one) }).collect()
}

fn cut(one: &ServerName, other: &ServerName) -> Finding {
    Finding::new(
        &[rule::FT_05, rule::PD_05],
        format!("the way between {one} and {other} is cut: to each the other is as silent as a machine that is off"),
        Cure::typed(Remedy::MendWay, "give the way back, as whoever looks after the network", [format!("tsl network mend {one} {other}")]),
    )
}

/// DI-27: a policy that names whom nobody knows.
fn policy(seen: &Seen) -> Option<Finding> {
    let server = &seen.terminal_server;
    let own = &server.identity.name;
    let known = |name: &&ServerName| server.enrolled.iter().any(|row| row.name == **name);
    let strange: Vec<&ServerName> = server.discovery.policy.iter().filter(|name| !known(name)).collect();
    if strange.is_empty() {
        return None;
    }
    let mut names: Vec<&str> = server.discovery.policy.iter().filter(known).map(ServerName::as_str).collect();
    if names.is_empty() {
        names = server.enrolled.iter().map(|row| row.name.as_str()).collect();
    }
    let names = if names.is_empty() { "-".to_owned() } else { names.join(",") };
    Some(Finding::new(
        &[rule::DI_27, rule::FT_05],
        format!("group policy names {} to {own}, and {own} knows no such license server: it counts as silent", typed(strange)),
        Cure::typed(Remedy::CorrectPolicy, "name one that is there", [format!("tsl discover --server {own} --policy {names}")]),
    ))
}

/// FT-05, FT-25: a license server that answers and that the terminal server does not ask, though nobody else serves it.
fn unfound(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let server = &seen.terminal_server;
    let own = &server.identity.name;
    let enrolled = server.enrolled.iter().any(|row| row.name == *name);
    let publish = || unpublished(seen, name, answers);
    if server.asks(name) || !seen.heard().is_empty() {
        return publish();
    }
    if !enrolled && answers.enrolled.iter().any(|row| row.name == *own && row.key != server.identity.key) {
        // It is taken for somebody else there, which is told as such.
        return None;
    }
    if !enrolled {
        return Some(Finding::new(
            &[rule::LS_01, rule::FT_05],
            format!("{name} is there, and {own} and {name} do not know each other"),
            Cure::typed(Remedy::Introduce, "compare the thumbprints and introduce them", ["tsl trust".to_owned()]),
        ));
    }
    if !new_enough(seen, answers) {
        return None;
    }
    if let Some(finding) = publish() {
        return Some(finding);
    }
    let all: Vec<&ServerName> = server.discovery.registry.names.iter().filter(|named| *named != name).collect();
    let named = Cure::typed(
        Remedy::NameServer,
        format!("name it in the registry of {own}"),
        [format!("tsl registry set --server {own} {}", typed(std::iter::once(name).chain(all)))],
    );
    if server.discovery.search == Search::Named {
        let finding = Finding::new(
            &[rule::FT_05, rule::DI_27],
            format!("{name} is there and {own} does not ask it: {own} asks only whom registry or policy names"),
            named,
        );
        let search = || {
            Cure::typed(
                Remedy::SearchAutomatically,
                format!("or let {own} search as its generation does"),
                [format!("tsl discover --server {own} --search automatic")],
            )
        };
        return Some(if ways::can_search(server.discovery.generation) && would_find(seen, answers) {
            finding.or(search())
        } else {
            finding
        });
    }
    let why = reasons(seen, name);
    if would_find(seen, answers) {
        return Some(Finding::new(
            &[rule::FT_05, rule::FT_25],
            format!("{name} is there and {own} has not found it yet: {why}"),
            Cure::typed(
                Remedy::SearchNow,
                format!(
                    "search now, or wait for the next search{}",
                    server.discovery.next_search_at.map_or_else(String::new, |at| format!(" at {at}"))
                ),
                [format!("tsl discover --server {own}")],
            ),
        ));
    }
    let finding = Finding::new(&[rule::FT_05, rule::DI_24], format!("{name} is there and {own} does not find it: {why}"), named);
    Some(match enterprise_would_do(seen, answers) {
        false => finding,
        true => finding.or(Cure::typed(
            Remedy::MakeEnterprise,
            format!("or give {name} the role Enterprise, which is published in its site"),
            [format!("tsl network role enterprise --server {name}"), format!("tsl discover --server {own}")],
        )),
    })
}

/// DI-23: an Enterprise license server that its site does not name, for a terminal server that would find it by its site.
fn unpublished(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let (server, standing) = (&seen.terminal_server, &answers.standing);
    let own = &server.identity.name;
    let named = server.discovery.registry.names.contains(name) || server.discovery.policy.contains(name);
    let missing = standing.role == LicenseServerRole::Enterprise && standing.published_in.as_ref() != Some(&standing.placement.site);
    if named || !missing || !in_directory(&standing.placement.member_of) || !enterprise_would_do(seen, answers) {
        return None;
    }
    Some(Finding::new(
        &[rule::DI_23, rule::FT_05],
        format!("{name} has the role Enterprise and is not published in the site {}: no search of {own} finds it", standing.placement.site),
        Cure::typed(
            Remedy::Publish,
            "publish it and search again",
            [format!("tsl network publish --server {name}"), format!("tsl discover --server {own}")],
        ),
    ))
}

/// VC-02: every license server that is asked is too old.
fn too_old(seen: &Seen) -> Option<Finding> {
    let (server, heard) = (&seen.terminal_server, seen.heard());
    let (own, version) = (&server.identity.name, server.identity.product_version?);
    let asked = seen.answered().filter(|(name, _)| server.asks(name) || server.enrolled.iter().any(|row| row.name == **name));
    let old: Vec<_> = asked.filter(|(_, answers)| !new_enough(seen, answers)).collect();
    if heard.iter().any(|(_, answers)| new_enough(seen, answers)) || old.is_empty() {
        return None;
    }
    let versions: Vec<String> = old
        .iter()
        .map(|(name, answers)| format!("{name} is {}", answers.identity.product_version.map_or_else(String::new, |v| v.to_string())))
        .collect();
    let problem = format!("{}, too old for {own} ({version})", versions.join(", "));
    let newer = seen.answered().find(|(name, answers)| new_enough(seen, answers) && server.enrolled.iter().any(|row| row.name == **name));
    Some(Finding::new(
        &[rule::VC_02, rule::LS_02],
        problem,
        match newer {
            Some((name, _)) => {
                Cure::typed(Remedy::UseNewerServer, format!("let it ask {name}"), [format!("tsl registry set --server {own} {name}")])
            }
            None => Cure::by_hand(
                Remedy::GetNewerServer,
                format!("install a license server of version {version} or newer and introduce it (tsl trust)"),
            ),
        },
    ))
}

/// VC-02: whether it is no older than the terminal server.
pub(super) fn new_enough(seen: &Seen, answers: &Answers) -> bool {
    match (answers.identity.product_version, seen.terminal_server.identity.product_version) {
        (Some(theirs), Some(ours)) => theirs >= ours,
        (_, _) => true,
    }
}

/// Whether a search of the terminal server would find it as both stand now.
fn would_find(seen: &Seen, answers: &Answers) -> bool {
    let (server, standing) = (&seen.terminal_server, &answers.standing);
    let (here, there) = (&server.discovery.placement, &standing.placement);
    ways::ways(server.discovery.generation, Search::Automatic, here).into_iter().any(|way| match way {
        Way::Policy | Way::Registry => false,
        Way::SameMachine => here.host == there.host,
        Way::Broadcast => here.hears(there),
        Way::Site => standing.role == LicenseServerRole::Enterprise && standing.published_in.as_ref() == Some(&here.site),
        Way::DomainController => {
            standing.role == LicenseServerRole::Domain
                && there.controller
                && here.member_of == there.member_of
                && !server.settings.domain_role_by_name_only
        }
    })
}

/// Whether the terminal server would find it by its site, were it published there.
fn enterprise_would_do(seen: &Seen, answers: &Answers) -> bool {
    let discovery = &seen.terminal_server.discovery;
    let by_site = ways::ways(discovery.generation, discovery.search, &discovery.placement).contains(&Way::Site);
    by_site && discovery.placement.site == answers.standing.placement.site && in_directory(&answers.standing.placement.member_of)
}

fn in_directory(member_of: &Membership) -> bool {
    match member_of {
        Membership::ActiveDirectory { .. } => true,
        Membership::Workgroup { .. } | Membership::Nt4Domain { .. } => false,
    }
}

/// What the last search said about it.
fn reasons(seen: &Seen, name: &ServerName) -> String {
    let about = |facts: &str| facts.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).any(|word| word == name.as_str());
    let trace = &seen.terminal_server.discovery.trace;
    let steps: Vec<String> = trace.iter().filter(|step| about(&step.facts)).map(|step| format!("{} {}", step.rule, step.facts)).collect();
    if steps.is_empty() { "it has not searched since".to_owned() } else { steps.join("; ") }
}
