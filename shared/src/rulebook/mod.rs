//! Every rule and every scenario vector of the lab by its id: what it says, how far it is built, and where.
//!
//! docs/RULES.md is made from these tables and from the tests that name the ids; a test keeps it so. One file a section;
//! the rows stand in the order of their numbers, one row to one or two lines, so that a change of status is a change of a word.

mod activation;
mod amendments;
mod certificates;
mod discovery;
mod later_windows;
mod nt4;
mod questions;
mod sources;
mod troubles;
mod vectors;
mod windows_2000;
mod windows_2003;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use vectors::VECTORS;

/// Every rule's id as a value, in the book's spelling with an underscore: `rule::PD_06`.
pub mod rule {
    use super::RuleId;

    /// The section with the client's codes, which has no ids of its own: what broke before any rule was looked at.
    pub const SPEC_10: RuleId = RuleId("SPEC-10");

    pub use super::activation::*;
    pub use super::amendments::*;
    pub use super::certificates::*;
    pub use super::discovery::*;
    pub use super::later_windows::*;
    pub use super::nt4::*;
    pub use super::questions::*;
    pub use super::troubles::*;
    pub use super::windows_2000::*;
    pub use super::windows_2003::*;
}

/// The id of a rule that stands in the book. Only the book makes one, so nothing can name a rule that is not there; as JSON and for
/// people it is the id's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(&'static str);

impl RuleId {
    /// `PD-06`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// For what was read as text: a page, an answer, a command line. Code has the ids themselves; a test sees to it.
impl PartialEq<str> for RuleId {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}

impl PartialEq<&str> for RuleId {
    fn eq(&self, text: &&str) -> bool {
        self.0 == *text
    }
}

impl Serialize for RuleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for RuleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("{text:?} is no rule of the book (tsl rule lists them)"));
        id(&text).ok_or_else(unknown)
    }
}

impl JsonSchema for RuleId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "The id of a rule: `PD-06`." })
    }
}

/// A table of rules, and a constant for the id of each. A constant's name is the id's own, checked as it is compiled.
macro_rules! family {
    ($table:ident: $($name:ident = $id:literal, $status:ident, $says:literal, [$($code:literal),*];)*) => {
        pub(super) const $table: &[super::Rule] = &[$(super::Rule {
            id: $name,
            says: $says,
            status: super::Status::$status,
            code: &[$($code),*],
        }),*];
        $(
            #[doc = $says]
            pub const $name: super::RuleId = super::RuleId($id);
            const _: () = assert!(super::names(stringify!($name).as_bytes(), $id.as_bytes()));
        )*
    };
}
use family;

/// Whether a constant is called as its id says: `PD_06` for `PD-06`.
const fn names(name: &[u8], id: &[u8]) -> bool {
    match (name, id) {
        ([], []) => true,
        ([letter, name @ ..], [of_id, id @ ..]) => (*letter == *of_id || (*letter == b'_' && *of_id == b'-')) && names(name, id),
        _ => false,
    }
}

/// How far a rule or a vector is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// In the code, and a test proves it.
    Working,
    /// Planned, not built yet.
    Later,
    /// Decides nothing: it is told where a reader needs it.
    Explained,
    /// Only about the past; nothing to build.
    History,
    /// Cannot be shown without a component of Windows.
    NeedsWindows,
}

impl Status {
    /// Every status, in the order in which summaries count them.
    pub const ALL: [Status; 5] = [Status::Working, Status::Later, Status::Explained, Status::History, Status::NeedsWindows];

    /// The word for it in a page.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Working => "working",
            Status::Later => "later",
            Status::Explained => "explained",
            Status::History => "history",
            Status::NeedsWindows => "needs Windows",
        }
    }
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id: `PD-06`.
    pub id: RuleId,
    /// What it says, in one line.
    pub says: &'static str,
    /// How far it is built.
    pub status: Status,
    /// Where: paths of functions (`shared::policy::grace::window`), or of pages from the root (`docs/GLOSSARY.md`).
    pub code: &'static [&'static str],
}

/// The rules that share a prefix.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The prefix of its ids: `PD`.
    pub prefix: &'static str,
    /// What the family is about.
    pub title: &'static str,
    /// Its rules, by number.
    pub rules: &'static [Rule],
}

/// One scenario with a known outcome.
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    /// Its id: `D-03`.
    pub id: &'static str,
    /// What happens in it, in one line.
    pub says: &'static str,
    /// Whether a test runs it.
    pub status: Status,
}

