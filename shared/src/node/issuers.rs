//! Whose permanents the terminal server takes beside those of the enrolled: of license servers that an enrolled one knows, and of those
//! whose enrolment was withdrawn (AM-15).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Event, Node, Refusal};
use crate::model::{Accept, LabTime, PublicKey, ServerName};
use crate::wire::peers::KnownServer;

/// What is kept; one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issuers {
    /// The license servers that an enrolled one knows, by that one's name.
    vouched: BTreeMap<ServerName, Vec<KnownServer>>,
    /// Keys that counted once: one entry a name and key.
    withdrawn: Vec<Withdrawn>,
}

/// Whose permanents count beside those of enrolled license servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermanentsOf {
    /// Whether any of this is asked at all.
    pub accept: Accept,
    /// License servers that an enrolled one knows.
    pub vouched: Vec<KnownServer>,
    /// License servers that counted once, for what they issued up to that second.
    pub up_to: Vec<(KnownServer, LabTime)>,
}

/// A key that counted up to a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Withdrawn {
    server: KnownServer,
    at: LabTime,
    leaked: bool,
}

/// What an enrolled license server says of those that it knows; the same again is no news.
pub(super) fn keep_peers(node: &Node, by: ServerName, mut peers: Vec<KnownServer>) -> Result<Vec<Event>, Refusal> {
    if !node.license_servers.contains_key(&by) {
        return Err(Refusal::NotEnrolled(by));
    }
    peers.sort();
    peers.dedup();
    peers.truncate(PEERS_MAX);
    let same = node.issuers.vouched.get(&by).map_or(peers.is_empty(), |known| *known == peers);
    Ok(if same { Vec::new() } else { vec![Event::PeersKept { by, peers }] })
}

/// LS-07: passing a license through vouches for its issuer.
pub(super) fn vouch(node: &Node, by: ServerName, issuer: KnownServer) -> Result<Vec<Event>, Refusal> {
    let known = node.issuers.vouched.get(&by).into_iter().flatten().cloned();
    let peers = known.chain([issuer]).collect();
    keep_peers(node, by, peers)
}

impl Issuers {
    /// A license server was enrolled: whatever stood against its key is lifted by whoever compared it anew.
    pub(super) fn enrolled(&mut self, name: &ServerName, key: PublicKey) {
        self.withdrawn.retain(|withdrawn| withdrawn.server.name != *name || withdrawn.server.key != key);
    }

    /// An enrolment was withdrawn. What its server vouched for goes with it: for the future, or, where its key got out, altogether.
    pub(super) fn forgotten(&mut self, name: &ServerName, key: PublicKey, leaked: bool, at: LabTime) {
        let vouched = self.vouched.remove(name).unwrap_or_default();
        self.withdraw(KnownServer { name: name.clone(), key }, leaked, at);
        if !leaked {
            vouched.into_iter().for_each(|server| self.withdraw_unless_vouched(server, at));
        }
    }

    /// What an enrolled license server knows now. Whom it knows no more is covered up to here.
    pub(super) fn kept(&mut self, by: &ServerName, peers: &[KnownServer], at: LabTime) {
        let before = self.vouched.insert(by.clone(), peers.to_vec()).unwrap_or_default();
        self.withdrawn.retain(|withdrawn| withdrawn.leaked || !peers.contains(&withdrawn.server));
        before.into_iter().filter(|server| !peers.contains(server)).for_each(|server| self.withdraw_unless_vouched(server, at));
    }

    fn withdraw_unless_vouched(&mut self, server: KnownServer, at: LabTime) {
        if !self.vouched.values().flatten().any(|known| *known == server) {
            self.withdraw(server, false, at);
        }
    }

    fn withdraw(&mut self, server: KnownServer, leaked: bool, at: LabTime) {
        let before = self.withdrawn.iter().position(|withdrawn| withdrawn.server == server).map(|at| self.withdrawn.remove(at));
        let leaked = leaked || before.is_some_and(|before| before.leaked);
        self.withdrawn.push(Withdrawn { server, at, leaked });
        if self.withdrawn.len() > WITHDRAWN_MAX {
            // What only covers old papers goes first; a leaked key is never forgotten for a newer one that did not leak.
            let oldest = self.withdrawn.iter().position(|withdrawn| !withdrawn.leaked).unwrap_or(0);
            self.withdrawn.remove(oldest);
        }
    }

    fn is_leaked(&self, server: &KnownServer) -> bool {
        self.withdrawn.iter().any(|withdrawn| withdrawn.leaked && withdrawn.server.key == server.key)
    }
}

impl Node {
    /// Whose permanents count here beside those of enrolled license servers (AM-15).
    #[must_use]
    pub fn whose_permanents_count(&self) -> PermanentsOf {
        let issuers = &self.issuers;
        let vouched = issuers.vouched.values().flatten().filter(|server| !issuers.is_leaked(server)).cloned();
        let withdrawn = issuers.withdrawn.iter().filter(|withdrawn| !issuers.is_leaked(&withdrawn.server));
        PermanentsOf {
            accept: self.settings.accept,
            vouched: vouched.collect(),
            up_to: withdrawn.map(|withdrawn| (withdrawn.server.clone(), withdrawn.at)).collect(),
        }
    }

    /// The enrolled license servers that are to be asked whom they know, when a license of a stranger is shown: those that are not known
    /// to be silent.
    #[must_use]
    pub fn vouchers(&self, now: LabTime) -> Vec<ServerName> {
        let speaks = |name: &&ServerName| self.silent.get(*name).is_none_or(|until| *until <= now);
        self.license_servers.keys().filter(speaks).cloned().collect()
    }
}

/// More license servers than another one knows.
const PEERS_MAX: usize = 64;
/// How many keys that counted once are remembered.
const WITHDRAWN_MAX: usize = 256;
