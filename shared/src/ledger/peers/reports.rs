//! What can be read about other license servers: whom to refer to, what is owed.

use super::{Owed, Peer, Say};
use crate::ledger::{Asked, Ledger};
use crate::model::{Cal, CalKind, LabTime, ServerName};
use crate::policy::neighbours::{self, Free};
use crate::policy::{issuing, terms, versions};
use crate::wire::peers::{AnnouncedPack, Announcement, KnownServer, PeerRow};

impl Ledger {
    /// The enrolled license server that has the key of this thumbprint.
    #[must_use]
    pub fn peer_called(&self, thumbprint: &str) -> Option<(&ServerName, &Peer)> {
        self.peers.callers.get(thumbprint).and_then(|name| self.peers.known.get_key_value(name))
    }

    /// AM-15: the license servers that this one knows, as it tells terminal servers.
    #[must_use]
    pub fn known_servers(&self) -> Vec<KnownServer> {
        self.peers().map(|(name, peer)| KnownServer { name: name.clone(), key: peer.key }).collect()
    }

    /// An enrolled license server.
    #[must_use]
    pub fn peer(&self, name: &ServerName) -> Option<&Peer> {
        self.peers.known.get(name)
    }

    /// The enrolled license servers and their keys.
    pub fn peers(&self) -> impl Iterator<Item = (&ServerName, &Peer)> {
        self.peers.known.iter()
    }

    /// The enrolled license servers as the list shows them.
    #[must_use]
    pub fn peer_rows(&self, now: LabTime) -> Vec<PeerRow> {
        let peers = &self.peers;
        let row = |(name, peer): (&ServerName, &Peer)| PeerRow {
            name: name.clone(),
            key: peer.key,
            url: peer.url.clone(),
            announced: peers.announced.get(name).cloned(),
            told: peers.told.get(name) == Some(&peers.announcement),
            silent_until: peers.silent.get(name).copied().filter(|until| now < *until),
            returns_pending: peers.returns.values().filter(|pending| pending.to == *name).count(),
        };
        peers.known.iter().map(row).collect()
    }

    /// What is to be said to other license servers now; what failed waits for the next sweep or start (LS-08, LS-10, SD-19).
    #[must_use]
    pub fn owed(&self) -> Vec<Owed> {
        let peers = &self.peers;
        let number = peers.announcement;
        let announce = peers.known.iter().filter(|(name, _)| peers.told.get(*name) != Some(&number));
        let announce = announce.filter(|(name, _)| peers.not_told.get(*name) != Some(&number)).filter_map(|(name, peer)| {
            let what = Say::Announce { number, announcement: self.announcement()? };
            Some(Owed { to: name.clone(), peer: peer.clone(), what })
        });
        let returns = peers.returns.iter().filter(|(_, pending)| !pending.failed).filter_map(|(number, pending)| {
            let peer = peers.known.get(&pending.to)?.clone();
            Some(Owed { to: pending.to.clone(), peer, what: Say::Return { number: *number, notice: pending.notice.clone() } })
        });
        announce.chain(returns).take(AT_ONCE_MAX).collect()
    }

    /// What this server announces (LS-08).
    fn announcement(&self) -> Option<Announcement> {
        let server = self.server.as_ref()?;
        let packs = self.installed_packs().map(|pack| AnnouncedPack { pack: pack.pack.clone(), available: pack.available() });
        Some(Announcement { generation: server.generation, product_id: server.product_id.clone(), packs: packs.collect() })
    }

    /// What another license server announced last.
    #[must_use]
    pub fn announced(&self, name: &ServerName) -> Option<&Announcement> {
        self.peers.announced.get(name).map(|announced| &announced.announcement)
    }

    /// LS-07: the servers that this request is to be referred to, in order, because a permanent is due and the own pool is empty;
    /// none where it is to be decided here.
    #[must_use]
    pub fn referral(&self, asked: &Asked, now: LabTime) -> Vec<(ServerName, Peer)> {
        let Some(server) = &self.server else { return Vec::new() };
        let version = asked.inquiry.version;
        if self.peers.known.is_empty() || !versions::server_serves(server.version(), version) || !self.may_ask(asked.caller()) {
            return Vec::new();
        }
        let terms = terms::between(server.generation, asked.inquiry.generation, version);
        let request = self.request(asked, terms, now, self.is_activated(now));
        let decided = issuing::decide(&request, &mut Vec::new());
        if !issuing::may_refer(&request, &decided) {
            return Vec::new();
        }
        let names = neighbours::candidates(&self.announced_free(now), version, self.settings.prevent_license_upgrade);
        names.into_iter().filter_map(|name| self.peers.known.get(&name).cloned().map(|peer| (name, peer))).collect()
    }

    fn announced_free(&self, now: LabTime) -> Vec<Free<'_>> {
        let peers = &self.peers;
        let speaks = |name: &ServerName| peers.silent.get(name).is_none_or(|until| *until <= now);
        let announced = peers.announced.iter().filter(|(name, _)| speaks(name));
        let free = announced.flat_map(|(name, announced)| {
            let packs = announced.announcement.packs.iter();
            packs.map(move |pack| Free {
                server: name,
                version: pack.pack.version,
                product_type: pack.pack.product_type,
                count: pack.available,
            })
        });
        free.collect()
    }

    /// Whether a license that came from a referral is what was asked for: a permanent for this device, of the version or a newer one.
    #[must_use]
    pub fn is_asked_for(asked: &Asked, cal: &Cal) -> bool {
        cal.kind == CalKind::Permanent && cal.hardware_id == asked.inquiry.hardware_id && cal.version >= asked.inquiry.version
    }
}

/// How much is said at once, before the state is looked at again.
const AT_ONCE_MAX: usize = 64;
