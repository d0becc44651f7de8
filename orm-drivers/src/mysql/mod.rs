//! The driver for MySQL and MariaDB, over the crate `mysql`. Which of the two is at the other end is asked on every
//! connection, whatever the URL says.
//!
//! # Options of the URL
//!
//! A time may have a unit: `250ms`, `5s`, `2min`. A number alone counts what the table says; 0 is no limit.
//!
//! | option | meaning | default |
//! |---|---|---|
//! | `connect_timeout` | seconds for each address: connection, handshake and setup | 10 |
//! | `read_timeout` | seconds that an answer may keep us waiting; then the connection is lost | none |
//! | `write_timeout` | seconds that the server may take nothing of what we send; then the connection is lost | 60 |
//! | `statement_timeout` | milliseconds until the server ends a statement; MySQL only ends SELECTs | the server's |
//! | `lock_timeout` | milliseconds to wait for a row's lock; only whole seconds can be had | the server's |
//! | `sql_mode` | more modes, beside the server's, STRICT_TRANS_TABLES and NO_AUTO_VALUE_ON_ZERO | |
//! | `charset` | can only be `utf8mb4` | `utf8mb4` |
//! | `unix_socket` | the path of the server's socket, in place of a host; a host that starts with `/` is the same | |
//! | `statement_cache_size` | prepared statements kept for each connection | 256 |
//! | `sslmode`, `sslrootcert`, `sslcert`, `sslkey` | encryption: see the guide's page on TLS | `prefer`; on this machine `disable` |
//! | `allow_public_key_retrieval` | `true` asks any server for the key that the password is encrypted with | `false` |
//! | `server_public_key` | a file with that key | |
//!
//! Without TLS, a server that uses `caching_sha2_password` (MySQL's default) wants the password encrypted with its key
//! when it sees the user for the first time. Somebody between us and the server could answer with a key of their own,
//! so that only servers on this machine are asked for it unless the last two options say otherwise.
//!
//! # What every session is set to
//!
//! UTC, `utf8mb4`, autocommit, strict mode, and counts of *matched* rows for UPDATE.

mod bind;
mod calendar;
mod connect;
mod connection;
mod encrypt;
mod error;
mod guard;
mod options;
mod row;
mod statements;

/// The client crate, for [`with_raw`](orm_core::Connection::with_raw): its types must be of this version.
pub use mysql;

use crate::url::Url;
use connection::MySqlConnection;
use options::Settings;
use orm_core::Result;
use orm_core::dialect::{Dialect, MARIADB, MYSQL};
use orm_core::driver::{Connection, Driver, Place};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Makes a driver from a URL of dialect `mysql` or `mariadb`. Connects to nothing yet.
///
/// # Errors
/// `InvalidUrl` for an option that is unknown or wrong, and for a file of certificates that cannot be read.
///
/// ```
/// use orm_drivers::{Url, mysql};
///
/// let driver = mysql::open(&Url::parse("mysql://ada:secret@db.example/shop?statement_timeout=5s")?)?;
/// assert_eq!(driver.dialect().name, "MySQL");
/// assert!(!format!("{driver:?}").contains("secret"));
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn open(url: &Url) -> Result<Arc<dyn Driver>> {
    let settings = Settings::of(url)?;
    let is_mariadb = AtomicBool::new(url.dialect == "mariadb");
    Ok(Arc::new(MySqlDriver { settings: Arc::new(settings), place: url.place(), is_mariadb }))
}

struct MySqlDriver {
    settings: Arc<Settings>,
    place: Place,
    /// What the URL says, and after the first connection what the server says.
    is_mariadb: AtomicBool,
}

impl Driver for MySqlDriver {
    fn dialect(&self) -> &'static Dialect {
        if self.is_mariadb.load(Ordering::Relaxed) { &MARIADB } else { &MYSQL }
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let opened = connect::open(&self.settings)?;
        self.is_mariadb.store(std::ptr::eq(opened.dialect, &MARIADB), Ordering::Relaxed);
        Ok(Box::new(MySqlConnection::new(opened, &self.settings)))
    }

    fn place(&self) -> Place {
        self.place.clone()
    }
}

impl fmt::Debug for MySqlDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlDriver").field("dialect", &self.dialect().name).field("settings", &self.settings).finish()
    }
}
