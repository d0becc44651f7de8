//! Values of settings. No message holds a value: it may be a URL with a password.

use super::misuse;
use orm::{Error, ErrorKind, Result};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use std::time::Duration;

pub(super) fn file(path: &Path) -> Result<Map<String, Value>> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error::new(ErrorKind::Io, "the file cannot be read").with_source(error))?;
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => toml::from_str(&text).map_err(|error| {
            // Its own text would quote the line.
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            misuse(format!("line {line} is not TOML: {}", error.message()))
        }),
        Some("json") => serde_json::from_str(&text).map_err(|error| {
            misuse(format!("the text is no JSON object, as line {} column {} shows", error.line(), error.column()))
        }),
        _ => Err(misuse("a file of settings ends in `.toml` or `.json`")),
    }
}

pub(super) fn text(key: &str, value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(misuse(format!("`{key}` is a text"))),
    }
}

/// An object, or the text of one.
pub(super) fn object(key: &str, value: Value) -> Result<Map<String, Value>> {
    let value = match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::Null),
        value => value,
    };
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(misuse(format!("`{key}` is an object, or the JSON text of one"))),
    }
}

pub(super) fn truth(key: &str, value: &Value) -> Result<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if ["true", "1"].contains(&&**text) => Ok(true),
        Value::String(text) if ["false", "0"].contains(&&**text) => Ok(false),
        _ => Err(misuse(format!("`{key}` is `true` or `false`"))),
    }
}

pub(super) fn number(key: &str, value: &Value) -> Result<usize> {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| misuse(format!("`{key}` is a whole number that is not negative")))
}

pub(super) fn seconds(key: &str, value: &Value) -> Result<Duration> {
    let duration = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| misuse(format!("`{key}` is a number of seconds")))
}

/// `None` for null, which switches off.
pub(super) fn seconds_or_never(key: &str, value: &Value) -> Result<Option<Duration>> {
    if value.is_null() { Ok(None) } else { seconds(key, value).map(Some) }
}
