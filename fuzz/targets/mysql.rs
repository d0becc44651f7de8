//! Any answer of a MySQL server.
#![no_main]
#![allow(dead_code)]

#[path = "../../orm-drivers/tests/fuzz/input.rs"]
mod input;
#[path = "../../orm-drivers/tests/fuzz/values.rs"]
mod values;
#[path = "../../orm-drivers/tests/fuzz/mysql.rs"]
mod run;

// The client panics at some answers, which the driver catches: only what leaves `run` is a fault.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |data: &[u8]| run::run(data)
);
