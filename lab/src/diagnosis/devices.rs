//! What is wrong with the client devices that came: lost, cloned, damaged and foreign stores, and devices on which nobody logs on.

use shared::rulebook::rule;
use std::collections::{BTreeMap, BTreeSet};

use shared::model::{CalKind, Denial, DeviceName, HardwareId, LabTime};
use shared::wire::license_server::{LicenseRow, Standing};

use super::Seen;
use super::facts::{Answers, DeviceFacts};
use super::remedy::{Cure, Finding, Remedy};

/// So many devices are named one by one for one trouble; the next diagnosis names the next ones.
const MOST: usize = 20;

pub(super) fn findings(seen: &Seen) -> Vec<Finding> {
    let mut found: Vec<Finding> = several_ids(seen).into_iter().take(MOST).collect();
    found.extend(clones(seen).into_iter().take(MOST));
    found.extend(seen.terminal_server.devices.iter().filter_map(|device| refused(seen, device)).take(MOST));
    found.extend(seen.terminal_server.devices.iter().filter_map(|device| off_record(seen, device)).take(MOST));
    found.extend(nobody_logs_on(seen));
    found
}

fn rows(seen: &Seen) -> impl Iterator<Item = &LicenseRow> {
    seen.answered().flat_map(|(_, answers)| &answers.licenses)
}

/// FT-06, FT-08.
fn several_ids(seen: &Seen) -> Vec<Finding> {
    let mut held: BTreeMap<&DeviceName, BTreeMap<HardwareId, LabTime>> = BTreeMap::new();
    for row in rows(seen).filter(|row| row.cal.kind == CalKind::Permanent && row.standing == Standing::Active) {
        held.entry(&row.cal.device).or_default().insert(row.cal.hardware_id, row.cal.expires_at);
    }
    let several = held.into_iter().filter(|(_, ids)| ids.len() > 1).map(|(name, ids)| {
        let known = seen.terminal_server.devices.iter().find(|device| device.name == *name);
        if known.and_then(|device| device.store.as_ref()).is_some_and(|store| store.forgets) {
            return Finding::new(
                &[rule::FT_08, rule::FT_06],
                format!("{name} makes a new hardware id whenever it is switched on, and holds {} CALs so far", ids.len()),
                Cure::typed(Remedy::KeepStore, "give it firmware that keeps its store", [format!("tsl client firmware {name}")]),
            );
        }
        let today = known.and_then(|device| device.hardware_id);
        let former = ids.iter().filter(|(id, _)| Some(**id) != today).map(|(_, end)| *end).max();
        let until = former.map_or_else(String::new, |at| format!(": the last one ends at {at}"));
        Finding::new(
            &[rule::FT_06, rule::FT_08],
            format!("{name} holds {} CALs under as many hardware ids", ids.len()),
            Cure::by_hand(
                Remedy::LeaveStoreAlone,
                format!("find out what changes its id (a deleted store, a reinstallation) and leave the store alone; CALs of former ids come back when they end{until}"),
            ),
        )
    });
    several.collect()
}

/// FT-09: by the ids of today.
fn clones(seen: &Seen) -> Vec<Finding> {
    let mut names: BTreeMap<HardwareId, BTreeSet<&DeviceName>> = BTreeMap::new();
    for device in &seen.terminal_server.devices {
        if let Some(id) = device.hardware_id {
            names.entry(id).or_default().insert(&device.name);
        }
    }
    let told = names.into_iter().filter(|(_, names)| names.len() > 1).map(|(id, names)| {
        // The one whose name stands on the license keeps it.
        let owner = rows(seen).find(|row| row.cal.hardware_id == id && names.contains(&row.cal.device)).map(|row| &row.cal.device);
        let keeps = owner.or_else(|| names.first().copied());
        let others = names.iter().filter(|name| Some(**name) != keeps);
        let all = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        Finding::new(
            &[rule::FT_09, rule::ST_10],
            format!("one hardware id came under several names: {all}"),
            Cure::typed(
                Remedy::DeleteClonedStore,
                "delete the key MSLicensing on the clones, and on the master before it is imaged again",
                others.map(|name| format!("tsl client delete-store {name}")),
            ),
        )
    });
    told.collect()
}

