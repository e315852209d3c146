//! Random histories of a license server.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::ledger::{
    ActivationCommand, Asked, Backup, Command, Convert, Event, Inquire, InstallPack, Ledger, LicenseRecord, ManageCommand, Mark,
    NewCertificate, Outcome, RestoreCommand, Revocation, Revoke, TakeBack,
};
use shared::machine::Machine;
use shared::model::{
    Cal, CalKind, Generation, HardwareId, LabTime, Pack, PackId, PackKind, Platform, ProductId, ProductType, ProductVersion, PublicKey,
    RequestId, ServerName, Span,
};
use shared::wire::license_server::{Inquiry, LedgerSettingsChange, LicenseQuery, LicenseRow, Standing};
use shared::wire::peers::ReturnNotice;

use crate::run::Run;

const DEVICES: u8 = 6;

#[derive(Clone, Debug)]
enum Step {
    Ask { device: u8, version: ProductVersion, temporary_only: bool, shows: Shows },
    Mark { device: u8 },
    Pass(Span),
    Install { version: ProductVersion, product_type: ProductType, total: u32 },
    Change(LedgerSettingsChange),
    Life(u32),
    Revoke { device: u8 },
    Convert(u32),
    RemovePack,
    TakeBack { device: u8 },
    Rebuild,
    Backup,
    BeginRestore,
    Restore,
    Group(bool),
    Activate,
    Restart,
}

/// Which of the licenses that a device was given it presents.
#[derive(Clone, Copy, Debug)]
enum Shows {
    Nothing,
    First,
    Last,
}

fn step() -> impl Strategy<Value = Step> {
    let version = || prop_oneof![1 => Just(ProductVersion::V5_0), 3 => Just(ProductVersion::V5_2)];
    let shows = prop_oneof![1 => Just(Shows::Nothing), 1 => Just(Shows::First), 3 => Just(Shows::Last)];
    let ask = (0..DEVICES, version(), prop::bool::weighted(0.1), shows);
    let span = prop_oneof![0..100_000_i64, 0..8_000_000_i64, Just(7 * 86_400), Just(90 * 86_400)];
    let product_type = prop_oneof![4 => Just(ProductType::Device), 1 => Just(ProductType::User)];
    prop_oneof![
        12 => ask.prop_map(|(device, version, temporary_only, shows)| Step::Ask { device, version, temporary_only, shows }),
        6 => (0..DEVICES).prop_map(|device| Step::Mark { device }),
        4 => span.prop_map(|seconds| Step::Pass(Span::seconds(seconds))),
        2 => (version(), product_type, 1..4_u32).prop_map(|(version, product_type, total)| Step::Install { version, product_type, total }),
        1 => change().prop_map(Step::Change),
        1 => (52..=89_u32).prop_map(Step::Life),
        1 => any::<bool>().prop_map(Step::Group),
        2 => (0..DEVICES).prop_map(|device| Step::Revoke { device }),
        1 => (1..4_u32).prop_map(Step::Convert),
        1 => Just(Step::RemovePack),
        1 => (0..DEVICES).prop_map(|device| Step::TakeBack { device }),
        1 => prop::bool::weighted(0.2).prop_map(|really| if really { Step::Rebuild } else { Step::Restart }),
        1 => Just(Step::Backup),
        1 => Just(Step::BeginRestore),
        1 => Just(Step::Restore),
        1 => Just(Step::Activate),
        2 => Just(Step::Restart)]
}

fn change() -> impl Strategy<Value = LedgerSettingsChange> {
    let rarely = || prop::option::of(prop::bool::weighted(0.3));
    let sweep = prop::option::of(0..86_400_u32);
    (rarely(), rarely(), rarely(), rarely(), sweep).prop_map(|(prevent, group, unvalidated, for_want, sweep_at_s)| LedgerSettingsChange {
        temporary_for_want_only: for_want,
        revoke_2008_only: None,
        prevent_license_upgrade: prevent,
        security_group_policy: group,
        unvalidated_expired_denied: unvalidated,
        sweep_at_s,
    })
}

