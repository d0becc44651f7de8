//! Loops over more objects than a session should hold.

use super::Session;
use crate::error::Result;
use crate::model::{Fields, Handle, Model};
use crate::query::Query;
use crate::query::node::Node;
use crate::value::KeyParts;

/// How many objects a loop holds at a time.
const CHUNK: u64 = 1000;

impl Session {
    /// Shows each object of a query to a closure, holding only some at a time: after each thousand the changes are flushed, and
    /// objects that were first seen in the loop are forgotten.
    ///
    /// A query with an order or limit of its own is read as a whole, and so is one that changes rows in its WITH clause, which
    /// must run only once; any other goes by the primary key.
    ///
    /// # Errors
    /// The closure's own, which ends the loop, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.for_each(select::<User>(), |session, user| {
    ///     session[user].admin = true;
    ///     Ok(())
    /// })?;
    /// session.commit()?;
    /// assert!(!session.exists(select::<User>().filter(|u| !u.admin))?);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn for_each<M: Model>(
        &mut self,
        query: Query<M>,
        mut each: impl FnMut(&mut Session, Handle<M>) -> Result<()>,
    ) -> Result<()> {
        let body = query.body();
        let unbounded = body.order.is_empty() && body.limit.is_none() && body.offset.is_none();
        let plain = unbounded && !body.writes() && M::table().primary_key.len() == 1;
        if !plain {
            return self.for_each_chunk(query, &mut each).map(|_| ());
        }
        let mut last: Option<M::Key> = None;
        loop {
            let mut page = query.clone().order_by(key_order).limit(CHUNK);
            if let Some(last) = &last {
                page = page.filter(|fields| behind(fields, last));
            }
            match self.for_each_chunk(page, &mut each)? {
                Some((key, CHUNK)) => last = Some(key),
                _ => return Ok(()),
            }
        }
    }

    /// One chunk; the key of its last object and how many there were.
    #[track_caller]
    fn for_each_chunk<M: Model>(
        &mut self,
        query: Query<M>,
        each: &mut dyn FnMut(&mut Session, Handle<M>) -> Result<()>,
    ) -> Result<Option<(M::Key, u64)>> {
        let outer = self.objects.newcomers.replace(Vec::new());
        let handles = self.all(query);
        let here = self.channel.caller;
        let result = handles.and_then(|handles| {
            let last = handles.last().and_then(|last| self.objects.stored_key(*last));
            let count = handles.len() as u64;
            for handle in handles {
                each(self, handle)?;
            }
            self.called_at(here);
            self.flush_in_rounds(false)?;
            Ok(last.map(|key| (key, count)))
        });
        let newcomers = std::mem::replace(&mut self.objects.newcomers, outer).unwrap_or_default();
        if result.is_ok() {
            self.objects.forget(newcomers);
        }
        result
    }
}

fn key_order<F: Fields>(fields: F) -> crate::query::Order {
    let node = crate::query::key_node(fields.binding(), F::Model::table());
    crate::query::Order { node, descending: false, nulls: None }
}

fn behind<F: Fields>(fields: F, last: &<F::Model as Model>::Key) -> crate::query::Expr<bool> {
    let datum = last.key_datum().into_owned();
    crate::query::key_above::<F::Model>(
        fields.binding(),
        Node::bind(datum, <<F::Model as Model>::Key as KeyParts>::TYPE),
    )
}
