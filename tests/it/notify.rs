//! LISTEN and NOTIFY on PostgreSQL, and what the others say.

use crate::support::Backend;
use orm::prelude::*;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);
const NOT_AT_ALL: Duration = Duration::from_millis(50);

on_every_backend! {
    fn what_is_told_arrives(db) {
        let engine = orm::EngineOptions::new(&db.url).pool_size(2).max_overflow(0).create()?;
        // Channels are the server's; no other test may hear this one.
        let channel = format!("order \"{}\" é", db.url.rsplit('=').next().unwrap_or_default());
        let mut listener = engine.connect()?;
        if db.backend != Backend::Postgres {
            assert_eq!(listener.listen(&channel).unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(listener.notify(&channel, "x").unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(listener.next_notification(NOT_AT_ALL).unwrap_err().kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        listener.listen(&channel)?;
        assert_eq!(listener.next_notification(NOT_AT_ALL)?, None);
        let mut teller = engine.connect()?;
        teller.notify(&channel, "one")?;
        let told = listener.next_notification(SOON)?.expect("it was told");
        assert_eq!((told.channel.as_str(), told.payload.as_str()), (channel.as_str(), "one"));
        assert!(told.process > 0);

        // In a transaction it is told at COMMIT, and never after a rollback.
        let mut transaction = teller.begin()?;
        transaction.notify(&channel, "lost")?;
        transaction.rollback()?;
        let mut transaction = teller.begin()?;
        transaction.notify(&channel, "two")?;
        assert_eq!(listener.next_notification(NOT_AT_ALL)?, None);
        transaction.commit()?;
        teller.notify(&channel, "")?;
        let told: Vec<String> = listener.notifications(Duration::from_millis(500)).map(|told| told.map(|told| told.payload)).collect::<orm::Result<_>>()?;
        assert_eq!(told, ["two", ""]);

        // What comes while the listener is at work waits for it.
        teller.notify(&channel, "three")?;
        assert_eq!(listener.one::<i64, _>(sql("SELECT 1"))?, 1);
        assert_eq!(listener.one::<i64, _>(sql("SELECT 2"))?, 2);
        assert_eq!(listener.next_notification(Duration::ZERO)?.map(|told| told.payload), Some("three".into()));
        let mut transaction = listener.begin()?;
        assert_eq!(transaction.next_notification(NOT_AT_ALL).unwrap_err().kind(), ErrorKind::Misuse);
        transaction.rollback()?;
        listener.unlisten(&channel)?;
        teller.notify(&channel, "four")?;
        assert_eq!(listener.next_notification(NOT_AT_ALL)?, None);
        drop(teller);
        drop(listener);
        engine.pool().close();
    }

    fn nobody_listens_on_a_connection_that_was_given_back(db) {
        if db.backend != Backend::Postgres {
            return Ok(());
        }
        let engine = orm::EngineOptions::new(&db.url).pool_size(1).max_overflow(0).create()?;
        let channel = format!("back {}", db.url.rsplit('=').next().unwrap_or_default());
        let mut connection = engine.connect()?;
        let own: i64 = connection.one(sql("SELECT pg_backend_pid()::bigint"))?;
        connection.listen(&channel)?;
        connection.notify(&channel, "unheard")?;
        drop(connection);
        let mut connection = engine.connect()?;
        assert_eq!(connection.one::<i64, _>(sql("SELECT pg_backend_pid()::bigint"))?, own, "it is the same one");
        connection.notify(&channel, "to nobody")?;
        assert_eq!(connection.next_notification(NOT_AT_ALL)?, None);
        drop(connection);
        engine.pool().close();
    }

    fn names_are_checked_and_a_lost_connection_is_told(db) {
        if db.backend != Backend::Postgres {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        for wrong in [String::new(), "x".repeat(64), "a\0b".into()] {
            assert_eq!(connection.listen(&wrong).unwrap_err().kind(), ErrorKind::InvalidValue);
            assert_eq!(connection.notify(&wrong, "").unwrap_err().kind(), ErrorKind::InvalidValue);
        }
        connection.listen(&"x".repeat(63))?;
        let number: i64 = connection.one(sql("SELECT pg_backend_pid()::bigint"))?;
        db.engine.connect()?.execute(sql(format!("SELECT pg_terminate_backend({number})")))?;
        let start = Instant::now();
        let error = connection.next_notification(SOON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        assert!(start.elapsed() < SOON);
    }
}
