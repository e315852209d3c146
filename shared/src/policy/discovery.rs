//! How a terminal server comes to its license servers (SPEC section 6): by which ways, in which order, and when it looks again.
//!
//! A search is stepped: [`next`] says whom to ask, whoever carries it asks, and steps again. Nothing here waits for anybody.

use crate::rulebook::{RuleId, rule};
use std::collections::BTreeMap;

use crate::model::{Answered, FoundServer, Generation, Intervals, LicenseServerRole, Placement, Search, ServerName, Span, TraceStep, Way};

/// What a search starts from.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What the terminal server is.
    pub generation: Generation,
    /// Whether it searches at all.
    pub search: Search,
    /// Where it stands.
    pub placement: &'a Placement,
    /// The license servers that group policy names.
    pub policy: &'a [ServerName],
    /// The license servers that the registry names.
    pub registry: &'a [ServerName],
    /// A license server of the role Domain is found nowhere and has to be named (CON-24).
    pub domain_role_by_name_only: bool,
    /// The license servers whose keys it has: nobody else's answer can be believed.
    pub enrolled: &'a [ServerName],
}

/// What was heard so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What the directory said, or why it was silent; none before it was asked.
    pub directory: Option<Result<FromDirectory, String>>,
    /// What each license server said, or why it was silent.
    pub answers: BTreeMap<ServerName, Result<Answered, String>>,
}

/// What the directory knows that helps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromDirectory {
    /// The machines that are controllers of the domain.
    pub controllers: Vec<ServerName>,
    /// The license servers that the site's object names.
    pub site_server: Vec<ServerName>,
}

/// What comes next in a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask the directory.
    AskDirectory,
    /// Contact these license servers.
    Contact(Vec<ServerName>),
    /// Everybody who had to be asked was asked; these were found, way after way.
    Done(Vec<FoundServer>),
}

/// DI-01 to DI-05, DI-20, DI-21, DI-28, W08-14, and 6.3: the ways of a generation in a surrounding, in their order.
#[must_use]
pub fn ways(generation: Generation, search: Search, placement: &Placement) -> Vec<Way> {
    let in_directory = placement.member_of.active_directory().is_some();
    let named: &[Way] = match generation {
        Generation::WindowsNt4 => &[],
        generation if takes_policy(generation) => &[Way::Policy, Way::Registry],
        _ => &[Way::Registry],
    };
    let searched: &[Way] = match (generation, in_directory) {
        (_, _) if search == Search::Named => &[],
        (Generation::WindowsNt4 | Generation::Windows2008R2, _) => &[],
        (Generation::Windows2000Sp2 | Generation::Windows2000Sp3, true) => &[Way::DomainController, Way::Site],
        (Generation::Windows2000Sp2 | Generation::Windows2000Sp3, false) => &[Way::Broadcast],
        (Generation::Windows2003, true) => &[Way::SameMachine, Way::Site, Way::DomainController],
        (Generation::Windows2008, true) => &[Way::SameMachine, Way::DomainController, Way::Site],
        (Generation::Windows2003 | Generation::Windows2008, false) => &[Way::SameMachine, Way::Broadcast],
    };
    named.iter().chain(searched).copied().collect()
}

/// W08-14: whether servers of this generation search at all.
#[must_use]
pub fn can_search(generation: Generation) -> bool {
    match generation {
        Generation::WindowsNt4 | Generation::Windows2008R2 => false,
        Generation::Windows2000Sp2 | Generation::Windows2000Sp3 | Generation::Windows2003 | Generation::Windows2008 => true,
    }
}

/// DI-27: whether group policy names license servers; 2000 has no such policy.
#[must_use]
pub fn takes_policy(generation: Generation) -> bool {
    match generation {
        Generation::WindowsNt4 | Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => false,
        Generation::Windows2003 | Generation::Windows2008 | Generation::Windows2008R2 => true,
    }
}

