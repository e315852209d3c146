//! A road between two services on which answers get lost: the request arrives, the answer does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A proxy in front of one service; gone when it goes out of scope.
pub(crate) struct Proxy {
    address: String,
    lose: Arc<Mutex<HashMap<String, usize>>>,
    lost: Arc<Mutex<usize>>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A proxy in front of the service at `url`.
    pub(crate) async fn before(url: &str) -> Self {
        let upstream = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (lose, lost) = (Arc::<Mutex<HashMap<String, usize>>>::default(), Arc::<Mutex<usize>>::default());
        let (losing, counting) = (lose.clone(), lost.clone());
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, upstream.clone(), losing.clone(), counting.clone()));
            }
        });
        Self { address, lose, lost, listening }
    }

    /// The proxy's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Loses the next answer to a request for this path.
    pub(crate) fn lose_next(&self, path: &str) {
        *self.lose.lock().unwrap().entry(path.to_owned()).or_default() += 1;
    }

    /// How many answers were lost so far.
    pub(crate) fn lost(&self) -> usize {
        *self.lost.lock().unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Carries requests and answers until one side goes away or an answer is to be lost.
async fn carry(mut client: TcpStream, upstream: String, lose: Arc<Mutex<HashMap<String, usize>>>, lost: Arc<Mutex<usize>>) {
    let Ok(mut service) = TcpStream::connect(upstream).await else { return };
    while let Some(request) = message(&mut client).await {
        if service.write_all(&request).await.is_err() {
            return;
        }
        let Some(answer) = message(&mut service).await else { return };
        let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
        let loses = lose.lock().unwrap().get_mut(&path).filter(|left| **left > 0).map(|left| *left -= 1).is_some();
        if loses {
            *lost.lock().unwrap() += 1;
            return;
        }
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One HTTP message with its body; none at the end.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
            && bytes.len() >= head + 4 + content_length(&bytes[..head])
        {
            return Some(bytes);
        }
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&piece[..read]),
            Ok(_) | Err(_) => return None,
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(0, |length| length.trim().parse().expect("a length"))
}
