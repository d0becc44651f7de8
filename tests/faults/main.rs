//! Faults, made with real servers: connections that are killed or cut in every place, servers that restart or are replaced by
//! their standby, files that are full or damaged, and whatever else can go wrong. `docs/reliability.md` lists what is guaranteed.
//!
//! Servers are found as for the other tests. What takes long, or needs servers of its own, runs when `ORM_TEST_FAULTS=1` is set.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway
#![allow(dead_code)] // of what tests share, this one needs less

#[allow(unused_macros)]
#[path = "../it/support.rs"]
mod support;
#[macro_use]
mod ground;
mod again;
mod faulty;
#[path = "../random/models.rs"]
mod models;
mod proxy;
mod servers;

mod commit;
mod cut;
mod killed;
mod nth;
mod pooler;
mod refused;
mod restarts;
mod sqlite;
