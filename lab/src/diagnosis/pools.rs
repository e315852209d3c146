//! Whether the CALs that are there are those that are needed.

use shared::rulebook::rule;
use std::collections::BTreeMap;

use shared::model::{LabTime, PackId, ProductType, ProductVersion, ServerName};
use shared::policy::modes::{self, Mode};
use shared::policy::versions;
use shared::wire::license_server::{PackRow, Standing};

use super::Seen;
use super::facts::Answers;
use super::remedy::{Cure, Finding, Remedy};

pub(super) fn findings(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    if let (Some(version), true) = (seen.terminal_server.identity.product_version, seen.terminal_server.settings.application_mode) {
        let heard: Vec<(&ServerName, &Answers)> = seen.heard();
        if !heard.is_empty() {
            found.extend(pool(seen, &heard, version));
            found.extend(newer(seen, &heard, version));
        }
    }
    found.extend(doubled(seen));
    found
}

fn pool(seen: &Seen, heard: &[(&ServerName, &Answers)], version: ProductVersion) -> Option<Finding> {
    let server = &seen.terminal_server;
    let name = &server.identity.name;
    let packs = || heard.iter().flat_map(|(_, answers)| &answers.packs.packs);
    let fitting =
        |of: ProductType| packs().filter(move |row| row.pack.product_type == of && versions::license_covers(row.pack.version, version));
    let (devices, users) = (fitting(ProductType::Device).count() > 0, fitting(ProductType::User).count() > 0);
    let buy = |remedy, of: ProductType| buy(remedy, seen, heard, version, of);
    let by_mode = |remedy, mode: &str, says: &str| Cure::typed(remedy, says, [format!("tsl mode {mode} --server {name}")]);
    match (modes::mode(server.settings.policy_ac_on), devices, users) {
        (Mode::PerUser, _, true) => None,
        (Mode::PerUser, false, false) => Some(Finding::new(
            &[rule::PU_07],
            format!(
                "{name} licenses per user, and no User CAL that fits {version} is installed: nothing stops anybody, but each user owes one"
            ),
            buy(Remedy::BuyUserCals, ProductType::User),
        )),
        (Mode::PerUser, true, false) => {
            let strict = if server.settings.device_cals_per_device_only { ", which go with per device only" } else { "" };
            let problem = format!("{name} licenses per user, and only Device CALs are installed{strict}");
            let devices = by_mode(Remedy::LicenseDevices, "per-device", "or license devices");
            Some(Finding::new(&[rule::CON_25, rule::PU_07], problem, buy(Remedy::BuyUserCalsBeside, ProductType::User)).or(devices))
        }
        (Mode::PerDevice | Mode::TemporariesOnly, false, false) => Some(Finding::new(
            &[rule::FT_02, rule::LS_12],
            format!("no CAL that fits {name} ({version}) is installed: devices get temporary licenses only, for 90 days each"),
            buy(Remedy::BuyDeviceCals, ProductType::Device),
        )),
        (Mode::PerDevice | Mode::TemporariesOnly, false, true) => Some(Finding::new(
            &[rule::FT_03, rule::WS03_05, rule::CON_25],
            format!("{name} licenses per device, and only User CALs are installed: devices get temporary licenses only"),
            by_mode(Remedy::LicenseUsers, "per-user", "license users"),
        )),
        (Mode::PerDevice | Mode::TemporariesOnly, true, _) => {
            let rows: Vec<&PackRow> = fitting(ProductType::Device).collect();
            // What is withheld is told pack by pack.
            let all_issued = rows.iter().all(|row| row.available == 0) && rows.iter().all(|row| row.withheld == 0);
            let problem = || format!("every Device CAL that fits {name} ({version}) is issued");
            let finding = || Finding::new(&[rule::LS_12], problem(), buy(Remedy::BuyMore, ProductType::Device));
            all_issued.then(|| match next_end(heard, &rows) {
                Some(at) => finding().or(Cure::by_hand(
                    Remedy::WaitForCals,
                    format!("or wait: the next one ends at {at} and is free after that evening's sweep"),
                )),
                None => finding(),
            })
        }
    }
}

/// When the first of the CALs that were drawn from these packs ends.
fn next_end(heard: &[(&ServerName, &Answers)], rows: &[&PackRow]) -> Option<LabTime> {
    let drawn = |pack: Option<&PackId>| rows.iter().any(|row| pack == Some(&row.pack.id));
    let licenses = heard.iter().flat_map(|(_, answers)| &answers.licenses);
    licenses.filter(|row| row.standing == Standing::Active && drawn(row.cal.pack())).map(|row| row.cal.expires_at).min()
}

