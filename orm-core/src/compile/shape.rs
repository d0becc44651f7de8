//! The shape of a SELECT, UPDATE or DELETE: all that its text depends on, as numbers, and beside it its values in the order of their
//! placeholders. Statements of one shape have one text (`texts`).
//!
//! A shape is a whole description, not a digest. What is not described here has none, and its statement is written anew each
//! time: so a part is added here only when its values come in the tree's order, each once.

use super::condition::part_pattern;
use crate::dialect::Dialect;
use crate::model::Binding;
use crate::query::node::{Assignment, Few, From, LikeKind, Lock, LogicOp, Node, Order, SelectBody, Source, UnaryOp};
use crate::query::{DeleteBody, UpdateBody};
use crate::schema::Table;
use crate::value::{Datum, Type};

/// A longer description is not worth its memory: the statement does more than its text costs.
const LENGTH_MAX: usize = 256;

/// Where descriptions are written, used again and again.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) key: Vec<u64>,
    tables: Vec<u32>,
}

/// A description in the making. A step that gives `None` has met what has no shape.
pub(super) struct Shape<'s, 'q> {
    room: &'s mut Room,
    binds: Few<Datum<'q>>,
}

/// What a number of the description stands for; the numbers that belong to it follow.
#[derive(Clone, Copy)]
enum Mark {
    Nothing,
    Select,
    Table,
    Column,
    Entity,
    Bind,
    Constant,
    Unary,
    IsNull,
    Logic,
    Binary,
    Between,
    Like,
    Call,
    Cast,
    Count,
    InQuery,
    Exists,
    Subquery,
    Order,
    Load,
    Lock,
    Update,
    Delete,
}

/// What may have a shape.
#[derive(Clone, Copy)]
pub(super) enum Statement<'q> {
    Select(&'q SelectBody),
    Update(&'q UpdateBody),
    Delete(&'q DeleteBody),
}

/// The values of a statement whose shape is now in the room; `None` when it has none.
pub(super) fn describe<'q>(
    room: &mut Room,
    statement: Statement<'q>,
    dialect: &'static Dialect,
) -> Option<Few<Datum<'q>>> {
    room.key.clear();
    room.tables.clear();
    let mut shape = Shape { room, binds: Few::new() };
    // Dialects live forever, so that each has an address of its own.
    shape.room.key.push(std::ptr::from_ref(dialect).addr() as u64);
    match statement {
        Statement::Select(body) => shape.query(body)?,
        Statement::Update(body) => shape.update(body)?,
        Statement::Delete(body) => shape.delete(body)?,
    }
    Some(shape.binds)
}

