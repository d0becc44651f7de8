//! `Schema`: the tables of many models, and the statements that make and drop them. Knows drivers, but no engine or session.

mod catalog;
mod order;
mod plan;
mod search;
mod sequences;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use catalog::Mismatch;

use crate::dialect::Dialect;
use crate::driver::Connection;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::model::Model;
use crate::schema::Table;
use plan::{References, Step, When};
use text::Server;

/// The tables of some models and of everything that their foreign keys point to, each after those it refers to.
///
/// Names are quoted always, so that every name works; constraints are named by one convention (`users_pkey`,
/// `users_username_key`, `posts_author_id_fkey`, `posts_title_idx`, `users_age_check`), so that a later change finds them.
/// SQL of a model (checks, conditions of indexes, computed columns, defaults) is taken as it is, but for `{field}`, which
/// becomes the quoted name of that field's column.
///
/// ```
/// # use orm_core as orm;
/// # fn example<User: orm::Model, Post: orm::Model>() -> orm::Result<()> {
/// use orm::Schema;
///
/// let schema = Schema::of::<(User, Post)>();
/// for statement in schema.ddl(&orm::dialect::POSTGRES)? {
///     println!("{statement};");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    tables: Vec<&'static Table>,
    references: References,
    manner: Manner,
}

/// How the statements that make and drop tables are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Manner {
    /// In one transaction, where that means something, and under a lock, where there is one.
    #[default]
    Together,
    /// Each by itself.
    OneByOne,
}

/// A model, or a tuple of up to 16 of these: what [`Schema::of`] takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model or a tuple of models",
    label = "not a model or a tuple of models",
    note = "a tuple has at most 16 elements; tuples may be nested, and `schema![..]` takes any number of models"
)]
pub trait Models {
    /// Appends the tables.
    #[doc(hidden)]
    fn tables(out: &mut Vec<&'static Table>);
}

impl<M: Model> Models for M {
    fn tables(out: &mut Vec<&'static Table>) {
        out.push(M::table());
    }
}

/// `tuples!(A B)` is `impl<A: Models, B: Models> Models for (A, B)`, and the same for `(A,)`.
macro_rules! tuples {
    () => {};
    ($first:ident $($rest:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$first: Models, $($rest: Models),*> Models for ($first, $($rest,)*) {
            fn tables(out: &mut Vec<&'static Table>) {
                $first::tables(out);
                $($rest::tables(out);)*
            }
        }
        tuples!($($rest)*);
    };
}
tuples!(A B C D E F G H I J K L M N O P);

/// A [`Schema`] of any number of models: `schema![User, Post]`.
///
/// ```
/// # use orm_core as orm;
/// # fn example<User: orm::Model, Post: orm::Model>() {
/// let schema = orm::schema![User, Post];
/// assert_eq!(schema, orm::Schema::of::<(User, Post)>());
/// # }
/// ```
#[macro_export]
macro_rules! schema {
    ($($model:ty),* $(,)?) => {
        $crate::Schema::new()$(.with::<$model>())*
    };
}

impl Schema {
    /// No tables.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert!(Schema::new().tables().is_empty());
    /// ```
    pub fn new() -> Schema {
        Schema::default()
    }

    /// The tables of a model or a tuple of models: `Schema::of::<(User, Post)>()`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let schema = Schema::of::<(Post, Group)>();
    /// let names: Vec<&str> = schema.tables().iter().map(|table| table.name).collect();
    /// assert_eq!(names, ["groups", "users", "posts"]); // users too, because posts refer to them, and before them
    /// ```
    pub fn of<M: Models>() -> Schema {
        Schema::new().with::<M>()
    }

    /// The same with more models.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let schema = Schema::of::<User>().with::<(Post, Group)>();
    /// assert_eq!(schema.tables().len(), 3);
    /// ```
    #[must_use]
    pub fn with<M: Models>(self) -> Schema {
        let mut tables = self.tables;
        M::tables(&mut tables);
        Schema { tables: Schema::from_tables(tables).tables, ..self }
    }

    /// The same without foreign keys, for databases that have none (Vitess, unless it is told otherwise) or where they cost too
    /// much. Columns, indexes and the order of tables stay.
    ///
    /// What the database would have done is nobody's to do then: a `Ref` may lead nowhere, and a relation with `on_delete` needs
    /// `by = "session"`, with which the session deletes what refers to a row.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let statements = Schema::of::<Post>().without_foreign_keys().ddl(&orm_core::dialect::MYSQL)?;
    /// assert!(statements.iter().all(|statement| !statement.contains("REFERENCES")));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn without_foreign_keys(self) -> Schema {
        Schema { references: References::LeftOut, ..self }
    }

    /// The same, but each statement that makes or drops a table is a transaction of its own, and no lock is asked for: for
    /// databases that speak PostgreSQL's language and take no more at once (Aurora DSQL, YugabyteDB). After an error some tables are
    /// there and some are not; `create_all` goes on where it stopped.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = create_engine("sqlite::memory:")?;
    /// Schema::of::<Post>().one_by_one().create_all(&engine)?;
    /// assert_eq!(engine.connect()?.count(select::<Post>())?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn one_by_one(self) -> Schema {
        Schema { manner: Manner::OneByOne, ..self }
    }

