//! The simulated client devices: what they hold, and what can happen to it.

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use shared::model::{DeviceName, LabTime, Platform};

use super::Context;
use crate::clients::Clients;
use crate::failure::Failure;
use crate::out::Out;
use client::device::{Device, Memory, Part, Slot};

#[derive(Subcommand, Debug)]
pub(crate) enum Client {
    /// List the devices
    #[command(after_help = "Example:  tsl client list")]
    List,
    /// Show a device's hardware id and every license in its store
    #[command(after_help = "Example:  tsl client show PC01\nRules: ST-01 to ST-04; the fields of tsctst.exe (TL-05).")]
    Show {
        /// The device
        device: DeviceName,
    },
    /// Make a device with an operating system of its own; otherwise the first connection makes one
    #[command(after_help = "Example:  tsl client new OLD01 --platform windows-98")]
    New {
        /// The device
        device: DeviceName,
        /// windows-for-workgroups, windows-95, windows-98, windows-nt35, windows-nt4, windows-2000, windows-xp-home, windows-xp-professional, windows-vista, macintosh, other
        #[arg(long, default_value = "windows-xp-professional")]
        platform: Platform,
        /// Forgets its licenses when it is switched off, as a thin client without flash does (ST-09)
        #[arg(long)]
        no_store: bool,
        /// With --no-store: forgets its hardware id too, and makes another at each start (FT-08)
        #[arg(long, requires = "no_store")]
        new_id_per_boot: bool,
    },
    /// Switch a device off and on: what its memory does not keep is gone
    #[command(
        after_help = "Example:  tsl client new THIN01 --platform other --no-store\n          tsl connect THIN01 && tsl client power-cycle THIN01 && tsl connect THIN01\nRules: ST-09 (a stable hardware id gets the same license back), FT-08 (an unstable one burns CALs)."
    )]
    PowerCycle {
        /// The device
        device: DeviceName,
    },
    /// Say of a device that its memory keeps everything now: new firmware
    #[command(after_help = "Example:  tsl client firmware THIN01\nRule: FT-08 (the cure).")]
    Firmware {
        /// The device
        device: DeviceName,
    },
    /// Delete one license, keep the hardware id: the license server hands the same license back
    #[command(after_help = "Example:  tsl client delete-license PC01 LICENSE000 && tsl connect PC01\nRules: ST-05, PD-02.")]
    DeleteLicense {
        /// The device
        device: DeviceName,
        /// The license: LICENSE000, or its number
        slot: Slot,
    },
    /// Delete the whole MSLicensing key: the device comes back as a new one
    #[command(
        after_help = "Example:  tsl client delete-store PC01 && tsl connect PC01\nRules: ST-06, ST-01. The old license lives on at the license server until it ends."
    )]
    DeleteStore {
        /// The device
        device: DeviceName,
    },
    /// Give a device another identity and leave it its licenses: a handheld with another network card or address
    #[command(
        after_help = "Example:  tsl client change-identity CE01 && tsl connect CE01\nRules: NT-52 (each identity takes another license), PD-21 (a later server denies it)."
    )]
    ChangeIdentity {
        /// The device
        device: DeviceName,
    },
    /// Show the notice of Windows NT 4.0's client set-up
    #[command(
        after_help = "It is shown to everybody: set-up looks neither for the one license nor for the other.\n\nExample:  tsl client setup-notice\nRules: NT-06, NT-01, NT-07."
    )]
    SetupNotice,
    /// Take a device away altogether
    #[command(after_help = "Example:  tsl client remove PC20      it died; its CAL comes back when it ends (LS-09)")]
    Remove {
        /// The devices
        #[arg(required = true, value_name = "DEVICE")]
        devices: Vec<DeviceName>,
        /// Say nothing against devices that are not there
        #[arg(long)]
        if_any: bool,
    },
    /// Copy licenses, or a whole image, to another device
    #[command(
        after_help = "Example:  tsl client copy PC01 PC02             licenses only: denied with 260 (ST-11, PD-21)\n          tsl client copy PC01 PC02 --image     hardware id too: counts as one device (ST-10)"
    )]
    Copy {
        /// The device to copy from
        from: DeviceName,
        /// The device to copy to
        to: DeviceName,
        /// Take the hardware id along, as a disk image does
        #[arg(long)]
        image: bool,
    },
    /// Flip a byte of a stored license
    #[command(
        after_help = "Example:  tsl client damage PC01 LICENSE000 --part signature\nRules: PD-22 (content, signature), PD-23 or PD-22 (header); both 261."
    )]
    Damage {
        /// The device
        device: DeviceName,
        /// The license: LICENSE000, or its number
        #[arg(default_value = "LICENSE000")]
        slot: Slot,
        /// Which part of its signed form
        #[arg(long, value_enum, default_value = "signature")]
        part: PartName,
        /// Which byte of that part
        #[arg(long, default_value_t = 40, value_name = "N")]
        byte: usize,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PartName {
    /// Algorithm and certificate chain
    Header,
    /// What the license says
    Content,
    /// The signature
    Signature,
}

impl Client {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let clients = context.lab()?.clients();
        match self {
            Client::List => list(context, &clients),
            Client::Show { device } => show(context, &existing(&clients, &device)?),
            Client::PowerCycle { device } => {
                let mut found = existing(&clients, &device)?;
                found.power_cycle();
                let what = match found.memory {
                    Memory::Whole => "was switched off and on and has kept everything",
                    Memory::HardwareId => "was switched off and on and has lost its licenses; its hardware id is the same (ST-09)",
                    Memory::Nothing => "was switched off and on and has lost everything, its hardware id too (FT-08)",
                };
                changed(context, &clients, &found, what)
            }
            Client::Firmware { device } => {
                let mut found = existing(&clients, &device)?;
                found.memory = Memory::Whole;
                changed(context, &clients, &found, "keeps its store in flash from now on")
            }
            Client::New { device, platform, no_store, new_id_per_boot } => {
                if clients.find(&device)?.is_some() {
                    return Err(Failure::Usage(format!("{device} is there already; see tsl client show {device}")));
                }
                let memory = match (no_store, new_id_per_boot) {
                    (false, _) => Memory::Whole,
                    (true, false) => Memory::HardwareId,
                    (true, true) => Memory::Nothing,
                };
                changed(context, &clients, &Device { memory, ..Device::new(device, platform) }, "is a new device")
            }
            Client::DeleteLicense { device, slot } => {
                let mut found = existing(&clients, &device)?;
                if !found.delete_license(slot) {
                    return Err(no_license(&found, slot));
                }
                changed(context, &clients, &found, &format!("has lost {slot}; its hardware id stays (ST-05)"))
            }
            Client::DeleteStore { device } => {
                let mut found = existing(&clients, &device)?;
                found.delete_key();
                changed(context, &clients, &found, "has lost its store; the next connection makes a new hardware id (ST-06)")
            }
            Client::ChangeIdentity { device } => {
                let mut found = existing(&clients, &device)?;
                found.change_identity();
                changed(context, &clients, &found, "is somebody else to every server; the next connection makes a new hardware id (NT-52)")
            }
            Client::SetupNotice => setup_notice(context),
            Client::Remove { devices, if_any } => {
                let mut removed = Vec::new();
                for device in devices {
                    match clients.remove(&device)? {
                        true => removed.push(device),
                        false if if_any => {}
                        false => return Err(unknown(&device)),
                    }
                }
                context.out.show(&json!({ "removed": removed }), |out| {
                    for device in &removed {
                        out.line(&format!("{device} is gone; its licenses end when they end"));
                    }
                })
            }
            Client::Copy { from, to, image } => copy(context, &clients, &from, &to, image),
            Client::Damage { device, slot, part, byte } => {
                let mut found = existing(&clients, &device)?;
                let part = match part {
                    PartName::Header => Part::Header,
                    PartName::Content => Part::Content,
                    PartName::Signature => Part::Signature,
                };
                found.damage(slot, part, byte).ok_or_else(|| no_license(&found, slot))?;
                changed(context, &clients, &found, &format!("has a damaged {slot}"))
            }
        }
    }
}

