//! The clearinghouse's machine: activated license servers, issued packs, what the reseller desk sold, and the record of it
//! all (AC-42).
//!
//! [`Registry`] is the state; `decide.rs` turns commands into events, `apply.rs` takes events in, `reports.rs` reads.
//!
//! The machine holds no keys. It decides the facts of a certificate or a pack (name, key, serial, dates; id, count, moment)
//! and the journal holds those; the signed form is made from them whenever it is asked for. Ed25519 and the encodings are
//! deterministic, so an answer given again is the same answer to the byte, and no secret and no signature is in a journal.

mod apply;
mod decide;
pub mod desk;
mod judging;
mod offer;
mod refused;
mod reports;

use crate::rulebook::{RuleId, rule};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

pub use refused::{ANSWERS_KEPT, Counted, DETAILED_AN_HOUR};

use crate::model::{
    AgreementKey, ContactMethod, DeviceName, LabTime, LicenseServerId, Pack, PackId, ProductId, PublicKey, Purchase, Registrant,
    RegistrantText, RequestId, RetailCode, ServerName,
};
use crate::policy::turned_down::{Ground, TurnedDown};
use crate::trust::{KeyHolder, Period, Serial};
use crate::wire::clearinghouse::{ActivationRequest, AgreementProgram, MigrationRequest, PackRequest, Sort, Wanted};
use crate::wire::desk::{AutomaticDeactivation, Letter, OfferRequest};
use crate::wire::problem::{Problem, ProblemCode};

/// The list of what was asked of activation.
pub const ACTIVATIONS: &str = "activations";
/// The list of what was asked of packs.
pub const PACKS: &str = "packs";
/// The list of all that is logged.
pub const LOG: &str = "log";

/// Something that somebody wants of the clearinghouse.
#[derive(Clone, Debug)]
pub enum Command {
    /// Its first start: the facts of the root.
    Found {
        /// The clearinghouse's name.
        name: ServerName,
        /// The root key's public half.
        key: PublicKey,
        /// How long the root holds, calendar years (CE-13).
        root_years: u32,
    },
    /// What was turned down and is not on the record one by one (AC-42).
    CountTurnedDown(Vec<Counted>),
}

/// What is decided on papers: granted, or turned down and on record (AC-42).
pub type OnPapers<T> = Result<T, TurnedDown>;

/// An activated license server asks for a pack (AC-31). The answer is the pack.
#[derive(Clone, Debug)]
pub struct IssuePack {
    /// The key that signed the call.
    pub caller: PublicKey,
    /// What it asked.
    pub request: PackRequest,
}

/// An activated license server asks for the pack of one that no longer functions (AM-17, AC-37). The answer is the new pack.
#[derive(Clone, Debug)]
pub struct Migrate {
    /// The key that signed the call.
    pub caller: PublicKey,
    /// What it asked.
    pub request: MigrationRequest,
}

/// An activated license server deactivates itself (AC-23). The answer is which of its activations that was.
#[derive(Clone, Debug)]
pub struct DeactivateItself {
    /// The key that signed the call.
    pub caller: PublicKey,
    /// What it asked.
    pub request: AutomaticDeactivation,
}

/// Somebody buys a retail package at the reseller desk. The answer is the code on it.
#[derive(Clone, Copy, Debug)]
pub struct BuyCode(pub Wanted);

/// Somebody signs an agreement at the reseller desk. The answer is its papers.
#[derive(Clone, Debug)]
pub struct SignAgreement {
    /// Under which program.
    pub program: AgreementProgram,
    /// What it entitles to.
    pub entitlements: Vec<Wanted>,
    /// Licenses of Windows XP Professional owned under it (WS03-10).
    pub xp_professional: u32,
}

/// Somebody buys Windows XP Professional at the reseller desk. The answer is the product keys.
#[derive(Clone, Copy, Debug)]
pub struct BuyXp {
    /// How many product keys.
    pub count: u32,
}

/// Somebody trades product keys of Windows XP Professional for license tokens, which come by e-mail (WS03-14).
#[derive(Clone, Debug)]
pub struct TakeOffer(pub OfferRequest);

/// A request for activation, with what its parts proved to be. The answer is the activation.
#[derive(Clone, Debug)]
pub struct Activate {
    /// The key that signed the call.
    pub caller: PublicKey,
    /// What was asked.
    pub request: ActivationRequest,
    /// What the certificate request is for.
    pub requested: KeyHolder,
    /// The key agreement key that the caller has proved to be its own.
    pub owned: Option<AgreementKey>,
    /// How long a new certificate holds, calendar years (CE-13).
    pub certificate_years: u32,
}

