//! How many connections a second the lab answers, beside what the same machine does with a hello world and with its disk.
//!
//! `cargo bench -p tests --bench connections [-- --seconds 2 --rounds 3 --only returning]`. Everything is measured in one process, in rounds, so
//! that each figure stands beside its own baseline; the ratios say more than the figures, which change with the machine.
#![allow(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::disallowed_methods, reason = "a bench measures the host's time, to the microsecond")]

mod disk;
mod hello;
mod lab;
mod load;
mod table;

use std::path::Path;
use std::time::Duration;

use load::Load;
use table::Table;

/// Connections at once.
const CONNECTIONS: [usize; 3] = [8, 32, 64];

#[tokio::main]
async fn main() {
    let (seconds, rounds) = (number("--seconds", 2), number("--rounds", 3));
    let only = argument("--only");
    let wanted = |what: &str| only.as_ref().is_none_or(|only| what == only);
    let time = Duration::from_secs(seconds);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let hello = hello::start();
    let lab = lab::start(folder, CONNECTIONS).await;
    let mut table = Table::default();
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        if wanted("fdatasync") {
            table.note("fdatasync of 4 KiB appends", 1, disk::measure(folder, time));
        }
        for connections in CONNECTIONS {
            let (greeted, judged) = (Load { at: hello, connections, time }, Load { at: lab.address, connections, time });
            if wanted("hello") {
                table.note("hello world", connections, greeted.run(|_| hello::request()).await);
            }
            if wanted("new") {
                table.note("new device", connections, judged.run(|_| lab.new_devices()).await);
            }
            if wanted("returning") {
                table.note("returning device", connections, judged.run(|index| lab.returning_device(index)).await);
            }
        }
    }
    println!("{table}");
}

/// A number behind a switch.
fn number(switch: &str, default: u64) -> u64 {
    argument(switch).map_or(default, |given| given.parse::<u64>().ok().filter(|given| *given > 0).expect("a number behind the switch"))
}

/// What stands behind a switch. Other arguments, which cargo may add, say nothing here.
fn argument(switch: &str) -> Option<String> {
    let mut arguments = std::env::args();
    arguments.find(|argument| argument == switch).and_then(|_| arguments.next())
}
