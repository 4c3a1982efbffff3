#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rsvc_fuzz::run(fuzzing::run, "masks", data));
