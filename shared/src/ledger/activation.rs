//! The life of a license server's activation: by typed code, deactivated, activated again, its key replaced (AC-12 to AC-27).

use serde::{Deserialize, Serialize};

use super::keys::pack_key;
use super::log::{log, service_event};
use super::{CertificateKind, Event, InstalledPack, Ledger, LicenseRecord, NewCertificate, OwnCertificate, Refusal};
use crate::machine::Rows;
use crate::model::{ContactMethod, LabTime, Lapse, LicenseServerId, ReactivationReason};
use crate::policy::licensing_events;

/// Something that an administrator wants of the server's activation. What was typed has been checked before.
#[derive(Clone, Debug)]
pub enum ActivationCommand {
    /// Keep the certificate that the clearinghouse answered with (AC-14, AC-25).
    Keep {
        /// The certificate.
        certificate: NewCertificate,
        /// Which of the server's activations it is.
        number: u16,
        /// Why the server is activated again.
        reason: Option<ReactivationReason>,
    },
    /// Take a License Server ID (AC-12, AC-13, CE-15).
    TakeId {
        /// The id.
        id: LicenseServerId,
        /// Which of the server's activations it is.
        number: u16,
        /// The registration's end.
        until: LabTime,
        /// Why the server is activated again.
        reason: Option<ReactivationReason>,
    },
    /// Take the clearinghouse's certificate beside a License Server ID (CE-15).
    BringCertificate(NewCertificate),
    /// Deactivate (AC-22, AC-23); the clearinghouse or its code has confirmed it.
    Deactivate(ContactMethod),
    /// The clearinghouse said that this activation is over there (AM-15).
    Disown {
        /// Whether the Product ID belongs to another key; else it was deactivated.
        other_key: bool,
    },
    /// The key was replaced: from here on everything is signed with another one (AC-25 reason 2).
    ReplaceKey(NewCertificate),
}

/// Something that happened to the server's activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "activation", rename_all = "kebab-case")]
pub enum ActivationEvent {
    /// It was deactivated (AC-24).
    Deactivated {
        /// When.
        at: LabTime,
        /// How.
        method: ContactMethod,
        /// Certificates below this number sign no more.
        retired_below: u32,
        /// Which of the server's activations is over.
        number: u16,
    },
    /// It was activated again; the new certificate follows (AC-25, AC-26).
    Reactivated {
        /// Why.
        reason: ReactivationReason,
        /// Certificates below this number sign no more.
        retired_below: u32,
        /// Which of the server's activations is over.
        number: u16,
    },
    /// The clearinghouse said that this activation is over there (AM-15).
    Disowned {
        /// When this server learned of it.
        at: LabTime,
        /// Whether the Product ID belongs to another key; else it was deactivated.
        other_key: bool,
        /// Certificates below this number sign no more.
        retired_below: u32,
        /// Which of the server's activations is over.
        number: u16,
    },
    /// Another key signs from here on (FT-23).
    KeyReplaced {
        /// Certificates below this number are for keys that are gone.
        keys_below: u32,
        /// Which of the server's activations is over.
        number: u16,
    },
    /// CALs that no device holds were withheld: the clearinghouse gives them again (AC-26, AC-40).
    Withheld {
        /// How many of which pack.
        packs: Vec<(u64, u32)>,
        /// Why.
        because: WithheldBecause,
    },
}

/// Why CALs are withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithheldBecause {
    /// The server was activated again (AC-26).
    Reactivation,
    /// The database came back onto another installation (AC-40).
    Restore,
}

/// What is over of a server's activations: a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Certificates below this number make no activated server.
    pub retired_below: u32,
    /// Certificates below this number are for keys that are gone.
    pub keys_below: u32,
    /// The last of the server's activations that is over; its id is not taken again.
    pub over: u16,
    /// When the server was deactivated, where it is.
    pub deactivated_at: Option<LabTime>,
    /// When the server learned that its Product ID belongs to another key (AM-15).
    #[serde(default)]
    pub disowned_at: Option<LabTime>,
}

