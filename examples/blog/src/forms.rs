//! What people send: read by serde, checked by garde, and the faults of each field in words.

use garde::Validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is wrong with each field of a form; nothing, if it is empty.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Faults(BTreeMap<String, String>);

impl Faults {
    /// Of a value that was checked.
    pub(crate) fn of(value: &impl Validate<Context = ()>) -> Faults {
        let report = value.validate().err();
        let faults = report.iter().flat_map(|report| report.iter());
        Faults(faults.map(|(field, fault)| (field.to_string(), fault.to_string())).collect())
    }

    /// One that is known only later: a name that is taken.
    pub(crate) fn one(field: &str, fault: &str) -> Faults {
        Faults([(field.to_owned(), fault.to_owned())].into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Of one field.
    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        self.0
            .iter()
            .map(|(field, fault)| (field.clone(), fault.clone().into()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

#[derive(Clone, Default, Deserialize, Validate)]
pub(crate) struct SignUp {
    #[garde(custom(username_rule))]
    pub(crate) username: String,
    #[garde(custom(text("A name", 2, 60)))]
    pub(crate) name: String,
    #[serde(default)]
    #[garde(custom(text("This", 0, 300)))]
    pub(crate) about: String,
    #[garde(custom(text("A password", 10, 200)))]
    pub(crate) password: String,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct LogIn {
    pub(crate) username: String,
    pub(crate) password: String,
    /// Where to go afterwards.
    #[serde(default)]
    pub(crate) next: String,
}

/// A post that is written or edited.
#[derive(Clone, Debug, Default, Deserialize, Validate)]
pub(crate) struct Draft {
    #[garde(custom(text("A title", 3, 100)))]
    pub(crate) title: String,
    #[garde(custom(text("The text", 20, 20_000)))]
    pub(crate) body: String,
    /// Separated by commas.
    #[serde(default)]
    #[garde(custom(tags_rule))]
    pub(crate) tags: String,
    /// The edit that this one goes on from; 0 for a new post.
    #[serde(default)]
    #[garde(skip)]
    pub(crate) version: i32,
}

impl Draft {
    /// The tags in small letters, each once.
    pub(crate) fn tag_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tags.split(',').map(|name| name.trim().to_lowercase()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[derive(Clone, Debug, Default, Deserialize, Validate)]
pub(crate) struct Remark {
    #[garde(custom(text("A comment", 2, 2_000)))]
    pub(crate) body: String,
}

fn text(what: &'static str, least: usize, most: usize) -> impl Fn(&str, &()) -> garde::Result {
    move |text, ()| {
        let letters = text.trim().chars().count();
        if letters == 0 && least > 0 {
            Err(garde::Error::new(format!("{what} is missing.")))
        } else if letters < least {
            Err(garde::Error::new(format!("{what} needs at least {least} characters.")))
        } else if letters > most {
            Err(garde::Error::new(format!("{what} has at most {most} characters; these are {letters}.")))
        } else {
            Ok(())
        }
    }
}

fn username_rule(name: &str, (): &()) -> garde::Result {
    let is_fine = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    text("A username", 3, 30)(name, &())?;
    match name.chars().all(is_fine) {
        true => Ok(()),
        false => Err(garde::Error::new("A username has small letters from a to z, digits, - and _ only.")),
    }
}

fn tags_rule(tags: &str, (): &()) -> garde::Result {
    let names: Vec<&str> = tags.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.len() > 5 {
        return Err(garde::Error::new("A post has at most 5 tags."));
    }
    let is_fine =
        |name: &&str| name.chars().count() <= 30 && name.chars().all(|c| c.is_alphanumeric() || " -".contains(c));
    match names.iter().all(is_fine) {
        true => Ok(()),
        false => Err(garde::Error::new("A tag has letters, digits, spaces and - only, at most 30 of them.")),
    }
}
