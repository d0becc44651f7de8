//! Default scopes: rows that are marked as deleted, and the rows of a tenant.

use crate::support::Db;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "people",
    has_many(notes = Note::author),
    many_to_many(clubs = Member::person => Member::club)
)]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes", hooks)]
struct Note {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    text: String,
    #[orm(on_delete = "cascade")]
    author: Ref<Person>,
    #[orm(soft_delete)]
    gone: bool,
    #[orm(version)]
    version: i32,
}

impl Hooks for Note {
    fn before_delete(&mut self, _: &mut HookContext<Self>) -> orm::Result<()> {
        if self.text == "kept" { Err(Error::refused("it is kept")) } else { Ok(()) }
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "clubs", many_to_many(people = Member::club => Member::person))]
struct Club {
    #[orm(primary_key, length = 40)]
    name: String,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "members")]
struct Member {
    #[orm(primary_key)]
    person: Ref<Person>,
    #[orm(primary_key)]
    club: Ref<Club>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "invoices", has_many(lines = InvoiceLine::invoice))]
struct Invoice {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant, index)]
    company: i64,
    total: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "invoice_lines")]
struct InvoiceLine {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant)]
    company: i64,
    invoice: Ref<Invoice>,
}

fn person(name: &str) -> Person {
    Person { id: 0, name: name.into(), gone: false }
}

fn note(text: &str, author: impl Into<Ref<Person>>) -> Note {
    Note { id: 0, text: text.into(), author: author.into(), gone: false, version: 0 }
}

fn invoice(total: i64) -> Invoice {
    Invoice { id: 0, company: 0, total }
}

/// Ann wrote two notes, the second is deleted; she was in two clubs, the second is deleted. Bob is deleted and wrote one.
fn create(db: &Db) -> orm::Result<Session> {
    Schema::of::<(Person, Note, Club, Member)>().create_all(&db.engine)?;
    let mut session = db.engine.session();
    let [ann, bob] = ["ann", "bob"].map(|name| session.add(person(name)));
    let [_, second, _] = [note("first", ann), note("second", ann), note("third", bob)].map(|note| session.add(note));
    let [_, golf] = ["chess", "golf"].map(|name| {
        let club = session.add(Club { name: name.into(), gone: false });
        session.add(Member { person: ann.into(), club: club.into() });
        club
    });
    session.commit()?;
    session.delete(bob);
    session.delete(second);
    session.delete(golf);
    session.commit()?;
    session.clear();
    db.statements();
    Ok(session)
}

fn texts(session: &mut Session) -> orm::Result<Vec<String>> {
    session.rows(select::<Note>().order_by(|n| n.id).columns(|n| n.text))
}

fn is_misuse<T: std::fmt::Debug>(result: orm::Result<T>, words: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains(words), "{error}");
}

