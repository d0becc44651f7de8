//! The INSERT of models: which columns each row sends, rows in batches of the same columns, batches in statements.

use super::channel::Effect;
use super::execute::Run;
use super::options::TransactionOptions;
use super::violation::complete;
use super::writes::{self, Statement};
use crate::compile::{self, Compiled, Resolve, unresolved};
use crate::dialect::Dialect;
use crate::driver::OnRow;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::query::{Insert, Returning};
use crate::schema::{Column, Generated, Table};
use crate::value::{Datum, KeyParts, Writer};

/// The values of one row and which of them are sent.
pub(crate) struct RowData<'d> {
    /// All columns, in the table's order.
    pub(crate) data: Vec<Datum<'d>>,
    /// The sent columns, ascending.
    pub(crate) columns: Vec<usize>,
}

/// The values of a new row: a generated key that holds its sentinel, a computed column and `Auto::Default` are not sent.
///
/// # Errors
/// `OutOfRange` and `InvalidValue` for a value that does not fit its column.
pub(crate) fn row_data<M: Model>(row: &M) -> Result<RowData<'_>> {
    let table = M::table();
    let mut writer = Writer::with_capacity(M::WIDTH);
    row.write(&mut writer);
    let mut data = writer.data;
    let mut columns = Vec::with_capacity(data.len());
    for (at, column) in table.columns.iter().enumerate() {
        if column.computed.is_some() || matches!(data[at], Datum::Default) {
            continue;
        }
        if column.generated != Generated::No && is_sentinel(&data[at]) {
            match M::Key::generate_key().filter(|_| column.generated == Generated::Client) {
                Some(key) => data[at] = key.key_datum().into_owned(),
                None => continue,
            }
        }
        check(table, column, &data[at])?;
        columns.push(at);
    }
    Ok(RowData { data, columns })
}

/// 0 and the nil UUID mean "not yet", in a generated key of a new row and nowhere else.
pub(crate) fn is_sentinel(datum: &Datum<'_>) -> bool {
    match datum {
        Datum::Int(value) => *value == 0,
        Datum::UInt(value) => *value == 0,
        Datum::Uuid(bytes) => *bytes == [0; 16],
        _ => false,
    }
}

