//! Where the terminal server stands in the network, and what its searches for license servers came to (SPEC section 6).

use serde::{Deserialize, Serialize};

use super::connection::{Connection, Heard, Said};
use super::judge::heard_events;
use super::{Event, Node, Refusal, Server};
use crate::machine::Moment;
use crate::model::{
    Answered, FoundServer, Generation, Intervals, LabTime, Level, LogRecord, Membership, Placement, ProductVersion, Search, ServerName,
    TraceStep, Way,
};
use crate::policy::discovery::{self, Known, Next, Surroundings};
use crate::policy::modes::Mode;
use crate::policy::terms::PerUser;
use crate::policy::{asking, denials};
use crate::wire::directory::TrustDirectory;
use crate::wire::terminal_server::{DiscoveryChange, DiscoveryView, NamedServers};

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Searched {
    /// When.
    pub at: LabTime,
    /// Who was found; the first is asked first, the others are remembered (DI-09).
    pub found: Vec<FoundServer>,
    /// Why.
    pub trace: Vec<TraceStep>,
}

/// The terminal server in its network; one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Network {
    /// Where it stands; none as it was installed.
    pub placement: Option<Placement>,
    /// The directory.
    pub directory: Option<TrustDirectory>,
    /// Whether it searches.
    pub search: Search,
    /// How often.
    pub intervals: Intervals,
    /// The license servers that group policy names.
    pub policy: Vec<ServerName>,
    /// The last search; none before the first, and after a change that makes it worthless.
    pub last: Option<Searched>,
}

impl Default for Network {
    fn default() -> Self {
        Self { placement: None, directory: None, search: Search::Named, intervals: discovery::INTERVALS, policy: Vec::new(), last: None }
    }
}

/// What an administrator, or the service itself, wants done about the network.
#[derive(Clone, Debug)]
pub enum NetworkCommand {
    /// Settle where the server stands.
    Place(Placement),
    /// Settle the directory.
    TrustDirectory(TrustDirectory),
    /// Take the directory's enrolment back.
    ForgetDirectory,
    /// Change how it comes to its license servers.
    Configure(DiscoveryChange),
    /// A search has asked everybody.
    Searched(Box<Known>),
}

/// What happened in the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "kebab-case")]
pub enum NetworkEvent {
    /// The server stands here now.
    Placed {
        /// Where.
        placement: Placement,
    },
    /// The directory was settled.
    DirectoryTrusted {
        /// Which.
        directory: TrustDirectory,
    },
    /// The directory's enrolment was taken back.
    DirectoryForgotten,
    /// How it comes to its license servers changed.
    Configured {
        /// Whether it searches.
        search: Search,
        /// How often.
        intervals: Intervals,
        /// Whom group policy names.
        policy: Vec<ServerName>,
    },
    /// A search ended.
    Searched {
        /// Who was found.
        found: Vec<FoundServer>,
        /// Why.
        trace: Vec<TraceStep>,
    },
}

pub(super) fn decide(node: &Node, server: &Server, command: NetworkCommand, moment: &mut Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let network = &node.network;
    match command {
        NetworkCommand::Place(placement) if network.placement.as_ref() == Some(&placement) => Ok(Vec::new()),
        NetworkCommand::Place(placement) => Ok(vec![Event::Network(NetworkEvent::Placed { placement })]),
        NetworkCommand::TrustDirectory(directory) => match &network.directory {
            Some(known) if known.key != directory.key => Err(Refusal::OtherKey(directory.name)),
            Some(known) if *known == directory => Ok(Vec::new()),
            Some(_) | None => Ok(vec![Event::Network(NetworkEvent::DirectoryTrusted { directory })]),
        },
        NetworkCommand::ForgetDirectory if network.directory.is_some() => Ok(vec![Event::Network(NetworkEvent::DirectoryForgotten)]),
        NetworkCommand::ForgetDirectory => Err(Refusal::NoDirectory),
        NetworkCommand::Configure(change) => configure(network, server.generation, change),
        NetworkCommand::Searched(known) => Ok(searched(node, server, &known, moment)),
    }
}

/// DI-27, W08-14: what a generation does not know is refused.
fn configure(network: &Network, generation: Generation, change: DiscoveryChange) -> Result<Vec<Event>, Refusal> {
    if change.search == Some(Search::Automatic) && !discovery::can_search(generation) {
        return Err(Refusal::NoSearch(generation));
    }
    if change.policy.as_ref().is_some_and(|names| !names.is_empty()) && !discovery::takes_policy(generation) {
        return Err(Refusal::NoPolicy(generation));
    }
    let search = change.search.unwrap_or(network.search);
    let intervals = change.intervals.unwrap_or(network.intervals);
    let policy = change.policy.unwrap_or_else(|| network.policy.clone());
    let same = (search, intervals) == (network.search, network.intervals) && policy == network.policy;
    Ok(if same { Vec::new() } else { vec![Event::Network(NetworkEvent::Configured { search, intervals, policy })] })
}

