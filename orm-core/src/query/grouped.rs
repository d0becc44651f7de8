//! What may stand beside an aggregate, after PostgreSQL's rules, which are the strictest: group keys, what a grouped primary key
//! decides, and aggregates. The others would give some row's value, and MySQL only in some modes.

use super::node::{From, Group, Node, SelectBody, Source};
use super::scalar::ScalarFunction;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;

impl Node {
    /// True when there is an aggregate in it that makes one value of the rows of a group.
    pub(crate) fn is_aggregated(&self) -> bool {
        let mut found = false;
        self.each_aggregate(&mut |_| found = true);
        found
    }

    /// True when a function in it looks at a window.
    pub(crate) fn is_over_window(&self) -> bool {
        let mut found = matches!(self, Node::Rows(call) if call.over.is_some());
        self.each_child(&mut |child| found = found || child.is_over_window());
        found
    }

    /// Shows the aggregates, but not those in queries, which are their own. Over a window a function gives every row its value.
    fn each_aggregate(&self, show: &mut dyn FnMut(&Node)) {
        match self {
            Node::Aggregate { .. } => show(self),
            Node::Rows(call) if call.over.is_none() => show(self),
            other => other.each_child(&mut |child| child.each_aggregate(show)),
        }
    }

    /// True for an aggregate of these tables: one that names only tables of the query around it is that query's.
    fn has_aggregate_of(&self, from: &[From]) -> bool {
        let mut found = false;
        self.each_aggregate(&mut |aggregate| {
            let (mut named, mut own) = (false, false);
            aggregate.each_table(&mut |number| {
                named = true;
                own = own || from.iter().any(|from| from.number == number);
            });
            found = found || own || !named;
        });
        found
    }
}

/// Refuses a column beside an aggregate that is the same in no group, and an aggregate where rows are not grouped yet.
///
/// # Errors
/// `Misuse`, which names the column.
pub(crate) fn check(body: &SelectBody) -> Result<()> {
    let SelectBody { columns, from, filter, group, having, order, .. } = body;
    if filter.as_ref().is_some_and(|filter| filter.has_aggregate_of(from)) {
        let message =
            "`filter` looks at single rows, before there are groups: a condition on an aggregate goes into `having`";
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let results = || columns.iter().chain(having).chain(order.iter().map(|order| &order.node));
    if group.is_empty() && having.is_none() && !results().any(|node| node.has_aggregate_of(from)) {
        return Ok(());
    }
    let groups = Groups::of(body);
    results().try_for_each(|node| groups.check(node))?;
    body.loads.iter().flat_map(|load| load.owner_key()).try_for_each(|node| groups.check(&node))
}

/// What is the same for all rows of a group.
struct Groups<'q> {
    body: &'q SelectBody,
    columns: Vec<(u32, u16)>,
}

impl Groups<'_> {
    fn of(body: &SelectBody) -> Groups<'_> {
        let mut columns = Vec::new();
        for key in body.group.iter().flat_map(Group::nodes) {
            if let Node::Column { .. } | Node::Entity { .. } = key {
                key.each_column(&mut |at, width| columns.extend((0..width).map(|i| place(at.offset(i)))));
            }
        }
        Groups { body, columns }
    }

    fn check(&self, node: &Node) -> Result<()> {
        if self.body.group.iter().flat_map(Group::nodes).any(|key| key == node) {
            return Ok(());
        }
        match node {
            Node::Column { .. } | Node::Entity { .. } => {
                let mut first = None;
                node.each_column(&mut |at, width| {
                    first = (0..width).map(|i| at.offset(i)).find(|at| !self.has(*at));
                });
                first.map_or(Ok(()), |at| Err(self.ungrouped(at)))
            }
            Node::Aggregate { .. } => Ok(()),
            Node::Rows(call) if call.over.is_none() => Ok(()),
            // What the caller wrote may be an aggregate that is not known here.
            Node::Named { .. } => Ok(()),
            Node::Scalar(call) if matches!(call.function, ScalarFunction::Fragment { .. }) => Ok(()),
            other => {
                let mut result = Ok(());
                other.each_child(&mut |child| {
                    if result.is_ok() {
                        result = self.check(child);
                    }
                });
                result
            }
        }
    }

    fn has(&self, at: Binding) -> bool {
        let Some(from) = self.body.from.iter().find(|from| from.number == at.table) else {
            return true; // of the query around this one, where it is one value
        };
        let is_key = |column: &usize| self.columns.iter().any(|known| *known == (at.table, *column as u16));
        let decided = match from.source {
            Source::Table(table) => !table.primary_key.is_empty() && table.primary_key.iter().all(is_key),
            _ => false,
        };
        decided || self.columns.contains(&place(at))
    }

    #[cold]
    fn ungrouped(&self, at: Binding) -> Error {
        let from = self.body.from.iter().find(|from| from.number == at.table);
        let name = match from.map(|from| &from.source) {
            Some(Source::Table(table)) => format!("`{}.{}`", table.name, table.columns[usize::from(at.column)].name),
            _ => format!("column {} of a query", at.column + 1),
        };
        let message = format!(
            "{name} can differ within a group: put it into `group_by`, or into an aggregate like `max(..)`, or group by the \
             primary key of its table"
        );
        Error::new(ErrorKind::Misuse, message)
    }
}

fn place(at: Binding) -> (u32, u16) {
    (at.table, at.column)
}