/// A license server and the devices that were given something.
struct World {
    run: Run<Ledger>,
    held: BTreeMap<u8, Vec<Cal>>,
    bought: Vec<Pack>,
    backup: Option<(Backup, Vec<LicenseRecord>)>,
    restarts: bool,
}

fn terminal_server() -> ServerName {
    "TS1".parse().unwrap()
}

fn hardware_id(device: u8) -> HardwareId {
    HardwareId::new(1, [device; 16])
}

fn start() -> Command {
    let certificate =
        NewCertificate { pem: "self-signed".to_owned(), from: LabTime::from_unix(0), until: LabTime::from_unix(2_524_608_000) };
    Command::Start {
        name: "LS1".parse().unwrap(),
        generation: Generation::Windows2008R2,
        certificate,
        product_id: ProductId::from_random([7; 20]),
    }
}

impl World {
    fn new(seed: u64, restarts: bool) -> Self {
        let mut run = Run::new(seed, "2026-03-02T08:00:00Z".parse().unwrap());
        run.execute(start()).unwrap();
        run.execute(Command::TrustTerminalServer { name: terminal_server(), key: PublicKey::from_bytes([3; 32]).unwrap() }).unwrap();
        Self { run, held: BTreeMap::new(), bought: Vec::new(), backup: None, restarts }
    }

    fn take(&mut self, step: &Step) {
        match step.clone() {
            Step::Ask { device, version, temporary_only, shows } => self.ask(device, version, temporary_only, shows),
            Step::Mark { device } => self.mark(device),
            Step::Pass(span) => self.run.pass(span),
            Step::Install { version, product_type, total } => self.install(version, product_type, total),
            Step::Change(change) => drop(self.run.execute(Command::ChangeSettings(change)).unwrap()),
            Step::Life(days) => drop(self.run.execute(Command::LayDownLife { days }).unwrap()),
            Step::Group(member) => {
                let members = member.then(terminal_server).into_iter().collect();
                self.run.execute(Command::ChangeGroup(members)).unwrap();
            }
            Step::Revoke { device } => self.revoke(device),
            Step::Convert(quantity) => self.convert(quantity),
            Step::RemovePack => self.remove_pack(),
            Step::TakeBack { device } => self.take_back(device),
            Step::Rebuild => drop(self.run.execute(Command::Manage(ManageCommand::Rebuild)).unwrap()),
            Step::Backup => {
                let backup = self.run.machine.backup(PublicKey::from_bytes([3; 32]).unwrap(), self.run.now).unwrap();
                self.backup = Some((backup, self.run.machine.records_after(0, 1000)));
            }
            Step::BeginRestore => self.begin_restore(),
            Step::Restore => self.restore(),
            Step::Activate => self.activate(),
            Step::Restart => self.restart(),
        }
        // A changed setting may let something fall due at once; it runs before anybody looks.
        self.run.pass(Span::seconds(0));
        self.holds();
    }

    fn inquiry(&self, device: u8, version: ProductVersion, temporary_only: bool, shows: Shows) -> Inquire {
        let held = self.held.get(&device);
        let presented = match shows {
            Shows::Nothing => None,
            Shows::First => held.and_then(|held| held.first()),
            Shows::Last => held.and_then(|held| held.last()),
        };
        let inquiry = Inquiry {
            request: "request-0".parse().unwrap(),
            version,
            generation: Generation::Windows2003,
            platform: Platform::Windows98,
            device: format!("PC{device}").parse().unwrap(),
            user: "anna".parse().unwrap(),
            hardware_id: hardware_id(device),
            presented: presented.map(|_| "token".to_owned()),
            temporary_only,
        };
        Inquire(Box::new(Asked {
            inquiry,
            terminal_server: terminal_server(),
            presented: presented.cloned(),
            referred_by: None,
            elsewhere: Vec::new(),
        }))
    }