/// Refuses what a database would cut or round, and says which field it is.
///
/// # Errors
/// `OutOfRange` and `InvalidValue`.
pub(crate) fn check(table: &Table, column: &Column, datum: &Datum<'_>) -> Result<()> {
    let refuse = |kind, reason: String| Err(Error::new(kind, format!("`{}.{}` {reason}", table.model, column.field)));
    match (datum, column.length, column.precision) {
        (Datum::Invalid(reason), ..) => refuse(ErrorKind::InvalidValue, format!("cannot be written: {reason}")),
        (Datum::Text(text), Some(most), _) if text.len() > most as usize && text.chars().count() > most as usize => {
            refuse(
                ErrorKind::InvalidValue,
                format!("has {} characters, and its column takes at most {most}", text.chars().count()),
            )
        }
        (Datum::Bytes(bytes), Some(most), _) if bytes.len() > most as usize => {
            refuse(ErrorKind::InvalidValue, format!("has {} bytes, and its column takes at most {most}", bytes.len()))
        }
        (Datum::Decimal(text), _, Some((precision, scale))) => {
            let (whole, fraction) = crate::value::text::decimal_scale(text);
            if fraction > usize::from(scale) || whole > usize::from(precision.saturating_sub(scale)) {
                return refuse(
                    ErrorKind::OutOfRange,
                    format!("does not fit its column of {precision} digits, {scale} of them after the point"),
                );
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Runs an INSERT; with `on_row` its RETURNING rows are shown. Several statements run in one transaction.
pub(crate) fn run_insert<M: Model>(
    insert: &Insert<'_, M>,
    on: &mut Run<'_>,
    mut on_row: Option<&mut OnRow<'_>>,
) -> Result<u64> {
    let table = M::table();
    let statements = statements(insert, on.channel.dialect(), on.resolve)?;
    let own_transaction = statements.len() > 1 && !on.channel.in_transaction();
    if own_transaction {
        on.channel.begin(TransactionOptions::new().write())?;
    }
    let mut rows = 0;
    let result = statements.iter().try_for_each(|Compiled { sql, binds }| {
        match &mut on_row {
            None => rows += on.channel.execute(sql, binds, Effect::Writes)?.rows,
            Some(on_row) => on.channel.query(sql, binds, Effect::Writes, &mut |row| {
                rows += 1;
                on_row(row)
            })?,
        }
        Ok(())
    });
    let result = match (own_transaction, result) {
        (true, Ok(())) => on.channel.commit(),
        (true, Err(error)) => {
            on.channel.rollback();
            Err(error)
        }
        (false, result) => result,
    };
    result.map_err(|error: Error| complete(error, table).context(format_args!("insert into {}", table.name)))?;
    Ok(rows)
}

/// The statements of an INSERT: rows that send the same columns together, in chunks that the database takes.
fn statements<'i, M: Model>(
    insert: &'i Insert<'_, M>,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Vec<Compiled<'i>>> {
    let table = M::table();
    let tenant = compile::tenant_of(table, resolve, insert.from.scoping)?;
    if tenant.is_some() && insert.conflict.as_ref().is_some_and(|conflict| !conflict.set.is_empty()) {
        let message = format!("an upsert into {} could change a row of another tenant", table.name);
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let mut batches: Vec<(Vec<usize>, Vec<Vec<Datum<'i>>>)> = Vec::new();
    for row in insert.rows {
        let RowData { mut data, columns } = row_data(row)?;
        if let Some((column, tenant)) = &tenant {
            if compile::is_unnamed(&data[*column]) {
                data[*column] = tenant.clone();
            }
            compile::check_tenant(table, tenant, &data[*column])?;
        }
        match batches.iter_mut().rev().find(|(shape, _)| *shape == columns) {
            Some((_, rows)) => rows.push(data),
            None => batches.push((columns, vec![data])),
        }
    }
    let mut statements = Vec::new();
    for (columns, rows) in batches {
        let (count, data) = (rows.len(), sent(&columns, rows.into_iter()));
        for Statement { sql, binds, rows: _ } in writes::statements(dialect, table, &columns, count, data) {
            let tail = (&insert.from, insert.conflict.as_ref(), insert.returning.as_slice());
            statements.push(compile::insert_tail(sql, binds, tail.0, tail.1, tail.2, dialect, resolve)?);
        }
    }
    Ok(statements)
}

impl<M: Model> Insert<'_, M> {
    /// The texts and values that a database of this dialect gets, as [`Select::to_sql`](crate::Select::to_sql): many rows may
    /// need several statements, and no row needs none.
    ///
    /// # Errors
    /// As [`Select::to_sql`](crate::Select::to_sql), `OutOfRange` and `InvalidValue` for values that do not fit their columns.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let dora = user("dora");
    /// let statement = insert(&dora);
    /// let texts = statement.to_sql(&orm_core::dialect::POSTGRES)?;
    /// assert!(texts[0].sql.starts_with("INSERT INTO \"users\""));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Vec<Compiled<'_>>> {
        statements(self, dialect, &unresolved)
    }
}

impl<M: Model, O> Returning<Insert<'_, M>, O> {
    /// The texts and values that a database of this dialect gets, as [`Insert::to_sql`].
    ///
    /// # Errors
    /// As [`Insert::to_sql`].
    ///
    /// ```
    /// # use orm_doc::*;
    /// let dora = user("dora");
    /// let statement = insert(&dora).returning(|u| u.id);
    /// let texts = statement.to_sql(&orm_core::dialect::SQLITE)?;
    /// assert!(texts[0].sql.ends_with("RETURNING \"id\""));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Vec<Compiled<'_>>> {
        self.statement.to_sql(dialect)
    }
}

fn sent<'d>(columns: &[usize], rows: impl Iterator<Item = Vec<Datum<'d>>>) -> Vec<Datum<'d>> {
    let mut binds = Vec::new();
    for mut row in rows {
        binds.extend(columns.iter().map(|&column| std::mem::replace(&mut row[column], Datum::Null)));
    }
    binds
}