/// A certificate as it is kept; whether it belongs to an activation is the caller's to say.
pub(super) fn received(number: u32, kind: CertificateKind, new: NewCertificate, now: LabTime) -> OwnCertificate {
    let NewCertificate { pem, from, until } = new;
    OwnCertificate { number, kind, pem, from, until, received_at: now, license_server_id: None, activation: 0 }
}

pub(super) fn decide(ledger: &Ledger, command: ActivationCommand, now: LabTime) -> Result<Vec<Event>, Refusal> {
    match command {
        ActivationCommand::Keep { certificate, number, reason } => keep(ledger, certificate, number, reason, now),
        ActivationCommand::TakeId { id, number, until, reason } => take_id(ledger, id, number, until, reason, now),
        ActivationCommand::BringCertificate(certificate) => bring_certificate(ledger, certificate, now),
        ActivationCommand::Deactivate(method) => deactivate(ledger, method, now),
        ActivationCommand::Disown { other_key } => Ok(disown(ledger, other_key, now)),
        ActivationCommand::ReplaceKey(certificate) => Ok(replace_key(ledger, certificate, now)),
    }
}

/// AC-14: the certificate of an activation is kept; asked again, the same one changes nothing.
fn keep(
    ledger: &Ledger,
    certificate: NewCertificate,
    number: u16,
    reason: Option<ReactivationReason>,
    now: LabTime,
) -> Result<Vec<Event>, Refusal> {
    if ledger.certificates.values().any(|own| own.pem == certificate.pem) {
        return Ok(Vec::new());
    }
    let own = OwnCertificate { activation: number, ..received(ledger.next_certificate(), CertificateKind::Activation, certificate, now) };
    activated(ledger, own, reason)
}

/// AC-12, AC-13, AC-17, CE-15: the self-signed certificate stands for the activation from here on.
fn take_id(
    ledger: &Ledger,
    id: LicenseServerId,
    number: u16,
    until: LabTime,
    reason: Option<ReactivationReason>,
    now: LabTime,
) -> Result<Vec<Event>, Refusal> {
    if ledger.current_certificate(now).is_some_and(|own| own.license_server_id.as_ref() == Some(&id)) {
        return Ok(Vec::new());
    }
    // The same activation may be told twice, by certificate and by id; one that is over may not.
    if number <= ledger.life.over || until <= now {
        return Err(Refusal::OldId(number));
    }
    let bare = ledger.bare_certificate().ok_or(Refusal::NotStarted)?;
    let certificate = NewCertificate { pem: bare.pem.clone(), from: bare.from, until };
    let own = received(ledger.next_certificate(), CertificateKind::SelfSigned, certificate, now);
    let own = OwnCertificate { activation: number, license_server_id: Some(id), ..own };
    activated(ledger, own, reason)
}

/// AC-24, AC-25, AC-26: the first activation says no reason, every later one does.
fn activated(ledger: &Ledger, own: OwnCertificate, reason: Option<ReactivationReason>) -> Result<Vec<Event>, Refusal> {
    let before = ledger.activation_number();
    let Some(reason) = reason else {
        if ledger.life.deactivated_at.is_some() {
            return Err(Refusal::NoActivation("deactivated: reactivate it, with one of the five reasons"));
        }
        if ledger.life.disowned_at.is_some() {
            return Err(Refusal::NoActivation("on the clearinghouse's books under another key: call the clearinghouse, and reactivate it"));
        }
        return Ok(vec![Event::CertificateReceived(own), service_event(4, "The license server has been activated.")]);
    };
    if before == 0 {
        return Err(Refusal::NeverActivated);
    }
    let over = if own.activation > before { before } else { own.activation.saturating_sub(1) };
    let reactivated = ActivationEvent::Reactivated { reason, retired_below: own.number, number: over };
    let mut events = vec![Event::Activation(reactivated), Event::CertificateReceived(own)];
    events.push(service_event(4, &format!("The license server has been reactivated: {}.", reason.words())));
    events.extend(withhold(ledger.installed_packs(), WithheldBecause::Reactivation));
    Ok(events)
}

