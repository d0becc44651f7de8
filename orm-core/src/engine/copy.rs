//! COPY: many rows in by the fastest way that PostgreSQL has, and data in and out as they are.

use super::violation::complete;
use super::{Connection, Effect, RowData, row_data};
use crate::compile;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::query::Scoping;
use crate::schema::Table;
use crate::value::Datum;
use std::borrow::Borrow;
use std::io::{ErrorKind as IoKind, Read, Write};

/// How much is read at once.
const PIECE: usize = 32 * 1024;

impl Connection {
    /// Inserts many rows by COPY, in PostgreSQL's binary form, and tells how many: all of them, or none. No statement takes rows
    /// faster, and memory holds a few at a time, so that the iterator may be endless work of its own.
    ///
    /// Columns are sent as an INSERT sends them, but the same for all rows, as the first one says: a generated key that is 0, or an
    /// [`Auto`](crate::Auto) column that is left to its default, must be so in every row. The keys that the database makes are
    /// not told. A conflict is an error. Text goes to columns of text, and not to others that PostgreSQL reads from text, as `inet`.
    ///
    /// ```no_run
    /// # use orm_doc::*; let engine = engine();
    /// let mut connection = engine.connect()?;
    /// let rows = (0..1_000_000).map(|number| user(&format!("user {number}")));
    /// assert_eq!(connection.copy_in::<User>(rows)?, 1_000_000);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on other databases; `Misuse` for a row with other columns than the first, and for a model with a tenant that
    /// was not named; as for an INSERT. An open transaction has failed then.
    #[track_caller]
    pub fn copy_in<M: Model>(&mut self, rows: impl IntoIterator<Item: Borrow<M>>) -> Result<u64> {
        self.check_copy()?;
        let (dialect, table) = (self.dialect(), M::table());
        let mut rows = rows.into_iter();
        let Some(first) = rows.next() else { return Ok(0) };
        let run = self.run();
        let tenant = compile::tenant_of(table, run.resolve, Scoping::default())?;
        let values = |row: &M, show: &mut dyn FnMut(&RowData<'_>) -> Result<()>| {
            let mut values = RowData::default();
            row_data(row, &mut values)?;
            if let Some((column, tenant)) = &tenant {
                if compile::is_unnamed(&values.data[*column]) {
                    values.data[*column] = tenant.clone();
                }
                compile::check_tenant(table, tenant, &values.data[*column])?;
            }
            show(&values)
        };
        let mut columns = Vec::new();
        values(first.borrow(), &mut |values| {
            columns.clone_from(&values.columns);
            Ok(())
        })?;
        let names = names(table, &columns, dialect);
        let mut target = String::new();
        compile::quote(&mut target, table.name, dialect);
        let sql = format!("COPY {target} ({names}) FROM STDIN (FORMAT binary)");
        let shape = format!("SELECT {names} FROM {target} LIMIT 0");
        let mut rows = std::iter::once(first).chain(rows);
        let copied = run.channel.copy(&sql, Effect::Writes, |connection| {
            connection.copy_rows(&sql, &shape, &mut |show| {
                let Some(row) = rows.next() else { return Ok(false) };
                values(row.borrow(), &mut |values| {
                    if values.columns != columns {
                        return Err(other_columns(table));
                    }
                    let sent: Vec<Datum<'_>> = columns.iter().map(|&at| values.data[at].borrowed()).collect();
                    show(&sent)
                })?;
                Ok(true)
            })
        });
        copied.map_err(|error| complete(error, table).context(format_args!("copy into {}", table.name)))
    }

    /// Runs a `COPY .. FROM STDIN` with the data of a reader, in the format that the statement names, and tells how many rows
    /// were written.
    ///
    /// The statement is taken as it is: names and options in it must not come from a stranger.
    ///
    /// ```no_run
    /// # use orm_doc::*; let engine = engine();
    /// let file = std::fs::File::open("users.csv").expect("it is there");
    /// let rows = engine.connect()?.copy_in_raw("COPY users (username, is_admin) FROM STDIN (FORMAT csv, HEADER)", file)?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on other databases; `Misuse` for another statement; `Io` with the reader's error; what the database refuses.
    /// Nothing is written then, and an open transaction has failed.
    #[track_caller]
    pub fn copy_in_raw(&mut self, statement: &str, mut reader: impl Read) -> Result<u64> {
        self.check_copy()?;
        check_statement(statement)?;
        self.channel_mut().copy(statement, Effect::Unknown, |connection| {
            connection.copy_in(statement, &mut |piece| {
                let start = piece.len();
                piece.resize(start + PIECE, 0);
                let length = loop {
                    match reader.read(&mut piece[start..]) {
                        Ok(length) => break length,
                        Err(error) if error.kind() == IoKind::Interrupted => {}
                        Err(error) => {
                            return Err(
                                Error::new(ErrorKind::Io, "the data of a COPY cannot be read").with_source(error)
                            );
                        }
                    }
                };
                piece.truncate(start + length);
                Ok(length > 0)
            })
        })
    }

    /// Runs a `COPY .. TO STDOUT` into a writer, and tells how many bytes there were.
    ///
    /// The statement is taken as it is: names and options in it must not come from a stranger. After an error of the writer the
    /// server still sends what is left, which is thrown away.
    ///
    /// ```no_run
    /// # use orm_doc::*; let engine = engine();
    /// let mut csv = Vec::new();
    /// engine.connect()?.copy_out_raw("COPY (SELECT id, username FROM users) TO STDOUT (FORMAT csv, HEADER)", &mut csv)?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on other databases; `Misuse` for another statement; `Io` with the writer's error; what the database refuses.
    #[track_caller]
    pub fn copy_out_raw(&mut self, statement: &str, mut writer: impl Write) -> Result<u64> {
        self.check_copy()?;
        check_statement(statement)?;
        let failed = |error| Error::new(ErrorKind::Io, "the data of a COPY cannot be written").with_source(error);
        let mut bytes = 0;
        self.channel_mut().copy(statement, Effect::ReadsRaw, |connection| {
            connection.copy_out(statement, &mut |piece| {
                bytes += piece.len() as u64;
                writer.write_all(piece).map_err(failed)
            })?;
            writer.flush().map_err(failed)?;
            Ok(0)
        })?;
        Ok(bytes)
    }

    fn check_copy(&self) -> Result<()> {
        let dialect = self.dialect();
        if dialect.copy { Ok(()) } else { Err(Error::unsupported(dialect.name, "COPY")) }
    }
}

/// Another statement would be answered in a way that a COPY is not.
fn check_statement(statement: &str) -> Result<()> {
    let word = statement.trim_start().get(..5).unwrap_or_default();
    if word.trim_end_matches(|letter: char| letter.is_whitespace() || letter == '(').eq_ignore_ascii_case("COPY") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Misuse, "a statement that begins with COPY is wanted"))
}

fn names(table: &Table, columns: &[usize], dialect: &crate::dialect::Dialect) -> String {
    let mut names = String::new();
    for (at, &column) in columns.iter().enumerate() {
        if at > 0 {
            names.push_str(", ");
        }
        compile::quote(&mut names, &table.columns[column].name, dialect);
    }
    names
}

#[cold]
fn other_columns(table: &Table) -> Error {
    let message = format!(
        "all rows that are copied into {} must send the same columns: a key or default that the database makes in the first \
         row, it must make in all",
        table.name
    );
    Error::new(ErrorKind::Misuse, message)
}
