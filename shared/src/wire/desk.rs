//! The desk of the clearinghouse's representative: what is done for a person who calls, faxes or fills in a page.
//!
//! None of it reaches the license server: what is answered here is typed there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clearinghouse::Wanted;
use crate::model::{
    ConfirmationCode, ContactMethod, DeviceName, LabTime, LicenseServerId, Pack, PackId, ProductId, Purchase, ReactivationReason,
    Registrant, RegistrantText, RequestId, RetailCode, ServerName, ServerRef,
};

/// `POST /desk/registrations`: activate a license server that is told of (AC-12, AC-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// How the person reached the clearinghouse.
    pub method: ContactMethod,
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its key text: 14 groups of five, hyphens and small letters as typed.
    pub key_text: String,
    /// Who activates it.
    pub registrant: Registrant,
    /// A PKCS#10 certificate request, PEM, where a certificate is wanted as a file beside the id (CE-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_request: Option<String>,
    /// Why it is activated again; left out at the first activation (AC-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReactivationReason>,
    /// Papers of what was bought for it, or for the license server whose name it takes: shown by whoever wants another key, or a name
    /// that is taken (AC-48, AM-15).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Purchase>,
}

/// What is read out, or shown on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// The License Server ID (AC-02).
    pub license_server_id: LicenseServerId,
    /// Which of the server's activations it is.
    pub number: u16,
    /// The registration's end (AC-27).
    pub until: LabTime,
    /// The activation certificate, PEM, where a certificate request was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// `POST /desk/packs`: a pack for an activated license server (AC-31).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuePack {
    /// Repeated when the request is asked again: nothing is drawn twice (AC-32).
    pub request: RequestId,
    /// How the person reached the clearinghouse.
    pub method: ContactMethod,
    /// The license server.
    pub server: ServerRef,
    /// What was bought.
    pub purchase: Purchase,
    /// What every purchase but a retail code must also say (AC-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
}

/// A pack by its typed id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TypedPack {
    /// The key pack id to be typed, which says what the pack is.
    pub key_pack_id: PackId,
    /// The pack.
    pub pack: Pack,
}

/// `POST /desk/deactivations`: a confirmation code (AC-22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deactivate {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// How the person reached the clearinghouse: by telephone, or it is refused (AC-21).
    pub method: ContactMethod,
    /// The license server.
    pub server: ServerRef,
}

/// What is read out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// The confirmation code.
    pub confirmation_code: ConfirmationCode,
}

/// `POST /desk/recoveries`: CALs that a license server lost, as a new pack (AC-26, AC-40, AC-48; "recover pack" of CON-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// How the person reached the clearinghouse.
    pub method: ContactMethod,
    /// The license server that is to have them.
    pub server: ServerRef,
    /// The pack that lost them.
    pub pack: PackId,
    /// How many were lost.
    pub quantity: u32,
    /// The papers of the purchase: without them nothing is recovered.
    pub purchase: Purchase,
}

/// `POST /desk/reissues`: the CAL of a device that lost it for good before Service Pack 3 of Windows 2000, once a device
/// (W2K-10, W2K-11; "reissue" of CON-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// How the person reached the clearinghouse.
    pub method: ContactMethod,
    /// The license server.
    pub server: ServerRef,
    /// The pack that the CAL was drawn from.
    pub pack: PackId,
    /// The device that lost its CAL, or gives it up.
    pub device: DeviceName,
}

/// `POST /desk/moves`: a pack goes to another license server (AC-37).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// How the person reached the clearinghouse.
    pub method: ContactMethod,
    /// The license server that is to have it.
    pub server: ServerRef,
    /// The pack, which another license server has.
    pub pack: PackId,
    /// The papers of the purchase.
    pub purchase: Purchase,
}

/// `POST /deactivations`, signed by the license server itself (AC-23).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomaticDeactivation {
    /// Repeated when the request is asked again.
    pub request: RequestId,
    /// Who deactivates: names, company, country and an e-mail address.
    pub registrant: Registrant,
}

/// Product keys of Windows XP Professional, to be traded for license tokens (WS03-14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// Repeated when the form is sent again.
    pub request: RequestId,
    /// Where the tokens are sent.
    pub email: RegistrantText,
    /// The product keys.
    pub keys: Vec<RetailCode>,
}

/// A letter in the lab's mailbox: nothing leaves the lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letter {
    /// To whom.
    pub to: RegistrantText,
    /// When, lab time.
    pub at: LabTime,
    /// The license tokens in it.
    pub tokens: Vec<RetailCode>,
}
