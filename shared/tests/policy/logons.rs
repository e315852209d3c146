//! Failed logons of a client name.

use shared::model::{Generation, LabTime, Span};
use shared::policy::logons::{barred_until, too_many_failed};

fn at(second: i64) -> LabTime {
    "2026-03-02T08:00:00Z".parse::<LabTime>().unwrap() + Span::seconds(second)
}

/// Rules: AM-01.
#[test]
fn five_failures_bar_a_client_name_until_the_first_of_them_is_ten_minutes_old() {
    let table: [(&[i64], i64, Option<i64>); 6] = [
        (&[], 0, None),
        (&[0, 1, 2, 3], 3, None),
        (&[0, 1, 2, 3, 4], 4, Some(600)),
        (&[0, 1, 2, 3, 4], 599, Some(600)),
        (&[0, 1, 2, 3, 4], 600, None),
        (&[0, 100, 200, 300, 601], 601, None),
    ];
    for (failed, now, until) in table {
        let failed: Vec<LabTime> = failed.iter().map(|second| at(*second)).collect();
        assert_eq!(barred_until(&failed, at(now)), until.map(at), "{failed:?} at {now}");
    }
}

/// Rules: AM-01, AM-03.
#[test]
fn event_1012_is_logged_from_2003_on() {
    let logged = |generation| too_many_failed(generation, &"PC01".parse().unwrap()).map(|record| record.id);
    for generation in [Generation::WindowsNt4, Generation::Windows2000Sp2, Generation::Windows2000Sp3] {
        assert_eq!(logged(generation), None);
    }
    for generation in [Generation::Windows2003, Generation::Windows2008, Generation::Windows2008R2] {
        assert_eq!(logged(generation), Some(1012));
    }
}