/// Something that happened at the clearinghouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The lab was founded.
    Founded(Founding),
    /// A license server was activated, or given its certificate again (AC-14).
    Activated {
        /// Who asked, and under which id.
        asked: Asked,
        /// The person, as typed this time.
        registrant: Registrant,
        /// The activation.
        activation: Activation,
        /// The registration as it stands now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registration: Option<Registration>,
    },
    /// A person got a License Server ID, or got it again (AC-12, AC-13).
    Registered {
        /// For which server, and under which id.
        asked: Asked,
        /// The person.
        registrant: Registrant,
        /// The registration.
        registration: Registration,
        /// The certificate beside the id, where a certificate request was shown.
        activation: Option<Activation>,
        /// The signing key on record is not the server's any more, and no other one was told (AC-25 reason 2).
        #[serde(default)]
        disowns_key: bool,
        /// The registration that has lost its name to this one (AM-15).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former: Option<Registration>,
    },
    /// A license server was deactivated (AC-22, AC-23).
    Deactivated {
        /// Who asked, and under which id.
        asked: Asked,
        /// The registration as it stands now.
        registration: Registration,
        /// How.
        method: ContactMethod,
    },
    /// A deactivation was turned down (AC-21, AC-23).
    DeactivationTurnedDown {
        /// Who asked, and under which id.
        asked: Asked,
        /// The license server.
        product_id: ProductId,
        /// Why.
        turned_down: TurnedDown,
    },
    /// A pack was issued in place of CALs that were lost, or that go elsewhere (AC-37, AC-40, W2K-11).
    PackReplaced {
        /// For which server, and under which id.
        asked: Asked,
        /// For which license server, and what was shown.
        order: Order,
        /// The pack whose CALs these were.
        lost: PackId,
        /// Why.
        why: desk::Replacement,
        /// The new pack.
        pack: IssuedPack,
    },
    /// An activation was turned down (AC-42).
    ActivationTurnedDown {
        /// Who asked, and under which id.
        asked: Asked,
        /// The name given.
        name: ServerName,
        /// The Product ID given.
        product_id: ProductId,
        /// The person.
        registrant: Registrant,
        /// Why.
        turned_down: TurnedDown,
    },
    /// A pack was issued, or given again (AC-33).
    PackIssued {
        /// Who asked, and under which id.
        asked: Asked,
        /// For which license server, and what was shown.
        order: Order,
        /// The pack.
        pack: IssuedPack,
    },
    /// A pack was turned down (AC-42).
    PackTurnedDown {
        /// Who asked, and under which id.
        asked: Asked,
        /// For which license server, and what was shown.
        order: Order,
        /// Why.
        turned_down: TurnedDown,
    },
    /// The reseller desk sold a retail package.
    CodeSold {
        /// The code on it.
        code: RetailCode,
        /// What it holds.
        package: Wanted,
    },
    /// The reseller desk signed an agreement.
    AgreementSigned {
        /// Its papers.
        purchase: Purchase,
        /// What it entitles to.
        entitlements: Vec<Wanted>,
        /// CALs of 2003 beside it for licenses of Windows XP Professional owned in time (WS03-10).
        #[serde(default)]
        transitional: u32,
    },
    /// The reseller desk sold Windows XP Professional.
    XpSold {
        /// The product keys.
        keys: Vec<RetailCode>,
        /// When.
        at: LabTime,
    },
    /// License tokens were sent by e-mail for product keys (WS03-14).
    OfferTaken {
        /// The form that asked.
        request: RequestId,
        /// What was asked.
        offer: OfferRequest,
        /// The tokens, one for each key: they are entered like retail codes.
        tokens: Vec<RetailCode>,
    },
    /// An offer was turned down.
    OfferTurnedDown {
        /// What was asked.
        offer: OfferRequest,
        /// Why.
        turned_down: TurnedDown,
    },
    /// More requests were turned down than the record holds one by one (AC-42).
    TurnedDownCounted {
        /// How many of which since the last count.
        counted: Vec<Counted>,
    },
}

/// The facts of a root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founding {
    /// The clearinghouse's name.
    pub name: ServerName,
    /// The root key's public half.
    pub key: PublicKey,
    /// The root's serial number.
    pub serial: Serial,
    /// When the root holds.
    pub period: Period,
}

/// The facts of an activation certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its key.
    pub key: PublicKey,
    /// The certificate's serial number.
    pub serial: Serial,
    /// When the certificate holds.
    pub period: Period,
}