/// All families, in the order of the documents that they come from.
pub const FAMILIES: &[Family] = &[
    Family { prefix: "NT", title: "Windows NT 4.0 Terminal Server Edition", rules: nt4::RULES },
    Family { prefix: "W2K", title: "Windows 2000", rules: windows_2000::RULES },
    Family { prefix: "WS03", title: "Windows Server 2003: modes", rules: windows_2003::MODES },
    Family { prefix: "GR", title: "Grace period", rules: windows_2003::GRACE },
    Family { prefix: "PD", title: "A connection per device", rules: windows_2003::DEVICE },
    Family { prefix: "LS", title: "What a license server does with a request", rules: windows_2003::LICENSE_SERVER },
    Family { prefix: "RN", title: "Renewal", rules: windows_2003::RENEWAL },
    Family { prefix: "RC", title: "How a lost CAL comes back", rules: windows_2003::RECOVERY },
    Family { prefix: "PU", title: "A connection per user", rules: windows_2003::USER },
    Family { prefix: "VC", title: "Versions that go together", rules: windows_2003::VERSIONS },
    Family { prefix: "PL", title: "Policy: prevent license upgrade", rules: windows_2003::UPGRADE_POLICY },
    Family { prefix: "W08", title: "Windows Server 2008 and later", rules: later_windows::RULES },
    Family { prefix: "DI", title: "Discovery of license servers", rules: discovery::RULES },
    Family { prefix: "AC", title: "Activation and CAL packs", rules: activation::RULES },
    Family { prefix: "CE", title: "Certificates", rules: certificates::CERTIFICATES },
    Family { prefix: "ST", title: "The client's license store", rules: certificates::STORE },
    Family { prefix: "TL", title: "The administrator's tools", rules: troubles::TOOLS },
    Family { prefix: "FT", title: "Field troubles", rules: troubles::TROUBLES },
    Family { prefix: "CON", title: "Where the sources disagree", rules: questions::CONTRADICTIONS },
    Family { prefix: "OQ", title: "Open questions and their defaults", rules: questions::OPEN },
    Family { prefix: "SD", title: "Small decisions", rules: questions::DECISIONS },
    Family { prefix: "AM", title: "Amendments of the second reading", rules: amendments::RULES },
];

/// Every rule, family after family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    let (prefix, _) = id.split_once('-')?;
    let family = FAMILIES.iter().find(|family| family.prefix == prefix)?;
    family.rules.iter().find(|rule| rule.id == id)
}

/// The id that is written so, a rule's or a section's.
#[must_use]
pub fn id(text: &str) -> Option<RuleId> {
    find(text).map(|rule| rule.id).or((rule::SPEC_10 == text).then_some(rule::SPEC_10))
}

/// Rules as a person reads them: `AM-15, FT-14`.
#[must_use]
pub fn listed(rules: &[RuleId]) -> String {
    rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(", ")
}

/// Rules in the JSON of what is made for people: [`listed`].
///
/// # Errors
/// Where the serializer fails.
pub fn serialize_listed<S: Serializer>(rules: &[RuleId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&listed(rules))
}

/// Where a rule comes from: the codes of its documents, each with a mark of confidence. A rule without a document is the lab's own, by what
/// its family is about.
#[must_use]
pub fn source(id: RuleId) -> String {
    if let Some((_, source)) = sources::SOURCES.iter().find(|(rule, _)| id == *rule) {
        return (*source).to_owned();
    }
    match id.as_str().split('-').next() {
        Some("CON") => "the sources disagree here: both sides are told, and the lab decides (C)".to_owned(),
        Some("OQ") => "nobody has published it: the lab's default (C)".to_owned(),
        Some("SD") => "the sources can be read in two ways: the lab's decision (C)".to_owned(),
        Some(_) | None => "the lab's own (C)".to_owned(),
    }
}

/// What the codes in a source stand for, in the order in which they stand there.
#[must_use]
pub fn documents(source: &str) -> Vec<(String, &'static str)> {
    let words = source.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    let mut found: Vec<(String, &'static str)> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let whole = |code: &str| word == code;
        // Articles of the Knowledge Base and the like are numbered: the code is how their names begin.
        let numbered =
            |code: &str| ["KB", "SA-", "TN-EV"].contains(&code) && word.strip_prefix(code).is_some_and(|number| !number.is_empty());
        let title = sources::TITLES.iter().find(|(code, _)| whole(code) || numbered(code));
        if let Some((_, title)) = title.filter(|_| found.iter().all(|(code, _)| code != word)) {
            found.push((word.to_owned(), title));
        }
    }
    found
}

const fn vector(id: &'static str, status: Status, says: &'static str) -> Vector {
    Vector { id, says, status }
}
