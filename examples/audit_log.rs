//! Who changed what, and when: a hook keeps `updated_by` and `updated_at`, a listener on every session writes an audit log.
//!
//! ```sh
//! cargo run --example audit_log                                      # SQLite, in memory
//! cargo run --example audit_log --features postgres postgresql://user:password@host/database
//! ```
//!
//! The tables `articles` and `audit_log` of the database are made anew.

use orm::Datum;
use orm::prelude::*;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Model, Clone, Debug)]
#[orm(table = "articles", hooks)]
struct Article {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 80)]
    title: String,
    price: i64,
    #[orm(length = 40)]
    updated_by: String,
    updated_at: i64, // seconds since 1970
}

/// One column of one row that was written.
#[derive(Model, Clone, Debug)]
#[orm(table = "audit_log")]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    who: String,
    what: String,
    old: Option<String>,
    new: Option<String>,
}

/// Who is at work: the web framework's middleware would put it into the session.
struct AtWork(&'static str);

impl Hooks for Article {
    fn before_insert(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        self.stamp(context)
    }

    fn before_update(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        self.stamp(context)
    }
}

impl Article {
    fn new(title: &str, price: i64) -> Article {
        Article { id: 0, title: title.into(), price, updated_by: String::new(), updated_at: 0 }
    }

    fn stamp(&mut self, context: &HookContext<Self>) -> orm::Result<()> {
        let Some(AtWork(who)) = context.info() else {
            return Err(Error::refused("nobody is at work")); // and nothing is written
        };
        self.updated_by = (*who).into();
        self.updated_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs() as i64);
        Ok(())
    }
}

/// Every session of the engine writes what it flushes into the log, in the same transaction.
fn audit(engine: &Engine) {
    engine.on_session(|session| {
        session.after_flush(|session, changes| {
            let who = session.info::<AtWork>().map_or("somebody", |at_work| at_work.0);
            // The entries are flushed in a further round, which calls this again.
            for change in changes.iter().filter(|change| change.table != "audit_log") {
                let columns = change.columns.iter().filter(|column| !column.field.starts_with("updated_"));
                for column in columns.filter(|column| column.field != "id") {
                    let row: Vec<String> = change.key.iter().map(text).collect();
                    session.add(Entry {
                        id: 0,
                        who: who.into(),
                        what: format!("{:?} {} {}: {}", change.operation, change.table, row.join("/"), column.column),
                        old: column.old.as_ref().map(text),
                        new: column.new.as_ref().map(text),
                    });
                }
            }
            Ok(())
        });
    });
}

fn text(datum: &Datum<'static>) -> String {
    match datum {
        Datum::Int(value) => value.to_string(),
        Datum::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

/// The story; what it returns is the log.
pub(crate) fn tell(engine: &Engine) -> orm::Result<Vec<String>> {
    let schema = Schema::of::<(Article, Entry)>();
    schema.drop_all(engine)?;
    schema.create_all(engine)?;
    audit(engine);

    let mut session = engine.session();
    session.set_info(AtWork("alice"));
    let lamp = session.add(Article::new("Lamp", 30));
    session.commit()?;

    session.set_info(AtWork("bob"));
    session[lamp].price = 25;
    session.commit()?; // UPDATE articles SET price, updated_by, updated_at; INSERT INTO audit_log
    assert_eq!(session[lamp].updated_by, "bob");
    assert!(session[lamp].updated_at > 0);

    session[lamp].price = 0;
    session.flush()?;
    session.rollback()?; // the log of what did not happen goes with it

    session.delete(lamp);
    session.commit()?;

    let mut lines = Vec::new();
    for Entry { who, what, old, new, .. } in session.rows::<Entry, _>(select::<Entry>().order_by(|e| e.id))? {
        let side = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        lines.push(format!("{who}: {what} {} -> {}", side(old), side(new)));
    }
    Ok(lines)
}

fn main() -> orm::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite::memory:".into());
    for line in tell(&orm::create_engine(&url)?)? {
        println!("{line}");
    }
    Ok(())
}
