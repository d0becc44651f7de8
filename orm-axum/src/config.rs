//! `Config`: the settings of a `Db` under Flask-SQLAlchemy's keys, from a map, the environment or a file. What is not known is an error.

mod engine;
mod read;

use engine::EngineSettings;
use orm::{Context, Engine, Error, ErrorKind, Result};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The settings of a [`Db`](crate::Db).
///
/// | key | |
/// |---|---|
/// | `DATABASE_URI` | the URL of the database; it must be there |
/// | `BINDS` | further databases by name, for models with `#[orm(bind = "name")]`: a URL, or an object with `url` and engine options |
/// | `ENGINE_OPTIONS` | an object, for all of these databases: see below |
/// | `ECHO` | whether each statement is printed to standard error: `false` |
/// | `RECORD_QUERIES` | whether the statements of each request are kept: `false` |
///
/// Engine options, by the names of [`EngineOptions`](orm::EngineOptions), with SQLAlchemy's in parentheses; times are seconds, fractions too:
/// `pool_size`, `max_overflow`, `pool_timeout`, `max_lifetime` (`pool_recycle`), `idle_timeout`, `min_idle`, `keepalive`, `pre_ping` (`pool_pre_ping`), `ping_timeout`,
/// `pool_order` (`"lifo"` or `"fifo"`), `leak_threshold`, `pool_name`, `unpooled`, `slow_statement`, `echo`, `password_file`, `replicas` (an
/// array of URLs), `read_your_writes`. A key that is not known is an error that lists those that are.
///
/// In the environment, and in a map of texts, an object or array is written as JSON, a truth value as `true`, `false`, `1` or `0`.
/// `BINDS` whose value has options of its own does not take those of `ENGINE_OPTIONS`.
///
/// The path of a SQLite file that is not absolute is resolved against the application's folder, whichever folder the program was started in:
/// what [`folder`](Config::folder) says; for a file, the folder that it is in; else the package's folder under `cargo run` and `cargo test`, and the folder
/// of the program otherwise.
///
/// ```
/// use orm_axum::{Config, Db};
/// use serde_json::json;
///
/// let db = Db::from_config(json!({
///     "DATABASE_URI": "sqlite:///shop.db",
///     "ENGINE_OPTIONS": { "pool_size": 10, "pool_timeout": 2 },
///     "BINDS": { "stats": "sqlite::memory:" },
/// }))?;
/// assert_eq!(db.engine().pool_status().size, 10);
///
/// // A part of an application's own settings:
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     secret_key: String,
///     database: Config,
/// }
/// let settings: Settings = serde_json::from_str(r#"{ "secret_key": "x", "database": { "DATABASE_URI": "sqlite::memory:" } }"#).unwrap();
/// let db = Db::from_config(settings.database)?;
/// # Ok::<(), orm::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Config {
    uri: Option<String>,
    binds: BTreeMap<String, Bind>,
    options: EngineSettings,
    echo: Option<bool>,
    record_queries: Option<bool>,
    folder: Option<PathBuf>,
}

#[derive(Clone)]
struct Bind {
    url: String,
    /// Its own; else those of all.
    options: Option<EngineSettings>,
}

const KEYS: [&str; 5] = ["DATABASE_URI", "BINDS", "ENGINE_OPTIONS", "ECHO", "RECORD_QUERIES"];

impl Config {
    /// From names and values.
    ///
    /// # Errors
    /// `Misuse` for a key that is not known, or a value of the wrong type.
    ///
    /// ```
    /// use orm_axum::Config;
    ///
    /// let config = Config::from_map([("DATABASE_URI", "sqlite::memory:"), ("ENGINE_OPTIONS", r#"{ "pool_size": 3 }"#)])?;
    /// let error = Config::from_map([("POOL_SIZE", 3)]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "there is no setting `POOL_SIZE`; the settings are DATABASE_URI, BINDS, ENGINE_OPTIONS, ECHO, RECORD_QUERIES",
    /// );
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn from_map<K: AsRef<str>, V: Into<Value>>(map: impl IntoIterator<Item = (K, V)>) -> Result<Config> {
        let mut config = Config::default();
        for (key, value) in map {
            config.set(key.as_ref(), value.into())?;
        }
        Ok(config)
    }

