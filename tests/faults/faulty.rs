//! A driver over a real one, which fails at its Nth call: as a connection that is lost, before or after the database has done
//! what it was told, or as a statement that is refused.

use orm::dialect::Dialect;
use orm::driver::{Connection, Driver, OnAnswer, OnRow, Outcome, Request};
use orm::{Datum, Details, Error, ErrorKind, Result};
use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is lost, and the database has not heard of the call.
    LostBefore,
    /// The connection is lost, and the database has done it.
    LostAfter,
    /// The call is refused, by this kind.
    Refused(ErrorKind),
}

/// Which call fails, and how; shared by a driver, its connections and a test.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    armed: Mutex<Option<(u64, Fault)>>,
    /// From the call on, all calls fail until the plan is disarmed.
    pub(crate) lasting: AtomicBool,
    calls: AtomicU64,
    fired: AtomicBool,
    /// What was called when it happened.
    pub(crate) at: Mutex<String>,
}

impl Plan {
    /// The Nth call from now on fails.
    pub(crate) fn arm(&self, number: u64, fault: Fault) {
        self.calls.store(0, SeqCst);
        self.fired.store(false, SeqCst);
        *self.armed.lock().unwrap() = Some((number, fault));
    }

    pub(crate) fn disarm(&self) {
        *self.armed.lock().unwrap() = None;
    }

    /// Whether it came to the call.
    pub(crate) fn fired(&self) -> bool {
        self.fired.load(SeqCst)
    }

    fn next(&self, what: &str) -> Option<Fault> {
        let (number, fault) = (*self.armed.lock().unwrap())?;
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        let hit = call == number || call > number && self.lasting.load(SeqCst);
        if hit && !self.fired.swap(true, SeqCst) {
            *self.at.lock().unwrap() = what.to_owned();
        }
        hit.then_some(fault)
    }
}

/// The driver. As local as a file, or as far away as a server.
#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) real: Arc<dyn Driver>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) local: bool,
}

fn refused(kind: ErrorKind, what: &str) -> Error {
    let details = Details { code: Some("planned".into()), ..Details::default() };
    Error::new(kind, format!("as planned, at `{what}`")).with_details(details)
}

impl Driver for Faulty {
    fn dialect(&self) -> &'static Dialect {
        self.real.dialect()
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        match self.plan.next("connect") {
            Some(Fault::Refused(kind)) => return Err(refused(kind, "connect")),
            Some(_) => return Err(refused(ErrorKind::ConnectFailed, "connect")),
            None => {}
        }
        let real = self.real.connect()?;
        Ok(Box::new(FaultyConnection { dialect: real.dialect(), real: Some(real), plan: Arc::clone(&self.plan) }))
    }

    fn is_local(&self) -> bool {
        self.local
    }
}

struct FaultyConnection {
    dialect: &'static Dialect,
    /// `None` once it is lost.
    real: Option<Box<dyn Connection>>,
    plan: Arc<Plan>,
}

impl FaultyConnection {
    fn call<T>(&mut self, sql: &str, run: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        let Some(real) = &mut self.real else {
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection was lost before"));
        };
        let fault = match self.plan.next(sql) {
            None => return run(&mut **real),
            Some(fault) => fault,
        };
        match fault {
            Fault::Refused(kind) => {
                // A deadlock's victim is rolled back by the database itself.
                if matches!(kind, ErrorKind::Deadlock | ErrorKind::SerializationFailure)
                    && real.in_transaction() != Some(false)
                {
                    real.batch("ROLLBACK")?;
                }
                Err(refused(kind, sql))
            }
            Fault::LostBefore | Fault::LostAfter => {
                if fault == Fault::LostAfter {
                    let _ = run(&mut **real);
                }
                self.real = None;
                let commits = sql.contains("COMMIT");
                let kind = if commits { ErrorKind::CommitOutcomeUnknown } else { ErrorKind::ConnectionLost };
                Err(refused(kind, sql))
            }
        }
    }
}

impl Connection for FaultyConnection {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        self.call(sql, |real| real.execute(sql, binds))
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.call(sql, |real| real.query(sql, binds, on_row))
    }

    fn query_streamed(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.call(sql, |real| real.query_streamed(sql, binds, on_row))
    }

    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        self.real.as_mut()?.columns_of(sql)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.call(sql, |real| real.batch(sql))
    }

    fn begin(&mut self, sql: &str) -> Result<()> {
        self.call(sql, |real| real.begin(sql))
    }

    fn pipelines(&self) -> bool {
        self.real.as_ref().is_some_and(|real| real.pipelines())
    }

    /// One call; what is refused is the statement in the middle.
    fn pipeline(&mut self, requests: &[Request<'_>], each: &mut OnAnswer<'_>) -> Result<()> {
        let texts: Vec<&str> = requests.iter().map(|request| request.sql).collect();
        let half = requests.len() / 2;
        let mut heard = false;
        let result = self.call(&texts.join("; "), |real| {
            heard = true;
            real.pipeline(requests, each)
        });
        match (result, &mut self.real) {
            (Err(error), Some(real)) if !heard && real.in_transaction() == Some(true) => {
                real.pipeline(&requests[..half], each)?;
                Err(error)
            }
            (result, _) => result,
        }
    }

    fn in_transaction(&self) -> Option<bool> {
        self.real.as_ref().map_or(Some(false), |real| real.in_transaction())
    }

    fn is_open(&self) -> bool {
        self.real.is_some()
    }

    fn ping(&mut self, timeout: Duration) -> Result<()> {
        self.call("ping", |real| real.ping(timeout))
    }

    fn reset(&mut self) -> Result<()> {
        self.call("reset", |real| real.reset())
    }

    fn close(mut self: Box<Self>) {
        if let Some(real) = self.real.take() {
            real.close();
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
