//! Typed access to the options of a URL, each checked against the list of those that a driver knows.

use super::Url;
use orm_core::{Error, ErrorKind, Result};
use std::str::FromStr;
use std::time::Duration;

/// The options of a URL, all known and each given once: see [`Url::options`]. No error shows the value of an option.
///
/// ```
/// use orm_drivers::Url;
/// use std::time::Duration;
///
/// let url = Url::parse("sqlite:///shop.db?busy_timeout=250ms&mode=ro")?;
/// let options = url.options(&["busy_timeout", "mode"])?;
/// assert_eq!(options.duration("busy_timeout", Duration::from_secs(1))?, Some(Duration::from_millis(250)));
/// assert_eq!(options.choice("mode", &[("ro", false), ("rw", true)])?, Some(false));
///
/// let error = url.options(&["busy_timeout", "modes"]).unwrap_err();
/// assert!(error.to_string().contains("did you mean `modes`"));
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options<'u> {
    url: &'u Url,
}

impl<'u> Options<'u> {
    pub(super) fn check(url: &'u Url, known: &[&str]) -> Result<Options<'u>> {
        for (at, (name, _)) in url.options.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(unknown("option", name, known));
            }
            if url.options[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Error::new(ErrorKind::InvalidUrl, format!("the option `{name}` is given twice")));
            }
        }
        Ok(Options { url })
    }

    /// The value as it is.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("sqlite:///shop.db?mode=ro")?;
    /// assert_eq!(url.options(&["mode"])?.text("mode"), Some("ro"));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn text(&self, name: &str) -> Option<&'u str> {
        self.url.options.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The value as a number, or anything else that is read from a text; `expected` completes the error.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("mydb://localhost?retries=3")?;
    /// assert_eq!(url.options(&["retries"])?.parsed::<u8>("retries", "a small number")?, Some(3));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>> {
        self.text(name).map(|value| value.parse().map_err(|_| refused(name, expected))).transpose()
    }

    /// The value as a truth value: `true`, `on`, `yes`, `1`, or the opposite.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("mydb://localhost?compress=on")?;
    /// assert_eq!(url.options(&["compress"])?.boolean("compress")?, Some(true));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn boolean(&self, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Ok(Some(true)),
            "false" | "off" | "no" | "0" => Ok(Some(false)),
            _ => Err(refused(name, "`true` or `false`")),
        }
    }

    /// The value as one of a few words, in any case.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("mydb://localhost?mode=RO")?;
    /// assert_eq!(url.options(&["mode"])?.choice("mode", &[("ro", false), ("rw", true)])?, Some(false));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(refused(name, &list(choices.iter().map(|(word, _)| *word)))),
        }
    }

    /// The value as a time: a whole number and `ms`, `s` or `min`. A number alone counts `unit`s: what the database's own
    /// setting of the name counts.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// use std::time::Duration;
    ///
    /// let url = Url::parse("mydb://localhost?timeout=2min")?;
    /// let timeout = url.options(&["timeout"])?.duration("timeout", Duration::from_secs(1))?;
    /// assert_eq!(timeout, Some(Duration::from_secs(120)));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn duration(&self, name: &str, unit: Duration) -> Result<Option<Duration>> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let digits = value.find(|other: char| !other.is_ascii_digit()).unwrap_or(value.len());
        let (number, suffix) = value.split_at(digits);
        let expected = "a whole number and `ms`, `s` or `min`";
        let number: u32 = number.parse().map_err(|_| refused(name, expected))?;
        let unit = match suffix {
            "" => unit,
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "min" => Duration::from_secs(60),
            _ => return Err(refused(name, expected)),
        };
        Ok(Some(unit.saturating_mul(number)))
    }
}

/// The error for an option whose value is not right.
fn refused(name: &str, expected: &str) -> Error {
    Error::new(ErrorKind::InvalidUrl, format!("the value of the option `{name}` is not {expected}"))
}

/// The error for a name that is none of the known ones.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> Error {
    let nearest = known.iter().map(|other| (distance(name, other), *other)).min();
    let hint = match nearest {
        Some((distance, other)) if distance <= name.len().div_ceil(3) => format!("did you mean `{other}`? "),
        _ => String::new(),
    };
    let known = match known {
        [] => "there are none".to_owned(),
        some => format!("known are {}", list(some.iter().copied())),
    };
    // A name that is long or odd is not repeated: it may be a piece of something else.
    match name.len() <= 40 && name.chars().all(|other| other.is_ascii_alphanumeric() || "_-.".contains(other)) {
        true => Error::new(ErrorKind::InvalidUrl, format!("unknown {what} `{name}`; {hint}{known}")),
        false => Error::new(ErrorKind::InvalidUrl, format!("unknown {what}; {known}")),
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The number of letters to insert, delete or change to get from one word to another.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(!from.eq_ignore_ascii_case(&to));
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
