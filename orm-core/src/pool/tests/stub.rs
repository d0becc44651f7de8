//! A driver without a database: it notes what is asked of it, by which thread, and fails or hangs where a test wants it to.

use crate::dialect::{Dialect, SQLITE};
use crate::driver::{Connection, Driver, OnRow, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::inner::Inner;
use crate::pool::surroundings::Surroundings;
use crate::pool::{Pool, PoolOptions};
use crate::value::Datum;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Long enough for any machine; reached only by a failing test.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What happened, to which connection (numbered from 1), on which thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) what: &'static str,
    pub(super) number: u64,
    pub(super) thread: ThreadId,
}

/// How the next call of a kind goes.
pub(super) enum Plan {
    Fail(ErrorKind),
    Panic,
    /// Says that it has begun, then waits for a word, or the end of the other side.
    Hang(Sender<()>, Receiver<()>),
    HangThenFail(Sender<()>, Receiver<()>, ErrorKind),
}

/// The test's end of a call that hangs.
pub(super) struct Gate {
    begun: Receiver<()>,
    _open_on_drop: Sender<()>,
}

impl Gate {
    pub(super) fn wait_until_begun(&self) {
        self.begun.recv_timeout(PATIENCE).expect("the call begins");
    }
}

/// What the driver and its connections share with the test. Also the pool's clock and process number.
#[derive(Debug)]
pub(super) struct World {
    pub(super) single: bool,
    pub(super) local: bool,
    /// Whether connections know about their transactions.
    pub(super) knows_transactions: AtomicBool,
    pub(super) connects: AtomicU64,
    pub(super) process: AtomicU32,
    /// Whether connections roll back without waiting for the server.
    pub(super) rolls_back_unheard: AtomicBool,
    /// Uses of one connection by two threads at once.
    pub(super) clashes: AtomicU64,
    events: Mutex<Vec<Event>>,
    plans: Mutex<HashMap<&'static str, VecDeque<Plan>>>,
    links: Mutex<HashMap<u64, Arc<Link>>>,
    start: Instant,
    elapsed: Mutex<Duration>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plan")
    }
}

/// A connection as the server sees it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) open: AtomicBool,
    pub(super) transaction: AtomicBool,
    busy: AtomicBool,
}

impl World {
    fn new(single: bool, local: bool) -> Arc<World> {
        Arc::new(World {
            single,
            local,
            knows_transactions: AtomicBool::new(true),
            connects: AtomicU64::new(0),
            process: AtomicU32::new(1),
            rolls_back_unheard: AtomicBool::new(false),
            clashes: AtomicU64::new(0),
            events: Mutex::default(),
            plans: Mutex::default(),
            links: Mutex::default(),
            start: Instant::now(),
            elapsed: Mutex::default(),
        })
    }

    /// A database behind a network.
    pub(super) fn server() -> Arc<World> {
        World::new(false, false)
    }

    /// A database in a file.
    pub(super) fn file() -> Arc<World> {
        World::new(false, true)
    }

    /// A database in memory.
    pub(super) fn memory() -> Arc<World> {
        World::new(true, true)
    }

    pub(super) fn pool(self: &Arc<World>, options: PoolOptions) -> Pool {
        self.try_pool(options).expect("the options are right")
    }

    pub(super) fn try_pool(self: &Arc<World>, options: PoolOptions) -> Result<Pool> {
        Pool::within(Arc::new(StubDriver(Arc::clone(self))), options, Arc::new(StubSurroundings(Arc::clone(self))))
    }

    /// A pool whose housekeeper is the test: no thread is started.
    pub(super) fn quiet_pool(self: &Arc<World>, options: PoolOptions) -> Pool {
        let (driver, world) = (StubDriver(Arc::clone(self)), StubSurroundings(Arc::clone(self)));
        Pool(Arc::new(Inner::new(Arc::new(driver), options, Arc::default(), Arc::new(world))))
    }

    pub(super) fn advance(&self, by: Duration) {
        *self.elapsed.lock().unwrap() += by;
    }

    pub(super) fn plan(&self, what: &'static str, plan: Plan) {
        self.plans.lock().unwrap().entry(what).or_default().push_back(plan);
    }

    /// Lets the next call of this kind hang until the gate is dropped.
    pub(super) fn hang(&self, what: &'static str) -> Gate {
        let (begin, begun) = channel();
        let (open, opened) = channel();
        self.plan(what, Plan::Hang(begin, opened));
        Gate { begun, _open_on_drop: open }
    }

    /// Lets the next call of this kind hang until the gate is dropped, and then fail.
    pub(super) fn hang_then_fail(&self, what: &'static str, kind: ErrorKind) -> Gate {
        let (begin, begun) = channel();
        let (open, opened) = channel();
        self.plan(what, Plan::HangThenFail(begin, opened, kind));
        Gate { begun, _open_on_drop: open }
    }

    pub(super) fn link(&self, number: u64) -> Arc<Link> {
        Arc::clone(&self.links.lock().unwrap()[&number])
    }

