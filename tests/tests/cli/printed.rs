//! What every command prints: JSON for scripts, tables for people, and no secret in either.

use std::fs;

use crate::{USUAL, room};

/// Every command that shows something.
const SHOWING: &[&str] = &[
    "status",
    "wait",
    "trust",
    "setup",
    "packs",
    "records",
    "root",
    "licenses",
    "licenses --device PC01 --kind permanent",
    "group",
    "activate --show",
    "sessions",
    "sessions --open",
    "verdicts",
    "verdicts --denied",
    "verdicts --counts",
    "trace PC01",
    "events",
    "events --server LS1 --source TermServLicensing",
    "grace",
    "mode",
    "settings get",
    "settings get --server LS1",
    "accounts list",
    "servers list",
    "clock show",
    "dice --seed 7",
    "journal",
    "openapi --server CH1",
    "openapi --server LS1",
    "openapi --server TS1",
    "client list",
    "client show PC01",
    "connect PC01",
    "connect PC01..PC03",
    "connect PC01..PC02 --daily 2",
    "buy code --quantity 2",
    "buy agreement open --quantity 3",
];

#[test]
fn every_command_prints_one_json_document_for_scripts_and_no_secret_for_anybody() {
    let room = room();
    let up = room.up(&format!("{USUAL} --log debug"));
    let data = room.path().join("tsl-data");
    let _ = room.done("connect PC01");
    let passwords: serde_json::Value = serde_json::from_slice(&fs::read(data.join("passwords.json")).unwrap()).unwrap();
    let passwords = passwords.as_object().unwrap().values().map(|password| password.as_str().unwrap().to_owned());
    let tokens = ["clearinghouse", "license-server", "terminal-server"]
        .map(|service| fs::read_to_string(data.join(service).join("admin-token")).unwrap().trim().to_owned());
    let secrets: Vec<String> = passwords.chain(tokens).collect();
    assert_eq!(secrets.len(), 5);
    let demand_none = |what: &str, text: &str| {
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{what} shows a secret");
    };
    for command in SHOWING {
        let json = room.tsl(&format!("{command} --json"));
        assert_eq!(json.exit, 0, "{command}: {json:?}");
        let _ = json.json();
        let table = room.tsl(command);
        assert_eq!(table.exit, 0, "{command}: {table:?}");
        assert!(!table.out.trim().is_empty(), "{command} says nothing");
        for said in [&json, &table] {
            demand_none(command, &said.out);
            demand_none(command, &said.err);
        }
    }
    let ended = up.stop();
    demand_none("tsl up", &ended.out);
    demand_none("the log of tsl up", &ended.err);
}

/// Ids and codes cannot be broken; everything else is.
#[test]
fn whatever_is_printed_fits_a_terminal_of_80_columns() {
    let room = room().with("TSL_WIDTH", "80");
    let up = room.up(USUAL);
    room.done("connect PC01");
    let more =
        ["licmgr", "diagnose", "switches", "network show", "registry show", "review-configuration", "owed", "nt --help", "connect --help"];
    let wrong = [
        "up --ports 0 --seed 9",
        "revoke PC77",
        "settings set colour red",
        "connect PC01 --server TS9",
        "packs remove 22222",
        "install retail X",
    ];
    let groups = ["--help", "-h", "up --help", "play --help"];
    for command in
        SHOWING.iter().filter(|words| !words.starts_with("openapi") && !words.starts_with("root")).chain(&more).chain(&wrong).chain(&groups)
    {
        let said = room.tsl(command);
        for line in said.out.lines().chain(said.err.lines()) {
            let whole = line.trim_start().split(' ').any(|word| word.chars().count() > 30 && !word.starts_with('─'));
            assert!(line.chars().count() <= 80 || whole, "{command}: {} columns: {line}", line.chars().count());
        }
    }
    let welcome = up.said().lines().filter(|line| !line.contains('/')).all(|line| line.chars().count() <= 80);
    assert!(welcome, "{}", up.said());
}

/// What is to be copied has to be whole: ids, addresses, moments.
#[test]
fn no_word_is_broken_where_a_table_does_not_fit() {
    let room = room();
    let _up = room.up(USUAL);
    let narrow = |words: &str| {
        let said = room.command(&[words]).env("TSL_WIDTH", "60").output().unwrap();
        String::from_utf8(said.stdout).unwrap()
    };
    let (packs, shown) = (room.json("packs"), narrow("packs"));
    assert!(shown.contains(packs["packs"][0]["id"].as_str().unwrap()), "{shown}");
    assert!(shown.lines().any(|line| line.trim_start().starts_with("available") && line.ends_with(" 20")), "{shown}");
    let status = narrow("status");
    for service in room.json("status")["services"].as_array().unwrap() {
        assert!(status.contains(service["url"].as_str().unwrap()) && status.contains(service["kind"].as_str().unwrap()), "{status}");
    }
    // Wide enough for its words, a table stays one, and its sentences go on below.
    let review = narrow("review-configuration");
    assert!(review.lines().next().is_some_and(|line| line.contains("looked at") && line.contains("what to do")), "{review}");
}

