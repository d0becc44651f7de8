//! UPDATE and DELETE that use other tables, joined along relations.

use super::node::Join;
use super::output::{Entity, Maybe};
use super::relation::{Relation, join_tables};
use super::scope::{Joined, Push, Scope};
use super::write::{Delete, Update, args};
use crate::model::Model;
use std::fmt;
use std::marker::PhantomData;

impl<M, G, S: Scope> Update<M, G, S> {
    /// Follows a relation, so that later closures see its table, too; rows without a partner are not changed. Only columns of
    /// the updated table can be assigned. Where a row has several partners, any of them gives the values.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let statement = update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.username)).filter(|(_, u)| u.admin);
    /// assert_eq!(connection.execute(statement)?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join<R: Relation>(
        mut self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Update<M, G, Joined<S, Entity<R::Target>>>
    where
        S: Push<Entity<R::Target>>,
    {
        let path = relation(args::<S>(&self.body.from, &self.body.joins)).path();
        self.body.joins.extend(join_tables(path, R::Target::table(), Join::Inner));
        Update { body: self.body, shape: PhantomData }
    }

    /// As [`join`](Update::join), but a row without a partner is changed, too, and its columns are NULL then.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let idle = update::<User>().left_join(|u| u.posts).set(|(u, _)| u.email.to(None)).filter(|(_, p)| p.id.is_null());
    /// assert_eq!(connection.execute(idle)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join<R: Relation>(
        mut self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Update<M, G, Joined<S, Maybe<R::Target>>>
    where
        S: Push<Maybe<R::Target>>,
    {
        let path = relation(args::<S>(&self.body.from, &self.body.joins)).path();
        self.body.joins.extend(join_tables(path, R::Target::table(), Join::Left));
        Update { body: self.body, shape: PhantomData }
    }
}

impl<M, G, S: Scope> Delete<M, G, S> {
    /// Follows a relation, so that later closures see its table, too; rows without a partner stay. Only rows of the first table
    /// are deleted.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(delete::<Post>().join(|p| p.author).filter(|(_, u)| u.admin))?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join<R: Relation>(
        mut self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Delete<M, G, Joined<S, Entity<R::Target>>>
    where
        S: Push<Entity<R::Target>>,
    {
        let path = relation(args::<S>(&self.body.from, &self.body.joins)).path();
        self.body.joins.extend(join_tables(path, R::Target::table(), Join::Inner));
        Delete { body: self.body, shape: PhantomData }
    }

    /// As [`join`](Delete::join), but a row without a partner may be deleted, too, and its columns are NULL then.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let idle = delete::<User>().left_join(|u| u.posts).filter(|(_, p)| p.id.is_null());
    /// assert_eq!(connection.execute(idle)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join<R: Relation>(
        mut self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Delete<M, G, Joined<S, Maybe<R::Target>>>
    where
        S: Push<Maybe<R::Target>>,
    {
        let path = relation(args::<S>(&self.body.from, &self.body.joins)).path();
        self.body.joins.extend(join_tables(path, R::Target::table(), Join::Left));
        Delete { body: self.body, shape: PhantomData }
    }
}

// The shapes are types only: a statement can be copied and printed whatever they are.
macro_rules! plain { ($($name:ident)*) => { $(
    impl<M, G, S> Clone for $name<M, G, S> {
        fn clone(&self) -> Self {
            $name { body: self.body.clone(), shape: PhantomData }
        }
    }
    impl<M, G, S> fmt::Debug for $name<M, G, S> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct(stringify!($name)).field("body", &self.body).finish()
        }
    }
)* } }
plain! { Update Delete }
