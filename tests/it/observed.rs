//! What is told of statements: to listeners, to recorders, to who waits for slow ones. The place in the program is right, values
//! are nowhere, and nothing is told when nobody listens.

use crate::support::{Backend, Db};
use orm::prelude::*;
use orm::{Recorded, Recorder};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "author", has_many(books = Book::author))]
pub(crate) struct Author {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(unique, length = 40)]
    pub(crate) name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "book")]
pub(crate) struct Book {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[orm(on_delete = "cascade")]
    pub(crate) author: Ref<Author>,
}

pub(crate) fn author(name: &str) -> Author {
    Author { id: 0, name: name.to_owned() }
}

pub(crate) fn fill(db: &Db) -> orm::Result<()> {
    Schema::of::<(Author, Book)>().create_all(&db.engine)?;
    db.engine.with_session(|session| {
        for name in ["ada", "bob", "eve"] {
            let author = session.add(author(name));
            session.add(Book { id: 0, title: format!("by {name}"), author: author.into() });
        }
        Ok(())
    })
}

/// The lines of this file that the statements came from.
fn lines(statements: &[Recorded]) -> BTreeSet<u32> {
    for statement in statements {
        assert!(statement.location.file().ends_with("observed.rs"), "{statement:?}");
    }
    statements.iter().map(|statement| statement.location.line()).collect()
}

/// Every statement of what is done on one line comes from that line.
macro_rules! from_here {
    ($recorder:expr, $work:expr) => {{
        let line = line!();
        let _ = $work;
        let statements = $recorder.take();
        assert!(!statements.is_empty(), "nothing was sent");
        assert_eq!(lines(&statements), BTreeSet::from([line]), "{statements:#?}");
    }};
}

