//! What can stand in the WITH clause: queries, and statements that change rows and return something of them.

use super::insert_more::{InsertDefaults, InsertDefaultsBody};
use super::insert_select::{InsertSelect, InsertSelectBody};
use super::node::{CteBody, CteQuery, Node, SelectBody, Source};
use super::scope::Tabular;
use super::select::Select;
use super::source::column_types;
use super::write::{Delete, DeleteBody, Filtered, Returning, Update, UpdateBody};
use crate::value::Type;

/// A statement of the WITH clause that changes rows.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub enum WriteBody {
    Update(UpdateBody),
    Delete(DeleteBody),
    Insert(InsertSelectBody),
    Defaults(InsertDefaultsBody),
}

/// What [`cte`](crate::cte) takes: a query, or an insert, update or delete that returns something, on PostgreSQL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in the WITH clause",
    label = "expected a query, or an `update`, `delete` or `insert_into` with `.returning(..)`"
)]
pub trait IntoCte<O: Tabular> {
    /// The types of its columns, and what it consists of.
    #[doc(hidden)]
    fn into_cte(self) -> (Vec<Type>, CteQuery);
}
impl<S, O: Tabular> IntoCte<O> for Select<S, O> {
    fn into_cte(self) -> (Vec<Type>, CteQuery) {
        let body = self.into_body();
        (body.types(), CteQuery::Plain(body))
    }
}

// impl<M, S, O: Tabular> IntoCte<O> for Returning<Update<M, Filtered, S>, O>
macro_rules! writes { ($([$($generics:ident),*] $statement:ty => $kind:ident;)*) => { $(
    impl<$($generics,)* O: Tabular> IntoCte<O> for Returning<$statement, O> {
        fn into_cte(self) -> (Vec<Type>, CteQuery) {
            let body = *self.statement.body;
            let mut types = Vec::new();
            body.returning.iter().for_each(|column| column_types(column, &mut types));
            (types, CteQuery::Write(Box::new(WriteBody::$kind(body))))
        }
    }
)* } }
writes! {
    [M, S] Update<M, Filtered, S> => Update;
    [M, S] Delete<M, Filtered, S> => Delete;
    [M] InsertSelect<M> => Insert;
    [M] InsertDefaults<M> => Defaults;
}

impl UpdateBody {
    /// The expressions of all clauses.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let on = self.joins.iter().filter_map(|table| table.on.as_ref());
        self.filter.iter().chain(self.set.iter().map(|assign| &assign.value)).chain(&self.returning).chain(on)
    }
}

impl DeleteBody {
    /// The expressions of all clauses.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.filter.iter().chain(&self.returning).chain(self.joins.iter().filter_map(|table| table.on.as_ref()))
    }
}

impl WriteBody {
    /// Shows the queries in it, but not those inside of them.
    pub(crate) fn each_query<'n>(&'n self, show: &mut dyn FnMut(&'n SelectBody)) {
        match self {
            WriteBody::Update(body) => body.nodes().for_each(|node| node.each_query(show)),
            WriteBody::Delete(body) => body.nodes().for_each(|node| node.each_query(show)),
            WriteBody::Insert(body) => {
                show(&body.query);
                body.returning.iter().for_each(|node| node.each_query(show));
            }
            WriteBody::Defaults(body) => body.returning.iter().for_each(|node| node.each_query(show)),
        }
    }
}

impl SelectBody {
    /// True when a statement of its WITH clause changes rows, so that reading it is writing.
    pub(crate) fn writes(&self) -> bool {
        let mut found = self.from.iter().any(|from| matches!(&from.source, Source::Cte(cte) if cte.writes()));
        self.each_query(&mut |query| found = found || query.writes());
        found
    }
}

impl Node {
    /// True when a query inside of it [writes](SelectBody::writes).
    pub(crate) fn writes(&self) -> bool {
        let mut found = false;
        self.each_query(&mut |query| found = found || query.writes());
        found
    }
}

impl CteBody {
    fn writes(&self) -> bool {
        match &self.query {
            CteQuery::Plain(body) => body.writes(),
            CteQuery::Recursive { start, operator: _, step } => start.writes() || step.writes(),
            CteQuery::Write(_) => true,
            CteQuery::Itself => false,
        }
    }
}
