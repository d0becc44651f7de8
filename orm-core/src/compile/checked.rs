//! Writes that fail when they write another number of rows than they should: an SQL error tells what else only the answer would.
//!
//! What is sent behind such a write, a COMMIT for one, is not carried out when the count is wrong. PostgreSQL's alone.

use super::quote;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::schema::Table;
use std::error::Error as _;
use std::fmt::Write;

/// What stands before the number of rows in a text that cannot be read as a number, which the database quotes.
const MARK: &str = "rows written: ";

/// How many rows a write should write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    One,
    /// As many as the value at this place says, from 1.
    Bound(usize),
}

/// `WITH w AS (UPDATE t SET a = $1 WHERE id = $2 RETURNING 1) SELECT CASE WHEN count(*) = 1 THEN 0 ELSE ('..' || count(*))::int END
/// FROM w`; before the check comes the key that an INSERT of one row returns. What a write returns already is left as it is.
pub(crate) fn checked(
    write: &str,
    returns: bool,
    key: Option<usize>,
    expected: Expected,
    table: &Table,
    dialect: &Dialect,
) -> String {
    let mut sql = String::with_capacity(write.len() + 160);
    sql.push_str("WITH w AS (");
    sql.push_str(write);
    sql.push_str(if returns { ") SELECT " } else { " RETURNING 1) SELECT " });
    if let Some(key) = key {
        sql.push_str("min(");
        quote(&mut sql, &table.columns[key].name, dialect);
        sql.push_str("), ");
    }
    sql.push_str("CASE WHEN count(*) = ");
    match expected {
        Expected::One => sql.push('1'),
        Expected::Bound(place) => {
            let _ = write!(sql, "${place}::bigint");
        }
    }
    let _ = write!(sql, " THEN 0 ELSE ('{MARK}' || count(*))::int END FROM w");
    sql
}

/// How many rows a checked write has written, where that is what its error says.
pub(crate) fn written_instead(error: &Error) -> Option<u64> {
    // https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_text_representation
    if error.code() != Some("22P02") {
        return None;
    }
    let words = error.source()?.to_string();
    let (_, number) = words.rsplit_once(MARK)?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}