fn list(context: &Context, clients: &Clients) -> Result<(), Failure> {
    let devices: Result<Vec<Device>, Failure> = clients.names()?.iter().map(|name| existing(clients, name)).collect();
    let devices = devices?;
    context.out.show(&devices, |out| {
        let rows = devices.iter().map(|device| {
            let held = device.licensing.store.iter().map(|(slot, license)| match license.read() {
                Some(cal) => format!("{} {} until {}", cal.kind, cal.version, cal.expires_at.end_in_words()),
                None => format!("{slot} cannot be read"),
            });
            vec![device.name.to_string(), device.platform.to_string(), held.collect::<Vec<_>>().join("; ")]
        });
        out.table(&["device", "platform", "licenses"], rows.collect(), "no device yet; connect one: tsl connect PC01");
    })
}

/// NT-06, NT-07: what the client's set-up says to everybody, whatever they own.
fn setup_notice(context: &Context) -> Result<(), Failure> {
    let notice = "\
Terminal Server Client Setup
Before this computer connects to a terminal server of Windows NT 4.0 you need two licenses for it: a server client access
license, and a license for Windows NT Workstation, since that is what a session delivers to it.
Set-up does not look whether you have them.";
    context.out.show(&json!({ "notice": notice }), |out| out.line(notice))
}

