//! Flask-SQLAlchemy's comfort for Rust web applications.
pub use config::{Config, IntoConfig};
pub use db::{Db, SessionExt};
pub use error::{Error, Result};
pub use http::StatusCode;
pub use page::{Links, PageQuery};
pub use panel::{QueryPanel, QueryPanelService};
pub use recorded::recorded_queries;
pub use request::{DbLayer, DbService, DbSession};
pub use testing::{TestClient, TestResponse};

mod config;
mod db;
mod error;
mod gate;
mod page;
mod panel;
mod recorded;
mod request;
mod testing;
mod work;
