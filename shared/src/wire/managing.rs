//! What an administrator does with CALs and packs of a 2008 license server, and what license servers say to each other about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::license_server::PackRow;
use crate::model::{Cal, Generation, LabTime, Pack, PackId, ProductId, ProductVersion, Purchase, RequestId, ServerName, UserName};

/// `POST /revocations`: take a CAL back from who holds it (W08-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "holder", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Revoke {
    /// A device, by the number of its license on record.
    Device {
        /// The record's place in the ledger.
        number: u64,
    },
    /// A user: refused, a User CAL cannot be revoked (W08-09).
    User {
        /// Who.
        name: UserName,
    },
}

/// The answer to a revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revoked {
    /// The CAL: back in its pool, while the device's copy works up to its end.
    pub cal: Cal,
    /// How many more of this version may be revoked now (W08-08).
    pub left: u64,
    /// When the next one may be, if none may be now.
    pub next_allowed_at: Option<LabTime>,
}

/// `POST /conversions`: turn Device CALs into User CALs, or back (W08-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Convert {
    /// Repeated when the request is asked again: nothing is converted twice.
    pub request: RequestId,
    /// The pack that they come from.
    pub pack: PackId,
    /// How many; they must be free.
    pub quantity: u32,
}

/// Why packs move to another license server (W08-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationReason {
    /// The source is being replaced: it is told to remove them.
    Replaced,
    /// The source no longer functions: nobody tells it, and the administrator sees to it that it never serves again.
    NotFunctioning,
}

/// `POST /migrations` at the license server that gets the packs (W08-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migrate {
    /// Repeated when the request is asked again: nothing moves twice.
    pub request: RequestId,
    /// The license server that they come from; it must be enrolled.
    pub source: ServerName,
    /// Why.
    pub reason: MigrationReason,
    /// What the source ran: asked where it no longer functions.
    #[serde(default)]
    pub generation: Option<Generation>,
    /// The source's Product ID: asked where it no longer functions.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// The pack that the clearinghouse is to issue anew: asked where the source no longer functions (AM-17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackId>,
    /// The papers that it was bought with: asked where the source no longer functions (AC-48).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Purchase>,
}

/// The answer to a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Migrated {
    /// The packs as they stand here now.
    pub packs: Vec<PackRow>,
    /// Whether the source has removed them; if not, it has to be done there by hand should it ever run again.
    pub removed_at_source: bool,
}

/// `POST /release-orders`: the administrator's word that CALs may leave this license server, once (AM-17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRelease {
    /// The pack.
    pub pack: PackId,
    /// How many of its CALs; all of them where it is left out. Fewer than all have to be free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// The license server that may take them over; it must be enrolled.
    pub to: ServerName,
}

/// A row of `GET /release-orders`: an order that nobody has made use of yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseOrder {
    /// The pack.
    pub pack: PackId,
    /// How many of its CALs.
    pub quantity: u32,
    /// Who may take them over.
    pub to: ServerName,
}

/// `POST /releases`, signed by an enrolled license server: it takes over what this server's administrator has ordered
/// for it, which is removed here (W08-11, AM-17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Repeated when the request is asked again: the answer is the same.
    pub request: RequestId,
    /// The newest version that the other server can hold.
    pub up_to: ProductVersion,
}

/// The answer to a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Released {
    /// The packs that are the other server's from now on.
    pub packs: Vec<Pack>,
}

/// `POST /database/rebuild`: delete every installed CAL and every record (W08-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rebuild {
    /// The license server's own name, to show that it is meant.
    pub confirm: ServerName,
}

/// The answer to a rebuild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rebuilt {
    /// Packs that were deleted: to be installed anew from the purchase papers.
    pub packs: usize,
    /// License records that were deleted.
    pub licenses: usize,
}
