//! The options of a PostgreSQL URL, as settings of the client. Knows no connection.

use crate::postgres_common::options::{self, Attributes, Shared};
use crate::tls::{Configs, Mode};
use crate::url::Url;
use orm_core::{Error, ErrorKind, Result};
use postgres::Config;
use postgres::config::{SslMode, TargetSessionAttrs};
use std::sync::Arc;
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
    /// Whether each transaction may have another server connection.
    pub(super) pooled: bool,
    /// `None` where connections are not encrypted.
    pub(super) tls: Option<Arc<Configs>>,
}

/// Reads a URL.
///
/// # Errors
/// `InvalidUrl` for an unknown option or a value that is not right, and for a file of certificates that cannot be read.
pub(super) fn read(url: &Url) -> Result<Settings> {
    let Shared {
        hosts,
        target,
        database,
        application_name,
        at_start,
        attributes,
        keepalives_idle,
        tcp_user_timeout,
        read_timeout,
        connect_timeout,
        statement_cache_size,
        pooled,
        tls,
    } = options::read(url)?;
    if read_timeout.is_some() {
        let message =
            "the driver `postgresql://` cannot limit the wait for an answer (`read_timeout`); `postgresql+wire://` can";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut config = Config::new();
    config.ssl_mode(ssl_mode(tls.as_deref())).keepalives_idle(keepalives_idle);
    for (name, port) in &hosts {
        config.host(name).port(*port);
    }
    if let Some(user) = &url.user {
        config.user(user);
    }
    if let Some(password) = &url.password {
        config.password(password.reveal());
    }
    if let Some(database) = &url.database {
        config.dbname(database);
    }
    if let Some(name) = application_name {
        config.application_name(&name);
    }
    if let Some(at_start) = at_start {
        config.options(&at_start);
    }
    config.target_session_attrs(match attributes {
        Attributes::Any => TargetSessionAttrs::Any,
        Attributes::ReadWrite => TargetSessionAttrs::ReadWrite,
        Attributes::ReadOnly => TargetSessionAttrs::ReadOnly,
    });
    if let Some(timeout) = tcp_user_timeout {
        config.tcp_user_timeout(timeout);
    }
    if let Some(timeout) = connect_timeout {
        config.connect_timeout(timeout);
    }
    // The hosts are tried one after another.
    let hosts = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
    let patience = connect_timeout.map(|timeout| timeout.saturating_mul(hosts));
    Ok(Settings { config, target, database, patience, statement_cache_size, pooled, tls })
}

/// What the client asks the server for; what the server's certificate has to prove is in the configuration.
fn ssl_mode(tls: Option<&Configs>) -> SslMode {
    match tls.map(Configs::mode) {
        None | Some(Mode::Disable) => SslMode::Disable,
        Some(Mode::Prefer) => SslMode::Prefer,
        Some(Mode::Require | Mode::VerifyCa | Mode::VerifyFull) => SslMode::Require,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_cannot_do_is_refused() {
        let error = read(&Url::parse("postgresql://u@a/d?read_timeout=60s").unwrap()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("postgresql+wire://"), "{error}");
    }

    #[test]
    fn the_client_is_told_all() {
        let url = "postgresql://u:p@a,b:6432/d?connect_timeout=3&lock_timeout=250&application_name=app\
                   &target_session_attrs=read-only&options=-c%20search_path%3Dx";
        let settings = read(&Url::parse(url).unwrap()).unwrap();
        assert_eq!(settings.patience, Some(Duration::from_secs(6)));
        let config = settings.config;
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(config.get_options(), Some("-c lock_timeout=250 -c search_path=x"));
        assert_eq!((config.get_application_name(), config.get_ports()), (Some("app"), &[5432, 6432][..]));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadOnly);
    }
}
