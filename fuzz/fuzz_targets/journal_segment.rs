//! A journal whose segment file was changed.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal_segment(data));