/// A license server on the clearinghouse's books, however it was activated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Its name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Which of its activations this is, from 1.
    pub number: u16,
    /// How it was activated.
    pub method: ContactMethod,
    /// Its key agreement key, where it told it.
    pub agreement: Option<AgreementKey>,
    /// The registration's end (AC-27).
    pub until: LabTime,
    /// Whether it was deactivated since (AC-24).
    pub deactivated: bool,
    /// Its License Server ID, where one was made.
    pub id: Option<LicenseServerId>,
}

impl Activation {
    /// Whom the certificate is about.
    #[must_use]
    pub fn holder(&self) -> KeyHolder {
        KeyHolder { name: self.name.clone(), product_id: self.product_id.clone(), key: self.key }
    }
}

/// By which key the record knows who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedBy {
    /// A license server, by the key that signed its call.
    Service(PublicKey),
    /// A person, by the key agreement key of the license server in question.
    Person(AgreementKey),
}

impl AskedBy {
    /// The thumbprint of that key.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        match self {
            AskedBy::Service(key) => key.thumbprint(),
            AskedBy::Person(key) => key.thumbprint(),
        }
    }
}

/// Which request it was: asked again under the same id by the same key, it gets the same answer (AC-32).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The caller.
    pub key: AskedBy,
    /// The caller's id for the request.
    pub request: RequestId,
    /// SHA-256 of what was asked, hex.
    pub digest: String,
}

/// For whom a pack was asked, and on which papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// The papers.
    pub purchase: Purchase,
    /// What was asked for; a retail code says it itself.
    pub wanted: Option<Wanted>,
    /// How the clearinghouse was reached (AC-31).
    #[serde(default)]
    pub method: ContactMethod,
}

/// The facts of a pack token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedPack {
    /// The license server that it is for.
    pub product_id: ProductId,
    /// The pack.
    pub pack: Pack,
    /// When it was issued first.
    pub issued_at: LabTime,
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// A certificate with these facts.
    Activated(Activation),
    /// A pack token with these facts.
    Pack(IssuedPack),
    /// A License Server ID, and a certificate with these facts where one was asked for.
    Registered {
        /// The registration.
        registration: Registration,
        /// The facts of the certificate.
        activation: Option<Activation>,
    },
    /// The deactivation of a server's activation.
    Deactivated {
        /// Which of its activations it was.
        number: u16,
    },
    /// No (AC-42).
    TurnedDown(TurnedDown),
}

/// Why a command was improper: nothing is written for these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The clearinghouse has no root yet.
    #[error("the clearinghouse is not founded yet; this is a fault of the service")]
    NotFounded,
    /// The root on record is another one.
    #[error(
        "this clearinghouse was founded as {name} with the root key {thumbprint}; start it with that name and with its own root-key.pem"
    )]
    FoundedOtherwise {
        /// The name on record.
        name: ServerName,
        /// The thumbprint of the root key on record.
        thumbprint: String,
    },
    /// The moment leaves no time for a root.
    #[error("a root of {0} years holds no second from here; choose another moment or number of years")]
    NoTimeLeft(u32),
    /// The request id belongs to another request of the same caller.
    #[error("request id {0} was used for a different request")]
    RequestReused(RequestId),
    /// Name, Product ID or key in the certificate request are not those of the request.
    #[error("the certificate request is for another {0} than the request itself")]
    RequestedOtherwise(&'static str),
    /// The caller is not activated, or its certificate has ended (AC-30).
    #[error("{0}")]
    NotActivated(String),
    /// No license server is on record under that id, or none with a key for typed codes.
    #[error("{0}")]
    UnknownServer(String),
    /// No such pack was issued.
    #[error("no pack {0} was issued here")]
    UnknownPack(PackId),
    /// A value that is not usable.
    #[error("{0}")]
    Invalid(String),
    /// A proper request that is turned down in an hour in which the record of those is full (AC-42); it is counted.
    #[error("{}", .turned_down.reason)]
    TurnedDown {
        /// What was asked.
        sort: Sort,
        /// Why not.
        turned_down: TurnedDown,
    },
    /// The dice gave no unused number.
    #[error("no unused number was found; ask again")]
    NoNumber,
}

impl Refusal {
    /// The problem that the caller is answered with.
    #[must_use]
    pub fn problem(&self) -> Problem {
        if let Refusal::TurnedDown { turned_down, .. } = self {
            return problem_of(turned_down);
        }
        let (code, rules): (ProblemCode, &[RuleId]) = match self {
            Refusal::NotFounded | Refusal::NoNumber | Refusal::TurnedDown { .. } => (ProblemCode::Internal, &[]),
            Refusal::FoundedOtherwise { .. } | Refusal::NoTimeLeft(_) => (ProblemCode::Conflict, &[rule::CE_13]),
            Refusal::RequestReused(_) => (ProblemCode::RequestReused, &[rule::AC_32]),
            Refusal::RequestedOtherwise(_) => (ProblemCode::Invalid, &[rule::AC_11]),
            Refusal::NotActivated(_) => (ProblemCode::NotActivated, &[rule::AC_30]),
            Refusal::UnknownServer(_) => (ProblemCode::NotActivated, &[rule::AC_30, rule::AC_42]),
            Refusal::UnknownPack(_) => (ProblemCode::NotFound, &[rule::AC_42]),
            Refusal::Invalid(_) => (ProblemCode::Invalid, &[rule::AC_08]),
        };
        Problem::new(code, self.to_string()).under(rules)
    }
}

