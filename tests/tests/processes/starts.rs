//! Starts that cannot be: a second process on the same data, a damaged journal. A message, exit code 1, never a panic or a hang.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chassis::data::DataDir;
use chassis::journal;
use shared::ledger::Ledger;
use tests::harness::{Plan, TestLab, device};

use crate::process::Process;
use crate::tally::figures;

#[tokio::test]
async fn a_second_process_on_the_same_data_directory_is_told_so_and_ends() {
    let lab = Plan::default().start().await;
    let own = std::process::id().to_string();
    let services =
        [("clearinghouse", &lab.clearinghouse), ("license-server", &lab.license_servers[0]), ("terminal-server", &lab.terminal_servers[0])];
    for (kind, service) in services {
        let mut second = Process::spawn(kind, service.name().as_str(), "127.0.0.1:0", &service.data());
        let (status, said) = (second.ended_or_listening().expect("it ends"), second.said());
        assert_eq!(status.code(), Some(1), "{said}");
        let fits = said.contains("error: the data directory") && said.contains(&own) && said.contains("--data");
        assert!(fits && !said.contains("panicked"), "{said}");
    }
    lab.connect(&mut device("PC01")).await;
}

#[tokio::test]
async fn a_listener_beyond_loopback_warns_at_every_start() {
    let folder = tempfile::TempDir::new().unwrap();
    for kind in ["clearinghouse", "license-server", "terminal-server", "directory"] {
        for (address, warns) in [("0.0.0.0:0", true), ("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
            let mut process = Process::spawn(kind, "ONE", address, &folder.path().join(kind));
            assert!(process.ended_or_listening().is_none(), "{}", process.said());
            process.terminate();
            let said = std::fs::read_to_string(folder.path().join(kind).with_extension("said")).unwrap();
            assert_eq!(said.contains("listening beyond loopback"), warns, "{kind} on {address}: {said}");
        }
    }
}

#[tokio::test]
async fn a_data_directory_of_another_service_or_name_is_told_so() {
    let mut lab = Plan::default().start().await;
    lab.license_servers[0].stop().await;
    let data = lab.license_servers[0].data();
    for (kind, name, wanted) in [("terminal-server", "LS1", "ledger"), ("license-server", "LS9", "LS1")] {
        let mut wrong = Process::spawn(kind, name, "127.0.0.1:0", &data);
        let (status, said) = (wrong.ended_or_listening().expect("it ends"), wrong.said());
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(said.contains("error: ") && said.contains(wanted) && !said.contains("panicked"), "{said}");
    }
    lab.start_license_server(0).await;
}

/// Every damage is told, or lies where nothing was kept: then the service starts and has lost nothing.
#[tokio::test]
async fn a_start_on_a_damaged_journal_ends_with_a_message_and_what_to_do() {
    let mut lab = Plan::default().start().await;
    lab.licensed("PC01").await;
    let data = lab.license_servers[0].data();
    lab.license_servers[0].stop().await;
    let older = copied(&lab, &data, "OLDER");
    lab.start_license_server(0).await;
    for number in 2..30 {
        lab.log_on(&mut device(&format!("PC{number:02}"))).await;
    }
    lab.license_servers[0].stop().await;
    let entries = journal::verify::<Ledger>(&DataDir::open(&data).unwrap()).expect("a whole journal").last;

    let db = data.join("journal/db");
    let used = fs::read(&db).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64;
    let mut images = Vec::new();
    for part in 0..6 {
        images.push(image(&lab, &data, &format!("FLIP{part}"), |image| {
            edit(&image.join("journal/db"), |bytes| bytes[usize::try_from(used * part / 6 + 50).unwrap()] ^= 0x55);
        }));
    }
    for (number, kept) in [0, used / 2, used - 200].into_iter().enumerate() {
        images.push(image(&lab, &data, &format!("CUT{number}"), |image| {
            edit(&image.join("journal/db"), |bytes| bytes.truncate(usize::try_from(kept).unwrap()));
        }));
    }
    let stale = image(&lab, &older, "STALE", |image| {
        fs::copy(data.join("head"), image.join("head")).unwrap();
    });
    let garbage = image(&lab, &data, "GARBAGE", |image| fs::write(image.join("head"), b"garbage").unwrap());

    assert!(told(stale, entries).is_some_and(|said| said.contains("ends with entry") && said.contains("lost")));
    assert!(told(garbage, entries).is_some_and(|said| said.contains("head")));
    let seen = images.into_iter().filter_map(|image| told(image, entries)).count();
    figures(&format!("{seen} of 9 flips and cuts were told, the others touched nothing that was kept"));
    assert!(seen >= 4, "only {seen} of 9 damages were told");
}

/// A copy of a data directory with something done to it, and the service that was started on it.
fn image(lab: &TestLab, data: &Path, name: &str, damage: impl FnOnce(&Path)) -> (Process, PathBuf) {
    let copy = copied(lab, data, name);
    damage(&copy);
    (Process::spawn("license-server", "LS1", "127.0.0.1:0", &copy), copy)
}

fn copied(lab: &TestLab, data: &Path, name: &str) -> PathBuf {
    let copy = lab.dir.path().join(name);
    let status = Command::new("cp").arg("-r").arg(data).arg(&copy).status().expect("cp");
    assert!(status.success());
    copy
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// What the start on a damaged directory said; none where the damage touched nothing, which is checked.
fn told((mut process, data): (Process, PathBuf), entries: u64) -> Option<String> {
    let at = data.display();
    match process.ended_or_listening() {
        Some(status) => {
            let said = process.said();
            assert_eq!(status.code(), Some(1), "{at}: {said}");
            assert!(said.contains("error: ") && said.contains("damaged") && said.contains("journal export"), "{at}: {said}");
            assert!(!said.contains("panicked"), "{at}: {said}");
            Some(said)
        }
        None => {
            process.kill();
            let last = journal::verify::<Ledger>(&DataDir::open(&data).unwrap()).map(|verified| verified.last);
            assert!(last.as_ref().is_ok_and(|last| *last >= entries), "{at}: {last:?} of {entries}");
            None
        }
    }
}
