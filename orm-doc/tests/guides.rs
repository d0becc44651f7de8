//! The examples of the pages in `docs/`, each a test that is named after its line. `build.rs` takes them from the pages.

// The pages show what a reader would write, not what a lint would.
#![allow(warnings, clippy::all)]

/// Runs the examples of web applications.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The database of such an application, with the tables of a page.
fn database(schema: orm::Schema) -> orm::Result<orm_axum::Db> {
    let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
    schema.create_all(db.engine())?;
    Ok(db)
}

include!(concat!(env!("OUT_DIR"), "/guides.rs"));
