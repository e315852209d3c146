//! The commands in the groups in which `tsl --help` shows them.

use clap::Command;

use crate::out;

/// A heading, and the commands below it.
type Group = (&'static str, &'static [&'static str]);

/// Every command stands in one group.
const GROUPS: &[Group] = &[
    ("The lab", &["up", "play", "status", "wait", "setup", "service", "reset", "clock", "dice", "rule", "switches", "sim"]),
    ("Devices", &["connect", "client", "tsctst"]),
    ("What happened", &["trace", "verdicts", "sessions", "logoff", "events", "grace", "diagnose"]),
    (
        "License servers",
        &[
            "licmgr",
            "packs",
            "licenses",
            "install",
            "revoke",
            "convert",
            "migrate",
            "group",
            "peers",
            "lsreport",
            "lsview",
            "backup",
            "restore",
            "rebuild-database",
            "setup-wizard",
        ],
    ),
    ("Clearinghouse and purchase", &["activate", "deactivate", "reactivate", "buy", "phone", "records", "owed", "root"]),
    ("Terminal servers", &["mode", "settings", "accounts", "servers", "registry", "discover", "certificate", "break", "nt"]),
    ("Users, network, trust", &["people", "per-user-report", "review-configuration", "directory", "network", "trust", "forget"]),
    ("For scripts and repairs", &["journal", "openapi", "completions"]),
];

/// The list of commands, group by group, as wide as the terminal or 100 columns.
pub(crate) fn list(command: &Command) -> String {
    let width = out::width().unwrap_or(100).min(100);
    let about = |name: &str| command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text.push_str(&format!("{heading}:\n"));
        for name in *names {
            text.push_str(&out::wrapped(&format!("  {name:<20}  {}", about(name)), width, 24));
            text.push('\n');
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::GROUPS;

    #[test]
    fn every_command_stands_in_one_group_and_every_group_holds_commands_only() {
        let listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = crate::cli::tree();
        let there: BTreeSet<&str> = command.get_subcommands().filter(|one| !one.is_hide_set()).map(clap::Command::get_name).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), there);
        assert_eq!(listed.len(), there.len(), "each once");
    }
}