/// DI-04: where 2000 finds servers in the domain and in the site it remembers both, the domain's first; later generations stop at
/// the first way that leads to one. What is named overrides the rest in every generation (DI-01).
fn goes_on_after(generation: Generation, way: Way) -> bool {
    match generation {
        Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => way == Way::DomainController,
        Generation::WindowsNt4 | Generation::Windows2003 | Generation::Windows2008 | Generation::Windows2008R2 => false,
    }
}

/// DI-01: the registry of 2000 has room for one name, `DefaultLicenseServer`; that of 2003 has a subkey for each, `LicenseServers`
/// (DI-22, DI-30).
#[must_use]
pub fn registry_names(generation: Generation, list: &[ServerName]) -> &[ServerName] {
    match generation {
        Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => list.get(..1).unwrap_or_default(),
        Generation::WindowsNt4 | Generation::Windows2003 | Generation::Windows2008 | Generation::Windows2008R2 => list,
    }
}

/// What comes next in a search, and why, as far as it has come.
pub fn next(around: &Surroundings<'_>, known: &Known, trace: &mut Vec<TraceStep>) -> Next {
    let mut found: Vec<FoundServer> = Vec::new();
    for way in ways(around.generation, around.search, around.placement) {
        let candidates = match candidates(around, known, way) {
            Candidates::AskDirectory => return Next::AskDirectory,
            Candidates::Silent(reason) => {
                trace.push(TraceStep::new(rule(around.generation, way), format!("{}: the directory was silent ({reason})", way.words())));
                continue;
            }
            Candidates::Named(names) => names,
        };
        let missing: Vec<ServerName> =
            candidates.iter().filter(|name| around.enrolled.contains(name) && !known.answers.contains_key(name)).cloned().collect();
        if !missing.is_empty() {
            return Next::Contact(missing);
        }
        let before = found.len();
        let servers = usable(around, known, way, &candidates, trace);
        let fresh: Vec<_> = servers.into_iter().filter(|name| found.iter().all(|other| other.name != *name)).collect();
        found.extend(fresh.into_iter().map(|name| FoundServer { name, way }));
        if found.len() > before && !goes_on_after(around.generation, way) {
            break;
        }
    }
    if found.is_empty() && !can_search(around.generation) {
        trace.push(TraceStep::new(rule::W08_14, format!("{} does not search: license servers are named", around.generation.title())));
    }
    Next::Done(found)
}

enum Candidates {
    AskDirectory,
    Silent(String),
    Named(Vec<ServerName>),
}

/// Whom a way leads to. Broadcasts and domain controllers are asked by asking everybody who could stand there: who hears it, and
/// who runs on a controller, is known from the answer.
fn candidates(around: &Surroundings<'_>, known: &Known, way: Way) -> Candidates {
    let from_directory = |pick: fn(&FromDirectory) -> &[ServerName]| match &known.directory {
        None => Candidates::AskDirectory,
        Some(Err(reason)) => Candidates::Silent(reason.clone()),
        Some(Ok(said)) => Candidates::Named(pick(said).to_vec()),
    };
    match way {
        Way::Policy => Candidates::Named(around.policy.to_vec()),
        Way::Registry => Candidates::Named(registry_names(around.generation, around.registry).to_vec()),
        Way::SameMachine | Way::Broadcast => Candidates::Named(around.enrolled.to_vec()),
        Way::Site => from_directory(|said| &said.site_server),
        Way::DomainController => match from_directory(|said| &said.controllers) {
            Candidates::Named(controllers) if controllers.is_empty() => Candidates::Named(Vec::new()),
            Candidates::Named(_) => Candidates::Named(around.enrolled.to_vec()),
            other @ (Candidates::AskDirectory | Candidates::Silent(_)) => other,
        },
    }
}