    fn ask(&mut self, device: u8, version: ProductVersion, temporary_only: bool, shows: Shows) {
        let command = self.inquiry(device, version, temporary_only, shows);
        match self.run.answer(command).unwrap().0 {
            Outcome::License { cal, certificate, .. } => {
                assert!(cal.holds_at(self.run.now) && cal.version >= version && cal.hardware_id == hardware_id(device), "{cal:?}");
                assert!(self.run.machine.certificate(certificate).is_some());
                assert_eq!(self.rows().iter().filter(|row| row.cal == cal).count(), 1, "what is answered is on record: {cal:?}");
                self.held.entry(device).or_default().push(cal);
            }
            Outcome::Declined { .. } | Outcome::TooOld => {}
        }
    }

    /// At the most a fifth of a version's CALs stand revoked, and at least one may be.
    fn revoke(&mut self, device: u8) {
        let active = |row: &&LicenseRow| row.cal.hardware_id == hardware_id(device) && row.standing == Standing::Active;
        let Some((number, version)) = self.rows().iter().find(active).map(|row| (row.number, row.cal.version)) else { return };
        let (left, _) = self.run.machine.revocable(version, self.run.now);
        let (revocation, _) = self.run.answer(Revoke { number }).unwrap();
        assert_eq!(matches!(revocation, Revocation::Revoked { .. }), left > 0, "{left} may be revoked");
        self.run.execute(Revoke { number }).unwrap();
    }

    fn convert(&mut self, quantity: u32) {
        let Some(row) = self.run.machine.pack_list(self.run.now).packs.into_iter().find(|row| row.available >= quantity) else { return };
        let request: RequestId = format!("convert-{}", self.run.journal.len()).parse().unwrap();
        let command = || Convert { request: request.clone(), pack: row.pack.id.clone(), quantity };
        let before = self.total();
        self.run.execute(command()).unwrap();
        assert!(self.run.execute(command()).unwrap().is_empty(), "asked again, nothing is converted twice");
        assert_eq!(self.total(), before, "converted CALs are neither more nor fewer");
    }

    fn total(&self) -> u32 {
        self.run.machine.pack_list(self.run.now).packs.iter().map(|row| row.pack.total).sum()
    }

    /// A pack that comes back knows what devices hold of it.
    fn remove_pack(&mut self) {
        let Some(row) = self.run.machine.pack_list(self.run.now).packs.into_iter().next() else { return };
        self.run.execute(Command::Manage(ManageCommand::RemovePack(row.pack.id.clone()))).unwrap();
        self.holds();
        // The clearinghouse gives the pack again as it was bought, whatever of it was converted meanwhile.
        let bought = self.bought.iter().find(|pack| pack.id == row.pack.id).cloned();
        if self.run.machine.is_activated(self.run.now) {
            let request = "request-3".parse::<RequestId>().unwrap();
            self.run.execute(InstallPack { request, pack: bought.unwrap_or_else(|| row.pack.clone()) }).unwrap();
            let back = self.run.machine.pack_row(&row.pack.id).unwrap();
            assert_eq!((back.pack.total, back.issued, back.withheld), (row.pack.total, row.issued, row.withheld));
        }
    }

    /// What has come in of a backup changes nothing, until its end.
    fn begin_restore(&mut self) {
        let Some((backup, records)) = self.backup.clone() else { return };
        let before = (self.run.machine.pack_list(self.run.now), self.rows());
        self.run.execute(Command::Restore(RestoreCommand::Begin(Box::new(backup), PublicKey::from_bytes([3; 32]).unwrap()))).unwrap();
        for piece in records.chunks(3) {
            self.run.execute(Command::Restore(RestoreCommand::Records(piece.to_vec()))).unwrap();
        }
        assert_eq!((self.run.machine.pack_list(self.run.now), self.rows()), before);
    }

