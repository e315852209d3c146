//! What a license server does with a request (SPEC 4.4, 4.5, 4.9).

use super::renewal;
use super::terms::{FirstIssue, Terms};
use crate::model::{Cal, CalKind, LabTime, ProductVersion, TraceStep};
use crate::rulebook::rule;

/// What a license server has on record about a CAL: whatever the record holds besides.
pub trait OnRecord {
    /// The CAL.
    fn cal(&self) -> &Cal;
}

impl OnRecord for Cal {
    fn cal(&self) -> &Cal {
        self
    }
}

/// A temporary that this license server has on record for the device.
#[derive(Debug, PartialEq, Eq)]
pub struct TemporaryOnRecord<'a, R> {
    /// The temporary's record.
    pub record: &'a R,
    /// Whether a user has logged on with it (LS-13).
    pub validated: bool,
    /// Whether an upgrade has closed it.
    pub closed: bool,
}

// By hand, since a derived copy would ask the same of the record.
impl<R> Clone for TemporaryOnRecord<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for TemporaryOnRecord<'_, R> {}

/// What the license server knows when it is asked: `R` is its record of a CAL, `P` that of a pack.
#[derive(Debug)]
pub struct Request<'a, R, P> {
    /// Now, on the license server's clock (SD-09).
    pub now: LabTime,
    /// Its numbers.
    pub terms: &'a Terms,
    /// Whether it has an activation certificate that holds now (LS-03, CE-13).
    pub activated: bool,
    /// The version asked for.
    pub version: ProductVersion,
    /// Only a temporary may be given (WS03-02).
    pub temporary_only: bool,
    /// The client is one of those that the built-in pool covers (W2K-03).
    pub built_in: bool,
    /// Another license server refers the device here: it has earned a permanent there, and nothing less is wanted (LS-07).
    pub referred: bool,
    /// A genuine license of this device, presented for upgrade or renewal.
    pub presented: Option<&'a Cal>,
    /// The permanent on record for this device, of the version asked for or a newer one.
    pub permanent: Option<&'a R>,
    /// A live temporary on record, of the version asked for or a newer one.
    pub live_temporary: Option<TemporaryOnRecord<'a, R>>,
    /// Any temporary of exactly this version that this device ever had here.
    pub had_temporary: Option<TemporaryOnRecord<'a, R>>,
    /// The pack with a free device CAL that may serve this version (LS-05, VC-04, PL-01).
    pub free: Option<&'a P>,
    /// A temporary is made only where no CAL is free (CON-06).
    pub temporary_for_want_only: bool,
    /// The switch of OQ-3.
    pub unvalidated_expired_denied: bool,
}

impl<R, P> Clone for Request<'_, R, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, P> Copy for Request<'_, R, P> {}

