//! The Licensing Diagnoser's judgement: from what was seen of servers and clients to problems with suggested cures (W08-15).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::model::{CalKind, DeviceName, Generation, HardwareId, LabTime, PackId, ProductType, Search, ServerName, Span};
use shared::policy::terms::{self, PerUser};
use shared::policy::versions;
use shared::wire::common::Identity;
use shared::wire::license_server::{
    ActivationView, ConfigurationReview, LedgerSettings, LicenseRow, PackList, SecurityGroup, Standing, TerminalServerRow,
};
use shared::wire::terminal_server::{CertificateState, CertificateView, DiscoveryView, GraceView, LicenseServerRow, Settings};

/// What was seen of a terminal server.
#[derive(Clone, Debug, Serialize)]
pub struct TerminalServerFacts {
    /// Who it is.
    pub identity: Identity,
    /// Its clock.
    pub now: Option<LabTime>,
    /// Its settings.
    pub settings: Settings,
    /// Its grace period.
    pub grace: GraceView,
    /// Its certificate values.
    pub certificate: CertificateView,
    /// The license servers whose keys it knows.
    pub enrolled: Vec<LicenseServerRow>,
    /// How it comes to its license servers, and whom it asks.
    pub discovery: DiscoveryView,
    /// Who came with which hardware id, and by which rule it was judged, newest first.
    pub visitors: Vec<Visitor>,
    /// The services that no call of its gets through to.
    pub cut_off: Vec<ServerName>,
}

/// A connection that was judged.
#[derive(Clone, Debug, Serialize)]
pub struct Visitor {
    /// The device.
    pub device: DeviceName,
    /// Its hardware id.
    pub hardware_id: HardwareId,
    /// The rule that decided.
    pub rule: String,
}

/// What was seen of a license server; the diagnosis needs an administrator's rights on each.
#[derive(Clone, Debug, Serialize)]
pub struct LicenseServerFacts {
    /// Its name.
    pub name: ServerName,
    /// What it said; none with the reason where it could not be asked.
    #[serde(flatten)]
    pub state: Reached,
}

/// Whether a license server could be asked.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Reached {
    /// It could.
    Answered(Box<Answers>),
    /// It could not.
    Silent {
        /// Why.
        why: String,
    },
    /// It answers, but not to whoever asks here: no administrator of it (AM-18).
    NotAdministrator,
}

/// What a license server said.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    /// Who it is.
    pub identity: Identity,
    /// Its clock.
    pub now: Option<LabTime>,
    /// Its activation.
    pub activation: ActivationView,
    /// Its packs.
    pub packs: PackList,
    /// Its policies.
    pub settings: LedgerSettings,
    /// Its security group.
    pub group: SecurityGroup,
    /// The terminal servers that it knows.
    pub enrolled: Vec<TerminalServerRow>,
    /// What Review Configuration says of it (TL-08).
    pub review: ConfigurationReview,
    /// What it has issued.
    pub licenses: Vec<LicenseRow>,
    /// The services that no call of its gets through to.
    pub cut_off: Vec<ServerName>,
}

/// A problem, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rules behind it.
    pub rules: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub cure: String,
}

/// Clocks that are further apart than this are a problem (FT-19).
const SKEW: Span = Span::seconds(60);

/// Everything that is wrong with how this terminal server is licensed.
#[must_use]
pub fn findings(server: &TerminalServerFacts, license_servers: &[LicenseServerFacts]) -> Vec<Finding> {
    let mut found = own_findings(server);
    found.extend(grace_finding(server, license_servers));
    for facts in license_servers {
        let listed = server.asks(&facts.name);
        match &facts.state {
            Reached::Silent { why } if listed => found.push(finding(
                "PD-05, PU-03",
                format!("{} cannot be reached: {why}", facts.name),
                "start it (tsl service start), or see to the network between the two".to_owned(),
            )),
            Reached::Silent { .. } => {}
            Reached::NotAdministrator => found.push(finding(
                "AM-18",
                format!("you are no administrator of {}, so nothing can be said of it", facts.name),
                "ask with the token of that license server: it stands in the file admin-token of its data directory".to_owned(),
            )),
            Reached::Answered(answers) if listed => found.extend(server_findings(server, &facts.name, answers)),
            Reached::Answered(answers) => found.push(not_found(server, &facts.name, answers)),
        }
    }
    found.extend(pool_findings(server, license_servers));
    found.extend(doubled_packs(license_servers));
    found.extend(device_findings(server, license_servers));
    found
}

