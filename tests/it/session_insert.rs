//! What a flush inserts: the order, the batches, and the keys that come back.

use crate::session_models::*;
use orm::prelude::*;
use std::collections::HashMap;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "countries")]
struct Country {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    capital: Option<Ref<City>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "cities")]
struct City {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    country: Ref<Country>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "hens")]
struct Hen {
    #[orm(primary_key)]
    id: i64,
    hatched_from: Ref<Egg>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "eggs")]
struct Egg {
    #[orm(primary_key)]
    id: i64,
    laid_by: Ref<Hen>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "loose_books")]
struct LooseBook {
    #[orm(primary_key)]
    id: i64,
    author: Option<Ref<Author>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "documents")]
struct Document {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    title: String,
    #[orm(server_default = "7")]
    stock: Auto<i32>,
    #[orm(computed = "stock * 2", stored)]
    double: i32,
    #[orm(read_back, length = 60)]
    stamp: Option<String>,
}

fn document(title: &str, stock: Auto<i32>) -> Document {
    Document { id: 0, title: title.into(), stock, double: 0, stamp: None }
}

/// A trigger that writes `stamp`; where the database allows it, one that runs after the row was written.
fn stamp_by_trigger(db: &crate::support::Db) -> orm::Result<()> {
    use crate::support::Backend;
    let statements: &[&str] = match db.backend {
        Backend::Sqlite => &[
            "CREATE TRIGGER stamp_new AFTER INSERT ON documents BEGIN \
             UPDATE documents SET stamp = 'saw ' || NEW.title WHERE id = NEW.id; END",
            "CREATE TRIGGER stamp_old AFTER UPDATE OF title ON documents BEGIN \
             UPDATE documents SET stamp = 'saw ' || NEW.title WHERE id = NEW.id; END",
        ],
        Backend::Postgres => &[
            "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN \
             UPDATE documents SET stamp = ''saw '' || NEW.title WHERE id = NEW.id; RETURN NULL; END'",
            "CREATE TRIGGER stamp AFTER INSERT OR UPDATE OF title ON documents FOR EACH ROW EXECUTE FUNCTION stamp()",
        ],
        Backend::Mariadb | Backend::Mysql => &[
            "CREATE TRIGGER stamp_new BEFORE INSERT ON documents FOR EACH ROW SET NEW.stamp = CONCAT('saw ', NEW.title)",
            "CREATE TRIGGER stamp_old BEFORE UPDATE ON documents FOR EACH ROW SET NEW.stamp = CONCAT('saw ', NEW.title)",
        ],
    };
    let mut connection = db.engine.connect()?;
    statements.iter().try_for_each(|statement| connection.execute(sql(*statement)).map(|_| ()))
}

