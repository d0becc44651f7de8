//! Which database a query is for: that of the first table it names.

use super::cte_write::WriteBody;
use super::node::{CteQuery, SelectBody, Source};
use crate::schema::Table;

impl SelectBody {
    /// The name of the database that its first table is in, unless it is the engine's own.
    pub(crate) fn bind(&self) -> Option<&'static str> {
        self.first_table().and_then(|table| table.bind)
    }

    fn first_table(&self) -> Option<&'static Table> {
        self.from.iter().find_map(|from| match &from.source {
            Source::Table(table) => Some(*table),
            Source::Query { body, lateral: _ } => body.first_table(),
            Source::Compound(compound) => compound.first.first_table(),
            Source::Cte(cte) => match &cte.query {
                CteQuery::Plain(body) => body.first_table(),
                CteQuery::Recursive { start, operator: _, step: _ } => start.first_table(),
                CteQuery::Write(write) => table_of(match &**write {
                    WriteBody::Update(body) => &body.from.source,
                    WriteBody::Delete(body) => &body.from.source,
                    WriteBody::Insert(body) => &body.from.source,
                    WriteBody::Defaults(body) => &body.from.source,
                }),
                CteQuery::Itself => None,
            },
            Source::Values(_) => None,
        })
    }
}

fn table_of(source: &Source) -> Option<&'static Table> {
    match source {
        Source::Table(table) => Some(table),
        Source::Query { .. } | Source::Compound(_) | Source::Cte(_) | Source::Values(_) => None,
    }
}
