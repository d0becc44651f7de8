//! The options of a PostgreSQL URL, as settings of the client. Knows no connection.

use crate::url::Url;
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

const KNOWN: &str = "application_name, connect_timeout, keepalives_idle, lock_timeout, options, sslmode, \
                     statement_cache_size, statement_timeout, target_session_attrs, tcp_user_timeout";

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
    if let Some(driver) = url.driver.as_deref().filter(|driver| *driver != "postgres") {
        return Err(invalid(format!("\"{driver}\" is not a driver for PostgreSQL; the known one is postgres")));
    }
    let mut config = Config::new();
    config.ssl_mode(SslMode::Disable).keepalives_idle(DEFAULT_KEEPALIVES_IDLE);
    let mut settings = Settings {
        target: set_hosts(url, &mut config),
        database: url.database.clone().or_else(|| url.user.clone()).unwrap_or_default(),
        config,
        patience: Some(DEFAULT_CONNECT_TIMEOUT),
        statement_cache_size: DEFAULT_STATEMENT_CACHE_SIZE,
    };
    if let Some(user) = &url.user {
        settings.config.user(user);
    }
    if let Some(password) = &url.password {
        settings.config.password(password.reveal());
    }
    if let Some(database) = &url.database {
        settings.config.dbname(database);
    }
    let mut startup = Vec::new();
    for (name, value) in &url.options {
        set_option(&mut settings, &mut startup, name, value)?;
    }
    if !startup.is_empty() {
        settings.config.options(&startup.join(" "));
    }
    if let Some(timeout) = settings.patience {
        settings.config.connect_timeout(timeout);
        let hosts = u32::try_from(url.hosts.len().max(1)).unwrap_or(u32::MAX);
        settings.patience = Some(timeout.saturating_mul(hosts));
    }
    Ok(settings)
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

/// Applies one option; `startup` gathers what the server is told when the session starts. A setting made there is also what
/// RESET goes back to, which one made by SET is not.
fn set_option(settings: &mut Settings, startup: &mut Vec<String>, name: &str, value: &str) -> Result<()> {
    let config = &mut settings.config;
    match name {
        "application_name" => {
            config.application_name(value);
        }
        "connect_timeout" => {
            let seconds = Duration::from_secs(number(name, value)?);
            settings.patience = Some(seconds).filter(|timeout| !timeout.is_zero());
        }
        "keepalives_idle" => {
            config.keepalives_idle(Duration::from_secs(number(name, value)?));
        }
        "tcp_user_timeout" => {
            config.tcp_user_timeout(Duration::from_millis(number(name, value)?));
        }
        "statement_timeout" | "lock_timeout" => startup.push(format!("-c {name}={}", duration(name, value)?)),
        "options" => startup.push(value.to_owned()),
        "statement_cache_size" => {
            settings.statement_cache_size = usize::try_from(number(name, value)?).unwrap_or(usize::MAX);
        }
        "target_session_attrs" => {
            config.target_session_attrs(match value {
                "any" => TargetSessionAttrs::Any,
                "read-write" => TargetSessionAttrs::ReadWrite,
                "read-only" => TargetSessionAttrs::ReadOnly,
                _ => return Err(wrong_value(name, "any, read-write or read-only")),
            });
        }
        "sslmode" => match value {
            // `prefer` accepts a connection without encryption by its meaning.
            "disable" | "prefer" => {}
            "require" | "verify-ca" | "verify-full" => {
                let message =
                    format!("the postgres driver cannot encrypt connections yet, and sslmode={value} asks for it");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
            _ => return Err(wrong_value(name, "disable, prefer, require, verify-ca or verify-full")),
        },
        unknown => {
            return Err(invalid(format!(
                "PostgreSQL URLs have no option \"{unknown}\"; the known options are {KNOWN}"
            )));
        }
    }
    Ok(())
}

fn number(name: &str, value: &str) -> Result<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or_else(|| wrong_value(name, "a number"))
}

/// Milliseconds, or a number with a unit that the server knows.
fn duration<'v>(name: &str, value: &'v str) -> Result<&'v str> {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let known = matches!(unit, "" | "us" | "ms" | "s" | "min" | "h" | "d") && unit.len() < value.len();
    if known {
        Ok(value)
    } else {
        Err(wrong_value(name, "milliseconds, or a number with the unit us, ms, s, min, h or d"))
    }
}

fn wrong_value(name: &str, expected: &str) -> Error {
    invalid(format!("the option {name} of the database URL must be {expected}"))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
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
        assert_eq!(config.get_options(), Some("-c statement_timeout=5s -c lock_timeout=250 -c search_path=x"));
        assert_eq!((config.get_application_name(), config.get_ports()), (Some("app"), &[5432, 6432][..]));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (name, value, kind) in [
            ("sslmode", "require", ErrorKind::Unsupported),
            ("sslmode", "verify-full", ErrorKind::Unsupported),
            ("sslmode", "allow", ErrorKind::InvalidUrl),
            ("connect_timeout", "+3", ErrorKind::InvalidUrl),
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
        let unknown = read(&url(&[("pool", "1")])).err().unwrap_or_else(|| panic!("an unknown option was taken"));
        assert!(unknown.to_string().ends_with(KNOWN));
        let other = Url { driver: Some("psycopg2".into()), ..url(&[]) };
        assert_eq!(read(&other).err().map(|error| error.kind()), Some(ErrorKind::InvalidUrl));
    }
}
