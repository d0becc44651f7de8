//! Engine options by name, and where the file of a SQLite database is.

use super::{misuse, read};
use orm::drivers::Url;
use orm::pool::{Order, PrePing};
use orm::{EngineOptions, Result};
use serde_json::{Map, Value};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

type Change = Arc<dyn Fn(EngineOptions) -> EngineOptions + Send + Sync>;

/// What the settings change, in their order.
#[derive(Clone, Default)]
pub(super) struct EngineSettings {
    changes: Vec<Change>,
    pub(super) pool_timeout: Option<Duration>,
    password_file: Option<String>,
    replicas: Vec<String>,
}

const NAMES: [&str; 20] = [
    "pool_size",
    "max_overflow",
    "pool_timeout",
    "max_lifetime",
    "pool_recycle",
    "idle_timeout",
    "min_idle",
    "keepalive",
    "pre_ping",
    "pool_pre_ping",
    "ping_timeout",
    "pool_order",
    "leak_threshold",
    "pool_name",
    "unpooled",
    "slow_statement",
    "echo",
    "password_file",
    "replicas",
    "read_your_writes",
];

impl EngineSettings {
    pub(super) fn read(map: Map<String, Value>) -> Result<EngineSettings> {
        let mut settings = EngineSettings::default();
        for (name, value) in map {
            settings.set(&name, value)?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: Value) -> Result<()> {
        match name {
            "pool_size" => self.change(read::number(name, &value)?, EngineOptions::pool_size),
            "max_overflow" => self.change(read::number(name, &value)?, EngineOptions::max_overflow),
            "min_idle" => self.change(read::number(name, &value)?, EngineOptions::min_idle),
            "pool_timeout" => {
                let timeout = read::seconds(name, &value)?;
                self.pool_timeout = Some(timeout);
                self.change(timeout, EngineOptions::pool_timeout);
            }
            "max_lifetime" | "pool_recycle" => {
                self.change(read::seconds_or_never(name, &value)?, EngineOptions::max_lifetime);
            }
            "idle_timeout" => self.change(read::seconds_or_never(name, &value)?, EngineOptions::idle_timeout),
            "keepalive" => self.change(read::seconds_or_never(name, &value)?, EngineOptions::keepalive),
            "leak_threshold" => self.change(read::seconds_or_never(name, &value)?, EngineOptions::leak_threshold),
            "slow_statement" => self.change(read::seconds_or_never(name, &value)?, EngineOptions::slow_statement),
            "ping_timeout" => self.change(read::seconds(name, &value)?, EngineOptions::ping_timeout),
            "read_your_writes" => self.change(read::seconds(name, &value)?, EngineOptions::read_your_writes),
            "pre_ping" | "pool_pre_ping" => {
                let ping = if read::truth(name, &value)? { PrePing::Always } else { PrePing::Never };
                self.change(ping, EngineOptions::pre_ping);
            }
            "pool_order" => self.change(order(name, &value)?, EngineOptions::pool_order),
            "pool_name" => self.change(read::text(name, value)?, EngineOptions::pool_name),
            "echo" => self.change(read::truth(name, &value)?, EngineOptions::echo),
            "unpooled" => {
                if read::truth(name, &value)? {
                    self.change((), |options, ()| options.unpooled());
                }
            }
            "password_file" => self.password_file = Some(read::text(name, value)?),
            "replicas" => self.replicas = urls(name, value)?,
            _ => {
                return Err(misuse(format!(
                    "there is no engine option `{name}`; the options are {}",
                    NAMES.join(", ")
                )));
            }
        }
        Ok(())
    }

    fn change<T: Clone + Send + Sync + 'static>(
        &mut self,
        value: T,
        how: impl Fn(EngineOptions, T) -> EngineOptions + Send + Sync + 'static,
    ) {
        self.changes.push(Arc::new(move |options| how(options, value.clone())));
    }

    pub(super) fn options(&self, url: &str, folder: &Path) -> Result<EngineOptions> {
        let mut options = EngineOptions::from_url(resolved(url, folder)?);
        for change in &self.changes {
            options = change(options);
        }
        if let Some(file) = &self.password_file {
            options = options.password_file(folder.join(file));
        }
        for replica in &self.replicas {
            options = options.replica(&resolved(replica, folder)?.reveal());
        }
        Ok(options)
    }
}

impl fmt::Debug for EngineSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineSettings").field("pool_timeout", &self.pool_timeout).finish_non_exhaustive()
    }
}

/// A SQLite file whose path is not absolute is one in the application's folder.
fn resolved(url: &str, folder: &Path) -> Result<Url> {
    let mut url = Url::parse(url)?;
    if url.dialect != "sqlite" {
        return Ok(url);
    }
    let Some(file) = url.database.as_deref().filter(|file| *file != ":memory:" && !file.starts_with("file:")) else {
        return Ok(url);
    };
    let path = folder.join(file);
    let path = path.to_str().ok_or_else(|| misuse("the path of the application's folder is not in UTF-8"))?;
    url.database = Some(path.to_owned());
    Ok(url)
}

fn order(name: &str, value: &Value) -> Result<Order> {
    match value.as_str() {
        Some("lifo") => Ok(Order::Lifo),
        Some("fifo") => Ok(Order::Fifo),
        _ => Err(misuse(format!("`{name}` is `lifo` or `fifo`"))),
    }
}

fn urls(name: &str, value: Value) -> Result<Vec<String>> {
    match value {
        Value::Array(urls) => urls.into_iter().map(|url| read::text(name, url)).collect(),
        _ => Err(misuse(format!("`{name}` is an array of URLs"))),
    }
}
