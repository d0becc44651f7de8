//! The conditions that tables bring with them: rows that are not deleted, and those of the tenant.

use super::writer::{Resolve, SqlWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::Scoping;
use crate::query::node::{Assignment, From, Join, Node, Source};
use crate::schema::Table;
use crate::value::{Datum, RawHandle, Type};

/// What a statement knows of its surroundings: the objects that it names by handle, and whose rows it sees.
pub trait Surroundings {
    /// The key of an object that a statement names by its handle.
    ///
    /// # Errors
    /// `InvalidReference` for an object that is gone, or has no key yet.
    fn key(&self, handle: RawHandle) -> Result<Datum<'static>>;

    /// The tenant whose rows are seen.
    fn tenant(&self) -> Option<Datum<'static>> {
        None
    }

    /// How much is seen at least.
    fn scoping(&self) -> Scoping {
        Scoping::Full
    }
}

impl<F: Fn(RawHandle) -> Result<Datum<'static>>> Surroundings for F {
    fn key(&self, handle: RawHandle) -> Result<Datum<'static>> {
        self(handle)
    }
}

/// The same surroundings for a statement that sees more.
pub(crate) struct Lifted<'r> {
    pub(crate) inner: &'r Resolve<'r>,
    pub(crate) scoping: Scoping,
}

impl Surroundings for Lifted<'_> {
    fn key(&self, handle: RawHandle) -> Result<Datum<'static>> {
        self.inner.key(handle)
    }
    fn tenant(&self) -> Option<Datum<'static>> {
        self.inner.tenant()
    }
    fn scoping(&self) -> Scoping {
        self.inner.scoping().max(self.scoping)
    }
}

