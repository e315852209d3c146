//! The control of a lab that `tsl up` runs: a socket in its data folder, over which its services are stopped and started one by one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::failure::Failure;

/// The socket's name in a lab's data folder.
pub const SOCKET: &str = "control.sock";

/// What is to happen to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It ends cleanly, as when an administrator stops a Windows service.
    Stop,
    /// It starts again on its data, at the address that it had.
    Start,
    /// Both.
    Restart,
}

/// An order to a lab that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The service.
    pub service: ServerName,
    /// What is to happen.
    pub action: Action,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Done; what is so now.
    Done(String),
    /// Not done; why.
    Failed(String),
}

/// The lab's side of the socket; gone from the folder when it is dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

/// An order that waits for its reply.
#[derive(Debug)]
pub struct Waiting {
    /// The order.
    pub order: Order,
    stream: UnixStream,
}

impl Control {
    /// Listens in a data folder, which its caller holds; for the folder's owner only.
    ///
    /// # Errors
    /// A folder whose path is too long for a socket, or that cannot be written.
    pub fn listen(data: &Path) -> Result<Self, Failure> {
        let path = data.join(SOCKET);
        // A lab that was killed leaves its socket behind.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(|error| Failure::file(&path, error))?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(|error| Failure::file(&path, error))?;
        Ok(Self { listener, path })
    }

    /// The next order. Whoever connects and says nothing sensible is hung up on.
    pub async fn next(&self) -> Waiting {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let read = tokio::time::timeout(PATIENCE, line(&mut stream)).await;
            if let Some(order) = read.ok().flatten().and_then(|line| serde_json::from_str(&line).ok()) {
                return Waiting { order, stream };
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // One that stays behind is replaced by the next lab.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Waiting {
    /// Says what became of the order; an asker that went away does not hear it.
    pub async fn reply(mut self, reply: &Reply) {
        let text = serde_json::to_string(reply).unwrap_or_default();
        let _ = self.stream.write_all(format!("{text}\n").as_bytes()).await;
    }
}

/// Gives a lab that runs on this data folder an order; what is so then.
///
/// # Errors
/// No lab of `tsl up` there, or an order that could not be done.
pub async fn ask(data: &Path, order: &Order) -> Result<String, Failure> {
    let path = data.join(SOCKET);
    let nobody = |error: std::io::Error| {
        Failure::Usage(format!(
            "no lab of `tsl up` can be told at {} ({error}); services that run elsewhere are stopped and started there, such as with: docker compose stop license-server",
            path.display()
        ))
    };
    let mut stream = UnixStream::connect(&path).await.map_err(nobody)?;
    let text = serde_json::to_string(order).map_err(|error| Failure::Broken(error.to_string()))?;
    stream.write_all(format!("{text}\n").as_bytes()).await.map_err(nobody)?;
    let reply = line(&mut stream).await.and_then(|line| serde_json::from_str(&line).ok());
    match reply {
        Some(Reply::Done(what)) => Ok(what),
        Some(Reply::Failed(why)) => Err(Failure::Broken(why)),
        None => Err(Failure::Broken("the lab ended without an answer".to_owned())),
    }
}

async fn line(stream: &mut UnixStream) -> Option<String> {
    let mut line = String::new();
    let read = BufReader::new(stream.take(LINE_MAX)).read_line(&mut line).await.ok()?;
    (read > 0).then_some(line)
}

const PATIENCE: Duration = Duration::from_secs(3);
const LINE_MAX: u64 = 64 * 1024;