/// What is to be done, with what it is done to.
#[derive(Debug, PartialEq, Eq)]
pub enum Grant<'a, R, P> {
    /// Make a temporary (LS-04).
    MintTemporary,
    /// Draw a permanent from this pack (LS-05).
    DrawPermanent(&'a P),
    /// Make a permanent of the built-in pool (W2K-03).
    MintBuiltIn,
    /// Hand out the permanent on record, as it stands (LS-14).
    HandOutPermanent(&'a R),
    /// Hand out the live temporary on record (OQ-9).
    HandOutTemporary(&'a R),
    /// Move the end of the permanent on record (RN-02).
    Extend(&'a R),
    /// Move the end of the expired permanent on record, without a draw (LS-09).
    Revive(&'a R),
}

/// Why nothing is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No CAL is free, or the server is not activated; `wanted_permanent` says that the pool was asked (LS-12).
    NoneAvailable,
    /// The temporary was never validated and has ended, and the switch wants it (OQ-3).
    NeverValidated,
    /// The live temporary has not been validated (PD-08).
    NotValidated,
    /// Only a temporary was allowed, and the device had its own (LS-04).
    TemporarySpent,
}

/// LS-04, LS-05, LS-07, LS-09, LS-14, RN-02, RN-03, OQ-3, OQ-9, SD-04, SD-05, W2K-03: what the server does with a request for this device.
pub fn decide<'a, R: OnRecord, P>(request: &Request<'a, R, P>, trace: &mut Vec<TraceStep>) -> Result<Grant<'a, R, P>, Lack> {
    if let Some(permanent) = request.permanent
        && let Some(grant) = permanent_on_record(request, permanent, trace)
    {
        return Ok(grant);
    }
    if request.built_in && request.activated && !request.temporary_only {
        trace.push(TraceStep::new(rule::W2K_03, "a client of the built-in pool: a license that is counted nowhere"));
        return Ok(Grant::MintBuiltIn);
    }
    if request.built_in && !request.activated {
        trace.push(TraceStep::new(rule::SD_04, "a client of the built-in pool, but this server is not activated: as any other client"));
    }
    if request.referred {
        return referred(request, trace);
    }
    if request.terms.first_issue == FirstIssue::PermanentIfFree {
        return at_once(request, trace);
    }
    match request.presented {
        Some(presented) if presented.version >= request.version => upgrade(request, presented, trace),
        // PD-19: an older license earns no permanent by itself; the device starts with a temporary of the newer version.
        Some(_) | None => first_license(request, trace),
    }
}

/// LS-07, DI-06: whether a request that came to this is worth referring: a permanent was due, and only the pool was empty. A
/// server that is not activated does not refer, and a referred one never refers on.
#[must_use]
pub fn may_refer<R, P>(request: &Request<'_, R, P>, decided: &Result<Grant<'_, R, P>, Lack>) -> bool {
    let due = match decided {
        Err(Lack::NoneAvailable) => true,
        Ok(Grant::MintTemporary | Grant::HandOutTemporary(_)) => request.terms.first_issue == FirstIssue::PermanentIfFree,
        Ok(Grant::DrawPermanent(_) | Grant::MintBuiltIn | Grant::HandOutPermanent(_) | Grant::Extend(_) | Grant::Revive(_))
        | Err(Lack::NeverValidated | Lack::NotValidated | Lack::TemporarySpent) => false,
    };
    due && request.activated && request.free.is_none() && !request.temporary_only && !request.referred
}

/// LS-07: a referred device gets a permanent from this server's pool, or nothing; a temporary that holds on record here must have
/// seen a logon all the same (LS-05).
fn referred<'a, R: OnRecord, P>(request: &Request<'a, R, P>, trace: &mut Vec<TraceStep>) -> Result<Grant<'a, R, P>, Lack> {
    trace.push(TraceStep::new(rule::LS_07, "referred by another license server: a permanent, or nothing"));
    if request.terms.first_issue == FirstIssue::Temporary && request.live_temporary.is_some_and(|live| !live.validated) {
        trace.push(TraceStep::new(rule::LS_05, "the temporary on record here has not been validated by a logon: no upgrade"));
        return Err(Lack::NotValidated);
    }
    after_temporary(request, None, trace)
}

/// W2K-06, W2K-07, W2K-09, CON-06: before Service Pack 3 a free CAL goes to whoever asks, without waiting for a logon; only where
/// none is free a temporary is made, once, and one that holds stays as it is.
fn at_once<'a, R: OnRecord, P>(request: &Request<'a, R, P>, trace: &mut Vec<TraceStep>) -> Result<Grant<'a, R, P>, Lack> {
    if let Some(pack) = request.free.filter(|_| request.activated && !request.temporary_only) {
        trace.push(TraceStep::new(rule::W2K_06, "before Service Pack 3: a permanent without an end goes out at once, before any logon"));
        return Ok(Grant::DrawPermanent(pack));
    }
    let why = if request.activated { "no CAL is free" } else { "not activated" };
    if request.presented.is_some_and(|presented| presented.version >= request.version) {
        trace.push(TraceStep::new(rule::W2K_09, format!("{why}: no upgrade, what the client has stays as it is")));
        return Err(Lack::NoneAvailable);
    }
    match (request.live_temporary, request.had_temporary) {
        (Some(live), _) => {
            trace.push(TraceStep::new(
                rule::OQ_9,
                format!("{why}: the live temporary until {} is handed out again", live.record.cal().expires_at),
            ));
            Ok(Grant::HandOutTemporary(live.record))
        }
        (None, Some(spent)) => {
            trace.push(TraceStep::new(
                rule::LS_04,
                format!("{why}; the device had its temporary (ended {})", spent.record.cal().expires_at),
            ));
            Err(Lack::NoneAvailable)
        }
        (None, None) => {
            trace.push(TraceStep::new(rule::W2K_07, format!("{why}: a temporary is made")));
            Ok(Grant::MintTemporary)
        }
    }
}