    /// The schema of some tables and of everything that their foreign keys point to.
    #[doc(hidden)]
    pub fn from_tables(tables: impl IntoIterator<Item = &'static Table>) -> Schema {
        let mut found: Vec<&'static Table> = Vec::new();
        for table in tables {
            if !found.contains(&table) {
                found.push(table);
            }
        }
        let mut next = 0;
        while let Some(&table) = found.get(next) {
            for key in &table.foreign_keys {
                let target = (key.target)();
                if !found.contains(&target) {
                    found.push(target);
                }
            }
            next += 1;
        }
        let position = |table: &'static Table| found.iter().position(|&one| one == table);
        let targets = |table: &&'static Table| {
            table.foreign_keys.iter().filter_map(|key| position((key.target)())).collect::<Vec<usize>>()
        };
        let dependencies: Vec<Vec<usize>> = found.iter().map(targets).collect();
        let tables = order::order(&dependencies).into_iter().map(|at| found[at]).collect();
        Schema { tables, ..Schema::default() }
    }

    /// The same for some of its tables, which are in one database.
    pub(crate) fn of_one_database(&self, tables: Vec<&'static Table>) -> Schema {
        Schema { tables, ..self.clone() }
    }

    /// The tables, each after those it refers to; in a cycle the one given first comes first.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let schema = Schema::of::<User>();
    /// assert_eq!(schema.tables()[0].columns[3].name, "is_admin");
    /// ```
    pub fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    /// The statements that make the tables, in order, without semicolons. Text literals are written for a server in its
    /// default mode; [`create_all_on`](Schema::create_all_on) asks the server for it.
    ///
    /// # Errors
    /// `Unsupported` for what the dialect does not have, `InvalidValue` for a name that it cannot have, `Misuse` when two
    /// tables or indexes have one name.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let ddl = Schema::of::<Group>().ddl(&orm_core::dialect::SQLITE)?;
    /// assert!(ddl[0].starts_with("CREATE TABLE"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn ddl(&self, dialect: &Dialect) -> Result<Vec<String>> {
        let steps = plan::create(&self.tables, self.references, Server { dialect, strings: dialect.strings })?;
        Ok(steps.into_iter().map(|step| step.sql).collect())
    }

    /// The statements that drop the tables, in order. Those that drop a foreign key between tables that refer to each other
    /// fail where it does not exist; [`drop_all_on`](Schema::drop_all_on) looks first.
    ///
    /// # Errors
    /// `InvalidValue` for a name that the dialect cannot have.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let ddl = Schema::of::<Group>().drop_ddl(&orm_core::dialect::POSTGRES)?;
    /// assert_eq!(ddl.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drop_ddl(&self, dialect: &Dialect) -> Result<Vec<String>> {
        Ok(plan::drop(&self.tables, self.references, dialect)?.into_iter().map(|step| step.sql).collect())
    }

    /// Makes what does not exist yet: tables, indexes, and foreign keys between tables that refer to each other. A table that
    /// exists is left as it is.
    ///
    /// All or nothing, where the database can roll this back; inside of a transaction that is already open it becomes part
    /// of that one.
    ///
    /// # Errors
    /// As [`ddl`](Schema::ddl), those of the database, and `Misuse` in a transaction that the statements would commit.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// Schema::of::<Group>().drop_all_on(connection.driver_connection())?;
    /// Schema::of::<Group>().create_all_on(connection.driver_connection())?;
    /// assert_eq!(connection.count(select::<Group>())?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn create_all_on(&self, connection: &mut dyn Connection) -> Result<()> {
        let strings = catalog::strings(connection).context(|| "ask for the server's mode")?;
        let steps = plan::create(&self.tables, self.references, Server { dialect: connection.dialect(), strings })?;
        self.send(connection, &steps)
    }

    /// Drops the tables that exist, with their rows, those that refer to others first.
    ///
    /// # Errors
    /// Those of the database, for example when a table that is not in this schema refers to one that is; and `Misuse` in a
    /// transaction that the statements would commit.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// Schema::of::<Membership>().drop_all_on(connection.driver_connection())?;
    /// assert!(connection.count(select::<User>()).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drop_all_on(&self, connection: &mut dyn Connection) -> Result<()> {
        let steps = plan::drop(&self.tables, self.references, connection.dialect())?;
        self.send(connection, &steps)
    }

    /// Compares the tables with those in the database: whether they, their columns and foreign keys exist, and whether
    /// deleting a row does to its children what the model says, on which sessions rely.
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// connection.driver_connection().batch("ALTER TABLE posts RENAME COLUMN score TO points")?;
    /// assert!(!Schema::of::<Post>().verify_on(connection.driver_connection())?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn verify_on(&self, connection: &mut dyn Connection) -> Result<Vec<Mismatch>> {
        let mut mismatches = catalog::compare(connection, &self.tables)?;
        if self.references == References::LeftOut {
            mismatches.retain(|mismatch| !matches!(mismatch, Mismatch::MissingForeignKey { .. }));
        }
        Ok(mismatches)
    }

    fn send(&self, connection: &mut dyn Connection, steps: &[Step]) -> Result<()> {
        match self.manner {
            Manner::Together => in_transaction(connection, |connection| run(connection, steps)),
            Manner::OneByOne if connection.in_transaction() == Some(true) => {
                let message = "tables that are made one by one cannot be made in a transaction";
                Err(Error::new(ErrorKind::Misuse, message))
            }
            Manner::OneByOne => run(connection, steps),
        }
    }
}

