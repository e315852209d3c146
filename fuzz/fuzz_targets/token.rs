//! Licenses and packs: as they come, and signed by those who may.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::token(data));
