//! A connection keeps a bounded number of prepared statements, however many different ones are run.

use crate::support::Backend;
use orm::prelude::*;

const SIZE: i64 = 40;

/// How many statements the server keeps for this connection.
fn kept(connection: &mut Connection, backend: Backend) -> orm::Result<i64> {
    if backend == Backend::Postgres {
        return connection.one(sql("SELECT count(*) FROM pg_prepared_statements"));
    }
    // The server's count of all that are prepared is of all its connections; these are of this one.
    let rows: Vec<(String, String)> = connection.all(sql("SHOW SESSION STATUS LIKE 'Com_stmt_%'"))?;
    let number = |wanted: &str| {
        let row = rows.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        row.and_then(|(_, value)| value.parse::<i64>().ok()).expect("the server counts it")
    };
    Ok(number("Com_stmt_prepare") - number("Com_stmt_close"))
}

on_every_backend! {
    fn a_thousand_different_statements_leave_a_bounded_number_prepared(db) {
        if db.backend == Backend::Sqlite {
            return Ok(()); // nobody can be asked; the client's cache has a capacity
        }
        let mark = if db.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{mark}statement_cache_size={SIZE}", db.url);
        let mut connection = orm::create_engine(&url)?.connect()?;
        let mut most = 0;
        for number in 0..1000 {
            let statement = sql(format!("SELECT {number} + :one")).bind("one", 1);
            assert_eq!(connection.one::<i64, _>(statement)?, number + 1);
            if number % 100 == 99 {
                most = most.max(kept(&mut connection, db.backend)?);
            }
        }
        // One that is dropped is closed with the next request.
        assert!((SIZE / 2..=SIZE + 2).contains(&most), "{most} statements are kept");
    }

    fn the_same_statement_with_other_values_is_prepared_once(db) {
        if db.backend == Backend::Sqlite {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        let before = kept(&mut connection, db.backend)?;
        for number in 0..1000_i64 {
            connection.all::<i64, _>(sql("SELECT 1 FROM (SELECT 1 AS one) AS t WHERE one = :n").bind("n", number))?;
        }
        assert!(kept(&mut connection, db.backend)? <= before + 2);
    }
}
