//! How many files the process may open: looked at before a service starts, since the server's threads cannot go on without.

use std::fs;

/// Why a service would run out of files at its start; none where there are enough, or where the system does not say.
pub(crate) fn shortage() -> Option<String> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let may: usize = line.split_whitespace().next()?.parse().ok()?;
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    let wanted = open + NEEDED;
    (wanted > may).then(|| {
        format!(
            "this process may open {may} files and has {open} open; a service needs {NEEDED} more, and one for each connection: raise the \
             limit (ulimit -n {} or more), then start again",
            wanted.next_power_of_two()
        )
    })
}

/// What a service opens at its start: sockets, its threads' event queues, the files of its journal.
const NEEDED: usize = 48;