on_every_backend! {
    fn statements_of_a_connection_come_from_where_it_was_called(db) {
        fill(db)?;
        let recorder = Recorder::new();
        let mut connection = db.engine.connect()?;
        connection.record(&recorder);
        let all = select::<Author>;
        from_here!(recorder, connection.all(all())?);
        from_here!(recorder, connection.first(all().order_by(|a| a.id))?);
        from_here!(recorder, connection.one(all().filter(|a| a.name.eq("ada")))?);
        from_here!(recorder, connection.one_or_none(all().filter(|a| a.name.eq("nobody")))?);
        from_here!(recorder, connection.count(all())?);
        from_here!(recorder, connection.exists(all())?);
        from_here!(recorder, connection.paginate(all().order_by(|a| a.id), 1, 2)?);
        from_here!(recorder, connection.paginate_after(all().order_by(|a| a.id), None, 2)?);
        from_here!(recorder, connection.for_each(all(), |_: Author| Ok(()))?);
        from_here!(recorder, connection.execute(insert(&author("dora")))?);
        from_here!(recorder, connection.explain(all())?);
        from_here!(recorder, connection.all::<i64, _>(sql("SELECT id FROM author"))?);
        from_here!(recorder, connection.iterate(all())?.collect::<orm::Result<Vec<_>>>()?);
        from_here!(recorder, connection.all(all().with(|a| a.books))?);
        from_here!(recorder, connection.transaction(|transaction| transaction.count(all()))?);
        let mut transaction = connection.begin()?;
        transaction.count(all())?;
        recorder.take();
        from_here!(recorder, transaction.commit()?);
    }

    fn statements_of_a_session_come_from_where_it_was_called(db) {
        fill(db)?;
        let recorder = Recorder::new();
        let mut session = db.engine.session();
        session.record(&recorder);
        let all = select::<Author>;
        from_here!(recorder, session.all(all())?);
        from_here!(recorder, session.first(all().order_by(|a| a.id))?);
        from_here!(recorder, session.one(all().filter(|a| a.name.eq("ada")))?);
        from_here!(recorder, session.count(all())?);
        from_here!(recorder, session.exists(all())?);
        from_here!(recorder, session.paginate(all().order_by(|a| a.id), 1, 2)?);
        from_here!(recorder, session.paginate_after(all().order_by(|a| a.id), None, 2)?);
        from_here!(recorder, session.rows::<i64, _>(sql("SELECT id FROM author"))?);
        from_here!(recorder, session.get::<Book>(1)?);
        from_here!(recorder, session.execute(update::<Book>().set(|b| b.title.to("x")).every_row())?);
        from_here!(recorder, session.for_each(all(), |_, _| Ok(()))?);
        session.commit()?;
        recorder.take();
        let ada = session.one(all().filter(|a| a.name.eq("ada")))?;
        recorder.take();
        from_here!(recorder, session.related(ada, |a| a.books)?);
        from_here!(recorder, session.refresh(ada)?);
        from_here!(recorder, session.savepoint(|_| Ok(()))?);
        session[ada].name = "ada lovelace".into();
        from_here!(recorder, session.flush()?);
        session[ada].name = "ada".into();
        from_here!(recorder, session.count(all())?); // flushes first
        session[ada].name = "ada again".into();
        from_here!(recorder, session.commit()?);
        session.add(author("dora"));
        session.flush()?;
        recorder.take();
        from_here!(recorder, session.rollback()?);
        // What runs in a closure comes from there, the commit from around it.
        let line = line!() + 1;
        db.engine.with_session(|session| {
            session.record(&recorder);
            session.add(author("fay"));
            Ok(())
        })?;
        assert_eq!(lines(&recorder.take()), BTreeSet::from([line]));
    }

    fn a_leak_is_where_the_session_was_used_first(db) {
        let mut session = db.engine.session();
        session.rows::<i64, _>(sql("SELECT 1"))?;
        let line = line!() - 1;
        let oldest = db.engine.pool_status().oldest.expect("one is out");
        assert!(oldest.location.file().ends_with("observed.rs") && oldest.location.line() == line, "{oldest:?}");
    }

    fn a_recorder_keeps_what_was_sent_and_no_value(db) {
        fill(db)?;
        let recorder = Recorder::new();
        let mut session = db.engine.session();
        session.record(&recorder);
        let ada = session.one(select::<Author>().filter(|a| a.name.eq("ada")))?;
        session[ada].name = "a-secret".into();
        session.add(author("another-secret"));
        session.commit()?;
        let raw = "SELECT id FROM author WHERE name = 'raw-secret' OR id = 4711";
        let _: Vec<i64> = session.rows(sql(raw))?;
        session.rollback()?;
        session.add(author("a-secret"));
        session.commit().expect_err("the name is taken");
        session.rollback()?;

        let statements = recorder.statements();
        let shown = format!("{statements:?} {recorder:?}");
        assert!(!shown.contains("secret") && !shown.contains("4711"), "{shown}");
        let of = |operation: &str, table: &str| {
            let is = |s: &&Recorded| s.operation == operation && s.table.as_deref() == Some(table);
            statements.iter().filter(is).collect::<Vec<_>>()
        };
        let selects = of("SELECT", "author");
        assert_eq!((selects[0].rows, selects[0].error.as_deref()), (1, None));
        assert!(selects.iter().any(|select| select.sql == "SELECT id FROM author WHERE name = ? OR id = ?"), "{shown}");
        assert!(!of("UPDATE", "author").is_empty(), "{shown}");
        let refused = of("INSERT", "author").pop().expect("it was sent");
        assert!(refused.error.as_deref().is_some_and(|error| error.contains("exists already")), "{refused:?}");
        assert!(statements.iter().any(|statement| statement.operation == "COMMIT"));
        assert_eq!(recorder.total(), statements.len() as u64);
        assert!(recorder.time() >= statements.iter().map(|statement| statement.duration).max().unwrap());
        // And each was told to the listener of the engine as well, which is not asked to forget what the program wrote.
        assert!(db.statements().iter().any(|sql| sql.contains("raw-secret")));
    }

    fn a_thread_is_recorded_until_the_guard_is_dropped(db) {
        fill(db)?;
        let (mine, inner) = (Recorder::new(), Recorder::new());
        let recording = db.engine.record_thread(&mine);
        let count = || db.engine.connect().and_then(|mut connection| connection.count(select::<Author>()));
        count()?;
        {
            let _both = db.engine.record_thread(&inner);
            count()?;
        }
        count()?;
        let engine = &db.engine;
        std::thread::scope(|scope| scope.spawn(|| engine.connect()?.count(select::<Author>())).join().unwrap())?;
        drop(recording);
        count()?;
        assert_eq!((mine.total(), inner.total()), (3, 1));
    }

    fn slow_statements_are_told_with_their_place(db) {
        fill(db)?;
        let slow = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&slow);
        db.engine.on_slow_statement(Duration::from_millis(150), move |executed| {
            let place = format!("{}:{}", executed.location.file(), executed.location.line());
            notes.lock().unwrap().push((executed.masked_sql().into_owned(), executed.duration, place));
        });
        let mut connection = db.engine.connect()?;
        connection.count(select::<Author>())?;
        let slowly = match db.backend {
            // It counts for a while.
            Backend::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000) SELECT count(*) FROM n",
            Backend::Postgres => "SELECT count(*) FROM pg_sleep(0.2)",
            Backend::Mariadb | Backend::Mysql => "SELECT SLEEP(0.2)",
        };
        let line = line!() + 1;
        let _: Vec<i64> = connection.all(sql(slowly))?;
        let slow = slow.lock().unwrap();
        assert_eq!(slow.len(), 1, "{slow:?}");
        let (text, duration, place) = &slow[0];
        assert!(*duration >= Duration::from_millis(150) && place.ends_with(&format!("observed.rs:{line}")), "{place}");
        assert!(!text.contains("0.2") && !text.contains("5000000"), "{text}");
    }

    fn a_listener_may_add_another(db) {
        let engine = db.engine.clone();
        let added = std::sync::atomic::AtomicBool::new(false);
        let (told, notes) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(())));
        let count = Arc::clone(&told);
        db.engine.on_statement(move |_| {
            let _held = notes.lock().unwrap();
            if !added.swap(true, std::sync::atomic::Ordering::Relaxed) {
                let count = Arc::clone(&count);
                engine.on_statement(move |_| *count.lock().unwrap() += 1);
            }
        });
        let mut connection = db.engine.connect()?;
        let _: Vec<i64> = connection.all(sql("SELECT 1"))?;
        let _: Vec<i64> = connection.all(sql("SELECT 1"))?;
        assert_eq!(*told.lock().unwrap(), 1, "from the next statement on");
    }
}
