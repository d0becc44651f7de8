//! The way back: rolling back, resetting, keeping or closing a connection that a caller had. Never waits for a network.

use super::events::{CloseReason, PoolEvent};
use super::inner::Inner;
use super::options::PoolKind;
use super::state::{Checkout, Member, Outbox, State};
use super::surroundings::warn;
use super::sync::MutexGuard;
use crate::error::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

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
            return self.retire(number, member, CloseReason::Lost);
        }
        let (rollback, reset) = match how {
            Return::Clean => return self.check_in(number, member),
            Return::Discard => return self.retire(number, member, CloseReason::Discarded),
            Return::Dirty { rollback, reset } => (rollback, reset),
        };
        if rollback && !reset && !self.local && rolls_back_unheard(&mut member) {
            member.unheard = true;
            return self.take_back_cleaned(number, member, Ok(()));
        }
        if let Some(reason) = self.begin_cleaning(number, &member) {
            return self.retire(number, member, reason);
        }
        if self.local {
            let cleaned = clean(&mut member, rollback, reset);
            return self.take_back_cleaned(number, member, cleaned);
        }
        let inner = Arc::clone(self);
        self.reaper.submit(Box::new(move || {
            let cleaned = clean(&mut member, rollback, reset);
            inner.take_back_cleaned(number, member, cleaned);
        }));
    }

    /// Notes that a connection is being cleaned, or says why that is not worth while.
    fn begin_cleaning(&self, number: u64, member: &Member) -> Option<CloseReason> {
        if self.options.kind == PoolKind::Unpooled {
            return Some(CloseReason::Unpooled);
        }
        let now = self.surroundings.now();
        let mut state = self.lock();
        let verdict = state.verdict(member, now);
        if verdict.is_none() {
            state.begin_cleaning(number, now);
        }
        verdict
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
                let reason = if is_open { CloseReason::Unclean } else { CloseReason::Lost };
                self.retire(number, member, reason);
            }
        }
    }

    /// Gives a clean connection to the oldest waiter or lays it down.
    pub(super) fn check_in(&self, number: u64, member: Member) {
        let now = self.surroundings.now();
        let told = self.hooks.told();
        let mut out = Outbox::default();
        let mut state = self.lock();
        state.report_overdue(self.options.leak_threshold, now, &mut out);
        let checkout = state.strike(number);
        if told && let Some(Checkout { location, since, .. }) = checkout {
            let used = now.saturating_duration_since(since);
            out.events.push(PoolEvent::CheckedIn { id: member.id, location, used });
        }
        self.settle(state, checkout.is_some(), Member { used: now, proved: now, ..member }, now, &mut out);
        self.deliver(out);
    }

    /// The same for a connection that nobody used: the pool itself opened or tested it.
    pub(super) fn lay_down(&self, number: u64, member: Member) {
        let now = self.surroundings.now();
        let mut out = Outbox::default();
        let mut state = self.lock();
        let has_place = state.strike(number).is_some();
        self.settle(state, has_place, Member { proved: now, ..member }, now, &mut out);
        self.deliver(out);
    }

    /// Finds the place of a connection that is free.
    fn settle(
        &self,
        mut state: MutexGuard<'_, State>,
        has_place: bool,
        member: Member,
        now: Instant,
        out: &mut Outbox,
    ) {
        let verdict = match self.options.kind {
            // The pool had given it up, and its place to somebody else.
            _ if !has_place => Some(CloseReason::Unclean),
            PoolKind::Pooled => state.verdict(&member, now),
            PoolKind::Unpooled => Some(CloseReason::Unpooled),
        };
        let Some(reason) = verdict else {
            let surplus = state.put_back(member, self.options.size);
            out.dead.extend(surplus.map(|member| (member, CloseReason::Surplus)));
            return state.expire(&self.options, now, out);
        };
        if has_place {
            state.free_slot();
        }
        out.dead.push((member, reason));
    }

    /// Closes a connection that a caller had, and frees its slot first, so that a close that hangs costs the pool nothing.
    pub(super) fn retire(&self, number: u64, member: Member, reason: CloseReason) {
        self.free(number);
        self.bury(member, reason);
    }
}

/// Ends a transaction without waiting for what the server says to it, where the driver can do that.
fn rolls_back_unheard(member: &mut Member) -> bool {
    catch_unwind(AssertUnwindSafe(|| member.connection.rollback_unheard())).unwrap_or(false)
}

/// Ends a transaction and forgets session state. A driver's panic is an error here: it happens in `drop`, or in the reaper.
fn clean(member: &mut Member, rollback: bool, reset: bool) -> Result<()> {
    let work = || {
        if rollback {
            member.connection.batch("ROLLBACK")?;
        }
        if reset {
            // What the listeners had set goes with the rest.
            member.prepared = 0;
            member.connection.reset()?;
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::ConnectionLost, "the driver panicked during the rollback")))
}
