//! The verdict on a connection to a server of Windows NT 4.0: License Manager decides, the licensing service reports.

use super::{Event, License};
use crate::machine::Moment;
use crate::model::Denial;
use crate::model::{Cal, CalId, CalKind, HardwareId, LabTime, Origin, ProductVersion, Span, TraceStep, UserName};
use crate::node::connection::{Arrival, Connection};
use crate::node::verdict::{Given, Judged, conclude};
use crate::node::{self, Node, Server};
use crate::policy::admission::Presented;
use crate::policy::nt4::granting::{self, Findings, Grant};
use crate::policy::nt4::{categories, counting, events};
use crate::policy::verdict::{Admitted, Ruling};
use crate::rulebook::{RuleId, rule};

/// Everything that judging this connection leads to (NT-01).
pub(in crate::node) fn judge(node: &Node, server: &Server, connection: &Connection, moment: &mut Moment<'_>) -> (Judged, Vec<node::Event>) {
    let arrival = connection.arrival();
    let mut trace = Vec::new();
    if let Some(ruling) = denied(node, arrival, &mut trace) {
        return conclude(node, server, connection, ruling, None, trace, moment);
    }
    let mut happened: Vec<node::Event> = ignored(server, arrival, &mut trace).map(node::Event::Logged).into_iter().collect();
    let found = findings(node, server, arrival, moment.now);
    let grant = granting::grant(&found);
    let (ruling, given) = match grant {
        Grant::Keeps { rule, cal } => {
            let (ruling, kept) = keeps(rule, cal);
            (ruling, kept.and_then(|cal| given_again(node, connection, cal)))
        }
        Grant::Again { rule, cal } => (again(rule, &cal), given_again(node, connection, cal)),
        Grant::Untracked => {
            happened.push(node::Event::Logged(events::unable_to_acquire(&arrival.user)));
            let facts = "the licensing service is stopped: let in, and not tracked";
            (accept(rule::NT_20, Admitted::Untracked, facts), None)
        }
        Grant::Minted { rule, kind, after_temporary } => {
            let term = granting::temporary(server.terms(), node.workstation.settings.temporaries_of_90_days);
            let license = mint(server, arrival, &found, end_of(kind, moment.now, term), CalId::from_random(moment.dice.bytes()));
            let minted = minted(rule, &license, after_temporary);
            let cal = license.cal.clone();
            happened.push(node::Event::Workstation(Event::Minted { license }));
            (minted, Some(Given::Own { cal, waits: true }))
        }
    };
    let (judged, decided) = conclude(node, server, connection, ruling, given, trace, moment);
    happened.extend(decided);
    (judged, happened)
}

/// A license that the client has had before: of this server's own record where it stands there, else as the client shows it.
fn given_again(node: &Node, connection: &Connection, cal: Cal) -> Option<Given> {
    let on_record = node.workstation.license(&cal.hardware_id).filter(|license| license.cal.id == cal.id);
    match on_record {
        Some(license) => Some(Given::Own { waits: !license.in_database, cal }),
        None => connection.presented().map(Given::Signed),
    }
}

/// What the logon of a session leads to: the license goes from the scratch file into the database (NT-50), and a domain user may
/// have to do without a profile (NT-21).
pub(in crate::node) fn logged_on(node: &Node, hardware_id: HardwareId, user: &UserName) -> (Option<node::Event>, Vec<TraceStep>) {
    let own = &node.workstation;
    let license = own.license(&hardware_id).filter(|_| own.is_running());
    let mut trace = Vec::new();
    let written = license.filter(|license| !license.in_database).map(|license| {
        let facts =
            format!("{} license of {} written to hydra.mdb and taken out of the scratch file", license.cal.kind, license.cal.device);
        trace.push(TraceStep::new(rule::NT_50, facts));
        node::Event::Workstation(Event::Written { hardware_id })
    });
    if own.settings().profile_needs_license && user.as_str().contains('\\') && !license.is_some_and(License::is_normal) {
        trace
            .push(TraceStep::new(rule::NT_21, format!("{user} has no workstation license: logged on without the terminal-server profile")));
    }
    (written, trace)
}

/// NT-11, NT-42: the only denials; of an administrator too (NT-19).
fn denied(node: &Node, arrival: &Arrival, trace: &mut Vec<TraceStep>) -> Option<Ruling> {
    if node.workstation.licensing.crypto_mismatch {
        let step = TraceStep::new(rule::NT_42, "the machine's cryptography does not fit: no client gets through, denied");
        return Some(Ruling { rule: rule::NT_42, outcome: Err(Denial::Cryptography), trace: vec![step] });
    }
    let free = counting::has_free(node.workstation.cals_in_force(), node.in_use(), trace);
    let administrator = arrival.admin || node.accounts.get(&arrival.user).is_some_and(|account| account.administrator);
    if free {
        return None;
    }
    if administrator {
        trace.push(TraceStep::new(rule::NT_19, "an administrator, which counts at the console and not over RDP"));
    }
    let step = TraceStep::new(rule::NT_11, "License Manager has no server CAL left: denied; workstation licenses do not matter here");
    Some(Ruling { rule: rule::NT_11, outcome: Err(Denial::NoServerCal), trace: vec![step] })
}