    /// The numbers of the connections that could be opened.
    pub(super) fn opened(&self) -> Vec<u64> {
        self.links.lock().unwrap().keys().copied().collect()
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// The events so far, as "what number".
    pub(super) fn story(&self) -> Vec<String> {
        self.events().iter().map(|event| format!("{} {}", event.what, event.number)).collect()
    }

    /// The events of a kind.
    pub(super) fn all(&self, what: &str) -> Vec<Event> {
        self.events().into_iter().filter(|event| event.what == what).collect()
    }

    /// The numbers of the connections to which it happened.
    pub(super) fn numbers(&self, what: &str) -> Vec<u64> {
        self.all(what).iter().map(|event| event.number).collect()
    }

    fn happen(&self, what: &'static str, number: u64) -> Result<()> {
        self.events.lock().unwrap().push(Event { what, number, thread: thread::current().id() });
        let plan = self.plans.lock().unwrap().get_mut(what).and_then(VecDeque::pop_front);
        match plan {
            None => Ok(()),
            Some(Plan::Fail(kind)) => self.fail(kind, number),
            // Without the panic hook, which would print a page for each.
            Some(Plan::Panic) => resume_unwind(Box::new("as planned")),
            Some(Plan::Hang(begin, opened)) => {
                let _ = begin.send(());
                let _ = opened.recv();
                Ok(())
            }
            Some(Plan::HangThenFail(begin, opened, kind)) => {
                let _ = begin.send(());
                let _ = opened.recv();
                self.fail(kind, number)
            }
        }
    }

    fn fail(&self, kind: ErrorKind, number: u64) -> Result<()> {
        let error = Error::new(kind, "as planned");
        if let Some(link) = self.links.lock().unwrap().get(&number)
            && error.is_disconnect()
        {
            link.open.store(false, SeqCst);
        }
        Err(error)
    }
}

#[derive(Debug)]
struct StubDriver(Arc<World>);

impl Driver for StubDriver {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let world = &self.0;
        let number = world.connects.fetch_add(1, SeqCst) + 1;
        world.happen("connect", number)?;
        let link = Arc::new(Link {
            open: AtomicBool::new(true),
            transaction: AtomicBool::new(false),
            busy: AtomicBool::new(false),
        });
        world.links.lock().unwrap().insert(number, Arc::clone(&link));
        Ok(Box::new(StubConnection { number, link, world: Arc::clone(world), closed: false }))
    }

    fn single_connection(&self) -> bool {
        self.0.single
    }

    fn is_local(&self) -> bool {
        self.0.local
    }
}

#[derive(Debug)]
struct StubSurroundings(Arc<World>);

impl Surroundings for StubSurroundings {
    fn now(&self) -> Instant {
        self.0.start + *self.0.elapsed.lock().unwrap()
    }

    fn process(&self) -> u32 {
        self.0.process.load(SeqCst)
    }
}

pub(super) struct StubConnection {
    number: u64,
    pub(super) link: Arc<Link>,
    world: Arc<World>,
    closed: bool,
}

impl StubConnection {
    /// A call that must be the only one on this connection while it lasts.
    fn alone(&self, what: &'static str) -> Result<()> {
        if self.link.busy.swap(true, SeqCst) {
            self.world.clashes.fetch_add(1, SeqCst);
        }
        crate::pool::sync::thread::yield_now();
        let result = catch_unwind(AssertUnwindSafe(|| self.world.happen(what, self.number)));
        self.link.busy.store(false, SeqCst);
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Connection for StubConnection {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn execute(&mut self, _: &str, _: &[Datum<'_>]) -> Result<Outcome> {
        self.alone("execute")?;
        Ok(Outcome::default())
    }

    fn query(&mut self, _: &str, _: &[Datum<'_>], _: &mut OnRow<'_>) -> Result<()> {
        self.alone("query")
    }

    fn rollback_unheard(&mut self) -> bool {
        let can = self.world.rolls_back_unheard.load(SeqCst);
        if can && self.alone("unheard").is_ok() {
            self.link.transaction.store(false, SeqCst);
        }
        can
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        match sql {
            "BEGIN" => {
                self.alone("begin")?;
                self.link.transaction.store(true, SeqCst);
            }
            "COMMIT" => {
                self.alone("commit")?;
                self.link.transaction.store(false, SeqCst);
            }
            "ROLLBACK" => {
                self.alone("rollback")?;
                self.link.transaction.store(false, SeqCst);
            }
            _ => panic!("the stub knows transaction control only"),
        }
        Ok(())
    }

    fn in_transaction(&self) -> Option<bool> {
        self.world.knows_transactions.load(SeqCst).then(|| self.link.transaction.load(SeqCst))
    }

    fn is_open(&self) -> bool {
        self.link.open.load(SeqCst)
    }

    fn ping(&mut self, _: Duration) -> Result<()> {
        self.alone("ping")
    }

    fn reset(&mut self) -> Result<()> {
        self.alone("reset")
    }

    fn close(mut self: Box<Self>) {
        self.closed = true;
        // Closing cannot fail; a plan to panic or hang works here too.
        let _ = self.alone("close");
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for StubConnection {
    fn drop(&mut self) {
        if !self.closed {
            // Not `happen`: a plan must not be used up here.
            let event = Event { what: "dropped without close", number: self.number, thread: thread::current().id() };
            self.world.events.lock().unwrap().push(event);
        }
    }
}
