//! The texts of the four dialects side by side, and what is sent to a connection that only pretends.

mod attributes;
mod connection;
mod models;
mod names;
mod order;
mod run;
mod texts;
mod verify;

use crate::ddl::Schema;
use crate::dialect::Dialect;
use crate::schema::Table;
use expect_test::Expect;

/// Compares what all dialects write with one snapshot; dialects that write the same share a heading.
fn check(tables: &[&'static Table], expected: Expect) {
    let schema = Schema::from_tables(tables.iter().copied());
    let mut groups: Vec<(String, String)> = Vec::new();
    for dialect in Dialect::all() {
        let text = match schema.ddl(dialect) {
            Ok(statements) => statements.into_iter().map(|statement| statement + ";\n").collect(),
            Err(error) => format!("{:?}: {error}\n", error.kind()),
        };
        match groups.iter_mut().find(|(_, other)| *other == text) {
            Some((names, _)) => *names = format!("{names}, {}", dialect.name),
            None => groups.push((dialect.name.to_owned(), text)),
        }
    }
    let all: Vec<String> = groups.into_iter().map(|(names, text)| format!("-- {names}\n{text}")).collect();
    expected.assert_eq(&all.join("\n"));
}
