//! Windows NT 4.0: categories, counting, workstation licenses, starts of the licensing service.

use shared::model::Denial;
use shared::model::{Cal, CalKind, Category, CountingMode, DatabaseId, Generation, LabTime, Platform, ProductVersion, Span};
use shared::policy::nt4::counting::{InUse, ServerCals, at_start, has_free};
use shared::policy::nt4::granting::{Findings, Grant, grant, is_free};
use shared::policy::nt4::starting::{DATA_SOURCE, DatabaseFile, Premises, StartFault, start};
use shared::policy::nt4::{categories, events};
use shared::policy::terms::terms;
use shared::rulebook::{RuleId, rule};

use crate::world::{cal as license, day};

/// Rules: NT-02, NT-03, NT-04.
#[test]
fn only_nt_4_is_a_workstation_already_and_only_nt_3_upgrades() {
    for (platform, category) in [
        (Platform::WindowsNt4, Category::Existing),
        (Platform::WindowsNt35, Category::Upgrade),
        (Platform::Windows95, Category::Full),
        (Platform::WindowsForWorkgroups, Category::Full),
        (Platform::Windows98, Category::Full),
        (Platform::WindowsXpProfessional, Category::Full),
        (Platform::Macintosh, Category::Full),
        (Platform::Other, Category::Full),
    ] {
        assert_eq!(categories::category(platform), category, "{platform}");
    }
    assert!(is_free(None, u32::MAX), "existing workstations are unlimited");
}

/// Rules: NT-05.
#[test]
fn the_lines_of_the_license_manager_have_the_names_that_people_know() {
    let title = |category, temporary| categories::title(category, temporary);
    assert_eq!(title(Category::Existing, false).unwrap(), "Existing Windows NT Workstation");
    assert_eq!(title(Category::Full, false).unwrap(), "Windows NT Workstation Full");
    assert_eq!(title(Category::Full, true).unwrap(), "Temporary Windows NT Workstation Full license");
    assert_eq!(title(Category::Upgrade, true).unwrap(), "Temporary Windows NT Workstation Upgrade license");
    assert_eq!(title(Category::Existing, true), None);
}

fn free(mode: CountingMode, bought: u32, in_use: InUse) -> (bool, Vec<RuleId>) {
    let mut trace = Vec::new();
    let free = has_free(ServerCals { mode, bought, per_seat_at_next_start: false }, in_use, &mut trace);
    (free, trace.into_iter().map(|step| step.rule).collect())
}

/// Rules: NT-14, NT-15, NT-16, NT-17, NT-18, CON-16.
#[test]
fn per_server_counts_sessions_shares_and_the_console_and_per_seat_denies_nobody() {
    let in_use = |sessions, shares, console| InUse { sessions, shares, console };
    assert!(free(CountingMode::PerServer, 5, in_use(2, 2, false)).0);
    assert!(!free(CountingMode::PerServer, 5, in_use(3, 2, false)).0, "one counter for both");
    assert!(!free(CountingMode::PerServer, 5, in_use(4, 0, true)).0);
    assert_eq!(in_use(4, 0, true).shown(), 4, "the console is not shown");
    assert_eq!(free(CountingMode::PerServer, 1, in_use(0, 0, true)), (false, vec![rule::NT_14, rule::NT_17, rule::NT_18]));
    assert_eq!(free(CountingMode::PerServer, 0, in_use(0, 0, false)), (false, vec![rule::NT_14]));
    assert_eq!(free(CountingMode::PerSeat, 10, in_use(30, 5, true)), (true, vec![rule::NT_15]));
}

/// Rules: NT-15.
#[test]
fn the_switch_to_per_seat_comes_with_a_start_and_loses_the_count() {
    let before = ServerCals { mode: CountingMode::PerServer, bought: 25, per_seat_at_next_start: false };
    assert_eq!(at_start(before), before);
    let chosen = ServerCals { per_seat_at_next_start: true, ..before };
    assert_eq!(at_start(chosen), ServerCals { mode: CountingMode::PerSeat, bought: 0, per_seat_at_next_start: false });
}

fn cal(kind: CalKind, expires_at: LabTime) -> Cal {
    license(kind, ProductVersion::V4_0, expires_at)
}

