//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#[macro_use]
mod support;

mod session_changes;
mod session_delete;
mod session_identity;
mod session_insert;
mod session_models;
mod session_transactions;
mod smoke;
