//! The drivers of `orm`: one synchronous client crate for each database, chosen by the URL. The only crate that knows clients.
//!
//! [`url`] reads the database URL, [`registry`] finds the driver that it names, and each module below is one driver. Drivers
//! of other crates join by [`registry::register`].

#[cfg(feature = "aws")]
pub mod aws;
pub mod credentials;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod options;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "postgres", feature = "postgres-wire"))]
mod postgres_common;
#[cfg(feature = "postgres-wire")]
pub mod postgres_wire;
pub mod registry;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "tls")]
mod tls;
pub mod url;

pub use credentials::{Cached, CredentialProvider, Credentials};
pub use options::{EngineOptions, create_engine};
pub use registry::{Factory, open, register};
pub use url::{Host, Options, Secret, Url, UrlBuilder};
