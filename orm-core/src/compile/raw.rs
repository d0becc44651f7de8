//! Raw SQL: named values become the dialect's placeholders, and nothing else changes.

use super::Compiled;
use super::writer::{Resolve, SqlWriter};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::query::node::Node;
use crate::query::{Bound, Piece, Sql};

/// The text and values of raw SQL.
///
/// # Errors
/// `Misuse` when names and values do not match.
pub fn raw_statement<'q>(sql: &'q Sql, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    // Whether a placeholder would run into the word before it: `x:a` must not become the name `x$1`.
    let mut in_word = false;
    for (piece, value) in sql.pieces(dialect.strings)? {
        match piece {
            Piece::Text("") => {}
            Piece::Text(text) => in_word = text.ends_with(|last: char| last.is_alphanumeric() || "_$".contains(last)),
            Piece::Name(_) => {
                writer.push(if in_word { " " } else { "" });
                in_word = true;
            }
        }
        match (piece, value) {
            (Piece::Text(text), _) => writer.push(text),
            (Piece::Name(_), Some(Bound::Value(value))) => writer.bound(value)?,
            (Piece::Name(_), Some(Bound::List(values))) if values.is_empty() => writer.push("NULL"),
            (Piece::Name(_), Some(Bound::List(values))) => writer.list(", ", values, |w, value| w.bound(value))?,
            (Piece::Name(name), Some(Bound::Columns(table))) => {
                writer.list(", ", &table.columns, |w, column| {
                    w.ident(name);
                    w.push(".");
                    w.ident(&column.name);
                    Ok(())
                })?;
            }
            (Piece::Name(name), None) => unreachable!("`:{name}` has a value, or `pieces` is an error"),
        }
    }
    writer.finish()
}

impl<'q> SqlWriter<'q, '_> {
    fn bound(&mut self, value: &'q Node) -> Result<()> {
        match value {
            Node::Bind { datum, .. } => self.value(datum.borrowed()),
            // A literal is nothing else today.
            other => self.node(other),
        }
    }
}