/// FT-10, ST-05: a device whose last visit failed for the license that it still presents.
fn refused(seen: &Seen, device: &DeviceFacts) -> Option<Finding> {
    let (name, own) = (&device.name, &seen.terminal_server.identity.name);
    let (slot, _) = device.store.as_ref()?.presents.as_ref()?;
    match device.last.denied? {
        Denial::Modified => Some(Finding::new(
            &[rule::FT_10, rule::PD_21],
            format!("{name} was denied by {own} (260): the license that it presents was issued to another device"),
            Cure::typed(
                Remedy::DeleteForeignStore,
                format!("delete the key MSLicensing on {name}, which then comes as a new device"),
                [format!("tsl client delete-store {name}")],
            ),
        )),
        Denial::InvalidFormat => Some(Finding::new(
            &[rule::PD_22, rule::PD_23],
            format!("{name} was denied by {own} (261): the license that it presents is damaged, or of nobody whom {own} believes"),
            Cure::typed(
                Remedy::DeleteDamagedLicense,
                "delete that license; the license server hands out again what it has on record",
                [format!("tsl client delete-license {name} {slot}")],
            ),
        )),
        // A license that begins in the future is none that is damaged: two clocks differ (OQ-10).
        Denial::NotYetValid
        | Denial::NoLicenseServer
        | Denial::NoLicense
        | Denial::TemporaryExpired
        | Denial::NotRenewed
        | Denial::ModeNotChosen
        | Denial::TooManySessions
        | Denial::NoServerCal
        | Denial::Cryptography
        | Denial::Exchange(_) => None,
    }
}

/// AC-39, AM-16: a device that holds a CAL which its license server does not know of, and so can give to somebody else as well.
fn off_record(seen: &Seen, device: &DeviceFacts) -> Option<Finding> {
    let (name, own, now) = (&device.name, &seen.terminal_server.identity.name, seen.terminal_server.now?);
    let id = device.hardware_id?;
    let known = |answers: &Answers| answers.licenses.iter().any(|row| row.cal.kind == CalKind::Permanent && row.cal.hardware_id == id);
    let mut held =
        device.store.as_ref()?.licenses.iter().filter(|cal| cal.kind == CalKind::Permanent && cal.hardware_id == id && cal.holds_at(now));
    let (server, cal) = held.find_map(|cal| {
        let (server, answers) = seen.answered().find(|(server, _)| **server == cal.issuer)?;
        (!known(answers)).then_some((server, cal))
    })?;
    let slot = device.store.as_ref()?.presents.as_ref().filter(|(_, read)| read.as_ref() == Some(cal)).map(|(slot, _)| *slot)?;
    let connect = format!("tsl connect {name} --server {own}");
    Some(Finding::new(
        &[rule::AC_39, rule::AM_16],
        format!(
            "{name} holds a CAL of {server} until {} that {server} does not know of, and so can give to somebody else as well: its database was \
             restored from an older backup, or rebuilt",
            cal.expires_at.end_in_words()
        ),
        Cure::typed(
            Remedy::RecordAgain,
            "let it come without the license, twice: the second time it draws one that is on record",
            [format!("tsl client delete-license {name} {slot}"), connect.clone(), connect],
        ),
    ))
}

/// PD-08, LS-13: a temporary that no logon validated is never upgraded.
fn nobody_logs_on(seen: &Seen) -> Option<Finding> {
    let (server, now) = (&seen.terminal_server, seen.terminal_server.now?);
    let unmarked =
        |id: HardwareId| rows(seen).any(|row| row.cal.hardware_id == id && row.standing == Standing::NotValidated && row.cal.holds_at(now));
    let often = server.devices.iter().filter(|device| device.admitted >= OFTEN && device.hardware_id.is_some_and(unmarked));
    let names: Vec<&str> = often.map(|device| device.name.as_str()).take(MOST).collect();
    let all = names.join(" ");
    (!names.is_empty()).then(|| {
        Finding::new(
            &[rule::PD_08, rule::LS_13],
            format!("{} reached the logon screen of {} again and again and nobody logged on: a temporary license that no logon validated is never upgraded, and ends", names.join(", "), server.identity.name),
            Cure::typed(Remedy::LogOn, "log on there once", [format!("tsl connect {all} --server {}", server.identity.name)]),
        )
    })
}

/// A device that came so often without a logon does so as a rule.
const OFTEN: usize = 2;
