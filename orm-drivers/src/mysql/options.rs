//! What a URL asks for, checked: every option is known, has one meaning, and is given once. Opens nothing.

use crate::url::{Host, Secret, Url};
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
    pub(super) lock_timeout: Option<u64>,
    /// More SQL modes, as the text of a list.
    pub(super) sql_mode: Option<String>,
    pub(super) statement_cache_size: usize,
    pub(super) server_key: ServerKey,
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

/// The options, in the order in which an error lists them.
const KNOWN: [&str; 13] = [
    "allow_public_key_retrieval",
    "charset",
    "connect_timeout",
    "lock_timeout",
    "read_timeout",
    "server_public_key",
    "sql_mode",
    "ssl_mode",
    "sslmode",
    "statement_cache_size",
    "statement_timeout",
    "unix_socket",
    "write_timeout",
];

impl Settings {
    /// Reads a URL.
    pub(super) fn of(url: &Url) -> Result<Settings> {
        let mut settings = Settings {
            servers: url.hosts.iter().map(server).collect(),
            user: url.user.clone(),
            password: url.password.clone(),
            database: url.database.clone().filter(|name| !name.is_empty()),
            connect_timeout: Some(Duration::from_secs(10)),
            read_timeout: None,
            // A write waits only for a peer that takes nothing at all.
            write_timeout: Some(Duration::from_secs(60)),
            statement_timeout: None,
            lock_timeout: None,
            sql_mode: None,
            statement_cache_size: 256,
            server_key: ServerKey::AskLocally,
        };
        for (at, (name, value)) in url.options.iter().enumerate() {
            if url.options[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid(format!("the option `{name}` is given twice")));
            }
            settings.set(name, value)?;
        }
        if settings.servers.is_empty() {
            settings.servers.push(Server::Tcp { host: "localhost".into(), port: 3306 });
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "connect_timeout" => self.connect_timeout = seconds(name, value)?,
            "read_timeout" => self.read_timeout = seconds(name, value)?,
            "write_timeout" => self.write_timeout = seconds(name, value)?,
            "statement_timeout" => self.statement_timeout = seconds(name, value)?,
            "lock_timeout" => self.lock_timeout = Some(whole(name, value)?),
            "statement_cache_size" => {
                self.statement_cache_size = usize::try_from(whole(name, value)?).unwrap_or(usize::MAX);
            }
            "charset" if value.eq_ignore_ascii_case("utf8mb4") => {}
            "charset" => return Err(invalid("the option `charset` can only be `utf8mb4`, which holds every text")),
            "sql_mode" => self.sql_mode = modes(value)?,
            "unix_socket" if value.is_empty() => return Err(invalid("the option `unix_socket` is empty")),
            "unix_socket" => self.servers = vec![Server::Socket(value.to_owned())],
            "sslmode" | "ssl_mode" => plaintext(name, value)?,
            "server_public_key" => self.server_key = ServerKey::File(PathBuf::from(value)),
            "allow_public_key_retrieval" => match value {
                "true" | "1" => self.server_key = ServerKey::Ask,
                "false" | "0" => {}
                _ => return Err(invalid(format!("the option `{name}` is `true` or `false`"))),
            },
            _ => {
                let known = KNOWN.join(", ");
                return Err(invalid(format!("`{name}` is no option of the MySQL driver; it knows {known}")));
            }
        }
        Ok(())
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
}

fn server(host: &Host) -> Server {
    let Host { name, port } = host;
    if name.starts_with('/') {
        return Server::Socket(name.clone());
    }
    Server::Tcp { host: name.clone(), port: port.unwrap_or(3306) }
}

/// Seconds, also parts of one; 0 is no limit.
fn seconds(name: &str, value: &str) -> Result<Option<Duration>> {
    let wrong = || invalid(format!("the option `{name}` is a number of seconds, 0 for no limit"));
    let seconds: f64 = value.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if duration.is_zero() {
        return if seconds == 0.0 { Ok(None) } else { Err(wrong()) };
    }
    // The client counts in milliseconds, and 0 of them would be no limit.
    Ok(Some(duration.max(Duration::from_millis(1))))
}

fn whole(name: &str, value: &str) -> Result<u64> {
    value.parse().map_err(|_| invalid(format!("the option `{name}` is a whole number that is not negative")))
}

/// Names of SQL modes. They go into SQL text, so that nothing but names may pass.
fn modes(value: &str) -> Result<Option<String>> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if value.is_empty() {
        return Ok(None);
    }
    if value.split(',').all(is_name) {
        return Ok(Some(value.to_owned()));
    }
    Err(invalid("the option `sql_mode` is a list of names with commas between them"))
}

/// TLS is not there yet, and what asks for it must never get a plain connection.
fn plaintext(name: &str, value: &str) -> Result<()> {
    match value.to_ascii_lowercase().as_str() {
        "disable" | "disabled" => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            format!("the MySQL driver has no TLS yet, so that the option `{name}` can only be `disable`"),
        )),
    }
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
        let settings = Settings::of(&url(&[("read_timeout", "1.5"), ("connect_timeout", "0"), ("sslmode", "disable")]))
            .expect("all are right");
        assert_eq!(settings.servers[0].to_string(), "db:3306");
        assert_eq!(settings.servers[1].to_string(), "[::1]:3307");
        assert_eq!(settings.read_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(settings.connect_timeout, None);
        assert_eq!(settings.statement_cache_size, 256);
    }

    #[test]
    fn an_unknown_option_is_an_error_that_lists_the_known_ones() {
        let error = refused("conect_timeout", "1");
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        assert!(error.to_string().contains("`conect_timeout`") && error.to_string().contains("connect_timeout,"));
    }

    #[test]
    fn wrong_values_are_refused() {
        for (name, value) in [
            ("connect_timeout", "soon"),
            ("connect_timeout", "-1"),
            ("read_timeout", "NaN"),
            ("read_timeout", "1e-12"),
            ("lock_timeout", "0.5"),
            ("statement_cache_size", "-1"),
            ("charset", "latin1"),
            ("sql_mode", "A'; DROP TABLE t; --"),
            ("unix_socket", ""),
            ("allow_public_key_retrieval", "yes"),
        ] {
            assert_eq!(refused(name, value).kind(), ErrorKind::InvalidUrl, "{name}={value}");
        }
        let twice = Settings::of(&url(&[("read_timeout", "1"), ("read_timeout", "2")])).expect_err("given twice");
        assert_eq!(twice.kind(), ErrorKind::InvalidUrl);
    }

    #[test]
    fn what_asks_for_tls_gets_no_plain_connection() {
        for mode in ["require", "prefer", "verify-full", "REQUIRED", ""] {
            assert_eq!(refused("sslmode", mode).kind(), ErrorKind::Unsupported, "{mode}");
            assert_eq!(refused("ssl_mode", mode).kind(), ErrorKind::Unsupported, "{mode}");
        }
    }

    #[test]
    fn shows_no_password() {
        let settings = Settings::of(&url(&[])).expect("it is right");
        let shown = format!("{settings:?}");
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
}
