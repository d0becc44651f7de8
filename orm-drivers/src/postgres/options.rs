//! The options of a PostgreSQL URL, as settings of the client. Knows no connection.

use crate::url::{Options, Url};
use orm_core::{Error, ErrorKind, Result};
use postgres::Config;
use postgres::config::{SslMode, TargetSessionAttrs};
use std::time::Duration;

/// How connections are made, from a URL.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) config: Config,
    /// Hosts and ports, for messages.
    pub(super) target: String,
    /// The database, for messages.
    pub(super) database: String,
    /// How long a connection may take altogether, with its authentication; `None` for as long as it takes.
    pub(super) patience: Option<Duration>,
    /// How many statements are kept prepared for each connection.
    pub(super) statement_cache_size: usize,
}

const KNOWN: [&str; 10] = [
    "application_name",
    "connect_timeout",
    "keepalives_idle",
    "lock_timeout",
    "options",
    "sslmode",
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
/// `InvalidUrl` for an unknown option or a value that is not right, `Unsupported` for encryption.
pub(super) fn read(url: &Url) -> Result<Settings> {
    let options = url.options(&KNOWN)?;
    refuse_encryption(&options)?;
    let mut config = Config::new();
    config.ssl_mode(SslMode::Disable);
    let target = set_hosts(url, &mut config);
    if let Some(user) = &url.user {
        config.user(user);
    }
    if let Some(password) = &url.password {
        config.password(password.reveal());
    }
    if let Some(database) = &url.database {
        config.dbname(database);
    }
    if let Some(name) = options.text("application_name") {
        config.application_name(name);
    }
    let attributes = [
        ("any", TargetSessionAttrs::Any),
        ("read-write", TargetSessionAttrs::ReadWrite),
        ("read-only", TargetSessionAttrs::ReadOnly),
    ];
    if let Some(attributes) = options.choice("target_session_attrs", &attributes)? {
        config.target_session_attrs(attributes);
    }
    let patience = set_times(&options, &mut config, url.hosts.len())?;
    let at_start = at_start(&options)?;
    if !at_start.is_empty() {
        config.options(&at_start);
    }
    let statement_cache_size =
        options.parsed("statement_cache_size", "a whole number")?.unwrap_or(DEFAULT_STATEMENT_CACHE_SIZE);
    let database = url.database.clone().or_else(|| url.user.clone()).unwrap_or_default();
    Ok(Settings { config, target, database, patience, statement_cache_size })
}

fn refuse_encryption(options: &Options<'_>) -> Result<()> {
    // `prefer` accepts a connection without encryption by its meaning; the others do not.
    let modes = [("disable", true), ("prefer", true), ("require", false), ("verify-ca", false), ("verify-full", false)];
    match options.choice("sslmode", &modes)? {
        None | Some(true) => Ok(()),
        Some(false) => {
            let message = "the postgres driver cannot encrypt connections yet, and the option `sslmode` asks for it";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// Sets the limits of the connection, and gives that of connecting to all hosts, one after another.
fn set_times(options: &Options<'_>, config: &mut Config, hosts: usize) -> Result<Option<Duration>> {
    let (second, millisecond) = (Duration::from_secs(1), Duration::from_millis(1));
    config.keepalives_idle(options.duration("keepalives_idle", second)?.unwrap_or(DEFAULT_KEEPALIVES_IDLE));
    if let Some(timeout) = options.duration("tcp_user_timeout", millisecond)? {
        config.tcp_user_timeout(timeout);
    }
    let timeout = options.duration("connect_timeout", second)?.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
    if timeout.is_zero() {
        return Ok(None);
    }
    config.connect_timeout(timeout);
    Ok(Some(timeout.saturating_mul(u32::try_from(hosts.max(1)).unwrap_or(u32::MAX))))
}

/// What the server is told when the session starts. A setting made there is also what RESET goes back to, which one made by
/// SET is not, and it needs no round trip.
fn at_start(options: &Options<'_>) -> Result<String> {
    let mut parts = Vec::new();
    for name in ["statement_timeout", "lock_timeout"] {
        if let Some(limit) = options.duration(name, Duration::from_millis(1))? {
            parts.push(format!("-c {name}={}", limit.as_millis()));
        }
    }
    parts.extend(options.text("options").map(str::to_owned));
    Ok(parts.join(" "))
}

fn set_hosts(url: &Url, config: &mut Config) -> String {
    if url.hosts.is_empty() {
        config.host("localhost").port(DEFAULT_PORT);
        return format!("localhost:{DEFAULT_PORT}");
    }
    let mut shown = Vec::new();
    for host in &url.hosts {
        let port = host.port.unwrap_or(DEFAULT_PORT);
        config.host(&host.name).port(port);
        shown.push(match host.name.contains(':') {
            true => format!("[{}]:{port}", host.name),
            false => format!("{}:{port}", host.name),
        });
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::{Host, Secret};

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
        assert_eq!(settings.patience, Some(Duration::from_secs(6)));
        assert_eq!(settings.statement_cache_size, 0);
        let config = settings.config;
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(config.get_options(), Some("-c statement_timeout=5000 -c lock_timeout=250 -c search_path=x"));
        assert_eq!((config.get_application_name(), config.get_ports()), (Some("app"), &[5432, 6432][..]));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (name, value, kind) in [
            ("sslmode", "require", ErrorKind::Unsupported),
            ("sslmode", "verify-full", ErrorKind::Unsupported),
            ("pool", "1", ErrorKind::InvalidUrl),
            ("sslmode", "allow", ErrorKind::InvalidUrl),
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
