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
async fn dice_and_clock_that_a_later_start_is_given_are_said_to_be_in_vain() {
    let folder = tempfile::TempDir::new().unwrap();
    let given = |seed, start_at| [("TSL_SEED", seed), ("TSL_START_AT", start_at)];
    let first = given("7", "2026-03-02T08:00:00Z");
    for kind in ["clearinghouse", "license-server", "terminal-server", "directory"] {
        let data = folder.path().join(kind);
        for (environment, dice, clock) in [(first, false, false), (first, false, false), (given("8", "2031-01-01T00:00:00Z"), true, true)] {
            let mut process = Process::spawn_with(kind, "ONE", "127.0.0.1:0", &data, &environment);
            assert!(process.ended_or_listening().is_none(), "{}", process.said());
            process.terminate();
            let said = std::fs::read_to_string(data.with_extension("said")).unwrap();
            assert_eq!((said.contains("has other dice"), said.contains("goes on from its own time")), (dice, clock), "{kind}: {said}");
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

    let segment = "journal/00000000000000000001.entries";
    let used = fs::read(data.join(segment)).unwrap().iter().rposition(|byte| *byte != 0).unwrap();
    let without_rows = |image: &Path| fs::remove_dir_all(image.join("journal/rows")).unwrap();
    let mut images = Vec::new();
    for part in 0..6 {
        images.push(image(&lab, &data, &format!("FLIP{part}"), |image| {
            edit(&image.join(segment), |bytes| bytes[used * part / 6 + 50] ^= 0x55);
            without_rows(image);
        }));
    }
    for (number, kept) in [0, used / 2, used - 200].into_iter().enumerate() {
        images.push(image(&lab, &data, &format!("CUT{number}"), |image| edit(&image.join(segment), |bytes| bytes.truncate(kept))));
    }
    let stale = image(&lab, &older, "STALE", |image| {
        fs::copy(data.join("head"), image.join("head")).unwrap();
    });
    let gone = image(&lab, &data, "GONE", |image| {
        fs::remove_dir_all(image.join("journal")).unwrap();
        fs::remove_file(image.join("head")).unwrap();
    });
    let garbage = image(&lab, &data, "GARBAGE", |image| fs::write(image.join("head"), b"garbage").unwrap());
    let rows = image(&lab, &data, "ROWS", |image| edit(&image.join("journal/rows/db"), |bytes| bytes.truncate(used)));

    assert!(told(stale, entries).is_some_and(|said| said.contains("ends with entry") && said.contains("lost")));
    assert!(told(gone, entries).is_some_and(|said| said.contains("are gone")));
    assert_eq!(told(garbage, entries), None, "the entries are whole");
    assert_eq!(told(rows, entries), None, "rows are made anew");
    let seen = images.into_iter().filter_map(|image| told(image, entries)).count();
    figures(&format!("{seen} of 9 flips and cuts were told, the others touched nothing that was kept"));
    assert!(seen >= 7, "only {seen} of 9 damages were told");
}

/// Keys are never made anew in silence, and never used where others can read them.
#[tokio::test]
async fn a_key_that_is_gone_exchanged_or_open_to_others_is_told_at_the_start() {
    let mut lab = Plan::default().start().await;
    let services = [
        ("clearinghouse", lab.clearinghouse.data(), "root-key.pem"),
        ("license-server", lab.license_servers[0].data(), "key.pem"),
        ("license-server", lab.license_servers[0].data(), "agreement-key"),
        ("terminal-server", lab.terminal_servers[0].data(), "key.pem"),
    ];
    lab.clearinghouse.stop().await;
    lab.license_servers[0].stop().await;
    lab.terminal_servers[0].stop().await;
    let other = lab.clearinghouse.data().join("key.pem");
    for (number, (kind, data, file)) in services.iter().enumerate() {
        let ways: [(&str, Change<'_>); 3] = [
            ("is gone", &|path| fs::remove_file(path).unwrap()),
            ("another key", &|path| {
                // Of an agreement key any other 32 bytes will do.
                let text = fs::read_to_string(path).unwrap();
                let last = if text.trim_end().ends_with('A') { "AAAE" } else { "AAAA" };
                if *file == "agreement-key" {
                    fs::write(path, [&text.trim_end()[..39], last].concat())
                } else {
                    fs::copy(&other, path).map(drop)
                }
                .unwrap();
            }),
            ("mode 666", &|path| {
                let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
                fs::set_permissions(path, open).unwrap();
            }),
        ];
        for (way, change) in ways {
            let copy = copied(&lab, data, &format!("KEY-{number}-{}", way.replace(' ', "-")));
            change(&copy.join(file));
            let before = listing(&copy);
            let mut process = Process::spawn(kind, &name_of(kind), "127.0.0.1:0", &copy);
            let status = process.ended_or_listening().unwrap_or_else(|| panic!("{kind} began although {file} {way}"));
            let said = process.said();
            assert_eq!(status.code(), Some(1), "{said}");
            assert!(said.contains(way) && said.contains(file), "{kind} {file} {way}: {said}");
            assert_eq!(listing(&copy), before, "{kind} left something in the directory");
        }
    }
}

/// Neither a limit on open files nor one on their length is a panic or a death without a word, and nothing is lost by it.
#[tokio::test]
async fn limits_of_the_system_are_told_with_what_to_do() {
    let lab = Plan::default().start().await;
    let limited = |limit: &str, data: &Path| {
        let line = format!("ulimit {limit}; exec \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &line, "sh", env!("CARGO_BIN_EXE_service"), "serve", "--name", "LS1", "--bind", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("TSL_SERVICE", "license-server")
            .output()
            .expect("an end");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for files in [16, 20, 30] {
        let (code, said) = limited(&format!("-n {files}"), &lab.dir.path().join(format!("FILES-{files}")));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("ulimit -n") && !said.contains("panicked"), "{files}: {said}");
    }
    let data = lab.dir.path().join("LENGTH");
    let (code, said) = limited("-f 100", &data);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ulimit -f"), "{said}");
    let mut process = Process::spawn("license-server", "LS1", "127.0.0.1:0", &data);
    assert_eq!(process.ended_or_listening(), None, "without the limit it starts: {}", process.said());
}

/// A service never leaves keys in a directory that is another's.
#[tokio::test]
async fn a_directory_of_another_kind_is_left_as_it_is() {
    let mut lab = Plan::default().start().await;
    lab.license_servers[0].stop().await;
    let data = lab.license_servers[0].data();
    let before = listing(&data);
    for kind in ["clearinghouse", "terminal-server", "directory"] {
        let mut process = Process::spawn(kind, &name_of(kind), "127.0.0.1:0", &data);
        assert!(process.ended_or_listening().is_some() && process.said().contains("ledger"), "{}", process.said());
        assert_eq!(listing(&data), before, "{kind}");
    }
    lab.start_license_server(0).await;
}

/// What is done to a key file.
type Change<'a> = &'a dyn Fn(&Path);

fn name_of(kind: &str) -> String {
    match kind {
        "clearinghouse" => "CH1",
        "license-server" => "LS1",
        "terminal-server" => "TS1",
        _ => "DIR1",
    }
    .to_owned()
}

/// The names in a directory.
fn listing(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|item| item.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
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
            assert!(said.contains("error: ") && (said.contains("journal repair") || said.contains("journal-kind")), "{at}: {said}");
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
