//! What stands in FROM: a query as a table, and the columns that it has.

use super::depth::bounded_query;
use super::node::{Few, From, Join, Node, SelectBody, Source, next_table};
use super::scope::Tabular;
use super::scoping::Scoping;
use super::select::Select;
use crate::model::Binding;
use crate::value::Type;

/// A query whose first table is another query, a [`Cte`](super::Cte) or rows of [`values`](super::values()).
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let counts = select::<Post>().group_by(|p| p.author).columns(|p| (p.author, count(p)));
/// let most = select_from(counts).columns(|(_, posts)| max(posts));
/// assert_eq!(connection.one(most)?, Some(2));
/// # Ok::<(), Error>(())
/// ```
pub fn select_from<T: Tabular>(source: impl IntoSource<T>) -> Select<(T,), T> {
    let from = source.into_source(Join::Inner, false);
    let columns = all_columns(&from);
    Select::from_body(SelectBody { columns, from: Few::one(from), ..SelectBody::default() })
}

/// All columns of a table, by name or by position.
fn all_columns(from: &From) -> Few<Node> {
    match &from.source {
        Source::Table(table) => {
            let at = Binding { table: from.number, column: 0, derived: false };
            Few::one(Node::Entity { at, table })
        }
        _ => positions(from).into(),
    }
}

/// All columns of a derived table, by position.
pub(crate) fn positions(from: &From) -> Vec<Node> {
    let at = Binding { table: from.number, column: 0, derived: true };
    from.source.types().into_iter().enumerate().map(|(i, ty)| Node::Column { at: at.offset(i), ty }).collect()
}

impl SelectBody {
    /// The types of its columns.
    pub(crate) fn types(&self) -> Vec<Type> {
        let mut types = Vec::with_capacity(self.columns.len());
        self.columns.iter().for_each(|column| column_types(column, &mut types));
        types
    }
}

impl Source {
    /// The types of its columns.
    fn types(&self) -> Vec<Type> {
        match self {
            Source::Table(table) => table.columns.iter().map(|column| column.ty).collect(),
            Source::Query { body, .. } => body.types(),
            Source::Compound(compound) => compound.first.types(),
            Source::Cte(cte) => cte.types.clone(),
            Source::Values(values) => values.types.clone(),
        }
    }
}

/// The types of the columns that a selected node has.
pub(crate) fn column_types(node: &Node, out: &mut Vec<Type>) {
    match node {
        Node::Entity { table, .. } => out.extend(table.columns.iter().map(|column| column.ty)),
        Node::Row(parts) => parts.iter().for_each(|part| column_types(part, out)),
        other => other.ty().unwrap_or(Type::Text).flatten(out),
    }
}

/// A query as a table. The row shape is a parameter, so that a mistake prints one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a table",
    label = "expected a query, a CTE or values"
)]
pub trait IntoSource<T: Tabular> {
    /// The table of the FROM clause.
    #[doc(hidden)]
    fn into_source(self, join: Join, lateral: bool) -> From;
}
impl<S, T: Tabular> IntoSource<T> for Select<S, T> {
    fn into_source(self, join: Join, lateral: bool) -> From {
        let source = match self.body().bare_table() {
            Some(table) => Source::Table(table),
            None => Source::Query { body: bounded_query(self.into_body()), lateral },
        };
        From { number: next_table(), source, join, on: None, hidden: false, scoping: Scoping::Full }
    }
}
