//! Keyset pagination as a plan: the total order of a query, and the condition for what is behind a row. Knows no cursor text.

use super::node::{BinaryOp, From, Group, Join, LogicOp, Node, Nulls, Order, SelectBody, Source, UnaryOp, and};
use super::ops::{binary, compare};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Table;
use crate::value::{Datum, Type};

/// The order of a query's rows, in which no two are equal.
pub(crate) struct Keyset {
    keys: Vec<Key>,
    /// Differs for another order.
    pub(crate) fingerprint: u64,
}

struct Key {
    node: Node,
    ty: Type,
    descending: bool,
    nulls: Option<Nulls>,
    /// NULLs come behind all values.
    nulls_last: bool,
    nullable: bool,
}

impl Keyset {
    /// The order of a query, and behind it the primary keys of its tables (of groups: their keys). `nulls_high` when the
    /// database takes NULL for larger than all values.
    ///
    /// # Errors
    /// `Misuse` for a query whose rows have no total order that values could describe.
    pub(crate) fn of(body: &SelectBody, nulls_high: bool) -> Result<Keyset> {
        if body.limit.is_some() || body.offset.is_some() || body.distinct {
            return Err(misuse("its query cannot have a limit, an offset or `distinct`"));
        }
        let grouped = !body.group.is_empty();
        let mut keyset = Keyset { keys: Vec::new(), fingerprint: 0 };
        for order in &body.order {
            if order.node.is_over_window() || (!grouped && order.node.is_aggregated()) {
                return Err(misuse("it cannot go along a window function, or an aggregate without groups"));
            }
            keyset.push(body, &order.node, order.descending, order.nulls, nulls_high)?;
        }
        let descending = body.order.last().is_some_and(|order| order.descending);
        for node in row_keys(body)? {
            if !keyset.keys.iter().any(|key| key.node == node) {
                keyset.push(body, &node, descending, None, nulls_high)?;
            }
        }
        keyset.fingerprint = keyset.hash(body);
        Ok(keyset)
    }

    fn push(
        &mut self,
        body: &SelectBody,
        node: &Node,
        descending: bool,
        nulls: Option<Nulls>,
        nulls_high: bool,
    ) -> Result<()> {
        let nulls_last = nulls.map_or(nulls_high != descending, |nulls| nulls == Nulls::Last);
        let parts = match node {
            Node::Column { at, ty } if ty.width() > 1 => {
                let mut types = Vec::new();
                ty.flatten(&mut types);
                types.into_iter().enumerate().map(|(i, ty)| Node::Column { at: at.offset(i), ty }).collect()
            }
            single => vec![single.clone()],
        };
        for node in parts {
            let ty = match node.ty() {
                Some(ty) if !matches!(ty, Type::Json | Type::Array(_) | Type::Row(_)) => ty,
                _ => return Err(misuse("it goes along columns and expressions of one plain value")),
            };
            let nullable = may_be_null(body, &node);
            self.keys.push(Key { node, ty, descending, nulls, nulls_last, nullable });
        }
        Ok(())
    }

    /// The types of the order's values.
    pub(crate) fn types(&self) -> impl ExactSizeIterator<Item = Type> {
        self.keys.iter().map(|key| key.ty)
    }

    /// The query, with the order's values behind its columns: at most so many rows behind a row's values, or before them,
    /// which come in the opposite order.
    pub(crate) fn page(
        &self,
        body: &SelectBody,
        after: Option<Vec<Datum<'static>>>,
        backward: bool,
        rows: u64,
    ) -> SelectBody {
        let mut page = body.clone();
        page.columns.extend(self.keys.iter().map(|key| key.node.clone()));
        page.order = self.keys.iter().map(|key| key.order(backward)).collect();
        page.limit = Some(rows);
        if let Some(values) = after {
            let behind = self.behind(&values, backward);
            let place = if page.group.is_empty() { &mut page.filter } else { &mut page.having };
            *place = Some(and(place.take(), behind));
        }
        page
    }

