//! A service of a lab as a process of its own, on the data and at the address that it had inside the test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use chassis::data::DataDir;
use chassis::journal::{self, Verified};
use shared::machine::Machine;
use shared::model::Generation;
use shared::wire::common::Health;
use tests::harness::Service;

/// A running process; killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    said: PathBuf,
}

impl Process {
    /// Starts a stopped service of a lab where it left off, and waits until it answers.
    pub(crate) async fn of(kind: &str, service: &Service) -> Self {
        let address = service.url().trim_start_matches("http://").to_owned();
        let mut process = Self::spawn(kind, service.name().as_str(), &address, &service.data());
        process.until_healthy(service).await;
        process
    }

    /// The same for a server of another generation than Windows Server 2003.
    pub(crate) async fn of_generation(kind: &str, service: &Service, generation: Generation) -> Self {
        let address = service.url().trim_start_matches("http://").to_owned();
        let mut process = Self::spawn_as(kind, service.name().as_str(), &address, &service.data(), generation, &[]);
        process.until_healthy(service).await;
        process
    }

    /// Starts a service.
    pub(crate) fn spawn(kind: &str, name: &str, address: &str, data: &Path) -> Self {
        Self::spawn_with(kind, name, address, data, &[])
    }

    /// With more in its environment.
    pub(crate) fn spawn_with(kind: &str, name: &str, address: &str, data: &Path, environment: &[(&str, &str)]) -> Self {
        Self::spawn_as(kind, name, address, data, Generation::Windows2003, environment)
    }

    fn spawn_as(kind: &str, name: &str, address: &str, data: &Path, generation: Generation, environment: &[(&str, &str)]) -> Self {
        let said = data.with_extension("said");
        let output = File::create(&said).expect("a file for what the process says");
        let child = Command::new(env!("CARGO_BIN_EXE_service"))
            .args(["serve", "--name", name, "--bind", address, "--lab", "--data"])
            .arg(data)
            .env("TSL_SERVICE", kind)
            .env("TSL_GENERATION", generation.to_string())
            .env("TSL_LOG", "info,actix_server=warn")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the same file"))
            .stderr(output)
            .spawn()
            .expect("a process");
        Self { child, said }
    }

    async fn until_healthy(&mut self, service: &Service) {
        for _ in 0..START_POLLS {
            if service.anyone().get::<Health>("/health").await.is_ok() {
                return;
            }
            assert!(self.child.try_wait().expect("a state").is_none(), "it ended: {}", self.said());
            tokio::time::sleep(POLL).await;
        }
        panic!("it does not answer: {}", self.said());
    }

    /// SIGKILL. It must not have panicked before.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a process that can be killed");
        self.child.wait().expect("an end");
        let said = self.said();
        assert!(!said.contains("panicked"), "{said}");
    }

    /// SIGKILL; in one round of three the head file then is what it was at `earlier`, as if its last seconds had not reached the disk.
    pub(crate) fn kill_in_round(self, round: usize, earlier: &Head) {
        self.kill();
        if round % 3 == 2 {
            std::fs::write(&earlier.path, &earlier.bytes).expect("a head file");
        }
    }

    /// SIGTERM: it ends in order.
    pub(crate) fn terminate(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(told.success());
        let status = self.child.wait().expect("an end");
        assert!(status.success(), "{}", self.said());
    }

    /// How it ended by itself; none while it is running.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a state")
    }

    /// Waits until it has ended by itself, and for none when it listens instead; neither of them in time is a failure.
    pub(crate) fn ended_or_listening(&mut self) -> Option<ExitStatus> {
        for _ in 0..END_POLLS {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            if self.said().contains("listening") {
                return None;
            }
            std::thread::sleep(POLL);
        }
        panic!("neither an end nor a start: {}", self.said());
    }

    /// The most memory that it has had so far, in KiB; none where the system does not tell.
    pub(crate) fn peak_memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// What it printed so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).expect("what the process says")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The head file of a service at some moment.
pub(crate) struct Head {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Head {
    pub(crate) fn of(service: &Service) -> Self {
        let path = service.data().join("head");
        Self { bytes: std::fs::read(&path).expect("a head file"), path }
    }
}

/// Checks the whole journal of a service that is not running: chain, head, rows, replay.
pub(crate) async fn verified<M: Machine>(service: &Service) -> Verified {
    let data = service.data();
    let check = move || {
        let data = DataDir::open(&data).expect("a free data directory");
        journal::verify::<M>(&data).expect("a whole journal")
    };
    tokio::task::spawn_blocking(check).await.expect("a check")
}

/// A minute for a start.
const START_POLLS: u32 = 6_000;
/// Longer than the time for which an opening journal may stand still.
const END_POLLS: u32 = 10_000;
const POLL: Duration = Duration::from_millis(10);