    /// From the variables of the environment that begin with a prefix: with `SHOP_` the key `DATABASE_URI` is `SHOP_DATABASE_URI`, and another variable
    /// that begins so is an error. With an empty prefix only the five keys are looked at.
    ///
    /// # Errors
    /// As [`from_map`](Config::from_map), with the name of the variable.
    ///
    /// ```
    /// let config = orm_axum::Config::from_env("SHOP_")?;
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn from_env(prefix: &str) -> Result<Config> {
        let mut config = Config::default();
        for (name, value) in env::vars_os() {
            let Some(key) = name.to_str().and_then(|name| name.strip_prefix(prefix)) else { continue };
            if prefix.is_empty() && !KEYS.contains(&key) {
                continue;
            }
            let Some(value) = value.to_str() else {
                return Err(misuse(format!("the variable `{prefix}{key}` is not in UTF-8")));
            };
            config.set(key, value.into()).context(|| format!("read the variable `{prefix}{key}`"))?;
        }
        Ok(config)
    }

    /// From a file, TOML or JSON by its ending. Its folder is the application's.
    ///
    /// # Errors
    /// `Io` when it cannot be read; `Misuse` for what is neither, and as [`from_map`](Config::from_map).
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("orm-config-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("shop.toml");
    /// std::fs::write(&path, r#"
    ///     DATABASE_URI = "sqlite:///shop.db"
    ///     ENGINE_OPTIONS = { pool_size = 3 }
    ///
    ///     [BINDS]
    ///     stats = "sqlite:///stats.db"
    /// "#).unwrap();
    /// let db = orm_axum::Db::from_config(orm_axum::Config::from_file(&path)?)?;
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Config> {
        let path = path.as_ref();
        let doing = || format!("read the settings in {}", path.display());
        let config = Config::from_map(read::file(path).context(doing)?).context(doing)?;
        Ok(match path.canonicalize().ok().as_deref().and_then(Path::parent) {
            Some(folder) => config.folder(folder),
            None => config,
        })
    }

    /// The application's folder, which paths of SQLite files begin at.
    ///
    /// ```
    /// # let folder = std::env::temp_dir();
    /// let config = orm_axum::Config::from_map([("DATABASE_URI", "sqlite:///shop.db")])?.folder(&folder);
    /// let db = orm_axum::Db::from_config(config)?; // the file is FOLDER/shop.db
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Config {
        self.folder = Some(path.into());
        self
    }

    /// The URL, if another than that of the settings is wanted: of a test's database.
    ///
    /// ```
    /// let config = orm_axum::Config::default().database_uri("sqlite::memory:");
    /// # let db = orm_axum::Db::from_config(config)?;
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn database_uri(mut self, url: impl Into<String>) -> Config {
        self.uri = Some(url.into());
        self
    }

    fn set(&mut self, key: &str, value: Value) -> Result<()> {
        match key {
            "DATABASE_URI" => self.uri = Some(read::text(key, value)?),
            "BINDS" => self.binds = read::object(key, value)?.into_iter().map(bind).collect::<Result<_>>()?,
            "ENGINE_OPTIONS" => self.options = EngineSettings::read(read::object(key, value)?)?,
            "ECHO" => self.echo = Some(read::truth(key, &value)?),
            "RECORD_QUERIES" => self.record_queries = Some(read::truth(key, &value)?),
            _ => return Err(misuse(format!("there is no setting `{key}`; the settings are {}", KEYS.join(", ")))),
        }
        Ok(())
    }

    pub(crate) fn engine(&self) -> Result<Engine> {
        let uri = self.uri.as_deref().ok_or_else(|| misuse("the setting `DATABASE_URI` is missing"))?;
        let mut engine = self.open(uri, &self.options).context(|| "open `DATABASE_URI`")?;
        for (name, bind) in &self.binds {
            let options = bind.options.as_ref().unwrap_or(&self.options);
            let doing = || format!("open `{name}` of `BINDS`");
            engine = engine.with_bind(name, self.open(&bind.url, options).context(doing)?).context(doing)?;
        }
        Ok(engine)
    }

    fn open(&self, url: &str, settings: &EngineSettings) -> Result<Engine> {
        let mut options = settings.options(url, &self.application_folder())?;
        if let Some(echo) = self.echo {
            options = options.echo(echo);
        }
        options.create()
    }

    fn application_folder(&self) -> PathBuf {
        let of_the_package = || env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let of_the_program = || Some(env::current_exe().ok()?.parent()?.to_owned());
        self.folder.clone().or_else(of_the_package).or_else(of_the_program).unwrap_or_default()
    }

    pub(crate) fn records_queries(&self) -> bool {
        self.record_queries.unwrap_or(false)
    }

    pub(crate) fn pool_timeout(&self) -> Option<Duration> {
        self.options.pool_timeout
    }
}

fn bind((name, value): (String, Value)) -> Result<(String, Bind)> {
    let key = format!("BINDS.{name}");
    let Value::Object(mut options) = value else {
        return Ok((name, Bind { url: read::text(&key, value)?, options: None }));
    };
    let Some(url) = options.remove("url") else {
        return Err(misuse(format!("`{key}` has no `url`")));
    };
    let options = EngineSettings::read(options).context(|| format!("read `{key}`"))?;
    Ok((name, Bind { url: read::text(&format!("{key}.url"), url)?, options: Some(options) }))
}

fn misuse(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::Misuse, reason)
}

