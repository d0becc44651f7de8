//! Running a whole transaction again: after which errors, how often, and how long to wait in between. Knows no session.

use super::Engine;
use super::connection::{Connection, Transaction};
use super::options::TransactionOptions;
use crate::error::{Error, ErrorKind, Result};
use std::time::{Duration, Instant};

/// How often a transaction is run again after an error that may not come twice, and how long to wait in between: for
/// [`Engine::retry`] and [`Engine::transaction_with_retry`]. A number means so many attempts, with the other values at their defaults.
///
/// Run again are transactions that met a deadlock, a serialization failure or a lock that was not free in time (SQLite's BUSY
/// among them), also where COMMIT says so. Never one whose connection was lost during COMMIT: it may have happened. A
/// connection lost before that is not retried either unless [`also`](RetryOptions::also) asks for it.
///
/// The wait before attempt _n_ is random, between nothing and `base_delay` × 2ⁿ⁻², but `max_delay` at most ("full jitter"): two
/// transactions that met once do not meet again at the same moment.
///
/// ```
/// # use orm_doc::*;
/// use std::time::Duration;
///
/// let options = RetryOptions::new(8).max_delay(Duration::from_millis(200)).deadline(Duration::from_secs(2));
/// let admins = engine().transaction_with_retry(options, |tx| {
///     tx.execute(update::<User>().set(|u| u.admin.to(true)).filter(|u| u.username.eq("bob")))
/// })?;
/// assert_eq!(admins, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryOptions {
    attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    deadline: Option<Duration>,
    also: Vec<ErrorKind>,
    pub(crate) transaction: TransactionOptions,
}

impl RetryOptions {
    /// At most so many attempts, the first among them; 0 counts as 1.
    ///
    /// ```
    /// # use orm_core::*;
    /// assert_eq!(RetryOptions::new(3), RetryOptions::from(3));
    /// ```
    pub fn new(attempts: u32) -> RetryOptions {
        RetryOptions {
            attempts: attempts.max(1),
            base_delay: Duration::from_millis(10),
            max_delay: Duration::from_secs(1),
            deadline: Some(Duration::from_secs(30)),
            also: Vec::new(),
            transaction: TransactionOptions::new().write(),
        }
    }

    /// The longest wait before the second attempt, which doubles with each further one. 10 ms unless set.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let at_once = RetryOptions::new(3).base_delay(std::time::Duration::ZERO);
    /// # let _ = at_once;
    /// ```
    pub fn base_delay(mut self, delay: Duration) -> RetryOptions {
        self.base_delay = delay;
        self
    }

    /// The longest wait before any attempt. A second unless set.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let options = RetryOptions::new(20).max_delay(std::time::Duration::from_millis(100));
    /// # let _ = options;
    /// ```
    pub fn max_delay(mut self, delay: Duration) -> RetryOptions {
        self.max_delay = delay;
        self
    }

    /// No attempt begins later than this after the first; `None` for whenever. 30 seconds unless set. An attempt that is under way
    /// is not ended: that is for `statement_timeout` and `lock_timeout` of the URL.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let options = RetryOptions::new(100).deadline(std::time::Duration::from_secs(5));
    /// # let _ = options;
    /// ```
    pub fn deadline(mut self, deadline: impl Into<Option<Duration>>) -> RetryOptions {
        self.deadline = deadline.into();
        self
    }

    /// Runs again after errors of this kind too: `StaleData` where the closure reads what it changes, `ConnectionLost` or
    /// `ReadOnlyServer` to live through a restart or a failover. None of these can have committed.
    ///
    /// `CommitOutcomeUnknown` can, so that asking for it is an error of kind `Misuse` when the transaction is to be run.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let careless = RetryOptions::new(3).also(ErrorKind::CommitOutcomeUnknown);
    /// let error = engine().retry(careless, |session| session.count(select::<User>())).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Misuse);
    /// ```
    pub fn also(mut self, kind: ErrorKind) -> RetryOptions {
        self.also.push(kind);
        self
    }

    /// How each transaction is begun, where `TransactionOptions::new().write()` is not what is wanted.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let serializable = TransactionOptions::new().write().isolation(Isolation::Serializable);
    /// let users = engine().retry(RetryOptions::new(5).transaction(serializable), |session| session.count(select::<User>()))?;
    /// assert_eq!(users, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn transaction(mut self, options: TransactionOptions) -> RetryOptions {
        self.transaction = options;
        self
    }

    fn check(&self) -> Result<()> {
        if self.also.contains(&ErrorKind::CommitOutcomeUnknown) {
            let message = "a transaction whose commit may have happened cannot be retried";
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        Ok(())
    }

    /// Whether a transaction that ended with an error may be run again. `hidden` is the error that the transaction itself met,
    /// which the closure may have put another in front of.
    fn covers(&self, error: &Error, hidden: Option<ErrorKind>) -> bool {
        let unknown = |kind| kind == ErrorKind::CommitOutcomeUnknown;
        if unknown(error.kind()) || hidden.is_some_and(unknown) {
            return false;
        }
        [Some(error.kind()), hidden].into_iter().flatten().any(|kind| kind.is_retryable() || self.also.contains(&kind))
    }

    /// The longest wait after so many attempts.
    fn longest_delay(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.base_delay.saturating_mul(doubled).min(self.max_delay)
    }
}

