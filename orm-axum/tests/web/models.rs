//! The model that most of these tests use, and the way from a test's database to that of an application.

use crate::support;
use orm::prelude::*;
use orm_axum::Db;
use std::time::Duration;

#[derive(Model, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[orm(table = "notes", has_many(lines = Line::note))]
pub(crate) struct Note {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(unique, length = 80)]
    pub(crate) title: String,
    pub(crate) stars: i32,
}

#[derive(Model, Clone, Debug, PartialEq, serde::Serialize)]
#[orm(table = "note_lines")]
pub(crate) struct Line {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) text: String,
    #[orm(on_delete = "cascade")]
    pub(crate) note: Ref<Note>,
}

pub(crate) fn note(title: &str) -> Note {
    Note { id: 0, title: title.into(), stars: 0 }
}

/// An application's database with the tables of the models, of as many connections.
pub(crate) fn open(db: &support::Db, connections: usize) -> orm::Result<Db> {
    let engine = EngineOptions::new(&db.url)
        .pool_size(connections)
        .max_overflow(0)
        .pool_timeout(Duration::from_secs(20))
        .create()?;
    Schema::of::<(Note, Line)>().create_all(&engine)?;
    Ok(Db::new(engine))
}

/// The titles that everybody sees.
pub(crate) fn titles(db: &support::Db) -> Vec<String> {
    let mut connection = db.engine.connect().unwrap();
    connection.all(select::<Note>().order_by(|n| n.title).columns(|n| n.title)).unwrap()
}

/// Runs a future on a runtime of one thread, which stands still if anything blocks it.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Waits until something is so; fails after a while.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not within ten seconds: {what}");
}
