//! What a whole table of a query can do in an expression: be a certain row, and give a column that is chosen at run time.

use super::expr::{Expr, IntoExpr, Orders};
use super::node::{Node, Order};
use super::ops::compare;
use super::relation::key_node;
use crate::model::{Column, Fields, Model, Ref};
use crate::query::node::BinaryOp;
use crate::value::{KeyParts, Type};

/// What closures can ask of a table as a whole: `u.is(alice)`, `u.named(column)`.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(names(select::<User>().filter(|u| u.is(2))), ["bob"]);
/// let column = User::column("username")?; // a text from outside
/// assert_eq!(names(select::<User>().order_by(|u| u.named(column).desc()))[0], "carol");
/// assert_eq!(User::column("password").unwrap_err().kind(), ErrorKind::UndefinedColumn);
/// # Ok::<(), Error>(())
/// ```
pub trait TableExpr: Fields {
    /// Its row is the one of a key, `Ref`, handle or reference column: `u.is(7)`, `u.is(post.author)`. Unlike `u.id.eq(..)` it
    /// works for any model, and for keys of several columns. `is(None)` is true where an outer join found no row.
    ///
    /// ```
    /// # use orm_core::{Expr, Fields, Handle, Model, Query, TableExpr};
    /// fn only<M: Model>(query: Query<M>, who: Handle<M>) -> Query<M> {
    ///     query.filter(|row| row.is(who))
    /// }
    /// ```
    fn is(self, who: impl IntoExpr<Ref<Self::Model>>) -> Expr<bool> {
        let key = key_node(self.binding(), Self::Model::table());
        let ty = <<Self::Model as Model>::Key as KeyParts>::TYPE;
        Expr::new(compare(BinaryOp::Eq, ty, key, who.into_operand()))
    }

    /// A column whose name came at run time, such as the sort column of a web page. [`Model::column`] checks the name against the
    /// model's own fields, so that no text from outside gets into the SQL.
    ///
    /// ```
    /// # use orm_core::{Model, Query, Result, TableExpr};
    /// fn sorted<M: Model>(query: Query<M>, by: &str) -> Result<Query<M>> {
    ///     let by = M::column(by)?;
    ///     Ok(query.order_by(|row| row.named(by).desc()))
    /// }
    /// ```
    fn named(self, column: Column<Self::Model>) -> Named {
        Named(Node::Column { at: self.binding().offset(column.index()), ty: column.ty() })
    }
}
impl<F: Fields> TableExpr for F {}

/// A column that was chosen at run time, so that its type is not known here. It can be ordered by, and read as text.
#[derive(Clone, Debug)]
pub struct Named(Node);

impl Named {
    /// From small to large.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let by = User::column("username")?;
    /// assert_eq!(names(select::<User>().order_by(|u| u.named(by).asc())), ["alice", "bob", "carol"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn asc(self) -> Order {
        Order { node: self.0, descending: false, nulls: None }
    }

    /// From large to small.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let by = User::column("username")?;
    /// assert_eq!(names(select::<User>().order_by(|u| u.named(by).desc())), ["carol", "bob", "alice"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn desc(self) -> Order {
        Order { node: self.0, descending: true, nulls: None }
    }

    /// Its value as the database writes it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let column = User::column("id")?;
    /// assert_eq!(of_alice(|u| u.named(column).as_text()), Some("1".into()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn as_text(self) -> Expr<Option<String>> {
        Expr::new(Node::Cast { of: Box::new(self.0), ty: Type::Text })
    }
}

#[diagnostic::do_not_recommend]
impl Orders for Named {
    fn push_to(self, out: &mut Vec<Order>) {
        out.push(self.asc());
    }
}
