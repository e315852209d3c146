//! The verdict on a connection, once everybody who had to be asked was asked.

use super::connection::{Connection, Heard, Question, Said};
use super::verdict::{Given, Judged, conclude};
use super::{Event, Node, Server, workstation};
use crate::machine::Moment;
use crate::model::Breach;
use crate::model::Denial;
use crate::model::{CalKind, LabTime, TraceStep};
use crate::policy::admission::{self, Assessment, Fault};
use crate::policy::asking;
use crate::policy::connectors;
use crate::policy::denials;
use crate::policy::grace::{self, Grace, GraceFacts};
use crate::policy::per_user::{self, ContactOutcome};
use crate::policy::verdict::{self, Admitted, Round, Ruling};
use crate::rulebook::rule;
use crate::wire::license_server::{DeclineReason, HowIssued};

/// What a round of license servers changes, whatever the verdict: who is asked first, and where grace stands.
pub(super) fn heard_events(node: &Node, server: &Server, heard: &[Heard], now: LabTime) -> Vec<Event> {
    let mut events = Vec::new();
    let silent: Vec<_> = heard.iter().filter(|heard| heard.is_silence()).map(|heard| heard.server.clone()).collect();
    let answered = heard.iter().find(|heard| !heard.is_silence());
    let usable = heard.iter().find(|heard| heard.located().is_some()).map(|heard| heard.server.clone());
    let current = asking::current_after_round(node.current.as_ref(), &silent, usable.as_ref().filter(|name| node.asked().contains(name)));
    let spoke_again = heard.iter().any(|heard| !heard.is_silence() && node.silent.contains_key(&heard.server));
    if !silent.is_empty() || spoke_again || current != node.current {
        let until = now + server.terms().silence;
        events.push(Event::ServersHeard {
            current,
            silent: silent.into_iter().map(|name| (name, until)).collect(),
            answered: answered.map(|heard| heard.server.clone()),
        });
    }
    events.extend(located(node, heard));
    events
}

/// GR-11: the first answer of a usable license server, and the first of an activated one.
fn located(node: &Node, heard: &[Heard]) -> Option<Event> {
    heard.iter().find_map(|heard| {
        let activated = heard.located()?;
        let news = node.grace.located_at.is_none() || (activated && node.grace.activated_located_at.is_none());
        news.then(|| Event::Located { server: heard.server.clone(), activated })
    })
}

/// Everything that judging this connection leads to.
pub(super) fn judge(node: &Node, server: &Server, connection: &Connection, moment: &mut Moment<'_>) -> (Judged, Vec<Event>) {
    let now = moment.now;
    if let Some(breach) = node.breach(connection) {
        return broken_off(node, server, connection, breach, moment);
    }
    if node.mode_not_chosen(server, connection) {
        return mode_not_chosen(node, server, connection, moment);
    }
    let mut events = heard_events(node, server, &connection.heard, now);
    let mut trace = Vec::new();
    let assessment = node.assess(server, connection, now, &mut trace);
    if assessment == Assessment::Workstation {
        return workstation::judge::judge(node, server, connection, moment);
    }
    let grace = grace::grace_at(&facts_after(node, &events, now), node.settings.grace_end, server.terms(), now);
    let ruling = rule(node, server, connection, &assessment, grace, &mut trace, now);
    if !matches!(assessment, Assessment::Administration | Assessment::InternetConnector) {
        events.extend(grace_events(node, connection, &ruling));
    }
    let given = ruling.outcome.ok().and_then(|admitted| connection.granted(admitted)).map(Given::Signed);
    let (judged, decided) = conclude(node, server, connection, ruling, given, trace, moment);
    events.extend(decided);
    (judged, events)
}

/// Section 10, FT-12: the exchange broke before any license was looked at. Grace and licenses stay as they are.
fn broken_off(node: &Node, server: &Server, connection: &Connection, breach: Breach, moment: &mut Moment<'_>) -> (Judged, Vec<Event>) {
    let trace = vec![TraceStep::new(breach.rule(), breach.facts())];
    let ruling = Ruling { rule: breach.rule(), outcome: Err(Denial::Exchange(breach)), trace };
    conclude(node, server, connection, ruling, None, Vec::new(), moment)
}

