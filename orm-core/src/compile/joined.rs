//! UPDATE and DELETE that read other tables while they write.

use super::dml::target;
use super::writer::{Naming, SqlWriter};
use crate::dialect::{DeleteJoin, JoinedReturning, UpdateJoin};
use crate::error::Result;
use crate::model::Binding;
use crate::query::node::{From, Join, Node};
use crate::query::{DeleteBody, UpdateBody};

impl<'q> SqlWriter<'q, '_> {
    /// An UPDATE that assigns something and has joins.
    pub(super) fn update_joined(&mut self, body: &'q UpdateBody) -> Result<()> {
        let UpdateBody { from, joins, set, filter, returning } = body;
        self.refuse_move(from, set)?;
        self.declare_joined(from, joins);
        self.push("UPDATE ");
        self.aliased(from);
        match self.dialect.update_join {
            UpdateJoin::From => {
                self.push(" SET ");
                self.assignments(set, from, false)?;
                self.next_version(set, from, false)?;
                self.push(" FROM ");
                self.listed(from, joins, filter.as_ref())?;
            }
            UpdateJoin::Join => {
                self.joined(joins)?;
                self.push(" SET ");
                self.assignments(set, from, true)?;
                self.next_version(set, from, true)?;
                self.filter_of([from], filter.as_ref())?;
            }
        }
        self.returning_joined(returning, from, "UPDATE .. RETURNING")?;
        self.tables.clear();
        Ok(())
    }

    /// A DELETE that has joins.
    pub(super) fn delete_joined(&mut self, body: &'q DeleteBody) -> Result<()> {
        let DeleteBody { from, joins, filter, returning } = body;
        self.declare_joined(from, joins);
        match self.dialect.delete_join {
            DeleteJoin::Using => {
                self.push("DELETE FROM ");
                self.aliased(from);
                self.push(" USING ");
                self.listed(from, joins, filter.as_ref())?;
            }
            DeleteJoin::Join => {
                self.push("DELETE ");
                self.alias_of(from);
                self.push(" FROM ");
                self.aliased(from);
                self.joined(joins)?;
                self.filter_of([from], filter.as_ref())?;
            }
            DeleteJoin::KeyQuery => self.delete_by_keys(from, joins, filter.as_ref())?,
        }
        self.returning_joined(returning, from, "DELETE .. RETURNING")?;
        self.tables.clear();
        Ok(())
    }

    /// `DELETE FROM t WHERE (id) IN (SELECT t0.id FROM t AS t0 JOIN ..)`
    fn delete_by_keys(&mut self, from: &From, joins: &'q [From], filter: Option<&'q Node>) -> Result<()> {
        let table = target(from);
        let key = &table.primary_key;
        self.push("DELETE FROM ");
        self.ident(table.name);
        self.push(" WHERE (");
        self.list(", ", key, |w, &column| {
            w.ident(&table.columns[column].name);
            Ok(())
        })?;
        self.push(") IN (SELECT ");
        let at = Binding { table: from.number, column: 0, derived: false };
        self.list(", ", key, |w, &column| w.column(at, column))?;
        self.push(" FROM ");
        self.aliased(from);
        self.joined(joins)?;
        self.filter_of([from], filter)?;
        self.push(")");
        Ok(())
    }

    fn returning_joined(&mut self, columns: &'q [Node], from: &From, construct: &str) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        match self.dialect.returning.joined {
            JoinedReturning::All => {}
            JoinedReturning::Target => {
                let mut own = columns.iter().all(Node::is_flat);
                columns.iter().for_each(|column| column.each_table(&mut |table| own &= table == from.number));
                if !own {
                    return self.unsupported(&format!("{construct} of anything but columns of the changed table"));
                }
                self.qualified = false;
            }
            JoinedReturning::None => return self.unsupported(&format!("{construct} with joins")),
        }
        self.returning(columns, true, construct)
    }

    /// Every table gets an alias, the changed one too: it may be among the joined ones once more.
    fn declare_joined(&mut self, from: &From, joins: &[From]) {
        (self.qualified, self.changed) = (true, Some(target(from)));
        for table in std::iter::once(from).chain(joins) {
            self.declare(table.number, Some(target(table)));
        }
    }

    fn alias_of(&mut self, from: &From) {
        let known = self.tables.iter().find(|known| known.number == from.number);
        let name = known.expect("every table of the statement was declared").name;
        self.table_name(name, None);
    }

    /// `table AS t0`
    fn aliased(&mut self, from: &From) {
        self.ident(target(from).name);
        self.push(" AS ");
        self.alias_of(from);
    }

    /// ` JOIN table AS t1 ON ..`
    fn joined(&mut self, joins: &'q [From]) -> Result<()> {
        for table in joins {
            self.push(if table.join == Join::Left { " LEFT JOIN " } else { " JOIN " });
            self.aliased(table);
            if let Some(on) = &table.on {
                self.on(table, on, true)?;
            }
        }
        Ok(())
    }

    /// `table AS t1, table AS t2 WHERE ..`, where the conditions of the joins are part of WHERE.
    fn listed(&mut self, from: &From, joins: &'q [From], filter: Option<&'q Node>) -> Result<()> {
        let outer = joins.iter().any(|table| table.join == Join::Left);
        if outer {
            self.listed_outer(from, joins)?;
        } else {
            self.list(", ", joins, |w, table| {
                w.aliased(table);
                Ok(())
            })?;
            self.push(" WHERE ");
            self.list(" AND ", joins.iter().filter_map(|table| table.on.as_ref()), |w, on| w.node(on))?;
        }
        if let Some(filter) = filter {
            self.push(" AND ");
            self.operand(filter)?;
        }
        // The conditions of joined tables stand in ON where there is one.
        let all = std::iter::once(from).chain(joins.iter().filter(|_| !outer));
        let scoped: Vec<&From> = all.filter(|from| self.scoped_table(from).is_some()).collect();
        if !scoped.is_empty() {
            self.push(" AND ");
            self.and_conditions(&scoped)?;
        }
        Ok(())
    }

    /// `t AS t2 LEFT JOIN table AS t1 ON .. WHERE t0.id = t2.id`: nothing can be joined to the changed table itself, so it is
    /// there once more, for the conditions of the joins alone. All else reads the row that is changed.
    fn listed_outer(&mut self, from: &From, joins: &'q [From]) -> Result<()> {
        let table = target(from);
        let again = Naming::Alias(self.aliases);
        self.aliases += 1;
        let changed = self.rename(from, again);
        self.aliased(from);
        self.joined(joins)?;
        self.rename(from, changed);
        self.push(" WHERE ");
        self.list(" AND ", &table.primary_key, |w, &column| {
            for (name, behind) in [(changed, " = "), (again, "")] {
                w.table_name(name, None);
                w.push(".");
                w.ident(&table.columns[column].name);
                w.push(behind);
            }
            Ok(())
        })
    }

    /// Gives a table another name and tells the one it had.
    fn rename(&mut self, from: &From, name: Naming) -> Naming {
        let known = self.tables.iter_mut().find(|known| known.number == from.number);
        std::mem::replace(&mut known.expect("every table of the statement was declared").name, name)
    }
}
