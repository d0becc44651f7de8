//! Walking a query tree, and giving its tables new numbers when it is cloned.

use super::node::{Node, SelectBody, Source, next_table};
use crate::model::Binding;
use std::collections::HashMap;

impl Node {
    /// Shows every place that names a table, and the body of every nested query before its insides.
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        match self {
            Node::Column { at, .. } | Node::Entity { at, .. } => (visitor.binding)(at),
            Node::Bind { .. } | Node::Constant(_) => {}
            Node::Unary(_, of) | Node::IsNull { of, .. } | Node::Cast { of, .. } => of.visit(visitor),
            Node::Binary { left, right, .. } => {
                left.visit(visitor);
                right.visit(visitor);
            }
            Node::Between { parts, .. } => parts.iter_mut().for_each(|part| part.visit(visitor)),
            Node::InList { of, items, .. } => {
                of.visit(visitor);
                items.iter_mut().for_each(|item| item.visit(visitor));
            }
            Node::InQuery { of, query } => {
                of.visit(visitor);
                query.visit(visitor);
            }
            Node::Like { of, pattern, .. } => {
                of.visit(visitor);
                pattern.visit(visitor);
            }
            Node::Logic { parts: args, .. } | Node::Call { args, .. } | Node::Named { args, .. } | Node::Row(args) => {
                args.iter_mut().for_each(|arg| arg.visit(visitor));
            }
            Node::Aggregate { of, .. } => of.iter_mut().for_each(|of| of.visit(visitor)),
            Node::Case { arms, otherwise, .. } => {
                for (condition, value) in arms {
                    condition.visit(visitor);
                    value.visit(visitor);
                }
                otherwise.iter_mut().for_each(|value| value.visit(visitor));
            }
            Node::Exists(query) | Node::Subquery(query) => query.visit(visitor),
        }
    }
}

impl Node {
    /// Shows every column that the expression names, outside of nested queries.
    pub(crate) fn each_column(&self, show: &mut dyn FnMut(Binding, usize)) {
        match self {
            Node::Column { at, ty } => show(*at, ty.width()),
            Node::Entity { at, table } => show(*at, table.columns.len()),
            Node::Bind { .. } | Node::Constant(_) | Node::Exists(_) | Node::Subquery(_) => {}
            Node::Unary(_, of) | Node::IsNull { of, .. } | Node::Cast { of, .. } | Node::InQuery { of, .. } => {
                of.each_column(show)
            }
            Node::Binary { left, right, .. } => {
                left.each_column(show);
                right.each_column(show);
            }
            Node::Between { parts, .. } => parts.iter().for_each(|part| part.each_column(show)),
            Node::InList { of, items, .. } => {
                of.each_column(show);
                items.iter().for_each(|item| item.each_column(show));
            }
            Node::Like { of, pattern, .. } => {
                of.each_column(show);
                pattern.each_column(show);
            }
            Node::Logic { parts: args, .. } | Node::Call { args, .. } | Node::Named { args, .. } | Node::Row(args) => {
                args.iter().for_each(|arg| arg.each_column(show))
            }
            Node::Aggregate { of, .. } => of.iter().for_each(|of| of.each_column(show)),
            Node::Case { arms, otherwise, .. } => {
                for (condition, value) in arms {
                    condition.each_column(show);
                    value.each_column(show);
                }
                otherwise.iter().for_each(|value| value.each_column(show));
            }
        }
    }
}

struct Visitor<'v> {
    binding: &'v mut dyn FnMut(&mut Binding),
    number: &'v mut dyn FnMut(&mut u32),
}

impl SelectBody {
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        let SelectBody {
            distinct: _,
            columns,
            from,
            filter,
            group,
            having,
            order,
            limit: _,
            offset: _,
            lock: _,
            loads,
        } = self;
        for table in from {
            (visitor.number)(&mut table.number);
            if let Source::Query { body, .. } = &mut table.source {
                body.visit(visitor);
            }
            table.on.iter_mut().for_each(|on| on.visit(visitor));
        }
        let nodes = columns.iter_mut().chain(filter).chain(group).chain(having);
        nodes.for_each(|node| node.visit(visitor));
        order.iter_mut().for_each(|order| order.node.visit(visitor));
        for load in loads {
            // What is loaded beside has numbers of its own; only its start is in this query.
            match &mut load.path {
                super::relation::Path::To { at, .. }
                | super::relation::Path::From { at, .. }
                | super::relation::Path::Through { at, .. } => (visitor.binding)(at),
            }
        }
    }

    /// A copy whose tables have numbers of their own, so that it can stand inside the query it was copied from.
    pub(crate) fn renumbered(&self) -> SelectBody {
        let mut copy = self.clone();
        let mut numbers = HashMap::new();
        copy.visit(&mut Visitor {
            binding: &mut |_| {},
            number: &mut |number| {
                let new = next_table();
                numbers.insert(*number, new);
                *number = new;
            },
        });
        copy.visit(&mut Visitor {
            binding: &mut |at| at.table = numbers.get(&at.table).copied().unwrap_or(at.table),
            number: &mut |_| {},
        });
        copy
    }
}
