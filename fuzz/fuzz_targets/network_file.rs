//! The file that `tsl up --network` reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::network_file(data));
