//! What a person types: codes, ids, names, numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::typed_code(data));