/// DI-02, DI-05: who answered is asked in an order thrown by dice; who was asked first before stays so while it is still found.
fn searched(node: &Node, server: &Server, known: &Known, moment: &mut Moment<'_>) -> Vec<Event> {
    let mut trace = Vec::new();
    let Next::Done(found) = node.search_step(known, &mut trace) else { return Vec::new() };
    let found = in_order(found, node.network.last.as_ref().and_then(|last| last.found.first()), moment);
    let mut events = heard_events(node, server, &heard(server, known), moment.now);
    let news = node.network.last.as_ref().is_none_or(|last| !last.found.is_empty());
    if found.is_empty() && news && node.network.search == Search::Automatic {
        events.push(Event::Logged(nobody_found(&node.placement_of(server))));
    }
    events.push(Event::Network(NetworkEvent::Searched { found, trace }));
    events
}

fn in_order(found: Vec<FoundServer>, first: Option<&FoundServer>, moment: &mut Moment<'_>) -> Vec<FoundServer> {
    let mut left = found;
    let mut ordered: Vec<FoundServer> = Vec::with_capacity(left.len());
    while let Some(way) = left.first().map(|found| found.way) {
        let (mut of_way, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|found| found.way == way);
        left = others;
        let named = matches!(way, Way::Policy | Way::Registry);
        if let Some(at) = of_way.iter().position(|found| Some(found) == first).filter(|_| !named && ordered.is_empty()) {
            ordered.push(of_way.remove(at));
        }
        while !of_way.is_empty() {
            let last = u32::try_from(of_way.len() - 1).unwrap_or(0);
            let at = if named { 0 } else { moment.dice.between(0, last) };
            ordered.push(of_way.remove(usize::try_from(at).unwrap_or(0)));
        }
    }
    ordered
}

/// What a search heard counts as every contact does: for grace (GR-11) and for who is silent.
fn heard(server: &Server, known: &Known) -> Vec<Heard> {
    let version = server.version();
    let said = |answer: &Result<Answered, String>| match answer {
        Ok(answered) if answered.version < version => Said::TooOld { version: answered.version },
        Ok(answered) => Said::Contacted { activated: answered.activated },
        Err(reason) => Said::Silence { reason: reason.clone() },
    };
    known.answers.iter().map(|(name, answer)| Heard { server: name.clone(), version, said: said(answer) }).collect()
}

/// Events 1026 and 1027 (OQ-12): no license server was found, once until one has been found again.
fn nobody_found(placement: &Placement) -> LogRecord {
    let level = Level::Warning;
    match &placement.member_of {
        Membership::Workgroup { name } => {
            denials::log(denials::TERM_SERVICE, 1027, level, format!("No license server was found in the workgroup {name}."))
        }
        Membership::Nt4Domain { name } | Membership::ActiveDirectory { name } => {
            let text = format!("No license server was found in the domain {name} or in the site {}.", placement.site);
            denials::log(denials::TERM_SERVICE, 1026, level, text)
        }
    }
}

impl Node {
    pub(super) fn apply_network(&mut self, event: &NetworkEvent, at: LabTime) {
        let network = &mut self.network;
        match event {
            NetworkEvent::Placed { placement } => {
                network.placement = Some(placement.clone());
                network.last = None;
            }
            NetworkEvent::DirectoryTrusted { directory } => network.directory = Some(directory.clone()),
            NetworkEvent::DirectoryForgotten => network.directory = None,
            NetworkEvent::Configured { search, intervals, policy } => {
                if *search != network.search || *policy != network.policy {
                    network.last = None;
                }
                network.search = *search;
                network.intervals = *intervals;
                network.policy.clone_from(policy);
            }
            NetworkEvent::Searched { found, trace } => {
                network.last = Some(Searched { at, found: found.clone(), trace: trace.clone() });
            }
        }
        // SD-02: the current server is one that is asked; where it is none any more, the first that is.
        let asked = self.asked();
        if self.current.as_ref().is_none_or(|current| !asked.contains(current)) {
            self.current = asked.first().cloned();
        }
    }

    /// Where the server stands; nowhere before its first start.
    #[must_use]
    pub fn placement(&self) -> Option<Placement> {
        self.server.as_ref().map(|server| self.placement_of(server))
    }

    fn placement_of(&self, server: &Server) -> Placement {
        self.network.placement.clone().unwrap_or_else(|| Placement::usual(&server.name))
    }

    /// The directory to ask; none in a workgroup or an NT 4.0 domain, or where none was settled.
    #[must_use]
    pub fn directory(&self) -> Option<&TrustDirectory> {
        let placement = self.network.placement.as_ref()?;
        self.network.directory.as_ref().filter(|_| placement.member_of.active_directory().is_some())
    }

    /// The directory that was settled, whatever the server is a member of.
    #[must_use]
    pub fn known_directory(&self) -> Option<&TrustDirectory> {
        self.network.directory.as_ref()
    }

