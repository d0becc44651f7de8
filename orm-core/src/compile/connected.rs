//! Refuses a query in which a table stands beside the others without a condition between them: by mistake, every row of one
//! would be paired with every row of the other. Knows no SQL text.

use crate::error::{Error, ErrorKind, Result};
use crate::query::node::{From, Join, LogicOp, Node, Source};

/// Asks that all tables are connected by conditions, unless one was joined by `cross_join` or is a lateral query, which has its
/// condition inside.
pub(super) fn check(from: &[From], filter: Option<&Node>) -> Result<()> {
    if from.len() < 2 {
        return Ok(());
    }
    // Each table's group, by position; the last is for the tables of the queries around this one.
    let mut groups: Vec<usize> = (0..=from.len()).collect();
    for (at, table) in from.iter().enumerate() {
        if table.join == Join::Cross || matches!(table.source, Source::Query { lateral: true, .. }) {
            unite(&mut groups, 0, at);
        }
    }
    for condition in from.iter().filter_map(|table| table.on.as_ref()).chain(filter) {
        each_part(condition, &mut |part| {
            let mut first = None;
            part.each_table(&mut |number| {
                let at = from.iter().position(|table| table.number == number);
                // The tables of a query inside the condition lead nowhere else.
                let Some(at) = at.or_else(|| outside(part, number).then_some(from.len())) else { return };
                unite(&mut groups, *first.get_or_insert(at), at);
            });
        });
    }
    match (1..from.len()).find(|at| groups[*at] != groups[0]) {
        None => Ok(()),
        Some(alone) => Err(Error::new(
            ErrorKind::Misuse,
            format!(
                "no condition connects {} with the tables before it: each of its rows would stand beside all of theirs; if \
                 that is what you want, use `.cross_join(..)`",
                described(&from[alone].source)
            ),
        )),
    }
}

fn unite(groups: &mut [usize], one: usize, other: usize) {
    let (keep, replace) = (groups[one], groups[other]);
    groups.iter_mut().filter(|group| **group == replace).for_each(|group| *group = keep);
}

/// Shows the conditions between which AND stands.
fn each_part<'n>(condition: &'n Node, show: &mut dyn FnMut(&'n Node)) {
    match condition {
        Node::Logic { op: LogicOp::And, parts } => parts.iter().for_each(|part| each_part(part, show)),
        other => show(other),
    }
}

/// True unless a query inside the condition has the table.
fn outside(condition: &Node, number: u32) -> bool {
    let mut inside = false;
    condition.each_query(&mut |query| inside = inside || query.has_table(number));
    !inside
}

fn described(source: &Source) -> String {
    match source {
        Source::Table(table) => format!("table {}", table.name),
        Source::Query { body, .. } => match body.from.first().map(|from| &from.source) {
            Some(Source::Table(table)) => format!("the query of {}", table.name),
            _ => "a query".to_owned(),
        },
        Source::Compound(_) => "a query".to_owned(),
        Source::Cte(_) => "a CTE".to_owned(),
        Source::Values(_) => "rows of values".to_owned(),
    }
}