impl TerminalServerFacts {
    /// Whether no call gets through between the two.
    fn is_cut_off(&self, facts: &LicenseServerFacts) -> bool {
        let there = answers_of(facts).is_some_and(|answers| answers.cut_off.contains(&self.identity.name));
        there || self.cut_off.contains(&facts.name)
    }

    /// Whether it asks this license server.
    fn asks(&self, name: &ServerName) -> bool {
        self.discovery.asked.contains(name)
    }

    /// W08-03: from 2008 on there is a third state.
    fn mode_was_never_chosen(&self) -> bool {
        let from_2008 = self.identity.generation.is_some_and(|generation| generation >= Generation::Windows2008);
        from_2008 && self.settings.policy_ac_on == NOT_CHOSEN
    }
}

/// PolicyAcOn before anybody chose (W08-03).
const NOT_CHOSEN: u32 = 5;

/// FT-05: a license server that is there and is not asked, with what the last search said about it.
fn not_found(server: &TerminalServerFacts, name: &ServerName, answers: &Answers) -> Finding {
    let own = &server.identity.name;
    let steps = server.discovery.trace.iter().filter(|step| step.facts.contains(name.as_str()));
    let why: Vec<String> = steps.map(|step| format!("{} {}", step.rule, step.facts)).collect();
    match server.discovery.search {
        Search::Named => finding(
            "FT-05",
            format!("{name} is there and {own} does not ask it: it asks only whom registry or policy name"),
            format!("name it: tsl registry set --server {own} {name}; or let it search: tsl discover --server {own} --search automatic"),
        ),
        Search::Automatic if answers.review.findings.iter().any(|reviewed| reviewed.check == "publication" && !reviewed.good) => finding(
            "FT-05, DI-23",
            format!("{name} is there and {own} has not found it: it is not published in its site"),
            format!("publish it and search again: tsl network publish --server {name}, tsl discover --server {own}"),
        ),
        Search::Automatic => finding(
            "FT-05, FT-25",
            format!(
                "{name} is there and {own} has not found it: {}",
                if why.is_empty() { "it has not searched since".to_owned() } else { why.join("; ") }
            ),
            format!(
                "name it in the registry (tsl registry set --server {own} {name}), change its role (tsl network role enterprise --server {name}), or wait for the next search"
            ),
        ),
    }
}

fn finding(rules: &str, problem: String, cure: String) -> Finding {
    Finding { rules: rules.to_owned(), problem, cure }
}

fn own_findings(server: &TerminalServerFacts) -> Vec<Finding> {
    let (mut found, name) = (Vec::new(), &server.identity.name);
    match server.certificate.state {
        CertificateState::Whole => {}
        CertificateState::Damaged => found.push(finding(
            "FT-12",
            format!("the certificate values of {name} are damaged: every client gets a security error"),
            format!("back them up, delete them and restart the server: tsl certificate backup certificate.txt --server {name}, tsl certificate delete --server {name}, tsl service restart {name}"),
        )),
        CertificateState::Deleted => found.push(finding(
            "FT-12",
            format!("the certificate values of {name} were deleted"),
            format!("restart the server, which makes new ones: tsl service restart {name}"),
        )),
    }
    if !server.settings.application_mode {
        return found;
    }
    if server.discovery.asked.is_empty() {
        found.push(finding(
            "FT-01, FT-05",
            format!("{name} asks no license server"),
            "install and activate one, add CALs, and let the server know it: tsl trust, tsl servers order".to_owned(),
        ));
    }
    if server.mode_was_never_chosen() {
        found.push(finding(
            "W08-03",
            format!("the licensing mode of {name} was never chosen: clients are let in while grace runs, and denied afterwards"),
            format!("choose it: tsl mode per-device --server {name}, or tsl mode per-user --server {name}"),
        ));
    } else if !matches!(server.settings.policy_ac_on, 2 | 4) {
        found.push(finding(
            "FT-04, WS03-02",
            format!(
                "the licensing mode of {name} has a value that is none: {} (devices only ever get temporaries)",
                server.settings.policy_ac_on
            ),
            "set it: tsl mode per-device, or tsl mode per-user".to_owned(),
        ));
    }
    found.extend(unknown_names(server));
    found
}

