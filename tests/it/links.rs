//! Many-to-many links, expressions that are flushed with an object, and loaded objects that follow the database's cascades.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "accounts", many_to_many(groups = Membership::account => Membership::group))]
struct Account {
    #[orm(primary_key)]
    id: i64,
    balance: i64,
    #[orm(version)]
    version: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups", many_to_many(accounts = Membership::group => Membership::account))]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "memberships")]
struct Membership {
    #[orm(primary_key, on_delete = "cascade")]
    account: Ref<Account>,
    #[orm(primary_key)]
    group: Ref<Group>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "cards")]
struct Card {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    account: Ref<Account>,
    #[orm(on_delete = "set_null")]
    backup: Option<Ref<Account>>,
}

fn account(balance: i64) -> Account {
    Account { id: 0, balance, version: 0 }
}

fn create(db: &crate::support::Db) -> orm::Result<()> {
    Schema::of::<(Account, Group, Membership, Card)>().create_all(&db.engine)
}

on_every_backend! {
    /// Case 24.
    fn links_are_written_before_anybody_has_a_key_and_twice_is_once(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account(1));
        let red = session.add(Group { id: 0, name: "red".into() });
        let blue = session.add(Group { id: 0, name: "blue".into() });
        session.link(ann, |a| a.groups, red)?;
        session.link(ann, |a| a.groups, red)?;
        session.link(ann, |a| a.groups, blue)?;
        session.unlink(ann, |a| a.groups, blue)?;
        session.commit()?;
        assert_eq!(session.related(ann, |a| a.groups)?, [red]);
        assert_eq!(session.related(red, |g| g.accounts)?, [ann]);
        session.link(ann, |a| a.groups, red)?;
        session.unlink(ann, |a| a.groups, blue)?;
        session.commit()?;
        assert_eq!(session.count(select::<Membership>())?, 1);
        session.unlink(ann, |a| a.groups, red)?;
        assert_eq!(session.related(ann, |a| a.groups)?, []);
        session.rollback()?;
        assert_eq!(session.related(ann, |a| a.groups)?, [red]);
    }

    /// Case 17: what is deleted with its parent is not written first, and its new reference to another deleted row is no error.
    fn a_changed_child_goes_with_its_parent(db) {
        create(db)?;
        let mut session = db.engine.session();
        let accounts = session.add_all([account(1), account(2)]);
        let card = session.add(Card { id: 0, account: accounts[0].into(), backup: None });
        session.commit()?;
        session[card].backup = Some(accounts[1].into());
        session.delete(accounts[0]);
        session.delete(accounts[1]);
        db.statements();
        session.commit()?;
        assert!(db.statements().iter().all(|sql| sql.starts_with("DELETE")));
        assert_eq!(session.state(card), State::Gone(Gone::Deleted));
        assert_eq!((session.count(select::<Card>())?, session.count(select::<Account>())?), (0, 0));
    }

    fn a_link_to_an_object_that_is_gone_is_refused(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account(1));
        let red = session.add(Group { id: 0, name: "red".into() });
        session.delete(red);
        let error = session.link(ann, |a| a.groups, red).expect_err("the group is gone");
        assert_eq!(error.kind(), ErrorKind::InvalidReference);
    }

    fn an_expression_is_computed_by_the_database_and_read_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account(100));
        session.commit()?;
        db.engine.transaction(|tx| tx.execute(update::<Account>().set(|a| a.balance.to(50)).every_row()))?;
        session.set(ann, |a| a.balance.to(a.balance - 10))?;
        session.commit()?;
        assert_eq!(session[ann].balance, 40);
        assert_eq!(session[ann].version, 3, "both updates count");
        session[ann].balance = 7;
        session.commit()?;
        assert_eq!(session[ann].version, 4);
    }

    /// Case 17.
    fn loaded_objects_follow_what_the_database_does(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(account(1)), session.add(account(2)));
        let anns = session.add(Card { id: 0, account: ann.into(), backup: None });
        let bobs = session.add(Card { id: 0, account: bob.into(), backup: ann.into() });
        session.commit()?;
        db.statements();
        session.delete(ann);
        session.flush()?;
        assert_eq!(db.statements().len(), 1);
        assert_eq!(session.state(anns), State::Deleted);
        assert_eq!(session[bobs].backup, None);
        assert_eq!(session.get(anns)?, None);
        session.rollback()?;
        assert_eq!(session[anns].account.key(), Some(&session[ann].id));
        assert_eq!(session[bobs].backup, Some(Ref::from(session[ann].id)));
        session.delete(ann);
        session.commit()?;
        assert_eq!(session.all(select::<Card>())?, [bobs]);
        assert!(session.try_get(anns).is_none());
    }
}
