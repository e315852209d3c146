//! What a run is made of: who is there, and what everybody does and what goes wrong, in order. All of it follows from the seed.

use serde::Serialize;
use shared::model::{Generation, ProductType, ProductVersion};

use crate::chance::{Chance, Stream};

/// A run as it was thought up.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed it follows from.
    pub seed: u64,
    /// The generations of the license servers LS1, LS2, ...
    pub license_servers: Vec<Generation>,
    /// The generations of the terminal servers TS1, TS2, ...
    pub terminal_servers: Vec<Generation>,
    /// How many devices there are.
    pub devices: usize,
    /// What happens, in order.
    pub acts: Vec<Act>,
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Up to 30 devices.
    Small,
    /// Thousands of devices.
    Large,
}

impl Size {
    /// One seed in 500 is a large run.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        if seed.is_multiple_of(500) { Size::Large } else { Size::Small }
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its number in the plan as it was thought up.
    pub number: u64,
    /// How long after the one before, in milliseconds.
    pub after_ms: u64,
    /// What it is.
    pub deed: Deed,
}

/// What happens. Machines are numbered: 0 is the clearinghouse, then come the license servers, then the terminal servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A device visits a terminal server.
    Visit {
        /// The device.
        device: usize,
        /// The terminal server, from 0.
        terminal_server: usize,
        /// The client's `/admin` switch, with the administrator's account.
        admin: bool,
        /// What follows an accept.
        then: Follow,
        /// The client goes away after so many messages.
        leaves_after: Option<u8>,
    },
    /// An administrator buys a pack and installs it.
    Install {
        /// The license server, from 0.
        license_server: usize,
        /// What for.
        version: ProductVersion,
        /// For whom.
        product_type: ProductType,
        /// How many.
        quantity: u32,
    },
    /// An administrator activates a license server.
    Activate(usize),
    /// An administrator reactivates it, since its certificate is no good.
    Reactivate(usize),
    /// An administrator deactivates it.
    Deactivate(usize),
    /// An administrator revokes a device's CAL.
    Revoke(usize),
    /// An administrator turns device CALs into user CALs.
    Convert(usize),
    /// An administrator moves the packs of one license server to another.
    Migrate {
        /// From here.
        from: usize,
        /// To there.
        to: usize,
    },
    /// An administrator changes a terminal server's mode.
    Mode {
        /// The terminal server, from 0.
        terminal_server: usize,
        /// The registry's value: 2 per device, 4 per user.
        policy_ac_on: u32,
    },
    /// Time passes.
    Elapse {
        /// How many hours.
        hours: u32,
    },
    /// A machine is stopped and started again.
    Restart(usize),
    /// A machine is down for a good while.
    Outage(usize),
    /// A process is killed between two of its steps.
    Kill {
        /// The machine.
        machine: usize,
        /// After so many more steps.
        after_steps: u32,
    },
    /// A machine loses its power between two operations of its disk.
    PowerCut {
        /// The machine.
        machine: usize,
        /// After so many more operations of its disk.
        after_operations: u32,
        /// Whether the rows beside its journal are there afterwards.
        rows: bool,
    },
    /// A flush fails.
    FlushFails(usize),
    /// A disk is full for a while.
    DiskFull(usize),
    /// A disk is slow for a while.
    DiskSlow(usize),
    /// No message goes from one machine to another for a while.
    Cut {
        /// From here.
        from: usize,
        /// To there.
        to: usize,
    },
    /// Every wire loses, delays, doubles and reorders much more for a while.
    Storm,
    /// The clock of a machine is put forward.
    Skew {
        /// The machine.
        machine: usize,
        /// By so many minutes.
        minutes: u32,
    },
}

/// What follows an accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Follow {
    /// A logon, and a log-off where the user does not stay.
    LogOn {
        /// Whether the password is right.
        right: bool,
        /// Whether the user stays.
        stays: bool,
    },
    /// The logon is cancelled.
    Cancel,
    /// The logon screen is left up.
    Wait,
}

impl Plan {
    /// The run that follows from a seed.
    #[must_use]
    pub fn new(seed: u64, size: Size) -> Self {
        let chance = Chance::new(seed);
        let mut dice = chance.stream("layout");
        let license_servers: Vec<Generation> = (0..dice.between(1, 3)).map(|_| license_server(&mut dice)).collect();
        let terminal_servers: Vec<Generation> = (0..dice.between(1, 3)).map(|_| terminal_server(&mut dice)).collect();
        let (devices, acts) = match size {
            Size::Small => (dice.between(3, 30), dice.between(15, 150)),
            Size::Large => (dice.between(1000, 3000), dice.between(3000, 6000)),
        };
        let devices = usize::try_from(devices).unwrap_or(30);
        let mut plan = Self { seed, license_servers, terminal_servers, devices, acts: Vec::new() };
        let mut dice = chance.stream("acts");
        let stock = (0..plan.license_servers.len()).map(|license_server| {
            let number = acts + license_server as u64;
            Act { number, after_ms: 0, deed: plan.stock(&mut dice, license_server, size) }
        });
        let stock: Vec<Act> = stock.collect();
        let later = (0..acts).map(|number| {
            let after_ms = if dice.once_in(3) { dice.between(0, 20) } else { dice.between(0, 3000) };
            let deed = plan.deed(&mut dice, size);
            Act { number, after_ms: if size == Size::Large { after_ms / 20 } else { after_ms }, deed }
        });
        plan.acts = stock.into_iter().chain(later).collect();
        plan
    }