#[test]
fn colours_are_for_terminals_and_for_nobody_who_wants_none() {
    let room = room();
    let _up = room.up(USUAL);
    let escape = "\u{1b}[";
    assert!(!room.done("packs").contains(escape), "a pipe is no terminal");
    let run = |variables: &[(&str, &str)], words: &str| {
        let mut command = room.command(&words.split(' ').collect::<Vec<_>>());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(run(&[("CLICOLOR_FORCE", "1")], "packs").contains("\u{1b}[1m"), "the header of a table");
    assert!(run(&[("CLICOLOR_FORCE", "1")], "connect PC01").contains("\u{1b}[32maccepted by TS1"));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "connect PC01").contains(escape));
    assert!(!run(&[("CLICOLOR_FORCE", "1")], "packs --json").contains(escape));
}

/// A script reads one document, whatever went wrong.
#[test]
fn what_is_typed_wrongly_is_a_document_for_a_script() {
    let room = room();
    for (words, code, exit) in [
        ("conect PC01 --json", "usage", 2),
        ("clock advance never --json", "usage", 2),
        ("packs --server LS9 --json", "usage", 2),
        ("wait --seconds 0 --json", "failed", 1),
        ("status --json --lab nowhere.json", "usage", 2),
    ] {
        let said = room.tsl(words);
        let value = said.json();
        assert_eq!((&value["code"], &value["exit"], said.exit), (&code.into(), &exit.into(), exit), "{words}: {said:?}");
        assert!(value["detail"].as_str().is_some_and(|detail| detail.len() > 10 && !detail.contains('\u{1b}')), "{words}: {value}");
    }
    let help = room.tsl("--help --json");
    assert_eq!((help.exit, help.out.contains("Usage:")), (0, true));
}

#[test]
fn a_limit_is_a_limit_whoever_the_events_are_of() {
    let room = room();
    let _up = room.up(USUAL);
    assert_eq!(room.json("events --limit 2").as_array().unwrap().len(), 2);
    assert_eq!(room.done("events --limit 2").lines().count(), 4, "a header, a line, two events");
}

#[test]
fn seconds_are_said_in_words() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("settings set sweep-at-s 72000 --server LS1");
    room.done("settings set not-before-tolerance-s 5400");
    assert!(room.done("settings get --server LS1").lines().any(|line| line.contains("72000") && line.contains("at 20:00:00 every day")));
    assert!(room.done("settings get").lines().any(|line| line.contains("5400") && line.contains("1 hour 30 minutes")));
}

/// What the scripts of `tsl completions` ask while somebody types.
#[test]
fn completion_knows_the_servers_and_devices_of_the_lab_and_the_pages() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("connect PC01..PC02");
    fs::create_dir_all(room.path().join("docs/labs")).unwrap();
    fs::write(room.path().join("docs/labs/ft-99.md"), "").unwrap();
    for (words, there) in [
        (vec!["packs", "--server", ""], "CH1\nLS1\nTS1\n"),
        (vec!["service", "stop", "L"], "LS1\n"),
        (vec!["forget", "T"], "TS1\n"),
        (vec!["connect", "PC"], "PC01\nPC02\n"),
        (vec!["connect", "PC01", "PC02"], "PC02\n"),
        (vec!["client", "show", ""], "PC01\nPC02\n"),
        (vec!["trace", "--server", "TS"], "TS1\n"),
        (vec!["play", "--auto", ""], "docs/labs/ft-99.md\n"),
        (vec!["packs", ""], ""),
        (vec!["buy", "code", "--quantity", ""], ""),
    ] {
        let said = room.tsl_words(&[&["complete", "--"], words.as_slice()].concat());
        assert_eq!((said.exit, said.out.as_str()), (0, there), "{words:?}: {said:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(room.done(&format!("completions {shell}")).contains("tsl complete -- "), "{shell}");
    }
}

#[test]
fn a_completion_script_is_written_for_every_shell() {
    let room = room();
    for shell in ["bash", "zsh", "fish"] {
        let script = room.done(&format!("completions {shell}"));
        assert!(script.contains("tsl") && script.contains("dice"), "{shell}");
    }
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let room = room();
    let help = room.done("--help");
    for word in ["connect", "clock", "install", "Exit codes: 0", "TSL_TERMINAL_SERVER"] {
        assert!(help.contains(word), "{word}");
    }
    let place = |word: &str| help.find(word).unwrap_or_else(|| panic!("{word}: {help}"));
    assert!(place("The lab:") < place("Devices:") && place("Devices:") < place("License servers:"), "in groups: {help}");
    assert!(room.done("connect --help").contains("Example:"));
}

/// Rules: PD-06.
#[test]
fn a_rule_is_told_in_plain_words_without_any_lab() {
    let room = room();
    let told = room.done("rule pd-06");
    for word in ["PD-06  ", "source: S1, S4, TREF A", "Michael Burke", "shared::policy::", "D-03", "README.md", "PD-05", "PD-07"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(!told.contains("of it was judged"), "{told}");
    let value = room.json("rule PD-06");
    assert!(value["vectors"].as_array().unwrap().iter().any(|vector| vector["id"] == "D-03"), "{value}");
    assert!(room.done("rule D-03").contains("PD-06"), "a vector tells its rules");
    assert!(room.done("rule PD").lines().count() > 20, "a family tells its rules");
    assert!(room.done("rule SD-01").contains("the lab's decision"));
    let none = room.tsl("rule PD-99");
    assert_eq!((none.exit, none.err.contains("tsl rule PD lists")), (2, true), "{none:?}");
}