/// AM-13, FT-05: names in registry or policy that lead to nobody whom this server knows.
fn unknown_names(server: &TerminalServerFacts) -> Vec<Finding> {
    let own = &server.identity.name;
    let known = |name: &&ServerName| server.enrolled.iter().any(|row| row.name == **name);
    let unknown = server.discovery.policy.iter().filter(|name| !known(name));
    let told = unknown.map(|name| {
        finding(
            "AM-13, FT-05",
            format!("the policy of {own} names {name}, which it does not know"),
            format!("name one that is there, or none: tsl discover --server {own} --policy -"),
        )
    });
    told.collect()
}

/// Grace that is over, or soon will be, is a problem where no license server can help.
fn grace_finding(server: &TerminalServerFacts, license_servers: &[LicenseServerFacts]) -> Option<Finding> {
    let (name, grace) = (&server.identity.name, &server.grace);
    let helps = |answers: &&Answers| answers.activation.status == 0 && answers.packs.packs.iter().any(|row| row.pack.total > 0);
    let listed = |facts: &&LicenseServerFacts| server.asks(&facts.name);
    if !server.settings.application_mode || license_servers.iter().filter(listed).filter_map(answers_of).any(|answers| helps(&answers)) {
        return None;
    }
    let cure = "an activated license server with CALs of the right kind must be within reach".to_owned();
    // PU-02: per user it is enough that one is within reach.
    let per_user = server.settings.policy_ac_on == 4;
    if per_user && license_servers.iter().filter(listed).any(|facts| answers_of(facts).is_some() && !server.is_cut_off(facts)) {
        return None;
    }
    match (grace.running, grace.began_at) {
        (false, _) if per_user => Some(finding(
            "FT-01, PU-03",
            format!("the grace period of {name} is over and no license server is within reach: clients are denied"),
            "a license server must be within reach, which need have no CALs".to_owned(),
        )),
        (false, _) => {
            Some(finding("FT-01, GR-09", format!("the grace period of {name} is over: clients without a license are denied"), cure))
        }
        (true, Some(_)) if grace.days_left <= 14 => {
            Some(finding("GR-08", format!("the grace period of {name} ends in {} days", grace.days_left), cure))
        }
        (true, _) => None,
    }
}

fn server_findings(server: &TerminalServerFacts, name: &ServerName, answers: &Answers) -> Vec<Finding> {
    let (mut found, own) = (Vec::new(), &server.identity);
    found.extend(activation_finding(name, &answers.activation));
    found.extend(cut_finding(server, name, answers));
    found.extend(answers.packs.put_back.map(|put_back| {
        finding(
            "AM-16, AC-39",
            format!(
                "a restore at {} made {} CALs of {name} free again that devices hold, the last one until {}",
                put_back.at,
                put_back.count,
                put_back.until.end_in_words()
            ),
            "buy as many, or let nobody new in until then; the devices keep what they hold".to_owned(),
        )
    }));
    if !answers.enrolled.iter().any(|row| row.name == own.name && row.key == own.key) {
        found.push(finding(
            "LS-01",
            format!("{name} does not know the key of {}", own.name),
            "let them know each other: tsl trust".to_owned(),
        ));
    }
    if server.enrolled.iter().any(|row| row.name == *name && row.key != answers.identity.key) {
        found.push(finding(
            "FT-14, FT-23",
            format!("{} knows another key of {name}: a new installation, or a key that was replaced", own.name),
            format!("compare the thumbprints, then: tsl servers forget {name} (with --leaked where the old key got out), tsl trust"),
        ));
    }
    let withheld: u64 = answers.packs.packs.iter().map(|row| u64::from(row.withheld)).sum();
    // A pack that was recovered stands beside the one whose CALs are withheld.
    if withheld > 0 && answers.packs.packs.iter().all(|row| row.available == 0) {
        found.push(finding(
            "AC-26, AC-40, FT-14",
            format!("{withheld} CALs of {name} that nobody holds are withheld until the clearinghouse reissues them"),
            "have them recovered with the papers of the purchase: tsl phone clearinghouse".to_owned(),
        ));
    }
    if let (Some(theirs), Some(ours)) = (answers.identity.product_version, own.product_version)
        && theirs < ours
    {
        found.push(finding(
            "VC-02, LS-02",
            format!("{name} is {theirs}, too old for {} ({ours})", own.name),
            format!("a license server of {ours} or newer is needed"),
        ));
    }
    found.extend(group_finding(name, &own.name, answers));
    let tracks = own.generation.is_some_and(|generation| matches!(terms::terms(generation).per_user, PerUser::Tracked(_)));
    if tracks && server.settings.policy_ac_on == 4 {
        let missing = answers.review.findings.iter().filter(|finding| !finding.good);
        found.extend(missing.map(|reviewed| {
            finding(&reviewed.rules.join(", "), format!("{name}: {}: {}", reviewed.check, reviewed.found), reviewed.cure.clone())
        }));
    }
    if let (Some(there), Some(here)) = (answers.now, server.now) {
        let apart = (there - here).max(here - there);
        if apart > SKEW {
            found.push(finding(
                "FT-19, SD-09",
                format!("the clocks of {} and {name} are {} apart ({here}, {there})", own.name, in_words(apart)),
                "let both ask one time service; a license may be renewed or ended too early until then".to_owned(),
            ));
        }
    }
    found
}