    fn restore(&mut self) {
        let Some((_, records)) = self.backup.clone() else { return };
        let end = |records: usize| {
            Command::Restore(RestoreCommand::End { records: u64::try_from(records).unwrap(), key: PublicKey::from_bytes([3; 32]).unwrap() })
        };
        self.begin_restore();
        self.restart();
        assert!(self.run.execute(end(records.len() + 1)).is_err(), "a piece is missing");
        self.run.execute(end(records.len())).unwrap();
        assert!(self.run.execute(end(records.len())).is_err(), "it has ended");
        // What has ended since the backup was made is swept at its own hour, which may have been.
        self.run.pass(Span::seconds(0));
    }

    fn take_back(&mut self, device: u8) {
        let permanent = self.held.get(&device).and_then(|held| held.iter().rfind(|cal| cal.kind == CalKind::Permanent));
        let Some(cal) = permanent else { return };
        let notice = ReturnNotice {
            request: "request-4".parse().unwrap(),
            cal: cal.id,
            hardware_id: cal.hardware_id,
            version: cal.version,
            expires_at: cal.expires_at,
        };
        let back = || TakeBack { from: "LS2".parse().unwrap(), notice: notice.clone() };
        self.run.execute(back()).unwrap();
        assert!(self.run.execute(back()).unwrap().is_empty(), "a second notice changes nothing");
    }

    fn mark(&mut self, device: u8) {
        let temporary = self.held.get(&device).and_then(|held| held.iter().rfind(|cal| cal.kind == CalKind::Temporary));
        let Some(cal) = temporary.map(|cal| cal.id) else { return };
        let mark = || Mark { cal, hardware_id: hardware_id(device), terminal_server: terminal_server() };
        self.run.execute(mark()).unwrap();
        let again = self.run.execute(mark()).unwrap();
        assert!(!again.iter().any(|event| matches!(event, Event::Validated { .. })), "a second mark changes nothing");
    }

    fn install(&mut self, version: ProductVersion, product_type: ProductType, total: u32) {
        let number = u8::try_from(self.bought.len() + 1).unwrap();
        let pack = Pack { id: PackId::from_random([number; 35]), kind: PackKind::Retail, version, product_type, total };
        let install = |request: &str| InstallPack { request: request.parse::<RequestId>().unwrap(), pack: pack.clone() };
        let installed = self.run.execute(install("request-1"));
        let activated = self.run.machine.is_activated(self.run.now);
        assert_eq!(installed.is_ok(), activated, "an activated server installs");
        if activated {
            assert_eq!(self.run.execute(install("request-1")).unwrap().len(), 0, "asked again, nothing happens");
            assert!(self.run.execute(install("request-2")).is_err(), "nor under another request");
            self.bought.push(pack);
        }
    }

    fn activate(&mut self) {
        let (from, until) = (self.run.now, self.run.now + Span::days(400));
        let certificate = NewCertificate { pem: format!("from {from}"), from, until };
        let keep = || {
            let certificate = certificate.clone();
            Command::Activation(Box::new(ActivationCommand::Keep { certificate, number: 1, reason: None }))
        };
        self.run.execute(keep()).unwrap();
        assert!(self.run.execute(keep()).unwrap().is_empty(), "the same certificate is kept once");
    }

    /// What the rows lead to is what the running machine is, to the eye and to the next question.
    fn restart(&mut self) {
        let loaded = self.run.loaded();
        self.same(&loaded);
        if self.restarts {
            self.run.machine = loaded;
        }
        self.run.execute(start()).unwrap();
    }

