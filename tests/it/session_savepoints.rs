//! Savepoints: what they take back, what they keep, and the errors inside of them.

use crate::session_models::*;
use orm::prelude::*;

fn refused() -> orm::Result<()> {
    Err(Error::refused("no"))
}

on_every_backend! {
    /// Case 29.
    fn a_savepoint_takes_back_its_own_work_only(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (old, untouched) = (session.add(author("old")), session.add(author("untouched")));
        session.commit()?;
        let before = session.add(author("before"));
        session[untouched].age = 40;
        let mut inside = None;
        let error = session.savepoint(|session| {
            inside = Some(session.add(author("inside")));
            session[old].age = 99;
            session.delete(untouched);
            session.flush()?;
            session[before].name = "renamed".into();
            refused()
        });
        assert_eq!(error.expect_err("the closure refused").kind(), ErrorKind::Refused);
        let inside = inside.expect("the closure ran");
        assert_eq!(session.state(inside), State::Gone(Gone::RolledBack));
        assert_eq!((session[old].age, session[untouched].age, session[before].name.as_str()), (30, 40, "before"));
        session.commit()?;
        assert_eq!(names(db)?, ["old", "untouched", "before"]);
        assert_eq!(authors(db)?.iter().map(|author| author.age).collect::<Vec<_>>(), [30, 40, 30]);
    }

    /// Case 29: released, it is undone with what is around it. Three levels.
    fn savepoints_three_levels_deep(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let ages = |session: &Session| session[ann].age;
        let mut handles = Vec::new();
        session[ann].age = 1;
        let result = session.savepoint(|session| {
            session[ann].age = 2;
            handles.push(session.add(author("two")));
            session.savepoint(|session| {
                session[ann].age = 3;
                handles.push(session.add(author("three")));
                let inner = session.savepoint(|session| {
                    session[ann].age = 4;
                    handles.push(session.add(author("four")));
                    session.flush()?;
                    refused()
                });
                assert!(inner.is_err());
                assert_eq!(ages(session), 3);
                session.savepoint(|session| {
                    session[ann].age = 5;
                    handles.push(session.add(author("five")));
                    Ok(())
                })
            })?;
            assert_eq!(ages(session), 5);
            let names: Vec<String> = session.rows(select::<Author>().order_by(|a| a.id.asc()).columns(|a| a.name))?;
            assert_eq!(names, ["ann", "two", "three", "five"]);
            refused()
        });
        assert!(result.is_err());
        assert_eq!(ages(&session), 1);
        assert!(handles.iter().all(|handle| matches!(session.state(*handle), State::Gone(_))));
        session.savepoint(|session| session.savepoint(|session| session.savepoint(|session| {
            session[ann].age = 6;
            session.add(author("six"));
            Ok(())
        })))?;
        assert_eq!(ages(&session), 6);
        session.rollback()?;
        assert_eq!(ages(&session), 30);
        assert_eq!(session.all(select::<Author>())?, [ann]);
        session[ann].age = 7;
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
    }

    /// Case 29: what was read in a savepoint that was rolled back is read anew.
    fn what_was_read_in_a_savepoint_is_read_anew_after_it(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let result = session.savepoint(|session| {
            session.execute(update::<Author>().set(|a| a.age.to(99)).every_row())?;
            session.get(ann)?;
            assert_eq!(session[ann].age, 99);
            session.execute(sql("INSERT INTO authors (id, name, age) VALUES (50, 'raw', 1)"))?;
            let raw = session.get::<Author>(50)?.expect("it was just inserted");
            assert_eq!(session[raw].name, "raw");
            refused()
        });
        assert!(result.is_err());
        assert_eq!(session[ann].age, 30, "the re-read is taken back, too");
        db.statements();
        session.get(ann)?;
        assert_eq!(db.statements().len(), 1, "the row was last read in what was rolled back");
        assert_eq!(session.get::<Author>(50)?, None);
        assert_eq!(session.len(), 1);
    }

    /// A panic in a savepoint rolls it back and goes on.
    fn a_panic_in_a_savepoint_rolls_it_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let text = panic_text(|| {
            let _ = session.savepoint(|session| -> orm::Result<()> {
                session[ann].age = 99;
                session.flush()?;
                panic!("out of the blue");
            });
        });
        assert_eq!(text, "out of the blue");
        assert_eq!(session[ann].age, 30);
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
    }

    /// Commit and rollback would end more than the savepoint.
    fn commit_and_rollback_are_refused_inside_of_a_savepoint(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.savepoint(|session| {
            session[ann].age = 31;
            assert_eq!(session.commit().expect_err("a savepoint is open").kind(), ErrorKind::Misuse);
            assert_eq!(session.rollback().expect_err("a savepoint is open").kind(), ErrorKind::Misuse);
            Ok(())
        })?;
        assert!(authors_in(&mut session)?.len() == 1);
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 31);
    }

    /// `clear` inside of a savepoint forgets the objects, and the savepoint ends as it would have.
    fn a_session_cleared_in_a_savepoint_goes_on(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let result = session.savepoint(|session| {
            session[ann].age = 99;
            session.flush()?;
            session.clear();
            session.add(author("bob"));
            session.flush()?;
            refused()
        });
        assert!(result.is_err());
        assert!(matches!(session.state(ann), State::Gone(_)), "bob had its place, and he is gone, too");
        let found = session.one(select::<Author>())?;
        assert_eq!((session[found].name.as_str(), session[found].age), ("ann", 30));
        session[found].age = 31;
        session.commit()?;
        assert_eq!(authors(db)?, [session[found].clone()]);
    }

    /// Case 30, in a savepoint.
    fn an_error_in_a_savepoint_loses_the_savepoint_only(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let mut inside = None;
        let error = session.savepoint(|session| {
            inside = Some(session.add(author("fine")));
            session[ann].age = 99;
            session.flush()?;
            session.add(author("ann"));
            session.flush()
        }).expect_err("the name is taken");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!(session.state(inside.expect("the closure ran")), State::Gone(Gone::RolledBack));
        assert_eq!(session[ann].age, 30);
        session.add(author("bob"));
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
    }

    /// Rule 7: an error that the closure swallowed.
    fn an_error_that_was_swallowed_in_a_savepoint_is_returned(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add(author("ann"));
        let error = session.savepoint(|session| {
            session.add(author("half"));
            session.flush()?;
            session.add(author("ann"));
            let _ = session.flush();
            let later = session.all(select::<Author>()).expect_err("the savepoint failed");
            assert_eq!(later.kind(), ErrorKind::SessionFailed);
            Ok(())
        }).expect_err("half a flush must not be kept");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        session.commit()?;
        assert_eq!(names(db)?, ["ann"]);
    }

    /// Rule 7, one level deeper: the inner one is lost, the outer one is not.
    fn an_inner_savepoint_fails_alone(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add(author("ann"));
        session.savepoint(|session| {
            session.add(author("outer"));
            let inner = session.savepoint(|session| {
                session.add(author("ann"));
                session.flush()
            });
            assert_eq!(inner.expect_err("the name is taken").kind(), ErrorKind::UniqueViolation);
            session.add(author("after"));
            Ok(())
        })?;
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "outer", "after"]);
    }

    /// Errors of ours, before any SQL, fail nothing.
    fn an_error_before_any_sql_fails_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.savepoint(|session| {
            assert_eq!(session.one(select::<Author>().filter(|a| a.id.eq(-1))).expect_err("none").kind(), ErrorKind::NotFound);
            session.add(author("bob"));
            assert_eq!(session.one(select::<Author>()).expect_err("two").kind(), ErrorKind::MultipleRows);
            let wrong = session.add(Author { id: session[ann].id, ..author("wrong") });
            let twin = session.add(Author { id: session[ann].id, ..author("twin") });
            assert_eq!(session.flush().expect_err("one key, two objects").kind(), ErrorKind::UniqueViolation);
            session.delete(wrong);
            session.delete(twin);
            Ok(())
        })?;
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
    }

    /// Rule 17: many savepoints in one transaction keep one image of an object, and a rollback of them all still has it.
    fn the_undo_log_does_not_grow_with_savepoints(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session.commit()?;
        let remembered = |session: &Session| format!("{session:?}").contains("remembered: 2,");
        for age in 0..200 {
            session.savepoint(|session| {
                session[ann].age = age;
                session.savepoint(|session| {
                    session[ann].age += 1;
                    session[bob].age = age;
                    Ok(())
                })
            })?;
            let refused: orm::Result<()> = session.savepoint(|session| {
                session[ann].age = -1;
                session.delete(bob);
                session.flush()?;
                refused()
            });
            assert!(refused.is_err());
            assert_eq!((session[ann].age, session[bob].age), (age + 1, age));
            assert!(remembered(&session), "{session:?}");
        }
        session.flush()?;
        session.rollback()?;
        assert_eq!((session[ann].age, session[bob].age), (30, 30));
        assert!(authors(db)?.iter().all(|author| author.age == 30));
    }
}

fn authors_in(session: &mut Session) -> orm::Result<Vec<Handle<Author>>> {
    session.all(select::<Author>())
}
