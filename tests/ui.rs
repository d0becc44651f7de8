//! The library as users meet it: programs that must compile and run (`pass`), and mistakes in models (`fail`) and in queries
//! (`query`) with the messages that they get. `TRYBUILD=overwrite` writes the messages anew; read them before they are committed.
//!
//! Some messages list the types that would do, so they are compared with all features on: `cargo test --all-features`.
//!
//! The programs are modules here and no cases of trybuild: with one that must run among them it builds the cases one by one,
//! and without it checks all of them at once.

#![cfg(all(
    feature = "chrono",
    feature = "time",
    feature = "jiff",
    feature = "uuid",
    feature = "rust_decimal",
    feature = "serde_json"
))]

#[path = "ui/pass/attributes.rs"]
pub mod attributes;
#[path = "ui/pass/blog.rs"]
pub mod blog;
#[path = "ui/pass/variants.rs"]
#[allow(missing_docs)] // what is documented is the matter of the other two
pub mod variants;

#[test]
fn programs() {
    attributes::main();
    blog::main();
    variants::main();
}

#[test]
fn mistakes() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.compile_fail("tests/ui/query/*.rs");
}