/// Why a license server is not activated, and the way back from there (LS-03, AC-24 to AC-27, AM-15).
fn activation_finding(name: &ServerName, activation: &ActivationView) -> Option<Finding> {
    if activation.status == 0 {
        return None;
    }
    let itself =
        |command: &str| format!("{command} --server {name} --first-name FIRST --last-name LAST --company COMPANY --country COUNTRY");
    let called = |reason: &str| {
        format!(
            "call the clearinghouse with the papers of the purchase (tsl phone clearinghouse), then type what it reads out: \
             tsl reactivate --reason {reason} --id ID --server {name}"
        )
    };
    let temporaries = "it issues temporary licenses only";
    Some(match (activation.number, activation.disowned_at, activation.deactivated_at) {
        (0, _, _) => {
            let cure = format!("activate it: {}", itself("tsl activate"));
            finding("FT-02, LS-03", format!("{name} is not activated: {temporaries}"), cure)
        }
        (_, Some(at), _) => {
            let problem = format!("since {at} the clearinghouse has the Product ID of {name} under another key: {temporaries}");
            finding("AM-15, LS-03", problem, called("0"))
        }
        (_, None, Some(at)) => {
            let cure = format!("reactivate it, with one of the five reasons: {}", itself("tsl reactivate --reason 0"));
            finding("AC-24, LS-03", format!("{name} was deactivated at {at}: {temporaries}"), cure)
        }
        (_, None, None) if activation.key_is_new => {
            let problem = format!("{name} has a new key that the clearinghouse does not know: {temporaries}");
            finding("FT-23, AM-15", problem, called("2"))
        }
        (_, None, None) => {
            let cure = format!("reactivate it: {}", itself("tsl reactivate --reason 3"));
            finding("AC-27, LS-03", format!("the registration of {name} has ended: {temporaries}"), cure)
        }
    })
}

/// A way that is cut, at either end of it; whoever asks here stands elsewhere and sees both.
fn cut_finding(server: &TerminalServerFacts, name: &ServerName, answers: &Answers) -> Option<Finding> {
    let own = &server.identity.name;
    if !server.cut_off.contains(name) && !answers.cut_off.contains(own) {
        return None;
    }
    let problem = format!("{name} answers here, and {own} cannot reach it: the way between the two is cut");
    Some(finding("FT-05, PD-05", problem, format!("give it back: tsl network mend {own} {name}")))
}

/// A length of time as people say it: days from two on, else hours, minutes or seconds.
fn in_words(span: Span) -> String {
    let seconds = span.as_seconds();
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "days"),
        7_200.. => (seconds / 3_600, "hours"),
        120.. => (seconds / 60, "minutes"),
        _ => (seconds, "seconds"),
    };
    format!("{count} {unit}")
}

