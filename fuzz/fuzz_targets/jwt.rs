#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvc_fuzz::run(rsvc::fuzzing::run, "jwt", data));
