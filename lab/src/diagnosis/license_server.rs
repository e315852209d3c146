//! What is wrong with the license servers: those that are silent, and those that answer and do not serve.

use shared::model::{Lapse, ServerName, Span};
use shared::policy::modes::{self, Mode};
use shared::policy::terms::{self, PerUser};
use shared::rulebook::rule;
use shared::wire::license_server::PutBack;

use super::facts::{Answers, Reached, Silence};
use super::remedy::{Cure, Finding, Remedy};
use super::{Seen, service, typed};
use crate::clock::{span_as_typed, span_in_words};

/// Clocks that are further apart than this are a problem (FT-19).
const SKEW: Span = Span::seconds(60);

/// What is typed of the person who activates; any name will do in a lab.
const PERSON: &str = "--first-name Ada --last-name Example --company Example --country Austria";

pub(super) fn findings(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    for facts in &seen.license_servers {
        let concerned = seen.terminal_server.asks(&facts.name) || seen.heard().is_empty();
        match &facts.state {
            Reached::NotAdministrator { why } => found.push(not_administrator(&facts.name, why)),
            Reached::Silent { why } if concerned => found.push(silent(seen, &facts.name, why)),
            Reached::Silent { .. } => {}
            Reached::Answered(answers) => {
                found.extend(knows_other_keys(seen, &facts.name, answers));
                if concerned {
                    found.extend(activation(seen, &facts.name, answers));
                    found.extend(group(seen, &facts.name, answers));
                    found.extend(recording(seen, &facts.name, answers));
                    found.extend(skew(seen, &facts.name, answers));
                }
                found.extend(withheld(seen, &facts.name, answers));
                found.extend(put_back(&facts.name, answers));
            }
        }
    }
    found
}

/// AM-18: that is no fault of the server, and says nothing about it.
fn not_administrator(name: &ServerName, why: &str) -> Finding {
    Finding::new(
        &[rule::AM_18],
        format!("you are no administrator of {name}, so nothing can be said about it ({why})"),
        Cure::by_hand(
            Remedy::BeAdministrator,
            format!(
                "ask as an administrator of {name}: give its token, which stands in the file admin-token of its data directory \
                 (TSL_LICENSE_SERVER_TOKEN_FILE={name}=FILE)"
            ),
        ),
    )
}

fn silent(seen: &Seen, name: &ServerName, why: &Silence) -> Finding {
    let start = || service(seen, "start", name);
    match why {
        Silence::Stopped => {
            Finding::new(&[rule::PD_05, rule::PU_03], format!("{name} is stopped"), Cure::typed(Remedy::StartService, "start it", start()))
        }
        Silence::Damaged { damage } => Finding::new(
            &[rule::FT_13, rule::W08_12],
            format!("{name} is stopped and cannot start: {damage}"),
            Cure::typed(
                Remedy::RepairJournal,
                format!("bring back a copy (tsl journal import {name} FILE), or repair what is there, which says what is lost"),
                [format!("tsl journal repair {name}")].into_iter().chain(start()),
            ),
        ),
        Silence::KeyGone { key, known } => Finding::new(
            &[rule::FT_23, rule::PD_05],
            format!("{name} is stopped and cannot start: its key is gone from {key}"),
            Cure::by_hand(Remedy::PutKeyBack, format!("put the file back from a copy and start {name} (tsl service start {name})")),
        )
        .or(Cure::typed(
            Remedy::MakeNewKey,
            "or give the key up for good: a new one is made, which the clearinghouse hears of by telephone",
            [format!("rm '{known}'")].into_iter().chain(start()),
        )),
        Silence::NoAnswer { why } => Finding::new(
            &[rule::PD_05, rule::PU_03],
            format!("{name} does not answer: {why}"),
            Cure::by_hand(
                Remedy::StartWhereItRuns,
                format!("start {name} where it runs (docker compose start license-server), correct its address, or see to the network"),
            ),
        ),
    }
}

/// LS-01, FT-14, FT-23: a server of this name that is another one.
fn knows_other_keys(seen: &Seen, name: &ServerName, answers: &Answers) -> Vec<Finding> {
    let (server, mut found) = (&seen.terminal_server, Vec::new());
    let own = &server.identity.name;
    let here = server.enrolled.iter().find(|row| row.name == *name);
    let there = answers.enrolled.iter().find(|row| row.name == *own);
    let anew = |whose: &ServerName| [format!("tsl forget {whose}"), "tsl trust".to_owned()];
    if here.is_some_and(|row| row.key != answers.identity.key) {
        let leaked = Cure::typed(
            Remedy::ForgetLeakedKey,
            "or, where the old key got out, so that nothing that was signed with it counts any more:",
            [format!("tsl forget {name} --leaked"), "tsl trust".to_owned()],
        );
        let finding = Finding::new(
            &[rule::FT_14, rule::FT_23],
            format!(
                "{own} knows another key of {name}, and believes nothing that is signed with the one of today: a new installation, or a key that was replaced"
            ),
            Cure::typed(
                Remedy::EnrolLicenseServerAnew,
                "compare the thumbprints, take the old enrolment back, and introduce it",
                anew(name),
            ),
        );
        found.push(finding.or(leaked));
    }
    match there {
        Some(row) if row.key != server.identity.key => found.push(Finding::new(
            &[rule::LS_01, rule::CE_14],
            format!("{name} knows another key of {own}, and answers none of its calls: a new installation"),
            Cure::typed(
                Remedy::EnrolTerminalServerAnew,
                "compare the thumbprints, take the old enrolment back, and introduce it",
                anew(own),
            ),
        )),
        // Where neither knows the other, discovery says so.
        None if here.is_some_and(|row| row.key == answers.identity.key) => found.push(Finding::new(
            &[rule::LS_01],
            format!("{name} does not know {own}, and answers none of its calls"),
            Cure::typed(Remedy::Introduce, "compare the thumbprints and introduce them", ["tsl trust".to_owned()]),
        )),
        Some(_) | None => {}
    }
    found
}

