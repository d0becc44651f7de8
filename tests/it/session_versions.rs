//! Optimistic locking: versions are checked, raised, and rolled back with their rows.

use crate::session_models::*;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "entries")]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    account: Ref<Account>,
    amount: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tasks")]
struct Task {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    after: Option<Ref<Task>>,
    #[orm(version)]
    version: i64,
}

fn task(name: &str) -> Task {
    Task { id: 0, name: name.into(), after: None, version: 0 }
}

on_every_backend! {
    /// An expression builds upon what others wrote; but a version that the object gets by it stands for the whole row.
    fn an_expression_brings_the_row_of_its_version(db) {
        create(db)?;
        let (mut first, mut second) = (db.engine.session(), db.engine.session());
        let mine = first.add(account("ann", 100));
        first.commit()?;
        let theirs = second.get::<Account>(first[mine].id)?.expect("the row is there");
        second.commit()?;
        // Twice in a flush, and beside a change of the object, which does check.
        first[mine].owner = "Ann".into();
        first.set(mine, |a| a.balance.to(a.balance - 10))?;
        first.set(mine, |a| a.balance.to(a.balance - 10))?;
        first.commit()?;
        assert_eq!((first[mine].balance, first[mine].version), (80, 4));

        second.set(theirs, |a| a.balance.to(a.balance - 20))?;
        second.flush()?;
        let seen = Account { id: second[theirs].id, owner: "Ann".into(), balance: 60, version: 5 };
        assert_eq!(second[theirs], seen);
        second.commit()?;
        assert_eq!(accounts(db)?, [seen]);
        first[mine].owner = "Anna".into();
        first.set(mine, |a| a.balance.to(a.balance - 10))?;
        assert_eq!(first.commit().expect_err("the version is another").kind(), ErrorKind::StaleData);
        first.rollback()?;
        let error = first.set(mine, |a| a.id.to(7)).expect_err("it is the key");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        first.commit()?;
        assert_eq!(accounts(db)?[0].balance, 60);
    }

    /// Case 15.
    fn the_second_of_two_sessions_finds_a_versioned_row_stale(db) {
        create(db)?;
        let (mut first, mut second) = (db.engine.session(), db.engine.session());
        let mine = first.add(account("ann", 100));
        first.commit()?;
        assert_eq!(first[mine].version, 1);
        let theirs = second.get::<Account>(first[mine].id)?.expect("the row is there");
        second.commit()?;
        first[mine].balance -= 10;
        first.commit()?;
        assert_eq!(first[mine].version, 2);
        second[theirs].balance -= 20;
        let error = second.commit().expect_err("the row has another version");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        assert!(error.to_string().contains("`Account`"), "{error}");
        assert_eq!(accounts(db)?[0].balance, 90);
        second.rollback()?;
        assert_eq!(second.get(theirs)?, Some(theirs));
        assert_eq!((second[theirs].balance, second[theirs].version), (90, 2));
        second[theirs].balance -= 20;
        second.commit()?;
        assert_eq!((accounts(db)?[0].balance, accounts(db)?[0].version), (70, 3));

        first.delete(mine);
        assert_eq!(first.commit().expect_err("the version is another").kind(), ErrorKind::StaleData);
        first.rollback()?;
        assert_eq!(first.get(mine)?, Some(mine));
        first.delete(mine);
        first.commit()?;
        assert!(accounts(db)?.is_empty());
    }

    /// Case 15: the versions that a transaction raised go down again with it, or with its savepoint.
    fn a_version_is_rolled_back_with_its_row(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 100));
        session.commit()?;
        session[ann].balance = 1;
        session.flush()?;
        assert_eq!(session[ann].version, 2);
        let refused = session.savepoint(|session| {
            session[ann].balance = 2;
            session.flush()?;
            session[ann].balance = 3;
            session.flush()?;
            assert_eq!(session[ann].version, 4);
            Err::<(), _>(Error::refused("no"))
        });
        assert!(refused.is_err());
        assert_eq!((session[ann].balance, session[ann].version), (1, 2));
        session[ann].balance = 5;
        session.flush()?;
        assert_eq!(session[ann].version, 3);
        session.rollback()?;
        assert_eq!((session[ann].balance, session[ann].version), (100, 1));
        session[ann].balance = 7;
        session.commit()?;
        assert_eq!(accounts(db)?, [Account { balance: 7, version: 2, ..session[ann].clone() }]);
    }

    /// Case 15: the version is the flush's own, and a child's change is not the parent's.
    fn a_version_is_not_the_programs_to_change(db) {
        Schema::of::<(Account, Entry)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(Account { version: 77, ..account("ann", 100) });
        let entry = session.add(Entry { id: 0, account: ann.into(), amount: 1 });
        session.commit()?;
        assert_eq!(session[ann].version, 1);
        session[ann].version = 50;
        session.flush()?;
        assert_eq!(session[ann].version, 1, "a version alone is no change");
        session[ann].version = 50;
        session[ann].balance = 5;
        session.commit()?;
        assert_eq!(session[ann].version, 2);
        session[entry].amount = 2;
        session.commit()?;
        assert_eq!(accounts(db)?, [session[ann].clone()]);
        assert_eq!(accounts(db)?[0].version, 2);
    }

    /// Case 15: a batch names the rows that were stale, and those only.
    fn a_batch_names_its_stale_rows(db) {
        create(db)?;
        let mut session = db.engine.session();
        let handles = session.add_all((0..6).map(|n| account(&format!("{n}"), n)));
        session.commit()?;
        let key = |session: &Session, at: usize| session[handles[at]].id;
        for at in [1, 4] {
            let id = key(&session, at);
            db.engine.connect()?.execute(update::<Account>().set(|a| a.balance.to(1000)).filter(|a| a.id.eq(id)))?;
        }
        assert_eq!(accounts(db)?[1].version, 2, "a bulk update raises the version");
        for handle in &handles {
            session[*handle].balance += 10;
        }
        let error = session.commit().expect_err("two rows have another version");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        let named = format!("key {}, {} ", key(&session, 1), key(&session, 4));
        assert!(error.to_string().contains(&named), "{error}");
        session.rollback()?;
        let all = session.all(select::<Account>().order_by(|a| a.id.asc()))?;
        assert_eq!(all, handles);
        for handle in &handles {
            session[*handle].balance += 10;
        }
        session.commit()?;
        let balances: Vec<i64> = accounts(db)?.into_iter().map(|account| account.balance).collect();
        assert_eq!(balances, [10, 1010, 12, 13, 1010, 15]);
    }

    /// Case 15, inside a savepoint: only that is lost.
    fn a_stale_row_in_a_savepoint_loses_the_savepoint_only(db) {
        create(db)?;
        let (mut session, mut other) = (db.engine.session(), db.engine.session());
        let ann = session.add(account("ann", 100));
        session.commit()?;
        let id = session[ann].id;
        let theirs = other.get::<Account>(id)?.expect("the row is there");
        other[theirs].balance = 1;
        other.commit()?;
        session.add(account("bob", 1));
        let error = session.savepoint(|session| {
            session[ann].balance = 2;
            session.flush()
        }).expect_err("the version is another");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        assert_eq!((session[ann].balance, session[ann].version), (100, 1));
        session.commit()?;
        let rows: Vec<(String, i64)> = accounts(db)?.into_iter().map(|row| (row.owner, row.balance)).collect();
        assert_eq!(rows, [("ann".into(), 1), ("bob".into(), 1)]);
    }

    /// Rows that are written more than once in a flush keep their version: one that was changed and is deleted in a circle, and one
    /// that waits for a row of its circle.
    fn a_versioned_circle_is_written_and_deleted(db) {
        Schema::of::<(Task,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let (a, b) = (session.add(task("a")), session.add(task("b")));
        (session[a].after, session[b].after) = (b.into(), a.into());
        session.commit()?;
        let versions = [session[a].version, session[b].version];
        let rows: Vec<Task> = db.engine.connect()?.all(select::<Task>().order_by(|t| t.id.asc()))?;
        assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), versions);
        session[a].name = "changed".into();
        session[b].name = "changed".into();
        session.delete(a);
        session.delete(b);
        session.commit()?;
        assert_eq!(session.count(select::<Task>())?, 0);
    }
}
