//! Every problem that a service answers with, in one table (RFC 9457): code, status, meaning, cure.
//!
//! docs/PROBLEMS.md is made from this table.

use crate::rulebook::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the table once: variant, code, status, title, cure.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal, $cure:literal;)*) => {
        /// What went wrong, as a code that scripts can branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl ProblemCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$variant,)*];

            /// The code as it stands in `type` and `code`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(ProblemCode::$variant => $code,)* }
            }

            /// The HTTP status of the answer.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(ProblemCode::$variant => $status,)* }
            }

            /// What it means, in one line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(ProblemCode::$variant => $title,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn cure(self) -> &'static str {
                match self { $(ProblemCode::$variant => $cure,)* }
            }
        }
    };
}

catalogue! {
    /// A body that is not JSON, a path or query that cannot be read.
    Malformed = "malformed", 400, "The request could not be read",
        "Send what /openapi.json describes for this route; detail names the place.";
    /// No or wrong administrator's token, no or wrong call signature.
    Unauthenticated = "unauthenticated", 401, "The caller did not prove who it is",
        "An administrator sends the token from the service's data directory; a service must be enrolled (tsl trust).";
    /// A known caller that may not do this.
    Forbidden = "forbidden", 403, "The caller may not do this",
        "Ask with an account or a service that has the right; detail says which.";
    /// No such route, or no such thing.
    NotFound = "not-found", 404, "There is nothing here",
        "See /openapi.json for the routes, and the list that this thing should be on.";
    /// The route exists, the method does not.
    MethodNotAllowed = "method-not-allowed", 405, "This route does not take that method",
        "The Allow header names the methods that it takes.";
    /// A host name that is not this service's, as DNS rebinding leads here.
    Misdirected = "misdirected", 421, "The request is for another host",
        "Ask under a name or address of this service; give further names with --host or TSL_HOSTS when it starts.";
    /// A request that another site's page made.
    ForeignOrigin = "foreign-origin", 403, "Another site's page made this request",
        "Open the service's own page and use the form there; programs send no Origin.";
    /// A body over the limit.
    TooLarge = "too-large", 413, "The body is too large",
        "Bodies are at most 64 KiB; split the request.";
    /// Not application/json.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body is not JSON",
        "Send content-type: application/json.";
    /// JSON that does not fit: unknown field, wrong type, bad value.
    Invalid = "invalid", 422, "A value in the request is not usable",
        "detail names the field and what would have been right.";
    /// The thing is there already, or in a state that excludes this.
    Conflict = "conflict", 409, "The present state excludes this",
        "detail says what stands in the way.";
    /// A request id that was used for something else.
    RequestReused = "request-reused", 409, "This request id belongs to a different request",
        "Repeat a request id only with the same body; choose a new one otherwise.";
    /// Activation: required registrant field missing (AC-11).
    RegistrantIncomplete = "registrant-incomplete", 422, "Required information is missing",
        "Give first name, last name, company and country or region.";
    /// Activation: the clearinghouse turned it down (AC-42).
    ActivationRefused = "activation-refused", 403, "The clearinghouse turned the activation down",
        "detail says why; the refusal is on the clearinghouse's record.";
    /// Packs: the license server is not activated (AC-30).
    NotActivated = "not-activated", 409, "The license server is not activated",
        "Activate it first: tsl activate.";
    /// Packs: the clearinghouse turned the request down (AC-32, AC-33).
    PackRefused = "pack-refused", 403, "The clearinghouse turned the pack request down",
        "detail says why; if the code or agreement is yours, contact the clearinghouse with the purchase papers.";
    /// Packs: installed before (AC-33).
    PackInstalled = "pack-installed", 409, "This pack is already installed",
        "Nothing to do: the pack list shows it.";
    /// Packs: a version that this license server cannot serve (AC-36, W2K-15, VC-08).
    PackVersion = "pack-version", 409, "This license server cannot hold CALs of that product version",
        "Install the pack on a license server of that version or a newer one (message number 0x13A7).";
    /// Revocation: too many stand revoked (W08-08).
    RevocationLimit = "revocation-limit", 409, "No more CALs of this version can be revoked now",
        "Wait until the moment that detail names, or install more CALs of that version.";
    /// Packs: the token did not verify or is for another license server.
    PackUntrusted = "pack-untrusted", 422, "The pack is not one of this license server's clearinghouse",
        "Install packs only as the clearinghouse issued them for this Product ID.";
    /// A typed code is mistyped, or is another server's (AC-17).
    CodeRefused = "code-refused", 422, "The typed code is not right",
        "Have the group that is named read out again, or look at it again; a code of another server is of no use here.";
    /// Deactivation by a method that does not do it, or without what it takes (AC-21 to AC-23).
    DeactivationRefused = "deactivation-refused", 403, "The license server is not deactivated like this",
        "Deactivate automatically with an e-mail address, or by telephone with a confirmation code: tsl deactivate, tsl phone.";
    /// CALs that the clearinghouse does not give again (AC-40, AC-48, W2K-11).
    ReplacementRefused = "replacement-refused", 403, "The clearinghouse does not give these CALs again",
        "detail says why; have the papers of the purchase at hand.";
    /// A backup that cannot be used here (AC-38).
    BackupRefused = "backup-refused", 409, "This backup cannot be restored here",
        "Restore it on the license server that it was made on, or on a fresh installation of that server.";
    /// The other service did not answer.
    Unreachable = "unreachable", 502, "Another service could not be reached",
        "Start it or correct its address, then ask again: a repeated request does nothing twice.";
    /// A license server is not set up for this yet.
    NotTrusted = "not-trusted", 409, "No clearinghouse is trusted yet",
        "Give the license server its clearinghouse first: tsl trust.";
    /// Lab powers asked of a service without --lab.
    LabOff = "lab-off", 403, "Lab powers are off",
        "Start the service with --lab to move time, seed dice or sell codes.";
    /// Time set backwards (lab time moves forward only).
    TimeBackwards = "time-backwards", 409, "Lab time moves forward only",
        "Choose a later moment, or start over with an empty data directory.";
    /// A connection was denied; `denial` has the client's code, text, event and trace.
    Denied = "denied", 403, "The connection was denied",
        "denial.rule names the rule that denied it; see docs/RULES.md.";
    /// A logon failed: wrong password or no such account.
    LogonFailed = "logon-failed", 403, "The logon failed",
        "Check user name and password; connect again, since a failed logon ends the session.";
    /// More calls in a minute than a service can remember, and it must remember each to refuse its replay.
    Busy = "busy", 503, "The service has more calls in hand than it can keep apart",
        "Ask again in a minute: a repeated request does nothing twice.";
    /// More passwords wait to be checked than are checked at once, or too many of one account's.
    Crowded = "crowded", 429, "Too many passwords are being checked",
        "Ask again after the seconds that the header Retry-After names; nothing was decided, and the session still waits.";
    /// Numbers, codes or product keys that were guessed wrong too often (AC-42).
    SlowDown = "slow-down", 429, "Too many wrong numbers were shown",
        "Wait as long as the header Retry-After says, then show the numbers as they stand on the papers.";
    /// The service can no longer promise that what it answers is on disk.
    Failed = "failed", 503, "The service cannot write its journal",
        "See the service's log; free the disk or restore the data directory, then start it again.";
    /// An old entry of the journal cannot be read; the service goes on.
    EntryDamaged = "entry-damaged", 500, "An entry of the journal is damaged",
        "detail names the entry; only answers that show it fail. Stop the service and mend it with `journal repair`.";
    /// A fault of this program.
    Internal = "internal", 500, "Something failed inside the service",
        "See the service's log under the request id; asking again is safe.";
}

/// A problem as it travels: `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A stable name of the problem: `urn:tsl:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The meaning of the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: ProblemCode,
    /// What was wrong this time.
    pub detail: String,
    /// What to do.
    pub cure: String,
    /// The rules of SPEC.md behind it, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
    /// What the denied client sees, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<Box<super::terminal_server::Denied>>,
    /// In how many seconds of the host's time to ask again, where that helps; the header `Retry-After` says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of this code; `detail` says what was wrong this time.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:tsl:problem:{}", code.code()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            cure: code.cure().to_owned(),
            rules: Vec::new(),
            denial: None,
            retry_after_s: None,
        }
    }

    /// Says when to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Names the rules behind the problem.
    #[must_use]
    pub fn under(mut self, rules: &[RuleId]) -> Self {
        self.rules = rules.to_vec();
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}
