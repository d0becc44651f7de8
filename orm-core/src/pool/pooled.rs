//! A connection while a caller has it. What happens on return is decided here and done by `checkin`.

use super::checkin::Return;
use super::events::CloseReason;
use super::inner::Inner;
use super::state::Member;
use super::surroundings::thread_number;
use crate::driver::{Connection, Place};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// A connection checked out of a [`Pool`](super::Pool), which goes back when this is dropped.
///
/// Derefs to [`Connection`]. Dropping it never waits for a network. A connection that is known to be outside a transaction
/// goes back at once; one that is, or may be, inside one is rolled back first, which for a server happens on a thread of the
/// pool and for a database in this process at once. A lost connection is closed, and so is one dropped during a panic, because
/// the panic may have come out of the middle of a conversation; only a database in memory, which is its connection, is rolled
/// back and kept.
///
/// It can be sent to another thread. It remembers on which thread it was used last, to tell a thread that waits for itself.
#[must_use = "a connection that is dropped at once goes back to the pool"]
pub struct Pooled {
    inner: Arc<Inner>,
    number: u64,
    /// `None` only once it has been given away, at the end of this value.
    member: Option<Member>,
    used_raw: bool,
    known_clean: bool,
    discard: bool,
}

impl Pooled {
    pub(super) fn new(inner: Arc<Inner>, number: u64, member: Member) -> Pooled {
        Pooled { inner, number, member: Some(member), used_raw: false, known_clean: false, discard: false }
    }

    /// Says that the session may have been changed behind the library's back (variables, temporary tables, locks), so that it
    /// must be [reset](Connection::reset) before others get the connection.
    pub fn used_raw(&mut self) {
        self.used_raw = true;
    }

    /// Says that no transaction is open, for clients that cannot tell: after a COMMIT or ROLLBACK that went well, or when none
    /// was begun. Holds until the connection is next borrowed mutably.
    pub fn mark_clean(&mut self) {
        self.known_clean = true;
    }

    /// Closes the connection in place of giving it back; its place in the pool is free at once.
    ///
    /// A database in memory is lost with it.
    pub fn discard(mut self) {
        self.discard = true;
    }

    /// Says that the connection is to be closed in place of being given back, once its user is done with it.
    pub fn close_on_return(&mut self) {
        self.discard = true;
    }

    /// Says that the server at the other end is not the one that is wanted any more, as after a failover: this connection, and
    /// those opened before the same moment, are closed in place of being lent again.
    pub fn distrust(&mut self) {
        self.discard = true;
        self.inner.invalidate_older(self.member().generation);
    }

    /// Takes the connection out of the pool for good, as it is; its place is free at once, and nothing rolls back, closes or
    /// counts it any more. An async program must not drop a server's connection on a runtime's thread.
    ///
    /// The pool opens another in its place, which for a database in memory is a new and empty database.
    pub fn detach(mut self) -> Box<dyn Connection> {
        let member = self.member.take().expect("a connection is there until it is given back");
        if !self.inner.is_foreign() {
            self.inner.free(self.number);
            self.inner.tell_closed(&member, CloseReason::Detached);
        }
        member.connection
    }

    /// Where the database is.
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// How long ago the connection was opened.
    pub fn age(&self) -> Duration {
        self.inner.surroundings.now().saturating_duration_since(self.member().created)
    }

    /// The connection's number in its pool, from 1, in the order of opening. Stays the same over checkouts.
    pub fn id(&self) -> u64 {
        self.member().id
    }

    /// True when the database is this connection's memory, so that nobody else can write to it.
    pub(crate) fn is_the_only_one(&self) -> bool {
        self.inner.single
    }

    /// True when a transaction costs no message to a server, and keeps what others write apart: a database in a file.
    pub(crate) fn is_local(&self) -> bool {
        self.inner.local && !self.inner.single
    }

    /// True in a child after a fork: the connection is the parent's, and a word of the child's would be part of what that says.
    pub(crate) fn is_foreign(&self) -> bool {
        self.inner.is_foreign()
    }

    fn member(&self) -> &Member {
        self.member.as_ref().expect("a connection is there until it is given back")
    }

    fn way_back(&self, connection: &dyn Connection) -> Return {
        if self.discard {
            return Return::Discard;
        }
        if thread::panicking() && !self.inner.driver.single_connection() {
            return Return::Discard;
        }
        let rollback = !self.known_clean && connection.in_transaction() != Some(false);
        match (rollback, self.used_raw) {
            (false, false) => Return::Clean,
            (rollback, reset) => Return::Dirty { rollback, reset },
        }
    }
}

impl Deref for Pooled {
    type Target = dyn Connection;

    fn deref(&self) -> &(dyn Connection + 'static) {
        &*self.member().connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut (dyn Connection + 'static) {
        self.known_clean = false;
        let member = self.member.as_mut().expect("a connection is there until it is given back");
        member.holder.store(thread_number(), Ordering::Relaxed);
        &mut *member.connection
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(member) = self.member.take() else { return };
        if self.inner.is_foreign() {
            // The connection is the parent process's; not even its memory is touched.
            std::mem::forget(member);
            return;
        }
        let how = self.way_back(&*member.connection);
        self.inner.take_back(self.number, member, how);
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("id", &self.member.as_ref().map(|member| member.id)).finish_non_exhaustive()
    }
}