/// W08-03: accepted while grace runs, denied as a server without a license after it.
fn mode_not_chosen(node: &Node, server: &Server, connection: &Connection, moment: &mut Moment<'_>) -> (Judged, Vec<Event>) {
    let grace = grace::grace_at(&node.grace, node.settings.grace_end, server.terms(), moment.now);
    let (outcome, facts) = if grace.is_running() {
        (Ok(Admitted::ModeNotChosen), "the licensing mode was not chosen yet; grace is running: accepted")
    } else {
        (Err(Denial::ModeNotChosen), "the licensing mode was never chosen and grace is over: denied")
    };
    let ruling = Ruling { rule: rule::W08_03, outcome, trace: vec![TraceStep::new(rule::W08_03, facts)] };
    let mut trace = Vec::new();
    note_grace_over(&ruling, grace, &mut trace);
    let mut events = grace_events(node, connection, &ruling);
    events.extend(ruling.outcome.is_ok().then(|| Event::Logged(denials::mode_not_chosen())));
    let (judged, decided) = conclude(node, server, connection, ruling, None, trace, moment);
    events.extend(decided);
    (judged, events)
}

/// The facts of grace once what was heard in this very round is counted (GR-11).
fn facts_after(node: &Node, events: &[Event], now: LabTime) -> GraceFacts {
    let mut facts = node.grace_facts();
    for event in events {
        if let Event::Located { activated, .. } = event {
            facts.located_at = facts.located_at.or(Some(now));
            facts.activated_located_at = facts.activated_located_at.or(activated.then_some(now));
        }
    }
    facts
}

fn rule(
    node: &Node,
    server: &Server,
    connection: &Connection,
    assessment: &Assessment,
    grace: Grace,
    trace: &mut Vec<TraceStep>,
    now: LabTime,
) -> Ruling {
    match assessment {
        // A server that is its own license manager was judged before (workstation/judge.rs).
        Assessment::Workstation | Assessment::Administration => administration(node, server, connection),
        Assessment::InternetConnector => connectors::internet(node.anonymous),
        Assessment::PerUser => {
            let mut ruling = per_user::judge(grace.is_running(), contact_outcome(connection), node.settings.per_user_requires_activated);
            if node.settings.per_user_temporaries && connection.is_given_one() {
                ruling = per_user::with_temporary(ruling);
            }
            silences(connection, trace);
            note_grace_over(&ruling, grace, trace);
            ruling
        }
        Assessment::Refused { fault, reason } => refused(*fault, reason),
        Assessment::Sufficient(cal) => {
            let facts = format!(
                "permanent of version {} until {}, more than the renewal window left: no license server is asked",
                cal.version,
                cal.expires_at.end_in_words()
            );
            Ruling { rule: rule::PD_13, outcome: Ok(Admitted::Sufficient), trace: vec![TraceStep::new(rule::PD_13, facts)] }
        }
        Assessment::Ask { version, holding } => {
            let first = Question { version: *version, holding: holding.clone() };
            let question = node.question(server, connection, first.clone(), now);
            if question != first {
                trace.push(TraceStep::new(
                    rule::PD_20,
                    "no license server asked can serve its version and it has ended: counts as nothing presented",
                ));
            }
            let round = round(connection, &question, trace);
            let ruling = verdict::judge(&question.holding, &round, grace.is_running());
            let unactivated = connection.heard_for(question.version).any(|heard| heard.located() == Some(false));
            let stops = node.settings.unactivated_stops_server && unactivated && !grace.is_running();
            let ruling = if stops { verdict::stopped(ruling) } else { ruling };
            note_grace_over(&ruling, grace, trace);
            ruling
        }
    }
}