fn group_finding(name: &ServerName, own: &ServerName, answers: &Answers) -> Option<Finding> {
    if !answers.settings.security_group_policy {
        return None;
    }
    let in_force = answers.group.in_force.as_ref().unwrap_or(&answers.group.members);
    match (answers.group.members.contains(own), in_force.contains(own)) {
        (_, true) => None,
        (true, false) => Some(finding(
            "FT-15, LS-01",
            format!("{own} was put into the security group of {name} after its start"),
            format!("restart it: tsl service restart {name}"),
        )),
        (false, false) => Some(finding(
            "FT-15, LS-01",
            format!("the security group policy of {name} is on and {own} is not in the group"),
            format!("put it in and restart {name}: tsl group {own} --server {name}, tsl service restart {name}"),
        )),
    }
}

fn pool_findings(server: &TerminalServerFacts, license_servers: &[LicenseServerFacts]) -> Vec<Finding> {
    let Some(version) = server.identity.product_version.filter(|_| server.settings.application_mode) else { return Vec::new() };
    let listed = |facts: &&LicenseServerFacts| server.asks(&facts.name);
    let answers: Vec<&Answers> = license_servers.iter().filter(listed).filter_map(answers_of).collect();
    if answers.is_empty() {
        return Vec::new();
    }
    let packs = || answers.iter().flat_map(|answers| &answers.packs.packs);
    let fitting =
        |of: ProductType| packs().filter(move |row| row.pack.product_type == of && versions::license_covers(row.pack.version, version));
    let (devices, users) = (fitting(ProductType::Device).count(), fitting(ProductType::User).count());
    let free: u64 = fitting(ProductType::Device).map(|row| u64::from(row.available)).sum();
    let mut found = Vec::new();
    match (server.settings.policy_ac_on, devices, users) {
        (4, 0, 0) => found.push(finding(
            "PU-07",
            "no User CAL is installed: nothing stops anybody, but one is owed for each user".to_owned(),
            "buy and install User CALs: tsl owed says how many".to_owned(),
        )),
        (4, _, 0) => found.push(finding(
            "CON-25, PU-07",
            if server.settings.device_cals_per_device_only {
                "the mode is per user and only Device CALs are installed, which go with per device only".to_owned()
            } else {
                "the mode is per user and only Device CALs are installed".to_owned()
            },
            "buy User CALs, or set the mode to per device: tsl mode per-device".to_owned(),
        )),
        (4, _, _) => {}
        (_, 0, 0) => found.push(finding(
            "FT-02, LS-12",
            format!("no CAL that fits {version} is installed: devices get temporary licenses only, for 90 days each"),
            "buy and install Device CALs: tsl install".to_owned(),
        )),
        (_, 0, _) => found.push(finding(
            "FT-03, WS03-05, CON-25",
            "the mode is per device and only User CALs are installed: devices get temporary licenses only".to_owned(),
            "set the mode to per user: tsl mode per-user".to_owned(),
        )),
        (_, _, _) if free == 0 => found.push(finding(
            "LS-12",
            format!("every Device CAL that fits {version} is issued"),
            "wait for CALs that end (tsl licenses), or buy more".to_owned(),
        )),
        (_, _, _) => {}
    }
    let newer = packs().any(|row| row.pack.version > version && row.pack.product_type == ProductType::Device && row.issued > 0);
    let prevented = answers.iter().all(|answers| answers.settings.prevent_license_upgrade);
    if newer && !prevented {
        found.push(finding(
            "FT-16, VC-04",
            format!("{} is {version} and can be given newer CALs than it needs", server.identity.name),
            "keep them for newer servers: tsl settings set prevent-license-upgrade on --server LS1".to_owned(),
        ));
    }
    found
}

/// FT-17: a pack that stands on two license servers licenses every device twice.
fn doubled_packs(license_servers: &[LicenseServerFacts]) -> Vec<Finding> {
    let mut homes: BTreeMap<&PackId, BTreeSet<&ServerName>> = BTreeMap::new();
    for facts in license_servers {
        for row in answers_of(facts).into_iter().flat_map(|answers| &answers.packs.packs) {
            homes.entry(&row.pack.id).or_default().insert(&facts.name);
            // Issued anew in place of another server's, which that one should serve no more (AM-17).
            if let Some(replaced) = &row.replaces {
                homes.entry(replaced).or_default().insert(&facts.name);
            }
        }
    }
    let doubled = homes.into_iter().filter(|(_, names)| names.len() > 1);
    let told = doubled.map(|(pack, names)| {
        let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" and ");
        finding(
            "FT-17, W08-11",
            format!("{names} both serve the pack {pack}"),
            format!("remove it where it was moved from: tsl packs remove {pack} --server NAME; then deactivate that server"),
        )
    });
    told.collect()
}