    /// How many machines there are.
    #[must_use]
    pub fn machines(&self) -> usize {
        1 + self.license_servers.len() + self.terminal_servers.len()
    }

    fn deed(&self, dice: &mut Stream, size: Size) -> Deed {
        let machines = self.machines();
        let license_server = dice.below(self.license_servers.len());
        let (machine, other) = (dice.below(machines), dice.below(machines));
        // Where there are thousands of devices, they are what is looked at.
        let kinds = if size == Size::Large { 400 } else { 100 };
        match dice.below(kinds) {
            0..=5 => self.install(dice, license_server, size),
            6 => Deed::Activate(license_server),
            7 => Deed::Reactivate(license_server),
            // Rare: nothing can be installed afterwards until somebody reactivates.
            8 if dice.once_in(4) => Deed::Deactivate(license_server),
            9 | 10 => Deed::Revoke(license_server),
            11 => Deed::Convert(license_server),
            12 => Deed::Migrate { from: license_server, to: dice.below(self.license_servers.len()) },
            13 => Deed::Mode {
                terminal_server: dice.below(self.terminal_servers.len()),
                policy_ac_on: if dice.once_in(2) { 2 } else { u32::try_from(dice.between(2, 5)).unwrap_or(2) },
            },
            14..=22 => {
                // Mostly a day or two; now and then as long as a temporary or grace lasts.
                let most = if dice.once_in(4) { 24 * 60 } else { 36 };
                Deed::Elapse { hours: u32::try_from(dice.between(1, most)).unwrap_or(1) }
            }
            23 | 24 => Deed::Restart(machine),
            25 => Deed::Outage(1 + license_server),
            26..=28 => Deed::Kill { machine, after_steps: u32::try_from(dice.between(0, 40)).unwrap_or(0) },
            29..=32 => Deed::PowerCut { machine, after_operations: u32::try_from(dice.between(0, 30)).unwrap_or(0), rows: dice.once_in(2) },
            33 => Deed::FlushFails(machine),
            34 => Deed::DiskFull(machine),
            35 => Deed::DiskSlow(machine),
            36..=38 => Deed::Cut { from: machine, to: other },
            39 | 40 => Deed::Storm,
            41 => Deed::Skew { machine, minutes: u32::try_from(dice.between(1, 60 * 24 * 3)).unwrap_or(1) },
            _ => self.visit(dice),
        }
    }

    /// What a license server has from the beginning.
    fn stock(&self, dice: &mut Stream, license_server: usize, size: Size) -> Deed {
        let version = self.license_servers.get(license_server).map_or(ProductVersion::V5_2, |generation| generation.version());
        let most = if size == Size::Large { 1500 } else { 6 };
        Deed::Install {
            license_server,
            version,
            product_type: ProductType::Device,
            quantity: u32::try_from(dice.between(1, most)).unwrap_or(1),
        }
    }

    fn install(&self, dice: &mut Stream, license_server: usize, size: Size) -> Deed {
        let own = self.license_servers.get(license_server).map_or(ProductVersion::V5_2, |generation| generation.version());
        let version = if dice.once_in(4) { ProductVersion::ALL.get(1 + dice.below(3)).copied().unwrap_or(own) } else { own };
        let product_type = if dice.once_in(5) { ProductType::User } else { ProductType::Device };
        let most = if size == Size::Large { 800 } else { 8 };
        Deed::Install { license_server, version, product_type, quantity: u32::try_from(dice.between(1, most)).unwrap_or(1) }
    }

    fn visit(&self, dice: &mut Stream) -> Deed {
        // Some devices come more often than others.
        let among = match dice.below(4) {
            0 => self.devices,
            1 => (self.devices / 4).max(1),
            _ => self.devices.min(3),
        };
        let then = match dice.below(10) {
            0 => Follow::Cancel,
            1 => Follow::Wait,
            2 => Follow::LogOn { right: false, stays: false },
            3 => Follow::LogOn { right: true, stays: true },
            _ => Follow::LogOn { right: true, stays: false },
        };
        Deed::Visit {
            device: dice.below(among),
            terminal_server: dice.below(self.terminal_servers.len()),
            admin: dice.once_in(20),
            then,
            leaves_after: dice.once_in(12).then(|| u8::try_from(dice.below(4)).unwrap_or(0)),
        }
    }
}

fn license_server(dice: &mut Stream) -> Generation {
    match dice.below(8) {
        0 => Generation::Windows2000Sp2,
        1 => Generation::Windows2000Sp3,
        2 | 3 => Generation::Windows2008,
        4 => Generation::Windows2008R2,
        _ => Generation::Windows2003,
    }
}

fn terminal_server(dice: &mut Stream) -> Generation {
    match dice.below(10) {
        0 => Generation::WindowsNt4,
        1 => Generation::Windows2000Sp2,
        2 => Generation::Windows2000Sp3,
        3 | 4 => Generation::Windows2008,
        5 => Generation::Windows2008R2,
        _ => Generation::Windows2003,
    }
}
