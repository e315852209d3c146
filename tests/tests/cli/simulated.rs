//! Simulated labs at the command line.

use serde_json::Value;

use crate::room;

#[test]
fn many_seeds_are_summed_up_for_people_and_for_scripts() {
    let room = room();
    let told: Value = serde_json::from_str(&room.done("sim --seeds 3 --json")).unwrap();
    assert_eq!((told["seeds"].as_u64(), &told["failed"]), (Some(3), &Value::Null), "{told}");
    assert!(told["steps"].as_u64() > Some(1000) && told["counts"]["admitted"].as_u64() > Some(0), "{told}");
    let table = room.done("sim --seeds 3");
    assert!(table.contains("3 seeds (0 large)") && table.contains("Every invariant held at every step."), "{table}");
}

#[test]
fn one_seed_is_told_the_same_again_and_its_journals_can_be_read() {
    let room = room();
    let first = room.done("sim --seed 17 --journals seed17");
    assert_eq!(first, room.done("sim --seed 17"));
    let journal = std::fs::read_to_string(room.path().join("seed17").join("LS1.jsonl")).unwrap();
    let entry: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    assert_eq!(entry["event"]["event"], "founded", "{entry}");
    assert_eq!(room.tsl("sim --seeds 3 --journals seed17 --seed 1").exit, 2);
}
