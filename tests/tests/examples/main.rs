//! The examples run, and what they say of themselves holds: each asserts it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../examples/grace_in_a_second.rs"]
mod grace_in_a_second;
#[path = "../../examples/race_for_the_last_cal.rs"]
mod race_for_the_last_cal;
#[path = "../../examples/your_program.rs"]
mod your_program;

#[test]
fn grace_passes_in_a_second_and_every_day_names_its_rule() {
    grace_in_a_second::main();
}

#[test]
fn one_of_twelve_that_race_for_the_last_cal_takes_it() {
    race_for_the_last_cal::main();
}

#[test]
fn somebody_else_s_program_is_tested_against_a_lab_of_its_own() {
    your_program::main();
}
