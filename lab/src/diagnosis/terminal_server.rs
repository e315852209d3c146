//! What is wrong with the terminal server itself, and what its troubles mean for those who connect.

use serde::Serialize;
use shared::policy::modes::{self, Mode};
use shared::rulebook::{self, RuleId, rule};
use shared::wire::terminal_server::CertificateState;

use super::discovery::new_enough;
use super::remedy::{Cure, Finding, Remedy};
use super::{Seen, service};

pub(super) fn findings(seen: &Seen) -> Vec<Finding> {
    certificate(seen).into_iter().chain(mode(seen)).collect()
}

/// FT-12.
fn certificate(seen: &Seen) -> Option<Finding> {
    let name = &seen.terminal_server.identity.name;
    let restart = service(seen, "restart", name);
    match seen.terminal_server.certificate.state {
        CertificateState::Whole => None,
        CertificateState::Damaged => Some(Finding::new(
            &[rule::FT_12],
            format!("the certificate values of {name} are damaged: every client gets a security error"),
            Cure::typed(
                Remedy::RemakeCertificate,
                format!("back them up, delete them, and restart {name}, which makes new ones"),
                [format!("tsl certificate backup --server {name} certificate.json"), format!("tsl certificate delete --server {name}")]
                    .into_iter()
                    .chain(restart),
            ),
        )),
        CertificateState::Deleted => Some(Finding::new(
            &[rule::FT_12],
            format!("the certificate values of {name} were deleted: every client gets a security error"),
            Cure::typed(Remedy::RestartForCertificate, format!("restart {name}, which makes new ones"), restart),
        )),
    }
}

/// FT-04, W08-03.
fn mode(seen: &Seen) -> Option<Finding> {
    let server = &seen.terminal_server;
    let (name, value) = (&server.identity.name, server.settings.policy_ac_on);
    if !server.settings.application_mode || modes::mode(value) != Mode::TemporariesOnly {
        return None;
    }
    let set = |remedy, mode: &str| {
        Cure::typed(remedy, format!("license {}", mode.replace('-', " ")), [format!("tsl mode {mode} --server {name}")])
    };
    if server.identity.generation.is_some_and(|generation| modes::is_not_chosen(generation, value)) {
        let problem = format!("nobody chose the licensing mode of {name} yet: when grace is over nobody gets in (266)");
        let first = set(Remedy::ChoosePerDevice, "per-device");
        return Some(Finding::new(&[rule::W08_03], problem, first).or(set(Remedy::ChoosePerUser, "per-user")));
    }
    let problem = format!("the licensing mode of {name} has a value that is none, {value}: devices only ever get temporaries");
    Some(
        Finding::new(&[rule::FT_04, rule::WS03_02], problem, set(Remedy::SetPerDevice, "per-device"))
            .or(set(Remedy::SetPerUser, "per-user")),
    )
}

/// What the troubles come to for those who connect: it goes when they do, so it has no cure of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consequence {
    /// The rules behind it.
    #[serde(serialize_with = "rulebook::serialize_listed")]
    pub rules: Vec<RuleId>,
    /// Who is let in, and who is not.
    pub says: String,
}

/// GR-05, GR-08, GR-09: what no license server within reach, or none that issues, means now or will mean soon; nothing where all is well.
#[must_use]
pub fn consequence(seen: &Seen) -> Option<Consequence> {
    let server = &seen.terminal_server;
    let (name, grace) = (&server.identity.name, &server.grace);
    let heard: Vec<_> = seen.heard().into_iter().filter(|(_, answers)| new_enough(seen, answers)).collect();
    let issues =
        heard.iter().any(|(_, answers)| answers.activation.status == 0 && answers.packs.packs.iter().any(|row| row.pack.total > 0));
    let not_chosen = server.identity.generation.is_some_and(|generation| modes::is_not_chosen(generation, server.settings.policy_ac_on));
    let per_user = modes::mode(server.settings.policy_ac_on) == Mode::PerUser;
    if !server.settings.application_mode {
        return None;
    }
    let (rules, denied) = match (not_chosen, per_user, heard.is_empty()) {
        (true, _, _) => (vec![rule::W08_03], "everybody is denied (266)"),
        (false, true, true) => (vec![rule::PU_03], "everybody is denied (257): no license server can be asked"),
        // Whoever is licensed by name is let in as long as a license server can be asked (PU-02).
        (false, true, false) => return None,
        (false, false, true) => (
            vec![rule::FT_01, rule::PD_05],
            "a device whose license has ended, or that has none, is denied (257): no license server can be asked",
        ),
        (false, false, false) if !issues => {
            (vec![rule::FT_02, rule::PD_11], "a device whose temporary license has ended is denied (265); one that is new gets 90 days")
        }
        (false, false, false) => return None,
    };
    match (grace.running, grace.began_at) {
        (false, _) => Some(Consequence { rules, says: format!("grace of {name} is over: {denied}") }),
        (true, Some(_)) if grace.days_left <= NEAR_DAYS => Some(Consequence {
            rules: vec![rule::GR_08],
            says: format!("grace of {name} ends in {} days, and then {denied}", grace.days_left),
        }),
        (true, _) => None,
    }
}

/// From so many days before its end an end of grace is told, as the event log does (GR-08).
const NEAR_DAYS: i64 = 14;
