//! The statements that are prepared on one connection, by their text; the least recently used one goes when it is full.

use super::row::Column;
use hashlink::LruCache;
use postgres_protocol::message::frontend;
use postgres_types::Type;
use postgres_types::private::BytesMut;
use std::io;
use std::sync::Arc;

/// A statement that the server knows by a name.
pub(super) struct Prepared {
    pub(super) name: String,
    pub(super) parameters: Vec<Type>,
    pub(super) columns: Vec<Column>,
}

/// A bounded cache.
pub(super) struct Statements {
    known: LruCache<Box<str>, Arc<Prepared>>,
    /// Names that the server may forget, which it is told with the next request.
    closing: Vec<String>,
    next: u64,
}

impl Statements {
    pub(super) fn new(capacity: usize) -> Statements {
        Statements { known: LruCache::new(capacity), closing: Vec::new(), next: 0 }
    }

    /// The statement of a text, if it is prepared.
    pub(super) fn cached(&mut self, sql: &str) -> Option<Arc<Prepared>> {
        self.known.get(sql).cloned()
    }

    /// A name that was never used on this connection.
    pub(super) fn next_name(&mut self) -> String {
        self.next += 1;
        format!("s{}", self.next)
    }

    pub(super) fn keep(&mut self, sql: &str, prepared: Arc<Prepared>) {
        if self.known.len() >= self.known.capacity()
            && let Some((_, oldest)) = self.known.remove_lru()
        {
            self.forget(&oldest.name);
        }
        self.known.insert(sql.into(), prepared);
    }

    /// Has the server forget a name.
    pub(super) fn forget(&mut self, name: &str) {
        self.closing.push(name.to_owned());
    }

    /// Forgets all: one change of a schema makes more than one statement stale.
    pub(super) fn clear(&mut self) {
        while let Some((_, stale)) = self.known.remove_lru() {
            self.forget(&stale.name);
        }
    }

    /// Writes which names the server may forget. It answers even where it has forgotten them by itself.
    pub(super) fn write_closing(&mut self, out: &mut BytesMut) -> io::Result<()> {
        self.closing.drain(..).try_for_each(|name| frontend::close(b'S', &name, out))
    }

    /// Whether so many statements can be kept at once, so that none of them goes to make room for another.
    pub(super) fn has_room_for(&self, statements: usize) -> bool {
        statements <= self.known.capacity()
    }

    /// False when statements are never kept.
    pub(super) fn is_enabled(&self) -> bool {
        self.known.capacity() > 0
    }
}
