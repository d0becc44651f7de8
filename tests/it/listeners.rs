//! Listeners of a session: what they hear, in which order, and what they may do.

use crate::session_models::*;
use crate::support::Db;
use orm::Datum;
use orm::prelude::*;
use std::sync::{Arc, Mutex};

/// What listeners heard, as a test can ask.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, what: &str, changes: &[Change]) {
        let mut heard = self.0.lock().expect("no listener panics");
        let texts = changes.iter().map(text);
        heard.push(format!("{what}: {}", texts.collect::<Vec<_>>().join(", ")));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no listener panics"))
    }
}

fn text(change: &Change) -> String {
    let operation = format!("{:?}", change.operation).to_lowercase();
    let key: Vec<String> = change.key.iter().map(datum).collect();
    let columns = change.columns.iter().filter(|_| change.operation == Operation::Update);
    let columns: Vec<String> = columns
        .map(|column| {
            let side = |side: &Option<Datum<'static>>| side.as_ref().map_or("-".into(), datum);
            format!(" {} {}>{}", column.field, side(&column.old), side(&column.new))
        })
        .collect();
    format!("{operation} {} {}{}", change.table, key.join("/"), columns.concat())
}

fn datum(datum: &Datum<'static>) -> String {
    match datum {
        Datum::Int(value) => value.to_string(),
        Datum::Text(text) => text.to_string(),
        Datum::Null => "null".into(),
        Datum::Pending(_) => "pending".into(),
        other => format!("{other:?}"),
    }
}

fn listen(session: &mut Session) -> Heard {
    let heard = Heard::default();
    let [a, b, c, d] = [heard.clone(), heard.clone(), heard.clone(), heard.clone()];
    session.before_flush(move |_, changes| {
        a.note("before", changes);
        Ok(())
    });
    session.after_flush(move |_, changes| {
        b.note("after", changes);
        Ok(())
    });
    session.after_commit(move |_, changes| c.note("commit", changes));
    session.after_rollback(move |_, changes| d.note("rollback", changes));
    heard
}

fn emails(db: &Db) -> orm::Result<Vec<Option<String>>> {
    Ok(authors(db)?.into_iter().map(|author| author.email).collect())
}

