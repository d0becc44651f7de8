//! `orm-axum` on every backend: units of work, the session of a request, errors as responses, pages, settings, recorded statements, load.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway

#[macro_use]
#[path = "../../../tests/it/support.rs"]
#[allow(dead_code)] // these tests need less of it
mod support;

mod configured;
mod crowd;
mod errors;
mod models;
mod pages;
mod panel;
mod requests;
mod served;
mod tested;
mod units;
