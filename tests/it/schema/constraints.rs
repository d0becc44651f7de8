//! Keys, indexes, checks, defaults, computed columns and comments.

use super::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    primary_key(code, year),
    unique(author, number),
    check(name = "sane", "{pages} > 0 AND {number} <> 13"),
    comment = "what's on \\ the \"shelf\""
)]
struct Book {
    #[orm(comment = "it's a code")]
    code: String,
    year: i16,
    #[orm(length = 30)]
    author: String,
    number: i32,
    #[orm(check = "pages < 10000")]
    pages: i32,
    #[orm(server_default = "'it''s new'", length = 20)]
    state: Auto<String>,
    #[orm(server_default = "CURRENT_TIMESTAMP", length = 40)]
    made: Auto<String>,
}

fn book(code: &str, year: i16, number: i32) -> Book {
    Book {
        code: code.into(),
        year,
        author: "Eco".into(),
        number,
        pages: 500,
        state: Auto::Default,
        made: Auto::Default,
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Loan {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", on_update = "cascade")]
    book: Ref<Book>,
    #[orm(on_delete = "set_null")]
    next: Option<Ref<Book>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(unique(name, where = "active = 1"), index(name = "active_names", name, where = "active = 1"))]
struct Partial {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 30)]
    name: String,
    active: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Stored {
    #[orm(primary_key)]
    id: i64,
    price: i64,
    amount: i64,
    #[orm(computed = "{price} * {amount}", stored)]
    total: i64,
    #[orm(computed = "price + 1", stored)]
    more: Option<i64>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Virtual {
    #[orm(primary_key)]
    id: i64,
    price: i64,
    #[orm(computed = "price * 3", virtual)]
    triple: Option<i64>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Word {
    #[orm(primary_key)]
    text: String,
    #[orm(index)]
    meaning: String,
    #[orm(unique)]
    sign: Vec<u8>,
    synonym: Option<Ref<Word>>,
}

fn word(text: &str, sign: &[u8]) -> Word {
    Word { text: text.into(), meaning: format!("{} letters", text.len()), sign: sign.to_vec(), synonym: None }
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Deferred {
    #[orm(primary_key, generated = false)]
    id: i64,
    #[orm(deferrable)]
    other: Ref<Deferred>,
}

on_every_backend! {
    /// Case 42.
    fn a_composite_key_and_a_composite_unique(db) {
        Schema::of::<Book>().create_all(&db.engine)?;
        Schema::of::<Book>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&[book("a", 2000, 1), book("a", 2001, 2), book("b", 2000, 3)]))?;
        for again in [book("a", 2000, 4), book("c", 2000, 1)] {
            let error = connection.execute(insert(&again)).expect_err("it is there");
            assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        }
        let found: Book =
            connection.one(select::<Book>().filter(|row| (row.code, row.year).in_([("a", 2001), ("z", 1)])))?;
        assert_eq!(found.number, 2);
        assert_eq!(found.state, Auto::Set("it's new".to_owned()));
        assert!(found.made.starts_with("20"), "{:?}", found.made);
        let mut session = db.engine.session();
        let handle = session.get::<Book>(("b".to_owned(), 2000))?.expect("it is there");
        session[handle].pages = 7;
        session.commit()?;
        assert_eq!(connection.count(select::<Book>().filter(|row| row.pages.eq(7)))?, 1);
    }

    /// Case 42.
    fn checks_are_checked(db) {
        Schema::of::<Book>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        for wrong in [Book { pages: 0, ..book("a", 1, 1) }, book("a", 1, 13), Book { pages: 10_000, ..book("a", 1, 1) }]
        {
            let error = connection.execute(insert(&wrong)).expect_err("the check refuses it");
            assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
        }
        assert_eq!(connection.count(select::<Book>())?, 0);
    }

    fn a_reference_to_a_composite_key(db) {
        let schema = Schema::of::<(Loan, Book)>();
        schema.create_all(&db.engine)?;
        assert_eq!(schema.verify(&db.engine)?, []);
        let mut session = db.engine.session();
        let one = session.add(book("a", 2000, 1));
        let two = session.add(book("b", 2000, 2));
        let loan = session.add(Loan { id: 0, book: one.into(), next: Some(two.into()) });
        session.commit()?;
        session.delete(two);
        session.commit()?;
        session.refresh(loan)?;
        assert_eq!(session[loan].next, None);
        session.execute(update::<Book>().set(|row| row.year.to(1999)).filter(|row| row.code.eq("a")))?;
        session.refresh(loan)?;
        assert_eq!(session[loan].book.key(), Some(&("a".to_owned(), 1999)));
        session.execute(delete::<Book>().every_row())?;
        assert_eq!(session.count(select::<Loan>())?, 0);
    }

    /// Case 42.
    fn a_partial_index_is_one_or_unsupported(db) {
        let created = Schema::of::<Partial>().create_all(&db.engine);
        if !db.engine.dialect().partial_indexes {
            let error = created.expect_err("the database has none");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            let text = error.to_string();
            assert!(
                text.contains("does not have indexes with a condition (`") && text.contains("of `partial`"),
                "{text}"
            );
            return Ok(());
        }
        created?;
        let row = |active| Partial { id: 0, name: "same".into(), active };
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&[row(0), row(0), row(1)]))?;
        let error = connection.execute(insert(&row(1))).expect_err("two active ones");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        connection.execute(insert(&row(0)))?;
    }

    /// Case 42.
    fn computed_columns_are_computed(db) {
        Schema::of::<Stored>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let row = session.add(Stored { id: 0, price: 5, amount: 3, total: -1, more: None });
        session.flush()?;
        assert_eq!((session[row].total, session[row].more), (15, Some(6)), "known after the flush");
        session[row].amount = 4;
        session.commit()?;
        session.refresh(row)?;
        assert_eq!(session[row].total, 20);
        session.commit()?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&Stored { id: 0, price: 7, amount: 1, total: 0, more: None }))?;
        assert_eq!(connection.count(select::<Stored>().filter(|row| row.total.eq(7) & row.more.eq(8)))?, 1);
    }

    fn columns_that_are_computed_when_read(db) {
        let created = Schema::of::<Virtual>().create_all(&db.engine);
        if db.backend == Backend::Postgres {
            let error = created.expect_err("version 15 has none");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error
                    .to_string()
                    .contains("PostgreSQL does not have computed columns that are not stored (`virtual.triple`)"),
                "{error}"
            );
            return Ok(());
        }
        created?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&Virtual { id: 0, price: 5, triple: None }))?;
        let found: Virtual = connection.one(select::<Virtual>().filter(|row| row.triple.gt(14)))?;
        assert_eq!(found.triple, Some(15));
    }

    fn text_keys_know_case_and_spaces(db) {
        Schema::of::<Word>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let texts = ["straße", "strasse", "Word", "word", "word ", "wörd", "", "😀", &"l".repeat(255)];
        let words: Vec<Word> = (0..).zip(texts).map(|(n, text)| word(text, &[n])).collect();
        connection.execute(insert(&words))?;
        for expected in &words {
            let found: Vec<Word> = connection.all(select::<Word>().filter(|row| row.text.eq(&expected.text)))?;
            assert_eq!(found, std::slice::from_ref(expected));
        }
        let mut session = db.engine.session();
        for expected in &words {
            let handle = session.get::<Word>(expected.text.clone())?.expect("it is there");
            assert_eq!(&session[handle], expected);
        }
        assert_eq!(session.get::<Word>("WORD".to_owned())?, None);
        session.commit()?;
        connection.execute(insert(&Word { synonym: Some(Ref::from("Word".to_owned())), ..word("new", &[100]) }))?;
        let found: (String, Option<String>) = connection
            .one(select::<Word>().join(|row| row.synonym).columns(|(row, other)| (row.text, other.text.nullif(""))))?;
        assert_eq!(found, ("new".to_owned(), Some("Word".to_owned())));
        let error = connection
            .execute(insert(&Word { synonym: Some(Ref::from("WORD".to_owned())), ..word("newer", &[101]) }))
            .expect_err("no such word");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    }

    /// Case 42.
    fn comments_are_kept_where_there_are_any(db) {
        Schema::of::<Book>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let comment: Option<String> = match db.backend {
            Backend::Sqlite => None,
            Backend::Postgres => connection.one(sql("SELECT obj_description('book'::regclass)"))?,
            Backend::Mariadb | Backend::Mysql => connection.one(sql(
                "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'book'",
            ))?,
        };
        let column: Option<String> = match db.backend {
            Backend::Sqlite => None,
            Backend::Postgres => connection.one(sql("SELECT col_description('book'::regclass, 1)"))?,
            Backend::Mariadb | Backend::Mysql => connection
                .one(sql("SELECT column_comment FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = 'book' AND column_name = 'code'"))?,
        };
        if db.backend != Backend::Sqlite {
            assert_eq!(
                (comment.as_deref(), column.as_deref()),
                (Some("what's on \\ the \"shelf\""), Some("it's a code"))
            );
        }
    }

    fn a_deferred_reference_is_checked_at_commit(db) {
        let created = Schema::of::<Deferred>().create_all(&db.engine);
        if !db.engine.dialect().deferrable {
            let error = created.expect_err("the database has none");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("deferrable foreign keys"), "{error}");
            return Ok(());
        }
        created?;
        let mut connection = db.engine.connect()?;
        connection.transaction(|tx| {
            tx.execute(insert(&Deferred { id: 1, other: 2.into() }))?;
            tx.execute(insert(&Deferred { id: 2, other: 1.into() }))?;
            Ok(())
        })?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&Deferred { id: 3, other: 4.into() }))?;
        let error = tx.commit().expect_err("nobody has the key 4");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        assert!(!connection.in_transaction());
        assert_eq!(connection.count(select::<Deferred>())?, 2);
    }
}
