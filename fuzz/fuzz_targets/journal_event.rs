//! Events of a journal, taken in by each of the four machines.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal_event(data));
