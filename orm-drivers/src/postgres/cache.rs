//! The statements that are prepared on one connection, by their text; the least recently used one goes when it is full.

use hashlink::LruCache;
use postgres::{Client, Statement};

/// A bounded cache. Dropping a statement queues its end, which travels with the next request.
pub(super) struct Statements(LruCache<Box<str>, Statement>);

impl Statements {
    pub(super) fn new(capacity: usize) -> Statements {
        Statements(LruCache::new(capacity))
    }

    /// The statement of a text, if it is prepared.
    pub(super) fn cached(&mut self, sql: &str) -> Option<Statement> {
        self.0.get(sql).cloned()
    }

    /// Prepares the statement of a text and keeps it.
    pub(super) fn prepare(&mut self, client: &mut Client, sql: &str) -> Result<Statement, postgres::Error> {
        let statement = client.prepare(sql)?;
        self.0.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    /// Forgets all: one change of a schema makes more than one statement stale.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// False when statements are never kept.
    pub(super) fn is_enabled(&self) -> bool {
        self.0.capacity() > 0
    }
}
