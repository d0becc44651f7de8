//! What a URL asks for, checked: every option is known, has one meaning, and is given once. Opens nothing.

use crate::tls::{self, Mode, Roots, Wish, is_local};
use crate::url::{Host, Options, Secret, Url};
use orm_core::{Error, ErrorKind, Result};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a connection is made from. Its `Debug` shows `***` for the password.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) servers: Vec<Server>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) read_timeout: Option<Duration>,
    pub(super) write_timeout: Option<Duration>,
    pub(super) statement_timeout: Option<Duration>,
    /// In seconds.
    pub(super) lock_timeout: Option<u64>,
    /// More SQL modes, as the text of a list.
    pub(super) sql_mode: Option<String>,
    pub(super) statement_cache_size: usize,
    pub(super) server_key: ServerKey,
    pub(super) tls: Wish,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Tcp { host: String, port: u16 },
    Socket(String),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Server::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Server::Tcp { host, port } => write!(f, "{host}:{port}"),
            Server::Socket(path) => f.write_str(path),
        }
    }
}

/// How the key is had with which a password goes to a server that wants it over a connection without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServerKey {
    /// Asked of a server on this machine, of no other: somebody in between could answer with a key of their own.
    AskLocally,
    /// Asked of every server.
    Ask,
    /// Read from a file.
    File(PathBuf),
}

const KNOWN: [&str; 11] = [
    "allow_public_key_retrieval",
    "charset",
    "connect_timeout",
    "lock_timeout",
    "read_timeout",
    "server_public_key",
    "sql_mode",
    "statement_cache_size",
    "statement_timeout",
    "unix_socket",
    "write_timeout",
];

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
const DEFAULT_PORT: u16 = 3306;