/// FT-02, AC-24, AC-27, FT-23, AM-15.
fn activation(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let view = &answers.activation;
    let again = |remedy, reason: u8| {
        Cure::typed(remedy, "reactivate it, in your own name", [format!("tsl reactivate --server {name} --reason {reason} {PERSON}")])
    };
    let temporaries = "it issues temporary licenses only";
    let lapse = match (view.status, view.lapse) {
        (0, _) => {
            let until = view.ends_at?;
            let soon = answers.now.is_some_and(|now| until - now <= Span::days(ENDS_SOON_DAYS));
            let problem = || format!("the registration of {name} ends at {until}, and from then on {temporaries}");
            return soon.then(|| Finding::new(&[rule::AC_27], problem(), again(Remedy::RenewRegistration, 3)));
        }
        (_, lapse) => lapse.unwrap_or(Lapse::NeverActivated),
    };
    let by_telephone = |remedy, matter: &str| {
        let says = format!(
            "only the clearinghouse's telephone desk does that: have these papers at hand and those of a purchase, {matter}, and type at \
             {name} what is read out"
        );
        Cure::typed(remedy, says, [format!("tsl activate --papers --server {name}"), "tsl phone clearinghouse".to_owned()])
    };
    let others = seen.surroundings.registered.get(name).is_some_and(|ids| ids.iter().any(|id| *id != view.product_id));
    Some(match lapse {
        Lapse::NeverActivated if others => Finding::new(
            &[rule::AM_15, rule::FT_14],
            format!("{name} is a new installation, and the clearinghouse knows an older one by its name: {temporaries}"),
            by_telephone(Remedy::RegisterName, "ask for an activation (1)"),
        ),
        Lapse::NeverActivated => Finding::new(
            &[rule::FT_02, rule::LS_03],
            format!("{name} is not activated: {temporaries}"),
            Cure::typed(Remedy::Activate, "activate it, in your own name", [format!("tsl activate --server {name} {PERSON}")]),
        ),
        Lapse::Deactivated { at } => Finding::new(
            &[rule::AC_24, rule::LS_03],
            format!("{name} was deactivated at {at}: {temporaries}"),
            again(Remedy::Reactivate, 0),
        ),
        Lapse::Ended => Finding::new(
            &[rule::AC_27, rule::LS_03],
            format!("the registration of {name} has ended: {temporaries}"),
            again(Remedy::RenewRegistration, 3),
        ),
        Lapse::KeyReplaced => Finding::new(
            &[rule::FT_23, rule::AC_25, rule::AM_15],
            format!("{name} has another key than the one that was activated: {temporaries}"),
            by_telephone(
                Remedy::RegisterKey,
                "ask for a reactivation, since the key is another one (4, then 1 where the old key is lost, 3 where it may have got out)",
            ),
        )
        .or(Cure::by_hand(
            Remedy::HandKeyOver,
            format!(
                "or, where the old key did not get out and its file is at hand: its signature will do, without a call \
                 (tsl reactivate --server {name} --reason 0 --old-key FILE {PERSON})"
            ),
        )),
        Lapse::Disowned { at } => Finding::new(
            &[rule::AM_15, rule::LS_03],
            format!("since {at} the clearinghouse has the Product ID of {name} under another key: {temporaries}"),
            by_telephone(
                Remedy::ReclaimProductId,
                "if nobody here arranged that ask for a reactivation (4, then 3: the other key is to count no more)",
            ),
        ),
    })
}

/// AC-26, AC-40, FT-14: pack by pack, less what the clearinghouse has given again and was installed.
fn withheld(seen: &Seen, name: &ServerName, answers: &Answers) -> Vec<Finding> {
    let given_again = seen.surroundings.given_again.as_ref();
    let rows = answers.packs.packs.iter().filter(|row| row.withheld > 0);
    let open = rows.filter_map(|row| {
        let left = match given_again {
            Some(given) => row.withheld.saturating_sub(given.get(&row.pack.id).copied().unwrap_or(0)),
            // A pack that was recovered stands beside the one whose CALs are withheld.
            None if answers.packs.packs.iter().all(|row| row.available == 0) => row.withheld,
            None => 0,
        };
        (left > 0).then_some((row, left))
    });
    open.map(|(row, left)| {
        Finding::new(
            &[rule::AC_26, rule::AC_40, rule::FT_14],
            format!(
                "{left} of {} CALs of the pack {} on {name} that nobody held are withheld until the clearinghouse gives them again",
                row.pack.total, row.pack.id
            ),
            Cure::typed(
                Remedy::RecoverCals,
                format!(
                    "have them recovered (5) with the papers of the purchase; you are asked for the Product ID {}, the pack, and how many \
                     ({left}); type at {name} what is read out",
                    answers.activation.product_id
                ),
                ["tsl phone clearinghouse".to_owned()],
            ),
        )
    })
    .collect()
}

