//! What must not be seen: tokens, passwords, private keys.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use chassis::config::Kind;
use chassis::data::DataDir;
use chassis::journal::{Exported, export};
use shared::directory::Directory;
use shared::ledger::Ledger;
use shared::node::Node;
use shared::registry::Registry;
use tests::harness::{device, log_on, log_on_wrongly};
use tracing_subscriber::EnvFilter;

use crate::world::{Access, KINDS, Proof, World};

/// Bytes that somebody writes and the test reads.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Every line that any service of this process logs from now on, in all detail.
fn logs() -> Shared {
    let lines = Shared::default();
    let kept = lines.clone();
    let filter =
        EnvFilter::new("debug,shared=trace,chassis=trace,clearinghouse=trace,license_server=trace,terminal_server=trace,lab=trace");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(move || kept.clone()).init();
    lines
}

/// What each file of secrets holds, in the forms in which it could leak.
fn secrets(world: &World) -> Vec<(String, String)> {
    let mut found = vec![("a password".to_owned(), "correct horse".to_owned())];
    for kind in KINDS {
        let data = world.service(kind).data();
        found.push((format!("the token of {}", kind.name()), world.token(kind)));
        for file in std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "pem") {
                let pem = std::fs::read_to_string(&file).unwrap();
                if let Some(line) = pem.lines().nth(1).filter(|_| pem.contains("PRIVATE KEY")) {
                    // A PKCS#8 header is the same for all keys; what follows it is the key.
                    found.push((format!("{} of {}", file.display(), kind.name()), line[24..].to_owned()));
                }
            }
        }
    }
    assert!(found.len() >= 1 + 3 + 4, "three tokens, three keys and the root's: {}", found.len());
    found
}

fn exported(kind: Kind, data: &std::path::Path) -> String {
    let (out, data) = (Shared::default(), DataDir::open(data).unwrap());
    let exported: Exported = match kind {
        Kind::Clearinghouse => export::<Registry>(&data, out.clone(), None),
        Kind::LicenseServer => export::<Ledger>(&data, out.clone(), None),
        Kind::TerminalServer => export::<Node>(&data, out.clone(), None),
        Kind::Directory => export::<Directory>(&data, out.clone(), None),
    }
    .unwrap();
    assert!(exported.entries > 5 && exported.damage.is_none(), "{exported:?}");
    out.text()
}

fn hold_none(text: &str, secrets: &[(String, String)], place: &str) {
    for (what, secret) in secrets {
        assert!(!text.contains(secret), "{what} stands in {place}");
    }
}

#[tokio::test]
async fn no_secret_stands_in_a_list_a_log_line_or_an_exported_journal() {
    let logs = logs();
    let mut world = World::start().await;
    let secrets = secrets(&world);
    let mut pc = device("PC01");
    world.lab.log_on(&mut pc).await;
    world.lab.log_on(&mut pc).await;
    world.lab.visit(0, &mut pc, log_on()).await;
    world.lab.visit(0, &mut pc, log_on_wrongly()).await;
    let mut read = 0;
    for route in world.routes().await.into_iter().filter(|route| route.method == "GET" && route.access != Access::Service) {
        let text = world.send(&route, &route.usual_path(), Proof::Proper, None, b"").await.text().await.unwrap();
        hold_none(&text, &secrets, &route.to_string());
        assert!(!text.contains("$argon2"), "{route}: a password's hash");
        read += 1;
    }
    assert!(read > 20, "{read} lists");
    world.lab.clearinghouse.stop().await;
    world.lab.license_servers[0].stop().await;
    world.lab.terminal_servers[0].stop().await;
    world.lab.directory.as_mut().unwrap().stop().await;
    for kind in KINDS {
        // The journal is the store, so a terminal server's holds the hashes of its accounts; it holds no password.
        hold_none(&exported(kind, &world.service(kind).data()), &secrets, &format!("the journal of the {}", kind.name()));
    }
    let lines = logs.text();
    assert!(lines.lines().count() > 100 && lines.contains("answered"), "the services did log");
    hold_none(&lines, &secrets, "the logs");
    assert!(!lines.contains("$argon2"), "a password's hash in the logs");
}
