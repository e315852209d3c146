//! What the clearinghouse takes and answers.

use crate::rulebook::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{
    AgreementKey, ContactMethod, LabTime, Pack, PackId, ProductId, ProductType, ProductVersion, Purchase, ReactivationReason, Registrant,
    RequestId, RetailCode, ServerName, VolumeProgram,
};

/// `POST /activations`, signed with the key that the certificate request is for (AC-10, AC-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationRequest {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Who activates it.
    pub registrant: Registrant,
    /// A PKCS#10 certificate request, PEM.
    pub certificate_request: String,
    /// The server's key agreement key, under which its typed codes are made later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementKey>,
    /// Proof that this agreement key is the caller's own: asked for where a person has registered it before (AM-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// Why the server is activated again; left out at the first activation (AC-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReactivationReason>,
    /// The signature of the key on record, where the Product ID goes to another one: with reason 0 only (AM-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succession: Option<String>,
}

/// `POST /standing`, signed with the caller's key: how the clearinghouse knows that license server (AM-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingQuery {
    /// This question.
    pub request: RequestId,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its key agreement key.
    pub agreement: AgreementKey,
    /// Proof that this agreement key is the caller's own, where the clearinghouse has told its own (AM-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
}

/// How a license server stands on the clearinghouse's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing is known of its Product ID.
    #[serde(deserialize_with = "super::nothing_more")]
    Unknown,
    /// It is activated.
    Activated {
        /// Which of its activations holds.
        number: u16,
    },
    /// It was deactivated, or its name went to another Product ID.
    Deactivated {
        /// Which of its activations that was.
        number: u16,
    },
    /// Its Product ID belongs to another key.
    OtherKey {
        /// Which of the Product ID's activations that is.
        number: u16,
    },
}

/// The answer to an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivationAnswer {
    /// The activation certificate, PEM (AC-14, CE-13).
    pub certificate: String,
    /// The root that signed it, PEM.
    pub root: String,
    /// Which of the server's activations it is, from 1.
    #[serde(default = "first_activation")]
    pub number: u16,
}

/// The number of an activation that no number was given to.
#[must_use]
pub fn first_activation() -> u16 {
    1
}

/// `POST /packs`, signed by an activated license server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackRequest {
    /// Repeated when the request is asked again: nothing is drawn twice (AC-32).
    pub request: RequestId,
    /// The license server's own version: no pack is bound to a server that could not hold it (AC-36, VC-08).
    pub server_version: ProductVersion,
    /// What was bought.
    pub purchase: Purchase,
    /// What every purchase but a retail code must also say (AC-08).
    pub wanted: Option<Wanted>,
}

/// `POST /migrations`, signed by an activated license server: a pack of a license server that no longer functions, issued anew against its
/// papers (AM-17, AC-37).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrationRequest {
    /// Repeated when the request is asked again: nothing is issued twice.
    pub request: RequestId,
    /// The asking license server's own version.
    pub server_version: ProductVersion,
    /// The Product ID of the license server that the pack was issued to.
    pub source: ProductId,
    /// The pack.
    pub pack: PackId,
    /// The papers that it was bought with.
    pub purchase: Purchase,
}

/// What a volume buyer asks for (AC-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The product version.
    pub version: ProductVersion,
    /// Device or user CALs.
    pub product_type: ProductType,
    /// How many, 1 to 9999.
    pub quantity: u32,
}

/// The answer to a pack request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackAnswer {
    /// The pack as a signed token for exactly one license server.
    pub token: String,
}

/// What came of a request to the clearinghouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RecordOutcome {
    /// Granted.
    Granted,
    /// Turned down (AC-42).
    Refused {
        /// Why.
        reason: String,
        /// Under which rules.
        rules: Vec<RuleId>,
    },
}

/// What was asked of the clearinghouse, as its counts of turned-down requests tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// An activation.
    Activation,
    /// A deactivation.
    Deactivation,
    /// CALs.
    Pack,
    /// License tokens for product keys (WS03-14).
    Offer,
}

/// A row of `GET /turned-down` (AC-42).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnedDownRow {
    /// What was asked.
    pub sort: Sort,
    /// Why it was turned down, in words.
    pub ground: String,
    /// Under which rules.
    pub rules: Vec<RuleId>,
    /// How often in all, those included that stand on the record one by one.
    pub count: u64,
    /// When last, lab time.
    pub last_at: LabTime,
}

/// A row of `GET /activations` (AC-42).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivationRecord {
    /// Its journal entry.
    pub entry: u64,
    /// When, lab time.
    pub at: LabTime,
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Who asked.
    pub registrant: Registrant,
    /// How the clearinghouse was reached (AC-10).
    #[serde(default)]
    pub method: ContactMethod,
    /// Thumbprint of the key that was certified, or that asked.
    pub thumbprint: String,
    /// Serial number of the certificate, hex; none when refused.
    pub serial: Option<String>,
    /// The certificate's end.
    pub ends_at: Option<LabTime>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: RecordOutcome,
}

/// A row of `GET /packs` (AC-42).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackRecord {
    /// Its journal entry.
    pub entry: u64,
    /// When, lab time.
    pub at: LabTime,
    /// The license server that asked.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// How the clearinghouse was reached (AC-31).
    #[serde(default)]
    pub method: ContactMethod,
    /// What it showed.
    pub purchase: Purchase,
    /// What it asked for.
    pub wanted: Option<Wanted>,
    /// The pack; none when refused.
    pub pack: Option<Pack>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: RecordOutcome,
}

/// `POST /lab/reseller/codes`: buy a retail pack (lab only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyCode {
    /// The product version.
    pub version: ProductVersion,
    /// Device or user CALs.
    pub product_type: ProductType,
    /// How many CALs the package holds, 1 to 9999.
    pub quantity: u32,
}

/// A retail package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoughtCode {
    /// The code printed on it.
    pub code: RetailCode,
}

/// `POST /lab/reseller/agreements`: sign an agreement (lab only).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignAgreement {
    /// Which program.
    pub program: AgreementProgram,
    /// What it entitles to, one line a version and type.
    pub entitlements: Vec<Wanted>,
    /// Licenses of Windows XP Professional owned under it: before 2003-04-24 each gives a CAL of 2003 (WS03-10).
    #[serde(default)]
    pub xp_professional: u32,
}

/// `POST /lab/reseller/xp-keys`: buy Windows XP Professional, retail or with a computer (lab only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyXp {
    /// How many, 1 to 100.
    pub count: u32,
}

/// What stands on the packaging or on the sticker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoughtXp {
    /// The product keys.
    pub keys: Vec<RetailCode>,
}

/// The programs that the reseller desk signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "program", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AgreementProgram {
    /// An Open License.
    #[serde(deserialize_with = "super::nothing_more")]
    Open,
    /// A volume program.
    Volume {
        /// Which one.
        agreement: VolumeProgram,
    },
    /// Open Value, Multi-Year Open, Open Subscription.
    #[serde(deserialize_with = "super::nothing_more")]
    Other,
}

/// The papers of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedAgreement {
    /// What to show when asking for packs.
    pub purchase: Purchase,
}