/// Says what is set, without the URLs, which may hold passwords.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { uri, binds, options: _, echo, record_queries, folder } = self;
        f.debug_struct("Config")
            .field("DATABASE_URI", &uri.as_ref().map(|_| "***"))
            .field("BINDS", &binds.keys().collect::<Vec<_>>())
            .field("ECHO", echo)
            .field("RECORD_QUERIES", record_queries)
            .field("folder", folder)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Config, D::Error> {
        Config::from_map(Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What [`Db::from_config`](crate::Db::from_config) takes: a [`Config`], or the result of reading one, or names and values.
///
/// ```
/// use orm_axum::Db;
/// use std::collections::HashMap;
///
/// let map = HashMap::from([("DATABASE_URI".to_owned(), "sqlite::memory:".to_owned())]);
/// Db::from_config(map)?;
/// Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
/// Db::from_config(serde_json::json!({ "DATABASE_URI": "sqlite::memory:", "ECHO": false }))?;
/// # Ok::<(), orm::Error>(())
/// ```
pub trait IntoConfig {
    /// The settings.
    ///
    /// # Errors
    /// As [`Config::from_map`].
    fn into_config(self) -> Result<Config>;
}

impl IntoConfig for Config {
    fn into_config(self) -> Result<Config> {
        Ok(self)
    }
}

impl IntoConfig for Result<Config> {
    fn into_config(self) -> Result<Config> {
        self
    }
}

impl<const N: usize> IntoConfig for [(&str, &str); N] {
    fn into_config(self) -> Result<Config> {
        Config::from_map(self)
    }
}

impl<S> IntoConfig for HashMap<String, String, S> {
    fn into_config(self) -> Result<Config> {
        Config::from_map(self)
    }
}

impl IntoConfig for BTreeMap<String, String> {
    fn into_config(self) -> Result<Config> {
        Config::from_map(self)
    }
}

impl IntoConfig for Map<String, Value> {
    fn into_config(self) -> Result<Config> {
        Config::from_map(self)
    }
}

impl IntoConfig for Value {
    fn into_config(self) -> Result<Config> {
        match self {
            Value::Object(map) => map.into_config(),
            _ => Err(misuse("settings are an object of names and values")),
        }
    }
}