/// AC-26: what was issued stays good and what was not is withheld until the clearinghouse issues it again.
pub(super) fn withhold<'a>(packs: impl Iterator<Item = &'a InstalledPack>, because: WithheldBecause) -> Vec<Event> {
    let packs: Vec<(u64, u32)> = packs.filter(|pack| pack.available() > 0).map(|pack| (pack.number, pack.available())).collect();
    let lost: u64 = packs.iter().map(|(_, count)| u64::from(*count)).sum();
    if lost == 0 {
        return Vec::new();
    }
    let record = match because {
        WithheldBecause::Reactivation => licensing_events::to_be_reissued(lost),
        WithheldBecause::Restore => licensing_events::lost_in_restore(lost),
    };
    vec![Event::Activation(ActivationEvent::Withheld { packs, because }), Event::Logged(record)]
}

/// CE-15: the usual chain, for an activation by a typed code that holds.
fn bring_certificate(ledger: &Ledger, certificate: NewCertificate, now: LabTime) -> Result<Vec<Event>, Refusal> {
    if ledger.certificates.values().any(|own| own.pem == certificate.pem) {
        return Ok(Vec::new());
    }
    let current = ledger.current_certificate(now).filter(|_| ledger.is_activated(now));
    let activation = current.ok_or(Refusal::NoActivation("not activated: type its License Server ID first"))?.activation;
    let own = received(ledger.next_certificate(), CertificateKind::Activation, certificate, now);
    Ok(vec![Event::CertificateReceived(OwnCertificate { activation, ..own })])
}

/// AC-24: a deactivated server licenses nobody further; temporaries go on as before activation.
fn deactivate(ledger: &Ledger, method: ContactMethod, now: LabTime) -> Result<Vec<Event>, Refusal> {
    if ledger.life.deactivated_at.is_some() {
        return Ok(Vec::new());
    }
    let number = ledger.activation_number();
    if number == 0 {
        return Err(Refusal::NoActivation("not activated, so there is nothing to deactivate"));
    }
    let retired_below = ledger.next_certificate();
    Ok(vec![
        Event::Activation(ActivationEvent::Deactivated { at: now, method, retired_below, number }),
        log(licensing_events::deactivated(method)),
    ])
}

/// AM-15: what the clearinghouse says of this activation is believed, since nothing that it signed will follow. Licenses that were issued
/// stay as they are (AC-26).
fn disown(ledger: &Ledger, other_key: bool, now: LabTime) -> Vec<Event> {
    if !ledger.is_activated(now) {
        return Vec::new();
    }
    let (retired_below, number) = (ledger.next_certificate(), ledger.activation_number());
    let record = if other_key { licensing_events::disowned() } else { licensing_events::deactivated_there() };
    vec![Event::Activation(ActivationEvent::Disowned { at: now, other_key, retired_below, number }), log(record)]
}

/// AC-25 reason 2, FT-23: under the new key the server is as before activation until it is activated again.
fn replace_key(ledger: &Ledger, certificate: NewCertificate, now: LabTime) -> Vec<Event> {
    if ledger.bare_certificate().is_some_and(|own| own.pem == certificate.pem) {
        return Vec::new();
    }
    let own = received(ledger.next_certificate(), CertificateKind::SelfSigned, certificate, now);
    let number = ledger.activation_number();
    vec![
        Event::Activation(ActivationEvent::KeyReplaced { keys_below: own.number, number }),
        Event::CertificateReceived(own),
        log(licensing_events::key_replaced()),
    ]
}

/// FT-23: a license whose signing key is gone is signed anew under the certificate of today; what it says stays but for its
/// moment of issue, since a certificate vouches for nothing before its own beginning.
pub(super) fn signed_anew(ledger: &Ledger, record: &LicenseRecord, now: LabTime) -> Option<LicenseRecord> {
    if record.certificate >= ledger.life.keys_below && ledger.certificates.contains_key(&record.certificate) {
        return None;
    }
    let mut record = record.clone();
    record.cal.issued_at = now;
    record.certificate = ledger.current_certificate(now)?.number;
    Some(record)
}

