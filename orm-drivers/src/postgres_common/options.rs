//! The options that URLs of PostgreSQL have, whichever driver they name. Knows no client.

use crate::tls::{self, Configs, Mode, Wish, is_local};
use crate::url::{Options, Url};
use orm_core::Result;
use std::sync::Arc;
use std::time::Duration;

/// What a URL asks for, beside the user and the password.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The hosts and their ports, at least one. A name that starts with a slash is the folder of a Unix socket.
    pub(crate) hosts: Vec<(String, u16)>,
    /// Hosts and ports, for messages.
    pub(crate) target: String,
    /// The database, for messages.
    pub(crate) database: String,
    pub(crate) application_name: Option<String>,
    /// Settings that the server is told when the session starts.
    pub(crate) at_start: Option<String>,
    pub(crate) attributes: Attributes,
    pub(crate) keepalives_idle: Duration,
    pub(crate) tcp_user_timeout: Option<Duration>,
    /// How long the server may say nothing while an answer is due.
    pub(crate) read_timeout: Option<Duration>,
    /// For each host; `None` for no limit.
    pub(crate) connect_timeout: Option<Duration>,
    /// How many statements are kept prepared for each connection.
    pub(crate) statement_cache_size: usize,
    /// Whether each transaction may have another server connection.
    pub(crate) pooled: bool,
    /// `None` where connections are not encrypted.
    pub(crate) tls: Option<Arc<Configs>>,
}

/// Which of several hosts will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attributes {
    Any,
    ReadWrite,
    ReadOnly,
}

const KNOWN: [&str; 11] = [
    "application_name",
    "connect_timeout",
    "keepalives_idle",
    "lock_timeout",
    "options",
    "pooler",
    "read_timeout",
    "statement_cache_size",
    "statement_timeout",
    "target_session_attrs",
    "tcp_user_timeout",
];

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that vanished without a word is noticed after some minutes, not after the two hours of the operating system.
const DEFAULT_KEEPALIVES_IDLE: Duration = Duration::from_secs(60);
const DEFAULT_STATEMENT_CACHE_SIZE: usize = 256;

/// Reads a URL.
///
/// # Errors
/// `InvalidUrl` for an unknown option or a value that is not right, and for a file of certificates that cannot be read.
pub(crate) fn read(url: &Url) -> Result<Shared> {
    let options = url.options(&[&KNOWN[..], &tls::OPTIONS].concat())?;
    let attributes =
        [("any", Attributes::Any), ("read-write", Attributes::ReadWrite), ("read-only", Attributes::ReadOnly)];
    let (second, millisecond) = (Duration::from_secs(1), Duration::from_millis(1));
    let connect_timeout = options.duration("connect_timeout", second)?.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
    let pooled = options.choice("pooler", &[("none", false), ("transaction", true)])?.unwrap_or(false);
    let hosts = hosts(url);
    let wish = Wish::read(&options, hosts.iter().all(|(name, _)| is_local(name)))?;
    // Nobody can listen on a socket's way, and servers offer no TLS there. As in libpq, `sslmode` says nothing about it.
    let sockets_only = hosts.iter().all(|(name, _)| name.starts_with('/'));
    let tls = match wish.mode {
        Mode::Disable => None,
        _ if sockets_only => None,
        Mode::Prefer | Mode::Require | Mode::VerifyCa | Mode::VerifyFull => Some(Arc::new(Configs::new(wish)?)),
    };
    Ok(Shared {
        tls,
        target: target(&hosts),
        hosts,
        database: url.database.clone().or_else(|| url.user.clone()).unwrap_or_default(),
        application_name: options.text("application_name").map(str::to_owned),
        at_start: at_start(&options)?,
        attributes: options.choice("target_session_attrs", &attributes)?.unwrap_or(Attributes::Any),
        keepalives_idle: options.duration("keepalives_idle", second)?.unwrap_or(DEFAULT_KEEPALIVES_IDLE),
        tcp_user_timeout: options.duration("tcp_user_timeout", millisecond)?,
        read_timeout: options.duration("read_timeout", second)?.filter(|timeout| !timeout.is_zero()),
        connect_timeout: Some(connect_timeout).filter(|timeout| !timeout.is_zero()),
        statement_cache_size: options.parsed("statement_cache_size", "a whole number")?.unwrap_or(if pooled {
            0
        } else {
            DEFAULT_STATEMENT_CACHE_SIZE
        }),
        pooled,
    })
}

