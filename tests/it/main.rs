//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway

#[macro_use]
mod support;

mod binds;
mod cancel;
mod clauses;
mod client;
mod collections;
mod compound;
mod copy;
mod distributed;
mod engine;
mod errors;
mod examples;
mod expressions;
mod functions;
mod generated_keys;
mod graphs;
mod groups;
mod hooks;
mod keyset;
mod links;
mod listeners;
mod loading;
#[cfg(feature = "metrics")]
mod measured;
mod notify;
mod observed;
mod raw_rows;
mod raw_sql;
mod schema;
mod scopes;
mod session_changes;
mod session_children;
mod session_delete;
mod session_identity;
mod session_insert;
mod session_keys;
mod session_marks;
mod session_meetings;
mod session_models;
mod session_relations;
mod session_savepoints;
mod session_together;
mod session_transactions;
mod session_unique;
mod session_versions;
mod session_views;
mod shapes;
mod smoke;
mod statement_cache;
mod statements;
mod structs;
mod test_transaction;
#[cfg(feature = "tracing")]
mod traced;
mod transactions;
mod trees;
mod two_phase;
mod types;
mod variants;
mod writes_that_read;
