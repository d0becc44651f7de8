//! Which rows a SELECT locks, and what it does at a row that another transaction has locked.

use super::node::{Lock, LockStrength, LockWait};
use super::output::Output;
use super::scope::Scope;
use super::select::Select;
use crate::model::{Binding, Fields};

impl<S: Scope, O: Output> Select<S, O> {
    /// Leaves out rows that another transaction has locked: how several workers take jobs from one table. Goes with
    /// [`for_update`](Select::for_update) or [`for_share`](Select::for_share), without which the query is a `Misuse`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let next = select::<Post>().order_by(|p| p.id).limit(1).for_update().skip_locked();
    /// let text = next.to_sql(&orm_core::dialect::POSTGRES)?.sql;
    /// assert!(text.ends_with("LIMIT 1 FOR UPDATE SKIP LOCKED"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn skip_locked(self) -> Self {
        self.waiting(LockWait::SkipLocked)
    }

    /// Fails with an error of kind `LockTimeout` where another transaction has locked a row, instead of waiting for it. Goes with
    /// [`for_update`](Select::for_update) or [`for_share`](Select::for_share), without which the query is a `Misuse`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let query = select::<Post>().for_update().no_wait();
    /// assert!(query.to_sql(&orm_core::dialect::POSTGRES)?.sql.ends_with("FOR UPDATE NOWAIT"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn no_wait(self) -> Self {
        self.waiting(LockWait::NoWait)
    }

    /// Locks the rows of these tables only: `.for_update().of(|(job, _)| job)`, or a tuple of tables. So rows behind a left join,
    /// which PostgreSQL cannot lock, may stand beside them. Goes with [`for_update`](Select::for_update) or
    /// [`for_share`](Select::for_share), without which the query is a `Misuse`. MariaDB and SQLite do not have it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let posts = select::<Post>().join(|p| p.author).for_update().of(|(p, _)| p);
    /// assert!(posts.to_sql(&orm_core::dialect::POSTGRES)?.sql.ends_with(" FOR UPDATE OF t0"));
    /// assert!(posts.to_sql(&orm_core::dialect::MARIADB).is_err_and(|error| error.kind() == ErrorKind::Unsupported));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of<T: LockTables>(mut self, tables: impl FnOnce(S::Args) -> T) -> Self {
        let tables = tables(self.args());
        tables.push_to(&mut self.lock_mut().of);
        self
    }

    pub(super) fn locked(mut self, strength: LockStrength) -> Self {
        self.lock_mut().strength = strength;
        self
    }

    fn waiting(mut self, wait: LockWait) -> Self {
        self.lock_mut().wait = wait;
        self
    }

    fn lock_mut(&mut self) -> &mut Lock {
        let unsaid = || Lock { strength: LockStrength::Unsaid, wait: LockWait::Wait, of: Vec::new() };
        self.body_mut().lock.get_or_insert_with(unsaid)
    }
}

/// What `of` takes: a table of the query, or a tuple of tables.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` cannot be locked",
    label = "expected a table of the query, such as `u`, or a tuple of tables"
)]
pub trait LockTables {
    /// Appends the tables.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Binding>);
}
#[diagnostic::do_not_recommend]
impl<F: Fields> LockTables for F {
    fn push_to(self, out: &mut Vec<Binding>) {
        out.push(self.binding());
    }
}

// impl<A: LockTables, B: LockTables> LockTables for (A, B) {..}
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: LockTables),+> LockTables for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Binding>) {
            $(self.$i.push_to(out);)+
        }
    }
)* } }
tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }
