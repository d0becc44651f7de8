//! The library as users meet it: programs that must compile and run, and mistakes in models (`fail`) and in queries (`query`)
//! with the messages that they get. `TRYBUILD=overwrite` writes the messages anew; read them before they are committed.
//!
//! Some messages list the types that would do, so they are compared with all features on: `cargo test --all-features`.

#![cfg(all(
    feature = "chrono",
    feature = "time",
    feature = "jiff",
    feature = "uuid",
    feature = "rust_decimal",
    feature = "serde_json"
))]

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.compile_fail("tests/ui/query/*.rs");
}
