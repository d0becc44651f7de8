//! One object per row: handles, what `session[handle]` gives when, `get`, `merge`, and what the session forgets.

use crate::session_models::*;
use orm::prelude::*;

on_every_backend! {
    /// Case 37.
    fn one_row_is_one_handle_whatever_the_query(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        let books = session.add_all((0..3).map(|n| book(&format!("book {n}"), ann)));
        session.commit()?;
        let first = session.all(select::<Author>().order_by(|a| a.id.asc()))?;
        let second = session.all(select::<Author>().filter(|a| a.age.eq(30)).order_by(|a| a.id.asc()))?;
        assert_eq!((first, second), (vec![ann, bob], vec![ann, bob]));
        let joined: Vec<(Handle<Book>, Handle<Author>)> =
            session.all(select::<Book>().join(|b| b.author).order_by(|(b, _)| b.id.asc()).columns(|(b, a)| (b, a)))?;
        assert_eq!(joined, books.iter().map(|book| (*book, ann)).collect::<Vec<_>>());
        let mut other = db.engine.session();
        let alien = other.one(select::<Author>().filter(|a| a.name.eq("ann")))?;
        assert_eq!(other[alien], session[ann]);
        assert_ne!(alien, ann);
    }

    /// Case 37: no match of an outer join is no object.
    fn no_match_of_a_left_join_is_none(db) {
        create(db)?;
        Schema::of::<(Node,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let root = session.add(node("root", None));
        let leaf = session.add(node("leaf", root.into()));
        session.commit()?;
        let rows: Vec<(Handle<Node>, Option<Handle<Node>>)> =
            session.all(select::<Node>().left_join(|n| n.parent).order_by(|(n, _)| n.id.asc()).columns(|(n, p)| (n, p)))?;
        assert_eq!(rows, [(root, None), (leaf, Some(root))]);
        assert_eq!(session.len(), 2);
    }

    /// Case 21.
    fn get_of_a_row_read_in_this_transaction_sends_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        session.commit()?;
        let key = session[ann].id;
        session.all(select::<Author>())?;
        db.all_statements();
        assert_eq!(session.get::<Author>(key)?, Some(ann));
        let reference = session[book].author;
        assert_eq!(session.get(reference)?, Some(ann));
        assert_eq!(session.get(ann)?, Some(ann));
        assert_eq!(session.get(None::<Ref<Author>>)?, None);
        assert!(db.all_statements().is_empty());
        session.commit()?;
        db.statements();
        assert_eq!(session.get(reference)?, Some(ann));
        assert_eq!(db.statements().len(), 1, "its row was last read in another transaction");
        assert_eq!(session.get::<Author>(key)?, Some(ann));
        assert!(db.statements().is_empty());
        assert_eq!(session.get::<Author>(key + 100)?, None);
        assert_eq!(db.statements().len(), 1);
        // Just inserted, it is as fresh as read; just updated, a fresh row stays so.
        let new = session.add(author("new"));
        session.flush()?;
        session[ann].age = 31;
        session.flush()?;
        db.statements();
        assert_eq!((session.get(new)?, session.get(ann)?), (Some(new), Some(ann)));
        assert!(db.statements().is_empty());
    }

    /// A `get` that finds no row forgets the object.
    fn get_of_a_row_that_is_gone_forgets_the_object(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        delete_elsewhere(db, session[ann].id)?;
        let key = session[ann].id;
        assert_eq!(session.get::<Author>(key)?, None);
        assert_eq!(session.state(ann), State::Gone(Gone::RowGone));
        assert!(panic_text(|| drop(session[ann].clone())).contains("has no row in the database any more"));
        session.commit()?;
        // A change that waits is not dropped without a word.
        let mut session = db.engine.session().without_autoflush();
        let bob = session.add(author("bob"));
        session.commit()?;
        session[bob].age = 31;
        delete_elsewhere(db, session[bob].id)?;
        assert_eq!(session.get(bob)?, None);
        assert_eq!(session.commit().expect_err("the row is gone").kind(), ErrorKind::StaleData);
    }

    /// Case 38.
    fn merge_copies_what_differs_and_inserts_what_is_absent(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let stored = session[ann].clone();
        let mut session = db.engine.session();
        db.statements();
        let merged = session.merge(Author { age: 31, ..stored.clone() })?;
        assert_eq!(db.statements().len(), 1, "loaded by its key, once");
        let again = session.merge(Author { age: 31, ..stored.clone() })?;
        assert_eq!(merged, again);
        session.commit()?;
        let updates = sent(db, "UPDATE");
        assert!(updates.len() == 1 && updates[0].contains("age") && !updates[0].contains("name"), "{updates:?}");
        let absent = session.merge(Author { id: 777, ..author("absent") })?;
        let new = session.merge(author("new"))?;
        assert_eq!((session.state(absent), session.state(new)), (State::Pending, State::Pending));
        session.commit()?;
        assert_eq!(session[absent].id, 777);
        assert_eq!(names(db)?.len(), 3);
        assert!(authors(db)?.contains(&Author { age: 31, ..stored }));
        db.statements();
        session.merge(session[new].clone())?;
        session.commit()?;
        assert!(writes(db).is_empty(), "what is equal is not written");
    }

    /// Case 38: a version that is not the row's.
    fn merge_of_an_old_version_is_stale(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 1));
        session.commit()?;
        let form = session[ann].clone();
        session[ann].balance = 2;
        session.commit()?;
        let error = session.merge(Account { balance: 3, ..form }).expect_err("the form shows an old row");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        let merged = session.merge(Account { balance: 4, ..session[ann].clone() })?;
        session.commit()?;
        assert_eq!((merged, session[ann].version), (ann, 3));
        assert_eq!(accounts(db)?, [session[ann].clone()]);
    }

    /// Case 39 and the table of rule 20.
    fn a_handle_never_names_another_object_and_says_what_happened(db) {
        create(db)?;
        let mut session = db.engine.session();
        let text = |session: &Session, handle: Handle<Author>| panic_text(|| drop(session[handle].clone()));
        let ann = session.add(author("ann"));
        session.commit()?;
        assert_eq!(session[ann].name, "ann");

        let rolled_back = session.add(author("rolled back"));
        session.flush()?;
        session.rollback()?;
        assert!(text(&session, rolled_back).contains("this `Author` was added in a transaction that was rolled back"));
        assert_eq!(session.try_get(rolled_back), None);

        session.delete(ann);
        assert_eq!((session.state(ann), session[ann].name.as_str()), (State::Deleting, "ann"));
        session.flush()?;
        assert!(text(&session, ann).contains("was deleted (in this transaction, or before)"));
        assert_eq!((session.try_get(ann), session.state(ann)), (None, State::Deleted));
        session.rollback()?;
        assert_eq!(session[ann].name, "ann");
        session.delete(ann);
        session.commit()?;
        assert_eq!(session.state(ann), State::Gone(Gone::Deleted));
        assert!(text(&session, ann).contains("was deleted"));

        let mut other = db.engine.session();
        let foreign = other.add(author("foreign"));
        assert!(text(&session, foreign).contains("belongs to another session"));
        assert_eq!((session.try_get(foreign), session.state(foreign)), (None, State::Gone(Gone::Foreign)));
        session.delete(foreign);
        assert_eq!(session.expunge(foreign), None);
        assert_eq!(other.state(foreign), State::Pending);

        let expunged = session.add(author("expunged"));
        assert_eq!(session.expunge(expunged).map(|author| author.name).as_deref(), Some("expunged"));
        assert!(text(&session, expunged).contains("was taken out of the session with `expunge`"));
        assert!(panic_text(|| session[expunged].age = 1).contains("`expunge`"));

        let cleared = session.add(author("cleared"));
        session.clear();
        assert!(text(&session, cleared).contains("was in the session before it was cleared"));

        // Their places are used again, and still no handle names another object.
        let later = session.add_all((0..10).map(|n| author(&format!("later {n}"))));
        for old in [ann, rolled_back, expunged, cleared, foreign] {
            assert_eq!(session.try_get(old), None);
            assert!(matches!(session.state(old), State::Gone(_)));
            session.delete(old);
        }
        let long_gone = session.state(cleared);
        assert!(long_gone == State::Gone(Gone::LongGone), "{long_gone:?}");
        assert!(text(&session, cleared).contains("is no longer in this session"));
        session.commit()?;
        assert_eq!(names(db)?.len(), 10);
        assert!(later.iter().enumerate().all(|(n, handle)| session[*handle].name == format!("later {n}")));
    }

    /// Rule 19.
    fn expunge_and_clear_forget_what_was_not_written(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session.commit()?;
        session[ann].age = 99;
        let taken = session.expunge(ann).expect("it is in the session");
        assert_eq!(taken.age, 99);
        assert_eq!(session.expunge(ann), None);
        session[bob].age = 98;
        session.flush()?;
        session[bob].age = 97;
        session.add(author("never"));
        session.clear();
        assert_eq!((session.len(), session.is_empty()), (0, true));
        session.commit()?;
        let ages: Vec<i32> = authors(db)?.into_iter().map(|author| author.age).collect();
        assert_eq!(ages, [30, 98], "the transaction stayed, with what was flushed");
        let again = session.merge(taken)?;
        session.commit()?;
        assert_eq!(authors(db)?[0], session[again]);
        assert_eq!(session[again].age, 99);
    }

    /// Rule 19.
    fn a_scope_forgets_what_it_brought(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.add(author("bob"));
        session.commit()?;
        session.clear();
        let ann = session.get::<Author>(authors(db)?[0].id)?.filter(|found| *found != ann).expect("loaded anew");
        let mut inside = Vec::new();
        session.scope(|session| {
            inside = session.all(select::<Author>())?;
            inside.push(session.add(author("carol")));
            for handle in &inside {
                session[*handle].age = 40;
            }
            Ok(())
        })?;
        assert_eq!(session.len(), 1);
        assert_eq!(session[ann].age, 40);
        assert_eq!(session.state(inside[1]), State::Gone(Gone::Forgotten));
        assert!(panic_text(|| drop(session[inside[2]].clone())).contains("was loaded in a scope or loop that is over"));
        session.commit()?;
        assert!(authors(db)?.iter().all(|author| author.age == 40), "what was changed was flushed");
        assert_eq!(names(db)?, ["ann", "bob", "carol"]);
        // An error keeps everything: the caller decides.
        let result = session.scope(|session| {
            session.all(select::<Author>())?;
            Err::<(), _>(Error::refused("no"))
        });
        assert!(result.is_err());
    }

    /// Rule 19.
    fn for_each_holds_some_at_a_time(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add_all((0..2300).map(|n| author(&format!("author {n}"))));
        session.commit()?;
        session.clear();
        let (mut seen, mut most) = (Vec::new(), 0);
        session.for_each(select::<Author>().filter(|a| a.age.eq(30)), |session, handle| {
            seen.push(session[handle].id);
            session[handle].age = 31;
            most = most.max(session.len());
            Ok(())
        })?;
        assert_eq!((seen.len(), session.len()), (2300, 0));
        assert!(most <= 1000, "{most}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 2300);
        session.commit()?;
        assert!(authors(db)?.iter().all(|author| author.age == 31));
        let kept = session.get::<Author>(seen[5])?.expect("the row is there");
        let mut rows = 0;
        session.for_each(select::<Author>().order_by(|a| a.id.asc()).limit(10), |_, _| { rows += 1; Ok(()) })?;
        assert_eq!((rows, session.len()), (10, 1));
        assert_eq!(session.state(kept), State::Clean);
        let error = session.for_each(select::<Author>(), |_, _| Err(Error::refused("stop")));
        assert_eq!(error.expect_err("the closure stopped").kind(), ErrorKind::Refused);
    }

    /// `same` knows that a handle and a key mean one row.
    fn references_by_handle_and_by_key_are_the_same(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        let by_handle: Ref<Author> = ann.into();
        assert!(session.same(&by_handle, &ann.into()) && !session.same(&by_handle, &bob.into()));
        session.flush()?;
        let by_key = Ref::from(session[ann].id);
        assert_ne!(by_handle, by_key);
        assert!(session.same(&by_handle, &by_key) && session.same(&by_key, &by_handle));
        assert!(!session.same(&by_key, &bob.into()));
        assert_eq!(session.count(select::<Author>().filter(|a| a.id.eq(session[ann].id)))?, 1);
    }

    /// A statement can name an object by its handle.
    fn a_statement_names_an_object_by_its_handle(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        assert_eq!(session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann))))?, [book]);
        session.delete(book);
        session.delete(ann);
        session.flush()?;
        let error = session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann)))).expect_err("the author was deleted");
        assert_eq!(error.kind(), ErrorKind::InvalidReference);
        assert!(error.to_string().contains("was deleted"), "{error}");
        session.rollback()?;
        let mut session = db.engine.session().without_autoflush();
        let ann = session.add(author("ann"));
        let error = session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann)))).expect_err("no key yet");
        assert_eq!(error.kind(), ErrorKind::InvalidReference);
        assert!(error.to_string().contains("no key yet"), "{error}");
    }
}
