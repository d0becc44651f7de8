//! `RowsByKey`: an iterator over a table's rows that reads them chunk by chunk along the primary key. Knows no SQL text.

use super::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Binding, Fields, Model};
use crate::query::node::{BinaryOp, Node};
use crate::query::{Expr, Order, Query, binary};
use crate::value::{Datum, Type, Writer};
use std::panic::Location;
use std::vec::IntoIter;

/// How many rows one statement reads.
const CHUNK: u64 = 1000;

/// The rows of a query, of which a thousand at a time are in memory. Made by [`Connection::iterate`].
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let rows: RowsByKey<'_, User> = connection.iterate(select::<User>().filter(|u| !u.admin))?;
/// let names = rows.map(|user| Ok(user?.username)).collect::<Result<Vec<String>, Error>>()?;
/// assert_eq!(names, ["bob", "carol"]);
/// # Ok::<(), Error>(())
/// ```
pub struct RowsByKey<'c, M: Model> {
    connection: &'c mut Connection,
    query: Query<M>,
    chunk: IntoIter<M>,
    /// The primary key of the last row that was read.
    last: Option<Vec<Datum<'static>>>,
    ended: bool,
    /// The place in the program that asked for it.
    place: &'static Location<'static>,
}

impl<'c, M: Model> RowsByKey<'c, M> {
    /// # Errors
    /// `Misuse` for a query that says itself in which order or how many rows it has, or that changes rows.
    #[track_caller]
    pub(super) fn new(connection: &'c mut Connection, query: Query<M>) -> Result<RowsByKey<'c, M>> {
        let body = query.body();
        let is_plain = body.order.is_empty() && body.group.is_empty() && body.limit.is_none() && body.offset.is_none();
        if !is_plain {
            return Err(Error::new(
                ErrorKind::Misuse,
                "`iterate` goes along the primary key, so its query cannot have an order, groups, a limit or an offset; use `for_each`",
            ));
        }
        if body.writes() {
            return Err(Error::new(
                ErrorKind::Misuse,
                "`iterate` sends its query again for every thousand rows, so it cannot change rows in its WITH clause; use `for_each`",
            ));
        }
        Ok(RowsByKey {
            connection,
            query,
            chunk: Vec::new().into_iter(),
            last: None,
            ended: false,
            place: Location::caller(),
        })
    }

    /// Reads the rows behind the last one.
    fn read(&mut self) -> Result<()> {
        let mut page = self.query.clone().order_by(key_order).limit(CHUNK);
        if let Some(last) = &self.last {
            page = page.filter(|fields| behind(fields, last));
        }
        let rows = self.connection.run_at(self.place).all(page)?;
        self.ended = (rows.len() as u64) < CHUNK;
        self.last = rows.last().map(key_of);
        self.chunk = rows.into_iter();
        Ok(())
    }
}

impl<M: Model> Iterator for RowsByKey<'_, M> {
    type Item = Result<M>;

    /// The next row. After an error there is none.
    fn next(&mut self) -> Option<Result<M>> {
        if self.chunk.len() == 0
            && !self.ended
            && let Err(error) = self.read()
        {
            self.ended = true;
            return Some(Err(error));
        }
        self.chunk.next().map(Ok)
    }
}

impl<M: Model> std::fmt::Debug for RowsByKey<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowsByKey").field("table", &M::table().name).field("ended", &self.ended).finish_non_exhaustive()
    }
}

fn key_of<M: Model>(row: &M) -> Vec<Datum<'static>> {
    let mut writer = Writer::with_capacity(M::WIDTH);
    row.write(&mut writer);
    M::table().primary_key.iter().map(|&column| writer.data[column].clone().into_owned()).collect()
}

/// The columns of the primary key of a table in a query.
fn key_columns(at: Binding, table: &'static crate::schema::Table) -> impl Iterator<Item = (Node, Type)> {
    let column = move |&column: &usize| {
        let ty = table.columns[column].ty;
        (Node::Column { at: at.offset(column), ty }, ty)
    };
    table.primary_key.iter().map(column)
}

fn key_order<F: Fields>(fields: F) -> Vec<Order> {
    let order = |(node, _)| Order { node, descending: false, nulls: None };
    key_columns(fields.binding(), F::Model::table()).map(order).collect()
}

/// `a > x`, and for a key of several columns `a > x OR (a = x AND b > y)`: what every database finds in the key's index.
fn behind<F: Fields>(fields: F, last: &[Datum<'static>]) -> Expr<bool> {
    let compare = |op, (node, ty): (Node, Type), datum: &Datum<'static>| {
        Expr::<bool>::new(binary(op, ty, node, Node::bind(datum.clone(), ty)))
    };
    let mut columns: Vec<(Node, Type)> = key_columns(fields.binding(), F::Model::table()).collect();
    let mut condition: Option<Expr<bool>> = None;
    while let Some(column) = columns.pop() {
        let datum = &last[columns.len()];
        let greater = compare(BinaryOp::Gt, column.clone(), datum);
        condition = Some(match condition {
            None => greater,
            Some(rest) => greater | (compare(BinaryOp::Eq, column, datum) & rest),
        });
    }
    condition.expect("a primary key has a column")
}
