//! WITH, set operations and VALUES as text.

use super::select::Columns;
use super::writer::SqlWriter;
use crate::dialect::ValuesRows;
use crate::error::{Error, ErrorKind, Result};
use crate::query::WriteBody;
use crate::query::node::{CompoundBody, CteBody, CteQuery, Node, SelectBody, SetOperator, Source, ValuesBody};
use crate::schema::Table;
use crate::value::{Datum, Type, Writer};
use std::fmt::Write as _;

impl<'q> SqlWriter<'q, '_> {
    /// `WITH cte0 AS (..), cte1 AS (..) `: every such query that is used anywhere in the statement, once, behind those that it uses.
    pub(super) fn with(&mut self, body: &'q SelectBody) -> Result<()> {
        self.scoping = self.scoping.max(body.scoping);
        if !self.qualified {
            return Ok(()); // a statement of one table
        }
        let mut ctes = Vec::new();
        collect(body, &mut ctes);
        self.with_clause(&ctes)
    }

    /// WITH in front of an UPDATE or DELETE that has these expressions.
    pub(super) fn with_before_write(&mut self, nodes: impl Iterator<Item = &'q Node>) -> Result<()> {
        let mut ctes = Vec::new();
        nodes.for_each(|node| node.each_query(&mut |query| collect(query, &mut ctes)));
        self.check_with_before_write(&ctes)?;
        self.qualified = true;
        self.with_clause(&ctes)
    }

    fn check_with_before_write(&self, ctes: &[&'q CteBody]) -> Result<()> {
        if !ctes.is_empty() && !self.dialect.with_before_write {
            return self.unsupported("WITH in front of UPDATE and DELETE");
        }
        Ok(())
    }

    /// The queries of the WITH clause of an INSERT of a query's rows; true when they must stand in front of it.
    pub(super) fn with_of_insert(&mut self, query: &'q SelectBody) -> (Vec<&'q CteBody>, bool) {
        let mut ctes = Vec::new();
        collect(query, &mut ctes);
        let writes = ctes.iter().any(|cte| matches!(cte.query, CteQuery::Write(_)));
        (ctes, writes)
    }

    pub(super) fn with_clause(&mut self, ctes: &[&'q CteBody]) -> Result<()> {
        if ctes.is_empty() {
            return Ok(());
        }
        self.ctes = ctes.iter().map(|cte| cte.number).collect();
        let recursive = ctes.iter().any(|cte| matches!(cte.query, CteQuery::Recursive { .. }));
        self.push(if recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(", ", ctes, |w, cte| {
            w.cte_name(cte.number)?;
            if let CteQuery::Write(_) = cte.query {
                // What RETURNING gives has names of its own.
                w.push(" (");
                w.list(", ", 0..cte.types.len(), |w, column| {
                    let _ = write!(w.sql, "c{column}");
                    Ok(())
                })?;
                w.push(")");
            }
            w.push(" AS ");
            w.table_query(|w| w.cte(cte))
        })?;
        self.push(" ");
        Ok(())
    }

    fn cte(&mut self, cte: &'q CteBody) -> Result<()> {
        match &cte.query {
            CteQuery::Plain(body) => self.select(body, Columns::Numbered),
            CteQuery::Recursive { start, operator, step } => {
                let bounded = !step.order.is_empty() || step.limit.is_some() || step.offset.is_some();
                if bounded || matches!(step.from.as_slice(), [from] if matches!(from.source, Source::Compound(_))) {
                    let message = "the step of a recursive query is one query without an order or limit of its own: order \
                                   and limit the query that uses it";
                    return Err(Error::new(ErrorKind::Misuse, message));
                }
                let compared = *operator != SetOperator::UnionAll;
                self.arm(start, Columns::Numbered, compared)?;
                self.set_operator(*operator)?;
                self.arm(step, Columns::Plain, compared)
            }
            CteQuery::Write(body) => self.writing_cte(body),
            CteQuery::Itself => Ok(()), // never collected
        }
    }

    /// A statement of the WITH clause that changes rows. WITH stands before all else, so nothing is in scope yet.
    fn writing_cte(&mut self, body: &'q WriteBody) -> Result<()> {
        if !self.dialect.writing_with {
            return self.unsupported("INSERT, UPDATE and DELETE in the WITH clause");
        }
        let qualified = self.qualified;
        match body {
            WriteBody::Update(body) => self.update(body)?,
            WriteBody::Delete(body) => self.delete(body)?,
            WriteBody::Insert(body) => self.insert_select(body, &[])?,
            WriteBody::Defaults(body) => self.insert_defaults(body)?,
        }
        (self.qualified, self.changed) = (qualified, None);
        Ok(())
    }

    /// The name of a query of the WITH clause.
    pub(super) fn cte_name(&mut self, number: u32) -> Result<()> {
        let Some(index) = self.ctes.iter().position(|known| *known == number) else {
            let message =
                "the rows found last of a recursive query are known only in its step: do not carry them out of it";
            return Err(Error::new(ErrorKind::Misuse, message));
        };
        let _ = write!(self.sql, "cte{index}");
        Ok(())
    }

    /// The name of a table in FROM.
    pub(super) fn real_table(&mut self, table: &Table) -> Result<()> {
        if (0..self.ctes.len()).any(|index| table.name == format!("cte{index}")) {
            return self.unsupported(&format!("a table `{}` beside a CTE, which gets the same name", table.name));
        }
        self.ident(table.name);
        Ok(())
    }

    /// `a UNION b EXCEPT c`; as a derived table, the columns of the first are named by position.
    pub(super) fn compound(&mut self, compound: &'q CompoundBody, list: Columns) -> Result<()> {
        let CompoundBody { first, rest } = compound;
        let compared = rest.iter().any(|(operator, _)| *operator != SetOperator::UnionAll);
        // What is only asked for a row has its columns all the same: they tell the rows apart.
        self.arm(first, if list == Columns::Unread { Columns::Plain } else { list }, compared)?;
        for (operator, body) in rest {
            self.set_operator(*operator)?;
            self.arm(body, Columns::Plain, compared)?;
        }
        Ok(())
    }

    fn set_operator(&mut self, operator: SetOperator) -> Result<()> {
        self.push(match operator {
            SetOperator::Union => " UNION ",
            SetOperator::UnionAll => " UNION ALL ",
            SetOperator::Intersect => " INTERSECT ",
            SetOperator::Except => " EXCEPT ",
            SetOperator::IntersectAll if self.dialect.clauses.set_operators_all => " INTERSECT ALL ",
            SetOperator::ExceptAll if self.dialect.clauses.set_operators_all => " EXCEPT ALL ",
            SetOperator::IntersectAll => return self.unsupported("INTERSECT ALL"),
            SetOperator::ExceptAll => return self.unsupported("EXCEPT ALL"),
        });
        Ok(())
    }

    /// One query of several. What would mean the whole behind it (ORDER BY, LIMIT, a further UNION) is put into a derived table:
    /// not every database takes parentheses here. `compared` when its rows are compared with those of the others.
    fn arm(&mut self, body: &'q SelectBody, list: Columns, compared: bool) -> Result<()> {
        if body.lock.is_some() {
            let message = "the rows of a query that is put together with others cannot be locked";
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        let tables = self.tables.len();
        self.deeper(|w| {
            if body.order.is_empty() && body.limit.is_none() && body.offset.is_none() {
                return w.clauses(body, list, compared);
            }
            w.push("SELECT * FROM ");
            w.table_query(|w| w.select(body, Columns::Numbered))?;
            let _ = write!(w.sql, " AS t{}", w.aliases);
            w.aliases += 1;
            Ok(())
        })?;
        self.tables.truncate(tables);
        Ok(())
    }

    /// Rows of values with columns named by position.
    pub(super) fn values(&mut self, values: &'q ValuesBody) -> Result<()> {
        let ValuesBody { types, rows } = values;
        self.push("SELECT ");
        let Some((first, rest)) = rows.split_first() else {
            self.list(", ", types.iter().enumerate(), |w, (at, ty)| {
                w.push("CAST(NULL AS ");
                w.cast_name(*ty)?;
                let _ = write!(w.sql, ") AS c{at}");
                Ok(())
            })?;
            self.push(" LIMIT 0");
            return Ok(());
        };
        self.row(types, first, |w, at| {
            let _ = write!(w.sql, " AS c{at}");
        })?;
        match self.dialect.values {
            ValuesRows::Values if rest.is_empty() => Ok(()),
            ValuesRows::Values => {
                self.push(" UNION ALL VALUES ");
                self.list(", ", rest, |w, row| {
                    w.push("(");
                    w.row(types, row, |_, _| {})?;
                    w.push(")");
                    Ok(())
                })
            }
            ValuesRows::Selects => rest.iter().try_for_each(|row| {
                self.push(" UNION ALL SELECT ");
                self.row(types, row, |_, _| {})
            }),
        }
    }

    /// The values of a row, each with its type where the database needs it, and with something behind; a reference to a
    /// composite key is several.
    fn row(&mut self, types: &[Type], row: &'q [Node], behind: impl Fn(&mut Self, usize)) -> Result<()> {
        let mut data = Writer::default();
        for node in row {
            let Node::Bind { datum, ty } = node else { return self.unsupported("a row of anything but values") };
            data.push(datum.borrowed(), ty.width());
        }
        let typed = self.dialect.typed_binds || self.dialect.values == ValuesRows::Selects;
        self.list(", ", data.data.into_iter().zip(types).enumerate(), |w, (at, (datum, ty))| {
            if typed {
                if w.dialect.values == ValuesRows::Selects
                    && matches!(&datum, Datum::Bytes(bytes) if bytes.len() > CAST_BYTES)
                {
                    return Err(Error::new(
                        ErrorKind::OutOfRange,
                        format!("{} cuts off bytes in a row of values behind the first {CAST_BYTES}", w.dialect.name),
                    ));
                }
                w.push("CAST(");
                w.value(datum)?;
                w.push(" AS ");
                w.cast_name(match ty {
                    // An `f32` travels as a double, and a JSON as text; not every database has a cast to these.
                    Type::F32 if w.dialect.values == ValuesRows::Selects => Type::F64,
                    Type::Json if w.dialect.values == ValuesRows::Selects => Type::Text,
                    other => *other,
                })?;
                w.push(")");
            } else {
                w.value(datum)?;
            }
            behind(w, at);
            Ok(())
        })
    }
}

/// How many bytes `CAST(.. AS BINARY)` of MySQL keeps.
const CAST_BYTES: usize = 65_535;

/// Adds the queries of the WITH clause that a query uses, each behind those that it uses itself.
fn collect<'q>(body: &'q SelectBody, found: &mut Vec<&'q CteBody>) {
    body.each_query(&mut |query| collect(query, found));
    for from in &body.from {
        let Source::Cte(cte) = &from.source else { continue };
        if found.iter().any(|known| known.number == cte.number) {
            continue;
        }
        match &cte.query {
            CteQuery::Plain(query) => collect(query, found),
            CteQuery::Recursive { start, operator: _, step } => {
                collect(start, found);
                collect(step, found);
            }
            CteQuery::Write(body) => body.each_query(&mut |query| collect(query, found)),
            CteQuery::Itself => continue,
        }
        found.push(cte);
    }
}
