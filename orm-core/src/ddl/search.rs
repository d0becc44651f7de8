//! The indexes of full-text search. Knows no connection.

use super::text::{column_names, name};
use crate::compile::{NO_LANGUAGE, document};
use crate::dialect::{Dialect, Search};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{FullTextIndex, Table};
use crate::value::Type;

/// `CREATE INDEX` for the words of some columns, with IF NOT EXISTS where that can be said.
pub(super) fn create_index(dialect: &Dialect, table: &Table, index: &FullTextIndex) -> Result<String> {
    let FullTextIndex { name: index_name, columns, language } = index;
    if let Some(other) = columns.iter().map(|&column| &table.columns[column]).find(|column| column.ty != Type::Text) {
        let message = format!("`{}.{}` is no text, so it cannot be searched for words", table.model, other.field);
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let guard = if dialect.index_if_not_exists { "IF NOT EXISTS " } else { "" };
    let (quoted, on) = (name(dialect, index_name)?, name(dialect, table.name)?);
    match dialect.functions.search {
        Search::None => {
            let construct = format!("indexes for full-text search (`{index_name}` of `{}`)", table.name);
            Err(Error::unsupported(dialect.name, construct))
        }
        Search::TsVector => {
            let names: Result<Vec<String>> =
                columns.iter().map(|&column| name(dialect, &table.columns[column].name)).collect();
            let document = document(language.unwrap_or(NO_LANGUAGE), &names?)?;
            Ok(format!("CREATE INDEX {guard}{quoted} ON {on} USING GIN (({document}))"))
        }
        Search::MatchAgainst if language.is_some() => {
            let construct = format!("the language of a full-text search (`{index_name}` of `{}`)", table.name);
            Err(Error::unsupported(dialect.name, construct))
        }
        Search::MatchAgainst => {
            let columns = column_names(dialect, table, columns)?;
            Ok(format!("CREATE FULLTEXT INDEX {guard}{quoted} ON {on} ({columns})"))
        }
    }
}
