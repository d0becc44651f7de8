//! What a SELECT that locks rows does at a row that another transaction has locked.

use super::node::{Lock, LockStrength, LockWait};
use super::output::Output;
use super::scope::Scope;
use super::select::Select;

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
    pub fn no_wait(self) -> Self {
        self.waiting(LockWait::NoWait)
    }

    fn waiting(mut self, wait: LockWait) -> Self {
        let lock = self.lock_mut();
        let strength = lock.map_or(LockStrength::Unsaid, |lock| lock.strength);
        *lock = Some(Lock { strength, wait });
        self
    }
}