/// Does the work in a transaction, where that means something; on an error all of it is undone.
fn in_transaction(connection: &mut dyn Connection, work: impl FnOnce(&mut dyn Connection) -> Result<()>) -> Result<()> {
    let dialect = connection.dialect();
    match (connection.in_transaction(), dialect.transactional_ddl) {
        (Some(true), true) => return work(connection),
        (Some(true), false) => {
            let message = format!("{} commits the open transaction when tables are made or dropped", dialect.name);
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        (Some(false) | None, false) => return work(connection),
        (Some(false) | None, true) => {}
    }
    let outcome = begin_and_commit(connection, work);
    if outcome.is_err() && connection.is_open() {
        // The first error says what went wrong. If this fails too, the connection still knows that it is in a transaction.
        let _ = connection.batch("ROLLBACK");
    }
    outcome
}

fn begin_and_commit(
    connection: &mut dyn Connection,
    work: impl FnOnce(&mut dyn Connection) -> Result<()>,
) -> Result<()> {
    for sql in connection.dialect().begin_schema {
        connection.batch(sql).map_err(|error| error.with_statement(sql))?;
    }
    work(connection)?;
    let outcome = connection.batch("COMMIT").map_err(|error| error.with_statement("COMMIT"));
    outcome.context(|| "commit the changes to the tables")
}

fn run(connection: &mut dyn Connection, steps: &[Step]) -> Result<()> {
    for step in steps {
        if !is_wanted(connection, &step.when).context(|| &step.doing)? {
            continue;
        }
        let Err(error) = connection.batch(&step.sql) else { continue };
        // Another program may have done the same since we looked. In a transaction nothing more could be asked.
        let done_by_another = !connection.dialect().transactional_ddl
            && step.when != When::Always
            && is_wanted(connection, &step.when).is_ok_and(|wanted| !wanted);
        if !done_by_another {
            return Err(error.with_statement(&step.sql).context(&step.doing));
        }
    }
    Ok(())
}

fn is_wanted(connection: &mut dyn Connection, when: &When) -> Result<bool> {
    match when {
        When::Always => Ok(true),
        When::Missing(thing) => Ok(!catalog::exists(connection, thing)?),
        When::Present(thing) => catalog::exists(connection, thing),
    }
}
