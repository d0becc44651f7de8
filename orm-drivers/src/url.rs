//! The database URL: `dialect+driver://user:password@host:port/database?option=value`. Knows no client crate.

use std::fmt;

/// A parsed database URL. `Debug` and `Display` show `***` in place of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// `sqlite`, `postgresql`, `mysql` or `mariadb`, after aliases.
    pub dialect: String,
    /// The driver, where the URL names one.
    pub driver: Option<String>,
    /// The user, percent-decoded.
    pub user: Option<String>,
    /// The password, percent-decoded.
    pub password: Option<Secret>,
    /// The hosts, in order; several where the database has replicas. Empty for SQLite.
    pub hosts: Vec<Host>,
    /// The database's name, or the path of a SQLite file; `None` where the URL has none.
    pub database: Option<String>,
    /// The options, in order.
    pub options: Vec<(String, String)>,
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name, an IPv4 or IPv6 address (without brackets), or the path of a Unix socket's folder.
    pub name: String,
    /// The port, where given.
    pub port: Option<u16>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for the client that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