/// AM-16, AC-39: for as long as one of the devices may hold what another was given since.
fn put_back(name: &ServerName, answers: &Answers) -> Option<Finding> {
    let PutBack { count, at, until } = answers.packs.put_back?;
    let until = until.end_in_words();
    Some(Finding::new(
        &[rule::AM_16, rule::AC_39],
        format!(
            "the restore of {at} made {count} CALs of {name} free again that devices hold, the last one until {until}: until then more \
             devices may be licensed than CALs were bought"
        ),
        Cure::by_hand(
            Remedy::SparePutBack,
            format!("buy as many more, or let no new device in before {until}; the devices keep what they hold"),
        ),
    ))
}

/// FT-15.
fn group(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let own = &seen.terminal_server.identity.name;
    if !answers.settings.security_group_policy {
        return None;
    }
    let in_force = answers.group.in_force.as_ref().unwrap_or(&answers.group.members);
    let restart = service(seen, "restart", name);
    match (answers.group.members.contains(own), in_force.contains(own)) {
        (_, true) => None,
        (true, false) => Some(Finding::new(
            &[rule::FT_15, rule::LS_01],
            format!("{own} was put into the security group of {name} after its start"),
            Cure::typed(Remedy::RestartForGroup, format!("restart {name}: the group counts from then on"), restart),
        )),
        (false, false) => {
            let members = typed(answers.group.members.iter().chain([own]));
            Some(Finding::new(
                &[rule::FT_15, rule::LS_01],
                format!("the security group policy of {name} is on and {own} is not in the group"),
                Cure::typed(
                    Remedy::JoinGroup,
                    format!("put it in beside those that are in it, and restart {name}"),
                    [format!("tsl group --server {name} {members}")].into_iter().chain(restart),
                ),
            ))
        }
    }
}

/// W08-04 to W08-06, FT-22: whether users are recorded, where the terminal server licenses them and has them recorded.
fn recording(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let server = &seen.terminal_server;
    let tracks = server.identity.generation.is_some_and(|generation| matches!(terms::terms(generation).per_user, PerUser::Tracked(_)));
    if !tracks || !server.settings.application_mode || modes::mode(server.settings.policy_ac_on) != Mode::PerUser {
        return None;
    }
    let Some(domain) = answers.standing.placement.member_of.active_directory() else {
        let own = &server.identity.name;
        return Some(Finding::new(
            &[rule::W08_06],
            format!("{name} is in no directory, so that nobody who works on {own} per user is recorded"),
            Cure::typed(
                Remedy::LicenseDevicesInWorkgroup,
                "license devices, or put both servers into a domain",
                [format!("tsl mode per-device --server {own}")],
            ),
        ));
    };
    if let Some((directory, false)) = &seen.surroundings.directory {
        return Some(Finding::new(
            &[rule::W08_05, rule::TL_08],
            format!("the directory {directory} does not answer, so that {name} records no users"),
            Cure::typed(Remedy::StartDirectory, "start it", service(seen, "start", directory)),
        ));
    }
    (!answers.standing.groups.contains(domain)).then(|| {
        Finding::new(
            &[rule::W08_05, rule::FT_22],
            format!("{name} is not a member of the group \"Terminal Server License Servers\" of {domain}, so that it records no users"),
            Cure::typed(
                Remedy::JoinDirectoryGroup,
                "make it a member, and restart it",
                [format!("tsl directory group add {name} --domain {domain}")].into_iter().chain(service(seen, "restart", name)),
            ),
        )
    })
}

/// FT-19: lab time goes forward only, so the clock that is behind is moved.
fn skew(seen: &Seen, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let own = &seen.terminal_server.identity.name;
    let (there, here) = (answers.now?, seen.terminal_server.now?);
    let apart = (there - here).max(here - there);
    if apart <= SKEW {
        return None;
    }
    let (behind, ahead) = if here < there { (own, name) } else { (name, own) };
    Some(Finding::new(
        &[rule::FT_19, rule::SD_09],
        format!(
            "the clock of {behind} is {} behind that of {ahead} ({own} {here}, {name} {there}): licenses are renewed or end at the wrong time",
            span_in_words(apart)
        ),
        Cure::typed(
            Remedy::AgreeClocks,
            "let both ask one time service; here:",
            [format!("tsl clock advance {} --server {behind}", span_as_typed(apart))],
        ),
    ))
}

/// From so many days before its end a registration is told to be renewed (AC-27).
const ENDS_SOON_DAYS: u32 = 30;