/// What the server is told when the session starts. A setting made there is also what RESET goes back to, which one made by
/// SET is not, and it needs no round trip.
fn at_start(options: &Options<'_>) -> Result<Option<String>> {
    let mut parts = Vec::new();
    for name in ["statement_timeout", "lock_timeout"] {
        if let Some(limit) = options.duration(name, Duration::from_millis(1))? {
            parts.push(format!("-c {name}={}", limit.as_millis()));
        }
    }
    parts.extend(options.text("options").map(str::to_owned));
    Ok(Some(parts.join(" ")).filter(|settings| !settings.is_empty()))
}

fn hosts(url: &Url) -> Vec<(String, u16)> {
    let hosts = url.hosts.iter().map(|host| (host.name.clone(), host.port.unwrap_or(DEFAULT_PORT)));
    let hosts: Vec<_> = hosts.collect();
    if hosts.is_empty() { vec![("localhost".to_owned(), DEFAULT_PORT)] } else { hosts }
}

fn target(hosts: &[(String, u16)]) -> String {
    let shown = hosts.iter().map(|(name, port)| match name.contains(':') {
        true => format!("[{name}]:{port}"),
        false => format!("{name}:{port}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::{Host, Secret};
    use orm_core::ErrorKind;

    fn url(options: &[(&str, &str)]) -> Url {
        Url {
            dialect: "postgresql".into(),
            driver: None,
            user: Some("u".into()),
            password: Some(Secret::new("hidden")),
            hosts: vec![Host { name: "a".into(), port: None }, Host { name: "::1".into(), port: Some(6432) }],
            database: Some("d".into()),
            options: options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        }
    }

    #[test]
    fn reads_hosts_and_options() {
        let settings = read(&url(&[
            ("connect_timeout", "3"),
            ("statement_timeout", "5s"),
            ("lock_timeout", "250"),
            ("options", "-c search_path=x"),
            ("statement_cache_size", "0"),
            ("application_name", "app"),
            ("target_session_attrs", "read-write"),
            ("sslmode", "prefer"),
        ]))
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.target, "a:5432, [::1]:6432");
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(3)));
        assert_eq!(settings.statement_cache_size, 0);
        let at_start = settings.at_start.as_deref();
        assert_eq!(at_start, Some("-c statement_timeout=5000 -c lock_timeout=250 -c search_path=x"));
        assert_eq!(settings.application_name.as_deref(), Some("app"));
        assert_eq!(settings.hosts, [("a".to_owned(), 5432), ("::1".to_owned(), 6432)]);
        assert_eq!(settings.attributes, Attributes::ReadWrite);
    }

    #[test]
    fn behind_a_pooler_no_statement_has_a_name() {
        let size = |options: &[(&str, &str)]| {
            let Shared { pooled, statement_cache_size, .. } = read(&url(options)).unwrap();
            (pooled, statement_cache_size)
        };
        assert_eq!(size(&[]), (false, 256));
        assert_eq!(size(&[("pooler", "none")]), (false, 256));
        assert_eq!(size(&[("pooler", "transaction")]), (true, 0));
        assert_eq!(size(&[("pooler", "transaction"), ("statement_cache_size", "64")]), (true, 64));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (name, value, kind) in [
            ("sslmode", "verify-ca", ErrorKind::InvalidUrl),
            ("pool", "1", ErrorKind::InvalidUrl),
            ("sslmode", "allow", ErrorKind::InvalidUrl),
            ("pooler", "session", ErrorKind::InvalidUrl),
            ("statement_cache_size", "-1", ErrorKind::InvalidUrl),
            ("connect_timeout", "", ErrorKind::InvalidUrl),
            ("statement_timeout", "s", ErrorKind::InvalidUrl),
            ("statement_timeout", "5 -c x=y", ErrorKind::InvalidUrl),
            ("target_session_attrs", "primary", ErrorKind::InvalidUrl),
            ("sslrootcert", "x", ErrorKind::InvalidUrl),
        ] {
            let error = read(&url(&[(name, value)])).err().unwrap_or_else(|| panic!("{name}={value} was taken"));
            assert_eq!(error.kind(), kind, "{name}={value}");
            assert!(!error.to_string().contains("hidden"));
        }
    }
}
