//! The body of a request, offered to every route.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http_body(data));
