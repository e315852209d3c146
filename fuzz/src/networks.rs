//! Network files: what is taken makes sense, and remarks make no difference.

use std::collections::BTreeSet;

use lab::network::NetworkFile;

/// The text of a network file.
pub fn network_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(file) = NetworkFile::parse(text) else { return };
    assert_eq!(NetworkFile::parse(&format!("{text}\n# a remark\n")).as_ref(), Ok(&file));
    let license_servers = file.license_servers().map(|(_, part)| &part.name);
    let names: Vec<_> = license_servers.chain(file.terminal_servers().map(|(_, part)| &part.name)).collect();
    assert!(!names.is_empty() && names.len() == names.iter().collect::<BTreeSet<_>>().len(), "each service has a name of its own");
    for host in &file.host {
        assert_eq!(file.placement(host).host, host.name);
    }
}
