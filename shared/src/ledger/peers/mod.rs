//! A license server among others: whom it knows, what they announced, whom it refers to, and what it owes them.

mod known;
mod reports;

use crate::rulebook::rule;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::log::{log, pool_event};
use super::{Asked, Event, Ledger, Refusal, Server};
use crate::model::{Cal, CalId, DeviceName, HardwareId, LabTime, ProductVersion, PublicKey, ServerName, TraceStep};
use crate::policy::events::{self, NotAnnounced};
use crate::policy::neighbours;
use crate::wire::license_server::DeclineReason;
use crate::wire::peers::{Announced, Announcement, ReturnAnswer, ReturnNotice};

/// Another license server, enrolled here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its pinned key.
    pub key: PublicKey,
    /// Its address.
    pub url: String,
}

/// Something about other license servers that is to be done.
#[derive(Clone, Debug)]
pub enum PeerCommand {
    /// Enrol one, or change its address.
    Trust {
        /// Its name.
        name: ServerName,
        /// Key and address.
        peer: Peer,
    },
    /// Forget one.
    Forget(ServerName),
    /// One announces what it has (LS-08).
    Hear {
        /// Who.
        from: ServerName,
        /// What.
        announcement: Announcement,
    },
    /// One has heard this server's announcement of this number.
    Told {
        /// Who.
        name: ServerName,
        /// The number of the announcement.
        number: u64,
    },
    /// One could not be told (events 7, 8, 15).
    NotTold {
        /// Who.
        name: ServerName,
        /// The number of the announcement.
        number: u64,
        /// Why.
        why: NotAnnounced,
    },
    /// One has settled a return notice.
    ReturnSettled(u64),
    /// One could not be given a return notice (event 16).
    ReturnFailed {
        /// The notice's place.
        number: u64,
        /// Why.
        reason: String,
    },
}

/// Something that happened between license servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "between", rename_all = "kebab-case")]
pub enum PeerEvent {
    /// One was enrolled, or its address changed.
    Trusted {
        /// Its name.
        name: ServerName,
        /// Key and address.
        known: Peer,
    },
    /// One was forgotten.
    Forgotten {
        /// Its name.
        name: ServerName,
    },
    /// One announced what it has (LS-08).
    AnnouncementHeard {
        /// Who.
        from: ServerName,
        /// What.
        announcement: Announcement,
    },
    /// One was told what this server has.
    Told {
        /// Who.
        name: ServerName,
        /// The number of the announcement.
        number: u64,
    },
    /// One could not be told; it is tried again at the next sweep.
    NotTold {
        /// Who.
        name: ServerName,
        /// The number of the announcement.
        number: u64,
    },
    /// Servers that a request was referred to had nothing, or were silent.
    ReferredInVain {
        /// Who was silent, and until when each is left alone.
        silent: BTreeMap<ServerName, LabTime>,
        /// Who had nothing free.
        empty: Vec<ServerName>,
        /// For which version.
        version: ProductVersion,
    },
    /// A license of another server was passed through (LS-07).
    PassedThrough {
        /// The device.
        device: DeviceName,
        /// Its hardware id.
        hardware_id: HardwareId,
        /// The license.
        cal: CalId,
        /// Who issued it.
        issuer: ServerName,
        /// Temporaries that this closes.
        closes: Vec<u64>,
        /// The terminal server that asked.
        terminal_server: ServerName,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
    },
    /// A CAL of another server moved here: that one is owed a return notice (LS-10).
    ReturnOwed {
        /// The notice's place.
        number: u64,
        /// To whom.
        to: ServerName,
        /// What it says.
        notice: ReturnNotice,
    },
    /// A return notice was settled.
    ReturnSettled {
        /// Its place.
        number: u64,
    },
    /// A return notice did not arrive; it is tried again at the next sweep (SD-19).
    ReturnFailed {
        /// Its place.
        number: u64,
    },
    /// A CAL was taken back at another server's notice (LS-10).
    TakenBack {
        /// Its place in the ledger.
        number: u64,
        /// Whose notice.
        from: ServerName,
    },
    /// What could not be said before is to be tried again.
    TryAgain,
}