fn show(context: &Context, device: &Device) -> Result<(), Failure> {
    let licenses: Vec<_> = device.licensing.store.iter().map(|(slot, license)| json!({ "slot": slot, "cal": license.read() })).collect();
    let value = json!({ "device": device, "licenses": licenses });
    context.out.show(&value, |out| {
        let hardware =
            device.licensing.hardware.map_or_else(|| "none yet: the next connection makes one".to_owned(), |key| key.id.to_string());
        if device.platform == Platform::WindowsForWorkgroups {
            show_files(out, device, &hardware);
            return;
        }
        out.line(&format!("{} ({})\n{}\n  HardwareID\\ClientHWID  {hardware}", device.name, device.platform, device.store_place()));
        if device.key_deleted && device.platform == Platform::WindowsVista {
            out.line("  the key was deleted; only a client that runs elevated can make it anew (ST-07)");
        }
        for (slot, license) in &device.licensing.store {
            out.line(&format!(
                "  Store\\{slot}\n    ProductID {}, CompanyName {}, LicenseScope {}",
                license.product, license.company, license.scope
            ));
            out.line(&format!(
                "    ClientLicense {} bytes: {}",
                license.license.len(),
                license.read().map_or_else(|| "cannot be read".to_owned(), |cal| said(&cal, device.last_seen))
            ));
        }
    })
}

/// NT-45: Windows for Workgroups has no such registry; its licenses are files.
fn show_files(out: Out, device: &Device, hardware: &str) {
    out.line(&format!("{} ({})\nSystem\\Regdata\n  HWID.bin  {hardware}", device.name, device.platform));
    for (slot, license) in &device.licensing.store {
        let what = license.read().map_or_else(|| "cannot be read".to_owned(), |cal| said(&cal, device.last_seen));
        out.line(&format!("  {slot}.bin  {} bytes: {what}", license.license.len()));
    }
}

fn said(cal: &shared::model::Cal, now: Option<LabTime>) -> String {
    let ended = if now.is_some_and(|now| !cal.holds_at(now)) { " (ended)" } else { "" };
    format!(
        "{} {} ({})\n      issued by {} to {} for {}\n      from {} until {}{ended}\n      license id {}, hardware id {}",
        cal.kind,
        cal.version,
        cal.adjusted_product_id(),
        cal.issuer,
        cal.device,
        cal.user,
        cal.issued_at,
        cal.expires_at.end_in_words(),
        cal.id,
        cal.hardware_id
    )
}

fn copy(context: &Context, clients: &Clients, from: &DeviceName, to: &DeviceName, image: bool) -> Result<(), Failure> {
    let source = existing(clients, from)?;
    if image {
        return changed(context, clients, &source.clone_as(to.clone()), &format!("is an image of {from}: same hardware id (ST-10)"));
    }
    let mut target = clients.find_or_new(to, Some(source.platform))?;
    target.copy_store_from(&source);
    changed(context, clients, &target, &format!("has the licenses of {from}, its hardware id is its own (ST-11)"))
}

fn changed(context: &Context, clients: &Clients, device: &Device, what: &str) -> Result<(), Failure> {
    clients.save(device)?;
    context.out.show(device, |out| out.line(&format!("{} {what}", device.name)))
}

fn existing(clients: &Clients, name: &DeviceName) -> Result<Device, Failure> {
    clients.find(name)?.ok_or_else(|| unknown(name))
}

fn unknown(name: &DeviceName) -> Failure {
    Failure::Usage(format!("there is no device {name}; `tsl client list` shows them, `tsl connect {name}` makes it"))
}

fn no_license(device: &Device, slot: Slot) -> Failure {
    let held: Vec<_> = device.licensing.store.keys().map(Slot::to_string).collect();
    let held = if held.is_empty() { "nothing".to_owned() } else { held.join(", ") };
    Failure::Usage(format!("{} has no {slot} that this could be done to; it holds {held}", device.name))
}
