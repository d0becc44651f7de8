//! Flushes of several small writes, which one driver sends together, with COMMIT behind the last: what must not be committed is not.

use crate::session_models::*;
use crate::support::{Backend, Db};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "setting")]
struct Setting {
    #[orm(primary_key, generated = false, length = 40)]
    name: String,
    #[orm(unique)]
    value: i64,
}

fn setting(name: &str, value: i64) -> Setting {
    Setting { name: name.into(), value }
}

fn prepare(db: &Db) -> orm::Result<()> {
    create(db)?;
    Schema::of::<Setting>().create_all(&db.engine)?;
    let rows = [setting("a", 1), setting("b", 2), setting("c", 3)];
    db.engine.connect()?.execute(insert(&rows)).map(drop)
}

fn settings(db: &Db) -> orm::Result<Vec<(String, i64)>> {
    db.engine.connect()?.all(select::<Setting>().order_by(|s| s.name).columns(|s| (s.name, s.value)))
}

on_every_backend! {
    fn inserts_updates_and_deletes_of_several_tables_are_one_transaction(db) {
        prepare(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 100));
        session.commit()?;
        for round in 0..3 {
            let all = session.all(select::<Setting>().order_by(|s| s.name))?;
            session[ann].balance += 1;
            session[all[0]].value += 10;
            session.delete(all[1]);
            let new = session.add(setting("b", 200 + round));
            let (ben, eve) = (session.add(account("ben", round)), session.add(account("eve", round)));
            session.commit()?;
            assert!(session[ben].id > 0 && session[eve].id > session[ben].id);
            assert_eq!((session.state(new), session[new].value), (State::Clean, 200 + round));
            assert_eq!(i64::from(session[ann].version), 2 + round);
        }
        let expected = [("a", 31), ("b", 202), ("c", 3)].map(|(name, value)| (name.to_owned(), value));
        assert_eq!(settings(db)?, expected);
        assert_eq!((accounts(db)?.len(), accounts(db)?[0].balance), (7, 103));
    }

    fn the_key_of_a_new_row_is_known_to_those_that_refer_to_it(db) {
        prepare(db)?;
        let mut session = db.engine.session();
        let all = session.all(select::<Setting>().order_by(|s| s.name))?;
        session[all[2]].value = 30;
        let ann = session.add(author("ann"));
        let (first, second) = (session.add(book("one", ann)), session.add(book("two", ann)));
        session.commit()?;
        let key = session[ann].id;
        assert!(key > 0);
        for book in [first, second] {
            assert_eq!(session[book].author.key(), Some(&key));
            assert!(session.refresh(book).is_ok());
        }
        assert_eq!(settings(db)?[2].1, 30);
    }

    fn a_stale_row_among_others_is_named_and_nothing_is_committed(db) {
        prepare(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 100));
        session.commit()?;
        let all = session.all(select::<Setting>().order_by(|s| s.name))?;
        session.commit()?;
        db.engine.connect()?.execute(delete::<Setting>().filter(|s| s.name.eq("b")))?;
        // In one statement with others, by itself, and by a delete.
        for attempt in 0..3 {
            session[ann].balance = 7;
            match attempt {
                0 => all.iter().enumerate().for_each(|(at, row)| session[*row].value = 100 + at as i64),
                1 => session[all[1]].value = 101,
                _ => session.delete(all[1]),
            }
            let error = session.commit().expect_err("a row is gone");
            assert_eq!(error.kind(), ErrorKind::StaleData);
            assert!(error.to_string().contains("`Setting` with key \"b\" was"), "{error}");
            assert_eq!(session.count(select::<Setting>()).expect_err("it failed").kind(), ErrorKind::SessionFailed);
            session.rollback()?;
            assert_eq!((session[ann].balance, accounts(db)?[0].balance, settings(db)?.len()), (100, 100, 2));
        }
        session[ann].balance = 8;
        session.commit()?;
        assert_eq!(accounts(db)?[0].balance, 8);
    }

    fn an_error_among_others_is_that_of_its_table(db) {
        prepare(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 100));
        session.commit()?;
        let all = session.all(select::<Setting>().order_by(|s| s.name))?;
        session[ann].balance = 7;
        session.add(setting("d", 3));
        session.delete(all[0]);
        let error = session.commit().expect_err("3 is taken");
        assert_eq!((error.kind(), error.table()), (ErrorKind::UniqueViolation, Some("setting")));
        assert!(error.to_string().starts_with("insert into setting"), "{error}");
        session.rollback()?;
        assert_eq!((session[ann].balance, settings(db)?.len(), accounts(db)?[0].balance), (100, 3, 100));
    }

    /// What only PostgreSQL does: rows dropped by a trigger, and constraints that are checked at COMMIT.
    fn what_is_found_at_the_end_undoes_everything(db) {
        if db.backend != Backend::Postgres {
            return Ok(());
        }
        prepare(db)?;
        let mut connection = db.engine.connect()?;
        connection.driver_connection().batch(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER dropping BEFORE INSERT ON setting FOR EACH ROW EXECUTE FUNCTION nothing(); \
             ALTER TABLE accounts ADD CONSTRAINT late UNIQUE (owner) DEFERRABLE INITIALLY DEFERRED",
        )?;
        drop(connection);
        let mut session = db.engine.session();
        for _ in 0..2 {
            session.add(account("ann", 100));
            session.add(setting("d", 4));
            let error = session.commit().expect_err("the row was dropped");
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("a trigger dropped 1 of 1 rows of setting"), "{error}");
            session.rollback()?;
        }
        session.add(account("ann", 100));
        session.commit()?;
        session.add(account("ann", 200));
        session.add(author("ben"));
        assert_eq!(session.commit().expect_err("at COMMIT").kind(), ErrorKind::UniqueViolation);
        session.rollback()?;
        assert_eq!((names(db)?.len(), accounts(db)?.len()), (0, 1));
        session.add(account("eve", 300));
        session.commit()?;
        assert_eq!(accounts(db)?.len(), 2);
    }
}
