//! A closed loop: each connection stays open and sends its next request when the answer to the one before is in.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is asked, and how hard.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// The service.
    pub(crate) at: SocketAddr,
    /// How many connections at once.
    pub(crate) connections: usize,
    /// How long; half a second of warming up comes before it.
    pub(crate) time: Duration,
}

/// What came of it.
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Half of the answers took no longer, in milliseconds.
    pub(crate) p50: f64,
    /// Of a hundred answers 99 took no longer, in milliseconds.
    pub(crate) p99: f64,
}

impl Measured {
    /// The figures of answers that came within `time`.
    pub(crate) fn of(mut latencies: Vec<Duration>, time: Duration) -> Self {
        latencies.sort_unstable();
        let count = latencies.len();
        let part = |percent: usize| latencies.get(count * percent / 100).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0);
        Self { rate: f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64(), p50: part(50), p99: part(99) }
    }
}

impl Load {
    /// Runs the loop; `requests` gives each connection what it sends.
    pub(crate) async fn run<R: FnMut() -> Vec<u8> + Send + 'static>(self, requests: impl Fn(usize) -> R) -> Measured {
        let from = Instant::now() + WARM_UP;
        let until = from + self.time;
        let loops: Vec<_> = (0..self.connections).map(|index| tokio::spawn(ask(self.at, requests(index), from, until))).collect();
        let mut latencies = Vec::new();
        for ended in loops {
            latencies.extend(ended.await.expect("a connection that goes on"));
        }
        Measured::of(latencies, self.time)
    }
}

async fn ask(at: SocketAddr, mut next: impl FnMut() -> Vec<u8>, from: Instant, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let mut latencies = Vec::new();
    let mut answer = Vec::with_capacity(16 * 1024);
    loop {
        let request = next();
        let sent = Instant::now();
        stream.write_all(&request).await.expect("a request");
        receive(&mut stream, &mut answer).await;
        let done = Instant::now();
        if done >= until {
            return latencies;
        }
        if sent >= from {
            latencies.push(done - sent);
        }
    }
}

/// Reads one answer with a `content-length`, and sees that it is a 200.
async fn receive(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    answer.clear();
    let mut whole = usize::MAX;
    while answer.len() < whole {
        let read = stream.read_buf(answer).await.expect("an answer");
        assert!(read > 0, "the service closed the connection: {}", String::from_utf8_lossy(answer));
        if whole == usize::MAX
            && let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|length| length.trim().parse().ok());
            whole = end + 4 + length.unwrap_or(0_usize);
        }
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "no accept: {}", String::from_utf8_lossy(answer));
}

const WARM_UP: Duration = Duration::from_millis(500);