impl<'q> Shape<'_, 'q> {
    /// One number: what it stands for, and what tells it from others of its kind.
    fn put(&mut self, mark: Mark, small: u8, large: u32) -> Option<()> {
        if self.room.key.len() == LENGTH_MAX {
            return None;
        }
        self.room.key.push((mark as u64) << 56 | u64::from(small) << 48 | u64::from(large));
        Some(())
    }

    fn count(&mut self, mark: Mark, small: u8, count: usize) -> Option<()> {
        self.put(mark, small, u32::try_from(count).ok()?)
    }

    fn query(&mut self, body: &'q SelectBody) -> Option<()> {
        // All are named here, so that a new one is not forgotten.
        let SelectBody {
            distinct,
            distinct_on,
            columns,
            from,
            filter,
            group,
            having,
            order,
            limit,
            ties,
            offset,
            lock,
            loads,
            scoping: _, // means nothing to tables without scopes, and others have no shape
        } = body;
        // Each page of a result has a text of its own, as the offset stands in it.
        if !distinct_on.is_empty() || !group.is_empty() || having.is_some() || offset.is_some() {
            return None;
        }
        let outer = self.room.tables.len();
        self.count(Mark::Select, u8::from(*distinct) << 1 | u8::from(*ties), from.len())?;
        from.iter().try_for_each(|from| self.table(from))?;
        self.count(Mark::Nothing, 0, columns.len())?;
        columns.iter().try_for_each(|column| self.selected(column))?;
        for load in loads {
            let key = load.owner_key();
            self.count(Mark::Load, 0, key.len())?;
            key.iter().try_for_each(|column| match column {
                Node::Column { at, ty } => self.column(*at, *ty),
                _ => None,
            })?;
        }
        for on in from.iter().map(|from| from.on.as_ref()).chain([filter.as_ref()]) {
            match on {
                Some(on) => self.node(on)?,
                None => self.put(Mark::Nothing, 0, 0)?,
            }
        }
        order.iter().try_for_each(|order| self.order(order))?;
        match limit {
            Some(limit) => self.put(Mark::Nothing, 1, u32::try_from(*limit).ok()?)?,
            None => self.put(Mark::Nothing, 2, 0)?,
        }
        match lock {
            None => {}
            Some(Lock { strength, wait, of }) if of.is_empty() => {
                self.put(Mark::Lock, *strength as u8, *wait as u32)?;
            }
            Some(_) => return None,
        }
        self.room.tables.truncate(outer);
        Some(())
    }

    fn update(&mut self, body: &'q UpdateBody) -> Option<()> {
        let UpdateBody { from, joins, set, filter, returning } = body;
        if !joins.is_empty() {
            return None;
        }
        self.count(Mark::Update, 0, set.len())?;
        self.table(from)?;
        set.iter().try_for_each(|assign| self.assignment(assign))?;
        self.rest_of_write(filter.as_ref(), returning)
    }

    fn delete(&mut self, body: &'q DeleteBody) -> Option<()> {
        let DeleteBody { from, joins, filter, returning } = body;
        if !joins.is_empty() {
            return None;
        }
        self.put(Mark::Delete, 0, 0)?;
        self.table(from)?;
        self.rest_of_write(filter.as_ref(), returning)
    }

    fn rest_of_write(&mut self, filter: Option<&'q Node>, returning: &'q [Node]) -> Option<()> {
        match filter {
            Some(filter) => self.node(filter)?,
            None => self.put(Mark::Nothing, 0, 0)?,
        }
        self.count(Mark::Nothing, 0, returning.len())?;
        returning.iter().try_for_each(|column| self.selected(column))
    }

    fn assignment(&mut self, assign: &'q Assignment) -> Option<()> {
        let Assignment { at, width, value } = assign;
        let place = self.place(at.table).filter(|_| *width == 1)?;
        self.put(Mark::Column, place, u32::from(at.column))?;
        match value {
            // Here NULL is a value like others.
            Node::Bind { datum: datum @ Datum::Null, ty } => {
                self.put(Mark::Bind, 0, code(*ty)?)?;
                self.binds.push(datum.borrowed());
                Some(())
            }
            other => self.node(other),
        }
    }

    fn table(&mut self, from: &From) -> Option<()> {
        let From { number, source, join, on: _, hidden, scoping: _ } = from;
        let Source::Table(table) = source else { return None };
        if table.soft_delete.is_some() || table.tenant.is_some() {
            return None;
        }
        self.room.tables.push(*number);
        self.count(Mark::Table, (*join as u8) << 1 | u8::from(*hidden), table.number)
    }

    /// What is selected: without values, as a query that is only asked for a row leaves it out.
    fn selected(&mut self, node: &'q Node) -> Option<()> {
        match node {
            Node::Entity { at, table } => self.entity(*at, table),
            Node::Column { at, ty } => self.column(*at, *ty),
            Node::Constant(value) => self.put(Mark::Constant, u8::from(*value), 0),
            Node::Aggregate { function, ty, of: None, distinct: false } => {
                self.put(Mark::Count, *function as u8, code(*ty)?)
            }
            _ => None,
        }
    }

    /// Tables are named by their place, because their numbers are new in each query.
    fn place(&self, table: u32) -> Option<u8> {
        self.room.tables.iter().rposition(|known| *known == table).and_then(|at| u8::try_from(at).ok())
    }

    fn column(&mut self, at: Binding, ty: Type) -> Option<()> {
        let place = self.place(at.table).filter(|_| !at.derived)?;
        self.put(Mark::Column, place, code(ty)? << 16 | u32::from(at.column))
    }

    fn entity(&mut self, at: Binding, table: &Table) -> Option<()> {
        let place = self.place(at.table).filter(|_| !at.derived && at.column == 0)?;
        self.count(Mark::Entity, place, table.number)
    }

    fn order(&mut self, order: &'q Order) -> Option<()> {
        let Order { node, descending, nulls } = order;
        self.put(Mark::Order, u8::from(*descending), nulls.map_or(0, |nulls| nulls as u32 + 1))?;
        match node {
            // Where NULLs are put in order by an expression, the term is written twice.
            Node::Column { at, ty } => self.column(*at, *ty),
            _ => None,
        }
    }

    fn nodes(&mut self, nodes: &'q [Node]) -> Option<()> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &'q Node) -> Option<()> {
        match node {
            Node::Column { at, ty } => self.column(*at, *ty),
            Node::Bind { datum, ty } => {
                self.put(Mark::Bind, 0, code(*ty)?)?;
                self.value(datum)
            }
            Node::Constant(value) => self.put(Mark::Constant, u8::from(*value), 0),
            Node::Unary(op, of) => {
                self.put(Mark::Unary, u8::from(*op == UnaryOp::Not), 0)?;
                self.node(of)
            }
            Node::IsNull { of, negated } => {
                self.put(Mark::IsNull, u8::from(*negated), 0)?;
                self.node(of)
            }
            Node::Logic { op, parts } => {
                self.count(Mark::Logic, u8::from(*op == LogicOp::And), parts.len())?;
                self.nodes(parts)
            }
            Node::Binary { op, ty, sides } => {
                self.put(Mark::Binary, *op as u8, code(*ty)?)?;
                self.nodes(&sides[..])
            }
            // A bound of several columns is compared with by two conditions, but has no shape anyway.
            Node::Between { ty, parts } => {
                self.put(Mark::Between, 0, code(*ty)?)?;
                self.nodes(&parts[..])
            }
            Node::Like { kind, of, pattern } => {
                self.put(Mark::Like, *kind as u8, 0)?;
                self.node(of)?;
                self.pattern(*kind, pattern)
            }
            Node::Call { function, ty, args } => {
                self.put(Mark::Call, *function as u8, code(*ty)? << 16 | u32::from(u16::try_from(args.len()).ok()?))?;
                self.nodes(args)
            }
            Node::Cast { of, ty } => {
                self.put(Mark::Cast, 0, code(*ty)?)?;
                self.node(of)
            }
            Node::InQuery { of, query } => {
                self.put(Mark::InQuery, 0, 0)?;
                self.node(of)?;
                self.query(query)
            }
            Node::Exists(query) => {
                self.put(Mark::Exists, 0, 0)?;
                self.query(query)
            }
            Node::Subquery(query) => {
                self.put(Mark::Subquery, 0, 0)?;
                self.query(query)
            }
            Node::Entity { .. }
            | Node::InList { .. }
            | Node::Named { .. }
            | Node::Aggregate { .. }
            | Node::Rows(_)
            | Node::Scalar(_)
            | Node::Case { .. }
            | Node::Row(_) => None,
        }
    }

    fn pattern(&mut self, kind: LikeKind, pattern: &'q Node) -> Option<()> {
        match (pattern, part_pattern(kind)) {
            (Node::Bind { datum: Datum::Text(part), ty }, Some(pattern)) => {
                self.put(Mark::Bind, 1, code(*ty)?)?;
                self.binds.push(pattern.around(part));
                Some(())
            }
            (Node::Bind { .. }, Some(_)) => None,
            (other, _) => self.node(other),
        }
    }

    /// A value of one placeholder. NULL is written in other ways, and a handle may stand for several values.
    fn value(&mut self, datum: &'q Datum<'static>) -> Option<()> {
        match datum {
            Datum::Bool(_)
            | Datum::Int(_)
            | Datum::UInt(_)
            | Datum::Float(_)
            | Datum::Text(_)
            | Datum::Bytes(_)
            | Datum::Date(_)
            | Datum::Time(_)
            | Datum::DateTime(_)
            | Datum::Timestamp(_)
            | Datum::Uuid(_)
            | Datum::Decimal(_)
            | Datum::Json(_) => self.binds.push(datum.borrowed()),
            Datum::Null | Datum::Array(_) | Datum::Row(_) | Datum::Pending(_) | Datum::Default | Datum::Invalid(_) => {
                return None;
            }
        }
        Some(())
    }
}

/// A number for a type of one column. The names of an enum's values are in no text.
fn code(ty: Type) -> Option<u32> {
    Some(match ty {
        Type::Bool => 0,
        Type::I8 => 1,
        Type::I16 => 2,
        Type::I32 => 3,
        Type::I64 => 4,
        Type::U8 => 5,
        Type::U16 => 6,
        Type::U32 => 7,
        Type::U64 => 8,
        Type::F32 => 9,
        Type::F64 => 10,
        Type::Text => 11,
        Type::Bytes => 12,
        Type::Date => 13,
        Type::Time => 14,
        Type::DateTime => 15,
        Type::Timestamp => 16,
        Type::Uuid => 17,
        Type::Decimal => 18,
        Type::Json => 19,
        Type::Enum(_) => 20,
        Type::Array(_) | Type::Row(_) => return None,
    })
}