/// A package that is big enough for everybody who came, for the first license server that can take it.
fn buy(remedy: Remedy, seen: &Seen, heard: &[(&ServerName, &Answers)], version: ProductVersion, of: ProductType) -> Cure {
    let came = match of {
        ProductType::User => seen.terminal_server.users.len(),
        ProductType::Device => seen.terminal_server.devices.len(),
    };
    let activated = heard.iter().find(|(_, answers)| answers.activation.status == 0).or(heard.first());
    let at = activated.map_or_else(String::new, |(name, _)| format!(" --server {name}"));
    Cure::typed(
        remedy,
        format!("buy {of} CALs and install them"),
        [
            format!("tsl buy code --quantity {} --version {version} --type {of} --save code.txt", came.clamp(SMALLEST, LARGEST)),
            format!("tsl install retail @code.txt{at}"),
        ],
    )
}

/// FT-16.
fn newer(seen: &Seen, heard: &[(&ServerName, &Answers)], version: ProductVersion) -> Option<Finding> {
    let drained = |answers: &Answers| {
        let newer = |row: &PackRow| row.pack.version > version && row.pack.product_type == ProductType::Device && row.issued > 0;
        !answers.settings.prevent_license_upgrade && answers.packs.packs.iter().any(newer)
    };
    let names: Vec<&ServerName> = heard.iter().filter(|(_, answers)| drained(answers)).map(|(name, _)| *name).collect();
    let name = &seen.terminal_server.identity.name;
    (!names.is_empty()).then(|| {
        Finding::new(
            &[rule::FT_16, rule::VC_04],
            format!("{name} is {version} and can be given newer CALs than it needs, by {}", super::typed(names.iter().copied())),
            Cure::typed(
                Remedy::PreventUpgrade,
                "keep them for newer servers",
                names.iter().map(|name| format!("tsl settings set prevent-license-upgrade on --server {name}")),
            ),
        )
    })
}

/// FT-17, AM-17: a pack that stands on two license servers licenses every device twice. It came to the one on which it was installed last,
/// or on which another one was installed in its place.
fn doubled(seen: &Seen) -> Vec<Finding> {
    let mut homes: BTreeMap<&PackId, Vec<(LabTime, &ServerName)>> = BTreeMap::new();
    let mut replaced: BTreeMap<&PackId, &ServerName> = BTreeMap::new();
    for (name, answers) in seen.answered() {
        for row in &answers.packs.packs {
            homes.entry(&row.pack.id).or_default().push((row.installed_at, name));
            replaced.extend(row.replaces.as_ref().map(|pack| (pack, name)));
        }
    }
    let told = homes.into_iter().filter_map(|(pack, mut homes)| {
        homes.sort();
        let anew = replaced.get(pack).copied();
        let target = match anew {
            Some(target) => target,
            None => homes.pop()?.1,
        };
        let sources: Vec<&ServerName> = homes.into_iter().map(|(_, name)| name).collect();
        if sources.is_empty() {
            return None;
        }
        let server = &seen.terminal_server;
        let ask = !server.asks(target) && sources.iter().any(|source| server.asks(source));
        let ask = ask.then(|| format!("tsl registry set --server {} {target}", server.identity.name));
        let remove = sources.iter().map(|source| format!("tsl packs remove {pack} --server {source}"));
        let sources_typed = super::typed(sources.iter().copied());
        let (rules, problem, remedy, says) = match anew {
            Some(_) => (
                &[rule::FT_17, rule::AM_17],
                format!("{sources_typed} still serves the pack {pack}, in place of which another one was issued to {target}"),
                Remedy::RemoveReplacedPack,
                format!("remove it there, and ask {target}"),
            ),
            None => (
                &[rule::FT_17, rule::W08_11],
                format!("{sources_typed} and {target} both serve the pack {pack}, which came to {target}"),
                Remedy::RemoveMovedPack,
                format!("remove it where it was moved from, and ask {target}"),
            ),
        };
        Some(Finding::new(rules, problem, Cure::typed(remedy, says, remove.chain(ask))))
    });
    told.collect()
}

const SMALLEST: usize = 5;
const LARGEST: usize = 9999;