/// Take a CAL back at another license server's notice (LS-10).
#[derive(Clone, Debug)]
pub struct TakeBack {
    /// Who says so.
    pub from: ServerName,
    /// The notice.
    pub notice: ReturnNotice,
}

/// Pass a license of another license server through (LS-07). The answer is the rules that fired here.
#[derive(Clone, Debug)]
pub struct PassThrough {
    /// What was asked.
    pub asked: Box<Asked>,
    /// The license.
    pub cal: Cal,
}

/// Something to be said to another license server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Whom.
    pub to: ServerName,
    /// Where it is, and its key.
    pub peer: Peer,
    /// What.
    pub what: Say,
}

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// What this server has (LS-08).
    Announce {
        /// The number of the announcement.
        number: u64,
        /// The announcement.
        announcement: Announcement,
    },
    /// That a CAL may be taken back (LS-10).
    Return {
        /// The notice's place.
        number: u64,
        /// The notice.
        notice: ReturnNotice,
    },
}

/// A return notice on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pending {
    to: ServerName,
    notice: ReturnNotice,
    failed: bool,
}

/// What a ledger knows about other license servers.
#[derive(Debug, Default)]
pub(super) struct Peers {
    known: BTreeMap<ServerName, Peer>,
    callers: HashMap<String, ServerName>,
    announced: BTreeMap<ServerName, Announced>,
    silent: BTreeMap<ServerName, LabTime>,
    /// The number of what is to be announced: it rises with every change that others should know of.
    announcement: u64,
    told: BTreeMap<ServerName, u64>,
    not_told: BTreeMap<ServerName, u64>,
    returns: BTreeMap<u64, Pending>,
    last_return: u64,
    /// When something could not be said last; it is tried again at the sweep after that.
    failed_at: Option<LabTime>,
}

pub(super) fn decide(ledger: &Ledger, server: &Server, command: PeerCommand) -> Result<Vec<Event>, Refusal> {
    let peers = &ledger.peers;
    match command {
        PeerCommand::Trust { name, peer } => trust(ledger, server, name, peer),
        PeerCommand::Forget(name) if peers.known.contains_key(&name) => Ok(vec![Event::Peer(PeerEvent::Forgotten { name })]),
        PeerCommand::Forget(name) => Err(Refusal::NoSuchServer(name)),
        PeerCommand::Hear { from, announcement } => Ok(hear(peers, from, announcement)),
        PeerCommand::Told { name, number } => Ok(vec![Event::Peer(PeerEvent::Told { name, number })]),
        PeerCommand::NotTold { name, number, why } => {
            let record = log(events::not_announced(&name, &why));
            Ok(vec![Event::Peer(PeerEvent::NotTold { name, number }), record])
        }
        PeerCommand::ReturnSettled(number) => Ok(settled(peers, number)),
        PeerCommand::ReturnFailed { number, reason } => Ok(return_failed(peers, number, &reason)),
    }
}

fn trust(ledger: &Ledger, server: &Server, name: ServerName, peer: Peer) -> Result<Vec<Event>, Refusal> {
    if name == server.name {
        return Err(Refusal::Itself);
    }
    match ledger.peers.known.get(&name) {
        Some(known) if known.key != peer.key => Err(Refusal::OtherKey(name)),
        Some(known) if *known == peer => Ok(Vec::new()),
        Some(_) | None => Ok(vec![Event::Peer(PeerEvent::Trusted { name, known: peer })]),
    }
}

/// LS-08: an announcement that says nothing new is heard and not written down.
fn hear(peers: &Peers, from: ServerName, announcement: Announcement) -> Vec<Event> {
    let same = peers.announced.get(&from).is_some_and(|known| known.announcement == announcement);
    if same && !peers.silent.contains_key(&from) {
        return Vec::new();
    }
    vec![Event::Peer(PeerEvent::AnnouncementHeard { from, announcement })]
}

fn settled(peers: &Peers, number: u64) -> Vec<Event> {
    peers.returns.contains_key(&number).then_some(Event::Peer(PeerEvent::ReturnSettled { number })).into_iter().collect()
}

