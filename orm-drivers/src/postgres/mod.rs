//! The driver for PostgreSQL, over the crate `postgres`: how it is opened. Knows no pool and no session.
//!
//! URL options:
//!
//! Times may have the unit `ms`, `s` or `min`.
//!
//! | option | meaning |
//! |---|---|
//! | `application_name` | shown in `pg_stat_activity` |
//! | `connect_timeout` | seconds for each host, authentication included; 10 if not given, 0 for no limit |
//! | `keepalives_idle` | seconds of silence after which TCP asks for a sign of life; 60 if not given |
//! | `lock_timeout`, `statement_timeout` | milliseconds, or with a unit: `500`, `5s`, `2min`; 0 for no limit |
//! | `options` | settings for the start of the session: `-c search_path=app` |
//! | `pooler` | `transaction` where a pooler stands between that gives each transaction another server connection, see below |
//! | `read_timeout` | `postgresql+wire://` only: seconds that the server may say nothing while an answer is due, after which the connection is lost; no limit if not given |
//! | `sslmode`, `sslrootcert`, `sslcert`, `sslkey` | encryption, with libpq's names and meanings: see the guide's page on TLS |
//! | `statement_cache_size` | prepared statements kept for each connection; 256 if not given, 0 with `pooler=transaction` |
//! | `target_session_attrs` | `any`, `read-write` or `read-only`: which of several hosts will do |
//! | `tcp_user_timeout` | milliseconds until data without acknowledgement ends the connection |
//!
//! Behind a pooler that gives each transaction another server connection (PgBouncer in transaction mode, RDS Proxy), a prepared
//! statement is gone with the next transaction. `pooler=transaction` says so: statements have no name on the server, and take one
//! round trip; nothing is reset when a connection returns to this library's pool, because it would be reset for somebody else.
//!
//! - What belongs to a session cannot be had: SET (but SET LOCAL), LISTEN, temporary tables, advisory locks that outlive their
//!   transaction, `Session::pin`. Nothing here sends such things unasked.
//! - The timeouts and `options` are sent when the session starts, which PgBouncer refuses before version 1.20; set them for the role
//!   (`ALTER ROLE .. SET`).
//! - This driver asks about the database's own types (enums, domains) when it connects. A column of a type that was made later can
//!   be read by connections that are opened after it; the other driver, `postgresql+wire`, asks when it meets one.
//! - PgBouncer from 1.21 on follows statements with names. Where it does (`max_prepared_statements`),
//!   `pooler=transaction&statement_cache_size=256` saves the server the parsing.
//!
//! The calls block. On a thread of an async runtime they are refused with `Misuse`; use them within `spawn_blocking`. A
//! connection may be dropped anywhere: it is closed on a thread of its own.
//!
//! The client writes the values of binds neither to its log nor to errors; the errors that the server wrote, which may hold
//! values of rows, are the sources of ours.

mod bind;
mod blocking;
mod cache;
mod connection;
mod error;
mod open;
mod options;
mod own_types;
mod row;

/// The client crate, for [`with_raw`](orm_core::Connection::with_raw): its types must be of this version.
pub use postgres;

use crate::tls;
use crate::url::Url;
use connection::ServerConnection;
use options::Settings;
use orm_core::dialect::{Dialect, POSTGRES};
use orm_core::driver::{Connection, Driver, Place};
use orm_core::{Error, ErrorKind, Result};
use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::ClientConfig;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The driver for a PostgreSQL URL. Connects to nothing yet.
///
/// # Errors
/// `InvalidUrl` for an unknown option, with the known ones, a wrong value, or a file of certificates that cannot be read.
///
/// ```
/// use orm_drivers::Url;
///
/// let url = Url::parse("postgresql://ada:secret@db.example/shop?application_name=till&statement_timeout=5s")?;
/// let driver = orm_drivers::postgres::open(&url)?; // nothing is connected yet
/// assert_eq!(driver.dialect().name, "PostgreSQL");
/// assert!(!format!("{driver:?}").contains("secret"));
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn open(url: &Url) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(ServerDriver { settings: options::read(url)?, place: url.place() }))
}

/// The driver: how connections are made.
struct ServerDriver {
    settings: Settings,
    place: Place,
}

/// Shows where it leads, and never the password.
impl fmt::Debug for ServerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { config: _, target, database, patience: _, statement_cache_size: _, pooled: _, tls: _ } =
            &self.settings;
        f.debug_struct("postgres").field("target", target).field("database", database).finish_non_exhaustive()
    }
}

impl Driver for ServerDriver {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRES
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let client = connect(&self.settings)?;
        Ok(Box::new(ServerConnection::new(client, &self.settings)))
    }

    fn place(&self) -> Place {
        self.place.clone()
    }
}

/// Connects on a thread of its own. The client's own limit ends with the TCP connection, and a server that then says nothing
/// would be waited for without end; a runtime that cannot be made panics in the client.
fn connect(settings: &Settings) -> Result<Client> {
    blocking::check_thread()?;
    let Settings { config, target, database, patience, statement_cache_size, pooled, tls } = settings;
    let config = config.clone();
    let unnamed = *pooled && *statement_cache_size == 0;
    let tls = tls.as_ref().map(|tls| tls.current()).transpose()?;
    let (give, take) = channel();
    let failed = |why: &str| Error::new(ErrorKind::ConnectFailed, format!("no connection to {target}: {why}"));
    let spawned = thread::Builder::new().name("orm-connect".to_owned()).spawn(move || {
        // Nobody may wait any more; then the connection is dropped here.
        let client = match tls {
            Some(tls) => encrypted(config, ClientConfig::clone(&tls)),
            None => config.connect(NoTls),
        };
        let _ = give.send(client.and_then(|mut client| {
            if unnamed {
                own_types::learn(&mut client)?;
            }
            Ok(client)
        }));
    });
    spawned.map_err(|error| failed("the operating system gives no thread").with_source(error))?;
    let answer = match patience {
        Some(patience) => take.recv_timeout(*patience),
        None => take.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match answer {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => Err(error::from_connect(error, target, database)),
        Err(RecvTimeoutError::Timeout) => Err(failed("the server did not answer in time")),
        Err(RecvTimeoutError::Disconnected) => Err(failed("the operating system has no file left for it")),
    }
}

/// Connects, encrypted as the URL says. As in libpq, a handshake that fails is no reason to stay away where encryption is only
/// preferred.
fn encrypted(mut config: Config, tls: ClientConfig) -> std::result::Result<Client, postgres::Error> {
    match config.connect(MakeRustlsConnect::new(tls)) {
        Err(error) if config.get_ssl_mode() == SslMode::Prefer && tls::explain::of(&error).is_some() => {
            config.ssl_mode(SslMode::Disable).connect(NoTls)
        }
        done => done,
    }
}