/// Rules: NT-10, NT-20, NT-31, NT-32, NT-33, NT-44, CON-04, CON-05.
#[test]
fn the_licensing_service_always_has_something_and_never_touches_a_running_temporary() {
    let now = day(10);
    let running = cal(CalKind::Temporary, day(60));
    let ended = cal(CalKind::Temporary, now);
    let normal = cal(CalKind::Permanent, LabTime::NEVER);
    let found = |presented, on_record, running, free| {
        let found = Findings { now, category: Category::Full, presented, on_record, running, free };
        match grant(&found) {
            Grant::Keeps { rule, .. } => format!("keeps {rule}"),
            Grant::Again { rule, .. } => format!("again {rule}"),
            Grant::Minted { rule, kind, .. } => format!("{kind} {rule}"),
            Grant::Untracked => "untracked".to_owned(),
        }
    };
    assert_eq!(found(None, None, true, true), "permanent NT-04");
    assert_eq!(found(None, None, true, false), "temporary NT-10");
    assert_eq!(found(Some(&running), Some(&running), true, true), "keeps NT-31", "2003 would replace it now");
    assert_eq!(found(None, Some(&running), true, true), "again NT-31", "a lost license comes back");
    assert_eq!(found(Some(&ended), Some(&ended), true, true), "permanent NT-32");
    assert_eq!(found(Some(&ended), Some(&ended), true, false), "temporary NT-33");
    assert_eq!(found(None, Some(&ended), true, false), "temporary NT-33", "again and again");
    assert_eq!(found(Some(&normal), None, true, false), "keeps NT-44");
    assert_eq!(found(None, Some(&normal), true, false), "again NT-44");
    assert_eq!(found(None, Some(&normal), false, true), "untracked");
    assert_eq!(found(Some(&running), None, false, true), "keeps NT-31");
    assert_eq!(found(Some(&ended), None, false, true), "untracked");
}

/// Rules: NT-30, CON-03, CON-04.
#[test]
fn a_temporary_of_nt_4_lasts_sixty_days_and_repeats_as_no_later_one_does() {
    for generation in Generation::ALL {
        let nt4 = generation == Generation::WindowsNt4;
        let terms = terms(generation);
        assert_eq!(terms.temporary, Span::days(if nt4 { 60 } else { 90 }), "{generation}");
        assert_eq!((terms.temporary_repeatable, terms.is_own_license_manager()), (nt4, nt4), "{generation}");
    }
}

fn outcome(
    now: LabTime,
    service_pack: u32,
    crypto_mismatch: bool,
    data_source: &str,
    file: &DatabaseFile,
) -> Result<DatabaseId, StartFault> {
    start(&Premises { now, service_pack, crypto_mismatch, data_source, file })
}

/// Rules: NT-40, NT-41, NT-42, NT-51, FT-20.
#[test]
fn the_service_starts_on_a_whole_database_under_the_right_name_and_not_on_the_leap_day() {
    let id = DatabaseId::from_random([7; 16]);
    let whole = DatabaseFile::Sound(id);
    let now = day(0);
    let rule = |outcome: Result<DatabaseId, StartFault>| outcome.map_err(|fault| fault.rule());
    assert_eq!(outcome(now, 6, false, DATA_SOURCE, &whole), Ok(id));
    assert_eq!(rule(outcome(now, 6, false, "hydra license", &whole)), Err(rule::NT_41), "exactly so");
    assert_eq!(rule(outcome(now, 6, false, DATA_SOURCE, &DatabaseFile::Missing)), Err(rule::NT_41));
    assert_eq!(rule(outcome(now, 6, false, DATA_SOURCE, &DatabaseFile::Damaged { reason: "cut off".into() })), Err(rule::NT_41));
    assert_eq!(rule(outcome(now, 6, true, DATA_SOURCE, &whole)), Err(rule::NT_42));
    let leap_day: LabTime = "2000-02-29T00:00:00Z".parse().unwrap();
    let next: LabTime = "2000-03-01T00:00:00Z".parse().unwrap();
    let second = Span::seconds(1);
    for (now, service_pack, wanted) in [
        (leap_day - second, 4, Ok(id)),
        (leap_day, 4, Err(rule::NT_51)),
        (next - second, 3, Err(rule::NT_51)),
        (next, 4, Ok(id)),
        (leap_day, 5, Ok(id)),
    ] {
        assert_eq!(rule(outcome(now, service_pack, false, DATA_SOURCE, &whole)), wanted, "{now} {service_pack}");
    }
}

/// Rules: NT-12, NT-13, NT-41, NT-42.
#[test]
fn the_event_log_names_who_and_what_and_the_client_reads_one_sentence() {
    let event = events::no_server_cal_for_session();
    assert_eq!((event.source.as_str(), event.id), ("LicenseService", 201));
    assert!(event.text.contains("user SYSTEM") && event.text.contains("product TermService"), "{event:?}");
    let event = events::no_server_cal_for_share(&"anna".parse().unwrap());
    assert!(event.text.contains("user anna") && event.text.contains("product SMBServer 4.0"), "{event:?}");
    let ids = |fault: &StartFault| events::start_failed(fault).into_iter().map(|event| (event.source, event.id)).collect::<Vec<_>>();
    let manager = ("Service Control Manager".to_owned(), 7024);
    let fault = StartFault::Database { reason: String::new() };
    assert_eq!(ids(&fault), [("TermServLicensing".to_owned(), 7), manager.clone()]);
    assert!(events::start_failed(&fault)[1].text.contains("3221487623"));
    assert!(events::start_failed(&fault)[0].text.contains("Can't connect to database."));
    assert_eq!(ids(&StartFault::Cryptography), [("TermServLicensing".to_owned(), 13), manager.clone()]);
    assert_eq!(ids(&StartFault::LeapDay), [manager]);
    assert_eq!((Denial::NoServerCal.code(), Denial::NoServerCal.text()), (None, "Terminal Server has ended the connection."));
    assert_eq!(Denial::NoServerCal.event(Generation::WindowsNt4), Some(201));
}