impl From<u32> for RetryOptions {
    fn from(attempts: u32) -> RetryOptions {
        RetryOptions::new(attempts)
    }
}

/// The clock, as waiting between attempts needs it.
pub(crate) trait Time {
    fn now(&self) -> Instant;

    fn sleep(&mut self, time: Duration);

    /// A number from 0 to 1.
    fn random(&mut self) -> f64;
}

/// The real clock.
pub(crate) struct System;

impl Time for System {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn random(&mut self) -> f64 {
        crate::pool::random()
    }
}

/// The attempts at one transaction.
pub(crate) struct Attempts<'o, C: Time = System> {
    options: &'o RetryOptions,
    time: C,
    started: Instant,
    made: u32,
}

impl<'o> Attempts<'o> {
    pub(crate) fn new(options: &'o RetryOptions) -> Result<Attempts<'o>> {
        Attempts::timed(options, System)
    }
}

impl<'o, C: Time> Attempts<'o, C> {
    fn timed(options: &'o RetryOptions, time: C) -> Result<Attempts<'o, C>> {
        options.check()?;
        Ok(Attempts { options, started: time.now(), time, made: 0 })
    }

    /// What comes of an attempt: its result, or `None`, after a wait, if it is to be made again. Nothing of the attempt may still
    /// hold a connection.
    pub(crate) fn settle<T>(&mut self, result: Result<T>, hidden: Option<ErrorKind>) -> Option<Result<T>> {
        self.made += 1;
        let error = match result {
            Err(error) if self.options.covers(&error, hidden) => error,
            result => return Some(result),
        };
        let delay = self.options.longest_delay(self.made).mul_f64(self.time.random());
        let spent = self.time.now().saturating_duration_since(self.started).saturating_add(delay);
        let in_time = self.options.deadline.is_none_or(|deadline| spent < deadline);
        if self.made >= self.options.attempts || !in_time {
            return Some(Err(match self.made {
                1 => error,
                several => error.context(format_args!("{several} attempts failed, the last with this")),
            }));
        }
        self.tell(&error, delay);
        if !delay.is_zero() {
            self.time.sleep(delay);
        }
        None
    }

    fn tell(&self, error: &Error, delay: Duration) {
        #[cfg(feature = "tracing")]
        tracing::event!(target: "orm::retry", tracing::Level::INFO, attempt = self.made, kind = ?error.kind(), ?delay, "the transaction is run again");
        #[cfg(not(feature = "tracing"))]
        let _ = (error, delay);
    }
}

impl Engine {
    /// Runs a closure in a transaction that writes, and the whole transaction again from its start when it met a deadlock, a
    /// serialization failure or a lock that was not free in time, also when COMMIT says so. The first value is the number of
    /// attempts, or [`RetryOptions`]. Each attempt has a connection of its own; what the closure did outside of the database is
    /// not undone in between.
    ///
    /// # Errors
    /// Those of the last attempt, as of [`transaction`](Engine::transaction). `CommitOutcomeUnknown` ends the attempts.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let posts = engine.transaction_with_retry(3, |transaction| {
    ///     let best = transaction.first(select::<Post>().order_by(|p| p.score.desc()))?.expect("there are posts");
    ///     transaction.execute(update::<Post>().set(|p| p.score.to(best.score + 1.0)).filter(|p| p.id.eq(best.id)))
    /// })?;
    /// assert_eq!(posts, 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn transaction_with_retry<T>(
        &self,
        options: impl Into<RetryOptions>,
        mut work: impl FnMut(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let options = options.into();
        let mut attempts = Attempts::new(&options)?;
        loop {
            let mut hidden = None;
            let result = self.attempt(options.transaction, &mut work, &mut hidden);
            if let Some(result) = attempts.settle(result, hidden) {
                return result;
            }
        }
    }

