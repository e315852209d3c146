//! Damaged segment files: a journal that opens is what it was, or it says what is damaged; and it can be gone on with.

use std::sync::{Arc, OnceLock};

use chassis::clock::Clock;
use chassis::engine::{Engine, EngineOptions};
use chassis::journal::{Files as _, MemoryDisk};
use shared::ledger::{Command, Ledger, NewCertificate};
use shared::machine::Machine as _;
use shared::model::{Generation, LabTime};

use crate::world::{product, world};

/// A byte that says what else is gone or made good, and then changes to the file: two bytes where, little-endian, and one that is
/// laid over what is there.
pub fn journal_segment(data: &[u8]) {
    let Some((how, changes)) = data.split_first() else { return };
    let template = template();
    let disk = if how & POWER_CUT != 0 { template.disk.after_power_cut() } else { template.disk.image() };
    disk.edit(SEGMENT, |bytes| {
        let heads = heads(bytes);
        for change in changes.chunks_exact(3).take(CHANGES) {
            let place = usize::from(u16::from_le_bytes([change[0], change[1]]));
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= change[2];
            }
        }
        if how & FORGED != 0 {
            heads.into_iter().for_each(|(from, to)| sum_anew(bytes, from, to));
        }
    });
    if how & NO_ROWS != 0 {
        disk.edit_rows(std::collections::BTreeMap::clear);
    }
    if how & NO_HEAD != 0 {
        disk.remove("head").expect("a file of the disk");
    }
    let disk = Arc::new(disk);
    run(async {
        let Ok(engine) = open(&disk) else { return };
        if how & (FORGED | NO_HEAD) == 0 {
            assert_eq!(seen(&engine).await, template.seen, "something was lost in silence");
        }
        // An entry that is damaged names itself; all others can be read.
        let _ = engine.list("log", None, 100, |_| true).await;
        engine.execute(None, Command::LayDownLife { days: 61 }, |_, (), _| ()).await.expect("a command");
        let then = seen(&engine).await;
        engine.close().await.expect("a clean end");
        drop(engine);
        let again = open(&disk).unwrap_or_else(|error| panic!("it was open before: {error}"));
        assert_eq!(seen(&again).await, then, "it is as it was left");
        again.close().await.expect("a clean end");
    });
}

struct Template {
    disk: MemoryDisk,
    seen: String,
}

fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let disk = Arc::new(MemoryDisk::new());
        let seen = run(async {
            let engine = open(&disk).unwrap();
            for command in history() {
                engine.execute(None, command, |_, (), _| ()).await.unwrap();
            }
            let seen = seen(&engine).await;
            engine.close().await.unwrap();
            seen
        });
        Template { disk: disk.image(), seen }
    })
}

/// What a license server's journal begins with.
pub(crate) fn history() -> Vec<Command> {
    let world = world();
    let certificate = NewCertificate { pem: world.itself.certificate().pem(), from: LabTime::from_unix(0), until: LabTime::NEVER };
    let start = Command::Start { name: "LS1".parse().unwrap(), generation: Generation::Windows2008R2, certificate, product_id: product() };
    let trust = Command::TrustTerminalServer { name: "TS1".parse().unwrap(), key: world.root_key.public() };
    let group = Command::ChangeGroup(["TS1".parse().unwrap()].into());
    vec![start, trust, group, Command::LayDownLife { days: 52 }, Command::LayDownLife { days: 89 }, Command::Stop]
}

fn open(disk: &Arc<MemoryDisk>) -> Result<Engine<Ledger>, chassis::engine::OpenError> {
    let start_at = Some("2026-03-02T08:00:00Z".parse().unwrap());
    Engine::open_on(
        disk,
        Clock::new(),
        EngineOptions { seed: Some(7), start_at, frozen: true, keep_entries: Some(64), ..EngineOptions::default() },
    )
}

async fn seen(engine: &Engine<Ledger>) -> String {
    let flushed = engine.flushed();
    let look = |ledger: &Ledger, now| {
        let backup = ledger.backup(world().key.public(), now);
        format!("{flushed} {now} {backup:?} {:?} {:?} {:?}", ledger.terminal_servers(), ledger.security_group(), ledger.next_due())
    };
    engine.read(look).await.expect("a reading")
}

/// Where checksums stand, with where what they cover begins: in both copies of the header, and before each frame.
fn heads(bytes: &[u8]) -> Vec<(usize, usize)> {
    let frames = bytes.windows(4).enumerate().filter(|(_, window)| *window == FRAME).map(|(at, _)| (at, at + 20));
    [(0, 252), (256, 508)].into_iter().chain(frames).collect()
}

fn sum_anew(bytes: &mut [u8], from: usize, to: usize) {
    if let Some(sum) = bytes.get(from..to).map(crc32fast::hash)
        && let Some(place) = bytes.get_mut(to..to + 4)
    {
        place.copy_from_slice(&sum.to_le_bytes());
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

const SEGMENT: &str = "journal/00000000000000000001.entries";
const FRAME: [u8; 4] = [0xF5, b'F', b'R', 0xFF];
const CHANGES: usize = 64;
const NO_ROWS: u8 = 1;
const NO_HEAD: u8 = 2;
const FORGED: u8 = 4;
const POWER_CUT: u8 = 8;
