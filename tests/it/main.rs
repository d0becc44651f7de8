//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway

#[macro_use]
mod support;

mod compound;
mod engine;
mod errors;
mod examples;
mod functions;
mod hooks;
mod links;
mod listeners;
mod loading;
mod raw_sql;
mod schema;
mod scopes;
mod session_changes;
mod session_children;
mod session_delete;
mod session_identity;
mod session_insert;
mod session_keys;
mod session_meetings;
mod session_models;
mod session_savepoints;
mod session_transactions;
mod session_unique;
mod session_versions;
mod session_views;
mod smoke;
mod statements;
mod transactions;
mod types;
