//! A running lab with real files, and the requests of devices that are new to it and of devices that hold a CAL.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::model::{CalKind, HardwareId, Platform};
use shared::wire::terminal_server::{ConnectRequest, Connected};
use tests::harness::{Plan, TestLab, device, log_on, request_id};

/// The lab, and what its devices send.
pub(crate) struct Measured {
    /// Where the terminal server listens.
    pub(crate) address: SocketAddr,
    licensed: Vec<String>,
    next: Arc<AtomicU64>,
    _lab: TestLab,
}

/// Starts a lab with a licensed device for each connection.
pub(crate) async fn start(folder: &Path, connections: [usize; 3]) -> Measured {
    let devices = connections.into_iter().max().unwrap_or(1);
    let count = u32::try_from(devices).expect("a small number");
    let lab = Plan::default().device_cals(count).kept_in(folder).start().await;
    let mut licensed = Vec::new();
    for index in 0..devices {
        licensed.push(license(&lab, &format!("PC{index:04}")).await);
    }
    let url = lab.terminal_servers.first().expect("a terminal server").url();
    let address = url.trim_start_matches("http://").parse().expect("an address");
    Measured { address, licensed, next: Arc::default(), _lab: lab }
}

/// A device gets its permanent CAL; the request that it sends from then on, up to its id.
async fn license(lab: &TestLab, name: &str) -> String {
    let mut pc = device(name);
    lab.visit(0, &mut pc, log_on()).await;
    let mut asked = ConnectRequest {
        request: request_id(),
        device: pc.name.clone(),
        user: "anna".parse().expect("a user"),
        hardware_id: pc.hardware_id(chassis::random::bytes),
        platform: Platform::Windows98,
        admin: false,
        license: None,
        message: None,
    };
    let server = lab.terminal_servers.first().expect("a terminal server").anyone();
    asked.license = pc.licensing.store.values().next().map(|stored| stored.license.clone());
    let connected: Connected = server.post("/connections", &asked).await.expect("an answer");
    let granted = connected.license.expect("the temporary is upgraded");
    assert_eq!(granted.cal.kind, CalKind::Permanent, "a device that logged on gets a permanent CAL");
    asked.license = Some(granted.token);
    let again: Connected =
        server.post("/connections", &ConnectRequest { request: request_id(), ..asked.clone() }).await.expect("an answer");
    assert_eq!(again.rule, "PD-13", "a valid CAL is taken as it is");
    let mut body = serde_json::to_value(&asked).expect("JSON");
    body.as_object_mut().expect("an object").remove("request");
    body.to_string()
}

impl Measured {
    /// Devices that the lab has never seen, without a license: each gets a temporary of its own.
    pub(crate) fn new_devices(&self) -> impl FnMut() -> Vec<u8> + Send + 'static {
        let next = self.next.clone();
        move || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let mut own = [0; 16];
            own.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
            let hardware_id = HardwareId::new(Platform::Windows98.id(), own);
            post(&format!(
                r#"{{"request":"new-{number:08}","device":"N{number}","user":"anna","hardware_id":"{hardware_id}","platform":"windows-98"}}"#
            ))
        }
    }

    /// One device with its permanent CAL, again and again.
    pub(crate) fn returning_device(&self, index: usize) -> impl FnMut() -> Vec<u8> + Send + 'static {
        let next = self.next.clone();
        let rest = self.licensed.get(index).and_then(|body| body.strip_prefix('{')).expect("a licensed device").to_owned();
        move || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            post(&format!(r#"{{"request":"back-{number:08}",{rest}"#))
        }
    }
}

fn post(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST /connections HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
