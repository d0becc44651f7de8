//! The database's own types, made known to the client when it connects.
//!
//! The client asks about a type that it does not know by a statement with a name, prepared in one round trip and run in the next.
//! Behind a pooler that gives each transaction another server connection the name is gone by then. In a transaction it is not.

use postgres::{Client, SimpleQueryMessage};
use std::fmt::Write;

/// The types that a column can have, but for those of the rows of tables. The first number that is not the server's own is 16384.
const OWN_TYPES: &str = "SELECT format('NULL::%I.%I', n.nspname, t.typname) \
     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
     LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typelem <> 0 \
     WHERE t.oid >= 16384 AND t.typisdefined AND t.typtype IN ('b', 'd', 'e', 'r', 'm') \
     AND coalesce(e.typtype, 'b') <> 'c' AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%' \
     AND has_schema_privilege(n.oid, 'USAGE') AND has_type_privilege(t.oid, 'USAGE') \
     ORDER BY t.oid DESC LIMIT 1000";

/// The names that this client gives to statements; a pooler that follows statements gives others.
const NAMES: &str = "SELECT name FROM pg_catalog.pg_prepared_statements WHERE name ~ '^s[0-9]+$'";

/// Has the client ask about all types at once, in a transaction that leaves no name behind.
pub(super) fn learn(client: &mut Client) -> Result<(), postgres::Error> {
    let types = texts(client, OWN_TYPES)?;
    if types.is_empty() {
        return Ok(());
    }
    client.batch_execute("BEGIN READ ONLY")?;
    // A type that was dropped meanwhile is no reason not to connect.
    let learnt = client.prepare(&format!("SELECT {}", types.join(", "))).map(drop);
    if learnt.is_err() {
        return client.batch_execute("ROLLBACK");
    }
    let mut end = String::new();
    for name in texts(client, NAMES)? {
        let _ = write!(end, "DEALLOCATE {name}; ");
    }
    client.batch_execute(&(end + "COMMIT"))
}

/// The first column of a query, which needs no types.
fn texts(client: &mut Client, query: &str) -> Result<Vec<String>, postgres::Error> {
    let answers = client.simple_query(query)?;
    let text = |answer: &SimpleQueryMessage| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(answers.iter().filter_map(text).collect())
}