/// Who of a way's candidates is found, each with the reason that it is or is not.
fn usable(around: &Surroundings<'_>, known: &Known, way: Way, candidates: &[ServerName], trace: &mut Vec<TraceStep>) -> Vec<ServerName> {
    let rule = rule(around.generation, way);
    let mut found = Vec::new();
    let mut reasons = Vec::new();
    for name in candidates {
        match known.answers.get(name) {
            None => reasons.push(format!("{name} is not enrolled here, which is as silence")),
            Some(Err(reason)) => reasons.push(format!("{name} was silent ({reason})")),
            Some(Ok(answered)) => match reach(around, known, way, answered) {
                Some(why_not) => reasons.push(format!("{name} {why_not}")),
                None if answered.version < around.generation.version() => {
                    reasons.push(format!("{name} is {}, too old: skipped (VC-02)", answered.version));
                }
                None => {
                    reasons.push(format!("{name} answered"));
                    found.push(name.clone());
                }
            },
        }
    }
    if reasons.is_empty() {
        reasons.push("nobody to ask".to_owned());
    }
    trace.push(TraceStep::new(rule, format!("{}: {}", way.words(), reasons.join("; "))));
    found
}

/// Why a license server that answers is not found by this way; none where it is. DI-23 to DI-26: the role says who finds a server.
fn reach(around: &Surroundings<'_>, known: &Known, way: Way, answered: &Answered) -> Option<String> {
    let there = &answered.placement;
    match way {
        Way::Policy | Way::Registry => None,
        Way::SameMachine => (there.host != around.placement.host).then(|| format!("stands on {}", there.host)),
        Way::Broadcast => (!around.placement.hears(there)).then(|| format!("does not hear the broadcast ({there})")),
        Way::Site => (answered.role != LicenseServerRole::Enterprise).then(|| "is published, but its role is Domain now".to_owned()),
        Way::DomainController => {
            if around.domain_role_by_name_only && answered.role == LicenseServerRole::Domain {
                return Some("has the role Domain and, by this reading, has to be named even on a controller (CON-24)".to_owned());
            }
            let controllers = known.directory.as_ref().and_then(|said| said.as_ref().ok()).map(|said| said.controllers.as_slice());
            let on_controller = controllers.unwrap_or_default().contains(&there.host);
            if !on_controller {
                return Some(format!(
                    "is no controller of the domain ({there}): a server of the role Domain elsewhere has to be named (DI-24)"
                ));
            }
            (answered.role != LicenseServerRole::Domain).then(|| "has the role Enterprise: found in its site only".to_owned())
        }
    }
}

fn rule(generation: Generation, way: Way) -> RuleId {
    let of_2000 = matches!(generation, Generation::Windows2000Sp2 | Generation::Windows2000Sp3);
    match way {
        Way::Policy => rule::DI_27,
        Way::Registry if of_2000 => rule::DI_01,
        Way::Registry => rule::DI_22,
        Way::SameMachine => rule::DI_28,
        Way::Broadcast if of_2000 => rule::DI_05,
        Way::Broadcast => rule::DI_20,
        Way::DomainController if of_2000 => rule::DI_02,
        Way::DomainController => rule::DI_25,
        Way::Site if of_2000 => rule::DI_03,
        Way::Site => rule::DI_23,
    }
}

/// DI-07, DI-08: how long after a search the next one is due. Where both domain and site were searched in vain the shorter stands.
#[must_use]
pub fn again_after(found: &[FoundServer], intervals: &Intervals) -> Span {
    let seconds = match found.first().map(|first| first.way) {
        None => intervals.none_found_s,
        Some(Way::Site) => intervals.site_found_s,
        Some(Way::Policy | Way::Registry | Way::SameMachine | Way::Broadcast | Way::DomainController) => intervals.domain_found_s,
    };
    Span::seconds(i64::from(seconds))
}

/// DI-07, DI-08, DI-29, OQ-2: the intervals of 2000, which stand in for 2003 and 2008 too; a setting.
pub const INTERVALS: Intervals = Intervals { domain_found_s: 2 * 3600, none_found_s: 15 * 60, site_found_s: 3600 };