    fn same(&self, loaded: &Ledger) {
        let (own, now) = (&self.run.machine, self.run.now);
        assert_eq!(own.pack_list(self.run.now), loaded.pack_list(self.run.now));
        assert_eq!(rows_of(own, now), rows_of(loaded, now));
        assert_eq!(own.settings(), loaded.settings());
        assert_eq!(own.security_group(), loaded.security_group());
        assert_eq!((own.server(), own.clearinghouse()), (loaded.server(), loaded.clearinghouse()));
        assert_eq!(own.terminal_servers(), loaded.terminal_servers());
        assert_eq!(own.certificates().collect::<Vec<_>>(), loaded.certificates().collect::<Vec<_>>());
        assert_eq!(own.next_due(), loaded.next_due());
        for device in 0..DEVICES {
            for version in ProductVersion::ALL {
                let would = |ledger: &Ledger| self.run.would(ledger, self.inquiry(device, version, false, Shows::Last)).unwrap();
                assert_eq!(would(own), would(loaded), "device {device} asks for {version}");
            }
        }
    }

    fn rows(&self) -> Vec<LicenseRow> {
        rows_of(&self.run.machine, self.run.now)
    }

    /// What holds at every step.
    fn holds(&self) {
        let rows = self.rows();
        let list = self.run.machine.pack_list(self.run.now);
        for row in &list.packs {
            let counts = |license: &&LicenseRow| license.standing != Standing::Revoked;
            let drawn = rows.iter().filter(counts).filter(|license| license.cal.pack() == Some(&row.pack.id)).count();
            assert!(row.issued <= row.pack.total, "over-issued: {row:?}");
            assert_eq!((row.issued + row.available, row.issued as usize), (row.pack.total, drawn), "{row:?}");
            assert!(drawn == 0 || row.pack.product_type == ProductType::Device, "{row:?}");
        }
        let of_pack = rows.iter().filter(|row| row.cal.kind == CalKind::Permanent).count();
        let installed = |license: &&LicenseRow| list.packs.iter().any(|row| license.cal.pack() == Some(&row.pack.id));
        let counted = rows.iter().filter(installed).filter(|row| row.standing != Standing::Revoked).count();
        assert_eq!(list.packs.iter().map(|row| row.issued as usize).sum::<usize>(), counted, "every permanent is of a pack");
        let temporaries = list.temporaries.iter().map(|row| row.issued).sum::<u64>();
        assert_eq!(temporaries as usize, rows.len() - of_pack);
        let ids: BTreeSet<_> = rows.iter().map(|row| row.cal.id).collect();
        assert_eq!(ids.len(), rows.len(), "ids are unique");
        let held: Vec<_> = rows.iter().filter(|row| row.standing != Standing::Revoked).collect();
        let holders: BTreeSet<_> = held.iter().map(|row| (row.cal.hardware_id, row.cal.kind, row.cal.version)).collect();
        assert_eq!(holders.len(), held.len(), "no device has two of a kind and version: {rows:#?}");
        assert!(self.run.machine.next_due().is_none_or(|due| due > self.run.now), "what fell due has run");
    }
}

fn rows_of(ledger: &Ledger, now: LabTime) -> Vec<LicenseRow> {
    let list = ledger.license_list(&LicenseQuery { limit: Some(1000), ..LicenseQuery::default() }, now);
    assert_eq!(list.next, None);
    list.licenses
}

proptest! {
    /// Rules: LS-04, LS-05, LS-06, LS-09, LS-13, LS-14, RN-02, AC-30, AC-33, AC-39, W08-07, W08-08, W08-13, LS-10.
    #[test]
    fn a_license_server_never_issues_more_than_it_has_whatever_happens(seed: u64, steps in prop::collection::vec(step(), 1..90)) {
        let mut world = World::new(seed, true);
        let mut steady = World::new(seed, false);
        world.take(&Step::Activate);
        steady.take(&Step::Activate);
        for step in &steps {
            world.take(step);
            steady.take(step);
        }
        world.run.replays();
        prop_assert_eq!(world.run.transcript(), steady.run.transcript(), "a start from rows changes nothing, and a seed gives the same history");
    }
}
