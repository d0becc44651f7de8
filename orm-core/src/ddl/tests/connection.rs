//! A connection that writes down what it is sent, and answers from what it was told.

use crate::dialect::Dialect;
use crate::driver::{Connection, OnRow, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::row::Data;
use crate::value::Datum;
use std::time::Duration;

pub(super) struct Pretended {
    pub(super) dialect: &'static Dialect,
    pub(super) in_transaction: bool,
    /// What `batch` got, and what `query` asked for beside the tables: the values.
    pub(super) sent: Vec<String>,
    /// The statement that contains this fails.
    pub(super) fails_at: Option<&'static str>,
    /// Rows of texts for the queries that contain the first text.
    pub(super) answers: Vec<(&'static str, Vec<Vec<&'static str>>)>,
    /// What is answered once a statement has failed.
    pub(super) answers_after_failure: Vec<(&'static str, Vec<Vec<&'static str>>)>,
}

impl Pretended {
    pub(super) fn new(dialect: &'static Dialect) -> Pretended {
        Pretended {
            dialect,
            in_transaction: false,
            sent: Vec::new(),
            fails_at: None,
            answers: Vec::new(),
            answers_after_failure: Vec::new(),
        }
    }

    /// The first words of everything sent.
    pub(super) fn words(&self, words: usize) -> Vec<String> {
        self.sent.iter().map(|sql| sql.split_whitespace().take(words).collect::<Vec<_>>().join(" ")).collect()
    }
}

impl Connection for Pretended {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn execute(&mut self, sql: &str, _binds: &[Datum<'_>]) -> Result<Outcome> {
        panic!("schema statements have no values, so they go through `batch`: {sql}")
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        let values: Vec<String> = binds
            .iter()
            .map(|bind| match bind {
                Datum::Text(text) => text.to_string(),
                other => panic!("a name is bound as text, not as {other:?}"),
            })
            .collect();
        self.sent.push(format!("? {}", values.join(" ")));
        let answer = self.answers.iter().find(|(part, _)| sql.contains(part));
        for row in answer.map(|(_, rows)| rows).into_iter().flatten() {
            let data: Vec<Datum<'_>> = row.iter().map(|text| Datum::text(text)).collect();
            on_row(&Data(&data))?;
        }
        Ok(())
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.sent.push(sql.to_owned());
        if self.fails_at.is_some_and(|part| sql.contains(part)) {
            self.answers.append(&mut self.answers_after_failure);
            return Err(Error::new(ErrorKind::Database, "the database refused"));
        }
        Ok(())
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.in_transaction)
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
