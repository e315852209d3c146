//! The file that `tsl restore` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::backup(data));