    /// What a search does next.
    pub fn search_step(&self, known: &Known, trace: &mut Vec<TraceStep>) -> Next {
        let Some(server) = &self.server else { return Next::Done(Vec::new()) };
        let enrolled: Vec<ServerName> = self.license_servers.keys().cloned().collect();
        let placement = self.placement_of(server);
        let around = Surroundings {
            generation: server.generation,
            search: self.network.search,
            placement: &placement,
            policy: &self.network.policy,
            registry: &self.list,
            domain_role_by_name_only: self.settings.domain_role_by_name_only,
            enrolled: &enrolled,
        };
        discovery::next(&around, known, trace)
    }

    /// DI-07, DI-08, DI-11: whether a search is due. It is no due moment of the machine, for it has to ask others; and one search
    /// makes up for all that were missed while time was skipped.
    #[must_use]
    pub fn search_due(&self, now: LabTime) -> bool {
        self.network.search == Search::Automatic && self.next_search().is_none_or(|next| next <= now)
    }

    /// Whether this server searches for license servers, beside those that are named.
    #[must_use]
    pub fn searches(&self) -> bool {
        self.network.search == Search::Automatic
    }

    /// The servers to ask at this moment, in order.
    #[must_use]
    pub fn asked_in_order(&self, now: LabTime) -> Vec<ServerName> {
        asking::order(None, self.current.as_ref(), &self.asked(), &self.silent, now)
    }

    /// W08-04: the version for which users are recorded; none on servers that do not track them, or do not license them.
    #[must_use]
    pub fn version_to_track(&self) -> Option<ProductVersion> {
        let server = self.server.as_ref()?;
        let tracks = matches!(server.terms().per_user, PerUser::Tracked(_));
        (tracks && self.settings.application_mode && self.mode() == Mode::PerUser).then(|| server.version())
    }

    fn next_search(&self) -> Option<LabTime> {
        let last = self.network.last.as_ref()?;
        Some(last.at + discovery::again_after(&last.found, &self.network.intervals))
    }

    /// DI-09, SPEC 4.3 step 4: a round in which a server that a search had found was silent, and nobody answered, searches once
    /// more. Where no search found anybody the next one comes in its own time (DI-10).
    #[must_use]
    pub fn search_again(&self, connection: &Connection) -> bool {
        let found = |name: &ServerName| self.network.last.as_ref().is_some_and(|last| last.found.iter().any(|found| found.name == *name));
        self.network.search == Search::Automatic
            && connection.heard.iter().all(|heard| heard.located().is_none())
            && connection.heard.iter().any(|heard| heard.is_silence() && found(&heard.server))
    }

    /// The servers to ask, in order: those that are named in the registry, those of group policy, those that a search found.
    #[must_use]
    pub fn asked(&self) -> Vec<ServerName> {
        let found = self.network.last.iter().flat_map(|last| &last.found).map(|found| &found.name);
        let mut asked: Vec<ServerName> = Vec::with_capacity(self.list.len());
        for name in self.list.iter().chain(&self.network.policy).chain(found) {
            if !asked.contains(name) && self.license_servers.contains_key(name) {
                asked.push(name.clone());
            }
        }
        asked
    }

    /// By which way the last search found a license server.
    pub(super) fn found_by(&self, name: &ServerName) -> Option<Way> {
        let found = &self.network.last.as_ref()?.found;
        found.iter().find(|found| found.name == *name).map(|found| found.way)
    }

    /// How the server comes to its license servers, and what it found.
    #[must_use]
    pub fn discovery_view(&self) -> Option<DiscoveryView> {
        let server = self.server.as_ref()?;
        let last = self.network.last.as_ref();
        let names = discovery::registry_names(server.generation, &self.list).to_vec();
        Some(DiscoveryView {
            server: server.name.clone(),
            generation: server.generation,
            placement: self.placement_of(server),
            directory: self.known_directory().map(|directory| directory.name.clone()),
            search: self.network.search,
            intervals: self.network.intervals,
            ways: discovery::ways(server.generation, self.network.search, &self.placement_of(server)),
            registry: NamedServers { form: registry_form(server.generation).to_owned(), names },
            policy: self.network.policy.clone(),
            found: last.map(|last| last.found.clone()).unwrap_or_default(),
            asked: self.asked(),
            searched_at: last.map(|last| last.at),
            next_search_at: self.next_search().filter(|_| self.network.search == Search::Automatic),
            trace: last.map(|last| last.trace.clone()).unwrap_or_default(),
        })
    }
}

/// DI-30: where a generation keeps the names in its registry.
fn registry_form(generation: Generation) -> &'static str {
    match generation {
        Generation::WindowsNt4 => "none: licensing runs on the terminal server itself",
        Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => "TermService\\Parameters\\DefaultLicenseServer (one name)",
        Generation::Windows2003 => "TermService\\Parameters\\LicenseServers (a subkey for each server)",
        Generation::Windows2008 | Generation::Windows2008R2 => "TermService\\Parameters\\LicenseServers\\SpecifiedLicenseServers",
    }
}