    /// `a > 1 OR (a = 1 AND (b > 2 OR ..))`
    fn behind(&self, values: &[Datum<'static>], backward: bool) -> Node {
        let mut condition: Option<Node> = None;
        for (key, value) in self.keys.iter().zip(values).rev() {
            let bind = Node::bind(value.clone(), key.ty);
            let equal =
                condition.map(|rest| and(Some(compare(BinaryOp::Eq, key.ty, key.node.clone(), bind.clone())), rest));
            condition = match (key.behind(bind, value.is_null(), backward), equal) {
                (Some(behind), Some(equal)) => Some(Node::Logic { op: LogicOp::Or, parts: vec![behind, equal] }),
                (behind, equal) => behind.or(equal),
            };
            // Nothing is behind the last place: of this key and those after it no row is.
            condition = condition.or(Some(Node::Constant(false)));
        }
        condition.unwrap_or(Node::Constant(false))
    }

    fn hash(&self, body: &SelectBody) -> u64 {
        let place =
            |number: u32| body.from.iter().position(|from| from.number == number).map_or(u32::MAX, |at| at as u32);
        let mut text = String::new();
        for from in &body.from {
            if let Source::Table(table) = from.source {
                text.push_str(table.name);
                text.push(',');
            }
        }
        for Key { node, ty, descending, nulls_last, .. } in &self.keys {
            text.push_str(&format!("{:?} {ty:?} {descending} {nulls_last};", node.with_tables(&place)));
        }
        // FNV-1a: it must be the same in every process and with every compiler.
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

impl Key {
    fn order(&self, backward: bool) -> Order {
        let nulls = self.nulls.map(|nulls| match (nulls, backward) {
            (Nulls::First, false) | (Nulls::Last, true) => Nulls::First,
            (Nulls::Last, false) | (Nulls::First, true) => Nulls::Last,
        });
        Order { node: self.node.clone(), descending: self.descending != backward, nulls }
    }

    /// What comes behind a value by this key alone; `None` when nothing does.
    fn behind(&self, value: Node, is_null: bool, backward: bool) -> Option<Node> {
        let nulls_last = self.nulls_last != backward;
        let null = |negated| Node::IsNull { of: Box::new(self.node.clone()), negated };
        if is_null {
            return (!nulls_last).then(|| null(true));
        }
        let op = if self.descending == backward { BinaryOp::Gt } else { BinaryOp::Lt };
        let further = binary(op, self.ty, self.node.clone(), value);
        Some(match self.nullable && nulls_last {
            true => Node::Logic { op: LogicOp::Or, parts: vec![further, null(false)] },
            false => further,
        })
    }
}

/// What tells each row of the query from all others.
fn row_keys(body: &SelectBody) -> Result<Vec<Node>> {
    let mut keys = Vec::new();
    if !body.group.is_empty() {
        for group in &body.group {
            match group {
                Group::Key(Node::Entity { at, table }) => keys.extend(primary_key(*at, table)),
                Group::Key(other) => keys.push(other.clone()),
                Group::Rollup(_) | Group::Cube(_) | Group::Sets(_) => {
                    return Err(misuse("rows of subtotals have no key that tells them apart"));
                }
            }
        }
        return Ok(keys);
    }
    for From { number, source, .. } in &body.from {
        let Source::Table(table) = source else {
            return Err(misuse("the rows of a union, a CTE or another query used as a table have no primary key"));
        };
        let at = crate::model::Binding { table: *number, column: 0, derived: false };
        keys.extend(primary_key(at, table));
    }
    Ok(keys)
}

fn primary_key(at: crate::model::Binding, table: &'static Table) -> impl Iterator<Item = Node> {
    table.primary_key.iter().map(move |&column| Node::Column { at: at.offset(column), ty: table.columns[column].ty })
}

/// False only for a column that is NOT NULL, of a table that every row has.
fn may_be_null(body: &SelectBody, node: &Node) -> bool {
    let outer = |from: &From| matches!(from.join, Join::Left | Join::Right | Join::Full);
    match (node, body.from.as_slice()) {
        (Node::Column { at, .. }, tables) if !tables.iter().any(outer) => {
            let table = tables.iter().find(|from| from.number == at.table);
            !matches!(table, Some(From { source: Source::Table(table), .. }) if !table.columns[usize::from(at.column)].nullable)
        }
        (Node::Column { at, .. }, [first, rest @ ..]) if first.number == at.table => {
            let kept = rest.iter().all(|from| !matches!(from.join, Join::Right | Join::Full));
            let not_null =
                matches!(first.source, Source::Table(table) if !table.columns[usize::from(at.column)].nullable);
            !(kept && not_null)
        }
        (Node::Unary(UnaryOp::Not, of), _) => may_be_null(body, of),
        (Node::IsNull { .. } | Node::Exists(_) | Node::Constant(_), _) => false,
        _ => true,
    }
}

#[cold]
fn misuse(why: &str) -> Error {
    Error::new(ErrorKind::Misuse, format!("`paginate_after` finds its place by the values of the last row: {why}"))
}
