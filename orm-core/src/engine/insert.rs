//! The INSERT of models: which columns each row sends, rows in batches of the same columns, batches in statements.

use super::channel::Effect;
use super::execute::Run;
use super::options::TransactionOptions;
use super::violation::complete;
use super::writes::{self, Facts, Rows, Source, Statement};
use crate::compile::{self, Compiled, Resolve, unresolved};
use crate::dialect::{self, Dialect};
use crate::driver::OnRow;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::query::node::Node;
use crate::query::{Insert, Returning};
use crate::row::Data;
use crate::schema::{Column, Generated, Table};
use crate::value::{Datum, KeyParts, Writer};

/// The values of one row and which of them are sent.
#[derive(Default)]
pub(crate) struct RowData<'d> {
    /// All columns, in the table's order.
    pub(crate) data: Vec<Datum<'d>>,
    /// The sent columns, ascending.
    pub(crate) columns: Vec<usize>,
}

/// The values of a new row, in place of another's: a generated key that holds its sentinel, a computed column and
/// `Auto::Default` are not sent.
///
/// # Errors
/// `OutOfRange` and `InvalidValue` for a value that does not fit its column.
pub(crate) fn row_data<'d, M: Model>(row: &'d M, into: &mut RowData<'d>) -> Result<()> {
    let table = M::table();
    let RowData { data, columns } = into;
    data.clear();
    columns.clear();
    let mut writer = Writer { data: std::mem::take(data) };
    row.write(&mut writer);
    *data = writer.data;
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
    Ok(())
}

/// Rows that send the same columns, and what they send.
pub(crate) struct Batch<'d> {
    pub(crate) columns: Vec<usize>,
    pub(crate) count: usize,
    /// `count * columns.len()` values, row by row.
    pub(crate) data: Vec<Datum<'d>>,
}

impl<'d> Batch<'d> {
    /// Puts what a row sends to that of its like, and tells which batch that is. There are `most` rows in all.
    pub(crate) fn take(batches: &mut Vec<Batch<'d>>, row: &mut RowData<'d>, most: usize) -> usize {
        let at = batches.iter().rposition(|batch| batch.columns == row.columns).unwrap_or_else(|| {
            let data = Vec::with_capacity(if batches.is_empty() { most * row.columns.len() } else { 0 });
            batches.push(Batch { columns: row.columns.clone(), count: 0, data });
            batches.len() - 1
        });
        let batch = &mut batches[at];
        batch.count += 1;
        batch.data.extend(row.columns.iter().map(|&column| std::mem::replace(&mut row.data[column], Datum::Null)));
        at
    }
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
    let batches = batches(insert, on.resolve)?;
    let several = match &batches[..] {
        [] => false,
        [Batch { columns, count, data }] => {
            let (facts, dialect) = (on.channel.facts(), on.channel.dialect());
            let source = Source { facts, dialect, table: M::table(), columns, returning: None };
            writes::are_several(&source, *count, data)
        }
        _ => true,
    };
    let own_transaction = several && !on.channel.in_transaction();
    if own_transaction {
        on.channel.begin(TransactionOptions::new().write()).map_err(in_insert::<M>)?;
    }
    let mut rows = 0;
    let result = batches.into_iter().try_for_each(|batch| {
        rows += send(insert, batch, on, &mut on_row)?;
        Ok(())
    });
    match (own_transaction, result) {
        (true, Ok(())) => on.channel.commit().map_err(in_insert::<M>)?,
        (true, Err(error)) => {
            on.channel.rollback();
            return Err(error);
        }
        (false, result) => result?,
    }
    Ok(rows)
}

