//! Any text as a URL.
#![no_main]
#![allow(dead_code)]

#[path = "../../orm-drivers/tests/fuzz/url.rs"]
mod run;

libfuzzer_sys::fuzz_target!(|data: &[u8]| run::run(data));
