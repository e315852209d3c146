//! `tsl tsctst`: every license in a client's store, field by field (TL-05).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use shared::model::{Cal, CalKind, DeviceName};

use super::Context;
use crate::failure::Failure;
use client::device::{Device, StoredLicense};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
The fields come in the order of the original's; its /A is --all here and adds the certificates that came with each license.
License type and version are what the product id inside says: A02-5.00-S is 2000, A02-5.02-S is 2003, A02-6.00-S is 2008, and
A02-5.00-EX the built-in pool of a 2000 server (ST-04). Of the flags 0x80000000 means temporary, 0x00008000 enforced (CE-07).

docs/CERTIFICATES.md says what the historic license looks like field by field.

Example:  tsl tsctst PC01
Rules: TL-05, ST-04, OQ-11 (what /A does).";

#[derive(Args, Debug)]
pub(crate) struct TsCtst {
    /// The device
    device: DeviceName,
    /// Add the certificates
    #[arg(long)]
    all: bool,
}

/// A license as the tool shows it: names and values in the tool's order.
#[derive(Serialize)]
struct Shown {
    fields: Vec<(&'static str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<String>,
}

impl TsCtst {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let clients = context.lab()?.clients();
        let Some(device) = clients.find(&self.device)? else {
            return Err(Failure::Usage(format!("there is no device {}; `tsl client list` shows them", self.device)));
        };
        let shown: Vec<Shown> =
            (0..).zip(device.licensing.store.values()).map(|(id, license)| show(id, &device, license, self.all)).collect();
        context.out.show(&shown, |out| {
            if shown.is_empty() {
                out.line("no license is stored on this computer");
            }
            for license in &shown {
                out.line("Issued license");
                for (name, value) in &license.fields {
                    out.line(&format!("  {name}: {value}"));
                }
                for certificate in &license.certificates {
                    out.line(certificate.trim_end());
                }
            }
        })
    }
}

fn show(id: usize, device: &Device, license: &StoredLicense, all: bool) -> Shown {
    let certificates = if all { certificates(&license.license) } else { Vec::new() };
    let Some(cal) = license.read() else {
        let fields = vec![("ID", id.to_string()), ("License ID", "cannot be read: the license is damaged".to_owned())];
        return Shown { fields, certificates };
    };
    let hardware = device.licensing.hardware.map_or_else(|| "none".to_owned(), |key| key.id.to_string());
    let fields = vec![
        ("ID", id.to_string()),
        ("TS Certificate Version", "0x00050001".to_owned()),
        ("HWID", hardware),
        ("Client Platform ID", format!("0x{:08X}", device.platform.id())),
        ("Company Name", license.company.clone()),
        ("Issuer", cal.issuer.to_string()),
        ("Scope", license.scope.clone()),
        ("Issued to machine", cal.device.to_string()),
        ("Issued to user", cal.user.to_string()),
        ("TS Locale ID", "0x00000409".to_owned()),
        ("License ID", cal.adjusted_product_id().to_owned()),
        ("License Type", license_type(&cal)),
        ("Licensed Product Version", format!("{} (0x{:08x})", cal.version, flags(&cal))),
        ("Valid from", cal.issued_at.to_string()),
        ("Expires on", cal.expires_at.to_string()),
    ];
    Shown { fields, certificates }
}

/// CE-07: temporary, RTM, enforced.
fn flags(cal: &Cal) -> u32 {
    match cal.kind {
        CalKind::Temporary => 0x80d4_8000,
        CalKind::Permanent => 0x00d4_8000,
    }
}

fn license_type(cal: &Cal) -> String {
    if cal.is_built_in() {
        return "Existing Windows 2000 license, built-in pool".to_owned();
    }
    let kind = match cal.kind {
        CalKind::Temporary => "Temporary",
        CalKind::Permanent => "Permanent",
    };
    format!("{kind} Terminal Services CAL Token, per device")
}

/// The certificates in a license's header, PEM; none where it cannot be read.
fn certificates(license: &str) -> Vec<String> {
    let header = license.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Option<Value> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let chain = header.as_ref().and_then(|header| header.get("x5c")).and_then(Value::as_array).cloned().unwrap_or_default();
    let der = chain.iter().filter_map(Value::as_str).filter_map(|text| STANDARD.decode(text).ok());
    der.map(|der| pem(&STANDARD.encode(der))).collect()
}

fn pem(base64: &str) -> String {
    let letters: Vec<char> = base64.chars().collect();
    let lines = letters.chunks(64).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}
