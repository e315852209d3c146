//! What license servers say to each other, and what an administrator asks about that (LS-07, LS-08, LS-10).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::license_server::Inquiry;
use crate::model::{CalId, Generation, HardwareId, LabTime, Pack, ProductId, ProductVersion, PublicKey, RequestId, ServerName};

/// `PUT /license-servers/{name}`: enrol another license server, or change its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustPeer {
    /// Its public key, compared by the administrator.
    pub key: PublicKey,
    /// Its address: `http://host:port`.
    pub url: String,
}

/// `GET /known-servers`, signed by an enrolled terminal server: the license servers that this one knows, whose permanents that terminal
/// server takes too (AM-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownServers {
    /// Them, by name.
    pub servers: Vec<KnownServer>,
}

/// A license server as another one knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct KnownServer {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
}

/// A row of `GET /license-servers`: another license server, and what it said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerRow {
    /// Its name.
    pub name: ServerName,
    /// Its pinned key.
    pub key: PublicKey,
    /// Its address.
    pub url: String,
    /// What it announced last (LS-08).
    pub announced: Option<Announced>,
    /// Whether it has been told how many CALs this server has.
    pub told: bool,
    /// Not asked before this moment, since it was silent.
    pub silent_until: Option<LabTime>,
    /// Return notices that it has not taken yet (LS-10, SD-19).
    pub returns_pending: usize,
}

/// What another license server announced, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Announced {
    /// When it came, on the clock of who heard it.
    pub at: LabTime,
    /// What it said.
    pub announcement: Announcement,
}

/// `POST /announcements`, signed by an enrolled license server: its packs and what is free of them (LS-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// What it is.
    pub generation: Generation,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its packs.
    pub packs: Vec<AnnouncedPack>,
}

/// A pack as its license server announces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncedPack {
    /// The pack.
    pub pack: Pack,
    /// CALs that are free.
    pub available: u32,
}

/// The answer to an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// Who has heard it.
    pub by: ServerName,
}

/// `POST /referrals`, signed by an enrolled license server: it has nothing for a device that has earned a permanent (LS-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// The terminal server that asked.
    pub terminal_server: ServerName,
    /// What it asked.
    pub inquiry: Inquiry,
    /// The license servers that were asked already; who is asked now never refers on.
    pub asked: Vec<ServerName>,
}

/// `POST /returns`, signed by an enrolled license server: a device holds a CAL of that server now, this one may be taken back
/// (LS-10, RN-04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnNotice {
    /// The connection it belongs to.
    pub request: RequestId,
    /// The CAL.
    pub cal: CalId,
    /// The device that it was issued to.
    pub hardware_id: HardwareId,
    /// Its version: it is taken back only if this and the end are those on record (SD-19).
    pub version: ProductVersion,
    /// Its end.
    pub expires_at: LabTime,
}

/// The answer to a return notice; either settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum ReturnAnswer {
    /// The CAL is back in its pool.
    TakenBack,
    /// No such CAL with that version and end is on record: nothing to do.
    NotOnRecord,
}

/// `POST /outreach`: what was still to be said to other license servers, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outreach {
    /// One row for each call.
    pub calls: Vec<OutreachRow>,
}

/// One call to another license server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutreachRow {
    /// Whom.
    pub server: ServerName,
    /// What about.
    pub about: Matter,
    /// What came of it; none where it was heard.
    pub failure: Option<String>,
}

/// What a license server has to say to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// How many CALs it has (LS-08).
    Announcement,
    /// A CAL that may be taken back (LS-10).
    Return,
}
