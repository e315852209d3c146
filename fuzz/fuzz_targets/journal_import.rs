//! An exported journal on its way in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal_import(data));
