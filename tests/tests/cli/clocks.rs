//! `tsl clock`: time moved over everything that falls due, together or one clock alone.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::model::{LabTime, Span};

use crate::{USUAL, items, pool, room};

fn moment(value: &Value) -> LabTime {
    value.as_str().unwrap().parse().unwrap()
}

/// Rules: LS-09, GR-02, GR-08.
#[test]
fn what_falls_due_on_the_way_happens_at_its_own_moment_on_every_service() {
    let room = room();
    let _up = room.up(USUAL);
    let _ = room.done("clock freeze");
    let _ = room.done("clock set 2026-03-03T08:00:00Z");
    let _ = room.done("connect LATE --cancel");
    let began = moment(&room.json("grace")["began_at"]);
    let after = room.json("clock advance 121d");
    let now = began + Span::days(121);
    for clock in items(&after) {
        assert_eq!(moment(&clock["now"]), now, "{clock}");
        assert!(clock["next_due"].is_null() || moment(&clock["next_due"]) > now, "nothing due is left behind: {clock}");
    }
    // Two weeks of warnings, each on a day of its own, none at the end of the journey.
    let events = room.json("events --server TS1 --id 1009");
    let days: BTreeSet<LabTime> = items(&events).iter().map(|event| moment(&event["at"])).collect();
    assert_eq!((items(&events).len(), days.len()), (14, 14), "{events}");
    assert!(days.iter().all(|at| *at > began + Span::days(105) && *at < began + Span::days(120)), "{events}");

    // Two CALs end at different days of one journey; the sweep gives both back.
    for (device, life) in [("PC01", 52), ("PC02", 89)] {
        let _ = room.done(&format!("connect {device}"));
        let _ = room.done(&format!("dice --next-life {life}"));
        let _ = room.done(&format!("connect {device}"));
    }
    assert_eq!(pool(&room), (18, 20));
    let _ = room.done("clock advance 60d");
    assert_eq!(pool(&room), (19, 20));
    let _ = room.done("clock advance 30d");
    assert_eq!(pool(&room), (20, 20));
}

#[test]
fn one_clock_alone_can_be_ahead_and_stays_so() {
    let room = room();
    let _up = room.up(USUAL);
    let _ = room.done("clock freeze");
    let _ = room.done("clock set 2026-03-03T08:00:00Z");
    let _ = room.done("clock advance 10m --server LS1");
    let readings = room.json("clock advance 1d");
    let skew: Vec<_> = items(&readings).iter().map(|clock| clock["now"].as_str().unwrap().to_owned()).collect();
    assert_eq!(skew, ["2026-03-04T08:00:00Z", "2026-03-04T08:10:00Z", "2026-03-04T08:00:00Z"]);
    let back = room.tsl("clock set 2026-03-01T08:00:00Z");
    assert_eq!(back.exit, 2, "time only goes forward: {back:?}");
    assert_eq!(room.json("clock show"), readings);
    let _ = room.done("clock run --server TS1");
    let frozen: Vec<_> = items(&room.json("clock show")).iter().map(|clock| clock["frozen"].as_bool().unwrap()).collect();
    assert_eq!(frozen, [true, true, false]);
}
