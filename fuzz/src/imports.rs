//! Exported journals on their way in: what is imported verifies, and is exported again as it came.

use std::io::Cursor;

use chassis::data::DataDir;
use chassis::journal;
use sha2::{Digest, Sha256};
use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::machine::Machine;
use shared::model::hex;
use shared::node::Node;
use shared::registry::Registry;

use crate::lines::lines;

/// An export as it comes; or, where the first line is but the name of a machine, that and an entry a line, around which the export
/// is made that holds them.
pub fn journal_import(data: &[u8]) {
    let Some(lines) = lines(data) else { return };
    let _ = match lines.split_first() {
        Some((&"registry", entries)) => import::<Registry>(&export(Registry::NAME, entries)),
        Some((&"ledger", entries)) => import::<Ledger>(&export(Ledger::NAME, entries)),
        Some((&"node", entries)) => import::<Node>(&export(Node::NAME, entries)),
        Some((&"directory", entries)) => import::<Directory>(&export(Directory::NAME, entries)),
        // Its first line names the machine too; one that is tried is enough.
        _ => import::<Ledger>(&lines.join("\n")),
    };
}

/// The entries with the chain that belongs to them.
pub(crate) fn export(machine: &str, entries: &[&str]) -> String {
    let (mut chain, mut text) = ([0; 32], format!("{{\"journal\":\"{machine}\",\"format\":2,\"base\":{}}}\n", mark(0, &[0; 32])));
    for entry in entries {
        chain = Sha256::new().chain_update(chain).chain_update(entry).finalize().into();
        text.push_str(&format!("{{\"chain\":\"{}\",\"entry\":{entry}}}\n", hex(&chain)));
    }
    text.push_str(&format!("{{\"end\":{}}}\n", mark(entries.len(), &chain)));
    text
}

fn mark(seq: usize, chain: &[u8]) -> String {
    format!("{{\"seq\":{seq},\"chain\":\"{}\"}}", hex(chain))
}

/// Imports an export; says how many entries came in.
pub(crate) fn import<M: Machine>(text: &str) -> Option<u64> {
    let home = tempfile::tempdir().expect("a folder");
    let data = DataDir::open(home.path()).expect("a data directory");
    let imported = journal::import::<M>(&data, Cursor::new(text)).ok()?;
    if imported.entries > 0 {
        let verified = journal::verify::<M>(&data).unwrap_or_else(|error| panic!("imported, and then: {error}"));
        assert_eq!(verified.last + 1 - verified.first, imported.entries);
        let mut out = Vec::new();
        let exported = journal::export::<M>(&data, &mut out, None).unwrap_or_else(|error| panic!("imported, and then: {error}"));
        assert_eq!((exported.entries, exported.damage), (imported.entries, None));
        let entries = |text: &str| text.lines().filter(|line| line.starts_with("{\"chain\":")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(entries(&String::from_utf8(out).expect("text")), entries(text), "it is exported as it came");
    }
    Some(imported.entries)
}