impl Ledger {
    /// What is over of the server's activations.
    #[must_use]
    pub fn life(&self) -> &Life {
        &self.life
    }

    /// Whether the last activation is over because the key was replaced, and none has followed.
    #[must_use]
    pub fn key_is_new(&self) -> bool {
        self.life.keys_below > 0 && self.life.retired_below == self.life.keys_below
    }

    /// Why the server is not activated, where it is not (AC-24, AC-27, AC-47, AM-15, FT-23).
    #[must_use]
    pub fn lapse(&self, now: LabTime) -> Option<Lapse> {
        let life = &self.life;
        Some(match (life.disowned_at, life.deactivated_at) {
            _ if self.is_activated(now) => return None,
            _ if self.activation_number() == 0 => Lapse::NeverActivated,
            (Some(at), _) => Lapse::Disowned { at },
            (None, _) if self.key_is_new() => Lapse::KeyReplaced,
            (None, Some(at)) => Lapse::Deactivated { at },
            (None, None) => Lapse::Ended,
        })
    }

    /// What the administrator should do about the activation now, where there is something (AC-27, AC-47, AM-15).
    #[must_use]
    pub fn activation_prompt(&self, now: LabTime) -> Option<String> {
        let until = match self.lapse(now) {
            Some(lapse) => Err(lapse),
            None => Ok(self.current_certificate(now)?.until),
        };
        licensing_events::prompt(until, now)
    }

    /// The last of the server's activations, from 1; 0 before the first.
    #[must_use]
    pub fn activation_number(&self) -> u16 {
        let activated = |own: &&OwnCertificate| own.kind == CertificateKind::Activation || own.license_server_id.is_some();
        // A certificate of days without numbers is that of the first activation.
        self.certificates.values().filter(activated).map(|own| own.activation.max(1)).max().unwrap_or(0).max(self.life.over)
    }

    /// The self-signed certificate of the key in use.
    #[must_use]
    pub fn bare_certificate(&self) -> Option<&OwnCertificate> {
        self.certificates.values().rev().find(|own| own.kind == CertificateKind::SelfSigned && own.license_server_id.is_none())
    }

    fn next_certificate(&self) -> u32 {
        self.certificates.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    pub(super) fn apply_activation(&mut self, event: &ActivationEvent, rows: &mut Rows) {
        match event {
            ActivationEvent::Deactivated { at, retired_below, number, .. } => {
                self.life.deactivated_at = Some(*at);
                self.retire(*retired_below, *number, rows);
            }
            ActivationEvent::Disowned { at, other_key, retired_below, number } => {
                self.life.deactivated_at = (!other_key).then_some(*at);
                self.life.disowned_at = other_key.then_some(*at);
                self.retire(*retired_below, *number, rows);
            }
            ActivationEvent::Reactivated { retired_below, number, .. } => {
                self.life.deactivated_at = None;
                self.life.disowned_at = None;
                self.retire(*retired_below, *number, rows);
            }
            ActivationEvent::KeyReplaced { keys_below, number } => {
                self.life.keys_below = *keys_below;
                self.life.disowned_at = None;
                self.retire(*keys_below, *number, rows);
            }
            ActivationEvent::Withheld { packs, .. } => {
                for (number, count) in packs {
                    if let Some(mut pack) = self.packs.get(number).cloned() {
                        pack.withheld = pack.withheld.saturating_add(*count);
                        rows.put(pack_key(*number), &pack);
                        self.keep_pack(pack);
                    }
                }
            }
        }
    }

    fn retire(&mut self, below: u32, number: u16, rows: &mut Rows) {
        self.life.retired_below = below;
        self.life.over = self.life.over.max(number);
        rows.put("life", &self.life);
    }
}