/// LS-14, RN-02, LS-09, SD-05: a permanent on record is handed out, extended or revived; no second CAL.
fn permanent_on_record<'a, R: OnRecord, P>(
    request: &Request<'a, R, P>,
    on_record: &'a R,
    trace: &mut Vec<TraceStep>,
) -> Option<Grant<'a, R, P>> {
    let record = on_record.cal();
    let may_move = request.activated && !request.temporary_only;
    if !record.holds_at(request.now) {
        if !may_move {
            return None;
        }
        trace.push(TraceStep::new(
            rule::LS_09,
            format!("its own permanent ended at {} and is not swept yet: extended in place, no draw", record.expires_at),
        ));
        return Some(Grant::Revive(on_record));
    }
    if !renewal::in_window(record, request.now, request.terms) {
        trace.push(TraceStep::new(
            rule::LS_14,
            format!("a live permanent is on record until {}: handed out again", record.expires_at.end_in_words()),
        ));
        return Some(Grant::HandOutPermanent(on_record));
    }
    if !may_move {
        let (rule, why) = if request.activated { (rule::WS03_02, "temporaries only") } else { (rule::SD_05, "not activated") };
        trace.push(TraceStep::new(rule, format!("{why}: the permanent on record is handed out as it stands")));
        return Some(Grant::HandOutPermanent(on_record));
    }
    if renewal::already_extended(record, request.presented) {
        trace.push(TraceStep::new(rule::RN_02, "the record ends later than what was presented: handed out as it stands"));
        return Some(Grant::HandOutPermanent(on_record));
    }
    trace.push(TraceStep::new(
        rule::RN_02,
        format!("inside the renewal window of {}: the same record is extended, no draw", record.expires_at),
    ));
    Some(Grant::Extend(on_record))
}

/// Nothing of this version presented: LS-04, and LS-05 for a device that had its temporary (PD-01 to PD-04).
fn first_license<'a, R: OnRecord, P>(request: &Request<'a, R, P>, trace: &mut Vec<TraceStep>) -> Result<Grant<'a, R, P>, Lack> {
    if let Some(live) = request.live_temporary {
        trace.push(TraceStep::new(
            rule::OQ_9,
            format!("a live temporary is on record until {}: handed out again", live.record.cal().expires_at),
        ));
        return Ok(Grant::HandOutTemporary(live.record));
    }
    let at_once = request.free.filter(|_| request.temporary_for_want_only && request.activated && !request.temporary_only);
    match (request.had_temporary, at_once) {
        (None, Some(pack)) => {
            trace.push(TraceStep::new(
                rule::CON_06,
                "by the reading that temporaries are for want of CALs only: a CAL is free, so it is drawn at once",
            ));
            Ok(Grant::DrawPermanent(pack))
        }
        (None, None) => {
            trace.push(TraceStep::new(rule::LS_04, format!("the device never had a temporary of {}: one is made", request.version)));
            Ok(Grant::MintTemporary)
        }
        (Some(spent), _) => {
            trace.push(TraceStep::new(
                rule::LS_04,
                format!("the device had its temporary of {} (ended {})", request.version, spent.record.cal().expires_at),
            ));
            after_temporary(request, Some(spent), trace)
        }
    }
}

/// A license of this version or a newer one is presented: LS-05, or nothing (PD-06 to PD-11, PD-14 to PD-17, RN-03).
fn upgrade<'a, R: OnRecord, P>(request: &Request<'a, R, P>, presented: &Cal, trace: &mut Vec<TraceStep>) -> Result<Grant<'a, R, P>, Lack> {
    // A temporary that still holds on record must have seen a logon, whatever is presented; for what this server never
    // issued the genuine license of another server is enough (LS-05).
    if let Some(live) = request.live_temporary
        && !live.validated
        && !request.temporary_only
    {
        trace.push(TraceStep::new(rule::LS_05, "the temporary on record has not been validated by a logon: no upgrade"));
        return Err(Lack::NotValidated);
    }
    let own = request.had_temporary.filter(|_| presented.kind == CalKind::Temporary);
    if own.is_none() && presented.kind == CalKind::Permanent {
        trace
            .push(TraceStep::new(rule::RN_03, format!("the permanent presented is of {}, not on record here: own pool", presented.issuer)));
    }
    after_temporary(request, own, trace)
}

/// LS-05: draws a permanent where the device has had its temporary and everything else allows it.
fn after_temporary<'a, R, P>(
    request: &Request<'a, R, P>,
    temporary: Option<TemporaryOnRecord<'_, R>>,
    trace: &mut Vec<TraceStep>,
) -> Result<Grant<'a, R, P>, Lack> {
    if request.temporary_only {
        trace.push(TraceStep::new(rule::WS03_02, "the terminal server's mode gets temporaries only"));
        return Err(Lack::TemporarySpent);
    }
    let never_validated = temporary.is_some_and(|own| !own.validated && !own.closed);
    if never_validated && request.unvalidated_expired_denied {
        trace.push(TraceStep::new(rule::OQ_3, "the temporary ended without a logon, and this server requires one: declined"));
        return Err(Lack::NeverValidated);
    }
    if !request.activated {
        trace.push(TraceStep::new(rule::LS_03, "not activated: temporaries only"));
        return Err(Lack::NoneAvailable);
    }
    let Some(pack) = request.free else {
        trace.push(TraceStep::new(rule::LS_05, format!("no device CAL that may serve {} is free", request.version)));
        return Err(Lack::NoneAvailable);
    };
    trace.push(TraceStep::new(rule::LS_05, format!("a device CAL that may serve {} is free: drawn", request.version)));
    Ok(Grant::DrawPermanent(pack))
}