/// LS-10, SD-19: event 16, and another try at the next sweep.
fn return_failed(peers: &Peers, number: u64, reason: &str) -> Vec<Event> {
    let Some(pending) = peers.returns.get(&number) else { return Vec::new() };
    vec![Event::Peer(PeerEvent::ReturnFailed { number }), log(events::not_returned(&pending.to, pending.notice.version, reason))]
}

/// LS-10, RN-04, SD-19: a CAL on record is taken back if version and end are those of the notice.
pub(super) fn take_back(ledger: &Ledger, TakeBack { from, notice }: TakeBack) -> (ReturnAnswer, Vec<Event>) {
    let record = ledger.by_id.get(&notice.cal).and_then(|number| ledger.records.get(number));
    let fits = record.filter(|record| {
        record.cal.hardware_id == notice.hardware_id && neighbours::is_the_one(&record.cal, notice.version, notice.expires_at)
    });
    match fits {
        Some(record) => (ReturnAnswer::TakenBack, vec![Event::Peer(PeerEvent::TakenBack { number: record.number, from })]),
        None => (ReturnAnswer::NotOnRecord, Vec::new()),
    }
}

/// LS-07, SD-06: the license of another server goes to the terminal server; the empty pool is logged all the same.
pub(super) fn pass_through(
    ledger: &Ledger,
    server: &Server,
    PassThrough { asked, cal }: &PassThrough,
    now: LabTime,
) -> (Vec<TraceStep>, Vec<Event>) {
    let mut rules = Vec::new();
    let events = in_vain(server, asked, &mut rules, now);
    let logged = pool_event(ledger, asked, &mut rules);
    rules.push(TraceStep::new(rule::LS_07, format!("own pool empty: referred to {}, whose license is passed through", cal.issuer)));
    let passed = PeerEvent::PassedThrough {
        device: asked.inquiry.device.clone(),
        hardware_id: asked.inquiry.hardware_id,
        cal: cal.id,
        issuer: cal.issuer.clone(),
        closes: ledger.open_temporaries(asked.inquiry.hardware_id, cal.version),
        terminal_server: asked.terminal_server.clone(),
        rules: rules.clone(),
    };
    let events = events.into_iter().chain([logged, Event::Peer(passed)]).collect();
    (rules, events)
}

/// LS-07: what came of referrals that brought nothing, noted in the trace and remembered, so that the next request does not wait
/// for the same silence, nor ask for what is gone.
pub(super) fn in_vain(server: &Server, asked: &Asked, rules: &mut Vec<TraceStep>, now: LabTime) -> Option<Event> {
    let mut silent = BTreeMap::new();
    let mut empty = Vec::new();
    for elsewhere in &asked.elsewhere {
        let name = &elsewhere.server;
        match &elsewhere.said {
            Ok(reason) => {
                rules.push(TraceStep::new(rule::LS_07, format!("referred to {name}, which has nothing for this device ({reason:?})")));
                if *reason == DeclineReason::NoneAvailable {
                    empty.push(name.clone());
                }
            }
            Err(reason) => {
                rules.push(TraceStep::new(rule::LS_07, format!("referred to {name}, which was silent ({reason})")));
                silent.insert(name.clone(), now + server.terms().silence);
            }
        }
    }
    let version = asked.inquiry.version;
    let news = !silent.is_empty() || !empty.is_empty();
    news.then_some(Event::Peer(PeerEvent::ReferredInVain { silent, empty, version }))
}

/// LS-10, RN-04: the notice that a draw for this license leaves owing to its issuer.
pub(super) fn return_owed(ledger: &Ledger, server: &Server, asked: &Asked) -> Option<Event> {
    let inquiry = &asked.inquiry;
    let presented = asked.presented.as_ref().filter(|cal| cal.hardware_id == inquiry.hardware_id)?;
    if !neighbours::moves(presented, &server.name, inquiry.version) {
        return None;
    }
    let notice = ReturnNotice {
        request: inquiry.request.clone(),
        cal: presented.id,
        hardware_id: presented.hardware_id,
        version: presented.version,
        expires_at: presented.expires_at,
    };
    Some(Event::Peer(PeerEvent::ReturnOwed { number: ledger.peers.last_return + 1, to: presented.issuer.clone(), notice }))
}
