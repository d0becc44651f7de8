//! The states of an object in a session, and when two references mean the same.

use super::Session;
use crate::model::{Handle, Model, Ref};

/// Where an object stands between the program and the database.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let dora = session.add(user("dora"));
/// session.delete(dora);
/// assert_eq!(session.state(dora), State::Gone(Gone::NeverWritten));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Added; the next flush inserts it.
    Pending,
    /// In the database, as far as the session knows; it may have changes that the next flush writes.
    Clean,
    /// `delete` was called; the next flush deletes its row.
    Deleting,
    /// Its row was deleted in this transaction. Rolled back, it is there again.
    Deleted,
    /// No longer in the session.
    Gone(Gone),
}

/// Why an object is no longer in its session.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let dora = session.add(user("dora"));
/// session.rollback()?;
/// assert_eq!(session.state(dora), State::Gone(Gone::RolledBack));
/// let other = session.engine().session();
/// assert_eq!(other.state(dora), State::Gone(Gone::Foreign));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// It was added in a transaction or savepoint that was rolled back.
    RolledBack,
    /// It was deleted, and that was committed.
    Deleted,
    /// `delete` was called before it was ever written.
    NeverWritten,
    /// It was taken out with `expunge`.
    Expunged,
    /// The session was cleared.
    Cleared,
    /// Its row was found to be gone from the database.
    RowGone,
    /// A new object took its primary key.
    Replaced,
    /// It was loaded inside a scope or loop that is over.
    Forgotten,
    /// It is long gone: its place in the session was used again since.
    LongGone,
    /// The handle belongs to another session.
    Foreign,
}

impl Gone {
    /// The reason in words, after "the object".
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Gone::RolledBack => "was added in a transaction that was rolled back",
            Gone::Deleted => "was deleted",
            Gone::NeverWritten => "was deleted before it was ever written",
            Gone::Expunged => "was taken out of the session with `expunge`",
            Gone::Cleared => "was in the session before it was cleared",
            Gone::RowGone => "has no row in the database any more",
            Gone::Replaced => "was replaced by a new object with its primary key",
            Gone::Forgotten => "was loaded in a scope or loop that is over",
            Gone::LongGone => "is no longer in this session",
            Gone::Foreign => "belongs to another session",
        }
    }
}

impl Session {
    /// Whether two references mean the same row: one may hold a handle where the other holds the key.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// assert!(Ref::from(alice) != Ref::<User>::from(1)); // a handle and a key
    /// assert!(session.same(&alice.into(), &1.into()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn same<M: Model>(&self, a: &Ref<M>, b: &Ref<M>) -> bool {
        let is = |handle: Handle<M>, key: &M::Key| self.try_get(handle).and_then(Model::key_of).as_ref() == Some(key);
        match (a.handle(), b.handle(), a.key(), b.key()) {
            // A new object's key may still be the one that means "not yet".
            (Some(handle), None, _, Some(key)) | (None, Some(handle), Some(key), _) => {
                self.state(handle) != State::Pending && is(handle, key)
            }
            _ => a == b,
        }
    }
}
