//! Connections that the server ends: between two checkouts, while they are out, and in the middle of a transaction.

use super::*;
use crate::support::Backend;
use orm::pool::PrePing;

/// The server's number of a connection; none on SQLite, which has no server.
fn number_of(connection: &mut Connection, backend: Backend) -> orm::Result<Option<i64>> {
    let query = match backend {
        Backend::Sqlite => return Ok(None),
        Backend::Postgres => "SELECT pg_backend_pid()::bigint",
        Backend::Mariadb | Backend::Mysql => "SELECT CONNECTION_ID()",
    };
    connection.one(sql(query)).map(Some)
}

/// Ends a connection from another one, and returns when the server has forgotten it.
fn end(db: &Db, number: i64) -> orm::Result<()> {
    let mut admin = db.engine.connect()?;
    let (kill, list) = match db.backend {
        Backend::Postgres => {
            ("SELECT pg_terminate_backend(:n)", "SELECT count(*) FROM pg_stat_activity WHERE pid = :n")
        }
        Backend::Sqlite | Backend::Mariadb => {
            ("KILL", "SELECT count(*) FROM information_schema.processlist WHERE id = :n")
        }
        // Its list of processes is an error while a statement of another test is no text (3854).
        Backend::Mysql => ("KILL", "SELECT count(*) FROM performance_schema.threads WHERE processlist_id = :n"),
    };
    if db.backend == Backend::Postgres {
        assert!(admin.one::<bool, _>(sql(kill).bind("n", i32::try_from(number).expect("a process number")))?);
        while admin.one::<i64, _>(sql(list).bind("n", i32::try_from(number).expect("a process number")))? > 0 {}
        return Ok(());
    }
    admin.execute(sql(format!("{kill} {number}")))?;
    while admin.one::<i64, _>(sql(list).bind("n", number))? > 0 {}
    Ok(())
}