on_every_backend! {
    fn a_deletion_is_a_mark(db) {
        let mut session = create(db)?;
        let first = session.one(select::<Note>().filter(|n| n.text.eq("first")))?;
        session[first].text = "FIRST".into();
        session.delete(first);
        db.statements();
        session.flush()?;
        let sent = db.statements();
        assert!(sent.len() == 1 && sent[0].starts_with("UPDATE"), "{sent:?}");
        assert_eq!((session.state(first), session.try_get(first)), (State::Deleted, None));
        assert_eq!(texts(&mut session)?, ["third"]);
        session.rollback()?;
        assert_eq!((session.state(first), session[first].gone), (State::Clean, false));
        assert_eq!(session[first].text, "first");
        session.delete(first);
        session.commit()?;
        assert_eq!(session.state(first), State::Gone(Gone::Deleted));
        let marked = session.one(select::<Note>().filter(|n| n.text.eq("first")).with_deleted())?;
        assert_eq!((session[marked].gone, session[marked].version), (true, 2));
        // To bring it back is a change like any other.
        session[marked].gone = false;
        session.commit()?;
        assert_eq!(texts(&mut session)?, ["first", "third"]);
    }

    fn a_value_may_be_held_by_a_deleted_row(db) {
        let mut session = create(db)?;
        session.add(Club { name: "golf".into(), gone: false });
        let error = session.commit().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.to_string().contains("by a row that is marked as deleted"), "{error}");
    }

    fn a_savepoint_takes_a_mark_back(db) {
        let mut session = create(db)?;
        let ann = session.one(select::<Person>())?;
        let result = session.savepoint(|session| {
            session.delete(ann);
            session.flush()?;
            assert_eq!(session.get::<Person>(1)?, None);
            Err::<(), _>(Error::refused("better not"))
        });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!((session.state(ann), session.get::<Person>(1)?), (State::Clean, Some(ann)));
        session.commit()?;
        assert_eq!(session.count(select::<Person>())?, 1);
    }

    fn a_deletion_that_is_refused_still_waits(db) {
        let mut session = create(db)?;
        let first = session.one(select::<Note>().filter(|n| n.text.eq("first")))?;
        let ann = session[first].author;
        session.delete(first);
        let gone = session.add(person("gone"));
        session.add(note("of nobody", gone));
        session.expunge(gone); // a reference to nothing: found out before anything is sent
        assert_eq!(session.flush().unwrap_err().kind(), ErrorKind::InvalidReference);
        assert_eq!((session.state(first), session[first].gone), (State::Deleting, false));
        assert!(ann.key().is_some());
        session.rollback()?;
        assert_eq!(session.state(first), State::Clean);
        session[first].text = "kept".into();
        session.commit()?;
        session.delete(first);
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Refused); // by its hook
    }

    fn queries_leave_deleted_rows_out(db) {
        let mut session = create(db)?;
        assert_eq!(texts(&mut session)?, ["first", "third"]);
        assert_eq!(session.count(select::<Note>())?, 2);
        assert_eq!(session.count(select::<Note>().with_deleted())?, 3);
        assert!(!session.exists(select::<Note>().filter(|n| n.text.eq("second")))?);
        assert!(session.exists(select::<Note>().filter(|n| n.text.eq("second")).unscoped())?);
        let wrote_second = || select::<Person>().filter(|p| p.notes.any(|n| n.text.eq("second")));
        assert_eq!((session.count(wrote_second())?, session.count(wrote_second().with_deleted())?), (0, 1));
        let counts: Vec<(String, i64)> = session.rows(select::<Person>().columns(|p| (p.name, p.notes.count())))?;
        assert_eq!(counts, [("ann".to_owned(), 1)]);
        let distinct = select_from(select::<Note>().columns(|n| (n.text, n.version))).columns(|(text, _)| text);
        assert_eq!(session.all::<String, _>(distinct)?.len(), 2);
        let mut everything = db.engine.session().with_deleted();
        assert_eq!((everything.count(select::<Note>())?, everything.count(wrote_second())?), (3, 1));
    }

    fn joins_leave_deleted_rows_out(db) {
        let mut session = create(db)?;
        session.execute(update::<Note>().set(|n| n.gone.to(true)).filter(|n| n.text.eq("first")))?;
        // Outer joins keep their left side; the conditions stand in ON.
        let rows: Vec<(String, Option<String>)> =
            session.rows(select::<Person>().left_join(|p| p.notes).columns(|(p, n)| (p.name, n.text)))?;
        assert_eq!(rows, [("ann".to_owned(), None)]);
        assert_eq!(session.count(select::<Person>().join(|p| p.notes))?, 0);
        // A reference leads to its row, whatever became of that.
        let rows: Vec<(String, String)> =
            session.rows(select::<Note>().join(|n| n.author).columns(|(n, p)| (n.text, p.name)))?;
        assert_eq!(rows, [("third".to_owned(), "bob".to_owned())]);
        if db.engine.dialect().right_join {
            let rows: Vec<(Option<String>, String)> =
                session.rows(select::<Note>().right_join(|n| n.author).columns(|(n, p)| (n.text, p.name)).order_by(|(_, p)| p.name))?;
            let texts: Vec<Option<&str>> = rows.iter().map(|(text, _)| text.as_deref()).collect();
            assert_eq!(texts, [None, Some("third")]);
        }
    }

    fn links_lead_to_rows_that_are_not_deleted(db) {
        let mut session = create(db)?;
        let clubs = |rows: Vec<(String, Option<String>)>| rows.into_iter().map(|(_, club)| club).collect::<Vec<_>>();
        let query = || select::<Person>().left_join(|p| p.clubs).columns(|(p, c)| (p.name, c.name)).order_by(|(_, c)| c.name);
        assert_eq!(clubs(session.rows(query())?), [Some("chess".to_owned())]);
        assert_eq!(clubs(session.rows(query().with_deleted())?).len(), 3);
        let chess = session.get::<Club>("chess")?.expect("it is there");
        let people: Vec<(Person, Vec<Club>)> = session.rows(select::<Person>().with(|p| p.clubs))?;
        assert_eq!((people.len(), people[0].1.len()), (1, 1));
        let ann = session.one(select::<Person>())?;
        assert_eq!(session.related(ann, |p| p.clubs)?, [chess]);
        session.delete(chess);
        session.commit()?;
        assert_eq!(clubs(session.rows(query())?), [None]);
        assert!(session.related(ann, |p| p.clubs)?.is_empty());
    }

    fn references_lead_to_deleted_rows(db) {
        let mut session = create(db)?;
        let third = session.one(select::<Note>().filter(|n| n.text.eq("third")))?;
        let bob = session.related(third, |n| n.author)?;
        assert!(session[bob].gone);
        assert_eq!(session.get(session[third].author)?, Some(bob));
        let loaded: Vec<(Note, Person)> = session.rows(select::<Note>().filter(|n| n.text.eq("third")).with(|n| n.author))?;
        assert_eq!(loaded[0].1.name, "bob");
        // A hit in the session is judged as a row is, and stays what it is.
        let id = session[bob].id;
        assert_eq!(session.get::<Person>(id)?, None);
        assert_eq!(session.get(bob)?, Some(bob));
        session.commit()?;
        assert_eq!(session.get::<Person>(id)?, None);
        session.refresh(bob)?;
        assert_eq!(session[bob].name, "bob");
    }

    fn loads_see_what_their_query_sees(db) {
        let mut connection = { create(db)?; db.engine.connect()? };
        let notes = |people: Vec<(Person, Vec<Note>)>| people.into_iter().map(|(_, notes)| notes.len()).collect::<Vec<_>>();
        let query = || select::<Person>().with(|p| p.notes).order_by(|p| p.id);
        assert_eq!(notes(connection.all(query())?), [1]);
        assert_eq!(notes(connection.all(query().with_deleted())?), [2, 1]);
    }

    fn bulk_statements_leave_deleted_rows_alone(db) {
        let mut session = create(db)?;
        assert_eq!(session.execute(update::<Note>().set(|n| n.text.to("x")).every_row())?, 2);
        assert_eq!(session.execute(update::<Note>().set(|n| n.text.to("y")).every_row().with_deleted())?, 3);
        let joined = update::<Note>().join(|n| n.author).set(|(n, _)| n.text.to("z")).filter(|(_, p)| p.name.eq("ann"));
        assert_eq!(session.execute(joined)?, 1);
        let joined = delete::<Note>().join(|n| n.author).filter(|(n, p)| p.name.eq("ann") & n.text.eq("y"));
        assert_eq!(session.execute(joined)?, 0); // the one that is marked
        let by_ann = delete::<Note>().filter(|n| n.author.in_(select::<Person>().columns(|p| p.id)));
        assert_eq!(session.execute(by_ann)?, 1); // not the one that is marked
        assert_eq!(session.execute(delete::<Note>().every_row().unscoped())?, 2);
    }

    fn a_row_can_be_deleted_for_real(db) {
        let mut session = create(db)?;
        let notes = session.all(select::<Note>().with_deleted())?;
        for note in notes {
            session.force_delete(note);
        }
        session.commit()?;
        assert_eq!(session.count(select::<Note>().with_deleted())?, 0);
        let ann = session.one(select::<Person>())?;
        session.force_delete(ann);
        session.rollback()?;
        session.delete(ann); // and now as usual
        session.commit()?;
        assert_eq!(session.count(select::<Person>().with_deleted())?, 2);
    }

    fn listeners_hear_of_a_deletion(db) {
        let mut session = create(db)?;
        session.before_flush(|_, changes| {
            assert_eq!((changes.len(), changes[0].operation), (1, Operation::Delete));
            Ok(())
        });
        let ann = session.one(select::<Person>())?;
        session.delete(ann);
        session.commit()?;
    }

    fn a_session_has_the_rows_of_its_tenant(db) {
        Schema::of::<(Invoice, InvoiceLine)>().create_all(&db.engine)?;
        let mut seven = db.engine.session().tenant(7);
        let mut eight = db.engine.session().tenant(8);
        let of_seven = seven.add(invoice(70));
        seven.add(InvoiceLine { id: 0, company: 0, invoice: of_seven.into() });
        seven.commit()?;
        assert_eq!(seven[of_seven].company, 7);
        let of_eight = eight.add(invoice(80));
        eight.commit()?;
        let id = seven[of_seven].id;
        assert_eq!((seven.count(select::<Invoice>())?, eight.count(select::<Invoice>())?), (1, 1));
        assert_eq!((seven.get::<Invoice>(id)?, eight.get::<Invoice>(id)?), (Some(of_seven), None));
        assert_eq!(eight.get(Ref::<Invoice>::from(id))?, None); // not even by a reference
        let joined = || select::<Invoice>().left_join(|i| i.lines).columns(|(i, l)| (i.total, l.company));
        assert_eq!(eight.all(joined())?, [(80, None)]);
        assert_eq!(seven.all(joined())?, [(70, Some(7))]);
        seven.commit()?;
        eight.execute(update::<Invoice>().set(|i| i.total.to(81)).every_row())?;
        assert_eq!(eight.execute(delete::<InvoiceLine>().every_row())?, 0);
        eight.commit()?;
        seven[of_seven].total = 71;
        seven.commit()?;
        let totals: Vec<i64> = seven.all(select::<Invoice>().order_by(|i| i.total).columns(|i| i.total).unscoped())?;
        assert_eq!(totals, [71, 81]);
        eight.delete(of_eight);
        eight.commit()?;
        assert_eq!(db.engine.session().unscoped().count(select::<Invoice>())?, 1);
    }

    fn without_a_tenant_nothing_is_seen(db) {
        Schema::of::<(Invoice, InvoiceLine)>().create_all(&db.engine)?;
        db.statements();
        let mut session = db.engine.session();
        let words = "`Invoice` has a tenant (`company`), and none was named";
        is_misuse(session.all(select::<Invoice>()), words);
        is_misuse(session.count(select::<Invoice>().with_deleted()), words);
        is_misuse(session.get::<Invoice>(1), words);
        is_misuse(session.execute(update::<Invoice>().set(|i| i.total.to(1)).every_row()), words);
        is_misuse(session.execute(delete::<Invoice>().every_row()), words);
        is_misuse(session.execute(insert(&invoice(1))), words);
        session.add(invoice(1));
        is_misuse(session.flush(), words);
        let mut connection = db.engine.connect()?;
        is_misuse(connection.all(select::<Invoice>()), words);
        is_misuse(db.engine.session().tenant("seven".to_owned()).all(select::<Invoice>()), "of another type");
        assert_eq!(db.statements(), Vec::<String>::new());
        assert_eq!(connection.count(select::<Invoice>().unscoped())?, 0);
    }

    fn another_tenants_rows_are_refused(db) {
        Schema::of::<(Invoice, InvoiceLine)>().create_all(&db.engine)?;
        let mut session = db.engine.session().tenant(7);
        let other = session.add(Invoice { company: 8, ..invoice(1) });
        is_misuse(session.flush(), "another tenant");
        session[other].company = 7;
        session.commit()?;
        session[other].company = 8;
        is_misuse(session.flush(), "another tenant");
        session.rollback()?;
        is_misuse(session.execute(update::<Invoice>().set(|i| i.company.to(8)).every_row()), "another tenant");
        is_misuse(session.execute(insert(&Invoice { company: 8, ..invoice(1) })), "another tenant");
        session.execute(insert(&[invoice(2), invoice(3)]))?;
        assert_eq!(session.count(select::<Invoice>().filter(|i| i.company.eq(7)))?, 3);
        // What was loaded of another tenant cannot be written either.
        session.commit()?;
        db.engine.connect()?.tenant(8).execute(insert(&invoice(4)))?;
        let foreign = session.one(select::<Invoice>().filter(|i| i.total.eq(4)).unscoped())?;
        session.delete(foreign);
        is_misuse(session.flush(), "another tenant");
    }

    fn a_connection_has_a_tenant(db) {
        Schema::of::<(Invoice, InvoiceLine)>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?.tenant(7);
        connection.execute(insert(&invoice(1)))?;
        let result: orm::Result<Vec<Invoice>> = connection.transaction(|transaction| transaction.all(select::<Invoice>()));
        assert_eq!(result?[0].company, 7);
        drop(connection);
        let mut other = db.engine.connect()?.tenant(8);
        assert_eq!(other.count(select::<Invoice>())?, 0);
        drop(other);
        // A tenant does not go back to the pool with its connection.
        is_misuse(db.engine.connect()?.count(select::<Invoice>()), "none was named");
    }
}

#[cfg(feature = "chrono")]
mod times {
    use super::*;

    #[derive(Model, Clone, Debug, PartialEq)]
    #[orm(table = "files", unique(name, deleted_at))]
    struct File {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 40)]
        name: String,
        #[orm(soft_delete)]
        deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    }

    on_every_backend! {
        fn a_mark_may_be_a_time(db) {
            Schema::of::<File>().create_all(&db.engine)?;
            let mut session = db.engine.session();
            let file = session.add(File { id: 0, name: "a".into(), deleted_at: None });
            session.commit()?;
            session.delete(file);
            session.commit()?;
            assert_eq!(session.count(select::<File>())?, 0);
            let marked = session.one(select::<File>().with_deleted())?;
            assert!(session[marked].deleted_at.is_some_and(|at| at > chrono::DateTime::UNIX_EPOCH));
        }
    }
}
