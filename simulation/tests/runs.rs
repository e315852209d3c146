//! Runs of whole labs: what must hold holds, and the same seed gives the same run.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use simulation::{Plan, Size, run, run_many};

#[test]
fn the_same_seed_gives_the_same_journals_byte_for_byte() {
    let plan = Plan::new(7, Size::Small);
    let (first, second) = (run(&plan).unwrap(), run(&plan).unwrap());
    assert_eq!(first.violation, None, "{first:?}");
    assert_eq!((first.steps, &first.journals), (second.steps, &second.journals));
    assert_ne!(first.journals, run(&Plan::new(8, Size::Small)).unwrap().journals);
}

/// `TSL_DRILL_SEEDS=10000 cargo test -p simulation --test runs` carries so many through; `tsl sim` does the same and tells more.
#[test]
fn nothing_is_lost_doubled_or_over_issued_whatever_goes_wrong() {
    let seeds = std::env::var("TSL_DRILL_SEEDS").map_or(150, |size| size.parse().unwrap());
    let summary = run_many(1, seeds, 2, |_| ()).unwrap();
    assert!(summary.failed.is_none(), "{:?}: see it with tsl sim --seed", summary.failed);
    for happened in ["admitted", "denied", "permanents", "kills", "power cuts", "messages lost", "messages doubled", "packs installed"] {
        assert!(summary.counts.get(happened).is_some_and(|count| *count > 0), "{happened} never came about: {:?}", summary.counts);
    }
}