/// A license that is not this server's own, or not this device's, counts as none; only what cannot be read is an event.
fn ignored(server: &Server, arrival: &Arrival, trace: &mut Vec<TraceStep>) -> Option<crate::model::LogRecord> {
    let (why, logged) = match &arrival.presented {
        Presented::Nothing => return None,
        Presented::License(cal) if is_own(server, arrival, cal) => return None,
        Presented::License(cal) if cal.hardware_id != arrival.hardware_id => ("it was issued to another hardware id".to_owned(), None),
        Presented::License(cal) => (format!("it is {} of {}, not this server's own", cal.version, cal.issuer), None),
        Presented::Untrusted { reason } => (reason.clone(), None),
        Presented::Damaged { reason } => (reason.clone(), Some(events::invalid_license())),
    };
    trace.push(TraceStep::new(rule::NT_44, format!("the license shown counts as none: {why}")));
    logged
}

fn is_own(server: &Server, arrival: &Arrival, cal: &Cal) -> bool {
    cal.version == ProductVersion::V4_0 && cal.issuer == server.name && cal.hardware_id == arrival.hardware_id
}

fn findings<'a>(node: &'a Node, server: &Server, arrival: &'a Arrival, now: LabTime) -> Findings<'a> {
    let own = &node.workstation;
    let category = categories::category(arrival.platform);
    let presented = match &arrival.presented {
        Presented::License(cal) if is_own(server, arrival, cal) => Some(cal),
        Presented::License(_) | Presented::Nothing | Presented::Damaged { .. } | Presented::Untrusted { .. } => None,
    };
    Findings {
        now,
        category,
        presented,
        on_record: own.license(&arrival.hardware_id).map(|license| &license.cal),
        running: own.is_running(),
        free: granting::is_free(own.total(category), own.issued(category, false)),
    }
}

fn keeps(rule: RuleId, cal: Cal) -> (Ruling, Option<Cal>) {
    match cal.kind {
        CalKind::Permanent => (accept(rule, Admitted::KeepsItsOwn, "shows its workstation license, which has no end"), None),
        CalKind::Temporary => {
            let facts = format!("shows its temporary, which holds until {}: kept for its whole term, whatever was added", cal.expires_at);
            (accept(rule, Admitted::HandedBack, &facts), Some(cal))
        }
    }
}

fn again(rule: RuleId, cal: &Cal) -> Ruling {
    let facts = format!("the {} license on record for this device is handed out again; nothing is used up", cal.kind);
    accept(rule, Admitted::New, &facts)
}

/// NT-30: a temporary has its term, a normal license no end.
fn end_of(kind: CalKind, now: LabTime, term: Span) -> (CalKind, LabTime) {
    match kind {
        CalKind::Temporary => (kind, now + term),
        CalKind::Permanent => (kind, LabTime::NEVER),
    }
}

fn mint(server: &Server, arrival: &Arrival, found: &Findings<'_>, (kind, expires_at): (CalKind, LabTime), id: CalId) -> License {
    let cal = Cal {
        id,
        kind,
        version: ProductVersion::V4_0,
        issuer: server.name.clone(),
        device: arrival.device.clone(),
        user: arrival.user.clone(),
        hardware_id: arrival.hardware_id,
        issued_at: found.now,
        expires_at,
        origin: Origin::Workstation,
    };
    License { category: found.category, cal, in_database: false }
}

fn minted(rule: RuleId, license: &License, after_temporary: bool) -> Ruling {
    let admitted = match (license.cal.kind, after_temporary) {
        (CalKind::Permanent, true) => Admitted::Upgraded,
        (CalKind::Permanent, false) | (CalKind::Temporary, _) => Admitted::New,
    };
    let title = license.category.title();
    let facts = match (license.cal.kind, after_temporary) {
        (CalKind::Permanent, false) => format!("a license of the category {title}"),
        (CalKind::Permanent, true) => format!("its temporary has ended and a license of the category {title} is free"),
        (CalKind::Temporary, false) => format!("none of the category {title} is left: a temporary until {}", license.cal.expires_at),
        (CalKind::Temporary, true) => {
            format!("its temporary has ended and none of the category {title} is left: another until {}", license.cal.expires_at)
        }
    };
    let mut ruling = accept(rule, admitted, &facts);
    ruling.trace.push(TraceStep::new(rule::NT_50, "it waits in the scratch file for the logon"));
    ruling
}

fn accept(rule: RuleId, admitted: Admitted, facts: &str) -> Ruling {
    Ruling { rule, outcome: Ok(admitted), trace: vec![TraceStep::new(rule, facts)] }
}