impl Settings {
    /// Reads a URL.
    pub(super) fn of(url: &Url) -> Result<Settings> {
        let options = url.options(&[&KNOWN[..], &tls::OPTIONS].concat())?;
        options.choice("charset", &[("utf8mb4", ())])?;
        // A limit of 0 is none.
        let limit = |name, default: Option<Duration>| -> Result<Option<Duration>> {
            Ok(options.duration(name, SECOND)?.or(default).filter(|limit| !limit.is_zero()))
        };
        let servers = servers(url, &options)?;
        Ok(Settings {
            tls: tls(&options, &servers)?,
            servers,
            user: url.user.clone(),
            password: url.password.clone(),
            database: url.database.clone().filter(|name| !name.is_empty()),
            connect_timeout: limit("connect_timeout", Some(Duration::from_secs(10)))?,
            read_timeout: limit("read_timeout", None)?,
            // A write waits only for a peer that takes nothing at all.
            write_timeout: limit("write_timeout", Some(Duration::from_secs(60)))?,
            statement_timeout: options.duration("statement_timeout", MILLISECOND)?,
            lock_timeout: lock_timeout(&options)?,
            sql_mode: modes(&options)?,
            statement_cache_size: options.parsed("statement_cache_size", "a whole number")?.unwrap_or(256),
            server_key: server_key(&options)?,
        })
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
}

fn servers(url: &Url, options: &Options<'_>) -> Result<Vec<Server>> {
    match options.text("unix_socket") {
        Some("") => return Err(invalid("the option `unix_socket` is empty")),
        Some(path) => return Ok(vec![Server::Socket(path.to_owned())]),
        None => {}
    }
    if url.hosts.is_empty() {
        return Ok(vec![Server::Tcp { host: "localhost".into(), port: DEFAULT_PORT }]);
    }
    Ok(url.hosts.iter().map(server).collect())
}

fn server(host: &Host) -> Server {
    let Host { name, port } = host;
    if name.starts_with('/') {
        return Server::Socket(name.clone());
    }
    Server::Tcp { host: name.clone(), port: port.unwrap_or(DEFAULT_PORT) }
}

/// In milliseconds, as on the other databases; but InnoDB waits for whole seconds, and a rounded limit would be another one.
fn lock_timeout(options: &Options<'_>) -> Result<Option<u64>> {
    /// What both servers take, and MariaDB takes for ever: <https://mariadb.com/kb/en/innodb-system-variables/>.
    const FOR_EVER: u64 = 100_000_000;
    let Some(limit) = options.duration("lock_timeout", MILLISECOND)? else { return Ok(None) };
    if limit.subsec_nanos() != 0 {
        return Err(invalid(
            "the option `lock_timeout` must be whole seconds: MySQL and MariaDB count nothing smaller",
        ));
    }
    Ok(Some(if limit.is_zero() { FOR_EVER } else { limit.as_secs().min(FOR_EVER) }))
}

fn server_key(options: &Options<'_>) -> Result<ServerKey> {
    Ok(match (options.text("server_public_key"), options.boolean("allow_public_key_retrieval")?) {
        (Some(path), _) => ServerKey::File(PathBuf::from(path)),
        (None, Some(true)) => ServerKey::Ask,
        (None, Some(false) | None) => ServerKey::AskLocally,
    })
}

/// Names of SQL modes. They go into SQL text, so that nothing but names may pass.
fn modes(options: &Options<'_>) -> Result<Option<String>> {
    let Some(value) = options.text("sql_mode").filter(|value| !value.is_empty()) else { return Ok(None) };
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if value.split(',').all(is_name) {
        return Ok(Some(value.to_owned()));
    }
    Err(invalid("the option `sql_mode` is not a list of names with commas between them"))
}

/// What is encrypted, with the files read once so that what is wrong with them is told at once; the client reads them again for
/// each connection.
fn tls(options: &Options<'_>, servers: &[Server]) -> Result<Wish> {
    let local = |server: &Server| match server {
        Server::Tcp { host, port: _ } => is_local(host),
        Server::Socket(_) => true,
    };
    let wish = Wish::read(options, servers.iter().all(local))?;
    let files = match wish.roots {
        Roots::File(_) => wish.clone(),
        // Which authorities the client trusts without a file is its own choice.
        Roots::System => Wish { mode: Mode::Require, ..wish.clone() },
    };
    tls::check_files(&files)?;
    Ok(wish)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(options: &[(&str, &str)]) -> Url {
        Url {
            dialect: "mysql".into(),
            driver: None,
            user: Some("ada".into()),
            password: Some(Secret::new("hunter2")),
            hosts: vec![Host { name: "db".into(), port: None }, Host { name: "::1".into(), port: Some(3307) }],
            database: Some("shop".into()),
            options: options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        }
    }

    fn refused(name: &str, value: &str) -> Error {
        Settings::of(&url(&[(name, value)])).expect_err("the option is wrong")
    }

    #[test]
    fn reads_hosts_and_options() {
        let settings = Settings::of(&url(&[
            ("read_timeout", "1500ms"),
            ("connect_timeout", "0"),
            ("sslmode", "disable"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "250"),
        ]))
        .expect("all are right");
        assert_eq!(settings.servers[0].to_string(), "db:3306");
        assert_eq!(settings.servers[1].to_string(), "[::1]:3307");
        assert_eq!(settings.read_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(settings.connect_timeout, None);
        assert_eq!(settings.statement_cache_size, 256);
        assert_eq!((settings.lock_timeout, settings.statement_timeout), (Some(5), Some(Duration::from_millis(250))));
    }

    #[test]
    fn an_unknown_option_is_an_error_that_lists_the_known_ones() {
        let error = refused("conect_timeout", "1");
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        assert!(error.to_string().contains("did you mean `connect_timeout`"));
    }

    #[test]
    fn wrong_values_are_refused() {
        for (name, value) in [
            ("connect_timeout", "soon"),
            ("connect_timeout", "-1"),
            ("read_timeout", "NaN"),
            ("read_timeout", "1e-12"),
            ("lock_timeout", "500"),
            ("statement_cache_size", "-1"),
            ("charset", "latin1"),
            ("sql_mode", "A'; DROP TABLE t; --"),
            ("unix_socket", ""),
            ("allow_public_key_retrieval", "maybe"),
        ] {
            assert_eq!(refused(name, value).kind(), ErrorKind::InvalidUrl, "{name}={value}");
        }
        let twice = Settings::of(&url(&[("read_timeout", "1"), ("read_timeout", "2")])).expect_err("given twice");
        assert_eq!(twice.kind(), ErrorKind::InvalidUrl);
    }

    #[test]
    fn encryption_has_the_names_that_it_has_on_postgresql() {
        assert!(refused("ssl_mode", "REQUIRED").to_string().contains("`sslmode`"));
        for value in ["REQUIRED", "verify-ca", ""] {
            assert_eq!(refused("sslmode", value).kind(), ErrorKind::InvalidUrl, "{value}");
        }
        assert!(refused("sslrootcert", "/no/such/file.pem").to_string().contains("cannot be read"));
        let mode = |options: &[(&str, &str)]| Settings::of(&url(options)).expect("it is right").tls.mode;
        assert_eq!(mode(&[]), Mode::Prefer);
        assert_eq!(mode(&[("sslmode", "verify-full")]), Mode::VerifyFull);
        assert_eq!(mode(&[("unix_socket", "/run/mysqld.sock")]), Mode::Disable);
    }

    #[test]
    fn shows_no_password() {
        let settings = Settings::of(&url(&[])).expect("it is right");
        let shown = format!("{settings:?}");
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
}
