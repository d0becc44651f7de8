//! `orm-axum` on every backend: units of work, the session of a request, errors as responses, pages, settings, recorded statements, load.

#[macro_use]
#[path = "../../../tests/it/support.rs"]
mod support;

mod configured;
mod crowd;
mod errors;
mod models;
mod pages;
mod panel;
mod requests;
mod served;
mod units;