/// The problem that a turned-down request is answered with.
#[must_use]
pub fn problem_of(turned_down: &TurnedDown) -> Problem {
    let code = match turned_down.ground {
        Ground::RegistrantIncomplete => ProblemCode::RegistrantIncomplete,
        Ground::DoubleUse | Ground::KeyUnproved | Ground::NameTaken | Ground::RegistrationEnded | Ground::RootEnded => {
            ProblemCode::ActivationRefused
        }
        Ground::CodeUnknown | Ground::CodeUsed | Ground::AgreementUnknown | Ground::NotEntitled => ProblemCode::PackRefused,
        Ground::CodeMistyped => ProblemCode::CodeRefused,
        Ground::VersionTooNew => ProblemCode::PackVersion,
        Ground::Deactivated => ProblemCode::ActivationRefused,
        Ground::WrongMethod => ProblemCode::DeactivationRefused,
        Ground::WrongPapers | Ground::NotLost | Ground::PackElsewhere | Ground::ReissuedBefore | Ground::ComesBack => {
            ProblemCode::ReplacementRefused
        }
        Ground::OfferRefused => ProblemCode::PackRefused,
    };
    Problem::new(code, turned_down.reason.clone()).under(turned_down.ground.rules())
}

/// The clearinghouse's state.
#[derive(Debug, Default)]
pub struct Registry {
    founding: Option<Founding>,
    activations: BTreeMap<ProductId, Activation>,
    /// Product IDs by the key that stands for them, and by that key's thumbprint.
    by_key: HashMap<PublicKey, ProductId>,
    by_thumbprint: HashMap<String, ProductId>,
    registrations: BTreeMap<ProductId, Registration>,
    by_id: HashMap<LicenseServerId, ProductId>,
    /// Product IDs by the name on their registration.
    by_name: BTreeMap<ServerName, BTreeSet<ProductId>>,
    packs: HashMap<PackId, PackOnRecord>,
    /// Devices whose CAL was reissued, by license server.
    reissued: BTreeSet<(ProductId, DeviceName)>,
    /// Product keys of Windows XP Professional: when each was bought, and whether it was traded.
    xp_keys: HashMap<RetailCode, XpKey>,
    /// What was sent by e-mail, by address, oldest first.
    mail: BTreeMap<RegistrantText, Vec<Mailed>>,
    /// Offers that were answered, by the request of the form.
    offers: HashMap<RequestId, Vec<RetailCode>>,
    codes: HashMap<RetailCode, Package>,
    agreements: HashMap<Purchase, Vec<Entitlement>>,
    answers: HashMap<(AskedBy, RequestId), Remembered>,
    turned_down: refused::TurnedDownOnRecord,
}

/// A pack that was issued: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PackOnRecord {
    issued: IssuedPack,
    purchase: Purchase,
    /// CALs of it that were given again.
    recovered: u32,
    /// Whether it went to another license server.
    moved: bool,
}

impl PackOnRecord {
    /// Whether another pack stands in place of some or all of its CALs (AC-37, AC-40).
    fn is_given_again(&self) -> bool {
        self.moved || self.recovered > 0
    }
}

/// A product key of Windows XP Professional: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct XpKey {
    key: RetailCode,
    bought_at: LabTime,
    traded: bool,
}

/// A letter that was sent, and for which product keys: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mailed {
    letter: Letter,
    keys: Vec<RetailCode>,
}

/// A retail package: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Package {
    code: RetailCode,
    holds: Wanted,
    used: Option<IssuedPack>,
}

/// An agreement: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Agreement {
    purchase: Purchase,
    entitlements: Vec<Entitlement>,
}

/// One line of an agreement.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entitlement {
    entitled: Wanted,
    drawn: u32,
    /// Until when it can be drawn; the transition offer's ended (WS03-10).
    #[serde(default)]
    until: Option<LabTime>,
}

/// An answer that was given: a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Remembered {
    asked: Asked,
    answer: Answer,
    /// The entry that gave it.
    #[serde(default)]
    entry: u64,
}
