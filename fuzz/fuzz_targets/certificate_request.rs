//! Certificate requests: PEM and DER, as they come and signed anew.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::certificate_request(data));