on_every_backend! {
    /// Case 1.
    fn a_parent_is_inserted_before_its_children_and_they_in_one_batch(db) {
        create(db)?;
        let mut session = db.engine.session();
        let early = session.add(book("early", Ref::from(0)));
        let ann = session.add(author("ann"));
        session[early].author = ann.into();
        let late = session.add(book("late", ann));
        assert!(db.all_statements().is_empty(), "`add` sends nothing");
        session.flush()?;
        let inserts = sent(db, "INSERT");
        assert_eq!(inserts.len(), 2, "{inserts:?}");
        assert!(inserts[0].contains("authors") && inserts[1].contains("books"), "{inserts:?}");
        let key = session[ann].id;
        assert_ne!(key, 0);
        assert_eq!((session[early].author.key(), session[late].author.key()), (Some(&key), Some(&key)));
        session.commit()?;
        assert_eq!(books(db)?, [session[early].clone(), session[late].clone()]);
    }

    /// Case 2.
    fn tables_are_ordered_also_when_their_keys_were_set_by_hand(db) {
        create(db)?;
        let mut session = db.engine.session();
        let book = session.add(Book { id: 70, title: "seven".into(), author: 7.into() });
        let ann = session.add(Author { id: 7, ..author("ann") });
        session.flush()?;
        let inserts = sent(db, "INSERT");
        assert!(inserts[0].contains("authors") && inserts[1].contains("books"), "{inserts:?}");
        session.commit()?;
        assert_eq!((session[ann].id, session[book].id), (7, 70));
        session.delete(ann);
        session.delete(book);
        session.flush()?;
        let deletes = sent(db, "DELETE");
        assert!(deletes.len() == 2 && deletes[0].contains("books") && deletes[1].contains("authors"), "{deletes:?}");
        session.commit()?;
        assert!(authors(db)?.is_empty() && books(db)?.is_empty());
    }

    /// Case 3.
    fn a_tree_is_inserted_level_by_level(db) {
        create(db)?;
        let mut session = db.engine.session();
        let leaves = session.add_all(["a", "b", "c", "d"].map(|name| node(name, None)));
        let middles = session.add_all(["left", "right"].map(|name| node(name, None)));
        let root = session.add(node("root", None));
        for (at, leaf) in leaves.iter().enumerate() {
            session[*leaf].parent = middles[at / 2].into();
        }
        for middle in &middles {
            session[*middle].parent = root.into();
        }
        session.commit()?;
        assert_eq!(sent(db, "INSERT").len(), 3);
        let rows: Vec<Node> = db.engine.connect()?.all(select::<Node>().order_by(|n| n.id.asc()))?;
        let by_key: HashMap<i64, Node> = rows.iter().map(|node| (node.id, node.clone())).collect();
        let names: Vec<&str> = rows.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["root", "left", "right", "a", "b", "c", "d"]);
        let path = |leaf: &str| {
            let mut at = rows.iter().find(|node| node.name == leaf).expect("the leaf was inserted");
            let mut path = vec![at.name.as_str()];
            while let Some(parent) = at.parent.as_ref().and_then(Ref::key) {
                at = &by_key[parent];
                path.push(&at.name);
            }
            path.join("/")
        };
        assert_eq!((path("b"), path("c")), ("b/left/root".into(), "c/right/root".into()));
    }

    /// Case 4.
    fn objects_with_and_without_a_key_are_batches_of_their_own(db) {
        create(db)?;
        let mut session = db.engine.session();
        let mixed = session.add_all((0..10).map(|n| Author { id: if n % 2 == 0 { 0 } else { 1000 + n }, ..author(&format!("a{n}")) }));
        session.flush()?;
        assert_eq!(sent(db, "INSERT").len(), 2);
        session.commit()?;
        let generated: Vec<i64> = mixed.iter().step_by(2).map(|handle| session[*handle].id).collect();
        assert!(generated.windows(2).all(|pair| pair[0] < pair[1]), "{generated:?}");
        for (n, handle) in mixed.iter().enumerate() {
            let row: Author = db.engine.connect()?.one(select::<Author>().filter(|a| a.id.eq(session[*handle].id)))?;
            assert_eq!(row.name, format!("a{n}"));
        }
        assert_eq!(session[mixed[3]].id, 1003);
    }

    /// Case 5, alone.
    fn ten_thousand_objects_take_a_handful_of_statements(db) {
        create(db)?;
        let mut session = db.engine.session();
        let handles = session.add_all((0..10_000).map(|n| author(&format!("author {n}"))));
        session.commit()?;
        let statements = db.statements().len();
        assert!(statements <= 110, "{statements}");
        let rows: HashMap<i64, String> = authors(db)?.into_iter().map(|author| (author.id, author.name)).collect();
        assert_eq!(rows.len(), 10_000);
        assert!(handles.iter().all(|handle| rows.get(&session[*handle].id) == Some(&session[*handle].name)));
    }

    /// Case 5, with others who insert at the same time.
    fn every_object_has_its_own_key_among_concurrent_inserters(db) {
        create(db)?;
        let engine = &db.engine;
        let work = move |thread: usize| -> orm::Result<Vec<(i64, String)>> {
            let mut session = engine.session().write();
            let mut mine = Vec::new();
            for round in 0..5 {
                let batch = session.add_all((0..100).map(|n| author(&format!("{thread}/{round}/{n}"))));
                session.commit()?;
                mine.extend(batch.iter().map(|handle| (session[*handle].id, session[*handle].name.clone())));
            }
            Ok(mine)
        };
        let mut expected: Vec<(i64, String)> = Vec::new();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || work(thread))).collect();
            for thread in threads {
                expected.extend(thread.join().expect("no inserter panics")?);
            }
            orm::Result::Ok(())
        })?;
        expected.sort();
        let rows: Vec<(i64, String)> = authors(db)?.into_iter().map(|author| (author.id, author.name)).collect();
        assert_eq!(rows, expected);
    }

    /// Case 6, with a way out.
    fn a_circle_with_a_nullable_side_is_inserted_and_then_closed(db) {
        Schema::of::<(Country, City)>().create_all(&db.engine)?;
        db.statements();
        let mut session = db.engine.session();
        let country = session.add(Country { id: 0, name: "France".into(), capital: None });
        let city = session.add(City { id: 0, name: "Paris".into(), country: country.into() });
        session[country].capital = city.into();
        session.commit()?;
        assert_eq!(writes(db), ["INSERT", "INSERT", "UPDATE"]);
        let row: Country = db.engine.connect()?.one(select::<Country>())?;
        assert_eq!(row.capital.as_ref().and_then(Ref::key), Some(&session[city].id));
        assert_eq!(row, session[country]);
        session[country].name = "la France".into();
        session.commit()?;
        session.delete(country);
        session.delete(city);
        session.commit()?;
        assert_eq!(db.engine.connect()?.count(select::<City>())?, 0);
    }

    /// Case 6, in one table: two rows that refer to each other.
    fn two_rows_of_one_table_can_refer_to_each_other(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (one, two) = (session.add(node("one", None)), session.add(node("two", None)));
        session[one].parent = two.into();
        session[two].parent = one.into();
        session.commit()?;
        let rows: Vec<Node> = db.engine.connect()?.all(select::<Node>())?;
        for row in &rows {
            let other = rows.iter().find(|other| other.id != row.id).expect("there are two rows");
            assert_eq!(row.parent.as_ref().and_then(Ref::key), Some(&other.id));
        }
        session.delete(one);
        session.delete(two);
        session.commit()?;
        assert_eq!(db.engine.connect()?.count(select::<Node>())?, 0);
    }

    /// Case 6, in one table: a row that refers to itself.
    fn a_row_can_refer_to_itself(db) {
        create(db)?;
        let mut session = db.engine.session();
        let own = session.add(node("own", None));
        session[own].parent = own.into();
        session.commit()?;
        let row: Node = db.engine.connect()?.one(select::<Node>())?;
        assert_eq!(row.parent.as_ref().and_then(Ref::key), Some(&row.id));
        assert_eq!(session[own], row);
        session.delete(own);
        session.commit()?;
        assert_eq!(db.engine.connect()?.count(select::<Node>())?, 0);
    }

    /// Case 6, without a way out.
    fn a_circle_without_a_nullable_side_is_an_error_before_any_sql(db) {
        let mut session = db.engine.session();
        let hen = session.add(Hen { id: 0, hatched_from: Ref::from(1) });
        let egg = session.add(Egg { id: 0, laid_by: hen.into() });
        session[hen].hatched_from = egg.into();
        let error = session.flush().expect_err("neither row can be first");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("`Hen.hatched_from`") && error.to_string().contains("`Egg.laid_by`"), "{error}");
        assert!(db.all_statements().is_empty());
        session.delete(egg);
        session.delete(hen);
        session.flush()?;
    }

    /// Case 7.
    fn an_empty_foreign_key_is_refused_with_its_column(db) {
        create(db)?;
        db.engine.connect()?.execute(sql("CREATE TABLE loose_books (id INTEGER PRIMARY KEY, author_id BIGINT NOT NULL)"))?;
        let mut session = db.engine.session();
        session.add(LooseBook { id: 1, author: None });
        let error = session.flush().expect_err("the column is NOT NULL");
        assert_eq!(error.kind(), ErrorKind::NotNullViolation, "{error}");
        assert!(format!("{error:?}").contains("author_id"), "{error:?}");
        session.rollback()?;
        session.add(book("orphan", Ref::from(0)));
        let error = session.flush().expect_err("there is no author 0");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    }

    /// Case 8.
    fn what_the_database_makes_is_readable_right_after_the_flush(db) {
        Schema::of::<(Document,)>().create_all(&db.engine)?;
        stamp_by_trigger(db)?;
        let mut session = db.engine.session();
        let left = session.add(document("left", Auto::Default));
        let given = session.add(document("given", Auto::Set(5)));
        session.flush()?;
        assert_ne!(session[left].id, 0);
        assert_eq!((session[left].stock, session[left].double), (Auto::Set(7), 14));
        assert_eq!((session[given].stock, session[given].double), (Auto::Set(5), 10));
        assert_eq!(session[left].stamp.as_deref(), Some("saw left"));
        assert_eq!(session[given].stamp.as_deref(), Some("saw given"));
        session[left].title = "moved".into();
        session[left].stock = Auto::Set(1);
        session.flush()?;
        assert_eq!((session[left].double, session[left].stamp.as_deref()), (2, Some("saw moved")));
        db.statements();
        session.flush()?;
        assert!(db.statements().is_empty(), "what was read back is no change");
        session.commit()?;
        let rows: Vec<Document> = db.engine.connect()?.all(select::<Document>().order_by(|d| d.id.asc()))?;
        assert_eq!(rows, [session[left].clone(), session[given].clone()]);
    }

    /// A change of a column that the database computes is not the program's to make.
    fn a_computed_column_cannot_be_changed(db) {
        Schema::of::<(Document,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let document = session.add(document("one", Auto::Set(5)));
        session.commit()?;
        db.statements();
        session[document].double = 99;
        session.flush()?;
        assert!(writes(db).is_empty());
        assert_eq!(session[document].double, 10);
    }

    /// Setting a column back to the server's default is refused before any SQL.
    fn a_column_of_a_row_cannot_be_left_to_its_default(db) {
        Schema::of::<(Document,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let document = session.add(document("one", Auto::Set(5)));
        session.commit()?;
        session[document].stock = Auto::Default;
        let error = session.commit().expect_err("only an INSERT leaves columns out");
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert!(error.to_string().contains("`Document.stock`"), "{error}");
        session[document].stock = Auto::Set(6);
        session.commit()?;
        assert_eq!((session[document].stock, session[document].double), (Auto::Set(6), 12));
    }

    /// Rule 26: two new objects with one key.
    fn two_new_objects_with_one_key_are_refused_before_any_sql(db) {
        let mut session = db.engine.session();
        session.add(Author { id: 5, ..author("one") });
        let second = session.add(Author { id: 5, ..author("two") });
        let error = session.flush().expect_err("one key, two objects");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.to_string().contains("`Author`") && error.to_string().contains('5'), "{error}");
        assert!(db.all_statements().is_empty());
        create(db)?;
        session[second].id = 6;
        session.commit()?;
        assert_eq!(names(db)?, ["one", "two"]);
    }

    /// Rule 26: a key whose row was deleted elsewhere can be added anew.
    fn a_new_object_takes_the_place_of_one_whose_row_is_gone(db) {
        create(db)?;
        let mut session = db.engine.session();
        let old = session.add(Author { id: 5, ..author("old") });
        session.commit()?;
        delete_elsewhere(db, 5)?;
        let new = session.add(Author { id: 5, ..author("new") });
        session.commit()?;
        assert_eq!(session.state(old), State::Gone(Gone::Replaced));
        assert_eq!(session.get::<Author>(5)?, Some(new));
        assert_eq!(session[new].name, "new");
    }

    /// An insert is given up as a whole when one of its rows is refused.
    fn nothing_is_written_when_one_row_is_refused(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add_all(["a", "b", "a"].map(author));
        let error = session.commit().expect_err("a name comes twice");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        session.rollback()?;
        assert!(session.is_empty());
        assert!(authors(db)?.is_empty());
    }
}