/// The tenant of a statement about a table, as its column takes it; `None` for a table without tenants, or where all are seen.
///
/// # Errors
/// `Misuse` when no tenant was set, or one of another type than the column's.
pub(crate) fn tenant_of(table: &Table, on: &Resolve<'_>, scoping: Scoping) -> Result<Option<(usize, Datum<'static>)>> {
    let Some(column) = table.tenant.filter(|_| scoping.max(on.scoping()) < Scoping::Lifted) else { return Ok(None) };
    let (model, field) = (table.model, &table.columns[column].field);
    let Some(tenant) = on.tenant() else {
        let message = format!(
            "`{model}` has a tenant (`{field}`), and none was named: use `engine.session().tenant(..)` or `connection.tenant(..)`, or \
             `unscoped` to see all"
        );
        return Err(Error::new(ErrorKind::Misuse, message));
    };
    let fits = match (&tenant, table.columns[column].ty) {
        (Datum::Int(_) | Datum::UInt(_), ty) => ty.is_integer(),
        (Datum::Text(_), Type::Text | Type::Enum(_)) | (Datum::Uuid(_), Type::Uuid) => true,
        _ => false,
    };
    if !fits {
        let message = format!("the tenant was named by {}, and `{model}.{field}` is of another type", tenant.kind());
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    Ok(Some((column, tenant)))
}

/// The tenant that a row with this value has: its own, or the one of the statement where it names none yet.
///
/// # Errors
/// `Misuse` for a row of another tenant.
pub(crate) fn check_tenant(table: &Table, tenant: &Datum<'_>, own: &Datum<'_>) -> Result<()> {
    if tenant == own {
        return Ok(());
    }
    let message = format!("a `{}` belongs to another tenant than the session or connection", table.model);
    Err(Error::new(ErrorKind::Misuse, message))
}

/// True for a tenant that is not named yet: NULL, 0, nil or an empty text.
pub(crate) fn is_unnamed(own: &Datum<'_>) -> bool {
    match own {
        Datum::Null | Datum::Default => true,
        Datum::Int(value) => *value == 0,
        Datum::UInt(value) => *value == 0,
        Datum::Uuid(bytes) => *bytes == [0; 16],
        Datum::Text(text) => text.is_empty(),
        _ => false,
    }
}

impl<'q> SqlWriter<'q, '_> {
    /// Writes a part of the statement that sees at least so much.
    pub(super) fn seeing(&mut self, scoping: Scoping, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let outer = self.scoping;
        self.scoping = outer.max(scoping);
        let result = write(self);
        self.scoping = outer;
        result
    }

    /// Rows that the database makes have no tenant that is known here.
    pub(super) fn refuse_unowned(&self, table: &Table, scoping: Scoping) -> Result<()> {
        if tenant_of(table, self.resolve, self.scoping.max(scoping))?.is_none() {
            return Ok(());
        }
        let message = format!(
            "an insert into {} that is not of objects does not know whose the rows are; only an `unscoped` query may fill it",
            table.name
        );
        Err(Error::new(ErrorKind::Misuse, message))
    }

    /// An UPDATE leaves rows to their tenant.
    pub(super) fn refuse_move(&self, from: &From, set: &[Assignment]) -> Result<()> {
        let Some(table) = self.scoped_table(from) else { return Ok(()) };
        let moved = |assign: &&Assignment| Some(usize::from(assign.at.column)) == table.tenant;
        if self.scoping < Scoping::Lifted && set.iter().any(|assign| moved(&assign)) {
            let message =
                format!("an update of {} gives rows to another tenant; only `unscoped` may do that", table.name);
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        Ok(())
    }

    /// The table of FROM, if it brings conditions with it.
    pub(super) fn scoped_table(&self, from: &From) -> Option<&'static Table> {
        let Source::Table(table) = from.source else { return None };
        let scoping = self.scoping.max(from.scoping);
        let deleted = table.soft_delete.is_some() && scoping == Scoping::Full;
        let tenant = table.tenant.is_some() && scoping < Scoping::Lifted;
        (deleted || tenant).then_some(table)
    }

    /// The conditions of a table, joined by AND. `named` when the columns are named as elsewhere in the statement; otherwise the
    /// table is alone.
    fn conditions(&mut self, from: &From, table: &'static Table, named: bool) -> Result<()> {
        let scoping = self.scoping.max(from.scoping);
        let tenant = tenant_of(table, self.resolve, scoping)?;
        let at = Binding { table: from.number, column: 0, derived: false };
        let column = |w: &mut Self, column: usize| {
            if named {
                return w.column(at, column);
            }
            w.ident(&table.columns[column].name);
            Ok(())
        };
        let mut first = true;
        if let Some(mark) = table.soft_delete.filter(|_| scoping == Scoping::Full) {
            if table.columns[mark].nullable {
                column(self, mark)?;
                self.push(" IS NULL");
            } else {
                self.push("NOT ");
                column(self, mark)?;
            }
            first = false;
        }
        if let Some((own, tenant)) = tenant {
            self.push(if first { "" } else { " AND " });
            column(self, own)?;
            self.push(" = ");
            self.value(tenant)?;
        }
        Ok(())
    }

    /// A table whose conditions cannot stand in ON or WHERE, because an outer join keeps rows without it.
    pub(super) fn closed_table(&mut self, from: &'q From, table: &'static Table) -> Result<()> {
        self.push("(SELECT * FROM ");
        self.real_table(table)?;
        self.push(" WHERE ");
        self.conditions(from, table, false)?;
        self.push(")");
        Ok(())
    }

    /// ON with the conditions of the joined table.
    pub(super) fn on(&mut self, from: &'q From, on: &'q Node, scoped: bool) -> Result<()> {
        self.push(" ON ");
        match self.scoped_table(from).filter(|_| scoped) {
            None => self.node(on),
            Some(table) => {
                self.operand(on)?;
                self.push(" AND ");
                self.conditions(from, table, true)
            }
        }
    }

    /// WHERE with the conditions of the tables that have them there.
    pub(super) fn filter_of<'f>(
        &mut self,
        tables: impl IntoIterator<Item = &'f From>,
        filter: Option<&'q Node>,
    ) -> Result<()> {
        let mut scoped = tables.into_iter().filter(|from| self.scoped_table(from).is_some()).peekable();
        if scoped.peek().is_none() {
            return self.filter(filter);
        }
        let scoped: Vec<&From> = scoped.collect();
        self.push(" WHERE ");
        if let Some(filter) = filter {
            self.operand(filter)?;
            self.push(" AND ");
        }
        self.and_conditions(&scoped)
    }

    /// The conditions of several tables, joined by AND.
    pub(super) fn and_conditions(&mut self, tables: &[&From]) -> Result<()> {
        self.list(" AND ", tables.iter().filter_map(|from| Some((*from, self_table(from)?))), |w, (from, table)| {
            w.conditions(from, table, true)
        })
    }
}

fn self_table(from: &From) -> Option<&'static Table> {
    match from.source {
        Source::Table(table) => Some(table),
        _ => None,
    }
}

/// True when a join of the query keeps rows without a partner on its left side.
pub(super) fn keeps_unmatched(from: &[From]) -> bool {
    from.iter().any(|from| matches!(from.join, Join::Right | Join::Full))
}