/// PD-24, PD-25, SD-14: licensing is not looked at, but there are only two such sessions.
fn administration(node: &Node, server: &Server, connection: &Connection) -> Ruling {
    let limit = server.terms().administrative_sessions;
    let why = if connection.arrival.admin { "the client's /admin switch" } else { "Remote Administration mode" };
    if node.administrative >= limit {
        let facts = format!("{why}: {} of {limit} administrative sessions are open, a further one is refused", node.administrative);
        return Ruling { rule: rule::PD_25, outcome: Err(Denial::TooManySessions), trace: vec![TraceStep::new(rule::PD_25, facts)] };
    }
    let facts = format!("{why}: no license is examined; administrative session {} of {limit}", node.administrative + 1);
    Ruling { rule: rule::PD_24, outcome: Ok(Admitted::Administration), trace: vec![TraceStep::new(rule::PD_24, facts)] }
}

/// PD-21, PD-22, PD-23: denied, in grace too.
fn refused(fault: Fault, reason: &str) -> Ruling {
    let denial = match fault {
        Fault::OtherDevice => Denial::Modified,
        Fault::NotYetValid => Denial::NotYetValid,
        Fault::Damaged | Fault::Untrusted => Denial::InvalidFormat,
    };
    let rule = admission::rule_of(fault);
    Ruling { rule, outcome: Err(denial), trace: vec![TraceStep::new(rule, format!("{reason}: denied, in grace too"))] }
}

fn contact_outcome(connection: &Connection) -> ContactOutcome {
    let reached = connection.heard.iter().find_map(Heard::located);
    match reached {
        Some(activated) => ContactOutcome::Reached { activated },
        None if connection.heard.is_empty() => ContactOutcome::NotAsked,
        None => ContactOutcome::NoneReachable,
    }
}

/// What the round came to, with everything that was heard noted in the trace.
fn round(connection: &Connection, question: &Question, trace: &mut Vec<TraceStep>) -> Round {
    silences(connection, trace);
    let answer = connection.heard_for(question.version).find_map(|heard| match &heard.said {
        Said::Issued { cal, how, rules, .. } => {
            let fresh = matches!(how, HowIssued::New | HowIssued::Revived);
            Some((Round::Issued { cal: cal.clone(), fresh }, rules))
        }
        Said::Declined { reason, rules, .. } => Some((Round::Declined { not_validated: *reason == DeclineReason::NotValidated }, rules)),
        Said::Silence { .. } | Said::TooOld { .. } | Said::Contacted { .. } => None,
    });
    match answer {
        Some((round, rules)) => {
            trace.extend(rules.iter().cloned());
            round
        }
        None => Round::NoneReachable,
    }
}

/// SPEC 4.3 step 4: who was silent, who was skipped.
fn silences(connection: &Connection, trace: &mut Vec<TraceStep>) {
    for heard in &connection.heard {
        match &heard.said {
            Said::Silence { reason } => {
                trace.push(TraceStep::new(rule::SD_02, format!("{} was silent ({reason}): the next one is asked", heard.server)))
            }
            Said::TooOld { version } => {
                trace.push(TraceStep::new(rule::VC_02, format!("{} is {version}, too old for {}: skipped", heard.server, heard.version)));
            }
            Said::Declined { .. } | Said::Issued { .. } | Said::Contacted { .. } => {}
        }
    }
}

fn note_grace_over(ruling: &Ruling, grace: Grace, trace: &mut Vec<TraceStep>) {
    if let (Err(_), Grace::Over { since, rule }) = (&ruling.outcome, grace) {
        trace.push(TraceStep::new(rule, format!("grace has been over since {since}")));
    }
}

/// GR-02: the first accepted client begins grace. GR-03, SD-08: the first permanent from a license server ends it, be it new,
/// handed back or renewed; one of the built-in pool does not (SD-04).
fn grace_events(node: &Node, connection: &Connection, ruling: &Ruling) -> Vec<Event> {
    let mut events = Vec::new();
    if ruling.outcome.is_ok() && node.grace.began_at.is_none() {
        events.push(Event::GraceBegan);
    }
    let permanent = connection
        .heard
        .iter()
        .any(|heard| matches!(&heard.said, Said::Issued { cal, .. } if cal.kind == CalKind::Permanent && !cal.is_built_in()));
    if permanent && node.grace.first_permanent_at.is_none() {
        events.push(Event::FirstPermanent);
    }
    events
}