/// Sends the rows of a batch, and tells how many were written or shown.
fn send<M: Model>(
    insert: &Insert<'_, M>,
    batch: Batch<'_>,
    on: &mut Run<'_>,
    on_row: &mut Option<&mut OnRow<'_>>,
) -> Result<u64> {
    let (table, dialect) = (M::table(), on.channel.dialect());
    let Batch { columns, count, data } = batch;
    if let (Some(on_row), Some(key)) = (on_row.as_mut(), told_key(insert, dialect, &columns))
        && writes::can_count(on.channel, table, key, count).map_err(in_insert::<M>)?
    {
        let rows = Rows { table, columns: &columns, count, data };
        let keys = writes::insert_counted(on.channel, rows).map_err(in_insert::<M>)?;
        keys.iter().try_for_each(|key| on_row(&Data(&[Datum::Int(*key)]))).map_err(in_insert::<M>)?;
        return Ok(keys.len() as u64);
    }
    let mut rows = 0;
    let facts = on.channel.shared_facts();
    let source = Source { facts: &facts, dialect, table, columns: &columns, returning: None };
    for Statement { mut sql, mut binds, rows: _ } in writes::statements(source, count, data) {
        let Insert { rows: _, from, conflict, returning } = insert;
        if conflict.is_some() || !returning.is_empty() {
            let head = sql.to_string();
            let whole = compile::insert_tail(head, binds, from, conflict.as_ref(), returning, dialect, on.resolve)?;
            (sql, binds) = (whole.sql.into(), whole.binds);
        }
        match on_row {
            None => rows += on.channel.execute(&sql, &binds, Effect::Writes).map_err(in_insert::<M>)?.rows,
            Some(on_row) => on
                .channel
                .query(&sql, &binds, Effect::Writes, &mut |row| {
                    rows += 1;
                    on_row(row)
                })
                .map_err(in_insert::<M>)?,
        }
    }
    Ok(rows)
}

/// The column of the generated key, if that is all that the statement returns of rows that do not bring one, and the database may
/// tell it in another way.
fn told_key<M: Model>(insert: &Insert<'_, M>, dialect: &Dialect, columns: &[usize]) -> Option<usize> {
    let [Node::Column { at, ty: _ }] = insert.returning[..] else { return None };
    let key = M::table().generated.filter(|key| M::table().columns[*key].generated == Generated::Sequence)?;
    let is_key = at.table == insert.from.number && !at.derived && usize::from(at.column) == key;
    let may_be_told = dialect.batch == dialect::Batch::ValuesLastId && insert.conflict.is_none();
    (is_key && may_be_told && !columns.contains(&key)).then_some(key)
}

#[cold]
fn in_insert<M: Model>(error: Error) -> Error {
    complete(error, M::table()).context(format_args!("insert into {}", M::table().name))
}

/// The rows of an INSERT, those that send the same columns together.
fn batches<'i, M: Model>(insert: &'i Insert<'_, M>, resolve: &Resolve<'_>) -> Result<Vec<Batch<'i>>> {
    let table = M::table();
    let tenant = compile::tenant_of(table, resolve, insert.from.scoping)?;
    if tenant.is_some() && insert.conflict.as_ref().is_some_and(|conflict| !conflict.set.is_empty()) {
        let message = format!("an upsert into {} could change a row of another tenant", table.name);
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let mut batches: Vec<Batch<'i>> = Vec::new();
    let mut row_of = RowData::default();
    for row in insert.rows {
        row_data(row, &mut row_of)?;
        let data = &mut row_of.data;
        if let Some((column, tenant)) = &tenant {
            if compile::is_unnamed(&data[*column]) {
                data[*column] = tenant.clone();
            }
            compile::check_tenant(table, tenant, &data[*column])?;
        }
        Batch::take(&mut batches, &mut row_of, insert.rows.len());
    }
    Ok(batches)
}

/// The statements of an INSERT, in chunks that the database takes.
fn statements<'i, M: Model>(
    insert: &'i Insert<'_, M>,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Vec<Compiled<'i>>> {
    let table = M::table();
    let (facts, mut statements) = (Facts::default(), Vec::new());
    for Batch { columns, count, data } in batches(insert, resolve)? {
        let source = Source { facts: &facts, dialect, table, columns: &columns, returning: None };
        for Statement { sql, binds, rows: _ } in writes::statements(source, count, data) {
            let tail = (&insert.from, insert.conflict.as_ref(), insert.returning.as_slice());
            statements.push(compile::insert_tail(sql.to_string(), binds, tail.0, tail.1, tail.2, dialect, resolve)?);
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
    /// The texts and values that a database of this dialect gets, as [`Insert::to_sql`]. SQLite tells the generated key of a new row
    /// without RETURNING too, which is left out where that is all that is asked for and nothing can get between.
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
