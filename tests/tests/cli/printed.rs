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
    assert!(room.done("connect --help").contains("Example:"));
}
