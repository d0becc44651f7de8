//! Walking a query tree, and giving its tables new numbers when it is cloned.

use super::node::{From, Group, Node, SelectBody, Source, next_table};
use super::window::Window;
use crate::model::Binding;
use std::collections::HashMap;

impl Node {
    /// Shows every place that names a table, and the body of every nested query before its insides.
    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        match self {
            Node::Column { at, .. } | Node::Entity { at, .. } => (visitor.binding)(at),
            Node::Bind { .. } | Node::Constant(_) => {}
            Node::Unary(_, of) | Node::IsNull { of, .. } | Node::Cast { of, .. } => of.visit(visitor),
            Node::Binary { sides, .. } => sides.iter_mut().for_each(|side| side.visit(visitor)),
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
            Node::Rows(call) => call.nodes_mut().for_each(|node| node.visit(visitor)),
            Node::Scalar(call) => call.args.iter_mut().for_each(|arg| arg.visit(visitor)),
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
    /// A copy that names other tables.
    pub(crate) fn with_tables(&self, table: &dyn Fn(u32) -> u32) -> Node {
        let mut copy = self.clone();
        copy.visit(&mut Visitor {
            binding: &mut |at| at.table = table(at.table),
            number: &mut |number| *number = table(*number),
        });
        copy
    }

    /// Shows the expressions that this one is made of; queries in it are shown by [`query`](Node::query).
    pub(super) fn each_child<'n>(&'n self, show: &mut dyn FnMut(&'n Node)) {
        match self {
            Node::Column { .. } | Node::Entity { .. } | Node::Bind { .. } | Node::Constant(_) => {}
            Node::Exists(_) | Node::Subquery(_) => {}
            Node::Unary(_, of) | Node::IsNull { of, .. } | Node::Cast { of, .. } | Node::InQuery { of, .. } => show(of),
            Node::Binary { sides, .. } => sides.iter().for_each(show),
            Node::Between { parts, .. } => parts.iter().for_each(show),
            Node::InList { of, items, .. } => {
                show(of);
                items.iter().for_each(show);
            }
            Node::Like { of, pattern, .. } => {
                show(of);
                show(pattern);
            }
            Node::Logic { parts: args, .. } | Node::Call { args, .. } | Node::Named { args, .. } | Node::Row(args) => {
                args.iter().for_each(show);
            }
            Node::Aggregate { of, .. } => of.iter().for_each(|of| show(of)),
            Node::Rows(call) => call.nodes().for_each(show),
            Node::Scalar(call) => call.args.iter().for_each(show),
            Node::Case { arms, otherwise, .. } => {
                for (condition, value) in arms {
                    show(condition);
                    show(value);
                }
                otherwise.iter().for_each(|value| show(value));
            }
        }
    }

    /// The query that this expression asks.
    pub(super) fn query(&self) -> Option<&SelectBody> {
        match self {
            Node::InQuery { query, .. } | Node::Exists(query) | Node::Subquery(query) => Some(query),
            _ => None,
        }
    }

    /// Shows every column that the expression names, outside of nested queries.
    pub(crate) fn each_column(&self, show: &mut dyn FnMut(Binding, usize)) {
        match self {
            Node::Column { at, ty } => show(*at, ty.width()),
            Node::Entity { at, table } => show(*at, table.columns.len()),
            other => other.each_child(&mut |child| child.each_column(show)),
        }
    }

    /// Shows every window in the expression, outside of nested queries.
    pub(crate) fn each_window<'n>(&'n self, show: &mut dyn FnMut(&'n Window)) {
        if let Node::Rows(call) = self {
            call.over.iter().for_each(&mut *show);
        }
        self.each_child(&mut |child| child.each_window(show));
    }

    /// Shows the queries in the expression, but not those inside of them.
    pub(crate) fn each_query<'n>(&'n self, show: &mut dyn FnMut(&'n SelectBody)) {
        self.query().into_iter().for_each(&mut *show);
        self.each_child(&mut |child| child.each_query(show));
    }

    /// Shows the number of every table that the expression names, also in nested queries.
    pub(crate) fn each_table(&self, show: &mut dyn FnMut(u32)) {
        self.each_column(&mut |at, _| show(at.table));
        self.each_query(&mut |query| query.each_table(show));
    }

    /// True when there is no query inside.
    pub fn is_flat(&self) -> bool {
        let mut flat = self.query().is_none();
        self.each_child(&mut |child| flat = flat && child.is_flat());
        flat
    }
}

impl SelectBody {
    /// True when no other table than the one of FROM occurs anywhere, so that columns need no table's name.
    pub fn is_flat(&self) -> bool {
        matches!(self.from.as_slice(), [From { source: Source::Table(_), .. }]) && self.nodes().all(Node::is_flat)
    }

    /// The expressions of all clauses.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let on = self.from.iter().filter_map(|from| from.on.as_ref());
        let group = self.group.iter().flat_map(Group::nodes);
        let clauses = self.distinct_on.iter().chain(&self.columns).chain(on).chain(&self.filter).chain(group);
        clauses.chain(&self.having).chain(self.order.iter().map(|order| &order.node))
    }

    /// Shows the queries in FROM and in the expressions, but not those inside of them.
    pub(crate) fn each_query<'n>(&'n self, show: &mut dyn FnMut(&'n SelectBody)) {
        for from in &self.from {
            match &from.source {
                Source::Table(_) | Source::Cte(_) | Source::Values(_) => {}
                Source::Query { body, .. } => show(body),
                Source::Compound(compound) => {
                    show(&compound.first);
                    compound.rest.iter().for_each(|(_, body)| show(body));
                }
            }
        }
        self.nodes().for_each(|node| node.each_query(show));
    }

    /// True when a table of this number is in FROM, here or in a query inside.
    pub(crate) fn has_table(&self, number: u32) -> bool {
        let mut found = self.from.iter().any(|from| from.number == number);
        self.each_query(&mut |query| found = found || query.has_table(number));
        found
    }

    fn each_table(&self, show: &mut dyn FnMut(u32)) {
        self.nodes().for_each(|node| node.each_column(&mut |at, _| show(at.table)));
        self.each_query(&mut |query| query.each_table(show));
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
            distinct_on,
            columns,
            from,
            filter,
            group,
            having,
            order,
            limit: _,
            ties: _,
            offset: _,
            lock,
            loads,
            scoping: _,
        } = self;
        for table in from {
            (visitor.number)(&mut table.number);
            match &mut table.source {
                Source::Query { body, .. } => body.visit(visitor),
                Source::Compound(compound) => {
                    compound.first.visit(visitor);
                    compound.rest.iter_mut().for_each(|(_, body)| body.visit(visitor));
                }
                // A query of the WITH clause is one for the whole statement and names nothing around it.
                Source::Table(_) | Source::Cte(_) | Source::Values(_) => {}
            }
            table.on.iter_mut().for_each(|on| on.visit(visitor));
        }
        let group = group.iter_mut().flat_map(Group::nodes_mut);
        let nodes = distinct_on.iter_mut().chain(columns).chain(filter).chain(group).chain(having);
        nodes.for_each(|node| node.visit(visitor));
        order.iter_mut().for_each(|order| order.node.visit(visitor));
        lock.iter_mut().flat_map(|lock| &mut lock.of).for_each(|at| (visitor.binding)(at));
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