    #[track_caller]
    fn attempt<T>(
        &self,
        options: TransactionOptions,
        work: &mut impl FnMut(&mut Transaction<'_>) -> Result<T>,
        hidden: &mut Option<ErrorKind>,
    ) -> Result<T> {
        let mut connection = Connection::new(self.channel_for(options)?);
        let mut transaction = connection.begin_with(options)?;
        let result = work(&mut transaction);
        *hidden = transaction.channel().failure().map(Error::kind);
        let value = result?;
        transaction.commit()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A clock that goes only while somebody sleeps.
    struct Fake {
        start: Instant,
        slept: Vec<Duration>,
        random: f64,
    }

    impl Time for &mut Fake {
        fn now(&self) -> Instant {
            self.start + self.slept.iter().sum::<Duration>()
        }

        fn sleep(&mut self, time: Duration) {
            self.slept.push(time);
        }

        fn random(&mut self) -> f64 {
            self.random
        }
    }

    /// Fails until the attempt with a number; the number of attempts, what came of them and the waits.
    fn run(options: &RetryOptions, kind: ErrorKind, succeeds: u32, random: f64) -> (u32, Result<()>, Vec<Duration>) {
        let mut fake = Fake { start: Instant::now(), slept: Vec::new(), random };
        let mut attempts = Attempts::timed(options, &mut fake).expect("the options are right");
        let result = loop {
            let made = attempts.made + 1;
            let result = if made == succeeds { Ok(()) } else { Err(Error::new(kind, "as planned")) };
            if let Some(result) = attempts.settle(result, None) {
                break result;
            }
        };
        let made = attempts.made;
        (made, result, fake.slept)
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let options = RetryOptions::new(7).max_delay(100 * MS);
        let (made, result, slept) = run(&options, ErrorKind::Deadlock, 7, 1.0);
        assert!(result.is_ok());
        assert_eq!((made, slept), (7, [10, 20, 40, 80, 100, 100].map(|ms| ms * MS).to_vec()));
    }

    #[test]
    fn waits_are_anything_between_nothing_and_the_longest() {
        let options = RetryOptions::new(4);
        let (_, _, slept) = run(&options, ErrorKind::LockTimeout, 9, 0.25);
        assert_eq!(slept, [2.5, 5.0, 10.0].map(|ms| MS.mul_f64(ms)));
        assert!(run(&options, ErrorKind::LockTimeout, 9, 0.0).2.is_empty());
        let mut lots = (0..1000).map(|_| System.random());
        assert!(lots.all(|number| (0.0..=1.0).contains(&number)));
        let numbers: Vec<u64> = (0..100).map(|_| (System.random() * 1e6) as u64).collect();
        assert!(numbers.iter().any(|number| *number > 500_000) && numbers.iter().any(|number| *number < 500_000));
    }

    #[test]
    fn gives_up_after_the_last_attempt_and_counts_them() {
        let (made, result, slept) = run(&RetryOptions::new(3), ErrorKind::SerializationFailure, 9, 1.0);
        let error = result.expect_err("it always fails");
        assert_eq!((made, slept.len(), error.kind()), (3, 2, ErrorKind::SerializationFailure));
        assert_eq!(error.to_string(), "3 attempts failed, the last with this: as planned");
        let (made, result, _) = run(&RetryOptions::new(0), ErrorKind::Deadlock, 9, 1.0);
        assert_eq!((made, result.expect_err("it always fails").to_string().as_str()), (1, "as planned"));
    }

    #[test]
    fn begins_nothing_after_the_deadline() {
        let options = RetryOptions::new(1000).deadline(100 * MS);
        let (made, result, slept) = run(&options, ErrorKind::Deadlock, 2000, 1.0);
        assert!(result.is_err());
        // 10, 20 and 40 are 70; with the next 80 it would be too late.
        assert_eq!((made, slept.len()), (4, 3));
        let forever = RetryOptions::new(200).deadline(None).max_delay(Duration::MAX);
        assert_eq!(run(&forever, ErrorKind::Deadlock, 200, 1e-9).0, 200);
    }

    #[test]
    fn repeats_only_what_cannot_have_happened() {
        let none = RetryOptions::new(5);
        for kind in [ErrorKind::ConnectionLost, ErrorKind::StaleData, ErrorKind::ReadOnlyServer] {
            assert_eq!(run(&none, kind, 2, 0.0).0, 1, "{kind:?}");
            assert_eq!(run(&none.clone().also(kind), kind, 2, 0.0).0, 2, "{kind:?}");
        }
        let also = none.clone().also(ErrorKind::ConnectionLost);
        assert_eq!(run(&also, ErrorKind::CommitOutcomeUnknown, 2, 0.0).0, 1);
        let refused = none.also(ErrorKind::CommitOutcomeUnknown);
        assert_eq!(Attempts::new(&refused).err().map(|error| error.kind()), Some(ErrorKind::Misuse));
    }

    #[test]
    fn an_error_behind_the_closures_own_counts() {
        let options = RetryOptions::new(5);
        let refused = Error::new(ErrorKind::Refused, "the closure's own");
        assert!(options.covers(&refused, Some(ErrorKind::Deadlock)));
        assert!(!options.covers(&refused, Some(ErrorKind::UniqueViolation)));
        let deadlock = Error::new(ErrorKind::Deadlock, "it says");
        assert!(!options.covers(&deadlock, Some(ErrorKind::CommitOutcomeUnknown)));
    }
}
