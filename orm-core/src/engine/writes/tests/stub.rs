//! A driver whose one connection writes down what it is sent and answers by a script.

use crate::dialect::Dialect;
use crate::driver::{Connection, Driver, OnRow, Outcome};
use crate::engine::{Channel, Engine};
use crate::error::Result;
use crate::pool::PoolOptions;
use crate::row::Data;
use crate::value::Datum;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The answer to one statement.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) rows: Vec<Vec<Datum<'static>>>,
}

pub(super) fn count(rows: u64) -> Answer {
    Answer { outcome: Outcome { rows, ..Outcome::default() }, rows: Vec::new() }
}

pub(super) fn last_id(rows: u64, id: i64) -> Answer {
    Answer { outcome: Outcome { rows, last_id: Some(id), besides: 0 }, rows: Vec::new() }
}

/// Rows were inserted, and triggers wrote others.
pub(super) fn besides(rows: u64, id: i64, besides: u64) -> Answer {
    Answer { outcome: Outcome { rows, last_id: Some(id), besides }, rows: Vec::new() }
}

pub(super) fn rows(rows: impl IntoIterator<Item = Vec<Datum<'static>>>) -> Answer {
    Answer { outcome: Outcome::default(), rows: rows.into_iter().collect() }
}

pub(super) fn keys(keys: impl IntoIterator<Item = i64>) -> Answer {
    rows(keys.into_iter().map(|key| vec![Datum::Int(key)]))
}

type Script = dyn FnMut(&str, &[Datum<'_>]) -> Answer + Send;

/// What was sent: the text and the values.
pub(super) type Sent = Arc<Mutex<Vec<(String, Vec<Datum<'static>>)>>>;

struct Stub {
    dialect: &'static Dialect,
    script: Arc<Mutex<Box<Script>>>,
    sent: Sent,
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

/// A channel to a database of this dialect that answers by `script`, and what it is sent.
pub(super) fn channel(
    dialect: &'static Dialect,
    script: impl FnMut(&str, &[Datum<'_>]) -> Answer + Send + 'static,
) -> (Channel, Sent) {
    let sent = Sent::default();
    let stub = Stub { dialect, script: Arc::new(Mutex::new(Box::new(script))), sent: Arc::clone(&sent) };
    let engine = Engine::new(Arc::new(stub), PoolOptions::default()).expect("default options");
    (engine.channel().expect("the stub connects"), sent)
}

/// The texts that were sent so far, and forgets them.
pub(super) fn texts(sent: &Sent) -> Vec<String> {
    sent.lock().expect("no panic").drain(..).map(|(sql, _)| sql).collect()
}

/// The numbers of values that were sent so far, and forgets them.
pub(super) fn widths(sent: &Sent) -> Vec<usize> {
    sent.lock().expect("no panic").drain(..).map(|(_, binds)| binds.len()).collect()
}

impl Driver for Stub {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(Stub { dialect: self.dialect, script: Arc::clone(&self.script), sent: Arc::clone(&self.sent) }))
    }
    fn is_local(&self) -> bool {
        true
    }
}

impl Stub {
    fn answer(&self, sql: &str, binds: &[Datum<'_>]) -> Answer {
        let owned = binds.iter().map(|bind| bind.borrowed().into_owned()).collect();
        self.sent.lock().expect("no panic").push((sql.to_owned(), owned));
        (self.script.lock().expect("no panic"))(sql, binds)
    }
}

impl Connection for Stub {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }
    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        Ok(self.answer(sql, binds).outcome)
    }
    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.answer(sql, binds).rows.iter().try_for_each(|row| on_row(&Data(row)))
    }
    fn batch(&mut self, _sql: &str) -> Result<()> {
        Ok(())
    }
    fn in_transaction(&self) -> Option<bool> {
        Some(false)
    }
    fn is_open(&self) -> bool {
        true
    }
    fn ping(&mut self, _timeout: Duration) -> Result<()> {
        Ok(())
    }
    fn reset(&mut self) -> Result<()> {
        Ok(())
    }
    fn close(self: Box<Self>) {}
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}