on_every_backend! {
    /// Case 46.
    fn with_pre_ping_the_next_checkout_heals(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0).pre_ping(PrePing::Always))?;
        let Some(number) = number_of(&mut own.0.connect()?, db.backend)? else { return Ok(()) };
        own.0.pool().settle(LONG);
        end(db, number)?;
        let mut connection = own.0.connect()?;
        let other = number_of(&mut connection, db.backend)?;
        assert!(other.is_some() && other != Some(number), "a new connection");
    }

    /// Case 46.
    fn without_pre_ping_there_is_one_error_and_then_it_works(db) {
        let own = Own::new(db, |options| options.pool_size(2).pre_ping(PrePing::Never))?;
        let Some(number) = number_of(&mut own.0.connect()?, db.backend)? else { return Ok(()) };
        own.0.pool().settle(LONG);
        end(db, number)?;
        let first = own.0.connect().and_then(|mut connection| connection.one::<i64, _>(sql("SELECT 1")));
        // A client that has noticed by itself gives a new connection at once.
        if let Err(error) = first {
            assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
            assert!(error.is_disconnect() && !error.is_retryable());
        }
        assert_eq!(own.0.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
        assert_eq!(own.0.connect()?.one::<i64, _>(sql("SELECT 2"))?, 2);
    }

    fn a_connection_lost_while_it_is_out_is_not_used_again(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0))?;
        let mut connection = own.0.connect()?;
        let Some(number) = number_of(&mut connection, db.backend)? else { return Ok(()) };
        end(db, number)?;
        for _ in 0..2 {
            let error = connection.one::<i64, _>(sql("SELECT 1")).expect_err("it is lost");
            assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        }
        drop(connection);
        assert_eq!(own.0.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    /// Case 46.
    fn in_the_middle_of_a_transaction_half_of_it_is_never_repeated(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0))?;
        Schema::of::<Entry>().create_all(&own.0)?;
        let mut connection = own.0.connect()?;
        let Some(number) = number_of(&mut connection, db.backend)? else { return Ok(()) };
        let entry = |number| Entry { id: 0, thread: 0, number };
        let mut tx = connection.begin()?;
        tx.execute(insert(&entry(1)))?;
        end(db, number)?;
        let error = tx.execute(insert(&entry(2))).expect_err("it is lost");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        let error = tx.execute(insert(&entry(3))).expect_err("the transaction is lost with it");
        assert_eq!(error.kind(), ErrorKind::TransactionFailed, "{error:?}");
        let error = tx.commit().expect_err("nothing is left to commit");
        assert!(matches!(error.kind(), ErrorKind::TransactionFailed | ErrorKind::ConnectionLost), "{error:?}");
        drop(connection);
        assert_eq!(own.0.connect()?.count(select::<Entry>())?, 0);
        own.0.transaction(|tx| tx.execute(insert(&entry(4))))?;
        assert_eq!(own.0.connect()?.count(select::<Entry>())?, 1);
    }

    fn in_a_session_the_objects_wait_for_the_rollback(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0))?;
        Schema::of::<Entry>().create_all(&own.0)?;
        let mut session = own.0.session();
        session.add(Entry { id: 0, thread: 1, number: 1 });
        session.flush()?;
        let query = match db.backend {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => "SELECT pg_backend_pid()::bigint",
            Backend::Mariadb | Backend::Mysql => "SELECT CONNECTION_ID()",
        };
        let numbers: Vec<i64> = session.rows(sql(query))?;
        end(db, numbers[0])?;
        let late = session.add(Entry { id: 0, thread: 2, number: 2 });
        let error = session.commit().expect_err("the connection is lost");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        let error = session.count(select::<Entry>()).expect_err("it must be rolled back");
        assert_eq!(error.kind(), ErrorKind::SessionFailed, "{error:?}");
        session.rollback()?;
        assert!(session.try_get(late).is_none(), "what was added is gone with the transaction");
        session.add(Entry { id: 0, thread: 3, number: 3 });
        session.commit()?;
        assert_eq!(session.rows(select::<Entry>().columns(|row| row.thread))?, [3]);
        session.commit()?;
    }

    fn a_statement_that_runs_too_long_has_its_kind(db) {
        let (option, slow) = match db.backend {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => ("statement_timeout=50", "SELECT 1 FROM pg_sleep(20)"),
            Backend::Mariadb => ("statement_timeout=50", "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b"),
            Backend::Mysql => (
                "statement_timeout=50",
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT count(*) FROM n a, n b, n c, n d",
            ),
        };
        let url = format!("{}{}{option}", db.url, if db.url.contains('?') { '&' } else { '?' });
        let engine = orm::create_engine(&url)?;
        let mut connection = engine.connect()?;
        let error = connection.all::<i64, _>(sql(slow)).expect_err("it takes too long");
        assert_eq!(error.kind(), ErrorKind::StatementTimeout, "{error:?}");
        assert_eq!(connection.one::<i64, _>(sql("SELECT 1"))?, 1, "the connection is still of use");
        drop(connection);
        engine.pool().close();
        engine.pool().settle(LONG);
    }

    fn what_cannot_be_reached_fails_at_once(db) {
        let Some(server) = crate::support::server_url(db.backend).filter(|url| !url.is_empty()) else { return Ok(()) };
        let mut url = orm::drivers::url::Url::parse(&server)?;
        url.database = Some("no_such_database".into());
        let error = EngineOptions::from_url(url.clone()).create()?.connect().expect_err("no such database");
        assert_eq!(error.kind(), ErrorKind::UnknownDatabase, "{error:?}");
        let free =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        url.hosts = vec![orm::drivers::url::Host { name: "127.0.0.1".into(), port: Some(free.port()) }];
        let error = EngineOptions::from_url(url).create()?.connect().expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error:?}");
        assert!(error.to_string().contains(&free.port().to_string()), "{error}");
    }
}