fn device_findings(server: &TerminalServerFacts, license_servers: &[LicenseServerFacts]) -> Vec<Finding> {
    let mut held: BTreeMap<&DeviceName, BTreeSet<HardwareId>> = BTreeMap::new();
    for row in license_servers.iter().filter_map(answers_of).flat_map(|answers| &answers.licenses) {
        if row.cal.kind == CalKind::Permanent && row.standing == Standing::Active {
            held.entry(&row.cal.device).or_default().insert(row.cal.hardware_id);
        }
    }
    let mut names: BTreeMap<HardwareId, BTreeSet<&DeviceName>> = BTreeMap::new();
    for visitor in &server.visitors {
        names.entry(visitor.hardware_id).or_default().insert(&visitor.device);
    }
    let several = held.into_iter().filter(|(_, ids)| ids.len() > 1).map(|(name, ids)| {
        finding(
            "FT-06, FT-08",
            format!("{name} holds {} CALs under as many hardware ids", ids.len()),
            "find out what changes its id (a deleted store, a reinstallation, a thin client without flash); the CALs come back when they end"
                .to_owned(),
        )
    });
    let cloned = names.into_iter().filter(|(_, names)| names.len() > 1).map(|(_, names)| {
        let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        finding(
            "FT-09, ST-10",
            format!("one hardware id came under several names: {names}"),
            "delete MSLicensing on the clones, and on the master before it is imaged: tsl client delete-store".to_owned(),
        )
    });
    several.chain(cloned).chain(unsound_licenses(server)).chain(never_logged_on(server, license_servers)).collect()
}

/// PD-21 to PD-23: devices whose last license was refused outright, in grace too.
fn unsound_licenses(server: &TerminalServerFacts) -> Vec<Finding> {
    let mut seen: BTreeSet<&DeviceName> = BTreeSet::new();
    let newest = server.visitors.iter().filter(|visitor| seen.insert(&visitor.device));
    let told = newest.filter_map(|visitor| {
        let device = &visitor.device;
        match visitor.rule.as_str() {
            "PD-21" => Some(finding(
                "FT-10, PD-21",
                format!("{device} shows a license of another device: its store was copied"),
                format!("let it be a device of its own: tsl client delete-store {device}, tsl connect {device}"),
            )),
            rule @ ("PD-22" | "PD-23") => Some(finding(
                rule,
                format!(
                    "{device} shows a license that is {}",
                    if rule == "PD-22" { "damaged" } else { "signed by nobody whom this server takes it from" }
                ),
                format!("delete it, and the device gets its own back: tsl client delete-license {device} LICENSE000, tsl connect {device}"),
            )),
            _ => None,
        }
    });
    told.collect()
}

/// PD-08: devices that come and go without a logon keep a temporary that is never upgraded, to its end.
fn never_logged_on(server: &TerminalServerFacts, license_servers: &[LicenseServerFacts]) -> Vec<Finding> {
    let mut visits: BTreeMap<HardwareId, usize> = BTreeMap::new();
    for visitor in &server.visitors {
        *visits.entry(visitor.hardware_id).or_default() += 1;
    }
    let rows = license_servers.iter().filter_map(answers_of).flat_map(|answers| &answers.licenses);
    let waiting = rows.filter(|row| row.standing == Standing::NotValidated);
    let told = waiting.filter_map(|row| {
        let (device, times) = (&row.cal.device, visits.get(&row.cal.hardware_id).copied().filter(|times| *times > 1)?);
        Some(finding(
            "PD-08, LS-13",
            format!(
                "{device} has connected {times} times and nobody ever logged on there: its temporary is not upgraded and ends {}",
                row.cal.expires_at
            ),
            format!("log on there once: tsl connect {device}"),
        ))
    });
    told.collect()
}

fn answers_of(facts: &LicenseServerFacts) -> Option<&Answers> {
    match &facts.state {
        Reached::Answered(answers) => Some(answers),
        Reached::Silent { .. } | Reached::NotAdministrator => None,
    }
}