on_every_backend! {
    fn listeners_hear_changes_as_data(db) {
        create(db)?;
        let mut session = db.engine.session();
        let heard = listen(&mut session);
        let ann = session.add(author("ann"));
        let tree = session.add(book("trees", ann));
        session.flush()?;
        assert_eq!(heard.take(), [
            "before: insert authors , insert books ",
            "after: insert authors 1, insert books 1",
        ]);
        session.flush()?;
        session.count(select::<Author>())?;
        assert_eq!(heard.take(), Vec::<String>::new()); // nothing to write, nothing to hear
        let bob = session.add(author("bob"));
        session[tree].author = bob.into();
        session[ann].email = Some("ann@example.org".into());
        session[ann].age = 30; // as it was
        session.commit()?;
        assert_eq!(heard.take(), [
            "before: insert authors , update authors 1 email null>ann@example.org, update books 1 author 1>pending",
            "after: insert authors 2, update authors 1 email null>ann@example.org, update books 1 author 1>2",
            "commit: insert authors 1, insert books 1, insert authors 2, update authors 1 email null>ann@example.org, \
             update books 1 author 1>2",
        ]);
        session.delete(tree);
        session.flush()?;
        session.rollback()?;
        assert_eq!(heard.take(), ["before: delete books 1", "after: delete books 1", "rollback: delete books 1"]);
        session.commit()?;
        assert_eq!(heard.take(), ["commit: "]);
    }

    fn savepoints_that_were_rolled_back_are_not_committed(db) {
        create(db)?;
        let mut session = db.engine.session();
        let heard = listen(&mut session);
        session.add(author("ann"));
        let _ = session.savepoint(|session| {
            session.add(author("bob"));
            session.flush()?;
            Err::<(), _>(Error::refused("better not"))
        });
        session.savepoint(|session| {
            session.add(author("cyd"));
            Ok(())
        })?;
        heard.take();
        session.commit()?;
        let heard = heard.take();
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].matches("insert authors").count(), 2, "{heard:?}");
    }

    fn a_listener_before_the_flush_may_change_it(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.before_flush(|session, changes| {
            for ann in changes.iter().filter_map(Change::handle::<Author>) {
                // A query sees what was there before.
                let others = session.count(select::<Author>())?;
                session[ann].age = others as i32;
                if session[ann].name == "ann" {
                    session.add(book("trees", ann));
                }
            }
            Ok(())
        });
        session.add(author("ann"));
        session.commit()?;
        session.add(author("bob"));
        session.commit()?;
        let ages: Vec<i32> = authors(db)?.into_iter().map(|author| author.age).collect();
        assert_eq!((ages, session.count(select::<Book>())?), (vec![0, 1], 1));
    }

    fn a_listener_may_refuse_a_flush(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.before_flush(|session, _| match session.info::<&str>() {
            Some(_) => Ok(()),
            None => Err(Error::refused("nobody is at work")),
        });
        session.add(author("ann"));
        db.statements();
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(db.statements(), Vec::<String>::new());
        session.set_info("ann");
        session.commit()?; // nothing was sent, so it can go on
        assert_eq!(authors(db)?.len(), 1);
    }

    fn what_a_listener_adds_after_the_flush_is_flushed(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.after_flush(|session, changes| {
            for change in changes.iter().filter(|change| change.table != "nodes") {
                let key: Vec<String> = change.key.iter().map(datum).collect();
                session.add(node(&format!("{:?} {}", change.operation, key.join("/")), None));
            }
            Ok(())
        });
        session.add(author("ann"));
        session.flush()?;
        let names: Vec<String> = session.rows(select::<Node>().columns(|n| n.name))?;
        assert_eq!(names, ["Insert 1"]);
        session.rollback()?;
        assert_eq!((authors(db)?.len(), session.count(select::<Node>())?), (0, 0));
    }

    fn an_error_after_the_flush_fails_the_session(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.after_flush(|_, _| Err(Error::refused("the log is full")));
        session.add(author("ann"));
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert!(session.is_empty() && authors(db)?.is_empty());
    }

    fn listeners_that_never_end_are_an_error(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.after_flush(|session, _| {
            session.add(node("more", None));
            Ok(())
        });
        session.add(node("first", None));
        let error = session.flush().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert_eq!(error.to_string(), "the listeners of the session gave it something to flush in each of 16 rounds");
        session.rollback()?;
        assert_eq!(session.count(select::<Node>())?, 0);
    }

    fn a_flush_has_no_flush_inside(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.before_flush(|session, _| {
            for error in [
                session.flush().unwrap_err(),
                session.commit().unwrap_err(),
                session.rollback().unwrap_err(),
                session.savepoint(|_| Ok(())).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Misuse);
                assert!(error.to_string().contains("inside of `before_flush` or `after_flush`"), "{error}");
            }
            Ok(())
        });
        session.add(author("ann"));
        session.commit()?;
        assert_eq!(authors(db)?.len(), 1);
    }

    fn each_session_of_an_engine_has_its_listeners(db) {
        create(db)?;
        let before = db.engine.session();
        let heard = Heard::default();
        let [commits, rollbacks] = [heard.clone(), heard.clone()];
        db.engine.on_session(move |session| {
            let [commits, rollbacks] = [commits.clone(), rollbacks.clone()];
            session.after_commit(move |_, changes| commits.note("commit", changes));
            session.after_rollback(move |_, changes| rollbacks.note("rollback", changes));
        });
        db.engine.clone().on_session(|session| {
            session.before_flush(|session, changes| {
                for ann in changes.iter().filter_map(Change::handle::<Author>) {
                    session[ann].email = Some("by all".into());
                }
                Ok(())
            });
        });
        db.engine.with_session(|session| {
            session.add(author("ann"));
            Ok(())
        })?;
        assert_eq!((heard.take(), emails(db)?), (vec!["commit: insert authors 1".to_owned()], vec![Some("by all".into())]));
        let failed: orm::Result<()> = db.engine.with_session(|session| {
            session.add(author("bob"));
            session.flush()?;
            Err(Error::refused("better not"))
        });
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(heard.take(), ["rollback: insert authors 2"]);
        let mut before = before;
        before.add(author("cyd")); // made before anybody listened
        before.commit()?;
        assert_eq!((heard.take().len(), emails(db)?.pop()), (0, Some(None)));
    }
}
