//! Every parser of foreign bytes as a function that takes anything, and demands more of it than that it does not panic.
//!
//! A function here is a fuzz target in `fuzz_targets`, and the test of its seeds in `corpus`. Where a signature, a chain or a checksum
//! would keep a fuzzer out, the function makes it anew around what came, so that what lies behind it is reached too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a finding is a panic")]

mod backups;
mod bodies;
mod certificates;
mod codes;
mod events;
mod imports;
mod lines;
mod networks;
mod run;
#[cfg(test)]
mod seeds;
mod segments;
#[cfg(test)]
mod tests;
mod tokens;
mod world;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Target); 10] = [
    ("backup", backup),
    ("certificate", certificate),
    ("certificate_request", certificate_request),
    ("http_body", http_body),
    ("journal_event", journal_event),
    ("journal_import", journal_import),
    ("journal_segment", journal_segment),
    ("network_file", network_file),
    ("token", token),
    ("typed_code", typed_code),
];

pub use backups::backup;
pub use bodies::http_body;
pub use certificates::{certificate, certificate_request};
pub use codes::typed_code;
pub use events::journal_event;
pub use imports::journal_import;
pub use networks::network_file;
pub use segments::journal_segment;
pub use tokens::token;
