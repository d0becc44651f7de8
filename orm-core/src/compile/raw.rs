//! Raw SQL: named values become the dialect's placeholders, and nothing else changes.

use super::Compiled;
use super::writer::{Resolve, SqlWriter};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::query::{Piece, Sql};

/// The text and values of raw SQL.
///
/// # Errors
/// `Misuse` when names and values do not match.
pub fn raw_statement<'q>(sql: &'q Sql, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    for (piece, value) in sql.pieces(dialect.strings)? {
        match (piece, value) {
            (Piece::Text(text), _) => writer.push(text),
            (Piece::Name(_), Some(value)) => writer.value(value.borrowed())?,
            (Piece::Name(name), None) => unreachable!("`:{name}` has a value, or `pieces` is an error"),
        }
    }
    writer.finish()
}
