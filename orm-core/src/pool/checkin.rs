//! The way back: rolling back, resetting, keeping or closing a connection that a caller had. Never waits for a network.

use super::inner::Inner;
use super::options::PoolKind;
use super::state::Member;
use super::surroundings::warn;
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What is to happen to a connection that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// It can be used as it is.
    Clean,
    /// It needs work first.
    Dirty { rollback: bool, reset: bool },
    /// It is not to be used again.
    Discard,
}

impl Inner {
    /// Takes a connection back from a caller. Never waits for a network.
    pub(super) fn take_back(self: &Arc<Inner>, number: u64, mut member: Member, how: Return) {
        if !member.connection.is_open() {
            self.invalidate_older(member.generation);
            return self.retire(number, member);
        }
        let (rollback, reset) = match how {
            Return::Clean => return self.check_in(number, member),
            Return::Discard => return self.retire(number, member),
            Return::Dirty { rollback, reset } => (rollback, reset),
        };
        let now = self.surroundings.now();
        let worth_while =
            self.options.kind == PoolKind::Pooled && self.lock().begin_cleaning(number, member.generation, now);
        if !worth_while {
            return self.retire(number, member);
        }
        if self.local {
            let cleaned = clean(&mut *member.connection, rollback, reset);
            return self.take_back_cleaned(number, member, cleaned);
        }
        let inner = Arc::clone(self);
        self.reaper.submit(Box::new(move || {
            let cleaned = clean(&mut *member.connection, rollback, reset);
            inner.take_back_cleaned(number, member, cleaned);
        }));
    }

    fn take_back_cleaned(&self, number: u64, member: Member, cleaned: Result<()>) {
        let is_open = member.connection.is_open();
        match cleaned {
            Ok(()) if is_open => self.check_in(number, member),
            // Without its connection a database in memory is gone: a leftover is the lesser evil.
            Err(error) if is_open && self.single => {
                warn(format_args!("the only connection could not be cleaned: {error}"));
                self.check_in(number, member);
            }
            Ok(()) | Err(_) => {
                if !is_open {
                    self.invalidate_older(member.generation);
                }
                self.retire(number, member);
            }
        }
    }

    /// Gives a clean connection to the oldest waiter or lays it down.
    fn check_in(&self, number: u64, mut member: Member) {
        let now = self.surroundings.now();
        let mut dead = Vec::new();
        let mut state = self.lock();
        state.report_overdue(self.options.leak_threshold, now);
        if state.strike(number).is_none() {
            dead.push(member);
        } else if self.options.kind == PoolKind::Pooled && member.is_current(&state, now) {
            member.used = now;
            dead.extend(state.put_back(member, self.options.size));
            state.expire(&self.options, now, &mut dead);
        } else {
            state.free_slot();
            dead.push(member);
        }
        drop(state);
        self.bury_all(dead);
    }

    /// Closes a connection that a caller had, and frees its slot first, so that a close that hangs costs the pool nothing.
    fn retire(&self, number: u64, member: Member) {
        self.free(number);
        self.bury(member);
    }
}

/// Ends a transaction and forgets session state. A driver's panic is an error here: it happens in `drop`, or in the reaper.
fn clean(connection: &mut dyn Connection, rollback: bool, reset: bool) -> Result<()> {
    let work = || {
        if rollback {
            connection.batch("ROLLBACK")?;
        }
        if reset {
            connection.reset()?;
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::ConnectionLost, "the driver panicked during the rollback")))
}
