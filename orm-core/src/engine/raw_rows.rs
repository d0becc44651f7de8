//! Rows of raw SQL: their columns are compared with what a row is read into, once for each statement.

use super::execute::{Fetch, Run, Touched, raw_effect};
use crate::compile::{self, Compiled};
use crate::error::{Error, ErrorKind, Result};
use crate::query::{FromRow, Sql};
use crate::row::{Picked, Row, RowReader};
use std::borrow::Cow;

impl<T: FromRow> Fetch<T> for Sql {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(T) -> Result<()>) -> Result<()> {
        let Compiled { sql, binds } = compile::raw_statement(&self, on.channel.dialect(), on.resolve)?;
        let wanted = wanted::<T>()?;
        let mut known: Option<Places> = None;
        on.rows(&sql, &binds, raw_effect(&self), &mut |row| {
            let places = match &known {
                Some(places) => places,
                None => known.insert(wanted.places(&names_of(row))?),
            };
            each(match places {
                Places::AsTheyAre => T::from_row(&mut RowReader::new(row, 0))?,
                Places::Picked(places) => T::from_row(&mut RowReader::new(&Picked { row, places }, 0))?,
            })
        })?;
        if known.is_none()
            && let Some(columns) = on.channel.columns_of(&sql)
            && !columns.is_empty()
        {
            let columns: Vec<Cow<'_, str>> = columns.into_iter().map(Cow::Owned).collect();
            wanted.places(&columns)?;
        }
        Ok(())
    }
    fn touched(&self) -> Touched {
        if self.reads() { Touched::Nothing } else { Touched::Everything }
    }
    fn bind(&self) -> Option<&'static str> {
        None
    }
}

fn names_of(row: &dyn Row) -> Vec<Cow<'_, str>> {
    (0..row.len()).map(|at| Cow::Borrowed(row.name(at))).collect()
}

/// What a row is read into.
enum Wanted {
    /// So many columns, by position.
    Count(usize),
    /// Columns by name.
    Names(Vec<&'static str>),
}

/// Where the columns of a row are.
enum Places {
    AsTheyAre,
    Picked(Vec<usize>),
}

/// # Errors
/// `Misuse` when only some of the columns are named.
fn wanted<T: FromRow>() -> Result<Wanted> {
    let mut names = Vec::new();
    T::names(&mut names);
    if names.iter().all(Option::is_none) {
        return Ok(Wanted::Count(T::WIDTH));
    }
    let named: Option<Vec<_>> = names.into_iter().collect();
    let message = || "a struct with `#[orm(by_name)]` is a whole row: what stands beside it or around it in the row is read by position";
    named.map(Wanted::Names).ok_or_else(|| Error::new(ErrorKind::Misuse, message()))
}

impl Wanted {
    /// # Errors
    /// `Decode` when the columns are not exactly those that are wanted.
    fn places(&self, columns: &[Cow<'_, str>]) -> Result<Places> {
        match self {
            Wanted::Count(width) if *width == columns.len() => Ok(Places::AsTheyAre),
            Wanted::Count(width) => {
                let message = format!(
                    "the statement returns {} columns, but a row is read into {width}; it returns {}",
                    columns.len(),
                    quoted(columns.iter().map(AsRef::as_ref))
                );
                Err(Error::decode(message))
            }
            Wanted::Names(names) => by_name(names, columns),
        }
    }
}

fn by_name(names: &[&'static str], columns: &[Cow<'_, str>]) -> Result<Places> {
    let places: Vec<usize> = names.iter().filter_map(|name| columns.iter().position(|column| column == name)).collect();
    let is_there = |name: &&&str| columns.iter().any(|column| column == **name);
    let missing: Vec<&str> = names.iter().filter(|name| !is_there(name)).copied().collect();
    let left: Vec<&str> = (0..columns.len()).filter(|at| !places.contains(at)).map(|at| columns[at].as_ref()).collect();
    if missing.is_empty() && left.is_empty() {
        let in_place = places.iter().enumerate().all(|(at, place)| at == *place);
        return Ok(if in_place { Places::AsTheyAre } else { Places::Picked(places) });
    }
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("it does not return {}", quoted(missing)));
    }
    if !left.is_empty() {
        parts.push(format!("it returns {}, for which there is no field", quoted(left)));
    }
    Err(Error::decode(format!(
        "the columns of the statement are not those that a row is read into: {}",
        parts.join(", and ")
    )))
}

fn quoted<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(names: &[&'static str], columns: &[&str]) -> Result<Option<Vec<usize>>> {
        let columns: Vec<_> = columns.iter().map(|name| Cow::Borrowed(*name)).collect();
        by_name(names, &columns).map(|places| match places {
            Places::AsTheyAre => None,
            Places::Picked(places) => Some(places),
        })
    }

    #[test]
    fn columns_are_found_by_name() -> Result<()> {
        assert_eq!(places(&["a", "b"], &["a", "b"])?, None);
        assert_eq!(places(&["a", "b", "c"], &["c", "a", "b"])?, Some(vec![1, 2, 0]));
        Ok(())
    }

    #[test]
    fn what_is_missing_or_left_over_is_named() {
        let fault =
            |names: &[&'static str], columns: &[&str]| places(names, columns).expect_err("it does not fit").to_string();
        let start = "the columns of the statement are not those that a row is read into: ";
        assert_eq!(fault(&["a", "b", "c"], &["b"]), format!("{start}it does not return `a`, `c`"));
        assert_eq!(fault(&["a"], &["b", "a", "a"]), format!("{start}it returns `b`, `a`, for which there is no field"));
        assert_eq!(
            fault(&["a"], &["A"]),
            format!("{start}it does not return `a`, and it returns `A`, for which there is no field")
        );
    }
}
