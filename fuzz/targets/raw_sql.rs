//! Any text as raw SQL.
#![no_main]
#![allow(dead_code)]

#[path = "../../orm-drivers/tests/fuzz/raw_sql.rs"]
mod run;

libfuzzer_sys::fuzz_target!(|data: &[u8]| run::run(data));
