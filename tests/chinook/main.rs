//! The questions of `examples/chinook_reports`: each has the answer that hand-written SQL gives, on every database.

#[macro_use]
#[allow(dead_code, clippy::unwrap_used)] // other tests need more of it, and a test that fails panics anyway
#[path = "../it/support.rs"]
mod support;

#[path = "../../examples/chinook_reports/catalog.rs"]
mod catalog;
#[path = "../../examples/chinook_reports/customers.rs"]
mod customers;
#[path = "../../examples/chinook/load.rs"]
mod load;
#[path = "../../examples/chinook/models.rs"]
mod models;
#[path = "../../examples/chinook_reports/people.rs"]
mod people;
#[path = "../../examples/chinook_reports/questions.rs"]
mod questions;
#[path = "../../examples/chinook_reports/sales.rs"]
mod sales;
mod texts;

use models::*;
use orm::prelude::*;
use questions::Rows;
use std::fmt::Debug;
use support::Backend;

on_every_backend! {
    fn every_question_has_the_answer_of_sql(db) {
        let schema = Schema::of::<(
            (Artist, Album, Genre, MediaType, Track, Playlist, PlaylistTrack),
            (Employee, Customer, Invoice, InvoiceLine),
        )>();
        schema.create_all(&db.engine)?;
        load::everything(&mut db.engine.session()).expect("the files are in order");
        let mut asked = Questions { db: db.engine.connect()?, backend: db.backend, count: 0, faults: Vec::new() };
        texts::sales::ask(&mut asked);
        texts::customers::ask(&mut asked);
        texts::catalog::ask(&mut asked);
        texts::people::ask(&mut asked);
        assert!(asked.faults.is_empty(), "{}", asked.faults.join("\n"));
        assert_eq!(asked.count, 36);
    }
}

/// The questions asked so far, and what was wrong.
struct Questions {
    db: Connection,
    backend: Backend,
    count: usize,
    faults: Vec<String>,
}

impl Questions {
    /// Asks a question and the text of its SQL, which must both give the same rows, and so many.
    fn ask<T: FromRow + Debug + PartialEq>(
        &mut self,
        name: &str,
        rows: usize,
        question: impl FnOnce(&mut Connection) -> Rows<T>,
        text: &str,
    ) {
        self.count += 1;
        let text = in_words_of(self.backend, text);
        let expected: Rows<T> = self.db.all(sql(&text));
        let fault = match (question(&mut self.db), expected) {
            (Ok(answer), Ok(expected)) if answer == expected && answer.len() == rows => return,
            (Ok(answer), Ok(expected)) => {
                let differs = answer.iter().zip(&expected).find(|(answer, expected)| answer != expected);
                let counts = format!("{} rows, {} by SQL, {rows} expected", answer.len(), expected.len());
                format!("{counts}; the first that differ: {differs:?}")
            }
            (Err(error), _) => format!("the query: {error} {error:?}"),
            (_, Err(error)) => format!("the text: {error} {error:?}\n{text}"),
        };
        self.faults.push(format!("{name}: {fault}"));
    }
}

/// The text in the words of a database: `//` is the division of whole numbers, `FLOAT8` and `INT8` are the types of casts, and
/// `LIST(a; b)` joins texts `a` in the order of `b`.
fn in_words_of(backend: Backend, text: &str) -> String {
    let (division, float, integer) = match backend {
        Backend::Sqlite => ("/", "REAL", "INTEGER"),
        Backend::Postgres => ("/", "DOUBLE PRECISION", "BIGINT"),
        Backend::Mariadb | Backend::Mysql => ("DIV", "DOUBLE", "SIGNED"),
    };
    let text = text.replace("//", division).replace("FLOAT8", float).replace("INT8", integer);
    let Some((before, rest)) = text.split_once("LIST(") else { return text };
    let (list, after) = rest.split_once(')').expect("a list ends");
    let (of, order) = list.split_once("; ").expect("a list has an order");
    let list = match backend {
        Backend::Sqlite => format!("GROUP_CONCAT({of}, ', ' ORDER BY {order})"),
        Backend::Postgres => format!("STRING_AGG({of}, ', ' ORDER BY {order})"),
        Backend::Mariadb | Backend::Mysql => format!("GROUP_CONCAT({of} ORDER BY {order} SEPARATOR ', ')"),
    };
    format!("{before}{list}{after}")
}
