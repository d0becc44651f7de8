//! The smallest pieces of a schema statement: names, literals, and the SQL that a model brings. Knows no statement.

use crate::dialect::{Dialect, NameRules, Strings};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Table;

/// What the text is written for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server<'d> {
    pub(super) dialect: &'d Dialect,
    /// How literals are written: the dialect's way, unless the server is set to another.
    pub(super) strings: Strings,
}

/// A name in quotes. Whatever the name is, it cannot end its quotes.
pub(super) fn name(dialect: &Dialect, name: &str) -> Result<String> {
    let refused = |why: String| {
        let message = format!("the name `{}` cannot be used on {}: {why}", name.escape_debug(), dialect.name);
        Err(Error::new(ErrorKind::InvalidValue, message))
    };
    if name.is_empty() {
        return refused("it is empty".to_owned());
    }
    if name.contains('\0') {
        return refused("it contains NUL".to_owned());
    }
    match dialect.names {
        NameRules::Bytes(most) if name.len() > most => return refused(format!("it is longer than {most} bytes")),
        NameRules::BasicPlane(most) if name.chars().count() > most => {
            return refused(format!("it is longer than {most} characters"));
        }
        NameRules::BasicPlane(_) if name.chars().any(|letter| letter > '\u{FFFF}') => {
            return refused("it contains a character above U+FFFF".to_owned());
        }
        NameRules::Any | NameRules::Bytes(_) | NameRules::BasicPlane(_) => {}
    }
    let quote = dialect.quote;
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(quote);
    for letter in name.chars() {
        if letter == quote {
            quoted.push(quote);
        }
        quoted.push(letter);
    }
    quoted.push(quote);
    Ok(quoted)
}

/// Names in quotes, with commas between.
pub(super) fn names<'n>(dialect: &Dialect, all: impl IntoIterator<Item = &'n str>) -> Result<String> {
    let quoted: Result<Vec<String>> = all.into_iter().map(|one| name(dialect, one)).collect();
    Ok(quoted?.join(", "))
}

/// The quoted names of some columns of a table, with commas between.
pub(super) fn column_names(dialect: &Dialect, table: &Table, columns: &[usize]) -> Result<String> {
    names(dialect, columns.iter().map(|&column| table.columns[column].name.as_str()))
}

/// A text as a literal, for the few places where there can be no bind.
pub(super) fn literal(server: Server<'_>, text: &str) -> Result<String> {
    if text.contains('\0') {
        let message = format!("the text `{}` contains NUL, which no statement can hold", text.escape_debug());
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    let quoted = text.replace('\'', "''");
    Ok(match server.strings {
        Strings::Plain => format!("'{quoted}'"),
        // Without a backslash every server reads the plain form alike.
        Strings::Prefixed if quoted.contains('\\') => format!("E'{}'", quoted.replace('\\', "\\\\")),
        Strings::Prefixed => format!("'{quoted}'"),
        Strings::Backslash => format!("'{}'", quoted.replace('\\', "\\\\")),
    })
}

/// SQL as a model gives it, with `{name}` replaced by the quoted name of that column (or of the column of that field).
/// Braces that name no column, and those inside of literals, stay what they are.
pub(super) fn model_sql(dialect: &Dialect, table: &Table, sql: &str) -> Result<String> {
    let mut out = String::with_capacity(sql.len());
    let mut in_literal = false;
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let named = if in_literal { None } else { placeholder(table, rest) };
        if let Some((column, length)) = named {
            out.push_str(&name(dialect, column)?);
            rest = &rest[length..];
            continue;
        }
        in_literal ^= letter == '\'';
        out.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    Ok(out)
}

/// The column that a placeholder at the start of the text names, and the placeholder's length.
fn placeholder<'t>(table: &'t Table, text: &str) -> Option<(&'t str, usize)> {
    let inner = text.strip_prefix('{')?;
    let named = |name: &str| inner.strip_prefix(name).is_some_and(|rest| rest.starts_with('}'));
    let columns = table.columns.iter().map(|column| (column.name.as_str(), column.name.as_str()));
    let single = table.fields.iter().filter(|field| field.width == 1);
    let fields = single.map(|field| (field.name.as_str(), table.columns[field.start].name.as_str()));
    columns.chain(fields).find(|(name, _)| named(name)).map(|(name, column)| (column, name.len() + 2))
}
