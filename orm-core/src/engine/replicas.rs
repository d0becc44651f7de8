//! Read replicas: which transactions go to one, and to which. Knows nothing of what is read there.

use super::channel::Channel;
use super::options::{Access, Isolation, TransactionOptions};
use super::{Engine, Inner};
use crate::error::{Error, ErrorKind, Result};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a replica that could not be reached is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// The replicas of an engine.
pub(super) struct Replicas {
    all: Vec<Replica>,
    next: AtomicUsize,
}

struct Replica {
    /// Tells the primary's observers, and has no replicas of its own.
    engine: Engine,
    out_of_reach: Until,
}

/// When this engine last wrote, so that a while must pass before a replica shows it.
pub(crate) struct OwnWrites {
    fresh: Until,
    window: Duration,
}

impl OwnWrites {
    /// Something was committed, or may have been.
    pub(super) fn note(&self) {
        self.fresh.extend(self.window);
    }
}

/// A moment, and whether it has come.
struct Until {
    start: Instant,
    /// In nanoseconds after the start; 0 when there is none.
    moment: AtomicU64,
}

impl Until {
    fn new() -> Until {
        Until { start: Instant::now(), moment: AtomicU64::new(0) }
    }

    fn after(&self, time: Duration) -> u64 {
        u64::try_from(self.start.elapsed().saturating_add(time).as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    fn extend(&self, time: Duration) {
        self.moment.fetch_max(self.after(time), Ordering::AcqRel);
    }

    fn is_ahead(&self) -> bool {
        let moment = self.moment.load(Ordering::Acquire);
        moment != 0 && self.after(Duration::ZERO) < moment
    }

    fn clear(&self) {
        // Most often there is none, and a write would take the cache line from other threads.
        if self.moment.load(Ordering::Relaxed) != 0 {
            self.moment.store(0, Ordering::Release);
        }
    }

    /// Whether the caller may try: there is no moment, or it has come and nobody else tries.
    fn claim(&self) -> bool {
        let moment = self.moment.load(Ordering::Acquire);
        if moment == 0 {
            return true;
        }
        let next = self.after(PAUSE);
        self.after(Duration::ZERO) >= moment
            && self.moment.compare_exchange(moment, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

impl Replicas {
    fn channel(&self, primary: &Engine, place: &'static Location<'static>) -> Result<Channel> {
        let count = self.all.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for at in 0..count {
            let replica = &self.all[first.wrapping_add(at) % count];
            if !replica.out_of_reach.claim() {
                continue;
            }
            match replica.engine.channel_at(place) {
                Ok(channel) => {
                    replica.out_of_reach.clear();
                    return Ok(channel.on_replica());
                }
                Err(error) if is_out_of_reach(&error) => {
                    replica.out_of_reach.extend(PAUSE);
                    tell(&replica.engine, &error);
                }
                Err(error) => return Err(error),
            }
        }
        primary.channel_at(place)
    }
}

/// Whether another may do instead. A wrong password or a pool that is empty for too long is for the program to know.
fn is_out_of_reach(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectFailed | ErrorKind::ConnectionLost | ErrorKind::TooManyConnections)
}

fn tell(replica: &Engine, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::event!(target: "orm::replica", tracing::Level::WARN, pool = replica.pool().name(), kind = ?error.kind(), "a replica is out of reach");
    #[cfg(not(feature = "tracing"))]
    let _ = (replica, error);
}

impl TransactionOptions {
    /// Whether a standby can run such a transaction. That of PostgreSQL cannot be serializable.
    fn suits_a_replica(self) -> bool {
        self.access == Access::ReadOnly && self.isolation != Some(Isolation::Serializable)
    }
}

impl Engine {
    /// The same engine with read replicas, which [read-only transactions](TransactionOptions::read_only) go to, in turn;
    /// `EngineOptions::replica` does this. For so long after a commit of this engine that wrote, they go to the primary as well.
    ///
    /// Replicas that this engine had are replaced.
    ///
    /// # Errors
    /// `Misuse` for a database in memory, which cannot be a copy of another, and for a replica that has replicas of its own.
    ///
    /// ```
    /// # use orm_doc::*; use std::time::Duration;
    /// let (primary, replica) = (create_engine("postgresql://ada@db/shop")?, create_engine("postgresql://ada@copy/shop")?);
    /// let engine = primary.with_replicas([replica], Duration::from_secs(1))?;
    /// assert_eq!(engine.replicas().len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_replicas(
        self,
        replicas: impl IntoIterator<Item = Engine>,
        read_your_writes: Duration,
    ) -> Result<Engine> {
        let all = replicas.into_iter().map(|replica| self.adopt(replica)).collect::<Result<Vec<Replica>>>()?;
        let own_writes = OwnWrites { fresh: Until::new(), window: read_your_writes };
        Ok(Engine {
            replicas: (!all.is_empty()).then(|| Arc::new(Replicas { all, next: AtomicUsize::new(0) })),
            own_writes: (!read_your_writes.is_zero()).then(|| Arc::new(own_writes)),
            ..self
        })
    }

    fn adopt(&self, replica: Engine) -> Result<Replica> {
        let pool = replica.pool();
        if pool.is_single_connection() {
            return Err(Error::new(ErrorKind::Misuse, "a database in memory cannot be a replica of another"));
        }
        if replica.replicas.is_some() {
            let message = format!("the replica `{}` has replicas of its own", pool.name());
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        let Inner { observers, facts, .. } = &*self.inner;
        let inner = Inner {
            pool: pool.clone(),
            observers: Arc::clone(observers),
            facts: Arc::clone(facts),
            extension: Default::default(),
        };
        let engine = Engine { inner: Arc::new(inner), replicas: None, own_writes: None, binds: None, name: None };
        Ok(Replica { engine, out_of_reach: Until::new() })
    }

    /// This engine without its replicas: what is read through it is read where it was written.
    ///
    /// ```
    /// # use orm_doc::*; let engine = engine();
    /// let mut session = engine.primary().session().read_only();
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn primary(&self) -> Engine {
        Engine { replicas: None, ..self.clone() }
    }

    /// An engine for each read replica, for the status and the maintenance of its pool; none if there are no replicas.
    ///
    /// ```
    /// # use orm_doc::*; let engine = engine();
    /// for replica in engine.replicas() {
    ///     println!("{}: {} in use", replica.pool().name(), replica.pool_status().in_use);
    /// }
    /// ```
    pub fn replicas(&self) -> Vec<Engine> {
        let all = self.replicas.iter().flat_map(|replicas| &replicas.all);
        all.map(|replica| replica.engine.clone()).collect()
    }

    /// A channel for transactions begun in this way: that of a replica, if one will do.
    #[track_caller]
    pub(crate) fn channel_for(&self, options: TransactionOptions) -> Result<Channel> {
        self.channel_for_at(options, Location::caller())
    }

    /// The same for a call from another place.
    pub(crate) fn channel_for_at(
        &self,
        options: TransactionOptions,
        place: &'static Location<'static>,
    ) -> Result<Channel> {
        match &self.replicas {
            Some(replicas) if options.suits_a_replica() && !self.wrote_lately() => replicas.channel(self, place),
            _ => self.channel_at(place),
        }
    }

    fn wrote_lately(&self) -> bool {
        self.own_writes.as_ref().is_some_and(|writes| writes.fresh.is_ahead())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_tries_a_replica_again_when_its_time_has_come() {
        let until = Until::new();
        assert!(until.claim() && until.claim(), "all take one that answers");
        until.extend(Duration::from_millis(20));
        assert!(until.is_ahead() && !until.claim());
        std::thread::sleep(Duration::from_millis(25));
        assert!(!until.is_ahead());
        assert_eq!((until.claim(), until.claim()), (true, false), "the others wait for what comes of it");
        until.clear();
        assert!(until.claim() && !until.is_ahead());
    }

    #[test]
    fn a_moment_never_moves_back() {
        let until = Until::new();
        until.extend(Duration::from_secs(100));
        let moment = until.moment.load(Ordering::Relaxed);
        until.extend(Duration::from_secs(1));
        assert_eq!(until.moment.load(Ordering::Relaxed), moment);
        until.extend(Duration::MAX);
        assert!(until.is_ahead());
    }

    #[test]
    fn what_must_be_serializable_or_may_write_goes_to_the_primary() {
        let options = TransactionOptions::new();
        assert!(options.read_only().suits_a_replica());
        assert!(options.read_only().isolation(Isolation::RepeatableRead).suits_a_replica());
        assert!(!options.read_only().isolation(Isolation::Serializable).suits_a_replica());
        assert!(!options.suits_a_replica() && !options.write().suits_a_replica());
    }
}
