//! Any value of SQLite.
#![no_main]
#![allow(dead_code)]

#[path = "../../orm-drivers/tests/fuzz/input.rs"]
mod input;
#[path = "../../orm-drivers/tests/fuzz/values.rs"]
mod values;
#[path = "../../orm-drivers/tests/fuzz/sqlite.rs"]
mod run;

libfuzzer_sys::fuzz_target!(|data: &[u8]| run::run(data));
